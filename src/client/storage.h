/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is done in block storage beyond resource.h: volumes, snapshots, types, attachments,
 * transfers. Wishes leave out what is NULL or zero. Ids are ids here, not names. Documents belong
 * to the caller.
 */
#pragma once

#include "client/resource.h"

typedef struct ClientVolumeWish {
	const char *name;
	const char *description;
	const char *type;
	const char *snapshot_id; /* at most one source */
	const char *source_id;
	const char *image_id;
	int64_t size_gib;
	const JsonTextMap *metadata;
} ClientVolumeWish;

/* *ret_id is in the arena, here and below. */
_must_use_ int client_volume_create(Client *client, Arena *arena, const ClientVolumeWish *wish,
				    const char **ret_id, Fault *f);
/* Metadata, when given, replaces what is there. */
_must_use_ int client_volume_update(Client *client, Arena *arena, const char *id,
				    const ClientVolumeWish *wish, Fault *f);
_must_use_ int client_volume_extend(Client *client, Arena *arena, const char *id, int64_t size_gib,
				    Fault *f);
_must_use_ int client_volume_retype(Client *client, Arena *arena, const char *id, const char *type,
				    Fault *f);
_must_use_ int client_volume_set_bootable(Client *client, Arena *arena, const char *id,
					  bool bootable, Fault *f);
_must_use_ int client_volume_set_readonly(Client *client, Arena *arena, const char *id,
					  bool readonly, Fault *f);
_must_use_ int client_volume_reset(Client *client, Arena *arena, const char *id, const char *status,
				   Fault *f);
_must_use_ int client_volume_revert(Client *client, Arena *arena, const char *id,
				    const char *snapshot_id, Fault *f);
/* Of a volume that goes with its snapshots, or whatever its status is (admin). */
_must_use_ int client_volume_delete(Client *client, Arena *arena, const char *id, bool cascade,
				    bool force, Fault *f);

typedef struct ClientVolumeImage {
	const char *image_name;
	const char *disk_format;
	const char *visibility;
	bool force; /* also while it is attached */
} ClientVolumeImage;

/* *ret_id is the image's. */
_must_use_ int client_volume_upload(Client *client, Arena *arena, const char *id,
				    const ClientVolumeImage *wish, const char **ret_id, Fault *f);

typedef struct ClientSnapshotWish {
	const char *volume_id;
	const char *name;
	const char *description;
	const JsonTextMap *metadata;
} ClientSnapshotWish;

_must_use_ int client_snapshot_create(Client *client, Arena *arena, const ClientSnapshotWish *wish,
				      const char **ret_id, Fault *f);
/* Name and description; metadata is client_map_set()'s. */
_must_use_ int client_snapshot_update(Client *client, Arena *arena, const char *id,
				      const ClientSnapshotWish *wish, Fault *f);
typedef struct ClientAttachmentWish {
	const char *volume_id;
	const char *server_id; /* the instance that it is for, or NULL */
	const char *connector; /* JSON, or NULL: only reserve */
	const char *mode;      /* "rw" or "ro" */
} ClientAttachmentWish;

/* "attachment" */
_must_use_ int client_attachment_create(Client *client, const ClientAttachmentWish *wish,
					JsonDoc **ret, Fault *f);
_must_use_ int client_attachment_update(Client *client, Arena *arena, const char *id,
					const char *connector, JsonDoc **ret, Fault *f);
_must_use_ int client_attachment_complete(Client *client, Arena *arena, const char *id, Fault *f);

/* "transfer", with the key that the taker needs */
_must_use_ int client_transfer_create(Client *client, const char *volume_id, const char *name,
				      bool no_snapshots, JsonDoc **ret, Fault *f);
_must_use_ int client_transfer_accept(Client *client, Arena *arena, const char *id,
				      const char *auth_key, JsonDoc **ret, Fault *f);
