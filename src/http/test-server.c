/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The server on loopback sockets: an application of a few paths, and clients that write bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "http/http.h"
#include "tests/lib/test.h"

enum { BODY_MAX = 1000, STREAM_MAX = 1 << 20, PATIENCE_MS = 60000, BRIEF_MS = 150 };

/* The application, and what it saw. */
typedef struct Seen {
	atomic_int heads, serves, dones, delivered, refusals;
	atomic_ullong sunk;
	atomic_bool sink_breaks, sink_replies;
	HttpRequest *waiting; /* written before `suspended` is posted */
	sem_t suspended;
} Seen;

typedef struct Fixture {
	Seen seen;
	HttpServer *server;
	char where[64];
} Fixture;

static void reply_text(HttpRequest *req, unsigned status, const char *text)
{
	http_reply(req, status, "text/plain", mem_strdup(text), strlen(text));
}

static int seen_sink(void *ctx, const void *bytes _unused_, size_t n, Fault *f)
{
	HttpRequest *req = ctx;
	Seen *seen = http_state(req);

	atomic_fetch_add(&seen->sunk, n);
	if (atomic_load(&seen->sink_breaks))
		return fault(f, -ENOSPC, "disk full");
	if (atomic_load(&seen->sink_replies))
		reply_text(req, 409, "no more");
	return 0;
}

static void seen_head(HttpRequest *req, void *ctx)
{
	Seen *seen = ctx;

	atomic_fetch_add(&seen->heads, 1);
	http_set_state(req, seen);
	http_reply_header(req, "X-Request-Id", http_request_id(req));
	if (str_eq(http_path(req), "/deny"))
		reply_text(req, 401, "denied");
	if (str_eq(http_path(req), "/sink"))
		http_set_sink(req, seen_sink, req);
}

static void seen_serve(HttpRequest *req, void *ctx)
{
	Seen *seen = ctx;
	const char *path = http_path(req), *body;
	size_t length;

	atomic_fetch_add(&seen->serves, 1);
	if (str_eq(path, "/wait")) {
		http_suspend(req);
		seen->waiting = req;
		(void)sem_post(&seen->suspended);
	} else if (str_eq(path, "/echo")) {
		body = http_body(req, &length);
		http_reply(req, 200, "text/plain", mem_strndup(body, length), length);
	} else if (str_eq(path, "/sink")) {
		reply_text(req, 200,
			   arena_printf(http_arena(req), "%llu", atomic_load(&seen->sunk)));
	} else if (str_eq(path, "/query")) {
		const char *value = http_query_value(req, "a");

		reply_text(req, 200,
			   arena_printf(http_arena(req), "%s|%s|%s|%s", http_method(req),
					value ? value : "-", http_query_text(req), http_peer(req)));
	} else if (str_eq(path, "/empty")) {
		http_reply(req, 204, NULL, NULL, 0);
	} else {
		reply_text(req, 200, "hello");
	}
}

static void seen_done(HttpRequest *req, void *ctx)
{
	atomic_fetch_add(&((Seen *)ctx)->delivered, http_delivered(req));
	atomic_fetch_add(&((Seen *)ctx)->dones, 1);
}

static void seen_refuse(HttpRequest *req, unsigned status, const char *reason, void *ctx)
{
	atomic_fetch_add(&((Seen *)ctx)->refusals, 1);
	reply_text(req, status, reason);
}

static Fixture *fixture_limited(int64_t request_ms, unsigned per_peer)
{
	Fixture *fx = NEW(Fixture);
	HttpConfig config = {
		.per_peer = per_peer,
		.body_max = BODY_MAX,
		.stream_max = STREAM_MAX,
		.request_ms = request_ms,
		.app = {&fx->seen, seen_head, seen_serve, seen_done, seen_refuse},
	};
	Fault f = {0};

	assert_int_equal(sem_init(&fx->seen.suspended, 0, 0), 0);
	assert_int_equal(http_listen("127.0.0.1:0", &config.listen_fd, &f), 0);
	assert_int_equal(http_listen_name(config.listen_fd, fx->where, sizeof(fx->where), &f), 0);
	assert_int_equal(http_server_start(&config, &fx->server, &f), 0);
	return fx;
}

static Fixture *fixture_new(int64_t request_ms)
{
	return fixture_limited(request_ms, 0);
}

static Fixture *fixture_free(Fixture *fx)
{
	(void)http_server_free(fx->server);
	sem_destroy(&fx->seen.suspended);
	free(fx);
	return NULL;
}
DEFINE_CLEANUP(Fixture, fixture_free)

/* A client at 127.0.0.N, connected; reads give up after PATIENCE_MS. */
static int client_open_from(const Fixture *fx, uint32_t n)
{
	const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t port;

	address.sin_addr.s_addr = htonl((UINT32_C(127) << 24) + n);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(str_parse_u64(strchr(fx->where, ':') + 1, &port));
	address.sin_port = htons((uint16_t)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

static int client_open(const Fixture *fx)
{
	return client_open_from(fx, 1);
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Read until the text ends with `end`, or to the end of the stream when it is NULL. */
static char *hear(int fd, const char *end)
{
	Buf text = {0};
	char bytes[4096];

	while (!end || !str_ends(buf_text(&text), end)) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

		if (n <= 0)
			break;
		buf_append(&text, bytes, (size_t)n);
	}
	return buf_take(&text);
}

#define assert_heard(fd, end, ...)                                                                 \
	do {                                                                                       \
		const char *const wanted_[] = {__VA_ARGS__};                                       \
		_cleanup_(freep) char *heard_ = hear((fd), (end));                                 \
		for (size_t w_ = 0; w_ < ARRAY_SIZE(wanted_); w_++)                                \
			if (!strstr(heard_, wanted_[w_]))                                          \
				fail_msg("no '%s' in '%s'", wanted_[w_], heard_);                  \
	} while (0)

/* One request on its own connection, closed by the server or by us after `end`. */
static char *ask(const Fixture *fx, const char *request, const char *end)
{
	_cleanup_(closep) int fd = client_open(fx);

	say(fd, request);
	return hear(fd, end);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"
#define POST(path, length, body)                                                                   \
	"POST " path " HTTP/1.1\r\nHost: t\r\nContent-Length: " length "\r\n\r\n" body
#define CHUNKED(path) "POST " path " HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"

TEST(keep_alive_and_pipelining)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);

	say(fd, GET("/"));
	assert_heard(fd, "hello", "HTTP/1.1 200 OK", "Date: ", "X-Request-Id: req-",
		     "Content-Type: text/plain", "Content-Length: 5");
	say(fd, POST("/echo", "3", "one") POST("/echo", "3", "two") GET("/deny") GET("/query?a=z"));
	assert_heard(fd, "|127.0.0.1", "\r\n\r\none", "\r\n\r\ntwo", "401 Unauthorized",
		     "\r\n\r\nGET|z|a=z|127.0.0.1");
	assert_int_equal(atomic_load(&fx->seen.heads), 5);
	assert_int_equal(atomic_load(&fx->seen.serves), 4);
}

TEST(every_request_is_done_once)
{
	Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);

	say(fd, GET("/"));
	free(hear(fd, "hello"));
	say(fd, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nfour");
	assert_int_equal(shutdown(fd, SHUT_WR), 0); /* an aborted upload */
	free(hear(fd, NULL));
	http_server_drain(fx->server);
	assert_int_equal(atomic_load(&fx->seen.heads), 2);
	assert_int_equal(atomic_load(&fx->seen.serves), 1);
	assert_int_equal(atomic_load(&fx->seen.dones), 2);
	assert_int_equal(atomic_load(&fx->seen.delivered), 1);
	fixture_free(fx);
}

TEST(bodies_without_length)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);

	say(fd, CHUNKED("/echo") "3\r\nabc\r\n");
	say(fd, "a;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
	assert_heard(fd, "abc0123456789", "200 OK");
	say(fd, GET("/"));
	assert_heard(fd, "hello", "200 OK");
}

TEST(expect_continue)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);

	say(fd,
	    "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	assert_heard(fd, "\r\n\r\n", "HTTP/1.1 100 Continue");
	say(fd, "abc");
	assert_heard(fd, "abc", "200 OK");
	say(fd,
	    "POST /deny HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	assert_heard(fd, NULL, "HTTP/1.1 401 Unauthorized", "Connection: close", "denied");
}

TEST(reply_without_body)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);

	say(fd, "HEAD / HTTP/1.1\r\nHost: t\r\n\r\n");
	assert_heard(fd, "\r\n\r\n", "200 OK", "Content-Length: 5");
	say(fd, GET("/empty"));
	assert_heard(fd, "\r\n\r\n", "204 No Content");
	say(fd, GET("/"));
	assert_heard(fd, "hello", "200 OK");
}

TEST(small_body_of_a_denied_request_is_dropped)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);

	say(fd, POST("/deny", "3", "abc") GET("/"));
	assert_heard(fd, "hello", "401 Unauthorized", "200 OK");
	assert_int_equal(atomic_load(&fx->seen.serves), 1);
}

TEST(too_large)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(freep) char *declared = ask(fx, POST("/echo", "1001", ""), NULL);
	_cleanup_(freep) char *huge = ask(fx, POST("/echo", "99999999999999", ""), NULL);
	_cleanup_(freep) char *stream = ask(fx, POST("/sink", "1048577", ""), NULL);
	_cleanup_(closep) int fd = client_open(fx);

	assert_non_null(str_after(declared, "HTTP/1.1 413 "));
	assert_non_null(str_after(huge, "HTTP/1.1 413 "));
	assert_non_null(str_after(stream, "HTTP/1.1 413 "));
	say(fd, CHUNKED("/echo"));
	for (int i = 0; i < 11; i++) {
		char chunk[160];

		(void)snprintf(chunk, sizeof(chunk), "64\r\n%0100d\r\n", i);
		say(fd, chunk);
	}
	say(fd, "0\r\n\r\n");
	assert_heard(fd, NULL, "HTTP/1.1 413 ", "Connection: close");
	assert_int_equal(atomic_load(&fx->seen.refusals), 4);
	assert_int_equal(atomic_load(&fx->seen.serves), 0);
}

/* The reply must arrive although the client first sends all it has. */
TEST(too_large_and_sent_nevertheless)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);
	static char bytes[64 * 1024];

	say(fd, POST("/echo", "2000000", ""));
	for (int i = 0; i < 30; i++)
		assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	assert_heard(fd, NULL, "HTTP/1.1 413 ");
}

TEST(just_fits)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);
	char body[BODY_MAX + 1];

	(void)snprintf(body, sizeof(body), "%0*d", BODY_MAX, 7);
	say(fd, POST("/echo", "1000", ""));
	say(fd, body);
	assert_heard(fd, "0007", "200 OK", body);
}

TEST(streams)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);
	static char bytes[STREAM_MAX / 4];

	say(fd, POST("/sink", "1048576", ""));
	for (int i = 0; i < 4; i++)
		assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	assert_heard(fd, "1048576", "200 OK");

	atomic_store(&fx->seen.sink_replies, true);
	say(fd, POST("/sink", "6", "abcdef") GET("/"));
	assert_heard(fd, "hello", "409 Conflict", "no more", "200 OK");

	atomic_store(&fx->seen.sink_breaks, true);
	say(fd, POST("/sink", "3", "abc"));
	assert_heard(fd, NULL, "500 Internal", "disk full", "Connection: close");
}

static void *resume_later(void *arg)
{
	Fixture *fx = arg;

	while (sem_wait(&fx->seen.suspended) < 0)
		;
	reply_text(fx->seen.waiting, 202, "waited");
	http_reply_header(fx->seen.waiting, "X-After", "yes");
	http_resume(fx->seen.waiting);
	return NULL;
}

TEST(reply_from_another_thread)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx);
	pthread_t thread;

	for (int i = 0; i < 50; i++) {
		assert_int_equal(pthread_create(&thread, NULL, resume_later, fx), 0);
		say(fd, GET("/wait"));
		assert_heard(fd, "waited", "202 Accepted", "X-After: yes");
		pthread_join(thread, NULL);
	}
	assert_int_equal(atomic_load(&fx->seen.serves), 50);
}

static void *drain_now(void *arg)
{
	http_server_drain(((Fixture *)arg)->server);
	return NULL;
}

TEST(drain_waits_for_a_suspended_request)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);
	_cleanup_(closep) int fd = client_open(fx), idle = client_open(fx);
	pthread_t drain;

	say(idle, GET("/"));
	free(hear(idle, "hello"));
	say(fd, GET("/wait"));
	while (sem_wait(&fx->seen.suspended) < 0)
		;
	assert_int_equal(pthread_create(&drain, NULL, drain_now, fx), 0);
	/* Still answered, but told to go: seen once the drain has begun. */
	for (bool closing = false; !closing;) {
		say(idle, GET("/"));
		_cleanup_(freep) char *heard = hear(idle, "hello");

		closing = strstr(heard, "Connection: close");
	}
	(void)sem_post(&fx->seen.suspended);
	resume_later(fx);
	assert_heard(fd, NULL, "202 Accepted", "Connection: close", "waited");
	pthread_join(drain, NULL);
	assert_int_equal(atomic_load(&fx->seen.serves), atomic_load(&fx->seen.dones));
}

TEST(slow_heads_and_bodies_are_cut)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(BRIEF_MS);
	static const char *const begins[] = {
		"",
		"GET / HTTP/1.1\r\nHo",
		"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n",
		POST("/echo", "1000", "a"),
		CHUNKED("/echo") "5\r\n",
		POST("/sink", "1000", "a"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
		int64_t began = clock_mono_ms();
		_cleanup_(freep) char *heard = ask(fx, begins[i], NULL);

		assert_string_equal(heard, "");
		assert_true(clock_mono_ms() - began < PATIENCE_MS / 2);
	}
	assert_int_equal(atomic_load(&fx->seen.serves), 0);
}

/* Each byte restarts an idle clock, but not ours. */
TEST(dribbling_is_cut)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(10 * BRIEF_MS);
	_cleanup_(closep) int fd = client_open(fx);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int sent = 0;

	say(fd, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n");
	while (poll(&p, 1, BRIEF_MS / 10) == 0) {
		assert_true(sent++ < 1000);
		(void)send(fd, "x", 1, MSG_NOSIGNAL); /* an error shows in poll() */
	}
	assert_true(sent > 5);
	assert_int_equal(atomic_load(&fx->seen.serves), 0);
}

/* epoll tells nothing of an end that comes with the last bytes; the watch sees it. */
TEST(half_closed_clients_are_let_go)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(BRIEF_MS);

	for (int i = 0; i < 5; i++) {
		_cleanup_(closep) int fd = client_open(fx);
		int64_t began = clock_mono_ms();

		say(fd, GET("/"));
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		assert_heard(fd, NULL, "200 OK", "hello");
		assert_true(clock_mono_ms() - began < PATIENCE_MS);
	}
}

/* Longer than its deadline in all, with pauses well below it even where the machine is busy. */
TEST(flowing_stream_is_not_cut)
{
	enum { DEADLINE_MS = 3000 };
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(DEADLINE_MS);
	_cleanup_(closep) int fd = client_open(fx);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	static char bytes[4096];

	say(fd, POST("/sink", "40960", ""));
	for (int i = 0; i < 10; i++) {
		assert_int_equal(poll(&p, 1, DEADLINE_MS / 8), 0);
		assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	}
	assert_heard(fd, "40960", "200 OK");
}

TEST(ill_formed_heads_are_refused)
{
	static const char *const rows[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nContent-: 5\r\n Length\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 3\r\n\r\n",
		("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
	};
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(freep) char *heard = ask(fx, rows[i], NULL);

		if (!str_after(heard, "HTTP/1.1 400 "))
			fail_msg("row %zu: '%s'", i, heard);
	}
	assert_int_equal(atomic_load(&fx->seen.serves), 0);
}

TEST(nul_hides_nothing)
{
	static const char *const rows[] = {
		"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /?a#b HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: a#b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX#Y: a\r\n\r\n",
	};
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(closep) int fd = client_open(fx);
		size_t length = strlen(rows[i]);
		char bytes[128];

		memcpy(bytes, rows[i], length);
		*(char *)memchr(bytes, '#', length) = '\0';
		assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
		assert_heard(fd, NULL, "HTTP/1.1 400 ");
	}
}

/* The epoll loop of libmicrohttpd starves at 128 ready sockets in one thread. */
TEST(many_connections)
{
	static const int counts[] = {127, 128, 129, 256};
	_cleanup_(fixture_freep) Fixture *fx = fixture_new(PATIENCE_MS);

	for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
		int fds[256];

		for (int i = 0; i < counts[c]; i++)
			fds[i] = client_open(fx);
		for (int i = 0; i < counts[c]; i++)
			say(fds[i], GET("/"));
		for (int i = 0; i < counts[c]; i++)
			assert_heard(fds[i], "hello", "200 OK");
		for (int i = 0; i < counts[c]; i++)
			closep(&fds[i]);
	}
}

TEST(one_address_takes_no_more_than_its_share)
{
	_cleanup_(fixture_freep) Fixture *fx = fixture_limited(PATIENCE_MS, 2);
	_cleanup_(closep) int first = client_open(fx), second = -1, third = -1, other = -1;
	char byte;
	ssize_t n;

	say(first, GET("/"));
	assert_heard(first, "hello", "200 OK");
	second = client_open(fx);
	say(second, GET("/"));
	assert_heard(second, "hello", "200 OK");
	third = client_open(fx);
	n = recv(third, &byte, 1, 0); /* it is closed, and nothing was said */
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	other = client_open_from(fx, 2);
	say(other, GET("/query"));
	assert_heard(other, "|127.0.0.2", "200 OK");
	say(first, GET("/"));
	assert_heard(first, "hello", "200 OK");
}

TEST(bad_certificate_is_a_fault)
{
	HttpConfig config = {.tls_cert = "no", .tls_key = "no"};
	HttpServer *server = NULL;
	Fault f = {0};

	assert_int_equal(http_listen("127.0.0.1:0", &config.listen_fd, &f), 0);
	assert_true(http_server_start(&config, &server, &f) < 0);
	assert_int_equal(fcntl(config.listen_fd, F_GETFD), -1);
}
