/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who is at the other end when proxies stand between: what X-Forwarded-For says is believed as far
 * as proxies of ours wrote it, which they do at its end. What a client puts in front is its own
 * tale.
 */
#pragma once

#include "base/arena.h"

/* "ADDRESS,ADDRESS": whether all are addresses of IPv4 or IPv6, or "local" (a Unix socket). */
bool http_proxies_valid(const char *proxies);

/*
 * The address that the last proxy of ours saw; `peer` itself when it is none of them, or when what
 * they say is no address. `forwarded` are all values of the header in order, joined by commas.
 */
const char *http_forwarded_peer(Arena *arena, const char *proxies, const char *peer,
				const char *forwarded);
