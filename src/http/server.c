/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See http.h. libmicrohttpd owns the sockets and a pool of threads, each with its own epoll set;
 * its callbacks are turned into the life of an HttpRequest here. What it must be told, and what it
 * gets wrong, is in this file and read.c only:
 *
 * - with exactly 128 ready sockets in one thread its epoll loop waits without serving anybody, so
 *   a thread gets fewer connections than that;
 * - a reply can be queued on the first callback or after the whole body, not between: a body that
 *   went wrong half-way is read to its end first;
 * - a reply on the first callback closes the connection: without a body it waits for the second;
 * - it reads heads kindly: see read.c;
 * - what does not fit its memory (32 KiB for a head, or for the line of a chunk) and versions
 *   beyond 1.x it answers itself, before anybody is called: 414, 431, 505 and, for the chunk, 500,
 *   in HTML. More memory would only move the bound, and is cleared for every request.
 *
 * Deadlines follow the phases of a request: each step that hands the word to the client sets one,
 * and while the application has the word there is none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/priv.h"
#include "http/uri.h"

/* What is read of an unwanted body before the connection is cut without a reply. */
#define DROP_MAX (UINT64_C(16) << 20)

/* For GnuTLS. */
static const char tls_versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

struct HttpServer {
	HttpConfig config;
	struct MHD_Daemon *daemon;
	HttpWatch *watch;
	unsigned connections_max;
	atomic_uint connections;
	atomic_uint running;  /* admitted requests */
	atomic_bool draining; /* replies close their connections */
	atomic_bool closed;   /* no request is admitted */
	pthread_mutex_t lock; /* for idle */
	pthread_cond_t idle;  /* running became 0 while draining */
};

const HttpConfig *http_config(const HttpRequest *req)
{
	return &req->server->config;
}

const char *http_scheme(const HttpRequest *req)
{
	return req->server->config.tls_cert ? "https" : "http";
}

static bool server_admit(HttpServer *server)
{
	atomic_fetch_add(&server->running, 1);
	return !atomic_load(&server->closed);
}

static void server_release(HttpServer *server)
{
	if (atomic_fetch_sub(&server->running, 1) > 1 || !atomic_load(&server->draining))
		return;
	pthread_mutex_lock(&server->lock);
	pthread_cond_signal(&server->idle);
	pthread_mutex_unlock(&server->lock);
}

/* Idle connections must not keep new clients out: near the limit, each reply closes its own. */
static bool server_crowded(HttpServer *server)
{
	unsigned connections = atomic_load_explicit(&server->connections, memory_order_relaxed);

	return connections > server->connections_max / 4 * 3;
}

static enum MHD_Result reply_queue(HttpRequest *req)
{
	HttpServer *server = req->server;
	Reply *reply = &req->reply;
	struct MHD_Response *response;
	enum MHD_Result r;

	assert(reply->given); /* or suspended: `serve` must do one of the two */
	response = reply->body ? MHD_create_response_from_buffer(reply->length, reply->body,
								 MHD_RESPMEM_MUST_FREE)
			       : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	reply->body = NULL;
	for (ReplyHeader *header = reply->headers; header; header = header->next)
		(void)MHD_add_response_header(response, header->name, header->value);
	if (req->close || atomic_load(&server->draining) || server_crowded(server))
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	r = MHD_queue_response(req->mhd, reply->status, response);
	MHD_destroy_response(response);
	req->phase = REQUEST_REPLIED;
	http_watch_set(&req->connection->watched, clock_mono_ms() + server->config.request_ms);
	return r;
}

/* The reply goes out although the client may go on sending. */
static enum MHD_Result reply_early(HttpRequest *req)
{
	req->close = true;
	req->connection->linger = true;
	return reply_queue(req);
}

static void request_refuse(HttpRequest *req, unsigned status, const char *reason)
{
	const HttpApp *app = &req->server->config.app;

	req->close = true;
	app->refuse(req, status, reason, app->ctx);
	if (!req->reply.given)
		http_reply(req, status, NULL, NULL, 0);
}

static uint64_t body_limit(const HttpRequest *req)
{
	const HttpConfig *config = &req->server->config;

	return req->sink ? config->stream_max : config->body_max;
}

/* The application replied to the head: is the body worth reading? */
static enum MHD_Result head_replied(HttpRequest *req)
{
	bool small = !req->head.chunked && req->head.length <= req->server->config.body_max;

	if (!http_head_has_body(&req->head)) {
		req->phase = REQUEST_SERVED;
		return MHD_YES;
	}
	if (req->close || req->head.expects || !small)
		return reply_early(req);
	req->phase = REQUEST_DROP;
	return MHD_YES;
}

static enum MHD_Result head_arrived(HttpRequest *req, const char *version)
{
	const HttpApp *app = &req->server->config.app;
	const char *problem;

	req->admitted = true;
	if (!server_admit(req->server)) {
		req->admitted = false;
		server_release(req->server);
		return MHD_NO;
	}
	problem = http_head_problem(req, version, req->server->config.nameless);
	if (problem) {
		request_refuse(req, MHD_HTTP_BAD_REQUEST, problem);
		return reply_early(req);
	}
	app->head(req, app->ctx);
	if (!req->reply.given && req->head.length > body_limit(req))
		request_refuse(req, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large.");
	if (req->reply.given)
		return head_replied(req);
	req->phase = req->sink ? REQUEST_STREAM : REQUEST_BODY;
	return MHD_YES;
}

/* When the next byte of a stream must be there at the latest. */
static int64_t stream_deadline(const HttpRequest *req)
{
	const HttpConfig *config = &req->server->config;
	int64_t paid_ms = (int64_t)(req->received / config->stream_rate) * 1000;
	int64_t latest = req->began_ms + config->request_ms + paid_ms;

	return MIN(latest, clock_mono_ms() + config->request_ms);
}

static void stream_arrived(HttpRequest *req, const char *bytes, size_t n)
{
	Fault f = {0};

	if (req->sink(req->sink_ctx, bytes, n, &f) && !req->reply.given)
		request_refuse(req, MHD_HTTP_INTERNAL_SERVER_ERROR, f.text);
	if (req->reply.given)
		req->phase = REQUEST_DROP;
}

static enum MHD_Result body_arrived(HttpRequest *req, const char *bytes, size_t n)
{
	req->received += n;
	if (req->phase != REQUEST_DROP && req->received > body_limit(req)) {
		request_refuse(req, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large.");
		req->phase = REQUEST_DROP;
	}
	if (req->phase == REQUEST_BODY)
		buf_append(&req->body, bytes, n);
	else if (req->phase == REQUEST_STREAM)
		stream_arrived(req, bytes, n);
	if (req->sink)
		http_watch_hear(&req->connection->watched, stream_deadline(req));
	if (req->phase == REQUEST_DROP && req->received > body_limit(req) + DROP_MAX)
		return MHD_NO;
	return MHD_YES;
}

static enum MHD_Result body_ended(HttpRequest *req)
{
	const HttpApp *app = &req->server->config.app;

	if (req->phase != REQUEST_BODY && req->phase != REQUEST_STREAM)
		return reply_queue(req);
	req->phase = REQUEST_SERVED;
	http_watch_set(&req->connection->watched, HTTP_WATCH_NEVER);
	app->serve(req, app->ctx);
	return req->suspended ? MHD_YES : reply_queue(req);
}

/* libmicrohttpd calls this at the end of the head, for each piece of the body and at its end. */
static enum MHD_Result on_request(void *cls _unused_, struct MHD_Connection *mhd _unused_,
				  const char *path, const char *method, const char *version,
				  const char *bytes, size_t *size, void **state)
{
	HttpRequest *req = *state;
	size_t n = *size;

	*size = 0;
	if (req->phase == REQUEST_HEAD && !req->admitted) {
		req->method = method;
		req->path = path;
		return head_arrived(req, version);
	}
	if (n > 0)
		return body_arrived(req, bytes, n);
	return body_ended(req);
}

/* The request line is there. What is returned becomes the state of the other callbacks. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
	HttpConnection *connection =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	const char *query = strchr(target, '?');
	HttpRequest *req = &connection->request;

	req->server = cls;
	req->connection = connection;
	req->mhd = mhd;
	req->arena = connection->arena;
	req->phase = REQUEST_HEAD;
	req->query_text = query ? arena_strdup(req->arena, query + 1) : "";
	req->began_ms = clock_mono_ms();
	memcpy(req->id, "req-", 4);
	uuid_new(req->id + 4);
	http_watch_hear(&connection->watched, req->began_ms + req->server->config.request_ms);
	return req;
}

static void on_completed(void *cls, struct MHD_Connection *mhd _unused_, void **state,
			 enum MHD_RequestTerminationCode code)
{
	HttpServer *server = cls;
	HttpRequest *req = *state;
	HttpConnection *connection;

	if (!req)
		return;
	connection = req->connection;
	req->delivered = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
	if (req->admitted) {
		server->config.app.done(req, server->config.app.ctx);
		server_release(server);
	}
	buf_done(&req->body);
	free(req->reply.body);
	*req = (HttpRequest){0};
	arena_reset(connection->arena);
	http_watch_hear(&connection->watched,
			clock_mono_ms() + LIMIT_HTTP_IDLE_S * 1000 + server->config.request_ms);
}

/* The address of a connection that was taken: of no family, so that no socket has it. */
typedef struct TakenAddress {
	struct sockaddr head;
	char peer[UUID_TEXT + 32];
} TakenAddress;

static void peer_name(struct MHD_Connection *mhd, char *out, size_t size)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;

	(void)snprintf(out, size, "local");
	if (address && address->sa_family == AF_UNSPEC)
		(void)snprintf(out, size, "%s",
			       ((const TakenAddress *)(const void *)address)->peer);
	else if (address && address->sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out,
				(socklen_t)size);
	else if (address && address->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, out,
				(socklen_t)size);
}

static void connection_open(HttpServer *server, struct MHD_Connection *mhd, void **context)
{
	HttpConnection *connection = NEW(HttpConnection);
	int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	connection->arena = arena_new();
	peer_name(mhd, connection->peer, sizeof(connection->peer));
	atomic_fetch_add(&server->connections, 1);
	http_watch_add(server->watch, &connection->watched, fd,
		       clock_mono_ms() + server->config.request_ms);
	*context = connection;
}

static void connection_close(HttpServer *server, HttpConnection *connection)
{
	http_watch_remove(server->watch, &connection->watched, connection->linger);
	atomic_fetch_sub(&server->connections, 1);
	(void)arena_free(connection->arena);
	free(connection);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	switch (code) {
	case MHD_CONNECTION_NOTIFY_STARTED:
		connection_open(cls, mhd, context);
		break;
	case MHD_CONNECTION_NOTIFY_CLOSED:
		connection_close(cls, *context);
		break;
	}
}

/* Leave escapes alone: uri.c decodes them, strictly. */
static size_t on_unescape(void *cls _unused_, struct MHD_Connection *mhd _unused_, char *text)
{
	return strlen(text);
}

_printf_(2, 0) static void on_log(void *cls _unused_, const char *format, va_list ap)
{
	_cleanup_(buf_done) Buf line = {0};

	if (!log_enabled(LOG_DEBUG))
		return;
	buf_vprintf(&line, format, ap);
	log_write(LOG_DEBUG, "libmicrohttpd: %s", buf_text(&line));
}

static void config_complete(HttpConfig *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!config->threads)
		config->threads = (unsigned)MAX(cores, 2);
	if (!config->body_max)
		config->body_max = LIMIT_HTTP_BODY_BYTES;
	if (!config->stream_rate)
		config->stream_rate = LIMIT_HTTP_STREAM_BYTES_PER_S;
	if (!config->request_ms)
		config->request_ms = LIMIT_HTTP_REQUEST_MS;
	if (!config->drain_ms)
		config->drain_ms = MIN(config->request_ms, LIMIT_HTTP_DRAIN_MS);
	if (config->tls_cert) {
		config->tls_cert = mem_strdup(config->tls_cert);
		config->tls_key = mem_strdup(config->tls_key);
	}
}

static int daemon_start(HttpServer *server, Fault *f)
{
	const HttpConfig *config = &server->config;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME | MHD_USE_ITC |
			 MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)config->tls_cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)config->tls_key},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_versions},
		{MHD_OPTION_END, 0, NULL},
	};

	if (config->tls_cert)
		flags |= MHD_USE_TLS;
	else
		tls[0] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	/* clang-format off */
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)config->listen_fd,
		MHD_OPTION_THREAD_POOL_SIZE, config->threads,
		MHD_OPTION_CONNECTION_LIMIT, server->connections_max,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, config->per_peer,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LIMIT_HTTP_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIMIT_HTTP_HEAD_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
		MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
	/* clang-format on */
	if (!server->daemon)
		return fault(f, -EIO, "libmicrohttpd does not start%s",
			     config->tls_cert ? ": is the certificate and its key well-formed?"
					      : "");
	return 0;
}

static HttpServer *server_new(const HttpConfig *config)
{
	HttpServer *server = NEW(HttpServer);

	server->config = *config;
	config_complete(&server->config);
	server->connections_max =
		server->config.threads * (unsigned)LIMIT_HTTP_CONNECTIONS_PER_THREAD;
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->idle, NULL);
	return server;
}

int http_server_start(const HttpConfig *config, HttpServer **ret, Fault *f)
{
	_cleanup_(http_server_freep) HttpServer *server = server_new(config);
	int64_t tick_ms = MIN(MAX(server->config.request_ms / 8, 5), 1000);
	int r;

	r = http_watch_new(tick_ms, &server->watch, f);
	if (r)
		return r;
	r = daemon_start(server, f);
	if (r)
		return r;
	*ret = TAKE(server);
	return 0;
}

int http_server_take(HttpServer *server, int fd, const char *peer, Fault *f)
{
	TakenAddress address = {.head.sa_family = AF_UNSPEC};

	(void)snprintf(address.peer, sizeof(address.peer), "%s", peer); /* ours: it fits */
	if (MHD_add_connection(server->daemon, fd, &address.head, sizeof(address)) == MHD_YES)
		return 0;
	return fault(f, -EAGAIN, "libmicrohttpd takes no more connections");
}

static void server_wait_idle(HttpServer *server)
{
	pthread_mutex_lock(&server->lock);
	while (atomic_load(&server->running) > 0)
		pthread_cond_wait(&server->idle, &server->lock);
	pthread_mutex_unlock(&server->lock);
}

/*
 * Two rounds: a request may still be admitted on an open connection until `closed` is set, and
 * libmicrohttpd must not be stopped while one is suspended.
 */
void http_server_drain(HttpServer *server)
{
	if (atomic_exchange(&server->draining, true))
		return;
	/* Closed when the threads are gone: until then one may still take it out of its epoll set.
	 */
	server->config.listen_fd = MHD_quiesce_daemon(server->daemon);
	if (server->config.listen_fd >= 0)
		(void)shutdown(server->config.listen_fd, SHUT_RDWR); /* refuse, do not queue */
	http_watch_hurry(server->watch, clock_mono_ms() + server->config.drain_ms);
	server_wait_idle(server);
	atomic_store(&server->closed, true);
	server_wait_idle(server);
}

HttpServer *http_server_free(HttpServer *server)
{
	if (!server)
		return NULL;
	if (server->daemon) {
		http_server_drain(server);
		MHD_stop_daemon(server->daemon);
	}
	closep(&server->config.listen_fd);
	(void)http_watch_free(server->watch);
	if (server->config.tls_cert) {
		free((void *)(uintptr_t)server->config.tls_cert);
		free((void *)(uintptr_t)server->config.tls_key);
	}
	pthread_cond_destroy(&server->idle);
	pthread_mutex_destroy(&server->lock);
	free(server);
	return NULL;
}
