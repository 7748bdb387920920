/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Notifications as the configuration has them: what is made, and by whom it is sent.
 *
 * Thread-safety: notifications_wake() from any thread.
 */
#pragma once

#include "contract/store.h"
#include "daemon/config.h"

typedef struct Notifications Notifications;

/*
 * From here on changes are told, and sent. *ret is NULL when nobody is to be told. The
 * configuration outlives it.
 */
_must_use_ int notifications_open(const Config *config, Store *store, Notifications **ret,
				  Fault *f);
/* There is something to send; cheap, never blocks. */
void notifications_wake(Notifications *notifications);
/* What was not sent waits in the store. Takes NULL, returns NULL. */
Notifications *notifications_close(Notifications *notifications);
