/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A connection to a broker: made, used on one channel that confirms, and given up after any fault.
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

/* Make an exchange, a queue and their binding be there, once in a connection. */
_must_use_ int broker_declare(Broker *connection, const char *exchange, const char *queue,
			      Fault *f);

/* Publish; *ret_tag is what its confirm will say. */
_must_use_ int broker_publish(Broker *connection, const char *exchange, const char *queue,
			      const char *body, size_t length, uint64_t *ret_tag, Fault *f);

/* What a broker says of tags: this one, or all up to it. */
typedef struct BrokerConfirm {
	uint64_t tag;
	bool multiple;
	bool refused;
} BrokerConfirm;

typedef enum BrokerOutcome {
	BROKER_SILENT = 1, /* said so far */
} BrokerOutcome;

/* The next confirm, within that time. BROKER_SILENT. Keeps the connection alive, too. */
_must_use_ int broker_next_confirm(Broker *connection, int64_t wait_ms, BrokerConfirm *ret,
				   Fault *f);
