/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver: a batch is declared for, published, and waited for. Each lane has a channel of its
 * own: what the broker refuses there closes that one, and the lane begins again on another one.
 *
 * What is published and not confirmed is in flight. A confirm may be late as long as the connection
 * lives, which heartbeats decide: to publish again meanwhile would make doublets that reach beyond
 * what listeners remember. When the connection is lost nothing is in flight, and what was is
 * published again on another one; listeners know a notification they had by its _unique_id.
 */
#include "notifier/amqp/amqp.h"

#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "notifier/amqp/broker.h"
#include "json/out.h"

enum { LOOK_MS = 100 }; /* for confirms that were late already */

typedef struct Flight {
	int64_t id;
	uint64_t tag;
	bool confirmed;
} Flight;

/* Ids and tags rise. */
typedef struct Lane {
	Flight flights[NOTIFIER_BATCH_MAX];
	size_t count;
} Lane;

typedef struct Amqp {
	NotifierConfig config;
	Arena *arena;
	BrokerAddress address;
	Broker *connection; /* NULL: there is none, and nothing is in flight */
	Lane lanes[NOTIFIER_LANES];
	pthread_mutex_t lock; /* guards what follows */
	int fd;               /* the connection's, or -1 */
	bool interrupted;
} Amqp;

static void on_socket(void *ctx, int fd)
{
	Amqp *self = ctx;

	pthread_mutex_lock(&self->lock);
	self->fd = fd;
	if (fd >= 0 && self->interrupted)
		(void)shutdown(fd, SHUT_RDWR); /* whatever comes of it, it ends */
	pthread_mutex_unlock(&self->lock);
}

static void amqp_interrupt(void *ctx)
{
	Amqp *self = ctx;

	pthread_mutex_lock(&self->lock);
	self->interrupted = true;
	if (self->fd >= 0)
		(void)shutdown(self->fd, SHUT_RDWR); /* likewise */
	pthread_mutex_unlock(&self->lock);
}

static void amqp_close(void *ctx)
{
	Amqp *self = ctx;

	broker_disconnect(self->connection, !self->interrupted);
	pthread_mutex_destroy(&self->lock);
	arena_free(self->arena);
	free(self);
}

static int amqp_open(const NotifierConfig *config, void **ret, Fault *f)
{
	Amqp *self = NEW(Amqp);
	int r;

	self->config = *config;
	self->arena = arena_new();
	self->fd = -1;
	pthread_mutex_init(&self->lock, NULL);
	r = broker_address_read(config->url, self->arena, &self->address, f);
	if (r) {
		amqp_close(self);
		return r;
	}
	*ret = self;
	return 0;
}

/* --- connections --- */

static void disconnect(Amqp *self)
{
	self->connection = broker_disconnect(self->connection, false);
	for (size_t i = 0; i < NOTIFIER_LANES; i++)
		self->lanes[i].count = 0;
}

static int connect_lane(Amqp *self, unsigned lane, Fault *f)
{
	const BrokerHooks hooks = {.on_socket = on_socket, .ctx = self};
	int r = 0;

	if (!self->connection)
		r = broker_connect(&self->config, &self->address, &hooks, &self->connection, f);
	return r ? r : broker_open_lane(self->connection, lane, f);
}

/* --- publishing --- */

/* Version 2 of the envelope: the notification is a text in it. */
static char *envelope(const char *body, size_t *ret_length)
{
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_text(&out, "oslo.version", "2.0");
	json_out_text(&out, "oslo.message", body);
	json_out_end(&out);
	return json_out_take(&out, ret_length);
}

/* Of a queue, which is that of a routing key. */
static char *queue_name(const NotifierMessage *message)
{
	Buf name = {0};

	buf_printf(&name, "%s.%s", message->topic, message->priority);
	return buf_take(&name);
}

static int declare_all(Amqp *self, const NotifierMessage *messages, size_t count, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		_cleanup_(freep) char *queue = queue_name(&messages[i]);

		r = broker_declare(self->connection, messages[i].exchange, queue, f);
	}
	return r;
}

static int publish_all(Amqp *self, unsigned lane, const NotifierMessage *messages, size_t count,
		       Fault *f)
{
	Lane *own = &self->lanes[lane];
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		_cleanup_(freep) char *queue = queue_name(&messages[i]);
		_cleanup_(freep) char *body = NULL;
		Flight flight = {.id = messages[i].id};
		size_t length;

		assert(own->count < NOTIFIER_BATCH_MAX);
		body = envelope(messages[i].body, &length);
		r = broker_publish(self->connection, lane,
				   &(BrokerMessage){
					   .exchange = messages[i].exchange,
					   .queue = queue,
					   .body = body,
					   .length = length,
				   },
				   &flight.tag, f);
		if (!r)
			own->flights[own->count++] = flight;
	}
	return r;
}

/* --- confirms --- */

static size_t count_confirmed(const Lane *lane)
{
	size_t count = 0;

	while (count < lane->count && lane->flights[count].confirmed)
		count++;
	return count;
}

/* They may come in any order. */
static void note(Amqp *self, const BrokerConfirm *confirm)
{
	Lane *lane = &self->lanes[confirm->lane];

	if (confirm->refused) /* and with it what came after it: the order is kept */
		lane->count = count_confirmed(lane);
	for (size_t i = 0; i < lane->count; i++) {
		Flight *flight = &lane->flights[i];

		if (flight->tag == confirm->tag ||
		    (confirm->multiple && flight->tag < confirm->tag))
			flight->confirmed = true;
	}
}

/* Take so many away, from the first on. */
static void land(Lane *lane, size_t count)
{
	lane->count -= count;
	memmove(lane->flights, lane->flights + count, lane->count * sizeof(Flight));
}

/* Until so many of the lane are confirmed. 0, NOTIFIER_LATE, or a fault. */
static int wait_all(Amqp *self, unsigned lane, size_t count, int64_t wait_ms, Fault *f)
{
	int64_t end_ms = clock_mono_ms() + wait_ms;

	while (count_confirmed(&self->lanes[lane]) < count) {
		int64_t left_ms = end_ms - clock_mono_ms();
		BrokerConfirm confirm;
		int r;

		if (left_ms <= 0)
			return NOTIFIER_LATE;
		r = broker_next_confirm(self->connection, left_ms, &confirm, f);
		if (r < 0)
			return r;
		if (r == BROKER_SILENT)
			continue;
		note(self, &confirm);
		if (confirm.refused && confirm.lane == lane)
			return fault(f, -EIO, "the broker refuses a message: %s", confirm.why);
	}
	return 0;
}

/* What is in flight and is not asked for any more is forgotten; the rest begins the messages. */
static void align(Lane *lane, const NotifierMessage *messages, size_t count)
{
	size_t gone = 0;

	while (gone < lane->count && lane->flights[gone].id < messages[0].id)
		gone++;
	land(lane, gone);
	for (size_t i = 0; i < MIN(lane->count, count); i++)
		if (lane->flights[i].id != messages[i].id)
			lane->count = 0; /* their numbers have begun again */
}

static int send_lane(Amqp *self, unsigned lane, const NotifierMessage *messages, size_t count,
		     Fault *f)
{
	Lane *own = &self->lanes[lane];
	size_t flown = MIN(own->count, count);
	int r;

	r = declare_all(self, messages + flown, count - flown, f);
	if (!r)
		r = publish_all(self, lane, messages + flown, count - flown, f);
	if (!r)
		r = wait_all(self, lane, count, flown ? LOOK_MS : self->config.deadline_ms, f);
	return r;
}

static int amqp_send(void *ctx, unsigned lane, const NotifierMessage *messages, size_t count,
		     size_t *ret_sent, Fault *f)
{
	Amqp *self = ctx;
	int r;

	align(&self->lanes[lane], messages, count);
	r = connect_lane(self, lane, f);
	if (!r)
		r = send_lane(self, lane, messages, count, f);
	*ret_sent = MIN(count_confirmed(&self->lanes[lane]), count);
	land(&self->lanes[lane], *ret_sent);
	if (r < 0 && broker_is_lost(self->connection))
		disconnect(self);
	return r;
}

/* Heartbeats, late confirms, and whether the broker is still there. */
static void amqp_idle(void *ctx)
{
	Amqp *self = ctx;
	BrokerConfirm confirm;
	int r = 0;

	while (self->connection && r == 0) {
		r = broker_next_confirm(self->connection, 0, &confirm, NULL);
		if (r < 0)
			disconnect(self);
		else if (r == 0)
			note(self, &confirm);
	}
}

const NotifierDriver notifier_amqp = {
	.name = "amqp",
	.size = sizeof(NotifierDriver),
	.open = amqp_open,
	.close = amqp_close,
	.send = amqp_send,
	.idle = amqp_idle,
	.interrupt = amqp_interrupt,
};
