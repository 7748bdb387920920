/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A client of cleatd that costs little: one kept connection, no parsing beyond the status and the
 * length. And a storm of them: threads that repeat a turn until the time is up.
 */
#pragma once

#include <stdatomic.h>

#include "base/macros.h"

enum { BENCH_ID_LENGTH = 36, BENCH_TURNS_MAX = 1 << 20 };

typedef struct Storm Storm;
typedef struct StormClient StormClient;

struct StormClient {
	Storm *storm;
	unsigned index;
	int fd;
	char *reply;
	size_t reply_size;
	const char *body; /* of the last reply */
	void *state;      /* the turn's own */
};

struct Storm {
	uint16_t port;
	const char *token;
	const char *api;     /* what all paths are below: "/volume/v3" */
	const char *version; /* of it: "volume 3.66" */
	unsigned clients;
	int64_t end_ms;
	bool (*turn)(StormClient *client); /* false: something was refused */
	void *ctx;
	/* What came out. */
	atomic_uint turns;
	atomic_uint refusals;
	uint32_t *taken_us; /* of the first BENCH_TURNS_MAX turns */
	int64_t ms;
};

/* Send a request and read the reply; its status, or 0 when the connection ended. */
int storm_ask(StormClient *client, const char *method, const char *path, const char *body);
/* The text behind "id":" in the last reply. False when there is none. */
bool storm_id(const StormClient *client, char out[static BENCH_ID_LENGTH + 1]);

/* Run it and print "TURNS cycles in MS ms, p50 US us, p99 US us". The exit code of a program. */
int storm_run(Storm *storm, unsigned seconds);
