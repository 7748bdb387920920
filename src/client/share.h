/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is done to shared file systems beyond resource.h, and to the shares of servers. Wishes leave
 * out what is NULL or zero. Ids are ids here, not names. Documents belong to the caller.
 */
#pragma once

#include "client/resource.h"

typedef struct ClientShareWish {
	const char *name;
	const char *description;
	const char *protocol; /* "NFS" or "CEPHFS" */
	const char *type;
	const char *snapshot_id;
	const char *availability_zone;
	int64_t size_gib;
	const char *is_public; /* "true", "false", or NULL */
	const JsonTextMap *metadata;
} ClientShareWish;

/* *ret_id is in the arena, here and below. */
_must_use_ int client_share_create(Client *client, Arena *arena, const ClientShareWish *wish,
				   const char **ret_id, Fault *f);
/* Name, description, and who sees it; metadata is client_map_set()'s. */
_must_use_ int client_share_update(Client *client, Arena *arena, const char *id,
				   const ClientShareWish *wish, Fault *f);
_must_use_ int client_share_extend(Client *client, Arena *arena, const char *id, int64_t size_gib,
				   Fault *f);
_must_use_ int client_share_shrink(Client *client, Arena *arena, const char *id, int64_t size_gib,
				   Fault *f);
_must_use_ int client_share_revert(Client *client, Arena *arena, const char *id,
				   const char *snapshot_id, Fault *f);
_must_use_ int client_share_reset(Client *client, Arena *arena, const char *id, const char *status,
				  Fault *f);
/* Whatever its status is (admin). */
_must_use_ int client_share_force_delete(Client *client, Arena *arena, const char *id, Fault *f);
/* Put it away, to be deleted in some days, and take it back. */
_must_use_ int client_share_soft_delete(Client *client, Arena *arena, const char *id, Fault *f);
_must_use_ int client_share_restore(Client *client, Arena *arena, const char *id, Fault *f);

typedef struct ClientShareAdoptWish {
	const char *host; /* "host@backend#pool" */
	const char *path; /* that it can be mounted from */
	const char *protocol;
	const char *type;
	const char *name;
	const char *description;
	int64_t size_gib;
	bool is_public;
} ClientShareAdoptWish;

/* Take what is on the storage already for a share, and forget one whose data stays (admin). */
_must_use_ int client_share_adopt(Client *client, Arena *arena, const ClientShareAdoptWish *wish,
				  const char **ret_id, Fault *f);
_must_use_ int client_share_release(Client *client, Arena *arena, const char *id, Fault *f);
/* "export_locations" */
_must_use_ int client_share_exports(Client *client, Arena *arena, const char *id, JsonDoc **ret,
				    Fault *f);

typedef struct ClientAccessWish {
	const char *type; /* "ip", "cephx" ... */
	const char *to;
	const char *level; /* "rw" or "ro" */
	bool lock_deletion;
	bool lock_visibility;
	const char *lock_reason; /* only with a lock */
	const JsonTextMap *metadata;
} ClientAccessWish;

/* *ret_id is the rule's. */
_must_use_ int client_share_allow(Client *client, Arena *arena, const char *id,
				  const ClientAccessWish *wish, const char **ret_id, Fault *f);
/* `unrestrict`: although the rule is locked. */
_must_use_ int client_share_deny(Client *client, Arena *arena, const char *id, const char *rule_id,
				 bool unrestrict, Fault *f);

/* "rw" or "ro"; the service has to be at 2.88. */
_must_use_ int client_share_rule_level(Client *client, Arena *arena, const char *rule_id,
				       const char *level, Fault *f);

typedef struct ClientShareSnapshotWish {
	const char *share_id;
	const char *name;
	const char *description;
	const JsonTextMap *metadata;
} ClientShareSnapshotWish;

_must_use_ int client_share_snapshot_create(Client *client, Arena *arena,
					    const ClientShareSnapshotWish *wish,
					    const char **ret_id, Fault *f);

/* Name and description. */
_must_use_ int client_share_snapshot_update(Client *client, Arena *arena, const char *id,
					    const ClientShareSnapshotWish *wish, Fault *f);

/* Keep a share from being deleted; `reason` may be NULL. */
_must_use_ int client_share_lock(Client *client, Arena *arena, const char *share_id,
				 const char *reason, const char **ret_id, Fault *f);

/* What a lock forbids, "delete" or "show", and why; NULL stays as it is. */
_must_use_ int client_share_lock_update(Client *client, Arena *arena, const char *id,
					const char *action, const char *reason, Fault *f);

/*
 * A share for a server. How the guest should mount it goes by an older call, which knows no tag.
 */
typedef struct ClientServerShareWish {
	const char *server_id;
	const char *share_id;
	const char *tag;
	const char *mount_point;
	const char *mount_options;
} ClientServerShareWish;

_must_use_ int client_server_share_attach(Client *client, Arena *arena,
					  const ClientServerShareWish *wish, Fault *f);
_must_use_ int client_server_share_detach(Client *client, Arena *arena, const char *server_id,
					  const char *share_id, Fault *f);
/* "share"; CLIENT_NOT_FOUND when the share is not, or no longer, attached to the server. */
_must_use_ int client_server_share_show(Client *client, Arena *arena, const char *server_id,
					const char *share_id, JsonDoc **ret, Fault *f);
/* "shares" */
_must_use_ int client_server_share_list(Client *client, Arena *arena, const char *server_id,
					JsonDoc **ret, Fault *f);
