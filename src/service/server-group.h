/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Server groups: making, finding and deleting them, and who is in one. There is one host, so
 * servers that must not share it are as many as the group allows a host, and no more.
 */
#pragma once

#include "model/server.h"
#include "service/service.h"

typedef struct ServerGroupWish {
	const char *name;
	const char *policy;
	int64_t max_per_host; /* 0: not said */
} ServerGroupWish;

/* REFUSAL_QUOTA. */
_must_use_ int service_create_server_group(Work *work, const ServerGroupWish *wish,
					   ServerGroup **ret, Fault *f);
/* REFUSAL_NO_SERVER_GROUP. */
_must_use_ int service_find_server_group(Work *work, const char *id, ServerGroup **ret, Fault *f);
/* Its servers stay, in no group. REFUSAL_NO_SERVER_GROUP. */
_must_use_ int service_delete_server_group(Work *work, const char *id, Fault *f);
/* The servers in a group that are not deleted, oldest first. */
_must_use_ int service_server_group_members(Work *work, const ServerGroup *group, Server ***ret,
					    size_t *ret_count, Fault *f);
/*
 * Whether `count` new servers may join the group. *ret_fits says whether the host may have them
 * all: if not, they are made and cannot be built. REFUSAL_NO_SERVER_GROUP, REFUSAL_QUOTA.
 */
_must_use_ int service_join_server_group(Work *work, const char *id, int64_t count, bool *ret_fits,
					 Fault *f);
