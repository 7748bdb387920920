/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The outbox's table. Messages are added on the store's writer only, so numbers rise in the order
 * of commits. They leave service by service. An empty outbox begins at one again.
 */
#include "notify/outbox.h"

#include <stdatomic.h>

#include "json/json.h"

static const char *const service_words[] = {
	[OUTBOX_COMPUTE] = "compute",
	[OUTBOX_VOLUME] = "volume",
	[OUTBOX_SHARE] = "share",
};
const EnumNames outbox_service_names = ENUM_NAMES(service_words);

static _Atomic int64_t dropped, unreadable;

int outbox_add(Tx *tx, const OutboxMessage *message, int64_t limit, Fault *f)
{
	int r;

	assert(limit > 0);
	r = store_query(
		tx,
		"INSERT INTO outbox (seq, service, versioned, priority, body)"
		" SELECT COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ? FROM outbox",
		STORE_VALUES(STORE_VALUE_TEXT(enum_name(&outbox_service_names, message->service)),
			     STORE_VALUE_INT(message->versioned),
			     STORE_VALUE_TEXT(message->priority), STORE_VALUE_TEXT(message->body)),
		NULL, NULL, f);
	if (!r)
		r = store_query(tx,
				"DELETE FROM outbox WHERE seq <="
				" (SELECT MAX(seq) FROM outbox) - ?",
				STORE_VALUES(STORE_VALUE_INT(limit)), NULL, NULL, f);
	if (r)
		return fault_unexpected(f, r);
	/* Of a batch that is rolled back and runs again a few count twice. */
	atomic_fetch_add(&dropped, store_changes(tx));
	store_touch(tx, STORE_TOUCHED_OUTBOX);
	return 0;
}

/* --- reading --- */

static const char *const priority_words[] = {"info", "error"};
static const EnumNames priorities = ENUM_NAMES(priority_words);

#define COLUMNS "seq, service, versioned, priority, body"

static const char *problem_of(Arena *arena, const OutboxMessage *message, int service)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	if (service < 0)
		return "it is of no service";
	if (enum_value(&priorities, message->priority) < 0)
		return "it has no priority";
	if (json_parse(arena, message->body, strlen(message->body), &doc, NULL))
		return "it is not JSON";
	return NULL;
}

typedef struct Found {
	Arena *arena;
	OutboxRows *rows;
} Found;

static int take_row(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	Found *found = ctx;
	OutboxMessage *message = &found->rows->rows[found->rows->count++];
	int service = enum_value(&outbox_service_names, store_row_text(row, 1));

	*message = (OutboxMessage){
		.seq = store_row_int(row, 0),
		.service = service < 0 ? OUTBOX_COMPUTE : (OutboxService)service,
		.versioned = store_row_int(row, 2) != 0,
		.priority = arena_strdup(found->arena, store_row_text(row, 3)),
		.body = arena_strdup(found->arena, store_row_text(row, 4)),
	};
	message->problem = problem_of(found->arena, message, service);
	return 0;
}

int outbox_oldest(Tx *tx, Arena *arena, OutboxService service, size_t max, OutboxRows *ret,
		  Fault *f)
{
	Found found = {.arena = arena, .rows = ret};
	int r;

	*ret = (OutboxRows){.rows = ARENA_ARRAY(arena, OutboxMessage, max)};
	r = store_query(tx, "SELECT " COLUMNS " FROM outbox WHERE service = ? ORDER BY seq LIMIT ?",
			STORE_VALUES(STORE_VALUE_TEXT(enum_name(&outbox_service_names, service)),
				     STORE_VALUE_INT((int64_t)max)),
			take_row, &found, f);
	return fault_unexpected(f, r);
}

int outbox_strays(Tx *tx, Arena *arena, size_t max, OutboxRows *ret, Fault *f)
{
	Found found = {.arena = arena, .rows = ret};
	int r;

	static_assert(ARRAY_SIZE(service_words) == 3, "all of them stand below");
	*ret = (OutboxRows){.rows = ARENA_ARRAY(arena, OutboxMessage, max)};
	r = store_query(
		tx,
		"SELECT " COLUMNS " FROM outbox WHERE service NOT IN (?, ?, ?)"
		" ORDER BY seq LIMIT ?",
		STORE_VALUES(STORE_VALUE_TEXT(service_words[0]), STORE_VALUE_TEXT(service_words[1]),
			     STORE_VALUE_TEXT(service_words[2]), STORE_VALUE_INT((int64_t)max)),
		take_row, &found, f);
	return fault_unexpected(f, r);
}

/* --- taking out --- */

int outbox_forget(Tx *tx, OutboxService service, int64_t seq, Fault *f)
{
	int r = store_query(
		tx, "DELETE FROM outbox WHERE service = ? AND seq <= ?",
		STORE_VALUES(STORE_VALUE_TEXT(enum_name(&outbox_service_names, service)),
			     STORE_VALUE_INT(seq)),
		NULL, NULL, f);

	return fault_unexpected(f, r);
}

int outbox_put_aside(Tx *tx, int64_t seq, Fault *f)
{
	int r = store_query(tx, "DELETE FROM outbox WHERE seq = ?",
			    STORE_VALUES(STORE_VALUE_INT(seq)), NULL, NULL, f);

	if (!r)
		atomic_fetch_add(&unreadable, store_changes(tx));
	return fault_unexpected(f, r);
}

int outbox_clear(Tx *tx, int64_t *ret_count, Fault *f)
{
	int r = store_query(tx, "DELETE FROM outbox", STORE_NO_VALUES, NULL, NULL, f);

	if (!r)
		*ret_count = store_changes(tx);
	return fault_unexpected(f, r);
}

/* --- counting --- */

static int take_number(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	*(int64_t *)ctx = store_row_int(row, 0);
	return 0;
}

int outbox_depth(Tx *tx, int64_t *ret, Fault *f)
{
	int r = store_query(tx, "SELECT COUNT(*) FROM outbox", STORE_NO_VALUES, take_number, ret,
			    f);

	return fault_unexpected(f, r);
}

int64_t outbox_dropped(void)
{
	return atomic_load(&dropped);
}

int64_t outbox_unreadable(void)
{
	return atomic_load(&unreadable);
}
