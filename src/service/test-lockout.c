/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lock-out: six failures, times that double, success that clears, kinds apart, bounded memory.
 */
#include "service/lockout.h"

#include "base/arena.h"
#include "tests/lib/test.h"

#define SECOND_US INT64_C(1000000)

static void fail_times(Lockout *lockout, LockoutKind kind, const char *name, int times,
		       int64_t now_us)
{
	for (int i = 0; i < times; i++)
		lockout_failed(lockout, kind, name, now_us);
}

TEST(six_failures_lock_for_a_minute_that_doubles)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_USER, "demo", 5, SECOND_US);
	assert_false(lockout_is_locked(lockout, LOCKOUT_USER, "demo", SECOND_US));
	fail_times(lockout, LOCKOUT_USER, "demo", 1, SECOND_US);
	assert_true(lockout_is_locked(lockout, LOCKOUT_USER, "demo", 60 * SECOND_US));
	assert_false(lockout_is_locked(lockout, LOCKOUT_USER, "demo", 61 * SECOND_US));
	fail_times(lockout, LOCKOUT_USER, "demo", 1, 61 * SECOND_US);
	assert_true(lockout_is_locked(lockout, LOCKOUT_USER, "demo", 180 * SECOND_US));
	assert_false(lockout_is_locked(lockout, LOCKOUT_USER, "demo", 181 * SECOND_US));
}

TEST(success_clears)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_USER, "demo", 5, SECOND_US);
	lockout_clear(lockout, LOCKOUT_USER, "demo");
	fail_times(lockout, LOCKOUT_USER, "demo", 5, SECOND_US);
	assert_false(lockout_is_locked(lockout, LOCKOUT_USER, "demo", SECOND_US));
}

TEST(users_and_addresses_are_apart)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_ADDRESS, "demo", 29, SECOND_US);
	assert_false(lockout_is_locked(lockout, LOCKOUT_ADDRESS, "demo", SECOND_US));
	fail_times(lockout, LOCKOUT_ADDRESS, "demo", 1, SECOND_US);
	assert_true(lockout_is_locked(lockout, LOCKOUT_ADDRESS, "demo", SECOND_US));
	assert_false(lockout_is_locked(lockout, LOCKOUT_USER, "demo", SECOND_US));
}

TEST(old_failures_do_not_count)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_USER, "demo", 5, SECOND_US);
	fail_times(lockout, LOCKOUT_USER, "demo", 1, 4000 * SECOND_US);
	assert_false(lockout_is_locked(lockout, LOCKOUT_USER, "demo", 4000 * SECOND_US));
}

TEST(a_flood_forgets_the_oldest_only)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();
	_cleanup_(arena_freep) Arena *arena = arena_new();

	fail_times(lockout, LOCKOUT_USER, "locked", 6, 2 * SECOND_US);
	for (int i = 0; i < 1023; i++)
		lockout_failed(lockout, LOCKOUT_USER, arena_printf(arena, "%d", i), SECOND_US);
	assert_true(lockout_is_locked(lockout, LOCKOUT_USER, "locked", 3 * SECOND_US));
	lockout_failed(lockout, LOCKOUT_USER, "one more", 3 * SECOND_US);
	assert_true(lockout_is_locked(lockout, LOCKOUT_USER, "locked", 3 * SECOND_US));
}
