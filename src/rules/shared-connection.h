/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which attachments share a connection: the same host reaches the same remote end for both, so that
 * taking the transport of one away would hurt the other. They may be of different volumes.
 */
#pragma once

#include "base/arena.h"

/* Texts of one end, borrowed. */
typedef struct ConnectionTexts {
	const char *const *items;
	size_t count;
} ConnectionTexts;

/* An attachment as the rule sees it; what is not known is NULL. */
typedef struct Connection {
	const char *protocol; /* driver_volume_type: "iscsi" */
	/* The host, as its connector names it. */
	const char *host;
	const char *initiator;
	const char *nqn;
	ConnectionTexts wwpns;
	/* The remote end: an IQN, a subsystem's NQN, an export, an image, a device's path. */
	const char *target;
	ConnectionTexts portals; /* of iSCSI */
} Connection;

bool connection_is_shared(const Connection *a, const Connection *b);

/*
 * A text that is equal for all that may share a connection, to find them by; in the arena. NULL
 * when nothing can share this one.
 */
const char *connection_key(Arena *arena, const Connection *connection);
