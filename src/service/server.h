/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Servers: finding, making, changing, powering and deleting them. One .c file a use case.
 *
 * What a dialect's version allows arrives here as named flags, never as a version number.
 */
#pragma once

#include "model/server.h"
#include "rules/server-action.h"
#include "rules/server-disks.h"
#include "service/service.h"
#include "json/json.h"

/* A live server of the caller's project (any project for admins). REFUSAL_NO_SERVER. */
_must_use_ int service_find_server(Work *work, const char *id, Server **ret, Fault *f);
/* The same, deleted ones included. */
_must_use_ int service_find_server_or_past(Work *work, const char *id, Server **ret, Fault *f);

typedef struct ServerWish {
	const char *name;
	const char *description;
	const char *image_id; /* or NULL: the disks say what it boots from */
	DiskWishes disks;
	bool allow_multiattach; /* the caller's API version knows multiattach volumes */
	const char *flavor_id;
	bool network; /* one plain interface */
	JsonTextMap metadata;
	const char *const *tags;
	size_t tag_count;
	const char *user_data; /* base64, checked */
	JsonList files;        /* of ServerFile: path and contents */
	const char *key_name;
	const char *availability_zone; /* NULL: the host's own */
	const char *hostname;          /* NULL: made of the name */
	const char *trusted_certs;     /* JSON list, or NULL */
	const char *access_ipv4;
	const char *access_ipv6;
	const char *disk_config; /* "AUTO", "MANUAL" or NULL */
	bool config_drive;
	const char *scheduler_hints; /* JSON object, or NULL */
	const char *group_id;        /* of the server group to join, or NULL */
	int64_t count;               /* at least 1: how many servers of the kind, all or none */
} ServerWish;

/*
 * Make servers and the operations that build them. *ret_reservation is "r-xxxxxxxx".
 * REFUSAL_NO_FLAVOR, REFUSAL_NO_IMAGE, REFUSAL_IMAGE_UNUSABLE, REFUSAL_FLAVOR_TOO_SMALL,
 * REFUSAL_QUOTA, REFUSAL_BAD_INPUT, REFUSAL_NO_SERVER_GROUP, REFUSAL_SERVER_CONFLICT (no address is
 * left); of the volumes REFUSAL_VOLUME_MULTIATTACH, REFUSAL_VOLUME_STATE ("reserve"),
 * REFUSAL_VOLUME_ATTACHED_HERE, REFUSAL_TOO_MANY_DISKS.
 */
_must_use_ int service_create_servers(Work *work, const ServerWish *wish, Server **ret_first,
				      const char **ret_reservation, Fault *f);

/* Members that are there are changed; NULL description is a value when has_description. */
typedef struct ServerChange {
	const char *name;
	const char *description;
	bool has_description;
	const char *access_ipv4;
	const char *access_ipv6;
	const char *disk_config;
	const char *hostname;
	const char *pinned_zone; /* NULL is a value when has_pinned_zone */
	bool has_pinned_zone;
} ServerChange;

/* REFUSAL_NO_SERVER, REFUSAL_BAD_INPUT: no such zone. */
_must_use_ int service_change_server(Work *work, const char *id, const ServerChange *change,
				     Server **ret, Fault *f);

/* Cancels what is being built. REFUSAL_NO_SERVER, REFUSAL_SERVER_LOCKED. */
_must_use_ int service_delete_server(Work *work, const char *id, Fault *f);

/*
 * One of SERVER_START, _STOP, _REBOOT_SOFT, _REBOOT_HARD, _PAUSE, _UNPAUSE, _SUSPEND, _RESUME and
 * _RESTORE. REFUSAL_NO_SERVER, REFUSAL_SERVER_LOCKED, REFUSAL_SERVER_STATE; an operation does the
 * rest.
 */
_must_use_ int service_power_server(Work *work, const char *id, ServerAction action, Fault *f);

/* Put it away; refusals as above. Both end in SHELVED_OFFLOADED where the settings say so. */
_must_use_ int service_shelve_server(Work *work, const char *id, Fault *f);
_must_use_ int service_offload_server(Work *work, const char *id, Fault *f);

typedef struct UnshelveWish {
	const char *server_id;
	const char *zone; /* NULL: not said */
	bool any_zone;    /* it need not stay in the one it was asked for */
	const char *host; /* NULL: not said */
} UnshelveWish;

/* Likewise; REFUSAL_SERVER_CONFLICT, REFUSAL_BAD_INPUT, REFUSAL_TOO_MANY_DISKS. */
_must_use_ int service_unshelve_server(Work *work, const UnshelveWish *wish, Fault *f);

typedef struct OffloadShelved {
	Arena *arena; /* the caller's: it outlives the commit, which tells of operations in it */
	const ServiceSettings *settings;
	int64_t before_us; /* of the steady clock */
	bool more;         /* there may be others: call again */
} OffloadShelved;

/* StoreWork over an OffloadShelved: offload what has been shelved since before that time. */
_must_use_ int service_offload_shelved(Tx *tx, void *ctx, Fault *f);

/* Lock it, for its owner or for an admin. REFUSAL_NO_SERVER. */
_must_use_ int service_lock_server(Work *work, const char *id, const char *reason, Fault *f);
/* Likewise; REFUSAL_DENIED for the owner where an admin has locked it. */
_must_use_ int service_unlock_server(Work *work, const char *id, Fault *f);

/* An admin says what it is: VM_ACTIVE or VM_ERROR. REFUSAL_NO_SERVER. */
_must_use_ int service_reset_server(Work *work, const char *id, VmState vm_state, Fault *f);

/*
 * SERVER_MIGRATE, SERVER_LIVE_MIGRATE or SERVER_EVACUATE, to a host or (NULL) to any. There is one
 * host only, so that it is always refused: REFUSAL_BAD_INPUT, or as above.
 */
_must_use_ int service_move_server(Work *work, const char *id, ServerAction action,
				   const char *host, Fault *f);

/*
 * Another flavor; disk_config is "AUTO", "MANUAL" or NULL. REFUSAL_NO_SERVER,
 * REFUSAL_SERVER_LOCKED, REFUSAL_SERVER_STATE, REFUSAL_QUOTA, REFUSAL_BAD_INPUT. Then its end, one
 * way or the other: REFUSAL_BAD_INPUT when there is nothing to end.
 */
_must_use_ int service_resize_server(Work *work, const char *id, const char *flavor_id,
				     const char *disk_config, Fault *f);
_must_use_ int service_confirm_resize(Work *work, const char *id, Fault *f);
_must_use_ int service_revert_resize(Work *work, const char *id, Fault *f);

typedef struct ConfirmResizes {
	Arena *arena; /* the caller's: it outlives the commit, which tells of operations in it */
	const ServiceSettings *settings;
	int64_t before_us; /* of the steady clock */
} ConfirmResizes;

/* StoreWork over a ConfirmResizes: confirm what was begun before that time, as nobody else has. */
_must_use_ int service_confirm_resizes(Tx *tx, void *ctx, Fault *f);

/* What a rebuild changes of a server; members that are not there stay. */
typedef struct RebuildWish {
	const char *image_id;
	bool may_reimage; /* a root volume, too */
	const char *name;
	const char *hostname;
	const char *description;
	bool has_description;
	JsonTextMap metadata;
	bool has_metadata;
	const char *key_name;
	bool has_key_name;
	const char *user_data;
	bool has_user_data;
	JsonList files; /* of ServerFile; it has no others any more */
	const char *access_ipv4;
	const char *access_ipv6;
	const char *disk_config;
	const char *trusted_certs; /* JSON list, or NULL */
	bool has_trusted_certs;
} RebuildWish;

/* As a resize; also REFUSAL_IMAGE_UNUSABLE, REFUSAL_FLAVOR_TOO_SMALL. */
_must_use_ int service_rebuild_server(Work *work, const char *id, const RebuildWish *wish,
				      Server **ret, Fault *f);

/* From an image, or NULL: its own; `volume_backed` says that any server may be. As a rebuild. */
_must_use_ int service_rescue_server(Work *work, const char *id, const char *image_id,
				     bool volume_backed, Fault *f);
_must_use_ int service_unrescue_server(Work *work, const char *id, Fault *f);

/* Make an image of its root disk; *ret_image_id is there at once, its bytes later. */
_must_use_ int service_create_server_image(Work *work, const char *id, const char *name,
					   const JsonTextMap *metadata, const char **ret_image_id,
					   Fault *f);

/* Metadata. Replace drops what is not named. REFUSAL_QUOTA for too many items. */
_must_use_ int service_merge_server_metadata(Work *work, const char *id,
					     const JsonTextMap *metadata, Server **ret, Fault *f);
_must_use_ int service_replace_server_metadata(Work *work, const char *id,
					       const JsonTextMap *metadata, Server **ret, Fault *f);
/* REFUSAL_NO_METADATA_KEY. */
_must_use_ int service_delete_server_metadata(Work *work, const char *id, const char *key,
					      Fault *f);

/* Tags, in alphabetical order without doubles; the caller has checked their form and number. */
_must_use_ int service_replace_server_tags(Work *work, const char *id, const char *const *tags,
					   size_t count, Server **ret, Fault *f);

enum { SERVER_PRUNE_BATCH = 100 };

typedef struct ServerPrune {
	int64_t before_us;
	bool more; /* the batch was full: call again */
} ServerPrune;

/* StoreWork over a ServerPrune: forget servers that were deleted before that time. */
_must_use_ int server_prune(Tx *tx, void *ctx, Fault *f);
