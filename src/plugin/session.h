/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Logins at the block storage service. A session is used by one call at a time, and then kept
 * for the next one, which finds it logged in. Thread-safe.
 */
#pragma once

#include "client/client.h"
#include <cleat/cleat.h>

typedef struct Sessions Sessions;

typedef struct Session {
	Client *client;
	cleat_cloud *cloud; /* the same service, for libcleat */
	struct Session *next;
} Session;

/* Both are borrowed. */
Sessions *sessions_new(const ClientLogin *login, const struct cleat_cloud_options *cloud);
Sessions *sessions_free(Sessions *sessions);
DEFINE_CLEANUP(Sessions, sessions_free)

_must_use_ int session_take(Sessions *sessions, Session **ret, Fault *f);
/* NULL is fine. */
void session_give(Sessions *sessions, Session *session);
