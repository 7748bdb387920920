/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connectors as clients write them, the effective mode, and the forms of connection_info.
 */
#include "service/connection-info.h"

#include "base/str.h"
#include "tests/lib/test.h"

TEST(a_connector_is_kept_whole_in_one_spelling)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Work work = {.arena = arena};
	Connector a, b;

	assert_int_equal(connector_read(&work,
					"{\"ip\": null, \"host\": \"h\", \"x y\": [1], "
					"\"mode\": \"ro\", \"enforce_multipath\": \"true\"}",
					&a),
			 0);
	assert_int_equal(
		connector_read(&work,
			       "{\"x y\":[1],\"enforce_multipath\":\"true\",\"mode\":\"ro\","
			       "\"host\":\"h\"}",
			       &b),
		0);
	assert_string_equal(a.host, "h");
	assert_null(a.initiator);
	assert_int_equal(a.mode, ATTACH_MODE_RO);
	assert_true(a.enforce_multipath);
	assert_string_equal(a.json, b.json);
	assert_non_null(strstr(a.json, "\"x y\":[1]"));
	assert_null(strstr(a.json, "null"));
}

TEST(nothing_to_say_is_no_connector)
{
	static const char *const none[] = {NULL, "null", "{}", "{\"host\":null,\"ip\":null}"};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Work work = {.arena = arena};
	Connector connector;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(connector_read(&work, none[i], &connector), 0);
		assert_null(connector.json);
		assert_null(connector.host);
		assert_int_equal(connector.mode, ATTACH_MODE_NULL);
	}
}

TEST(a_connector_of_the_wrong_form_is_told_so)
{
	static const struct {
		const char *json;
		const char *reason;
	} rows[] = {
		{"\"x\"", "not an object"},
		{"[1]", "not an object"},
		{"{\"host\":5}", "connector.host: 5 is not of type 'string'"},
		{"{\"mode\":\"rwx\"}", "connector.mode: 'rwx' is not one of"},
		{"{\"wwpns\":\"50\"}", "connector.wwpns"},
		{"{\"enforce_multipath\":\"maybe\"}", "connector.enforce_multipath"},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Work work = {.arena = arena};
	Connector connector;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(connector_read(&work, rows[i].json, &connector),
				 REFUSAL_BAD_INPUT);
		if (!strstr(work.refused.value, rows[i].reason))
			fail_msg("%s: %s", rows[i].json, work.refused.value);
	}
}

TEST(read_only_wins)
{
	static const struct {
		bool flag;
		AttachMode wish, connector, effective;
	} rows[] = {
		{false, ATTACH_MODE_NULL, ATTACH_MODE_NULL, ATTACH_MODE_RW},
		{false, ATTACH_MODE_RW, ATTACH_MODE_NULL, ATTACH_MODE_RW},
		{false, ATTACH_MODE_RO, ATTACH_MODE_RW, ATTACH_MODE_RO},
		{false, ATTACH_MODE_RW, ATTACH_MODE_RO, ATTACH_MODE_RO},
		{false, ATTACH_MODE_NULL, ATTACH_MODE_RO, ATTACH_MODE_RO},
		{true, ATTACH_MODE_RW, ATTACH_MODE_RW, ATTACH_MODE_RO},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		Volume volume = {.readonly = rows[i].flag};
		Connector connector = {.mode = rows[i].connector};

		assert_int_equal(attachment_mode(&volume, rows[i].wish, &connector),
				 rows[i].effective);
	}
	assert_int_equal(attachment_mode(&(Volume){0}, ATTACH_MODE_NULL, NULL), ATTACH_MODE_RW);
}

static const char flat[] = "{\"driver_volume_type\":\"iscsi\",\"target_lun\":1,"
			   "\"auth_password\":\"secret\",\"attachment_id\":\"a\","
			   "\"enforce_multipath\":true,\"access_mode\":\"rw\"}";

TEST(the_older_form_is_nested)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_string_equal(connection_info_nested(arena, flat),
			    "{\"driver_volume_type\":\"iscsi\",\"enforce_multipath\":true,"
			    "\"data\":{\"target_lun\":1,\"auth_password\":\"secret\","
			    "\"enforce_multipath\":true,\"access_mode\":\"rw\"}}");
}

TEST(secrets_are_left_out)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *shown = connection_info_redacted(arena, flat);

	assert_null(strstr(shown, "secret"));
	assert_non_null(strstr(shown, "\"target_lun\":1"));
}
