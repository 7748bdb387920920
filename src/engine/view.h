/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a server's metadata is made of: its rows, and where the hypervisor has its disks.
 */
#pragma once

#include "contract/hypervisor.h"
#include "contract/store.h"
#include "metadata/metadata.h"

typedef struct ServerViewSource {
	Store *store;
	Hypervisor *hypervisor;
	const char *domain;          /* of host names */
	const GuestNetwork *network; /* or NULL */
} ServerViewSource;

/*
 * A server as it is now, in the arena. Only disks that the domain has are in it: one that is being
 * attached is there as soon as the guest can see it, and one that was let go is not. Not within a
 * transaction, and not on a thread that must not wait. RECORD_NOT_FOUND, also for a server that
 * was deleted.
 */
_must_use_ int server_view_load(const ServerViewSource *source, Arena *arena, const char *server_id,
				MetadataView *ret, Fault *f);
