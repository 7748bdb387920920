/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A door for each guest: a unix socket, named after the server, by which the guest's own network
 * leads to the metadata service. Who comes through it is known by it; a guest's emulator can reach
 * no other one than it was started with.
 *
 * Thread-safe.
 */
#pragma once

#include "http/http.h"

typedef struct Doors Doors;

/* The sockets lie in the folder, which is absolute. */
_must_use_ int doors_new(const char *folder, Doors **ret, Fault *f);
Doors *doors_free(Doors *doors);

/* Have one for the server; fine when it is there. What goes wrong is logged. */
void doors_add(Doors *doors, const char *server_id);
void doors_remove(Doors *doors, const char *server_id);

/* From now on who comes is served; until then they wait. */
_must_use_ int doors_serve(Doors *doors, HttpServer *server, Fault *f);

/* What an emulator runs for each connection of its guest, in the arena; NULL: it could not. */
const char *doors_command(const Doors *doors, Arena *arena, const char *server_id);

/* That program, `cleatd --relay SOCKET`: between its standard streams and the door. Returns its
 * exit status. */
int doors_relay(const char *path);
