/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The metadata dialects: the same documents below "/metadata" on the main port, and at the root
 * of a port that serves nothing else.
 */
#pragma once

#include "api/common/api.h"

extern const ApiDialect metadata_dialect;
extern const ApiDialect metadata_port_dialect;

/* http_peer() of a guest that came through its own door: this, and the server's id. */
#define METADATA_GUEST_PEER "guest:"
