/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Clients that do the same again and again, each on one kept connection:
 *
 *     load volume PORT TOKEN CLIENTS SECONDS
 *         create a volume, wait until it is available, delete it
 *     load attachment PORT TOKEN CLIENTS SECONDS VOLUME...
 *         attach a volume of its own with a connector, complete, delete
 *     load mapping PORT TOKEN CLIENTS SECONDS "SERVER SHARE"...
 *         attach a share of its own to a server of its own, wait until that is done, detach it,
 *         wait until it is gone
 *     load get PORT TOKEN CLIENTS SECONDS COUNT
 *         show one of COUNT volumes whose ids are made of numbers
 *     load page PORT TOKEN CLIENTS SECONDS COUNT
 *         list 1000 of them behind one of them
 *
 * Prints "TURNS cycles in MS ms, p50 US us, p99 US us".
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "bench/client.h"

enum { POLL_MS = 2, PAGE = 1000, GRACE_MS = 10 * 1000 };

/* Paths of what the last arguments name. */
typedef struct Subject {
	char **volumes;
	unsigned count;
} Subject;

typedef char Path[128];

/* Whether the volume becomes available before the time is up. */
static bool await_available(StormClient *client, const char *path)
{
	while (clock_mono_ms() < client->storm->end_ms) {
		if (storm_ask(client, "GET", path, "") != 200)
			return false;
		if (strstr(client->body, "\"status\":\"available\""))
			return true;
		clock_sleep_ms(POLL_MS);
	}
	return false;
}

static bool volume_turn(StormClient *client)
{
	char id[BENCH_ID_LENGTH + 1];
	Path path;

	if (storm_ask(client, "POST", "/volumes", "{\"volume\": {\"size\": 1}}") != 202 ||
	    !storm_id(client, id))
		return false;
	(void)snprintf(path, sizeof(path), "/volumes/%s", id); /* fits, as below */
	return await_available(client, path) && storm_ask(client, "DELETE", path, "") == 202;
}

static bool attachment_turn(StormClient *client)
{
	const Subject *subject = client->storm->ctx;
	char id[BENCH_ID_LENGTH + 1], body[512];
	Path path;

	(void)snprintf(body, sizeof(body),
		       "{\"attachment\": {\"volume_uuid\": \"%s\", \"connector\": {"
		       "\"host\": \"host%u\", \"ip\": \"192.0.2.7\", \"multipath\": false, "
		       "\"initiator\": \"iqn.2004-10.org.debian:host\", \"os_type\": \"linux\", "
		       "\"platform\": \"x86_64\", \"mountpoint\": \"/dev/vdb\"}}}",
		       subject->volumes[client->index], client->index);
	if (storm_ask(client, "POST", "/attachments", body) != 200 || !storm_id(client, id))
		return false;
	(void)snprintf(path, sizeof(path), "/attachments/%s/action", id);
	if (storm_ask(client, "POST", path, "{\"os-complete\": null}") != 204)
		return false;
	(void)snprintf(path, sizeof(path), "/attachments/%s", id);
	return storm_ask(client, "DELETE", path, "") == 200;
}

/* Until the mapping is there, or gone; also when the time is up, for whoever measures next. */
static bool await_mapping(StormClient *client, const char *path, bool there)
{
	while (clock_mono_ms() < client->storm->end_ms + GRACE_MS) {
		int status = storm_ask(client, "GET", path, "");

		if (there ? status == 200 && strstr(client->body, "\"inactive\"") : status == 404)
			return true;
		if (status != 200)
			return false;
		clock_sleep_ms(POLL_MS);
	}
	return false;
}

/* The subject is "SERVER SHARE". */
static bool mapping_turn(StormClient *client)
{
	const Subject *subject = client->storm->ctx;
	const char *names = subject->volumes[client->index];
	const char *share = names + BENCH_ID_LENGTH + 1;
	char body[128];
	Path path;

	(void)snprintf(path, sizeof(path), "/servers/%.*s/shares", BENCH_ID_LENGTH, names);
	(void)snprintf(body, sizeof(body), "{\"share\": {\"share_id\": \"%s\"}}", share);
	if (storm_ask(client, "POST", path, body) != 201)
		return false;
	(void)snprintf(path, sizeof(path), "/servers/%.*s/shares/%s", BENCH_ID_LENGTH, names,
		       share);
	return await_mapping(client, path, true) && storm_ask(client, "DELETE", path, "") == 200 &&
	       await_mapping(client, path, false);
}

/* Spread over all numbers, the same in each run. */
static unsigned some_number(StormClient *client)
{
	const Subject *subject = client->storm->ctx;
	unsigned turn = atomic_load(&client->storm->turns) + client->index * 7919;

	return (unsigned)((uint64_t)turn * 2654435761u % subject->count);
}

static bool get_turn(StormClient *client)
{
	Path path;

	(void)snprintf(path, sizeof(path), "/volumes/00000000-0000-4000-8000-%012x",
		       some_number(client));
	return storm_ask(client, "GET", path, "") == 200;
}

static bool page_turn(StormClient *client)
{
	const Subject *subject = client->storm->ctx;
	unsigned number = MAX(some_number(client), (unsigned)MIN(PAGE, subject->count - 1));
	Path path;

	(void)snprintf(path, sizeof(path),
		       "/volumes/detail?limit=%d&marker=00000000-0000-4000-8000-%012x", PAGE,
		       number);
	return storm_ask(client, "GET", path, "") == 200;
}

static const struct {
	const char *name;
	bool (*turn)(StormClient *client);
	bool counts;  /* the next argument is a number of volumes */
	bool names;   /* the next arguments are volumes, one a client */
	bool compute; /* of compute's API, else of block storage's */
} modes[] = {
	{.name = "volume", .turn = volume_turn},
	{.name = "attachment", .turn = attachment_turn, .names = true},
	{.name = "mapping", .turn = mapping_turn, .names = true, .compute = true},
	{.name = "get", .turn = get_turn, .counts = true},
	{.name = "page", .turn = page_turn, .counts = true},
};

int main(int argc, char **argv)
{
	uint64_t port, clients, seconds, count = 0;
	Subject subject = {0};
	Storm storm = {.ctx = &subject};

	if (argc < 6 || !str_parse_u64(argv[2], &port) || !str_parse_u64(argv[4], &clients) ||
	    !str_parse_u64(argv[5], &seconds))
		return 2;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!str_eq(modes[i].name, argv[1]))
			continue;
		if (modes[i].counts && (argc != 7 || !str_parse_u64(argv[6], &count) || !count))
			return 2;
		if (modes[i].names && (uint64_t)argc != 6 + clients)
			return 2;
		storm.turn = modes[i].turn;
		storm.api = modes[i].compute ? "/compute/v2.1" : "/volume/v3";
		storm.version = modes[i].compute ? "compute 2.97" : "volume 3.66";
	}
	if (!storm.turn)
		return 2;
	subject = (Subject){.volumes = argv + 6, .count = (unsigned)count};
	storm.port = (uint16_t)port;
	storm.token = argv[3];
	storm.clients = (unsigned)clients;
	return storm_run(&storm, (unsigned)seconds);
}
