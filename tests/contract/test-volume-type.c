/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is counted of a volume type, and what its volumes learn.
 */
#include "records/tables.h"
#include "tests/contract/stores.h"
#include "tests/lib/test.h"

typedef struct Count {
	const char *project;
	const char *type;
	const char *except;
	TypeUsage usage;
	bool used;
} Count;

static int write_volume(Tx *tx, const char *id, const char *project, const char *type, Fault *f)
{
	return volume_insert(tx,
			     &(Volume){.id = id,
				       .project_id = project,
				       .type_id = type,
				       .type_name = "old",
				       .size_gib = 5},
			     f);
}

static int fill_work(Tx *tx, void *ctx _unused_, Fault *f)
{
	const Snapshot snapshot = {.id = "s1", .project_id = "p", .volume_id = "v1", .size_gib = 4};
	const Snapshot kept = {.id = "s2", .project_id = "p", .volume_id = "v4", .size_gib = 3};
	int r = write_volume(tx, "v1", "p", "t", f);

	if (!r)
		r = write_volume(tx, "v2", "p", "t", f);
	if (!r)
		r = write_volume(tx, "v3", "p", "other", f);
	if (!r)
		r = write_volume(tx, "v4", "q", "t", f);
	if (!r)
		r = snapshot_insert(tx, &snapshot, f);
	return r ? r : snapshot_insert(tx, &kept, f);
}

static int count_work(Tx *tx, void *ctx, Fault *f)
{
	Count *c = ctx;
	int r = volume_type_is_used(tx, c->type, &c->used, f);

	return r ? r : volume_type_count(tx, c->project, c->type, c->except, &c->usage, f);
}

static int rename_work(Tx *tx, void *ctx _unused_, Fault *f)
{
	return volume_type_renamed(tx, &(VolumeType){.id = "t", .name = "new"}, f);
}

static int names_work(Tx *tx, void *ctx, Fault *f)
{
	Volume *renamed, *other;
	int r = volume_get(tx, ctx, "v4", &renamed, f);

	if (!r)
		r = volume_get(tx, ctx, "v3", &other, f);
	if (r)
		return r;
	assert_string_equal(renamed->type_name, "new");
	assert_string_equal(other->type_name, "old");
	return 0;
}

static Count count(TestStore *t, const char *project, const char *type, const char *except)
{
	Count c = {.project = project, .type = type, .except = except};
	Fault f = {0};

	assert_int_equal(store_read(t->store, count_work, &c, &f), 0);
	return c;
}

static void assert_count(TestStore *t, const Count *c, TypeUsage usage)
{
	TypeUsage is = count(t, c->project, c->type, c->except).usage;

	assert_int_equal(is.volumes, usage.volumes);
	assert_int_equal(is.gigabytes, usage.gigabytes);
	assert_int_equal(is.snapshots, usage.snapshots);
}

TEST(counts_what_a_project_has_of_a_type)
{
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, fill_work, NULL, &f), 0);
	assert_count(&t, &(Count){"p", "t", NULL}, (TypeUsage){2, 17, 2});
	assert_count(&t, &(Count){"q", "t", NULL}, (TypeUsage){1, 5, 0});
	assert_count(&t, &(Count){"p", "other", NULL}, (TypeUsage){1, 5, 0});
	assert_count(&t, &(Count){"q", "other", NULL}, (TypeUsage){0});
	test_store_done(&t);
}

TEST(leaves_out_what_asks)
{
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, fill_work, NULL, &f), 0);
	assert_count(&t, &(Count){"p", "t", "v2"}, (TypeUsage){1, 12, 2});
	assert_count(&t, &(Count){"p", "t", "s1"}, (TypeUsage){2, 13, 1});
	test_store_done(&t);
}

TEST(a_type_is_used_while_it_has_volumes)
{
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, fill_work, NULL, &f), 0);
	assert_true(count(&t, "p", "t", NULL).used);
	assert_false(count(&t, "p", "none", NULL).used);
	test_store_done(&t);
}

TEST(volumes_learn_the_new_name)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, fill_work, NULL, &f), 0);
	assert_int_equal(store_write(t.store, rename_work, NULL, &f), 0);
	assert_int_equal(store_read(t.store, names_work, arena, &f), 0);
	test_store_done(&t);
}
