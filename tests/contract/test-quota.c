/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Usage against limits.
 */
#include "base/str.h"
#include "records/tables.h"
#include "tests/contract/stores.h"
#include "tests/lib/test.h"

typedef struct Add {
	const char *project;
	const char *resource;
	int64_t amount;
	QuotaUsage usage;
} Add;

static int add_work(Tx *tx, void *ctx, Fault *f)
{
	Add *a = ctx;

	return quota_add(tx, a->project, a->resource, a->amount, &a->usage, f);
}

/* Add, in a transaction that keeps what was done also when the quota says no. */
static int add_and_stay_work(Tx *tx, void *ctx, Fault *f)
{
	int r = add_work(tx, ctx, f);

	return r == QUOTA_EXCEEDED ? 0 : r;
}

static int get_work(Tx *tx, void *ctx, Fault *f)
{
	Add *a = ctx;

	return quota_get(tx, a->project, a->resource, &a->usage, f);
}

static int set_work(Tx *tx, void *ctx, Fault *f)
{
	Add *a = ctx;

	return quota_set(tx, a->project, a->resource, a->amount, f);
}

static int reset_work(Tx *tx, void *ctx, Fault *f)
{
	Add *a = ctx;

	return quota_reset(tx, a->project, a->resource, f);
}

static void assert_usage(TestStore *t, const char *project, int64_t limit, int64_t used)
{
	Add a = {.project = project, .resource = "volumes"};
	Fault f = {0};

	assert_int_equal(store_read(t->store, get_work, &a, &f), 0);
	assert_int_equal(a.usage.limit, limit);
	assert_int_equal(a.usage.used, used);
}

static int add(TestStore *t, const char *project, int64_t amount)
{
	Add a = {.project = project, .resource = "volumes", .amount = amount};
	Fault f = {0};

	return store_write(t->store, add_work, &a, &f);
}

TEST(usage_rises_to_the_limit)
{
	TestStore t;

	test_store_open_with_schema(&t);
	assert_usage(&t, "p", 10, 0);
	assert_int_equal(add(&t, "p", 7), 0);
	assert_int_equal(add(&t, "p", 3), 0);
	assert_int_equal(add(&t, "p", 1), QUOTA_EXCEEDED);
	assert_usage(&t, "p", 10, 10);
	assert_usage(&t, "other", 10, 0);
	test_store_done(&t);
}

TEST(a_refused_amount_is_not_used)
{
	Add a = {.project = "p", .resource = "volumes", .amount = 4};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(add(&t, "p", 8), 0);
	assert_int_equal(store_write(t.store, add_and_stay_work, &a, &f), 0);
	assert_int_equal(a.usage.used, 8);
	assert_usage(&t, "p", 10, 8);
	a = (Add){.project = "new", .resource = "volumes", .amount = 11};
	assert_int_equal(store_write(t.store, add_and_stay_work, &a, &f), 0);
	assert_usage(&t, "new", 10, 0);
	test_store_done(&t);
}

TEST(usage_never_falls_below_nothing)
{
	TestStore t;

	test_store_open_with_schema(&t);
	assert_int_equal(add(&t, "p", -1), 0);
	assert_usage(&t, "p", 10, 0);
	assert_int_equal(add(&t, "p", 2), 0);
	assert_int_equal(add(&t, "p", -5), 0);
	assert_usage(&t, "p", 10, 0);
	test_store_done(&t);
}

TEST(limits_are_set_and_reset)
{
	Add a = {.project = "p", .resource = "volumes", .amount = 1};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, set_work, &a, &f), 0);
	assert_int_equal(add(&t, "p", 1), 0);
	assert_int_equal(add(&t, "p", 1), QUOTA_EXCEEDED);
	a.amount = -1;
	assert_int_equal(store_write(t.store, set_work, &a, &f), 0);
	assert_int_equal(add(&t, "p", 1000), 0);
	assert_usage(&t, "p", -1, 1001);
	assert_int_equal(store_write(t.store, reset_work, &a, &f), 0);
	assert_usage(&t, "p", 10, 1001);
	assert_int_equal(add(&t, "p", 1), QUOTA_EXCEEDED);
	assert_int_equal(add(&t, "p", -1), 0);
	test_store_done(&t);
}
