/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The sender's thread: a batch from the outbox, to the notifier, out of the outbox. While the
 * notifier fails it pauses, longer each time up to half a minute, and says so once a minute.
 *
 * Lock: Sender.lock guards woken and stopping; nothing is called with it held.
 */
#include "daemon/sender.h"

#include <inttypes.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	BATCH_ROWS = 64,
	TOPICS_MAX = 8,
	PAUSE_MIN_MS = 250,
	PAUSE_MAX_MS = 30 * 1000,
	IDLE_MS = 10 * 1000, /* well below a heartbeat */
	TELL_MS = 60 * 1000,
};

typedef struct Topics {
	const char *names[TOPICS_MAX];
	size_t count;
} Topics;

struct Sender {
	SenderConfig config;
	Arena *arena;     /* of what lives as long as the sender */
	Topics topics[2]; /* by OutboxMessage.versioned */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool woken;
	bool stopping;
	/* The thread's own. */
	int64_t pause_ms; /* 0: all is well */
	int64_t tell_ms;  /* not before then */
	int64_t dropped;
};

/* What one round of the thread works with. */
typedef struct Batch {
	Arena *arena;
	OutboxMessage *rows;
	size_t count;
	NotifierMessage *messages;
	size_t message_count;
	int64_t seq; /* of the last row that has arrived with all its messages; 0: none */
} Batch;

static int read_batch(Tx *tx, void *ctx, Fault *f)
{
	Batch *batch = ctx;

	return outbox_oldest(tx, batch->arena, BATCH_ROWS, &batch->rows, &batch->count, f);
}

static int forget_batch(Tx *tx, void *ctx, Fault *f)
{
	const Batch *batch = ctx;

	return outbox_forget(tx, batch->seq, f);
}

/* Each row goes to each of its topics. */
static void address_batch(const Sender *sender, Batch *batch)
{
	batch->messages =
		ARENA_ARRAY(batch->arena, NotifierMessage, batch->count * (size_t)TOPICS_MAX);
	for (size_t i = 0; i < batch->count; i++) {
		const OutboxMessage *row = &batch->rows[i];
		const Topics *topics = &sender->topics[row->versioned];

		for (size_t t = 0; t < topics->count; t++)
			batch->messages[batch->message_count++] = (NotifierMessage){
				.exchange = sender->config.exchanges[row->service],
				.topic = topics->names[t],
				.priority = row->priority,
				.body = row->body,
			};
	}
}

static void count_arrived(const Sender *sender, Batch *batch, size_t sent)
{
	for (size_t i = 0; i < batch->count; i++) {
		size_t needed = sender->topics[batch->rows[i].versioned].count;

		if (sent < needed)
			return;
		sent -= needed;
		batch->seq = batch->rows[i].seq;
	}
}

/* One batch. 0 or a fault; what has arrived is out of the outbox. */
static int deliver(Sender *sender, Batch *batch, Fault *f)
{
	size_t sent = 0;
	Fault late = {0};
	int r = store_read(sender->config.store, read_batch, batch, f);

	if (r || batch->count == 0)
		return fault_unexpected(f, r);
	address_batch(sender, batch);
	r = notifier_send(sender->config.notifier, batch->messages, batch->message_count, &sent, f);
	count_arrived(sender, batch, sent);
	if (batch->seq && store_write(sender->config.store, forget_batch, batch, &late) && !r)
		r = fault(f, late.code, "%s", late.text);
	return r;
}

static void tell(Sender *sender, const Fault *f)
{
	int64_t now_ms = clock_mono_ms();
	int64_t dropped = outbox_dropped();

	if (now_ms < sender->tell_ms)
		return;
	if (f->code)
		log_warning("text=\"notifications wait: %s\"", f->text);
	if (dropped > sender->dropped)
		log_warning(
			"text=\"the outbox is full: the oldest notifications go\" dropped=%" PRId64,
			dropped);
	if (f->code || dropped > sender->dropped)
		sender->tell_ms = now_ms + TELL_MS;
	sender->dropped = dropped;
}

/* How it went decides how long to wait: not at all while there may be more. */
static int64_t judge(Sender *sender, const Batch *batch, const Fault *f)
{
	tell(sender, f);
	if (f->code) {
		sender->pause_ms =
			sender->pause_ms ? MIN(sender->pause_ms * 2, PAUSE_MAX_MS) : PAUSE_MIN_MS;
		return sender->pause_ms;
	}
	if (sender->pause_ms && batch->count > 0) {
		log_info("text=\"notifications are delivered again\"");
		sender->pause_ms = sender->tell_ms = 0;
	}
	return batch->count == BATCH_ROWS ? 0 : IDLE_MS;
}

/* Until that time is over, or, where `wakes`, there is more. False: it is to end. */
static bool wait_for_more(Sender *sender, int64_t ms, bool wakes)
{
	struct timespec end;
	int64_t end_us = clock_mono_us() + ms * 1000;
	bool goes_on;
	int r = 0;

	end.tv_sec = end_us / 1000000;
	end.tv_nsec = end_us % 1000000 * 1000;
	pthread_mutex_lock(&sender->lock);
	while (!sender->stopping && !(wakes && sender->woken) && r == 0)
		r = pthread_cond_timedwait(&sender->cond, &sender->lock, &end);
	sender->woken = false;
	goes_on = !sender->stopping;
	pthread_mutex_unlock(&sender->lock);
	return goes_on;
}

static void *sender_main(void *ctx)
{
	Sender *sender = ctx;
	int64_t wait_ms;

	do {
		_cleanup_(arena_freep) Arena *arena = arena_new();
		Batch batch = {.arena = arena};
		Fault fault = {0};

		(void)deliver(sender, &batch, &fault); /* the fault says it */
		if (batch.count == 0 && !fault.code)
			notifier_idle(sender->config.notifier);
		wait_ms = judge(sender, &batch, &fault);
	} while (wait_for_more(sender, wait_ms, !sender->pause_ms));
	return NULL;
}

static void read_topics(Arena *arena, const char *text, Topics *ret)
{
	*ret = (Topics){0};
	while (*text && ret->count < TOPICS_MAX) {
		size_t length = strcspn(text, ", ");

		if (length > 0)
			ret->names[ret->count++] = arena_strndup(arena, text, length);
		text += length + strspn(text + length, ", ");
	}
}

static void make_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static void sender_free(Sender *sender)
{
	pthread_cond_destroy(&sender->cond);
	pthread_mutex_destroy(&sender->lock);
	arena_free(sender->arena);
	free(sender);
}

int sender_start(const SenderConfig *config, Sender **ret, Fault *f)
{
	Sender *sender = NEW(Sender);
	int r;

	sender->config = *config;
	sender->arena = arena_new();
	read_topics(sender->arena, config->topics, &sender->topics[false]);
	read_topics(sender->arena, config->versioned_topics, &sender->topics[true]);
	pthread_mutex_init(&sender->lock, NULL);
	make_cond(&sender->cond);
	r = pthread_create(&sender->thread, NULL, sender_main, sender);
	if (r) {
		sender_free(sender);
		return fault(f, -r, "cannot start the sender of notifications: %s", strerror(r));
	}
	*ret = sender;
	return 0;
}

void sender_wake(Sender *sender)
{
	pthread_mutex_lock(&sender->lock);
	sender->woken = true;
	pthread_cond_signal(&sender->cond);
	pthread_mutex_unlock(&sender->lock);
}

Sender *sender_stop(Sender *sender)
{
	if (!sender)
		return NULL;
	pthread_mutex_lock(&sender->lock);
	sender->stopping = true;
	pthread_cond_signal(&sender->cond);
	pthread_mutex_unlock(&sender->lock);
	notifier_interrupt(sender->config.notifier);
	pthread_join(sender->thread, NULL);
	sender_free(sender);
	return NULL;
}
