/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The clock behind every connection. libmicrohttpd's own time-out starts again at each byte, so a
 * client that dribbles would live for ever; here each socket has a deadline, and a thread that
 * looks round shuts down (shutdown(2), never close) those that passed it. libmicrohttpd then sees
 * the end of the stream and cleans up in its own thread.
 *
 * The same thread closes sockets slowly: when a request is answered before its body was read, a
 * plain close makes the kernel send a reset that can overtake the answer. Such a socket is read
 * empty for a while first.
 */
#pragma once

#include <stdatomic.h>

#include "base/fault.h"

typedef struct HttpWatch HttpWatch;
typedef struct HttpWatched HttpWatched;

#define HTTP_WATCH_NEVER INT64_MAX

struct HttpWatched {
	HttpWatched *next;
	HttpWatched **link; /* what points here */
	int fd;
	_Atomic int64_t deadline_ms; /* on the monotonic clock */
};

/* Look round every tick_ms. */
_must_use_ int http_watch_new(int64_t tick_ms, HttpWatch **ret, Fault *f);
HttpWatch *http_watch_free(HttpWatch *watch);
DEFINE_CLEANUP(HttpWatch, http_watch_free)

void http_watch_add(HttpWatch *watch, HttpWatched *watched, int fd, int64_t deadline_ms);

/* Must come before the descriptor is closed. `linger`: read it empty behind the owner's back. */
void http_watch_remove(HttpWatch *watch, HttpWatched *watched, bool linger);

/* From now on no deadline but NEVER is later than this one. */
void http_watch_hurry(HttpWatch *watch, int64_t deadline_ms);

static inline void http_watch_set(HttpWatched *watched, int64_t deadline_ms)
{
	atomic_store_explicit(&watched->deadline_ms, deadline_ms, memory_order_relaxed);
}
