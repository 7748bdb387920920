/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares of the fake through the checked wrappers: who is let in and what is connected can be seen,
 * and calls are spoilt when that is asked for.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/fake/fake.h"
#include "base/clock.h"
#include "base/log.h"
#include "tests/lib/test.h"

#define SHARE_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define SNAPSHOT_ID "11111111-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define RULE_ID "22222222-6f2c-4d5f-9d38-0a53e1f7c9aa"

static const Share share = {.id = SHARE_ID, .size_gib = 1, .protocol = SHARE_NFS};
static const ShareSnapshot snapshot = {.id = SNAPSHOT_ID, .share_id = SHARE_ID};
static const ShareRule rule = {
	.id = RULE_ID, .share_id = SHARE_ID, .access_to = "10.0.0.1", .level = SHARE_ACCESS_RO};

static char directory[64];
static Arena *arena;
static ShareBackend *backend;
static Fault fault_;

static void begin(const char *mischief)
{
	ShareBackendConfig config = {.name = "fake", .directory = directory, .limit = "none"};

	log_set_level(LOG_ERROR);
	arena = arena_new();
	(void)snprintf(directory, sizeof(directory), "/tmp/test-fake-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(directory));
	config.mount_dir = arena_printf(arena, "%s/mounts", directory);
	(void)setenv("CLEAT_FAKE_SHARE_FAIL", mischief, 1);
	if (share_backend_open(&share_fake, &config, &backend, &fault_))
		fail_msg("%s", fault_.text);
}

/* A backend that has nothing keeps empty directories. */
static void end(void)
{
	static const char *const parts[] = {
		"shares", "images", "snapshots", "drafts", "trash",
		"mounts", "rules",  "connected", "",
	};

	(void)unsetenv("CLEAT_FAKE_SHARE_FAIL");
	assert_int_equal(share_backend_remove(backend, &share, &fault_), 0);
	assert_int_equal(share_backend_snapshot_remove(backend, &share, &snapshot, &fault_), 0);
	backend = share_backend_close(backend);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (rmdir(arena_printf(arena, "%s/%s", directory, parts[i])))
			fail_msg("%s is left: %s", parts[i], strerror(errno));
	arena = arena_free(arena);
}

static bool has(const char *name)
{
	struct stat st;

	return stat(arena_printf(arena, "%s/%s", directory, name), &st) == 0;
}

static int create(void)
{
	return share_backend_create(backend, &share, NULL, &fault_);
}

TEST(who_is_let_in_can_be_seen)
{
	const ShareRule *const rules[] = {&rule};
	ShareRuleResult result;
	char text[64] = "";
	int fd;

	begin("");
	assert_int_equal(create(), 0);
	assert_int_equal(share_backend_apply(backend, &share, rules, 1, arena, &result, &fault_),
			 0);
	fd = open(arena_printf(arena, "%s/rules/" SHARE_ID, directory), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "10.0.0.1 ro\n");
	assert_int_equal(close(fd), 0);
	assert_int_equal(share_backend_apply(backend, &share, NULL, 0, arena, NULL, &fault_), 0);
	assert_false(has("rules/" SHARE_ID));
	end();
}

TEST(a_connection_is_seen_until_it_is_closed)
{
	const char *path;

	begin("");
	assert_int_equal(create(), 0);
	assert_int_equal(share_backend_connect(backend, &share, NULL, false, arena, &path, &fault_),
			 0);
	assert_true(has("connected/" SHARE_ID));
	assert_false(has("connected/" SHARE_ID ".r"));
	assert_int_equal(share_backend_disconnect(backend, &share, false, &fault_), 0);
	assert_false(has("connected/" SHARE_ID));
	end();
}

TEST(a_call_that_fails_has_done_nothing)
{
	begin("1:fault");
	assert_true(create() < 0);
	assert_false(has("shares/" SHARE_ID));
	assert_int_equal(create(), 0);
	end();
}

TEST(a_reply_is_lost_after_the_work)
{
	begin("1:lost-reply");
	assert_true(create() < 0);
	assert_true(has("shares/" SHARE_ID));
	end();
}

TEST(room_runs_out_where_that_can_be)
{
	begin("1:full");
	assert_int_equal(create(), SHARE_BACKEND_FULL);
	assert_int_equal(create(), 0);
	end();
	begin("2:full");
	assert_int_equal(create(), 0);
	assert_true(share_backend_disconnect(backend, &share, false, &fault_) < 0);
	end();
}

TEST(a_call_that_times_out_takes_its_time)
{
	int64_t start;

	begin("1:timeout");
	start = clock_mono_ms();
	assert_int_equal(create(), -ETIMEDOUT);
	assert_true(clock_mono_ms() - start >= 300);
	end();
}

TEST(what_is_broken_stays_so_as_often_as_a_step_is_tried)
{
	begin("1:broken");
	for (int i = 0; i < 5; i++) {
		assert_true(create() < 0);
		assert_int_equal(share_backend_disconnect(backend, &share, false, &fault_), 0);
	}
	assert_int_equal(create(), 0);
	end();
}

TEST(orders_that_make_no_sense_are_refused)
{
	static const char *const orders[] = {"0", "-1", "x", "1:never", "1:none", ":full"};
	const ShareBackendConfig config = {
		.name = "fake", .directory = "/tmp", .mount_dir = "/tmp", .limit = "none"};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		(void)setenv("CLEAT_FAKE_SHARE_FAIL", orders[i], 1);
		if (!share_backend_open(&share_fake, &config, &backend, &fault_))
			fail_msg("%s was taken", orders[i]);
	}
	(void)unsetenv("CLEAT_FAKE_SHARE_FAIL");
}
