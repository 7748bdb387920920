/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See watch.h. One lock guards both lists; deadlines are atomic so that setting one is free.
 */
#include "http/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	LINGER_MS = 2000,
	LINGER_TICK_MS = 20,
	LINGER_READS = 32, /* a tick */
	LINGERING_MAX = 64,
};

/* A socket that its owner closed and that is still read. */
typedef struct Lingering Lingering;
struct Lingering {
	int fd;
	int64_t deadline_ms;
};

struct HttpWatch {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int64_t tick_ms;
	int64_t latest_ms; /* see http_watch_hurry() */
	HttpWatched *first;
	VEC(Lingering) lingering;
	bool stop;
};

/*
 * Whether the client has nothing more to say. Seen in two rounds under the same deadline: in the
 * first, the last bytes may have been read a moment ago and be a whole request.
 */
static bool has_ended(HttpWatched *w, int64_t deadline)
{
	bool seen_before = w->ended_ms == deadline;
	char c;

	w->ended_ms = 0;
	if (!atomic_load_explicit(&w->hears, memory_order_relaxed) ||
	    recv(w->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
		return false;
	w->ended_ms = deadline;
	return seen_before;
}

static void cut_late(HttpWatch *watch, int64_t now)
{
	for (HttpWatched *w = watch->first; w; w = w->next) {
		int64_t deadline = atomic_load_explicit(&w->deadline_ms, memory_order_relaxed);

		if (deadline == HTTP_WATCH_NEVER)
			continue;
		if (now < MIN(deadline, watch->latest_ms) && !has_ended(w, deadline))
			continue;
		(void)shutdown(w->fd, SHUT_RDWR); /* an error means that it is gone already */
		http_watch_set(w, HTTP_WATCH_NEVER);
	}
}

/* Throw away what came; false when nothing more can come. */
static bool read_empty(int fd)
{
	char bytes[16384];

	for (int i = 0; i < LINGER_READS; i++) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n == 0)
			return false;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
	}
	return true;
}

static void linger_on(HttpWatch *watch, int64_t now)
{
	size_t kept = 0;

	VEC_FOREACH (&watch->lingering, i) {
		Lingering one = watch->lingering.items[i];

		if (now < one.deadline_ms && read_empty(one.fd))
			watch->lingering.items[kept++] = one;
		else
			closep(&one.fd);
	}
	watch->lingering.count = kept;
}

static void wait_ms(HttpWatch *watch, int64_t ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	t.tv_nsec += ms % 1000 * 1000000;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&watch->wake, &watch->lock, &t); /* early is fine */
}

/* Until it is worth looking round again. */
static int64_t pause_ms(const HttpWatch *watch, int64_t now)
{
	int64_t pause =
		watch->lingering.count ? MIN(watch->tick_ms, LINGER_TICK_MS) : watch->tick_ms;

	return watch->latest_ms > now ? MIN(pause, watch->latest_ms - now) : pause;
}

static void *watch_run(void *arg)
{
	HttpWatch *watch = arg;

	pthread_mutex_lock(&watch->lock);
	while (!watch->stop) {
		int64_t now = clock_mono_ms();

		cut_late(watch, now);
		linger_on(watch, now);
		wait_ms(watch, pause_ms(watch, now));
	}
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

int http_watch_new(int64_t tick_ms, HttpWatch **ret, Fault *f)
{
	HttpWatch *watch = NEW(HttpWatch);
	pthread_condattr_t attributes;
	int r;

	watch->tick_ms = tick_ms;
	watch->latest_ms = HTTP_WATCH_NEVER;
	pthread_mutex_init(&watch->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	r = pthread_create(&watch->thread, NULL, watch_run, watch);
	if (r) {
		free(watch);
		return fault(f, -r, "no thread for the deadlines: %s", strerror(r));
	}
	*ret = watch;
	return 0;
}

HttpWatch *http_watch_free(HttpWatch *watch)
{
	if (!watch)
		return NULL;
	assert(!watch->first);
	pthread_mutex_lock(&watch->lock);
	watch->stop = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	VEC_FOREACH (&watch->lingering, i)
		closep(&watch->lingering.items[i].fd);
	vec_done(&watch->lingering);
	pthread_cond_destroy(&watch->wake);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
	return NULL;
}

void http_watch_add(HttpWatch *watch, HttpWatched *watched, int fd, int64_t deadline_ms)
{
	watched->fd = fd;
	http_watch_hear(watched, deadline_ms);
	pthread_mutex_lock(&watch->lock);
	watched->next = watch->first;
	watched->link = &watch->first;
	if (watched->next)
		watched->next->link = &watched->next;
	watch->first = watched;
	pthread_mutex_unlock(&watch->lock);
}

void http_watch_remove(HttpWatch *watch, HttpWatched *watched, bool linger)
{
	Lingering again = {.fd = -1};

	if (linger) {
		again.fd = fcntl(watched->fd, F_DUPFD_CLOEXEC, 3);
		again.deadline_ms = clock_mono_ms() + LINGER_MS;
		(void)shutdown(watched->fd, SHUT_WR); /* the reply is out; an error: peer is gone */
	}
	pthread_mutex_lock(&watch->lock);
	*watched->link = watched->next;
	if (watched->next)
		watched->next->link = watched->link;
	if (again.fd >= 0 && watch->lingering.count < LINGERING_MAX && !watch->stop) {
		vec_push(&watch->lingering, again);
		again.fd = -1;
		pthread_cond_signal(&watch->wake);
	}
	pthread_mutex_unlock(&watch->lock);
	closep(&again.fd);
}

void http_watch_hurry(HttpWatch *watch, int64_t deadline_ms)
{
	pthread_mutex_lock(&watch->lock);
	watch->latest_ms = deadline_ms;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->lock);
}
