/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What targets share: portals and names that are taken or not, and accounts. Hazard H-21: what a
 * host calls itself never becomes more than a name.
 */
#include "contract/target.h"
#include "tests/lib/test.h"

static const Volume volume = {.id = "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"};

TEST(portals_are_read_in_one_spelling)
{
	static const char *const bad[] = {
		"",          "192.0.2.1",       "192.0.2.1:",      "192.0.2.1:0",
		":3260",     "192.0.2.1:65536", "2001:db8::1:326", "[2001:db8::1]",
		"host:3260", "[192.0.2.1]:326", "192.0.2.1:3260x", "192.0.2.256:3260",
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TargetPortal portal;

	assert_true(target_portal_read("192.0.2.1:3260", arena, &portal));
	assert_string_equal(portal.text, "192.0.2.1:3260");
	assert_string_equal(portal.address, "192.0.2.1");
	assert_string_equal(portal.port, "3260");
	assert_false(portal.ipv6);
	assert_true(target_portal_read("[2001:DB8:0::1]:3260", arena, &portal));
	assert_string_equal(portal.text, "[2001:db8::1]:3260");
	assert_string_equal(portal.address, "2001:db8::1");
	assert_true(portal.ipv6);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (target_portal_read(bad[i], arena, &portal))
			fail_msg("%s was taken", bad[i]);
}

TEST(h21_hostile_names_are_refused)
{
	static const char *const bad[] = {
		"",
		"iqn.",
		"x",
		"../iqn.x",
		"iqn.2026-11.a/../b",
		"iqn.a b",
		"iqn.a\n",
		"iqn.a,b",
		"iqn.a=b",
		"-iqn.a",
		"iqn.\xc3\xa4",
		"nqn.2014-08.org.nvmexpress:uuid:1",
	};
	char longest[TARGET_NAME_MAX + 2];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (target_iqn_valid(bad[i]))
			fail_msg("%s was taken", bad[i]);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "iqn.", 4);
	longest[TARGET_NAME_MAX + 1] = '\0';
	assert_false(target_iqn_valid(longest));
	longest[TARGET_NAME_MAX] = '\0';
	assert_true(target_iqn_valid(longest));
	assert_true(target_iqn_valid("iqn.1993-08.org.debian:01:9d1fbf3d2c8"));
	assert_true(target_iqn_valid("eui.02004567A425678D"));
	assert_true(target_nqn_valid("nqn.2014-08.org.nvmexpress:uuid:1"));
	assert_false(target_nqn_valid("iqn.1993-08.org.debian:01:9d1fbf3d2c8"));
	assert_false(target_nqn_valid("nqn.a/b"));
}

TEST(accounts_differ_by_volume_host_and_installation)
{
	const Volume other = {.id = "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9ab"};
	const TargetConfig config = {.secret = "one"}, elsewhere = {.secret = "two"};
	TargetAccount a, b;

	target_account(&config, &volume, "iqn.a", &a);
	assert_int_equal(strlen(a.user), TARGET_USER_TEXT - 1);
	assert_int_equal(strlen(a.password), TARGET_PASSWORD_TEXT - 1);
	assert_int_equal(strspn(a.password, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					    "0123456789._"),
			 TARGET_PASSWORD_TEXT - 1);
	target_account(&config, &volume, "iqn.a", &b);
	assert_memory_equal(&a, &b, sizeof(a));
	target_account(&config, &volume, "iqn.b", &b);
	assert_string_not_equal(a.user, b.user);
	assert_string_not_equal(a.password, b.password);
	target_account(&config, &other, "iqn.a", &b);
	assert_string_not_equal(a.user, b.user);
	assert_string_not_equal(a.password, b.password);
	target_account(&elsewhere, &volume, "iqn.a", &b);
	assert_string_not_equal(a.user, b.user);
	assert_string_not_equal(a.password, b.password);
}

TEST(names_and_digits_follow_from_the_volume)
{
	const TargetConfig config = {.prefix = "iqn.2026-11.net.example:"};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char digits[TARGET_DIGITS_TEXT];

	assert_string_equal(
		target_volume_name(&config, arena, &volume, "-ro"),
		"iqn.2026-11.net.example:volume-6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa-ro");
	target_volume_digits(&volume, digits);
	assert_string_equal(digits, "6b4a1f8e6f2c4d5f9d380a53e");
}

TEST(all_portals_of_an_iscsi_target_are_told)
{
	static const TargetPortal portals[] = {{.text = "192.0.2.1:3260"},
					       {.text = "192.0.2.2:3260"}};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TargetConfig config = {.portals = portals, .portal_count = 1, .secret = "one"};
	const TargetGuest guest = {.identity = "iqn.a"};
	const TargetUnit unit = {.iqn = "iqn.t", .lun = 1, .wwid = "36"};

	assert_string_equal(target_iscsi_info(&config, &volume, &guest, &unit, arena),
			    "{\"driver_volume_type\":\"iscsi\",\"target_discovered\":false,"
			    "\"target_portal\":\"192.0.2.1:3260\",\"target_iqn\":\"iqn.t\","
			    "\"target_lun\":1,"
			    "\"volume_id\":\"6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa\","
			    "\"cleat_identity\":\"wwid:36\"}");
	config.portal_count = 2;
	config.chap = true;
	assert_non_null(strstr(target_iscsi_info(&config, &volume, &guest, &unit, arena),
			       "\"target_portals\":[\"192.0.2.1:3260\",\"192.0.2.2:3260\"],"
			       "\"target_iqns\":[\"iqn.t\",\"iqn.t\"],\"target_luns\":[1,1],"
			       "\"auth_method\":\"CHAP\",\"auth_username\":\"cleat-"));
}
