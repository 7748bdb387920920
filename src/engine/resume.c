/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What an earlier process left, read with this one's clock. Times that lie further ahead than they
 * could if they were written now are of a clock that was set back meanwhile: they are cut.
 */
#include "base/clock.h"
#include "engine/priv.h"

#define US_PER_MS INT64_C(1000)

static const char *const active_states[] = {"doing", "undoing"};

typedef struct Resume {
	const EngineConfig *config;
	Arena *arena;
	int64_t now_us;
} Resume;

static int64_t longest_deadline_us(const EngineConfig *config)
{
	int64_t longest_ms = 0;

	for (size_t i = 0; i < config->kind_count; i++)
		longest_ms = MAX(longest_ms, config->kinds[i].deadline_ms);
	return longest_ms * US_PER_MS;
}

/* Operations are ordered by created_us: new ones come after those of the future. */
static int begin_after_all(Tx *tx, const Resume *resume, Fault *f)
{
	RecordQuery query = {.limit = 1};
	Operation **found;
	size_t count;
	int r;

	record_where_texts(&query, "state", RECORD_IN, active_states, ARRAY_SIZE(active_states));
	record_sort(&query, "created_us", true);
	r = operation_find(tx, resume->arena, &query, &found, &count, f);
	if (!r && count)
		begin_after(found[0]->created_us);
	return fault_unexpected(f, r);
}

static int cut(Tx *tx, const char *sql, int64_t latest_us, Fault *f)
{
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_INT(latest_us), STORE_VALUE_INT(latest_us));

	return fault_unexpected(f, store_query(tx, sql, values, NULL, NULL, f));
}

static int resume_work(Tx *tx, void *ctx, Fault *f)
{
	const Resume *resume = ctx;
	int64_t pause_us = resume->config->times.retry_max_ms * US_PER_MS;
	int r = begin_after_all(tx, resume, f);

	if (!r)
		r = cut(tx,
			"UPDATE operations SET deadline_us = ? "
			"WHERE state IN ('doing', 'undoing') AND deadline_us > ?",
			resume->now_us + longest_deadline_us(resume->config), f);
	if (!r)
		r = cut(tx,
			"UPDATE operations SET not_before_us = ? "
			"WHERE state IN ('doing', 'undoing') AND not_before_us > ?",
			resume->now_us + pause_us, f);
	if (!r)
		r = cut(tx,
			"UPDATE steps SET started_us = ? WHERE operation_id IN "
			"(SELECT id FROM operations WHERE state IN ('doing', 'undoing')) "
			"AND started_us > ?",
			resume->now_us, f);
	return r;
}

int resume_prepare(const EngineConfig *config, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Resume resume = {.config = config, .arena = arena, .now_us = clock_steady_us()};

	return fault_unexpected(f, store_write(config->store, resume_work, &resume, f));
}
