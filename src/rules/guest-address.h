/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which addresses of a network servers may have, and in which order they are tried: from a place
 * that differs for each server, so that a free one is found at once however many are taken.
 */
#pragma once

#include "model/network.h"

/* Tried together, with one look at which of them are taken. */
enum { GUEST_ADDRESS_BATCH = 32 };

/*
 * The addresses to try after `tried` others, as text; each is of GUEST_ADDRESS_BATCH rows. Returns
 * how many; 0: all have been tried. `seed` is the server's.
 */
size_t guest_address_candidates(const GuestNetwork *network, uint32_t seed, uint32_t tried,
				char out[static GUEST_ADDRESS_BATCH][IPV4_TEXT]);

/* A number from the server's id, for `seed`. */
uint32_t guest_address_seed(const char *server_id);
