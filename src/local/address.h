/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Addresses of this host.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

typedef enum AddressOutcome {
	ADDRESS_NO_INTERFACE = 1,
	ADDRESS_NONE, /* the interface has none that others can use */
} AddressOutcome;

/* The interface's first IPv4 address, otherwise its first IPv6 one. */
_must_use_ int address_of_interface(Arena *arena, const char *name, const char **ret, Fault *f);

/* The address by which this host reaches a server; NULL without a route to it. */
const char *address_towards(Arena *arena, const char *server, const char *port);
