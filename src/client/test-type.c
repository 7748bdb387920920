/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Bodies and addresses of the calls about types, which two services have.
 */
#include "client/type.h"

#include "client/test-client.h"

static JsonPair pair = {"k", "v"};
static const JsonTextMap map = {.pairs = &pair, .count = 1};

static void check_calls(ClientNoun noun, const HttpScriptRow *rows, size_t count)
{
	Fixture x = fixture_start(rows, count, DEMO);
	const ClientTypeWish wish = {.name = "n", .is_public = "false", .extra_specs = &map};
	const ClientTypeWish change = {.is_public = "true"};
	const char *id = NULL;

	assert_int_equal(client_type_create(x.client, x.arena, noun, &wish, &id, NULL), 0);
	assert_int_equal(client_type_update(x.client, x.arena, noun, id, &change, NULL), 0);
	assert_int_equal(client_map_set(x.client, x.arena, noun, id, "extra_specs", &map, NULL), 0);
	assert_int_equal(client_map_unset(x.client, x.arena, noun, id, "extra_specs", "a/b", NULL),
			 0);
	assert_int_equal(client_type_grant(x.client, x.arena, noun, id, "p", true, NULL), 0);
	assert_int_equal(client_type_grant(x.client, x.arena, noun, id, "p", false, NULL), 0);
	fixture_end(&x);
}

TEST(types_of_volumes)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/types",
		 .holds = "{\"volume_type\":{\"name\":\"n\","
			  "\"os-volume-type-access:is_public\":false,"
			  "\"extra_specs\":{\"k\":\"v\"}}}",
		 .status = 200,
		 .body = "{\"volume_type\":{\"id\":\"t1\"}}"},
		{.request = "PUT /volume/v3/types/t1",
		 .holds = "{\"volume_type\":{\"is_public\":true}}",
		 .status = 200},
		{.request = "POST /volume/v3/types/t1/extra_specs",
		 .holds = "{\"extra_specs\":{\"k\":\"v\"}}",
		 .status = 200},
		{.request = "DELETE /volume/v3/types/t1/extra_specs/a%2Fb", .status = 202},
		{.request = "POST /volume/v3/types/t1/action",
		 .holds = "{\"addProjectAccess\":{\"project\":\"p\"}}",
		 .status = 202},
		{.request = "POST /volume/v3/types/t1/action",
		 .holds = "{\"removeProjectAccess\":{\"project\":\"p\"}}",
		 .status = 202},
	};
	check_calls(CLIENT_VOLUME_TYPE, rows, ARRAY_SIZE(rows));
}

TEST(types_of_shares)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /share/v2/types",
		 .holds = "{\"share_type\":{\"name\":\"n\","
			  "\"share_type_access:is_public\":false,"
			  "\"extra_specs\":{\"k\":\"v\"}}}",
		 .status = 200,
		 .body = "{\"share_type\":{\"id\":\"t1\"}}"},
		{.request = "PUT /share/v2/types/t1",
		 .holds = "{\"share_type\":{\"share_type_access:is_public\":true}}",
		 .status = 200},
		{.request = "POST /share/v2/types/t1/extra_specs",
		 .holds = "{\"extra_specs\":{\"k\":\"v\"}}",
		 .status = 200},
		{.request = "DELETE /share/v2/types/t1/extra_specs/a%2Fb", .status = 202},
		{.request = "POST /share/v2/types/t1/action",
		 .holds = "{\"addProjectAccess\":{\"project\":\"p\"}}",
		 .status = 202},
		{.request = "POST /share/v2/types/t1/action",
		 .holds = "{\"removeProjectAccess\":{\"project\":\"p\"}}",
		 .status = 202},
	};
	check_calls(CLIENT_SHARE_TYPES, rows, ARRAY_SIZE(rows));
}
