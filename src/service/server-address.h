/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Addresses of servers on the network of guests.
 */
#pragma once

#include "model/server.h"
#include "service/service.h"

/*
 * Give a new server an address, where there is a network and the server wants an interface; written
 * with its row. REFUSAL_SERVER_CONFLICT: all are taken.
 */
_must_use_ int server_address_take(Work *work, Server *server, Fault *f);

/* The server that has the address; *ret_id is NULL when none has. */
_must_use_ int service_server_of_address(Tx *tx, Arena *arena, const char *address,
					 const char **ret_id, Fault *f);
