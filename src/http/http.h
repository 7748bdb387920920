/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An HTTP/1.1 server that knows nothing of OpenStack: libmicrohttpd behind one header.
 *
 * A request is served in this order: its head is checked (an ill-formed one is answered 400 here
 * and closed), `head` of the application sees it, the body is collected or streamed, `serve` runs,
 * the reply goes out, `done` runs. `head` may reply already; then the body is not awaited and the
 * connection closes. `serve` replies, or calls http_suspend() and lets another thread reply and
 * then http_resume(). All calls for one request happen on one thread at a time.
 *
 * An HTTP thread must never block for long: what waits is suspended.
 */
#pragma once

#include <sys/socket.h>

#include "base/arena.h"
#include "base/fault.h"

typedef struct HttpServer HttpServer;
typedef struct HttpRequest HttpRequest;
typedef struct HttpApp HttpApp;
typedef struct HttpConfig HttpConfig;

/* Takes body bytes as they come, instead of collecting them. A fault ends the request with 500. */
typedef int (*HttpSink)(void *ctx, const void *bytes, size_t n, Fault *f);

struct HttpApp {
	void *ctx;
	/* The head is there; may reply or set a sink. Runs on an HTTP thread. */
	void (*head)(HttpRequest *req, void *ctx);
	/* The body is there; replies or suspends. Runs on an HTTP thread. */
	void (*serve)(HttpRequest *req, void *ctx);
	/* The request is over, answered or not; frees http_state(). */
	void (*done)(HttpRequest *req, void *ctx);
	/* Fills the reply of errors found by the server itself (400, 413, 408): body and headers.
	 */
	void (*refuse)(HttpRequest *req, unsigned status, const char *reason, void *ctx);
};

struct HttpConfig {
	int listen_fd;        /* taken over */
	unsigned threads;     /* 0: one a core, at least 2 */
	size_t body_max;      /* bytes of a collected body; beyond: 413 */
	size_t stream_max;    /* bytes of a streamed body */
	int64_t request_ms;   /* a request whose bytes take longer is cut off */
	const char *tls_cert; /* PEM text, or NULL for plain HTTP */
	const char *tls_key;
	HttpApp app;
};

_must_use_ int http_server_start(const HttpConfig *config, HttpServer **ret, Fault *f);

/* Stop accepting, finish what is running (suspended requests must be resumed by their owners). */
void http_server_drain(HttpServer *server);
HttpServer *http_server_free(HttpServer *server);
DEFINE_CLEANUP(HttpServer, http_server_free)

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
const char *http_peer(const HttpRequest *req);   /* address of the other end */
const char *http_scheme(const HttpRequest *req); /* "http" or "https" */

typedef struct HttpParam {
	const char *name;
	const char *value; /* "" when there was no '=' */
} HttpParam;

/* Decoded query parameters in order, at most LIMIT_HTTP_QUERY_PARAMS. */
const HttpParam *http_query(const HttpRequest *req, size_t *ret_count);
/* The last one of that name, or NULL. */
const char *http_query_value(const HttpRequest *req, const char *name);

/* Percent-decode a path segment into the arena; NULL when the escapes are wrong or hide a NUL. */
const char *http_decode(Arena *arena, const char *text);
/* Percent-encode what a query value may not hold. */
const char *http_encode(Arena *arena, const char *text);

void http_set_state(HttpRequest *req, void *state);
void *http_state(const HttpRequest *req);

/* From `head`: stream the body into a sink instead of collecting it. */
void http_set_sink(HttpRequest *req, HttpSink sink, void *ctx);

/* The reply. The body is taken over (free()d when sent) and may be NULL. Call it once. */
void http_reply(HttpRequest *req, unsigned status, const char *content_type, char *body,
		size_t length);
bool http_replied(const HttpRequest *req);
/* Before the reply or after it, until the request is resumed or `serve` returns. */
void http_reply_header(HttpRequest *req, const char *name, const char *value);

void http_suspend(HttpRequest *req);
/* From any thread, once, after http_reply(). */
void http_resume(HttpRequest *req);
