/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See client.h.
 */
#include "bench/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

enum { REPLY_BYTES = 4 * 1024 * 1024 };

/* The length that the head of a reply announces. */
static size_t announced(const char *head, const char *end)
{
	const char *field = strstr(head, "Content-Length: ");

	return field && field < end ? strtoul(field + 16, NULL, 10) : 0;
}

static int reply_read(StormClient *client)
{
	size_t n = 0, head = 0, length = 0;

	while (!head || n < head + length) {
		ssize_t got = recv(client->fd, client->reply + n, client->reply_size - 1 - n, 0);
		const char *end;

		if (got <= 0)
			return 0;
		n += (size_t)got;
		client->reply[n] = '\0';
		end = head ? NULL : strstr(client->reply, "\r\n\r\n");
		if (!end)
			continue;
		head = (size_t)(end - client->reply) + 4;
		length = announced(client->reply, end);
	}
	client->body = client->reply + head;
	return (int)strtol(client->reply + 9, NULL, 10);
}

int storm_ask(StormClient *client, const char *method, const char *path, const char *body)
{
	char text[4096];
	int n = snprintf(text, sizeof(text),
			 "%s %s%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			 "X-Auth-Token: %s\r\nContent-Type: application/json\r\n"
			 "OpenStack-API-Version: %s\r\nContent-Length: %zu\r\n\r\n%s",
			 method, client->storm->api, path, client->storm->token,
			 client->storm->version, strlen(body), body);

	if (send(client->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		return 0;
	return reply_read(client);
}

bool storm_id(const StormClient *client, char out[static BENCH_ID_LENGTH + 1])
{
	const char *id = strstr(client->body, "\"id\":\"");

	if (!id)
		return false;
	(void)snprintf(out, BENCH_ID_LENGTH + 1, "%.*s", BENCH_ID_LENGTH, id + 6); /* fits */
	return true;
}

static bool connect_client(StormClient *client)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(client->storm->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return false;
	return setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
}

static void *client_run(void *arg)
{
	StormClient *client = arg;
	Storm *storm = client->storm;

	if (!connect_client(client))
		atomic_fetch_add(&storm->refusals, 1);
	while (clock_mono_ms() < storm->end_ms) {
		int64_t began_us = clock_mono_us();
		unsigned index;

		if (!storm->turn(client)) {
			if (clock_mono_ms() >= storm->end_ms)
				break;
			atomic_fetch_add(&storm->refusals, 1);
			continue;
		}
		index = atomic_fetch_add(&storm->turns, 1);
		if (index < BENCH_TURNS_MAX)
			storm->taken_us[index] = (uint32_t)(clock_mono_us() - began_us);
	}
	closep(&client->fd);
	free(client->reply);
	return NULL;
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void print_result(Storm *storm)
{
	size_t count = MIN(atomic_load(&storm->turns), (unsigned)BENCH_TURNS_MAX);

	qsort(storm->taken_us, count, sizeof(*storm->taken_us), by_time);
	(void)printf("%u cycles in %lld ms, p50 %u us, p99 %u us\n", atomic_load(&storm->turns),
		     (long long)storm->ms, count ? storm->taken_us[count / 2] : 0,
		     count ? storm->taken_us[count * 99 / 100] : 0);
}

int storm_run(Storm *storm, unsigned seconds)
{
	pthread_t *threads = mem_new(storm->clients * sizeof(*threads));
	StormClient *clients = mem_new(storm->clients * sizeof(*clients));
	int64_t began = clock_mono_ms();

	storm->taken_us = mem_new(BENCH_TURNS_MAX * sizeof(*storm->taken_us));
	storm->end_ms = began + (int64_t)seconds * 1000;
	for (unsigned i = 0; i < storm->clients; i++) {
		clients[i] = (StormClient){
			.storm = storm,
			.index = i,
			.reply = mem_new(REPLY_BYTES),
			.reply_size = REPLY_BYTES,
		};
		if (pthread_create(&threads[i], NULL, client_run, &clients[i]))
			return 1;
	}
	for (unsigned i = 0; i < storm->clients; i++)
		pthread_join(threads[i], NULL);
	storm->ms = clock_mono_ms() - began;
	print_result(storm);
	if (atomic_load(&storm->refusals))
		(void)fprintf(stderr, "%u turns were refused\n", atomic_load(&storm->refusals));
	free(storm->taken_us);
	free(clients);
	free(threads);
	return 0;
}
