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

static int class_work(Tx *tx, void *ctx, Fault *f)
{
	Add *a = ctx;

	return quota_class_set(tx, a->project, a->resource, a->amount, f);
}

static int class_get_work(Tx *tx, void *ctx, Fault *f)
{
	Add *a = ctx;

	return quota_class_get(tx, a->project, a->resource, &a->usage.limit, f);
}

static int forget_work(Tx *tx, void *ctx, Fault *f)
{
	Add *a = ctx;

	return quota_forget(tx, a->resource, f);
}

static void set_class(TestStore *t, const char *name, int64_t limit)
{
	Add a = {.project = name, .resource = "volumes", .amount = limit};
	Fault f = {0};

	assert_int_equal(store_write(t->store, class_work, &a, &f), 0);
}

static int64_t limit_of_class(TestStore *t, const char *name, const char *resource)
{
	Add a = {.project = name, .resource = resource};
	Fault f = {0};

	assert_int_equal(store_read(t->store, class_get_work, &a, &f), 0);
	return a.usage.limit;
}

TEST(known_quotas_have_defaults)
{
	assert_int_equal(quota_default("volumes"), 10);
	assert_int_equal(quota_default("per_volume_gigabytes"), -1);
	assert_int_equal(quota_default("volumes_fast"), -1);
}

TEST(the_class_of_all_gives_the_limit)
{
	Add a = {.project = "p", .resource = "volumes", .amount = 3};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	set_class(&t, QUOTA_CLASS_DEFAULT, 2);
	assert_usage(&t, "p", 2, 0);
	assert_int_equal(add(&t, "p", 2), 0);
	assert_int_equal(add(&t, "p", 1), QUOTA_EXCEEDED);
	assert_usage(&t, "p", 2, 2);
	assert_int_equal(store_write(t.store, set_work, &a, &f), 0);
	assert_usage(&t, "p", 3, 2);
	set_class(&t, QUOTA_CLASS_DEFAULT, 1);
	assert_usage(&t, "p", 3, 2);
	assert_usage(&t, "other", 1, 0);
	assert_int_equal(store_write(t.store, reset_work, &a, &f), 0);
	assert_usage(&t, "p", 1, 2);
	test_store_done(&t);
}

TEST(a_class_falls_back_on_that_of_all)
{
	TestStore t;

	test_store_open_with_schema(&t);
	assert_int_equal(limit_of_class(&t, "gold", "volumes"), 10);
	assert_int_equal(limit_of_class(&t, "gold", "per_volume_gigabytes"), -1);
	assert_int_equal(limit_of_class(&t, "gold", "volumes_fast"), -1);
	set_class(&t, QUOTA_CLASS_DEFAULT, 7);
	assert_int_equal(limit_of_class(&t, "gold", "volumes"), 7);
	set_class(&t, "gold", 99);
	assert_int_equal(limit_of_class(&t, "gold", "volumes"), 99);
	assert_int_equal(limit_of_class(&t, QUOTA_CLASS_DEFAULT, "volumes"), 7);
	test_store_done(&t);
}

TEST(a_forgotten_resource_has_no_rows)
{
	Add a = {.project = "p", .resource = "volumes", .amount = 3};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	set_class(&t, QUOTA_CLASS_DEFAULT, 7);
	assert_int_equal(store_write(t.store, set_work, &a, &f), 0);
	assert_int_equal(add(&t, "p", 1), 0);
	assert_int_equal(store_write(t.store, forget_work, &a, &f), 0);
	assert_usage(&t, "p", 10, 0);
	test_store_done(&t);
}
