/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The sender's thread. A round takes the oldest rows from the outbox, hands them to the notifier,
 * each service in its lane, and what has arrived is out of the outbox in one commit. A lane that
 * fails pauses, longer each time up to half a minute, and says so once a minute; the others go on.
 *
 * A round has no more rows than a listener remembers ids: after a death, or a connection that
 * broke, all that may have arrived already is sent first, and known there.
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
	ROUND_ROWS = 16, /* as many ids as listeners remember */
	STRAYS_MAX = 16,
	TOPICS_MAX = 8,
	PAUSE_MIN_MS = 250,
	PAUSE_MAX_MS = 30 * 1000,
	IDLE_MS = 10 * 1000, /* well below a heartbeat */
	TELL_MS = 60 * 1000,
};
static_assert(ROUND_ROWS * TOPICS_MAX <= NOTIFIER_BATCH_MAX, "a round fits");
static_assert((int)_OUTBOX_SERVICE_MAX <= (int)NOTIFIER_LANES, "each service has a lane");

typedef struct Topics {
	const char *names[TOPICS_MAX];
	size_t count;
} Topics;

/* One service's way out. */
typedef struct Lane {
	int64_t pause_ms; /* 0: all is well */
	int64_t due_ms;   /* not before then */
	int64_t tell_ms;  /* likewise */
} Lane;

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
	Lane lanes[_OUTBOX_SERVICE_MAX];
	int64_t sweep_ms; /* look for what is of no service then */
	int64_t dropped_tell_ms;
	int64_t dropped;
};

/* What one round takes from one service. */
typedef struct Part {
	bool taken; /* the lane was due */
	OutboxRows found;
	int64_t seq; /* of the last row that has arrived with all its messages; 0: none */
	Fault fault; /* what went wrong with it */
} Part;

typedef struct Round {
	Arena *arena;
	const Sender *sender;
	int64_t now_ms;
	Part parts[_OUTBOX_SERVICE_MAX];
	OutboxRows strays;
} Round;

/* --- reading --- */

static int read_round(Tx *tx, void *ctx, Fault *f)
{
	Round *round = ctx;
	int r = 0;

	for (size_t i = 0; !r && i < _OUTBOX_SERVICE_MAX; i++)
		if (round->parts[i].taken)
			r = outbox_oldest(tx, round->arena, (OutboxService)i, ROUND_ROWS,
					  &round->parts[i].found, f);
	if (!r && round->now_ms >= round->sender->sweep_ms)
		r = outbox_strays(tx, round->arena, STRAYS_MAX, &round->strays, f);
	return r;
}

/* The one whose last row is the newest of all; NULL: no rows are left. */
static Part *newest_part(Round *round, size_t *ret_rows)
{
	Part *newest = NULL;

	*ret_rows = 0;
	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++) {
		Part *part = &round->parts[i];
		size_t count = part->found.count;

		*ret_rows += count;
		if (count > 0 &&
		    (!newest || part->found.rows[count - 1].seq >
					newest->found.rows[newest->found.count - 1].seq))
			newest = part;
	}
	return newest;
}

/* The oldest of all that were found, and no more than a round has. */
static size_t cut_round(Round *round)
{
	size_t rows;
	Part *newest = newest_part(round, &rows);

	while (rows > ROUND_ROWS) {
		newest->found.count--;
		newest = newest_part(round, &rows);
	}
	return rows;
}

/* --- sending --- */

/* Each row goes to each of its topics. What cannot be read goes nowhere. */
static size_t address_part(const Sender *sender, OutboxService service, const OutboxRows *found,
			   NotifierMessage *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < found->count; i++) {
		const OutboxMessage *row = &found->rows[i];
		const Topics *topics = &sender->topics[row->versioned];

		for (size_t t = 0; !row->problem && t < topics->count; t++)
			ret[count++] = (NotifierMessage){
				.id = row->seq * TOPICS_MAX + (int64_t)t,
				.exchange = sender->config.exchanges[service],
				.topic = topics->names[t],
				.priority = row->priority,
				.body = row->body,
			};
	}
	return count;
}

static int64_t last_arrived(const Sender *sender, const OutboxRows *found, size_t sent)
{
	int64_t seq = 0;

	for (size_t i = 0; i < found->count; i++) {
		size_t needed =
			found->rows[i].problem ? 0 : sender->topics[found->rows[i].versioned].count;

		if (sent < needed)
			break;
		sent -= needed;
		seq = found->rows[i].seq;
	}
	return seq;
}

static void send_part(const Sender *sender, Round *round, OutboxService service)
{
	NotifierMessage *messages =
		ARENA_ARRAY(round->arena, NotifierMessage, (size_t)NOTIFIER_BATCH_MAX);
	Part *part = &round->parts[service];
	size_t count = address_part(sender, service, &part->found, messages);
	size_t sent = 0;
	int r = 0;

	if (count > 0)
		r = notifier_send(sender->config.notifier, service, messages, count, &sent,
				  &part->fault);
	if (r == NOTIFIER_LATE)
		(void)fault(&part->fault, -ETIMEDOUT,
			    "not known to have arrived yet"); /* told from there */
	part->seq = last_arrived(sender, &part->found, sent);
}

/* --- taking out --- */

static int put_aside(Tx *tx, const OutboxRows *found, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < found->count; i++)
		if (found->rows[i].problem)
			r = outbox_put_aside(tx, found->rows[i].seq, f);
	return r;
}

static int forget_round(Tx *tx, void *ctx, Fault *f)
{
	const Round *round = ctx;
	int r = put_aside(tx, &round->strays, f);

	for (size_t i = 0; !r && i < _OUTBOX_SERVICE_MAX; i++) {
		const Part *part = &round->parts[i];

		r = put_aside(tx, &part->found, f);
		if (!r && part->seq)
			r = outbox_forget(tx, (OutboxService)i, part->seq, f);
	}
	return r;
}

static void tell_unreadable(const OutboxRows *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->rows[i].problem)
			log_error("text=\"a notification cannot be read and is put aside: %s\""
				  " seq=%" PRId64 " priority=%s message=%s",
				  found->rows[i].problem, found->rows[i].seq,
				  found->rows[i].priority, found->rows[i].body);
}

/* --- rounds --- */

static void fail_all(Round *round, const Fault *f)
{
	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++)
		if (round->parts[i].taken && !round->parts[i].fault.code)
			round->parts[i].fault = *f;
}

static bool has_problem(const OutboxRows *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->rows[i].problem)
			return true;
	return false;
}

static bool something_leaves(const Round *round)
{
	bool leaves = round->strays.count > 0;

	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++)
		leaves = leaves || round->parts[i].seq || has_problem(&round->parts[i].found);
	return leaves;
}

/* What has arrived, or cannot, is out of the outbox. How many rows it was about. */
static size_t deliver(Sender *sender, Round *round)
{
	Fault fault = {0};
	size_t rows;

	if (store_read(sender->config.store, read_round, round, &fault)) {
		fail_all(round, &fault);
		return 0;
	}
	rows = cut_round(round) + round->strays.count;
	if (rows == 0)
		return 0;
	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++)
		if (round->parts[i].found.count > 0)
			send_part(sender, round, (OutboxService)i);
	if (!something_leaves(round))
		return rows;
	if (store_write(sender->config.store, forget_round, round, &fault)) {
		fail_all(round, &fault);
		return rows;
	}
	tell_unreadable(&round->strays);
	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++)
		tell_unreadable(&round->parts[i].found);
	return rows;
}

/* How it went decides when the lane's turn comes again. */
static void judge(Sender *sender, const Round *round, OutboxService service)
{
	const Part *part = &round->parts[service];
	const char *exchange = sender->config.exchanges[service];
	Lane *lane = &sender->lanes[service];
	int64_t now_ms = clock_mono_ms();

	if (part->fault.code) {
		lane->pause_ms =
			lane->pause_ms ? MIN(lane->pause_ms * 2, PAUSE_MAX_MS) : PAUSE_MIN_MS;
		lane->due_ms = now_ms + lane->pause_ms;
		if (now_ms >= lane->tell_ms) {
			log_warning("text=\"notifications wait: %s\" exchange=%s", part->fault.text,
				    exchange);
			lane->tell_ms = now_ms + TELL_MS;
		}
	} else if (lane->pause_ms && part->found.count > 0) {
		log_info("text=\"notifications are delivered again\" exchange=%s", exchange);
		*lane = (Lane){0};
	}
}

static void tell_dropped(Sender *sender)
{
	int64_t now_ms = clock_mono_ms();
	int64_t dropped = outbox_dropped();

	if (dropped == sender->dropped || now_ms < sender->dropped_tell_ms)
		return;
	log_warning("text=\"the outbox is full: the oldest notifications go\" dropped=%" PRId64,
		    dropped);
	sender->dropped_tell_ms = now_ms + TELL_MS;
	sender->dropped = dropped;
}

/* Until the next lane is due, or it is time for a sign of life. */
static int64_t next_ms(const Sender *sender)
{
	int64_t now_ms = clock_mono_ms();
	int64_t wait_ms = IDLE_MS;

	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++)
		if (sender->lanes[i].pause_ms)
			wait_ms = MIN(wait_ms, MAX(sender->lanes[i].due_ms - now_ms, 0));
	return wait_ms;
}

/* How long to wait for the next one. */
static int64_t play_round(Sender *sender)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Round round = {.arena = arena, .sender = sender, .now_ms = clock_mono_ms()};
	bool flows = false;
	size_t rows;

	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++)
		round.parts[i].taken = round.now_ms >= sender->lanes[i].due_ms;
	rows = deliver(sender, &round);
	if (round.now_ms >= sender->sweep_ms)
		sender->sweep_ms = round.now_ms + IDLE_MS;
	for (size_t i = 0; i < _OUTBOX_SERVICE_MAX; i++) {
		const Part *part = &round.parts[i];

		if (part->taken)
			judge(sender, &round, (OutboxService)i);
		flows = flows || (part->found.count > 0 && !part->fault.code);
	}
	tell_dropped(sender);
	if (rows == 0)
		notifier_idle(sender->config.notifier);
	return flows ? 0 : next_ms(sender);
}

/* Until that time is over, or there is more. False: it is to end. */
static bool wait_for_more(Sender *sender, int64_t ms)
{
	struct timespec end;
	int64_t end_us = clock_mono_us() + ms * 1000;
	bool goes_on;
	int r = 0;

	end.tv_sec = end_us / 1000000;
	end.tv_nsec = end_us % 1000000 * 1000;
	pthread_mutex_lock(&sender->lock);
	while (!sender->stopping && !sender->woken && r == 0)
		r = pthread_cond_timedwait(&sender->cond, &sender->lock, &end);
	sender->woken = false;
	goes_on = !sender->stopping;
	pthread_mutex_unlock(&sender->lock);
	return goes_on;
}

static void *sender_main(void *ctx)
{
	Sender *sender = ctx;

	while (wait_for_more(sender, play_round(sender)))
		;
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
