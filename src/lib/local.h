/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One volume of a service on this machine: what attaching, detaching and recovering have in common.
 *
 * Services since 3.44 know attachments; older ones are asked by actions on the volume. A record of
 * the older way carries its own id for an attachment's.
 */
#pragma once

#include "client/connection.h"
#include "lib/priv.h"

/* A volume that is worked on, until side_done(). */
typedef struct Side {
	cleat_host *host;
	cleat_cloud *cloud;
	Arena *arena;
	LocalWork *work;      /* NULL until side_begin() */
	const char *endpoint; /* names the service and its project in records */
	int minor;            /* 3.N that is spoken */
	struct cleat_error *error;
} Side;

void side_done(Side *side);
/* Ask the service which version it speaks; nothing is locked yet. */
int side_open(Side *side);
/* Nobody else works on the volume from here on. CLEAT_REFUSED: its records are another machine's.
 */
int side_begin(Side *side, const char *volume_id, int64_t deadline_ms);

/* End the attachment of a record that this machine has nothing of, and forget the record. */
int side_release(Side *side, LocalRecord *record);
/* Take a record back that was interrupted or cannot go on: from this machine and the service. */
int side_undo(Side *side, LocalRecord *record, bool force);

/* The host's name in a connector. */
const char *connector_host(Arena *arena, const char *connector);
/* Whether it was attached by actions, as the service knows it now or knew it then. */
bool side_is_legacy(const Side *side, const LocalRecord *record);
