/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The metadata dialects: the same documents below "/metadata" on the main port, at the root of a
 * port that serves nothing else, and on one that guests reach over their network.
 */
#pragma once

#include "api/common/api.h"

extern const ApiDialect metadata_dialect;
extern const ApiDialect metadata_port_dialect;
/* Here the caller is whoever has the address that the connection comes from. */
extern const ApiDialect metadata_guest_dialect;

/* http_peer() of a guest that came through its own door: this, and the server's id. */
#define METADATA_GUEST_PEER "guest:"
