/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is read of a connection_info, and what is refused. Holds of the hazards: H-21 (hostile or
 * broken data) and H-42 (portals in other spellings).
 */
#include "base/str.h"
#include "connector/iscsi/priv.h"
#include "tests/lib/test.h"

#define IQN "iqn.2010-10.org.openstack:volume-a6b5"
#define SINGLE(portal) "{\"target_portal\":\"" portal "\",\"target_iqn\":\"" IQN "\"}"
#define WITH(more) "{\"target_portal\":\"192.0.2.11:3260\",\"target_iqn\":\"" IQN "\"," more "}"

typedef struct Case {
	Arena *arena;
	ConnectorCall call;
	const IscsiInfo *info;
} Case;

static void case_done(Case *c)
{
	arena_free(c->arena);
}

static int parse(Case *c, const char *text)
{
	void *info = NULL;
	Fault f = {0};
	int r;

	if (!c->arena)
		c->arena = arena_new();
	c->call = (ConnectorCall){.arena = c->arena};
	r = iscsi_parse(&c->call, text, &info, &f);
	c->info = info;
	return r;
}

static void assert_target(const Case *c, size_t index, const char *portal, int64_t lun)
{
	assert_true(index < c->info->target_count);
	assert_string_equal(iscsi_portal(c->arena, &c->info->targets[index]), portal);
	assert_string_equal(c->info->targets[index].iqn, IQN);
	assert_int_equal(c->info->targets[index].lun, lun);
}

static void assert_refused(const char *text, const char *why)
{
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(parse(&c, text), CONNECTOR_BAD_INFO);
	assert_non_null(strstr(c.call.why, why));
}

static void assert_lun(const char *text, int64_t lun)
{
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(parse(&c, text), 0);
	assert_int_equal(c.info->targets[0].lun, lun);
}

TEST(one_portal)
{
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(
		parse(&c, WITH("\"target_lun\":1,\"access_mode\":\"ro\",\"qos_specs\":null,"
			       "\"driver_volume_type\":\"iscsi\"")),
		0);
	assert_int_equal(c.info->target_count, 1);
	assert_target(&c, 0, "192.0.2.11:3260", 1);
	assert_true(c.info->readonly);
	assert_true(c.info->discover);
	assert_false(c.info->iser);
	assert_null(c.info->chap.username);
	assert_string_equal(iscsi_target(&c.call, c.info), "iscsi:" IQN);
}

TEST(lists_come_before_the_single_portal)
{
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(parse(&c, WITH("\"target_lun\":7,\"target_portals\":[\"192.0.2.11:3260\","
					"\"198.51.100.11:3260\",\"192.0.2.11:3260,1\"],"
					"\"target_iqns\":[\"" IQN "\",\"" IQN "\",\"" IQN "\"]")),
			 0);
	assert_int_equal(c.info->target_count, 2); /* one was there twice */
	assert_target(&c, 0, "192.0.2.11:3260", 7);
	assert_target(&c, 1, "198.51.100.11:3260", 7);
	assert_false(c.info->discover);
}

TEST(each_portal_may_have_a_lun_of_its_own)
{
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(parse(&c, "{\"target_portals\":[\"192.0.2.1:1\",\"192.0.2.2:2\"],"
				   "\"target_iqns\":[\"" IQN "\",\"" IQN "\"],"
				   "\"target_luns\":[3,4],\"driver_volume_type\":\"iser\"}"),
			 0);
	assert_target(&c, 0, "192.0.2.1:1", 3);
	assert_target(&c, 1, "192.0.2.2:2", 4);
	assert_true(c.info->iser);
}

TEST(targets_of_two_names_are_locked_by_the_first)
{
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(parse(&c, "{\"target_portals\":[\"192.0.2.1\",\"192.0.2.2\"],"
				   "\"target_iqns\":[\"iqn.2010-10.b\",\"iqn.2010-10.a\"]}"),
			 0);
	assert_string_equal(iscsi_target(&c.call, c.info), "iscsi:iqn.2010-10.a");
}

TEST(h42_portals_have_one_spelling)
{
	static const struct {
		const char *text, *portal;
	} spellings[] = {
		{SINGLE("192.0.2.11"), "192.0.2.11:3260"},
		{SINGLE("192.0.2.11:3261"), "192.0.2.11:3261"},
		{SINGLE("192.0.2.11:3260,1025"), "192.0.2.11:3260"},
		{SINGLE("[2001:DB8:0:0::1]:3260"), "[2001:db8::1]:3260"},
		{SINGLE("[2001:db8::0001]"), "[2001:db8::1]:3260"},
		{SINGLE("2001:db8:0000::1"), "[2001:db8::1]:3260"},
		{SINGLE("[::1]:3260,1"), "[::1]:3260"},
		{SINGLE("Storage.Example.org:3260"), "storage.example.org:3260"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		_cleanup_(case_done) Case c = {0};

		assert_int_equal(parse(&c, spellings[i].text), 0);
		assert_target(&c, 0, spellings[i].portal, 0);
	}
}

TEST(luns_are_translated_as_the_array_presents_them)
{
	assert_lun(WITH("\"target_lun\":\"12\""), 12);
	assert_lun(WITH("\"target_lun\":300,\"addressing_mode\":\"transparent\""), 300);
	assert_lun(WITH("\"target_lun\":300,\"addressing_mode\":\"SAM\""), 300);
	assert_lun(WITH("\"target_lun\":255,\"addressing_mode\":\"SAM2\""), 255);
	assert_lun(WITH("\"target_lun\":256,\"addressing_mode\":\"SAM2\""), 256 + 16384);
	assert_lun(WITH("\"target_lun\":1,\"addressing_mode\":\"SAM3-flat\""), 1 + 16384);
	assert_refused(WITH("\"target_lun\":1,\"addressing_mode\":\"SAM4\""), "addressing_mode");
	assert_refused(WITH("\"target_lun\":16384,\"addressing_mode\":\"SAM2\""), "out of range");
}

TEST(chap_both_ways)
{
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(parse(&c, WITH("\"auth_method\":\"CHAP\",\"auth_username\":\"u\","
					"\"auth_password\":\"p w\",\"auth_username_in\":\"t\","
					"\"auth_password_in\":\"q\"")),
			 0);
	assert_string_equal(c.info->chap.username, "u");
	assert_string_equal(c.info->chap.password, "p w");
	assert_string_equal(c.info->chap_in.username, "t");
	assert_string_equal(c.info->chap_in.password, "q");
}

TEST(h21_hostile_names_and_portals_are_refused)
{
	static const char *const portals[] = {
		"-p",
		"",
		"192.0.2.11:0",
		"192.0.2.11:65536",
		"192.0.2.11:+1",
		"192.0.2.11:3260,x",
		"192.0.2.11:3260,",
		"192.0.2.300:3260",
		"a b:3260",
		"a;reboot",
		"../etc:3260",
		"a/b",
		"[::1",
		"[::1]x",
		"[192.0.2.11]:3260",
		"fe80::1%eth0",
		"host\\nnode.startup = automatic",
	};
	static const char *const names[] = {
		"",        "-T",        "volume",    "iqn.", "iqn.a b", "iqn.../../x",
		"iqn.a/b", "iqn.a\\nb", "iqn.a$(b)",
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(portals); i++)
		assert_refused(arena_printf(arena,
					    "{\"target_portal\":\"%s\",\"target_iqn\":\"" IQN "\"}",
					    portals[i]),
			       "target_portal");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_refused(arena_printf(arena,
					    "{\"target_portal\":\"192.0.2.1\","
					    "\"target_iqn\":\"%s\"}",
					    names[i]),
			       "target_iqn");
}

TEST(h21_hostile_secrets_are_refused_and_not_told)
{
	static const char secret[] =
		WITH("\"auth_method\":\"CHAP\",\"auth_username\":\"u\","
		     "\"auth_password\":\"sesame\\nnode.startup = automatic\"");
	_cleanup_(case_done) Case c = {0};

	assert_int_equal(parse(&c, secret), CONNECTOR_BAD_INFO);
	assert_null(strstr(c.call.why, "sesame"));
	assert_int_equal(parse(&c, WITH("\"auth_method\":\"CHAP\",\"auth_username\":\"u\","
					"\"auth_password\":[\"sesame\"]")),
			 CONNECTOR_BAD_INFO);
	assert_null(strstr(c.call.why, "sesame"));
	assert_refused(WITH("\"auth_method\":\"CHAP\",\"auth_username\":\"u\""), "auth_password");
	assert_refused(WITH("\"auth_method\":\"CHAP\",\"auth_username\":\"u\","
			    "\"auth_password\":\" p\""),
		       "auth_password");
	assert_refused(WITH("\"auth_method\":\"CHAP\",\"auth_username\":\"u\",\"auth_password\":"
			    "\"p\",\"auth_username_in\":\"t\""),
		       "auth_password_in");
	assert_refused(WITH("\"auth_method\":\"KRB5\""), "auth_method");
}

TEST(h21_hostile_secrets_of_discovery_are_refused)
{
	static const char *const bad[] = {"\\n", "", " x", "x ", "x\\u0007"};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ConnectorCall call = {.arena = arena};
		void *info = NULL;
		const char *text = arena_printf(
			arena,
			"{\"target_portal\":\"192.0.2.1\",\"target_iqn\":\"iqn.a:b\","
			"\"discovery_auth_method\":\"CHAP\",\"discovery_auth_username\":\"u\","
			"\"discovery_auth_password\":\"%s\"}",
			bad[i]);

		assert_int_equal(iscsi_parse(&call, text, &info, NULL), CONNECTOR_BAD_INFO);
		assert_non_null(strstr(call.why, "discovery_auth_password"));
	}
}

TEST(h21_what_is_not_whole_is_refused)
{
	_cleanup_(buf_done) Buf many = {0};

	assert_refused("", "not JSON");
	assert_refused("[]", "not an object");
	assert_refused("{}", "target_portal");
	assert_refused("{\"target_portal\":\"192.0.2.1\"}", "target_iqn");
	assert_refused(WITH("\"target_lun\":-1"), "target_lun");
	assert_refused(WITH("\"target_lun\":1.5"), "target_lun");
	assert_refused(WITH("\"target_lun\":99999999999999999999"), "");
	assert_refused(WITH("\"target_luns\":[-1],\"target_portals\":[\"192.0.2.1\"],"
			    "\"target_iqns\":[\"" IQN "\"]"),
		       "target_lun");
	assert_refused(WITH("\"target_portals\":[\"192.0.2.1\",\"192.0.2.2\"],"
			    "\"target_iqns\":[\"" IQN "\"]"),
		       "length");
	assert_refused(WITH("\"cleat_identity\":\"uuid:1\""), "cleat_identity");
	assert_refused(WITH("\"cleat_identity\":\"wwid:../x\""), "cleat_identity");
	for (int i = 0; i <= ISCSI_TARGET_MAX; i++)
		buf_printf(&many, "%s\"192.0.2.%d\"", i ? "," : "{\"target_portals\":[", i + 1);
	buf_add(&many, "]}");
	assert_refused(many.data, "target_portals");
}
