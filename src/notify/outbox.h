/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The outbox: notifications that are made and not yet delivered, in the order of their commits.
 * Bounded: when it is full the oldest goes, and is counted.
 */
#pragma once

#include "base/arena.h"
#include "base/enum.h"
#include "base/fault.h"
#include "contract/store.h"

/* Whose exchange a message goes to. */
typedef enum OutboxService {
	OUTBOX_COMPUTE,
	OUTBOX_VOLUME,
	OUTBOX_SHARE,
	_OUTBOX_SERVICE_MAX,
} OutboxService;

extern const EnumNames outbox_service_names;

typedef struct OutboxMessage {
	int64_t seq; /* without gaps from the oldest to the newest; not remembered beyond them */
	OutboxService service;
	bool versioned;
	const char *priority; /* "info", "error" */
	const char *body;     /* JSON of the whole notification, without an envelope */
} OutboxMessage;

/* Add to the end, and drop what is more than the limit. Fills no seq. */
_must_use_ int outbox_add(Tx *tx, const OutboxMessage *message, int64_t limit, Fault *f);

/* The oldest ones, at most `max`, in the arena. */
_must_use_ int outbox_oldest(Tx *tx, Arena *arena, size_t max, OutboxMessage **ret,
			     size_t *ret_count, Fault *f);

/* They were delivered, up to this one. */
_must_use_ int outbox_forget(Tx *tx, int64_t seq, Fault *f);

/* How many there are. */
_must_use_ int outbox_depth(Tx *tx, int64_t *ret, Fault *f);

/* How many this process has dropped because there were too many. */
int64_t outbox_dropped(void);
