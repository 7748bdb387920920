/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Whom an access rule may name: addresses, networks, users, common names.
 */
#pragma once

#include "model/share.h"

typedef enum ShareAccessOutcome {
	SHARE_ACCESS_NO_NETWORK = 1, /* neither an address nor a network */
	SHARE_ACCESS_HOST_BITS,      /* a network whose address is not its first one */
	SHARE_ACCESS_BAD_USER,
	SHARE_ACCESS_BAD_NAME, /* of a certificate */
	SHARE_ACCESS_BAD_ID,   /* of Ceph */
} ShareAccessOutcome;

/* 0 or a ShareAccessOutcome. `ipv6`: addresses may be of that kind, too. */
int share_access_check(ShareAccessType type, const char *to, bool ipv6);

/* Whether two rules of a type, both valid, are about the same; networks are compared as such. */
bool share_access_is_same(ShareAccessType type, const char *a, const char *b);
