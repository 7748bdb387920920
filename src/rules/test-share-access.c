/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Whom access rules may name, type by type, and what tries to be more than a name.
 */
#include "rules/share-access.h"
#include "tests/lib/test.h"

#include <string.h>

TEST(addresses_and_networks)
{
	static const struct {
		const char *to;
		int expected;
	} rows[] = {
		{"10.0.0.1", 0},
		{"10.0.0.0/8", 0},
		{"0.0.0.0/0", 0},
		{"10.0.0.1/32", 0},
		{"2001:db8::1", 0},
		{"2001:db8::/32", 0},
		{"::/0", 0},
		{"::ffff:10.0.0.1", 0},
		{"10.0.0.1/8", SHARE_ACCESS_HOST_BITS},
		{"10.0.0.1/31", SHARE_ACCESS_HOST_BITS},
		{"2001:db8::1/64", SHARE_ACCESS_HOST_BITS},
		{"", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.256", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.0/33", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.0/", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.0/08x", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.0/-1", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.0/0008", SHARE_ACCESS_NO_NETWORK},
		{"/8", SHARE_ACCESS_NO_NETWORK},
		{"::/129", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.1 ", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.1(rw,no_root_squash)", SHARE_ACCESS_NO_NETWORK},
		{"10.0.0.1\n*(rw)", SHARE_ACCESS_NO_NETWORK},
		{"*", SHARE_ACCESS_NO_NETWORK},
		{"example.org", SHARE_ACCESS_NO_NETWORK},
		{"fe80::1%eth0", SHARE_ACCESS_NO_NETWORK},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(share_access_check(SHARE_ACCESS_IP, rows[i].to, true),
				 rows[i].expected);
	assert_int_equal(share_access_check(SHARE_ACCESS_IP, "10.0.0.0/8", false), 0);
	assert_int_equal(share_access_check(SHARE_ACCESS_IP, "::1", false),
			 SHARE_ACCESS_NO_NETWORK);
}

/* A name of that many characters. */
static const char *long_name(size_t length)
{
	static char name[512];

	memset(name, 'a', length);
	name[length] = '\0';
	return name;
}

TEST(users_names_and_ids)
{
	assert_int_equal(share_access_check(SHARE_ACCESS_USER, "alice", true), 0);
	assert_int_equal(share_access_check(SHARE_ACCESS_USER, "bob", true), SHARE_ACCESS_BAD_USER);
	assert_int_equal(share_access_check(SHARE_ACCESS_USER, long_name(255), true), 0);
	assert_int_equal(share_access_check(SHARE_ACCESS_USER, long_name(256), true),
			 SHARE_ACCESS_BAD_USER);
	for (const char *c = "\"/\\[]:;|=,+*?<>"; *c; c++) {
		const char name[] = {'a', 'b', 'c', *c, 'd', '\0'};

		assert_int_equal(share_access_check(SHARE_ACCESS_USER, name, true),
				 SHARE_ACCESS_BAD_USER);
	}
	assert_int_equal(share_access_check(SHARE_ACCESS_CERT, "client.example.org", true), 0);
	assert_int_equal(share_access_check(SHARE_ACCESS_CERT, "", true), SHARE_ACCESS_BAD_NAME);
	assert_int_equal(share_access_check(SHARE_ACCESS_CERT, long_name(65), true),
			 SHARE_ACCESS_BAD_NAME);
	assert_int_equal(share_access_check(SHARE_ACCESS_CEPHX, "alice bob", true), 0);
	assert_int_equal(share_access_check(SHARE_ACCESS_CEPHX, "", true), SHARE_ACCESS_BAD_ID);
	assert_int_equal(share_access_check(SHARE_ACCESS_CEPHX, "client.admin", true),
			 SHARE_ACCESS_BAD_ID);
	assert_int_equal(share_access_check(SHARE_ACCESS_CEPHX, "al\nice", true),
			 SHARE_ACCESS_BAD_ID);
	assert_int_equal(share_access_check(SHARE_ACCESS_CEPHX, "\xc3\xa4lice", true),
			 SHARE_ACCESS_BAD_ID);
}

TEST(networks_are_compared_as_networks)
{
	assert_true(share_access_is_same(SHARE_ACCESS_IP, "10.0.0.1", "10.0.0.1/32"));
	assert_true(share_access_is_same(SHARE_ACCESS_IP, "2001:DB8:0::/32", "2001:db8::/32"));
	assert_true(share_access_is_same(SHARE_ACCESS_IP, "::1", "0:0:0:0:0:0:0:1/128"));
	assert_false(share_access_is_same(SHARE_ACCESS_IP, "10.0.0.0/8", "10.0.0.0/16"));
	assert_false(share_access_is_same(SHARE_ACCESS_IP, "0.0.0.0/0", "::/0"));
	assert_true(share_access_is_same(SHARE_ACCESS_USER, "alice", "alice"));
	assert_false(share_access_is_same(SHARE_ACCESS_CEPHX, "alice", "Alice"));
}
