/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the server is told, and when.
 */
#include "backend/nfs/caches.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "tests/lib/test.h"

static const char *const names[] = {"nfsd.export", "nfsd.fh"};

static char folder[64];
static Arena *arena;
static Fault fault_;

static const char *flush_of(const char *name)
{
	return arena_printf(arena, "%s/%s/flush", folder, name);
}

static void put(const char *name, const char *text)
{
	int fd;

	assert_int_equal(mkdir(arena_printf(arena, "%s/%s", folder, name), 0700), 0);
	fd = open(flush_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static bool is_told(const char *name)
{
	char bytes[3] = "";
	int fd = open(flush_of(name), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, bytes, 2) >= 0);
	assert_int_equal(close(fd), 0);
	return strcmp(bytes, "1\n") == 0;
}

static void begin(void)
{
	arena = arena_new();
	(void)snprintf(folder, sizeof(folder), "/tmp/test-caches-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
}

static void end(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)unlink(flush_of(names[i])); /* not every test makes both */
		(void)rmdir(arena_printf(arena, "%s/%s", folder, names[i])); /* likewise */
	}
	assert_int_equal(rmdir(folder), 0);
	arena = arena_free(arena);
}

TEST(without_a_server_there_is_nothing_to_forget)
{
	begin();
	assert_int_equal(caches_clean(folder, &fault_), 0);
	end();
}

TEST(all_caches_are_told)
{
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		put(names[i], "0\n");
	assert_int_equal(caches_clean(folder, &fault_), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(is_told(names[i]));
	end();
}

TEST(a_wish_waits_until_it_is_taken_at_its_word)
{
	int64_t until_s = clock_now_us() / 1000000;

	begin();
	put("nfsd.export", arena_printf(arena, "%" PRId64 "\n", until_s));
	put("nfsd.fh", "0\n");
	assert_int_equal(caches_clean(folder, &fault_), 0);
	assert_true(clock_now_us() / 1000000 > until_s);
	assert_true(is_told("nfsd.export"));
	end();
}

TEST(what_is_no_time_is_a_fault)
{
	begin();
	put("nfsd.export", "soon\n");
	assert_int_equal(caches_clean(folder, &fault_), -EPROTO);
	assert_non_null(strstr(fault_.text, "soon"));
	end();
}
