/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Deadlines of sockets, on socket pairs.
 */
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/watch.h"
#include "tests/lib/test.h"

enum { TICK_MS = 5, SOON_MS = 20, LONG_MS = 60000 };

/* Whether the other end sees the end of the stream within so long. */
static bool ends_within(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, ms) == 1 && recv(fd, &c, 1, 0) <= 0;
}

TEST(late_is_cut_and_never_is_not)
{
	_cleanup_(http_watch_freep) HttpWatch *watch = NULL;
	HttpWatched late = {0}, patient = {0};
	int a[2], b[2];
	Fault f = {0};

	assert_int_equal(http_watch_new(TICK_MS, &watch, &f), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	http_watch_add(watch, &patient, b[0], HTTP_WATCH_NEVER);
	http_watch_add(watch, &late, a[0], clock_mono_ms() + SOON_MS);
	assert_true(ends_within(a[1], LONG_MS));
	assert_false(ends_within(b[1], 3 * SOON_MS));
	http_watch_hear(&patient, clock_mono_ms() + LONG_MS);
	http_watch_hurry(watch, clock_mono_ms());
	assert_true(ends_within(b[1], LONG_MS / 2));
	http_watch_remove(watch, &late, false);
	http_watch_remove(watch, &patient, false);
	for (int i = 0; i < 2; i++) {
		closep(&a[i]);
		closep(&b[i]);
	}
}

/* The end of what is heard is the end, long before the deadline; but not while we speak. */
TEST(missed_end_is_seen)
{
	_cleanup_(http_watch_freep) HttpWatch *watch = NULL;
	HttpWatched hears = {0}, speaks = {0};
	int a[2], b[2];
	Fault f = {0};

	assert_int_equal(http_watch_new(TICK_MS, &watch, &f), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	http_watch_add(watch, &hears, a[0], clock_mono_ms() + LONG_MS);
	http_watch_add(watch, &speaks, b[0], clock_mono_ms() + LONG_MS);
	http_watch_set(&speaks, clock_mono_ms() + LONG_MS);
	assert_false(ends_within(a[1], 3 * SOON_MS));
	assert_int_equal(shutdown(a[1], SHUT_WR), 0);
	assert_int_equal(shutdown(b[1], SHUT_WR), 0);
	assert_true(ends_within(a[1], LONG_MS / 2));
	assert_false(ends_within(b[1], 3 * SOON_MS));
	http_watch_remove(watch, &hears, false);
	http_watch_remove(watch, &speaks, false);
	for (int i = 0; i < 2; i++) {
		closep(&a[i]);
		closep(&b[i]);
	}
}

TEST(lingering_reads_what_still_comes)
{
	_cleanup_(http_watch_freep) HttpWatch *watch = NULL;
	HttpWatched watched = {0};
	static char bytes[256 * 1024];
	size_t sent = 0;
	Fault f = {0};
	int pair[2];

	assert_int_equal(http_watch_new(TICK_MS, &watch, &f), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	http_watch_add(watch, &watched, pair[0], HTTP_WATCH_NEVER);
	assert_int_equal(send(pair[0], "bye", 3, 0), 3);
	http_watch_remove(watch, &watched, true);
	closep(&pair[0]);
	while (sent < sizeof(bytes)) { /* far more than the socket holds */
		ssize_t n = send(pair[1], bytes + sent, sizeof(bytes) - sent, MSG_NOSIGNAL);

		assert_true(n > 0);
		sent += (size_t)n;
	}
	assert_int_equal(recv(pair[1], bytes, 16, 0), 3);
	assert_int_equal(recv(pair[1], bytes, 16, 0), 0);
	closep(&pair[1]);
}
