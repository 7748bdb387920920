/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See http-script.h. One thread, one connection at a time; just enough HTTP for clients that keep
 * their connection and say the length of their bodies.
 */
#include "tests/lib/http-script.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

struct HttpScript {
	const HttpScriptRow *rows;
	size_t count;
	size_t played;
	char *wrong;
	int listener;
	char url[64];
	pthread_t thread;
	char request[REQUEST_MAX]; /* head and body */
};

/* Read one request; returns false at the end of the connection. */
static int read_request(HttpScript *script, int fd)
{
	size_t have = 0, want = 0;

	for (;;) {
		ssize_t n = read(fd, script->request + have, REQUEST_MAX - 1 - have);
		char *end, *length;

		if (n <= 0)
			return 0;
		have += (size_t)n;
		script->request[have] = '\0';
		end = strstr(script->request, "\r\n\r\n");
		if (!end)
			continue;
		length = strcasestr(script->request, "\r\nContent-Length:");
		want = (size_t)(end + 4 - script->request);
		if (length && length < end)
			want += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
		if (have >= want)
			return 1;
	}
}

static void note_wrong(HttpScript *script, const char *expected)
{
	size_t line = strcspn(script->request, "\r");

	if (!script->wrong && asprintf(&script->wrong, "row %zu: expected \"%s\", got \"%.*s\"",
				       script->played, expected, (int)line, script->request) < 0)
		abort();
}

/* The row that answers what was read. */
static const HttpScriptRow *next_row(HttpScript *script)
{
	static const HttpScriptRow unexpected = {.status = 418, .body = "unexpected"};
	const HttpScriptRow *row;
	size_t length;
	bool open;

	if (script->played == script->count) {
		note_wrong(script, "nothing more");
		return &unexpected;
	}
	row = &script->rows[script->played];
	length = strlen(row->request);
	open = row->request[length - 1] == '*';
	length -= open;
	if (strncmp(script->request, row->request, length) != 0 ||
	    (!open && script->request[length] != ' ')) {
		note_wrong(script, row->request);
		return &unexpected;
	}
	if (row->holds && !strstr(script->request, row->holds)) {
		note_wrong(script, row->holds);
		return &unexpected;
	}
	if (row->lacks && strstr(script->request, row->lacks)) {
		note_wrong(script, "the same without what it must not have");
		return &unexpected;
	}
	script->played++;
	return row;
}

static int answer(int fd, const HttpScriptRow *row)
{
	const char *body = row->body ? row->body : "";
	char *text;
	int length, sent;

	length = asprintf(&text,
			  "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n"
			  "Content-Type: application/json\r\n%s\r\n%s",
			  row->status, strlen(body), row->headers ? row->headers : "", body);
	if (length < 0)
		abort();
	sent = send(fd, text, (size_t)length, MSG_NOSIGNAL) == length;
	free(text);
	return sent;
}

static void *serve(void *ctx)
{
	HttpScript *script = ctx;

	for (;;) {
		int fd = accept(script->listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		while (read_request(script, fd) && answer(fd, next_row(script)))
			;
		close(fd);
	}
}

HttpScript *http_script_start(const HttpScriptRow *rows, size_t count)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	HttpScript *script = calloc(1, sizeof(*script));

	if (!script)
		abort();
	script->rows = rows;
	script->count = count;
	script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(script->listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(script->listener, 5) < 0 ||
	    getsockname(script->listener, (struct sockaddr *)&address, &length) < 0 ||
	    pthread_create(&script->thread, NULL, serve, script) != 0)
		abort();
	snprintf(script->url, sizeof(script->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
	return script;
}

const char *http_script_url(const HttpScript *script)
{
	return script->url;
}

/* The client must have closed its connection before. */
char *http_script_end(HttpScript *script)
{
	char *wrong;

	shutdown(script->listener, SHUT_RDWR);
	pthread_join(script->thread, NULL);
	close(script->listener);
	wrong = script->wrong;
	if (!wrong && script->played < script->count &&
	    asprintf(&wrong, "row %zu was not asked for: %s", script->played,
		     script->rows[script->played].request) < 0)
		abort();
	free(script);
	return wrong;
}
