/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a notifier must be: how notifications reach those who listen.
 *
 * One thread sends; notifier_interrupt() alone may come from another one.
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
	int64_t deadline_ms; /* for each: connecting, and sending one batch */
} NotifierConfig;

typedef struct NotifierMessage {
	const char *exchange; /* "nova" */
	const char *topic;    /* "versioned_notifications" */
	const char *priority; /* "info", "error" */
	const char *body;     /* JSON of the notification */
} NotifierMessage;

struct NotifierDriver {
	const char *name;
	size_t size; /* sizeof(NotifierDriver) at the time the driver was compiled */
	/* Check the configuration, whose texts outlive the notifier. Nothing is connected yet. */
	int (*open)(const NotifierConfig *config, void **ret, Fault *f);
	void (*close)(void *self);
	/*
	 * Hand over, in order. *ret_sent: how many of them, from the first on, are certain to have
	 * arrived; all of them unless this is a fault. May connect, and does so again after a
	 * fault.
	 */
	int (*send)(void *self, const NotifierMessage *messages, size_t count, size_t *ret_sent,
		    Fault *f);
	/* Now and then while there is nothing to send; NULL: nothing has to be kept alive. */
	void (*idle)(void *self);
	/* From another thread: what is waited for ends soon, with a fault. NULL: nothing waits. */
	void (*interrupt)(void *self);
};

_must_use_ int notifier_open(const NotifierDriver *driver, const NotifierConfig *config,
			     Notifier **ret, Fault *f);
Notifier *notifier_close(Notifier *notifier);
DEFINE_CLEANUP(Notifier, notifier_close)
/* *ret_sent is written also with a fault. */
_must_use_ int notifier_send(Notifier *notifier, const NotifierMessage *messages, size_t count,
			     size_t *ret_sent, Fault *f);
void notifier_idle(Notifier *notifier);
void notifier_interrupt(Notifier *notifier);
