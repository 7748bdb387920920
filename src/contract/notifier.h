/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a notifier must be: how notifications reach those who listen.
 *
 * Messages go in lanes. Those of one lane arrive in order; no lane waits for what goes wrong in
 * another one. One thread sends; notifier_interrupt() alone may come from another one.
 */
#pragma once

#include "base/fault.h"

typedef struct Notifier Notifier;
typedef struct NotifierDriver NotifierDriver;

typedef struct NotifierConfig {
	const char *url;     /* of a broker; with the account */
	const char *ca_file; /* who vouches for a broker behind TLS; NULL: whom this host trusts */
	const char *cert_file; /* by which we prove ourselves there, or NULL */
	const char *key_file;
	bool durable;        /* what is declared outlives a restart of the broker */
	bool quorum;         /* queues are quorum queues; with durable */
	int64_t deadline_ms; /* for each: connecting, and waiting for what was sent to arrive */
} NotifierConfig;

enum {
	NOTIFIER_LANES = 4,
	NOTIFIER_BATCH_MAX = 128, /* messages of one call */
};

typedef struct NotifierMessage {
	int64_t id;           /* in its lane; rises from the first message to the last */
	const char *exchange; /* "nova" */
	const char *topic;    /* "versioned_notifications" */
	const char *priority; /* "info", "error" */
	const char *body;     /* JSON of the notification */
} NotifierMessage;

typedef enum NotifierOutcome {
	NOTIFIER_LATE = 1800, /* all is on its way, but not all is known to have arrived */
} NotifierOutcome;

struct NotifierDriver {
	const char *name;
	size_t size; /* sizeof(NotifierDriver) at the time the driver was compiled */
	/* Check the configuration, whose texts outlive the notifier. Nothing is connected yet. */
	int (*open)(const NotifierConfig *config, void **ret, Fault *f);
	void (*close)(void *self);
	/*
	 * Hand over, in order. *ret_sent: how many of them, from the first on, are certain to have
	 * arrived; all of them where this is 0. After NOTIFIER_LATE the rest is handed over again
	 * in later calls, and is known by its ids: it is not sent twice as long as it may still
	 * arrive. May connect, and does so again after a fault.
	 */
	int (*send)(void *self, unsigned lane, const NotifierMessage *messages, size_t count,
		    size_t *ret_sent, Fault *f);
	/* Now and then while there is nothing to send; NULL: nothing has to be kept alive. */
	void (*idle)(void *self);
	/* From another thread: what is waited for ends soon, with a fault. NULL: nothing waits. */
	void (*interrupt)(void *self);
};

_must_use_ int notifier_open(const NotifierDriver *driver, const NotifierConfig *config,
			     Notifier **ret, Fault *f);
Notifier *notifier_close(Notifier *notifier);
DEFINE_CLEANUP(Notifier, notifier_close)
/* *ret_sent is written also with a fault, or NOTIFIER_LATE. */
_must_use_ int notifier_send(Notifier *notifier, unsigned lane, const NotifierMessage *messages,
			     size_t count, size_t *ret_sent, Fault *f);
void notifier_idle(Notifier *notifier);
void notifier_interrupt(Notifier *notifier);
