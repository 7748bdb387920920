/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Clients that create a volume, wait until it is available, delete it, and begin again, each on
 * one kept connection.
 *
 *     load PORT TOKEN CLIENTS SECONDS     prints "CYCLES cycles in MILLISECONDS ms"
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum { ID_LENGTH = 36, POLL_MS = 1 };

typedef struct Load {
	uint16_t port;
	const char *token;
	int64_t end_ms;
	atomic_uint cycles;
	atomic_uint refusals;
} Load;

typedef struct Client {
	Load *load;
	int fd;
	char reply[8192];
	const char *body;
	char id[ID_LENGTH + 1];
} Client;

/* Read one reply; its status, or 0 when the connection ended. */
static int reply_read(Client *client)
{
	size_t n = 0, head = 0, length = 0;

	while (!head || n < head + length) {
		ssize_t got = recv(client->fd, client->reply + n, sizeof(client->reply) - 1 - n, 0);
		const char *end, *field;

		if (got <= 0)
			return 0;
		n += (size_t)got;
		client->reply[n] = '\0';
		end = strstr(client->reply, "\r\n\r\n");
		if (head || !end)
			continue;
		head = (size_t)(end - client->reply) + 4;
		field = strstr(client->reply, "Content-Length: ");
		if (field && field < end)
			length = strtoul(field + 16, NULL, 10);
	}
	client->body = client->reply + head;
	return (int)strtol(client->reply + 9, NULL, 10);
}

static int ask(Client *client, const char *method, const char *id, const char *body)
{
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "%s /volume/v3/volumes%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			 "X-Auth-Token: %s\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n\r\n%s",
			 method, *id ? "/" : "", id, client->load->token, strlen(body), body);

	if (send(client->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		return 0;
	return reply_read(client);
}

static bool create(Client *client)
{
	const char *id;

	if (ask(client, "POST", "", "{\"volume\": {\"size\": 1}}") != 202)
		return false;
	id = strstr(client->body, "\"id\":\"");
	if (!id)
		return false;
	(void)snprintf(client->id, sizeof(client->id), "%.*s", ID_LENGTH, id + 6); /* fits */
	return true;
}

/* Whether the volume becomes available before the time is up. */
static bool await_available(Client *client)
{
	while (clock_mono_ms() < client->load->end_ms) {
		if (ask(client, "GET", client->id, "") != 200)
			return false;
		if (strstr(client->body, "\"status\":\"available\""))
			return true;
		clock_sleep_ms(POLL_MS);
	}
	return false;
}

static void *client_run(void *arg)
{
	Load *load = arg;
	Client client = {.load = load, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(load->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;

	if (connect(client.fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return NULL;
	(void)setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* or slower */
	while (clock_mono_ms() < load->end_ms) {
		if (create(&client) && await_available(&client) &&
		    ask(&client, "DELETE", client.id, "") == 202)
			atomic_fetch_add(&load->cycles, 1);
		else if (clock_mono_ms() < load->end_ms)
			atomic_fetch_add(&load->refusals, 1);
	}
	closep(&client.fd);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t port, clients, seconds;
	pthread_t *threads;
	int64_t began = clock_mono_ms();
	Load load = {0};

	if (argc != 5 || !str_parse_u64(argv[1], &port) || !str_parse_u64(argv[3], &clients) ||
	    !str_parse_u64(argv[4], &seconds))
		return 2;
	load.port = (uint16_t)port;
	load.token = argv[2];
	load.end_ms = began + (int64_t)seconds * 1000;
	threads = mem_new(clients * sizeof(*threads));
	for (size_t i = 0; i < clients; i++)
		if (pthread_create(&threads[i], NULL, client_run, &load))
			return 1;
	for (size_t i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	(void)printf("%u cycles in %lld ms\n", atomic_load(&load.cycles),
		     (long long)(clock_mono_ms() - began));
	if (atomic_load(&load.refusals))
		(void)fprintf(stderr, "%u requests were refused\n", atomic_load(&load.refusals));
	return 0;
}
