/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The outbox: notifications that are made and not yet delivered, in the order of their commits.
 * Bounded: it reaches back so many notifications, and what is older goes, and is counted.
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
	int64_t seq; /* rises; begins again when the outbox was empty */
	OutboxService service;
	bool versioned;
	const char *priority; /* "info", "error" */
	const char *body;     /* JSON of the whole notification, without an envelope */
	const char *problem;  /* why it cannot be read; NULL: it can */
} OutboxMessage;

/* Add to the end, and drop what is more than the limit. Fills no seq. */
_must_use_ int outbox_add(Tx *tx, const OutboxMessage *message, int64_t limit, Fault *f);

typedef struct OutboxRows {
	OutboxMessage *rows;
	size_t count;
} OutboxRows;

/* The oldest ones of a service, at most `max`, in the arena. */
_must_use_ int outbox_oldest(Tx *tx, Arena *arena, OutboxService service, size_t max,
			     OutboxRows *ret, Fault *f);

/* Those of no service at all, likewise: each has a problem. */
_must_use_ int outbox_strays(Tx *tx, Arena *arena, size_t max, OutboxRows *ret, Fault *f);

/* Those of a service were delivered, up to this one. */
_must_use_ int outbox_forget(Tx *tx, OutboxService service, int64_t seq, Fault *f);

/* Take out one that cannot be read. It is counted. */
_must_use_ int outbox_put_aside(Tx *tx, int64_t seq, Fault *f);

/* Take out all; *ret_count is how many there were. */
_must_use_ int outbox_clear(Tx *tx, int64_t *ret_count, Fault *f);

/* How many there are. */
_must_use_ int outbox_depth(Tx *tx, int64_t *ret, Fault *f);

/* How many this process has dropped because there were too many, and put aside. */
int64_t outbox_dropped(void);
int64_t outbox_unreadable(void);
