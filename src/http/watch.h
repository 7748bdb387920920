/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The clock behind every connection. libmicrohttpd's own time-out starts again at each byte, so a
 * client that dribbles would live for ever; here each socket has a deadline, and a thread that
 * looks round shuts down (shutdown(2), never close) those that passed it. libmicrohttpd then sees
 * the end of the stream and cleans up in its own thread.
 *
 * It also sees the end of a stream that libmicrohttpd missed: when it comes together with the last
 * bytes, there is no further edge for epoll to tell.
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
	_Atomic bool hears;          /* waits for bytes, so that their end is the end */
	int64_t ended_ms;            /* the deadline under which the stream was seen to end, or 0 */
};

/* Look round every tick_ms. */
_must_use_ int http_watch_new(int64_t tick_ms, HttpWatch **ret, Fault *f);
HttpWatch *http_watch_free(HttpWatch *watch);
DEFINE_CLEANUP(HttpWatch, http_watch_free)

/* Begins as after http_watch_hear(). */
void http_watch_add(HttpWatch *watch, HttpWatched *watched, int fd, int64_t deadline_ms);

/* Must come before the descriptor is closed. `linger`: read it empty behind the owner's back. */
void http_watch_remove(HttpWatch *watch, HttpWatched *watched, bool linger);

/* From now on no deadline but NEVER is later than this one. */
void http_watch_hurry(HttpWatch *watch, int64_t deadline_ms);

/* The client must have sent something by then. */
static inline void http_watch_hear(HttpWatched *watched, int64_t deadline_ms)
{
	atomic_store_explicit(&watched->hears, true, memory_order_relaxed);
	atomic_store_explicit(&watched->deadline_ms, deadline_ms, memory_order_relaxed);
}

/* The client must have taken our bytes by then; NEVER while it is our turn. */
static inline void http_watch_set(HttpWatched *watched, int64_t deadline_ms)
{
	atomic_store_explicit(&watched->hears, false, memory_order_relaxed);
	atomic_store_explicit(&watched->deadline_ms, deadline_ms, memory_order_relaxed);
}
