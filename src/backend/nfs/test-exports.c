/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Clients as exports know them, and what exportfs is told.
 */
#include "backend/nfs/exports.h"

#include <errno.h>
#include <fcntl.h>

#include "run/script.h"
#include "tests/lib/test.h"

#define SHARE_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define PATH "/srv/shares/" SHARE_ID
#define REST ",sync,subtree_check,no_root_squash,sec=sys,fsid=" SHARE_ID

static char folder[64];
static Fault fault_;

static Exports begin(const char *script)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/test-exports-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	if (run_script_play(script, &fault_))
		fail_msg("%s", fault_.text);
	return (Exports){.path = PATH, .share_id = SHARE_ID, .folder = folder};
}

static void end(void)
{
	if (run_script_end(&fault_))
		fail_msg("%s", fault_.text);
	assert_int_equal(rmdir(folder), 0);
}

static const char *file_name(void)
{
	static char name[128];

	(void)snprintf(name, sizeof(name), "%s/cleat-" SHARE_ID ".exports", folder); /* fits */
	return name;
}

static void expect_file(const char *expected)
{
	char bytes[1024] = "";
	int fd = open(file_name(), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, bytes, sizeof(bytes) - 1) >= 0);
	assert_string_equal(bytes, expected);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(file_name()), 0);
}

TEST(clients_are_addresses_and_networks)
{
	static const struct {
		const char *text, *client;
	} good[] = {
		{"10.1.2.3", "10.1.2.3/32"},
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.3/31", "10.1.2.2/31"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"2001:DB8::1", "2001:db8::1/128"},
		{"2001:db8:ffff::/33", "2001:db8:8000::/33"},
		{"::/0", "::/0"},
	};
	static const char *const bad[] = {
		"",
		"*",
		"host",
		"10.0.0.1/33",
		"10.0.0.1/",
		"10.0.0.1/-1",
		"10.0.0.1/8 ",
		"10.0.0.1(rw)",
		"10.0.0.1 *",
		"10.0.0.1\n/ *(rw)",
		"10.1",
		"0x7f.0.0.1",
		"@netgroup",
		"gss/krb5",
		"::1/129",
		"::1%eth0",
		"[::1]",
		"10.0.0.1/8/8",
		"10.0.0.1:/x",
		"10.0.0.1/0x8",
		"1111111111111111111111111111111111111111111111111111111111111111",
	};
	char client[EXPORT_CLIENT_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(exports_client(good[i].text, client));
		assert_string_equal(client, good[i].client);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (exports_client(bad[i], client))
			fail_msg("\"%s\" is taken for %s", bad[i], client);
}

TEST(who_is_not_named_any_more_loses_it_before_others_get_it)
{
	const ShareRule one = {.access_to = "10.0.0.1", .level = SHARE_ACCESS_RW};
	const ShareRule two = {.access_to = "2001:db8::/32", .level = SHARE_ACCESS_RO};
	const ShareRule three = {.access_to = "10.0.0.3", .level = SHARE_ACCESS_RW};
	const ShareRule *const rules[] = {&one, &two, &three};
	Exports exports =
		begin("$ exportfs -s\n"
		      "< /srv/other  10.9.9.9/32(sync,rw)\n"
		      "< " PATH "  10.0.0.1/32(sync,wdelay,ro)\n"
		      "< " PATH "-not  10.9.9.9/32(sync,rw)\n"
		      "< " PATH "  10.7.0.0/16(sync,wdelay,rw)\n"
		      "< " PATH "  10.8.0.0/16(sync,wdelay,rw)\n"
		      "$ exportfs -u 10.7.0.0/16:" PATH " 10.8.0.0/16:" PATH "\n"
		      "$ exportfs -o rw" REST " 10.0.0.1/32:" PATH " 10.0.0.3/32:" PATH "\n"
		      "$ exportfs -o ro" REST " ?2001:db8::/32?:" PATH "\n");

	assert_int_equal(exports_apply(&exports, rules, 3, &fault_), 0);
	expect_file(PATH " 10.0.0.1/32(rw" REST ")\n" PATH " 2001:db8::/32(ro" REST ")\n" PATH
			 " 10.0.0.3/32(rw" REST ")\n");
	end();
}

TEST(an_image_is_exported_only_while_it_is_mounted)
{
	const ShareRule one = {.access_to = "10.0.0.1", .level = SHARE_ACCESS_RW};
	const ShareRule *const rules[] = {&one};
	Exports exports = begin("$ exportfs -s\n"
				"$ exportfs -o rw" REST ",mountpoint 10.0.0.1/32:" PATH "\n");

	exports.is_mount = true;
	assert_int_equal(exports_apply(&exports, rules, 1, &fault_), 0);
	expect_file(PATH " 10.0.0.1/32(rw" REST ",mountpoint)\n");
	end();
}

TEST(without_rules_nothing_is_left)
{
	const ShareRule one = {.access_to = "10.0.0.1", .level = SHARE_ACCESS_RW};
	const ShareRule *const rules[] = {&one};
	Exports exports = begin("$ exportfs -s\n"
				"$ exportfs -o rw* 10.0.0.1/32:" PATH "\n"
				"$ exportfs -s\n"
				"< " PATH "  10.0.0.1/32(sync,rw)\n"
				"$ exportfs -u 10.0.0.1/32:" PATH "\n");

	assert_int_equal(exports_apply(&exports, rules, 1, &fault_), 0);
	assert_int_equal(exports_apply(&exports, rules, 0, &fault_), 0);
	end();
}

TEST(what_exportfs_refuses_is_a_fault)
{
	Exports exports = begin("$ exportfs -s\n"
				"! exportfs: could not open /var/lib/nfs/.etab.lock\n"
				"exit 1\n");

	assert_int_equal(exports_suspend(&exports, &fault_), -EIO);
	assert_non_null(strstr(fault_.text, "could not open"));
	end();
}
