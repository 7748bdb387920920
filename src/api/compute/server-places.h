/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Where a create request wants its server. Each is false after a refusal.
 */
#pragma once

#include "api/compute/priv.h"

/* The member as it was sent, or NULL; *ret: it has an interface. */
_must_use_ bool compute_read_networks(ApiRequest *r, const char *json, bool *ret);

/* Fills wish->availability_zone when one is named. */
_must_use_ bool compute_read_zone(ApiRequest *r, const char *text, ServerWish *wish);

/* Names of the host and of its hypervisor, or NULL. */
_must_use_ bool compute_check_destination(ApiRequest *r, const char *host, const char *node);
