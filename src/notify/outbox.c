/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The outbox's table. Numbers rise by one from the oldest message to the newest, because messages
 * are added on the store's writer only and go from the old end only: so how many there are is a
 * difference. An empty outbox begins at one again.
 */
#include "notify/outbox.h"

#include <stdatomic.h>

static const char *const service_words[] = {
	[OUTBOX_COMPUTE] = "compute",
	[OUTBOX_VOLUME] = "volume",
	[OUTBOX_SHARE] = "share",
};
const EnumNames outbox_service_names = ENUM_NAMES(service_words);

static _Atomic int64_t dropped;

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

typedef struct Found {
	Arena *arena;
	OutboxMessage *messages;
	size_t count;
} Found;

static int take_row(const StoreRow *row, void *ctx, Fault *f)
{
	Found *found = ctx;
	int service = enum_value(&outbox_service_names, store_row_text(row, 1));

	if (service < 0)
		return fault(f, -EPROTO, "outbox: %s is no service", store_row_text(row, 1));
	found->messages[found->count++] = (OutboxMessage){
		.seq = store_row_int(row, 0),
		.service = (OutboxService)service,
		.versioned = store_row_int(row, 2) != 0,
		.priority = arena_strdup(found->arena, store_row_text(row, 3)),
		.body = arena_strdup(found->arena, store_row_text(row, 4)),
	};
	return 0;
}

int outbox_oldest(Tx *tx, Arena *arena, size_t max, OutboxMessage **ret, size_t *ret_count,
		  Fault *f)
{
	Found found = {.arena = arena, .messages = ARENA_ARRAY(arena, OutboxMessage, max)};
	int r = store_query(tx,
			    "SELECT seq, service, versioned, priority, body FROM outbox"
			    " ORDER BY seq LIMIT ?",
			    STORE_VALUES(STORE_VALUE_INT((int64_t)max)), take_row, &found, f);

	if (r)
		return fault_unexpected(f, r);
	*ret = found.messages;
	*ret_count = found.count;
	return 0;
}

int outbox_forget(Tx *tx, int64_t seq, Fault *f)
{
	int r = store_query(tx, "DELETE FROM outbox WHERE seq <= ?",
			    STORE_VALUES(STORE_VALUE_INT(seq)), NULL, NULL, f);

	return fault_unexpected(f, r);
}

static int take_number(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	*(int64_t *)ctx = store_row_int(row, 0);
	return 0;
}

int outbox_depth(Tx *tx, int64_t *ret, Fault *f)
{
	/* One look at each end; both in one query would walk through all. */
	int r = store_query(tx,
			    "SELECT COALESCE((SELECT MAX(seq) FROM outbox)"
			    " - (SELECT MIN(seq) FROM outbox) + 1, 0)",
			    STORE_NO_VALUES, take_number, ret, f);

	return fault_unexpected(f, r);
}

int64_t outbox_dropped(void)
{
	return atomic_load(&dropped);
}
