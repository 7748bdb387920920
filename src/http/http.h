/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An HTTP/1.1 server that knows nothing of OpenStack: libmicrohttpd behind one header.
 *
 * A request is served in this order: its head is checked (an ill-formed one is answered 400 here
 * and closed), `head` of the application sees it, the body is collected or streamed, `serve` runs,
 * the reply goes out, `done` runs. `head` may reply already; then `serve` does not run, and the
 * connection closes unless the body is small enough to be read and dropped. `serve` replies, or
 * calls http_suspend() first and then lets another thread reply and http_resume(). All calls for
 * one request happen on one thread at a time.
 *
 * An HTTP thread must never block for long: what waits is suspended.
 *
 * Time. Head and collected body must arrive within request_ms, and so must the reply be taken. A
 * streamed body may take as long as it needs while it flows: never silent for request_ms, and
 * after the first request_ms at stream_rate bytes per second on average or more. Whoever is too
 * slow is cut off without a word. While the application works there is no deadline.
 */
#pragma once

#include <sys/socket.h>

#include "base/arena.h"
#include "base/fault.h"

typedef struct HttpServer HttpServer;
typedef struct HttpRequest HttpRequest;
typedef struct HttpApp HttpApp;
typedef struct HttpConfig HttpConfig;

/*
 * Takes body bytes as they come, instead of collecting them. It may http_reply() when it wants no
 * more. A fault goes to `refuse` as 500 with its text. In both cases the rest of the body is read
 * and dropped, because clients look for a reply only after their last byte.
 */
typedef int (*HttpSink)(void *ctx, const void *bytes, size_t n, Fault *f);

struct HttpApp {
	void *ctx;
	/* The head is there; may reply or set a sink. Runs on an HTTP thread. */
	void (*head)(HttpRequest *req, void *ctx);
	/* The body is there; replies or suspends. Runs on an HTTP thread. */
	void (*serve)(HttpRequest *req, void *ctx);
	/*
	 * The request is over, answered or not (http_delivered()), after any of the others ran;
	 * frees http_state().
	 */
	void (*done)(HttpRequest *req, void *ctx);
	/*
	 * Replies to errors found by the server itself (400, 413, 500): body and headers. The
	 * reason is for the client, but not that of a 500. May run without `head` having run.
	 */
	void (*refuse)(HttpRequest *req, unsigned status, const char *reason, void *ctx);
};

/* Zero means the limit of base/limits.h where there is one. */
struct HttpConfig {
	int listen_fd;        /* taken over, also when the start fails */
	unsigned threads;     /* 0: one a core, at least 2 */
	unsigned per_peer;    /* connections of one address at a time; 0: no limit */
	size_t body_max;      /* bytes of a collected body; beyond: 413 */
	uint64_t stream_max;  /* bytes of a streamed body; beyond: 413 */
	uint64_t stream_rate; /* bytes per second */
	int64_t request_ms;   /* see "Time" above */
	int64_t drain_ms;     /* how long a drain bears with slow clients */
	const char *tls_cert; /* PEM text, or NULL for plain HTTP */
	const char *tls_key;
	const char *proxies; /* see peer.h; NULL: none. Borrowed */
	bool nameless;       /* Host may be empty, as where a Unix socket has no name */
	HttpApp app;
};

_must_use_ int http_server_start(const HttpConfig *config, HttpServer **ret, Fault *f);

/*
 * Stop accepting and finish what is running. Clients are cut off after drain_ms; suspended requests
 * are waited for, so their owners must still resume them.
 */
void http_server_drain(HttpServer *server);

/* Drains first when nobody did. */
HttpServer *http_server_free(HttpServer *server);
DEFINE_CLEANUP(HttpServer, http_server_free)

/*
 * Serve a connection that somebody else has accepted; the socket is taken over in any case.
 * http_peer() is then `peer`, which no client can bring about by itself.
 */
_must_use_ int http_server_take(HttpServer *server, int fd, const char *peer, Fault *f);

/* Open a listening socket for "ADDRESS:PORT", "[V6]:PORT" or "unix:PATH". */
_must_use_ int http_listen(const char *where, int *ret_fd, Fault *f);
/* "127.0.0.1:34567" of a listening socket, in `out`. */
_must_use_ int http_listen_name(int fd, char *out, size_t size, Fault *f);
/* Whether the socket can only be reached from this machine. */
bool http_listen_is_local(int fd);

/* What was asked. Texts live as long as the request. */
Arena *http_arena(HttpRequest *req);
const char *http_request_id(const HttpRequest *req); /* "req-<uuid>" */
const char *http_method(const HttpRequest *req);
const char *http_path(const HttpRequest *req);       /* still percent-encoded, without the query */
const char *http_query_text(const HttpRequest *req); /* as sent, without '?'; "" when absent */
const char *http_header(const HttpRequest *req, const char *name); /* first one, or NULL */
const char *http_body(const HttpRequest *req, size_t *ret_length);
const char *http_peer(const HttpRequest *req);   /* the client's address, also behind proxies */
const char *http_scheme(const HttpRequest *req); /* "http" or "https" */

typedef struct HttpParam {
	const char *name;
	const char *value; /* "" when there was no '=' */
} HttpParam;

/* Decoded query parameters in order, at most LIMIT_HTTP_QUERY_PARAMS. */
const HttpParam *http_query(const HttpRequest *req, size_t *ret_count);
/* The last one of that name, or NULL. */
const char *http_query_value(const HttpRequest *req, const char *name);

/* Percent-decode a path segment into the arena; NULL for wrong escapes, a NUL or bad UTF-8. */
const char *http_decode(Arena *arena, const char *text);
/* Percent-encode what a query value may not hold. */
const char *http_encode(Arena *arena, const char *text);

/* When it is done: the whole reply went to a client that was still there. */
bool http_delivered(const HttpRequest *req);

void http_set_state(HttpRequest *req, void *state);
void *http_state(const HttpRequest *req);

/* From `head`: stream the body into a sink instead of collecting it. */
void http_set_sink(HttpRequest *req, HttpSink sink, void *ctx);

/* The reply. The body is taken over (free()d when sent) and may be NULL. Call it once. */
void http_reply(HttpRequest *req, unsigned status, const char *content_type, char *body,
		size_t length);
/*
 * Before the reply or after it, until the request is resumed or `serve` returns. A name or value
 * with a line break is left out.
 */
void http_reply_header(HttpRequest *req, const char *name, const char *value);

/* From `serve`, before another thread hears of the request. */
void http_suspend(HttpRequest *req);
/* From any thread, once, after http_reply(). */
void http_resume(HttpRequest *req);
