/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Notifications: what others are told of changes, in the words of OpenStack's message bus.
 *
 * What is told when is a table (events.c). A notification is made from the rows as they are in the
 * transaction that changes them, and goes to the outbox in that transaction: it is told if and only
 * if the change is there. Whoever takes it from the outbox to the bus is not this room's affair.
 *
 * Thread-safety: notify_configure() before any other thread; all else inside transactions.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "contract/store.h"
#include "model/operation.h"

typedef struct NotifySettings {
	bool versioned;       /* of the compute service: payloads with versions, */
	bool legacy;          /* and without */
	bool devices;         /* versioned ones list a server's volumes */
	bool shares;          /* likewise */
	const char *network;  /* of guests, as clients see it */
	const char *host;     /* of this host, as publishers name it */
	int64_t outbox_limit; /* messages that are kept; beyond that the oldest goes */
} NotifySettings;

/* From here on notifications are made. The settings outlive them; NULL: no more are made. */
void notify_configure(const NotifySettings *settings);

/* How far a change has come; a set of bits in the table. */
typedef enum NotifyPhase {
	NOTIFY_START = 1 << 0,
	NOTIFY_GOING = 1 << 1, /* ends well, and what it is about is still there to be described */
	NOTIFY_END = 1 << 2,
	NOTIFY_ERROR = 1 << 3,
} NotifyPhase;

/*
 * An operation has come that far: write what the table says of its kind, if anything. A change
 * that is no operation is told as one that is in no journal: its kind, subjects and who asked are
 * enough. `problem` is a sentence for people, with NOTIFY_ERROR. What is gone is not described.
 */
_must_use_ int notify_phase(Tx *tx, Arena *arena, const Operation *operation, NotifyPhase phase,
			    const char *problem, Fault *f);

/* A change that was made at once: its start and its end. */
_must_use_ int notify_change(Tx *tx, Arena *arena, const Operation *operation, Fault *f);

/* Operation.args: the volume whose place another one takes. */
#define NOTIFY_OLD_VOLUME "old_volume"
