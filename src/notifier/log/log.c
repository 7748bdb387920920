/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A line of the log for each notification, whatever levels it has: they were asked for. They have
 * arrived when they are written.
 */
#include "notifier/log/log.h"

#include "base/log.h"
#include "base/mem.h"

/* There is nothing to keep, and something has to be there. */
static int log_open(const NotifierConfig *config _unused_, void **ret, Fault *f _unused_)
{
	*ret = NEW(char);
	return 0;
}

static void log_close(void *self)
{
	free(self);
}

static int log_send(void *self _unused_, unsigned lane _unused_, const NotifierMessage *messages,
		    size_t count, size_t *ret_sent, Fault *f _unused_)
{
	for (size_t i = 0; i < count; i++)
		log_always(LOG_INFO, "notification=%s.%s exchange=%s message=%s", messages[i].topic,
			   messages[i].priority, messages[i].exchange, messages[i].body);
	*ret_sent = count;
	return 0;
}

const NotifierDriver notifier_log = {
	.name = "log",
	.size = sizeof(NotifierDriver),
	.open = log_open,
	.close = log_close,
	.send = log_send,
};
