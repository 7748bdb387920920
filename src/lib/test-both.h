/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests: volumes of a scripted service on a machine in a tree of files.
 */
#pragma once

#include "base/mem.h"
#include "lib/priv.h"
#include "local/test-fake.h"
#include "tests/lib/http-script.h"

#define VOLUME "0a0b1c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3"
#define ATTACHMENT "5f4f0d6e-0d3c-4a55-9d43-2b3f8f1f2a11"
#define INFO                                                                                       \
	"{\"driver_volume_type\":\"fake\",\"target\":\"t1\",\"dev\":\"sda\","                      \
	"\"identity\":\"id:sda\",\"auth_password\":\"hush\"}"
#define NESTED_INFO                                                                                \
	"{\"driver_volume_type\":\"fake\",\"data\":{\"target\":\"t1\",\"dev\":\"sda\","            \
	"\"identity\":\"id:sda\",\"auth_password\":\"hush\"}}"

#define VERSION_ROW(text)                                                                          \
	{                                                                                          \
		.request = "GET /v3/", .status = 200,                                              \
		.body = "{\"versions\":[{\"version\":\"" text "\"}]}"                              \
	}
#define VOLUME_ROW                                                                                 \
	{                                                                                          \
		.request = "GET /v3/p1/volumes/" VOLUME, .status = 200,                            \
		.body = "{\"volume\":{\"id\":\"" VOLUME "\",\"size\":0,\"encrypted\":false,"       \
			"\"attachments\":[{\"host_name\":null,\"device\":\"/dev/vdb\","            \
			"\"attachment_id\":\"a-other\"}]}}"                                        \
	}
/* Nobody logs in, so no compute service is known, and the attachment names no instance. */
#define CREATE_ROW                                                                                 \
	{                                                                                          \
		.request = "POST /v3/p1/attachments",                                              \
		.holds = "{\"attachment\":{\"volume_uuid\":\"" VOLUME "\",\"mode\":\"rw\"}}",      \
		.status = 200,                                                                     \
		.body = "{\"attachment\":{\"id\":\"" ATTACHMENT "\",\"connection_info\":{}}}"      \
	}
#define UPDATE_ROW                                                                                 \
	{                                                                                          \
		.request = "PUT /v3/p1/attachments/" ATTACHMENT, .holds = "\"connector\":{",       \
		.status = 200,                                                                     \
		.body = "{\"attachment\":{\"id\":\"" ATTACHMENT "\",\"connection_info\":" INFO     \
			"}}"                                                                       \
	}
#define COMPLETE_ROW                                                                               \
	{                                                                                          \
		.request = "POST /v3/p1/attachments/" ATTACHMENT "/action",                        \
		.holds = "os-complete", .status = 204                                              \
	}
#define DELETE_ROW                                                                                 \
	{                                                                                          \
		.request = "DELETE /v3/p1/attachments/" ATTACHMENT, .status = 200,                 \
		.body = "{\"attachments\":[]}"                                                     \
	}
#define ACTION_ROW(text)                                                                           \
	{                                                                                          \
		.request = "POST /v3/p1/volumes/" VOLUME "/action", .holds = text, .status = 202   \
	}

/* A machine and a service; what they were asked is checked at the end. */
typedef struct Both {
	Place place;
	cleat_host host;
	HttpScript *script;
	cleat_cloud *cloud;
	struct cleat_error error;
} Both;

static inline void both_start(Both *both, const HttpScriptRow *rows, size_t count)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	struct cleat_cloud_options options = {.token = "admin:p1"};

	*both = (Both){.place = place_make(), .script = http_script_start(rows, count)};
	both->host = (cleat_host){.local = both->place.local, .host = both->place.tree->host};
	options.endpoint = arena_printf(arena, "%s/v3/p1", http_script_url(both->script));
	if (cleat_cloud_open(&options, &both->cloud, &both->error))
		fail_msg("%s", both->error.message);
}

/* As somebody, instead of with a token that nobody is asked about. */
static inline void both_log_in(Both *both)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *url = http_script_url(both->script);
	const struct cleat_cloud_options options = {
		.auth_url = arena_printf(arena, "%s/v3", url),
		.username = "me",
		.password = "open-sesame",
		.project = "p",
		.endpoint = arena_printf(arena, "%s/v3/p1", url),
	};

	cleat_cloud_close(both->cloud);
	if (cleat_cloud_open(&options, &both->cloud, &both->error))
		fail_msg("%s", both->error.message);
}

static inline void both_end(Both *both)
{
	char *wrong;

	cleat_cloud_close(both->cloud);
	place_done(&both->place);
	wrong = http_script_end(both->script);
	if (wrong)
		fail_msg("%s", wrong);
}

static inline int attach(Both *both, cleat_disk **ret)
{
	const struct cleat_attach_options options = {.connector = {.host = "node1"}};

	return cleat_local_attach(&both->host, both->cloud, VOLUME, &options, ret, &both->error);
}

static inline int detach(Both *both, unsigned flags)
{
	return cleat_local_detach(&both->host, both->cloud, VOLUME, NULL, flags, 0, &both->error);
}

static inline void expect_clean(Both *both)
{
	LocalRecord **records;

	assert_int_equal(place_records(&both->place, &records), 0);
	assert_false(place_has(&both->place, "/sys/block/sda/identity"));
	assert_false(place_has(&both->place, "/world/session-t1"));
}

static inline size_t record_count(Both *both)
{
	LocalRecord **records;

	return place_records(&both->place, &records);
}
