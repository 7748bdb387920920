/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What this host says of itself when it asks for a volume: the `connector` of the block storage
 * API. What is not known has no key. Names that this host should have and lacks (a host NQN, a host
 * id, the initiator name that open-iscsi makes at its first start) are made, where we may.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "host/host.h"

typedef enum LocalPropertiesOutcome {
	LOCAL_PROPERTIES_NO_ADDRESS = 2050, /* the interface asked for has none: *ret_why */
} LocalPropertiesOutcome;

typedef struct LocalPropertiesWish {
	const char *host;        /* its name, or NULL for what the kernel says */
	const char *ip;          /* its address; or NULL, then */
	const char *nic;         /* the first address of that interface; or NULL, then */
	const char *server;      /* the address by which it reaches that server; or NULL: none */
	const char *server_port; /* a number */
	bool multipath;
	bool enforce;
	bool do_local_attach; /* of images of Ceph: this host maps them itself */
} LocalPropertiesWish;

/* JSON, in the arena. LOCAL_PROPERTIES_NO_ADDRESS. */
_must_use_ int local_properties(const Host *host, Arena *arena, const LocalPropertiesWish *wish,
				const char **ret_json, const char **ret_why, Fault *f);
