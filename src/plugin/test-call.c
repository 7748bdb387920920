/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What engines send and get, with a scripted service: requests in their order.
 */
#include "plugin/priv.h"
#include "plugin/test-place.h"
#include "plugin/turns.h"
#include "tests/lib/http-script.h"

#define FIND "GET /v3/p1/volumes/detail?metadata=%7B%27cleat%3Aplugin%27%3A%20%27data%27%7D"
#define VOLUME_SINCE(id, status, time, more)                                                       \
	"{\"id\":\"" id "\",\"name\":\"data\",\"status\":\"" status "\","                          \
	"\"created_at\":\"2026-11-21T" time "\",\"metadata\":{" more "}}"
#define VOLUME(id, status, more) VOLUME_SINCE(id, status, "04:05:06.123456", more)
#define OURS "\"cleat:plugin\":\"data\",\"cleat:made\":\"true\""
#define LENT "\"cleat:plugin\":\"data\",\"cleat:fs\":\"xfs\""
#define ID "11111111-2222-4333-8444-555555555555"
#define FIND_ROW(list)                                                                             \
	{                                                                                          \
		.request = FIND, .status = 200, .body = "{\"volumes\":[" list "]}"                 \
	}
#define NAMED_ROW(list)                                                                            \
	{                                                                                          \
		.request = "GET /v3/p1/volumes/detail?name=data", .status = 200,                   \
		.body = "{\"volumes\":[" list "]}"                                                 \
	}
#define SHOW_ROW(volume_id, volume)                                                                \
	{                                                                                          \
		.request = "GET /v3/p1/volumes/" volume_id, .status = 200,                         \
		.body = "{\"volume\":" volume "}"                                                  \
	}

typedef struct Fixture {
	TestPlace place;
	HttpScript *script;
	PluginConfig config;
	Machine machine;
	ClientLogin login;
	struct cleat_cloud_options cloud;
	Turns *turns;
	Sessions *sessions;
} Fixture;

static void begin(Fixture *x, const HttpScriptRow *rows, size_t count)
{
	*x = (Fixture){
		.place = place_make(),
		.script = http_script_start(rows, count),
		.config = {.mount_dir = "/mnt", .size_gib = 3},
		.login = {.token = "t"},
		.turns = turns_new(),
	};
	x->login.volume_endpoint =
		arena_printf(x->place.arena, "%s/v3/p1", http_script_url(x->script));
	x->cloud = (struct cleat_cloud_options){.token = "t", .endpoint = x->login.volume_endpoint};
	x->sessions = sessions_new(&x->login, &x->cloud);
	x->machine = (Machine){.config = &x->config, .holders = x->place.holders};
}

static void end(Fixture *x)
{
	char *wrong;

	sessions_free(x->sessions);
	turns_free(x->turns);
	wrong = http_script_end(x->script);
	if (wrong)
		fail_msg("%s", wrong);
	place_done(&x->place);
}

/* The answer has this status, and is this text or holds it. */
static void ask(Fixture *x, const char *path, const char *body, unsigned status, const char *holds)
{
	const CallRequest request = {
		.path = path,
		.body = body,
		.length = strlen(body),
	};
	CallAnswer got;

	call_answer(&x->machine, x->turns, x->sessions, &request, &got);
	if (got.status != status || !strstr(got.json, holds))
		fail_msg("%s %s: %u %s instead of %u %s", path, body, got.status, got.json, status,
			 holds);
	assert_null(got.heard); /* nothing is mounted here */
	free(got.json);
}

TEST(engines_are_told_what_this_is)
{
	Fixture x;

	begin(&x, NULL, 0);
	ask(&x, "/Plugin.Activate", "", 200, "{\"Implements\":[\"VolumeDriver\"],\"Err\":\"\"}");
	ask(&x, "/Plugin.Activate", "{}", 200, "VolumeDriver");
	ask(&x, "/VolumeDriver.Capabilities", "", 200, "{\"Capabilities\":{\"Scope\":\"global\"}");
	ask(&x, "/VolumeDriver.Path", "{\"Name\":\"data\"}", 404, "not mounted on this host");
	ask(&x, "/VolumeDriver.Nothing", "{}", 404, "{\"Err\":\"there is no such method\"}");
	end(&x);
}

TEST(nonsense_is_refused_before_anybody_is_asked)
{
	static const struct {
		const char *path, *body, *says;
	} rows[] = {
		{"/Plugin.Activate", "{", "not JSON"},
		{"/VolumeDriver.List", "[]", "no object"},
		{"/VolumeDriver.Get", "", "not JSON"},
		{"/VolumeDriver.Get", "null", "Err"},
		{"/VolumeDriver.Get", "{}", "Name"},
		{"/VolumeDriver.Get", "{\"Name\":5}", "Name"},
		{"/VolumeDriver.Get", "{\"Name\":null}", "Name"},
		{"/VolumeDriver.Get", "{\"Name\":\"a\",\"Name\":\"b\"}", "JSON"},
		{"/VolumeDriver.Get", "{\"Name\":\"a\",\"More\":1}", "More"},
		{"/VolumeDriver.Get", "{\"Name\":\"\"}", "name"},
		{"/VolumeDriver.Get", "{\"Name\":\"..\"}", "name"},
		{"/VolumeDriver.Get", "{\"Name\":\"../x\"}", "name"},
		{"/VolumeDriver.Get", "{\"Name\":\"a/b\"}", "name"},
		{"/VolumeDriver.Get", "{\"Name\":\"-a\"}", "name"},
		{"/VolumeDriver.Get", "{\"Name\":\"a b\"}", "name"},
		{"/VolumeDriver.Get", "{\"Name\":\"a'b\"}", "name"},
		{"/VolumeDriver.Get", "{\"Name\":\"\xc3\xa9\"}", "name"},
		{"/VolumeDriver.Mount", "{\"Name\":\"a\"}", "ID"},
		{"/VolumeDriver.Mount", "{\"Name\":\"a\",\"ID\":\"\"}", "ID"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":[]}", "Opts"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"size\":5}}", "Opts"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"size\":\"0\"}}", "size"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"size\":\"1.5\"}}", "size"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"size\":\"5T\"}}", "size"},
		{"/VolumeDriver.Create",
		 "{\"Name\":\"a\",\"Opts\":{\"size\":\"99999999999999999999\"}}", "size"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"fs\":\"../x\"}}", "fs"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"mode\":\"wo\"}}", "mode"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"multipath\":\"1\"}}",
		 "multipath"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"volume\":\"../x\"}}",
		 "volume"},
		{"/VolumeDriver.Create", "{\"Name\":\"a\",\"Opts\":{\"other\":\"x\"}}",
		 "no option 'other'"},
		{"/VolumeDriver.Create",
		 "{\"Name\":\"a\",\"Opts\":{\"volume\":\"" ID "\",\"size\":\"1\"}}", "already"},
	};
	Fixture x;

	begin(&x, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ask(&x, rows[i].path, rows[i].body, 400, rows[i].says);
	end(&x);
}

TEST(a_volume_is_made_once)
{
	static const HttpScriptRow rows[] = {
		FIND_ROW(""),
		NAMED_ROW(""),
		{.request = "POST /v3/p1/volumes",
		 .holds = "{\"volume\":{\"name\":\"data\",\"volume_type\":\"fast\",\"size\":5,"
			  "\"metadata\":{\"cleat:plugin\":\"data\",\"cleat:fs\":\"xfs\","
			  "\"cleat:mode\":\"rw\",\"cleat:multipath\":\"true\",\"cleat:made\":"
			  "\"true\"}}}",
		 .status = 202,
		 .body = "{\"volume\":{\"id\":\"v1\"}}"},
		FIND_ROW(VOLUME("v1", "creating", OURS)),
		SHOW_ROW("v1", VOLUME("v1", "creating", OURS)),
		SHOW_ROW("v1", VOLUME("v1", "available", OURS)),
		FIND_ROW(VOLUME("v1", "available", OURS)),
		FIND_ROW(VOLUME("v1", "in-use", OURS)),
		FIND_ROW(VOLUME("v1", "error", OURS)),
	};
	Fixture x;

	begin(&x, rows, ARRAY_SIZE(rows));
	ask(&x, "/VolumeDriver.Create",
	    "{\"Name\":\"data\",\"Opts\":{\"size\":\"5GiB\",\"type\":\"fast\",\"fs\":\"xfs\","
	    "\"multipath\":\"true\"}}",
	    200, "{\"Err\":\"\"}");
	ask(&x, "/VolumeDriver.Create", "{\"Name\":\"data\"}", 200, "{\"Err\":\"\"}");
	ask(&x, "/VolumeDriver.Create", "{\"Name\":\"data\",\"Opts\":{\"volume\":\"" ID "\"}}", 409,
	    "data is the name of volume v1");
	ask(&x, "/VolumeDriver.Create", "{\"Name\":\"data\",\"Opts\":null}", 409, "in error");
	end(&x);
}

#define MADE_ROW(volume_id)                                                                        \
	{                                                                                          \
		.request = "POST /v3/p1/volumes", .status = 202,                                   \
		.body = "{\"volume\":{\"id\":\"" volume_id "\"}}"                                  \
	}

/* Two hosts make one name at once: the one that was made first stays, on both. */
TEST(of_two_that_are_made_at_once_one_stays)
{
	static const HttpScriptRow rows[] = {
		FIND_ROW(""),
		NAMED_ROW(""),
		MADE_ROW("v1"),
		FIND_ROW(VOLUME_SINCE("v1", "creating", "04:05:07.1",
				      OURS) "," VOLUME_SINCE("v2", "creating", "04:05:06.9", OURS)),
		SHOW_ROW("v1", VOLUME("v1", "available", OURS)),
		{.request = "DELETE /v3/p1/volumes/v1", .status = 202},
		SHOW_ROW("v2", VOLUME("v2", "available", OURS)),
		/* The same moment. */
		FIND_ROW(""),
		NAMED_ROW(""),
		MADE_ROW("v2"),
		FIND_ROW(VOLUME("v2", "available", OURS) "," VOLUME("v1", "available", OURS)),
		{.request = "DELETE /v3/p1/volumes/v2", .status = 404, .body = "{}"},
		/* The other host sees the same. */
		FIND_ROW(""),
		NAMED_ROW(""),
		MADE_ROW("v1"),
		FIND_ROW(VOLUME("v2", "available", OURS) "," VOLUME("v1", "available", OURS)),
	};
	Fixture x;

	begin(&x, rows, ARRAY_SIZE(rows));
	for (int i = 0; i < 3; i++)
		ask(&x, "/VolumeDriver.Create", "{\"Name\":\"data\"}", 200, "{\"Err\":\"\"}");
	end(&x);
}

TEST(a_name_is_one_volume_and_nobody_elses)
{
	static const HttpScriptRow rows[] = {
		FIND_ROW(""),
		NAMED_ROW(VOLUME("v0", "available", "")),
		FIND_ROW(VOLUME("v1", "available", OURS) "," VOLUME("v2", "in-use", LENT)),
		/* A service that does not know the filter, and one that is going. */
		FIND_ROW(VOLUME("v3", "available",
				"\"cleat:plugin\":\"other\"") "," VOLUME("v1", "deleting", OURS)),
	};
	Fixture x;

	begin(&x, rows, ARRAY_SIZE(rows));
	ask(&x, "/VolumeDriver.Create", "{\"Name\":\"data\"}", 409, "volume=v0");
	ask(&x, "/VolumeDriver.Get", "{\"Name\":\"data\"}", 409, "v1 and v2");
	ask(&x, "/VolumeDriver.Get", "{\"Name\":\"data\"}", 404, "no volume data");
	end(&x);
}

TEST(a_volume_that_is_there_is_lent_and_given_back)
{
	static const HttpScriptRow rows[] = {
		FIND_ROW(""),
		SHOW_ROW(ID, VOLUME(ID, "available", "")),
		{.request = "POST /v3/p1/volumes/" ID "/metadata",
		 .holds = "{\"metadata\":{\"cleat:plugin\":\"data\",\"cleat:mode\":\"ro\","
			  "\"cleat:multipath\":\"false\"}}",
		 .status = 200,
		 .body = "{\"metadata\":{}}"},
		FIND_ROW(VOLUME(ID, "available", LENT)),
		FIND_ROW(""),
		SHOW_ROW(ID, VOLUME(ID, "available", "\"cleat:plugin\":\"other\"")),
		FIND_ROW(VOLUME(ID, "available", LENT)),
		{.request = "DELETE /v3/p1/volumes/" ID "/metadata/cleat%3Afs", .status = 200},
		{.request = "DELETE /v3/p1/volumes/" ID "/metadata/cleat%3Amode",
		 .status = 404,
		 .body = "{\"itemNotFound\":{\"message\":\"no\"}}"},
		{.request = "DELETE /v3/p1/volumes/" ID "/metadata/cleat%3Amultipath",
		 .status = 200},
		{.request = "DELETE /v3/p1/volumes/" ID "/metadata/cleat%3Aplugin", .status = 200},
		FIND_ROW(""),
	};
	static const char create[] =
		"{\"Name\":\"data\",\"Opts\":{\"mode\":\"ro\",\"volume\":\"" ID "\"}}";
	Fixture x;

	begin(&x, rows, ARRAY_SIZE(rows));
	ask(&x, "/VolumeDriver.Create", create, 200, "{\"Err\":\"\"}");
	ask(&x, "/VolumeDriver.Create", create, 409, "is called other already");
	ask(&x, "/VolumeDriver.Remove", "{\"Name\":\"data\"}", 200, "{\"Err\":\"\"}");
	ask(&x, "/VolumeDriver.Remove", "{\"Name\":\"data\"}", 200, "{\"Err\":\"\"}");
	end(&x);
}

TEST(what_many_may_attach_is_not_written_to)
{
	static const HttpScriptRow rows[] = {
		FIND_ROW("{\"id\":\"v1\",\"status\":\"available\",\"multiattach\":true,"
			 "\"metadata\":{" OURS "}}"),
		/* Also when that is seen only once it is made. */
		FIND_ROW(VOLUME("v1", "creating", OURS)),
		SHOW_ROW("v1", "{\"id\":\"v1\",\"status\":\"available\",\"multiattach\":true,"
			       "\"metadata\":{" OURS "}}"),
		FIND_ROW("{\"id\":\"v1\",\"status\":\"available\",\"multiattach\":true,"
			 "\"metadata\":{" OURS "}}"),
	};
	Fixture x;
	Record record = {.name = "data", .volume_id = "v1"};

	begin(&x, rows, ARRAY_SIZE(rows));
	for (int i = 0; i < 3; i++) {
		ask(&x, "/VolumeDriver.Mount", "{\"Name\":\"data\",\"ID\":\"me\"}", 409,
		    "volume v1 is of a type that several hosts may attach");
		if (i == 1) /* begun, and nobody holds it */
			assert_int_equal(holders_save(x.place.holders, &record, NULL), 0);
	}
	end(&x);
}

TEST(a_record_that_cannot_be_read_hides_no_volume)
{
	static const HttpScriptRow rows[] = {
		{.request = "GET /v3/p1/volumes/detail",
		 .status = 200,
		 .body = "{\"volumes\":[" VOLUME("v1", "in-use", OURS) "," VOLUME(
			 "v2", "available", "\"cleat:plugin\":\"b\"") "]}"},
	};
	FILE *file;
	Fixture x;

	begin(&x, rows, ARRAY_SIZE(rows));
	file = fopen(arena_printf(x.place.arena, "%s/data.json", x.place.folder), "we");
	assert_non_null(file);
	assert_true(fputs("{\"format\":", file) >= 0);
	assert_int_equal(fclose(file), 0);
	ask(&x, "/VolumeDriver.List", "{}", 200,
	    "{\"Volumes\":[{\"Name\":\"data\",\"Mountpoint\":\"\",\"CreatedAt\":"
	    "\"2026-11-21T04:05:06Z\",\"Status\":{\"volume\":\"v1\",\"status\":\"in-use\"}},"
	    "{\"Name\":\"b\",\"Mountpoint\":\"\",");
	ask(&x, "/VolumeDriver.Path", "{\"Name\":\"data\"}", 500, "record of data");
	end(&x);
}

TEST(volumes_are_shown_with_where_they_are_mounted)
{
	static const HttpScriptRow rows[] = {
		{.request = "GET /v3/p1/volumes/detail",
		 .status = 200,
		 .body = "{\"volumes\":[" VOLUME("v1", "in-use", OURS) "," VOLUME(
			 "v2", "available", "\"cleat:plugin\":\"b\"") "," VOLUME("v3", "available",
										 "") "]}"},
		FIND_ROW(VOLUME("v1", "in-use", OURS)),
	};
	Fixture x;
	Record record = {.name = "data", .volume_id = "v1"};

	begin(&x, rows, ARRAY_SIZE(rows));
	holders_add(x.place.arena, &record, "me");
	assert_int_equal(holders_save(x.place.holders, &record, NULL), 0);
	ask(&x, "/VolumeDriver.List", "{}", 200,
	    "{\"Volumes\":[{\"Name\":\"data\",\"Mountpoint\":\"/mnt/data\",\"CreatedAt\":"
	    "\"2026-11-21T04:05:06Z\",\"Status\":{\"volume\":\"v1\",\"status\":\"in-use\"}},"
	    "{\"Name\":\"b\",\"Mountpoint\":\"\",");
	ask(&x, "/VolumeDriver.Get", "{\"Name\":\"data\"}", 200,
	    "{\"Volume\":{\"Name\":\"data\",\"Mountpoint\":\"/mnt/data\",");
	ask(&x, "/VolumeDriver.Path", "{\"Name\":\"data\"}", 200, "\"Mountpoint\":\"/mnt/data\"");
	ask(&x, "/VolumeDriver.Remove", "{\"Name\":\"data\"}", 409, "mounted for 1 on this host");
	end(&x);
}

TEST(a_service_that_fails_is_told_from_one_that_refuses)
{
	static const HttpScriptRow rows[] = {
		{.request = FIND, .status = 500, .body = "{}"},
		FIND_ROW(VOLUME("v1", "in-use", OURS)),
		{.request = "DELETE /v3/p1/volumes/v1",
		 .status = 400,
		 .body = "{\"badRequest\":{\"message\":\"Volume is in-use\"}}"},
	};
	Fixture x;

	begin(&x, rows, ARRAY_SIZE(rows));
	ask(&x, "/VolumeDriver.Get", "{\"Name\":\"data\"}", 503, "Err");
	ask(&x, "/VolumeDriver.Remove", "{\"Name\":\"data\"}", 409, "Volume is in-use");
	end(&x);
}
