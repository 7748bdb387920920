/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A connection to a broker. Each lane has a channel that confirms. After a fault the connection may
 * be lost (broker_is_lost); or a lane's channel is closed, and nothing that was published there is
 * confirmed any more: the lane has to be opened again.
 */
#pragma once

#if __has_include(<rabbitmq-c/amqp.h>) /* from 0.12 on */
#include <rabbitmq-c/amqp.h>
#else
#include <amqp.h>
#endif

#include "base/arena.h"
#include "contract/notifier.h"

typedef struct Broker Broker;

/* Where a broker is; texts in the arena. */
typedef struct BrokerAddress {
	const char *host;
	const char *user;
	const char *password;
	const char *vhost;
	int port;
	bool tls;
} BrokerAddress;

/*
 * Read "amqp://USER:PASSWORD@HOST:PORT/VHOST", amqps:// or rabbit://; without a virtual host it is
 * "/". A fault does not repeat the text, which has a password in it.
 */
_must_use_ int broker_address_read(const char *url, Arena *arena, BrokerAddress *ret, Fault *f);

/*
 * Connect and log in. `on_socket` hears of the socket before anything waits on it, and of -1
 * before it is closed.
 */
typedef struct BrokerHooks {
	void (*on_socket)(void *ctx, int fd);
	void *ctx;
} BrokerHooks;

_must_use_ int broker_connect(const NotifierConfig *config, const BrokerAddress *address,
			      const BrokerHooks *hooks, Broker **ret, Fault *f);
/* `politely`: tell the broker, which takes a moment. Takes NULL, returns NULL. */
Broker *broker_disconnect(Broker *connection, bool politely);

/* Nothing can be done with it any more. Takes NULL, which is lost. */
bool broker_is_lost(const Broker *connection);

/* Have a channel for the lane, unless it has one. */
_must_use_ int broker_open_lane(Broker *connection, unsigned lane, Fault *f);

/*
 * Make an exchange, a queue and their binding be there, once in a connection. A fault closes no
 * lane's channel.
 */
_must_use_ int broker_declare(Broker *connection, const char *exchange, const char *queue,
			      Fault *f);

typedef struct BrokerMessage {
	const char *exchange;
	const char *queue;
	const char *body;
	size_t length;
} BrokerMessage;

/* Publish; *ret_tag is what its confirm will say. Tags of a lane rise. */
_must_use_ int broker_publish(Broker *connection, unsigned lane, const BrokerMessage *message,
			      uint64_t *ret_tag, Fault *f);

/* What a broker says of tags of a lane: this one, or all up to it. */
typedef struct BrokerConfirm {
	unsigned lane;
	uint64_t tag;
	bool multiple;
	bool refused; /* with its channel closed, too, all that is not confirmed */
	char why[FAULT_TEXT_MAX];
} BrokerConfirm;

typedef enum BrokerOutcome {
	BROKER_SILENT = 1, /* said so far */
} BrokerOutcome;

/* The next confirm of any lane, within that time. BROKER_SILENT. Keeps the connection alive, too.
 */
_must_use_ int broker_next_confirm(Broker *connection, int64_t wait_ms, BrokerConfirm *ret,
				   Fault *f);
