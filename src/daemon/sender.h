/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The sender: one thread that takes notifications from the outbox to a notifier, those of a service
 * in order. They leave the outbox when they have arrived; who is killed between the two sends some
 * again. One that cannot be read leaves it, too: it goes to the log.
 *
 * Thread-safety: sender_wake() from any thread.
 */
#pragma once

#include "contract/notifier.h"
#include "contract/store.h"
#include "notify/outbox.h"

typedef struct Sender Sender;

typedef struct SenderConfig {
	Store *store;
	Notifier *notifier;
	const char *exchanges[_OUTBOX_SERVICE_MAX];
	const char *topics; /* of what has no version; with commas between */
	const char *versioned_topics;
} SenderConfig;

/* The texts outlive the sender. */
_must_use_ int sender_start(const SenderConfig *config, Sender **ret, Fault *f);

/* There is something in the outbox; cheap, never blocks. */
void sender_wake(Sender *sender);

/* What is on its way is given up and sent again next time. Takes NULL, returns NULL. */
Sender *sender_stop(Sender *sender);
