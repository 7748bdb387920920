/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver: a batch is declared for, published, and waited for. What the broker has confirmed,
 * from the first message on, has arrived; whatever else happened, the connection is given up and
 * the rest is sent again on another one. Listeners know a notification they had by its _unique_id.
 */
#include "notifier/amqp/amqp.h"

#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "notifier/amqp/broker.h"
#include "json/out.h"

typedef struct Amqp {
	NotifierConfig config;
	Arena *arena;
	BrokerAddress address;
	Broker *connection;   /* NULL: there is none */
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

/* *ret_first: the tag of the first of them. */
static int publish_all(Amqp *self, const NotifierMessage *messages, size_t count,
		       uint64_t *ret_first, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		_cleanup_(freep) char *queue = queue_name(&messages[i]);
		_cleanup_(freep) char *body = NULL;
		size_t length;
		uint64_t tag;

		body = envelope(messages[i].body, &length);
		r = broker_publish(self->connection, messages[i].exchange, queue, body, length,
				   &tag, f);
		if (!r && i == 0)
			*ret_first = tag;
	}
	return r;
}

/* Which messages of a batch are confirmed; they may be so in any order. */
typedef struct Waiting {
	uint64_t first;
	bool *confirmed;
	size_t count;
	size_t sent; /* confirmed, from the first on */
} Waiting;

static void note(Waiting *waiting, const BrokerConfirm *confirm)
{
	for (size_t i = waiting->sent; i < waiting->count; i++) {
		uint64_t tag = waiting->first + i;

		if (tag == confirm->tag || (confirm->multiple && tag < confirm->tag))
			waiting->confirmed[i] = true;
	}
	while (waiting->sent < waiting->count && waiting->confirmed[waiting->sent])
		waiting->sent++;
}

static int wait_all(Amqp *self, Waiting *waiting, Fault *f)
{
	int64_t end_ms = clock_mono_ms() + self->config.deadline_ms;

	while (waiting->sent < waiting->count) {
		int64_t left_ms = end_ms - clock_mono_ms();
		BrokerConfirm confirm;
		int r;

		if (left_ms <= 0)
			return fault(f, -ETIMEDOUT, "the broker confirms nothing");
		r = broker_next_confirm(self->connection, left_ms, &confirm, f);
		if (r < 0)
			return r;
		if (r == BROKER_SILENT)
			continue;
		if (confirm.refused)
			return fault(f, -EIO, "the broker refuses a message");
		note(waiting, &confirm);
	}
	return 0;
}

static int send_all(Amqp *self, const NotifierMessage *messages, size_t count, size_t *ret_sent,
		    Fault *f)
{
	_cleanup_(freep) bool *confirmed = mem_new(count * sizeof(bool));
	Waiting waiting = {.confirmed = confirmed, .count = count};
	int r;

	r = declare_all(self, messages, count, f);
	if (!r)
		r = publish_all(self, messages, count, &waiting.first, f);
	if (!r)
		r = wait_all(self, &waiting, f);
	*ret_sent = waiting.sent;
	return r;
}

static int amqp_send(void *ctx, const NotifierMessage *messages, size_t count, size_t *ret_sent,
		     Fault *f)
{
	Amqp *self = ctx;
	const BrokerHooks hooks = {.on_socket = on_socket, .ctx = self};
	int r = 0;

	if (!self->connection)
		r = broker_connect(&self->config, &self->address, &hooks, &self->connection, f);
	if (!r)
		r = send_all(self, messages, count, ret_sent, f);
	if (r)
		self->connection = broker_disconnect(self->connection, false);
	return r;
}

/* Heartbeats, and whether the broker is still there. */
static void amqp_idle(void *ctx)
{
	Amqp *self = ctx;
	BrokerConfirm confirm;
	int r = 0;

	while (self->connection && r == 0) {
		r = broker_next_confirm(self->connection, 0, &confirm, NULL);
		if (r < 0)
			self->connection = broker_disconnect(self->connection, false);
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
