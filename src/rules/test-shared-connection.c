/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Pairs of attachments that share a connection, or do not; and that what shares is found by its
 * key.
 */
#include "rules/shared-connection.h"

#include "base/str.h"
#include "tests/lib/test.h"

#define TEXTS(...)                                                                                 \
	{                                                                                          \
		.items = (const char *const[]){__VA_ARGS__},                                       \
		.count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)         \
	}

typedef struct Pair {
	const char *about;
	bool shared;
	Connection a, b;
} Pair;

static const Pair pairs[] = {
	{.about = "iscsi: one target, one portal in common",
	 .shared = true,
	 .a = {.protocol = "iscsi", .initiator = "i1", .target = "t", .portals = TEXTS("p1", "p2")},
	 .b = {.protocol = "iscsi", .initiator = "i1", .target = "t", .portals = TEXTS("p2")}},
	{.about = "iscsi: no portal in common",
	 .a = {.protocol = "iscsi", .initiator = "i1", .target = "t", .portals = TEXTS("p1")},
	 .b = {.protocol = "iscsi", .initiator = "i1", .target = "t", .portals = TEXTS("p2")}},
	{.about = "iscsi: another target",
	 .a = {.protocol = "iscsi", .initiator = "i1", .target = "t1", .portals = TEXTS("p")},
	 .b = {.protocol = "iscsi", .initiator = "i1", .target = "t2", .portals = TEXTS("p")}},
	{.about = "iscsi: the initiator decides, not the host's name",
	 .a = {.protocol = "iscsi",
	       .host = "h",
	       .initiator = "i1",
	       .target = "t",
	       .portals = TEXTS("p")},
	 .b = {.protocol = "iscsi",
	       .host = "h",
	       .initiator = "i2",
	       .target = "t",
	       .portals = TEXTS("p")}},
	{.about = "iscsi without an initiator: the host's name decides",
	 .shared = true,
	 .a = {.protocol = "iscsi", .host = "h", .target = "t", .portals = TEXTS("p")},
	 .b = {.protocol = "iscsi", .host = "h", .target = "t", .portals = TEXTS("p")}},
	{.about = "nvme: one subsystem",
	 .shared = true,
	 .a = {.protocol = "nvmeof", .host = "h1", .nqn = "n", .target = "s"},
	 .b = {.protocol = "nvmeof", .host = "h2", .nqn = "n", .target = "s"}},
	{.about = "nvme: another host",
	 .a = {.protocol = "nvmeof", .host = "h", .nqn = "n1", .target = "s"},
	 .b = {.protocol = "nvmeof", .host = "h", .nqn = "n2", .target = "s"}},
	{.about = "fibre channel: any port in common, however it is written",
	 .shared = true,
	 .a = {.protocol = "fibre_channel", .wwpns = TEXTS("50AA", "50bb"), .target = "w"},
	 .b = {.protocol = "fibre_channel", .wwpns = TEXTS("50cc", "50aa"), .target = "w"}},
	{.about = "fibre channel: no port in common",
	 .a = {.protocol = "fibre_channel", .host = "h", .wwpns = TEXTS("50aa"), .target = "w"},
	 .b = {.protocol = "fibre_channel", .host = "h", .wwpns = TEXTS("50cc"), .target = "w"}},
	{.about = "fibre channel without ports: the host's name decides",
	 .shared = true,
	 .a = {.protocol = "fibre_channel", .host = "h", .wwpns = TEXTS("50aa"), .target = "w"},
	 .b = {.protocol = "fibre_channel", .host = "h", .target = "w"}},
	{.about = "nfs: one export",
	 .shared = true,
	 .a = {.protocol = "nfs", .host = "h", .target = "srv:/v"},
	 .b = {.protocol = "nfs", .host = "h", .target = "srv:/v"}},
	{.about = "local: one path on one host",
	 .shared = true,
	 .a = {.protocol = "local", .host = "h", .target = "/v/1"},
	 .b = {.protocol = "local", .host = "h", .target = "/v/1"}},
	{.about = "local: another host",
	 .a = {.protocol = "local", .host = "h1", .target = "/v/1"},
	 .b = {.protocol = "local", .host = "h2", .target = "/v/1"}},
	{.about = "another protocol",
	 .a = {.protocol = "local", .host = "h", .target = "/v/1"},
	 .b = {.protocol = "rbd", .host = "h", .target = "/v/1"}},
	{.about = "hosts without any name are not the same",
	 .a = {.protocol = "local", .target = "/v/1"},
	 .b = {.protocol = "local", .target = "/v/1"}},
	{.about = "ends that are not known are not the same",
	 .a = {.protocol = "local", .host = "h"},
	 .b = {.protocol = "local", .host = "h"}},
};

TEST(what_shares_a_connection)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const Pair *pair = &pairs[i];

		if (connection_is_shared(&pair->a, &pair->b) != pair->shared ||
		    connection_is_shared(&pair->b, &pair->a) != pair->shared)
			fail_msg("%s", pair->about);
	}
}

static const char *const one_portal[] = {"p"};

static Connection connection_from(const char *host, const char *initiator)
{
	return (Connection){.protocol = "iscsi",
			    .host = host,
			    .initiator = initiator,
			    .target = "t",
			    .portals = {one_portal, 1}};
}

TEST(h28_hosts_of_one_name_are_two)
{
	const Connection a = connection_from("node1", "iqn.a");
	const Connection b = connection_from("node1", "iqn.b");

	assert_false(connection_is_shared(&a, &b));
}

/* What both may use goes when both have let go of it. */
TEST(h29_hosts_with_one_initiator_name_are_one)
{
	const Connection a = connection_from("node1", "iqn.a");
	const Connection b = connection_from("node2", "iqn.a");

	assert_true(connection_is_shared(&a, &b));
}

TEST(what_shares_is_found_by_its_key)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const char *a = connection_key(arena, &pairs[i].a);
		const char *b = connection_key(arena, &pairs[i].b);

		if (pairs[i].shared && (!a || !str_eq(a, b)))
			fail_msg("%s: %s, %s", pairs[i].about, a, b);
	}
}

TEST(what_nothing_shares_has_no_key)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_null(connection_key(arena, &(Connection){.protocol = "local", .target = "/v"}));
	assert_null(connection_key(arena, &(Connection){.protocol = "local", .host = "h"}));
	assert_null(connection_key(arena, &(Connection){.host = "h", .target = "/v"}));
}
