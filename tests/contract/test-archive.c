/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Databases of every release still open: tests/archive/schema-N.sql holds one whose newest
 * migration was N, with a record of each noun that there was. scripts/archive-schema writes the
 * file of the newest schema from what the first test here leaves at $CLEAT_ARCHIVE.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "tests/contract/nouns.h"
#include "tests/contract/stores.h"
#include "tests/lib/test.h"

#ifndef ARCHIVE_DIR
#error "the build names the directory of the archive"
#endif

static int fill_work(Tx *tx, void *ctx, Fault *f)
{
	QuotaUsage usage;
	int r = 0;

	for (size_t i = 0; i < NOUN_COUNT && r == 0; i++)
		r = record_insert(tx, noun_tables[i], noun_fill(ctx, noun_tables[i], 2), f);
	return r ? r : quota_add(tx, "key", "volumes", 1, &usage, f);
}

TEST(a_filled_store_can_be_kept)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *copy = getenv("CLEAT_ARCHIVE");
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	if (store_write(t.store, fill_work, arena, &f))
		fail_msg("%s", f.text);
	t.store = store_close(t.store);
	if (copy)
		assert_int_equal(link(t.location, copy), 0);
	test_store_done(&t);
}

/* The text of a file in the archive; NULL: there is none. */
static char *archive_read(int number)
{
	_cleanup_(closep) int fd = -1;
	_cleanup_(freep) char *text = NULL;
	char path[4096];
	struct stat status;

	(void)snprintf(path, sizeof(path), ARCHIVE_DIR "/schema-%d.sql", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	assert_int_equal(fstat(fd, &status), 0);
	text = mem_new((size_t)status.st_size + 1);
	assert_int_equal(read(fd, text, (size_t)status.st_size), status.st_size);
	return TAKE(text);
}

static int find_work(Tx *tx, void *ctx, Fault *f)
{
	const RecordQuery all = {0};
	QuotaUsage usage;
	RecordList list;
	int r;

	for (size_t i = 0; i < NOUN_COUNT; i++) {
		r = record_find(tx, ctx, noun_tables[i], &all, &list, f);
		if (r)
			return r;
		assert_true(list.count <= 1); /* none: the noun is younger */
		if (list.count == 1)
			assert_string_equal(*(const char **)list.records[0], "key");
	}
	r = quota_get(tx, "key", "volumes", &usage, f);
	assert_int_equal(usage.used, 1);
	return r;
}

static void try_schema(const char *text)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TestStore t;
	Fault f = {0};

	test_store_open(&t);
	test_store_script(&t, text);
	if (store_migrate(t.store, schema_migrations, schema_migration_count, &f))
		fail_msg("%s", f.text);
	if (store_read(t.store, find_work, arena, &f))
		fail_msg("%s: add a migration (or, while the newest schema is in no release, "
			 "run scripts/archive-schema)",
			 f.text);
	test_store_done(&t);
}

TEST(every_schema_is_archived_and_opens)
{
	for (int number = 1; number <= (int)schema_migration_count; number++) {
		_cleanup_(freep) char *text = archive_read(number);

		if (!text)
			fail_msg("no schema-%d.sql: run scripts/archive-schema", number);
		try_schema(text);
	}
}
