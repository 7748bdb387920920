/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From the configuration to the notify room's settings, a notifier and its sender.
 */
#include "daemon/notifications.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "daemon/sender.h"
#include "notifier/amqp/amqp.h"
#include "notifier/log/log.h"
#include "notify/notify.h"

enum { DEADLINE_MS = 10 * 1000 };

struct Notifications {
	NotifySettings settings;
	Notifier *notifier;
	Sender *sender;
};

/* NULL: nobody is to be told. */
static const NotifierDriver *find_driver(const Config *config)
{
	if (str_eq(config->notifier, "log"))
		return &notifier_log;
	if (str_eq(config->notifier, "none") || !config->notify_url)
		return NULL;
	return &notifier_amqp;
}

static int open_notifier(const Config *config, const NotifierDriver *driver, Notifier **ret,
			 Fault *f)
{
	const NotifierConfig notifier = {
		.url = config->notify_url,
		.ca_file = config->notify_ca_file,
		.cert_file = config->notify_cert_file,
		.key_file = config->notify_key_file,
		.durable = config->notify_durable,
		.quorum = config->notify_quorum,
		.deadline_ms = DEADLINE_MS,
	};

	return fault_unexpected(f, notifier_open(driver, &notifier, ret, f));
}

static int start_sender(const Config *config, Store *store, Notifications *notifications, Fault *f)
{
	const SenderConfig sender = {
		.store = store,
		.notifier = notifications->notifier,
		.exchanges =
			{
				[OUTBOX_COMPUTE] = config->notify_exchange,
				[OUTBOX_VOLUME] = config->notify_volume_exchange,
				[OUTBOX_SHARE] = config->notify_share_exchange,
			},
		.topics = config->notify_topics,
		.versioned_topics = config->notify_versioned_topics,
	};

	return fault_unexpected(f, sender_start(&sender, &notifications->sender, f));
}

static int clear_work(Tx *tx, void *ctx, Fault *f)
{
	return outbox_clear(tx, ctx, f);
}

/* Nobody is to be told: what was left when somebody was waits for nobody. */
static int discard(Store *store, Fault *f)
{
	int64_t count = 0;
	int r = store_write(store, clear_work, &count, f);

	if (!r && count > 0)
		log_warning("notifications=none discarded=%" PRId64
			    " text=\"nobody is told of what waited in the outbox\"",
			    count);
	return fault_unexpected(f, r);
}

int notifications_open(const Config *config, Store *store, Notifications **ret, Fault *f)
{
	const NotifierDriver *driver = find_driver(config);
	Notifications *notifications;
	int r;

	*ret = NULL;
	if (!driver)
		return discard(store, f);
	notifications = NEW(Notifications);
	notifications->settings = (NotifySettings){
		.versioned = !str_eq(config->notify_format, "unversioned"),
		.legacy = !str_eq(config->notify_format, "versioned"),
		.devices = config->notify_devices,
		.shares = config->notify_shares,
		.network = config->network_name,
		.host = config->host,
		.outbox_limit = config->outbox_limit,
	};
	r = open_notifier(config, driver, &notifications->notifier, f);
	if (r == 0)
		r = start_sender(config, store, notifications, f);
	if (r) {
		notifications_close(notifications);
		return r;
	}
	notify_configure(&notifications->settings);
	log_info("notifications=%s format=%s", driver->name, config->notify_format);
	*ret = notifications;
	return 0;
}

void notifications_wake(Notifications *notifications)
{
	sender_wake(notifications->sender);
}

Notifications *notifications_close(Notifications *notifications)
{
	if (!notifications)
		return NULL;
	notify_configure(NULL);
	sender_stop(notifications->sender);
	notifier_close(notifications->notifier);
	free(notifications);
	return NULL;
}
