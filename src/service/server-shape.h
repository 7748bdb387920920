/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The shape of a server: what its definition is made of, its flavor and what it is booted from.
 *
 * A use case that changes it writes the new shape into the row at once, as every definition is made
 * of the row, and gives its operation the old one. Turning back, the operation puts that into the
 * row again before the first step is undone.
 *
 * While a resize can be reverted its project is charged with the larger of both flavors.
 */
#pragma once

#include "service/priv.h"
#include "service/server.h"

/* An action on a server that an operation carries out. */
typedef struct Reshape {
	ServerAction action;
	TaskState task;
	const char *operation;
	const char *event;
} Reshape;

/* The server, where lock and states allow the action. */
_must_use_ int reshape_find(Work *work, const char *id, const Reshape *row, Server **ret, Fault *f);
/*
 * Write the server, begin its action and the operation; `args` is what the operation's ends are
 * told, for most the shape that turning back restores, or NULL; `image_id` what the steps make
 * disks of or into, or NULL.
 */
_must_use_ int reshape_begin(Work *work, const Reshape *row, Server *server, const char *args,
			     const char *image_id, Fault *f);

/* server-rescue.c: it is booted from its own disks from now on; only the struct. */
void server_leave_rescue(Server *server);

/* server-volume-image.c: the image of a server that boots from a volume, and its snapshots. */
_must_use_ int volume_backed_image(Work *work, const Server *server, const char *name,
				   const JsonTextMap *metadata, const char **ret_id, Fault *f);

/* The shape as an operation keeps it, in the arena. */
const char *server_shape(Arena *arena, const Server *server);

/* The flavor of a server and the time (of the steady clock), for Server.old_flavor. */
const char *server_flavor_print(Arena *arena, const Server *server, int64_t now_us);
/* Since when the resize can be confirmed; 0 without one. */
int64_t server_resized_us(Arena *arena, const Server *server);
/* The flavor that it had, in place of the one that it has. */
void server_flavor_restore(Arena *arena, Server *server);

/* What a server is charged with. */
typedef struct ServerCharge {
	int64_t cores;
	int64_t ram_mib;
} ServerCharge;

ServerCharge server_charge(Arena *arena, const Server *server);
/* From one to another, for a request. REFUSAL_QUOTA. */
_must_use_ int server_charge_more(Work *work, const Server *server, ServerCharge from, Fault *f);
/* At the end of an operation: what it was charged with less now is given back. */
_must_use_ int server_charge_less(Tx *tx, Arena *arena, const Server *server, ServerCharge from,
				  Fault *f);

/* The end of an operation that leaves a server in that state: writes it, finishes the action. */
_must_use_ int reshape_end(Tx *tx, Arena *arena, const Operation *operation, Server *server,
			   VmState vm_state, PowerState power, Fault *f);
