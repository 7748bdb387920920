/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the wrappers let through: documented outcomes with their reason do, others become faults,
 * and so do answers that nobody could use.
 */
#include "contract/connector.h"

#include "tests/lib/test.h"

static int answer; /* of the next call */
static const char *answer_why;
static ConnectorDisk answer_disk;
static int64_t answer_size;

static int mock_answer(ConnectorCall *call)
{
	call->why = answer_why;
	return answer;
}

static int mock_parse(ConnectorCall *call, const char *info _unused_, void **ret, Fault *f _unused_)
{
	static int self;

	*ret = &self;
	return mock_answer(call);
}

static const char *mock_target(ConnectorCall *call _unused_, const void *info _unused_)
{
	return "target";
}

static bool mock_multipath(const Host *host _unused_)
{
	return true;
}

static int mock_connect(ConnectorCall *call, const void *info _unused_,
			const ConnectorWish *wish _unused_, ConnectorDisk *ret, Fault *f _unused_)
{
	*ret = answer_disk;
	return mock_answer(call);
}

static int mock_find(ConnectorCall *call, const void *info _unused_, const char *identity _unused_,
		     ConnectorDisk *ret, Fault *f _unused_)
{
	*ret = answer_disk;
	return mock_answer(call);
}

static int mock_disconnect(ConnectorCall *call, const void *info _unused_,
			   const ConnectorLeave *leave _unused_, Fault *f _unused_)
{
	return mock_answer(call);
}

static int mock_extend(ConnectorCall *call, const void *info _unused_,
		       const char *identity _unused_, int64_t size_bytes _unused_,
		       int64_t *ret_size_bytes, Fault *f _unused_)
{
	*ret_size_bytes = answer_size;
	return mock_answer(call);
}

static const ConnectorDriver mock = {
	.name = "mock",
	.size = sizeof(ConnectorDriver),
	.types = (const char *const[]){"mock", "mocked", NULL},
	.parse = mock_parse,
	.target = mock_target,
	.multipath = mock_multipath,
	.connect = mock_connect,
	.find = mock_find,
	.disconnect = mock_disconnect,
	.extend = mock_extend,
};

static const ConnectorDriver *const drivers[] = {&mock, NULL};
static const Host *const no_host = (const Host *)&mock; /* never looked into */

static ConnectorCall call_of(Arena *arena)
{
	answer = 0;
	answer_why = NULL;
	answer_disk = (ConnectorDisk){
		.path = "/dev/sda",
		.identity = "wwid:3600",
		.size_bytes = 512,
		.paths = 1,
	};
	return (ConnectorCall){.host = no_host, .arena = arena, .mount_dir = "/mnt"};
}

TEST(a_driver_is_found_by_what_it_takes)
{
	assert_ptr_equal(connector_for(drivers, "mocked"), &mock);
	assert_null(connector_for(drivers, "other"));
	assert_null(connector_for(drivers, NULL));
}

TEST(outcomes_that_a_slot_may_have_pass_with_their_reason)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = call_of(arena);
	const ConnectorWish wish = {0};
	ConnectorDisk disk;
	Fault f = {0};

	answer = CONNECTOR_NO_DISK;
	answer_why = "LUN 3 has not appeared";
	assert_int_equal(connector_connect(&mock, &call, &mock, &wish, &disk, &f),
			 CONNECTOR_NO_DISK);
	assert_string_equal(call.why, "LUN 3 has not appeared");
	answer = CONNECTOR_NOT_GROWN;
	assert_true(connector_connect(&mock, &call, &mock, &wish, &disk, &f) < 0);
}

TEST(an_outcome_without_a_reason_is_a_fault)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = call_of(arena);
	ConnectorDisk disk;
	Fault f = {0};

	answer = CONNECTOR_NO_DISK;
	assert_true(connector_find(&mock, &call, &mock, NULL, &disk, &f) < 0);
	assert_non_null(strstr(f.text, "does not say why"));
}

TEST(a_disk_that_is_not_whole_is_a_fault)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = call_of(arena);
	ConnectorDisk disk;
	Fault f = {0};

	assert_int_equal(connector_find(&mock, &call, &mock, "wwid:3600", &disk, &f), 0);
	assert_string_equal(disk.path, "/dev/sda");
	assert_true(connector_find(&mock, &call, &mock, "wwid:3601", &disk, &f) < 0);
	answer_disk.identity = NULL;
	assert_true(connector_find(&mock, &call, &mock, NULL, &disk, &f) < 0);
	answer_disk.identity = "wwid:3600";
	answer_disk.size_bytes = 0;
	assert_true(connector_find(&mock, &call, &mock, NULL, &disk, &f) < 0);
	answer_disk.size_bytes = 512;
	answer_disk.kind = CONNECTOR_FILE;
	assert_true(connector_find(&mock, &call, &mock, NULL, &disk, &f) < 0);
	answer_disk.format = "raw";
	assert_int_equal(connector_find(&mock, &call, &mock, NULL, &disk, &f), 0);
}

TEST(force_has_no_outcomes)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = call_of(arena);
	Fault f = {0};

	answer = CONNECTOR_BUSY;
	answer_why = "mounted at /mnt";
	assert_int_equal(connector_disconnect(&mock, &call, &mock, &(ConnectorLeave){0}, &f),
			 CONNECTOR_BUSY);
	assert_true(connector_disconnect(&mock, &call, &mock, &(ConnectorLeave){.force = true},
					 &f) < 0);
}

TEST(what_has_grown_is_as_large_as_asked)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = call_of(arena);
	int64_t size = 0;

	answer_size = 1024;
	assert_int_equal(connector_extend(&mock, &call, &mock, "wwid:3600", 1024, &size, NULL), 0);
	assert_int_equal(size, 1024);
	assert_true(connector_extend(&mock, &call, &mock, "wwid:3600", 2048, &size, NULL) < 0);
}

TEST(drivers_that_share_nothing_are_joined)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = call_of(arena);
	bool shared = true;

	assert_int_equal(connector_shared(&mock, &call, &mock, &shared, NULL), 0);
	assert_false(shared);
	assert_int_equal(connector_join(&mock, &call, &mock, &(ConnectorWish){0}, NULL), 0);
}
