/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a notifier's slots.
 */
#include "contract/notifier.h"

#include "base/log.h"
#include "base/mem.h"

struct Notifier {
	const NotifierDriver *driver;
	void *self;
};

int notifier_open(const NotifierDriver *driver, const NotifierConfig *config, Notifier **ret,
		  Fault *f)
{
	_cleanup_(notifier_closep) Notifier *notifier = NEW(Notifier);
	int r;

	assert(driver->name && driver->size == sizeof(NotifierDriver) && driver->open &&
	       driver->close && driver->send);
	assert(config->deadline_ms > 0);
	notifier->driver = driver;
	r = driver->open(config, &notifier->self, f);
	if (r) {
		r = fault_unexpected(f, r);
		return fault_context(f, "notifier %s", driver->name);
	}
	*ret = TAKE(notifier);
	return 0;
}

Notifier *notifier_close(Notifier *notifier)
{
	if (!notifier)
		return NULL;
	if (notifier->self)
		notifier->driver->close(notifier->self);
	free(notifier);
	return NULL;
}

int notifier_send(Notifier *notifier, unsigned lane, const NotifierMessage *messages, size_t count,
		  size_t *ret_sent, Fault *f)
{
	int r;

	assert(lane < NOTIFIER_LANES);
	assert(count > 0 && count <= NOTIFIER_BATCH_MAX);
	*ret_sent = 0;
	r = notifier->driver->send(notifier->self, lane, messages, count, ret_sent, f);
	assert(*ret_sent <= count);
	assert(r || *ret_sent == count);
	log_debug("notifier=%s call=send lane=%u count=%zu sent=%zu result=%d",
		  notifier->driver->name, lane, count, *ret_sent, r);
	return r == NOTIFIER_LATE ? r : fault_unexpected(f, r);
}

void notifier_idle(Notifier *notifier)
{
	if (notifier->driver->idle)
		notifier->driver->idle(notifier->self);
}

void notifier_interrupt(Notifier *notifier)
{
	if (notifier->driver->interrupt)
		notifier->driver->interrupt(notifier->self);
}
