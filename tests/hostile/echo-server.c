/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The HTTP room with next to nothing behind it, for hostile clients to be let loose on:
 *
 *     echo-server [--listen ADDRESS] [--request-ms N] [--tls CERT-FILE KEY-FILE]
 *
 * Prints the address it listens on and serves until SIGTERM. /sink streams the body and replies
 * its length, /wait replies from another thread, every other path replies the body.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "http/http.h"

static void reply_text(HttpRequest *req, unsigned status, const char *text)
{
	http_reply(req, status, "application/json", mem_strdup(text), strlen(text));
}

static int echo_sink(void *ctx, const void *bytes _unused_, size_t n, Fault *f _unused_)
{
	uint64_t *total = ctx;

	*total += n;
	return 0;
}

static void echo_head(HttpRequest *req, void *ctx _unused_)
{
	if (!str_eq(http_path(req), "/sink"))
		return;
	http_set_state(req, ARENA_NEW(http_arena(req), uint64_t));
	http_set_sink(req, echo_sink, http_state(req));
}

static void *reply_later(void *arg)
{
	HttpRequest *req = arg;

	reply_text(req, 200, "{\"waited\": true}");
	http_resume(req);
	return NULL;
}

static void echo_wait(HttpRequest *req)
{
	pthread_t thread;

	http_suspend(req);
	if (pthread_create(&thread, NULL, reply_later, req))
		reply_later(req);
	else
		pthread_detach(thread);
}

static void echo_serve(HttpRequest *req, void *ctx _unused_)
{
	const char *body;
	size_t length;

	if (str_eq(http_path(req), "/wait")) {
		echo_wait(req);
	} else if (http_state(req)) {
		const uint64_t *total = http_state(req);

		reply_text(req, 200,
			   arena_printf(http_arena(req), "%llu", (unsigned long long)*total));
	} else {
		body = http_body(req, &length);
		http_reply(req, 200, "text/plain", mem_strndup(body, length), length);
	}
}

static void echo_done(HttpRequest *req _unused_, void *ctx _unused_)
{
}

static void echo_refuse(HttpRequest *req, unsigned status, const char *reason, void *ctx _unused_)
{
	reply_text(req, status, arena_printf(http_arena(req), "{\"error\": \"%s\"}", reason));
}

/* The text of a file; the caller frees it. */
static char *file_text(const char *path)
{
	FILE *file = fopen(path, "re");
	Buf text = {0};
	int c;

	while (file && (c = getc(file)) != EOF)
		buf_add_char(&text, (char)c);
	if (file)
		(void)fclose(file); /* only read */
	return buf_take(&text);
}

/* False when the command line makes no sense. */
static bool options_read(int argc, char **argv, HttpConfig *config, const char **ret_listen)
{
	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--listen") && i + 1 < argc) {
			*ret_listen = argv[++i];
		} else if (str_eq(argv[i], "--request-ms") && i + 1 < argc) {
			if (!str_parse_i64(argv[++i], &config->request_ms))
				return false;
		} else if (str_eq(argv[i], "--tls") && i + 2 < argc) {
			config->tls_cert = file_text(argv[++i]);
			config->tls_key = file_text(argv[++i]);
		} else {
			return false;
		}
	}
	return true;
}

static int serve(HttpConfig *config, const char *where, const sigset_t *signals, Fault *f)
{
	_cleanup_(http_server_freep) HttpServer *server = NULL;
	char name[128];
	int r, got;

	r = http_listen(where, &config->listen_fd, f);
	if (r)
		return r;
	r = http_listen_name(config->listen_fd, name, sizeof(name), f);
	if (r)
		return r;
	r = http_server_start(config, &server, f);
	if (r)
		return r;
	(void)printf("listening on %s\n", name);
	(void)fflush(stdout); /* the test reads it; if it cannot, it will say so */
	return sigwait(signals, &got);
}

int main(int argc, char **argv)
{
	HttpConfig config = {
		.stream_max = UINT64_C(1) << 40,
		.app = {NULL, echo_head, echo_serve, echo_done, echo_refuse},
	};
	const char *where = "127.0.0.1:0";
	sigset_t signals;
	Fault f = {0};
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (!options_read(argc, argv, &config, &where)) {
		(void)fprintf(stderr, "echo-server: see its source for the options\n");
		return 2;
	}
	r = serve(&config, where, &signals, &f);
	if (r)
		(void)fprintf(stderr, "echo-server: %s\n", f.text);
	free((void *)(uintptr_t)config.tls_cert);
	free((void *)(uintptr_t)config.tls_key);
	return r ? 1 : 0;
}
