/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lock-out: how many failures, times that double up to a bound, success that clears, kinds apart,
 * bounded memory; and the gate: who keeps out whom.
 */
#include "service/lockout.h"

#include "base/arena.h"
#include "service/identity-gate.h"
#include "tests/lib/test.h"

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)

static void fail_times(Lockout *lockout, LockoutKind kind, const char *name, int times,
		       int64_t now_us)
{
	for (int i = 0; i < times; i++)
		lockout_failed(lockout, kind, name, now_us);
}

TEST(six_failures_lock_a_visitor_for_a_minute_that_doubles)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_VISITOR, "demo", 5, SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "demo", SECOND_US), 0);
	fail_times(lockout, LOCKOUT_VISITOR, "demo", 1, SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "demo", 60 * SECOND_US),
			 SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "demo", 61 * SECOND_US), 0);
	fail_times(lockout, LOCKOUT_VISITOR, "demo", 1, 61 * SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "demo", 61 * SECOND_US),
			 2 * MINUTE_US);
}

/* Each try comes as soon as it may: what a patient stranger does. */
static int64_t fail_patiently(Lockout *lockout, LockoutKind kind, int times, int64_t *now_us)
{
	int64_t wait_us = 0;

	for (int i = 0; i < times; i++) {
		lockout_failed(lockout, kind, "demo", *now_us);
		wait_us = lockout_wait_us(lockout, kind, "demo", *now_us);
		*now_us += wait_us;
	}
	return wait_us;
}

TEST(locks_grow_to_a_bound_and_do_not_start_again_by_themselves)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();
	int64_t now_us = SECOND_US;

	assert_int_equal(fail_patiently(lockout, LOCKOUT_VISITOR, 12, &now_us), 64 * MINUTE_US);
	assert_int_equal(fail_patiently(lockout, LOCKOUT_VISITOR, 5, &now_us), 64 * MINUTE_US);
	assert_int_equal(fail_patiently(lockout, LOCKOUT_USER, 99, &now_us), 0);
	assert_int_equal(fail_patiently(lockout, LOCKOUT_USER, 20, &now_us), 8 * MINUTE_US);
}

TEST(success_clears)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_VISITOR, "demo", 5, SECOND_US);
	lockout_clear(lockout, LOCKOUT_VISITOR, "demo");
	fail_times(lockout, LOCKOUT_VISITOR, "demo", 5, SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "demo", SECOND_US), 0);
}

TEST(kinds_are_apart)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_ADDRESS, "demo", 29, SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_ADDRESS, "demo", SECOND_US), 0);
	fail_times(lockout, LOCKOUT_ADDRESS, "demo", 1, SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_ADDRESS, "demo", SECOND_US), MINUTE_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "demo", SECOND_US), 0);
}

TEST(old_failures_do_not_count)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();

	fail_times(lockout, LOCKOUT_VISITOR, "demo", 5, SECOND_US);
	fail_times(lockout, LOCKOUT_VISITOR, "demo", 1, 4000 * SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "demo", 4000 * SECOND_US), 0);
}

TEST(a_flood_forgets_the_oldest_only)
{
	_cleanup_(lockout_freep) Lockout *lockout = lockout_new();
	_cleanup_(arena_freep) Arena *arena = arena_new();

	fail_times(lockout, LOCKOUT_VISITOR, "locked", 6, 2 * SECOND_US);
	for (int i = 0; i < 1023; i++)
		lockout_failed(lockout, LOCKOUT_VISITOR, arena_printf(arena, "%d", i), SECOND_US);
	assert_true(lockout_wait_us(lockout, LOCKOUT_VISITOR, "locked", 3 * SECOND_US) > 0);
	lockout_failed(lockout, LOCKOUT_VISITOR, "one more", 3 * SECOND_US);
	assert_true(lockout_wait_us(lockout, LOCKOUT_VISITOR, "locked", 3 * SECOND_US) > 0);
	for (int i = 0; i < 1100; i++)
		lockout_failed(lockout, LOCKOUT_VISITOR, arena_printf(arena, "more %d", i),
			       4 * SECOND_US);
	assert_int_equal(lockout_wait_us(lockout, LOCKOUT_VISITOR, "locked", 4 * SECOND_US), 0);
}

typedef struct House {
	Arena *arena;
	Lockout *lockout;
	RefusalData refused;
	LoginDesk desk;
} House;

static House *house_new(void)
{
	House *house = test_calloc(1, sizeof(*house));

	house->arena = arena_new();
	house->lockout = lockout_new();
	house->desk = (LoginDesk){
		.lockout = house->lockout, .arena = house->arena, .refused = &house->refused};
	return house;
}

static House *house_free(House *house)
{
	lockout_free(house->lockout);
	arena_free(house->arena);
	test_free(house);
	return NULL;
}
DEFINE_CLEANUP(House, house_free)

static Login login_from(const char *address)
{
	return (Login){.method = LOGIN_PASSWORD, .user = {.name = "demo"}, .source = address};
}

static void fail_from(House *house, const char *address, int times)
{
	const Login login = login_from(address);

	for (int i = 0; i < times; i++)
		identity_gate_count(&house->desk, &login, IDENTITY_WRONG);
}

static int ask_from(House *house, const char *address)
{
	const Login login = login_from(address);

	return identity_gate_ask(&house->desk, &login);
}

TEST(a_stranger_locks_nobody_out_elsewhere)
{
	_cleanup_(house_freep) House *house = house_new();

	fail_from(house, "10.0.0.9", 6);
	assert_int_equal(ask_from(house, "10.0.0.9"), IDENTITY_LOCKED);
	assert_in_range(house->refused.limit, 59, 60);
	assert_int_equal(ask_from(house, "10.0.0.1"), 0);
}

TEST(many_strangers_do_not_keep_out_who_came_in_before)
{
	_cleanup_(house_freep) House *house = house_new();
	const Login known = login_from("10.0.0.1");

	identity_gate_count(&house->desk, &known, 0);
	for (int i = 0; i < 20; i++)
		fail_from(house, arena_printf(house->arena, "10.0.1.%d", i), 5);
	assert_int_equal(ask_from(house, "10.0.0.2"), IDENTITY_LOCKED);
	assert_int_equal(ask_from(house, "10.0.0.1"), 0);
}

TEST(a_success_somewhere_does_not_free_the_guessers)
{
	_cleanup_(house_freep) House *house = house_new();
	const Login known = login_from("10.0.0.1");

	fail_from(house, "10.0.0.9", 6);
	identity_gate_count(&house->desk, &known, 0);
	assert_int_equal(ask_from(house, "10.0.0.9"), IDENTITY_LOCKED);
}

TEST(an_address_that_tries_many_names_has_to_wait)
{
	_cleanup_(house_freep) House *house = house_new();

	for (int i = 0; i < 30; i++) {
		const Login login = {.user = {.name = arena_printf(house->arena, "user %d", i)},
				     .source = "10.0.0.9"};

		identity_gate_count(&house->desk, &login, IDENTITY_WRONG);
	}
	assert_int_equal(ask_from(house, "10.0.0.9"), IDENTITY_CROWD);
	assert_int_equal(ask_from(house, "10.0.0.1"), 0);
}

TEST(a_network_of_ipv6_is_one_address)
{
	_cleanup_(house_freep) House *house = house_new();

	for (int i = 1; i <= 6; i++)
		fail_from(house, arena_printf(house->arena, "2001:db8::%d", i), 1);
	assert_int_equal(ask_from(house, "2001:db8::77"), IDENTITY_LOCKED);
	assert_int_equal(ask_from(house, "2001:db8:0:1::77"), 0);
	fail_from(house, "::ffff:10.0.0.9", 6);
	assert_int_equal(ask_from(house, "::ffff:10.0.0.9"), IDENTITY_LOCKED);
	assert_int_equal(ask_from(house, "10.0.0.9"), IDENTITY_LOCKED);
	assert_int_equal(ask_from(house, "::ffff:10.0.0.1"), 0);
}
