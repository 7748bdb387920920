/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is done to a volume by POST /volumes/{id}/action: the attaching and detaching of old, which
 * names no attachment and goes in steps that clients repeat, and a few flags. Every use case here
 * may also say REFUSAL_NO_VOLUME.
 */
#pragma once

#include "model/volume.h"
#include "service/service.h"
#include "json/json.h"

/* volume-hold.c: somebody is going to attach or detach the volume. */

/* REFUSAL_VOLUME_STATE (action "os-reserve" or "os-reserve multiattach"). */
_must_use_ int service_reserve_volume(Work *work, const char *id, Fault *f);
_must_use_ int service_unreserve_volume(Work *work, const char *id, Fault *f);
/* REFUSAL_VOLUME_NOT_DETACHABLE. A volume that migrates stays as it is. */
_must_use_ int service_begin_detaching(Work *work, const char *id, Fault *f);
_must_use_ int service_roll_detaching(Work *work, const char *id, Fault *f);

/*
 * Give back what clients have held since before a time and never followed up: the volumes become
 * what their attachments say. A few at a time; *ret_more says that there may be others.
 */
_must_use_ int service_release_holds(Tx *tx, Arena *arena, int64_t before_us, bool *ret_more,
				     Fault *f);

/* volume-legacy.c */

typedef struct LegacyAttachWish {
	const char *instance_id; /* or NULL; then there is a host */
	const char *host;
	const char *mountpoint;
	AttachMode mode;
} LegacyAttachWish;

/*
 * The client has the volume: write its attachment. The same client again: nothing more.
 * REFUSAL_VOLUME_STATE (action "os-attach" or "os-attach maintenance"), REFUSAL_BAD_INPUT.
 */
_must_use_ int service_legacy_attach(Work *work, const char *id, const LegacyAttachWish *wish,
				     Fault *f);

/*
 * The client has let go: remove the attachment named, or the only one. What attachment_guard()
 * says; REFUSAL_VOLUME_STATE (action "os-detach maintenance"), REFUSAL_BAD_INPUT.
 */
_must_use_ int service_legacy_detach(Work *work, const char *id, const char *attachment_id,
				     Fault *f);

/* volume-connection.c */

/*
 * How the host of that connector reaches the volume, as nested JSON. Where the backend has to let
 * the host in first, that takes an attachment, which os-attach completes, and an operation:
 * *ret_operation is its id, else NULL. Asked again, the answer is the same.
 * REFUSAL_VOLUME_STATE (action "os-initialize_connection maintenance", or "os-reserve" and its
 * like), REFUSAL_BAD_INPUT, REFUSAL_VOLUME_CONFLICT.
 */
_must_use_ int service_initialize_connection(Work *work, const char *id, const char *connector,
					     const char **ret, const char **ret_operation,
					     Fault *f);
/*
 * The host does not need the volume, or not any more: what os-attach did not complete goes.
 * What attachment_guard() says; REFUSAL_BAD_INPUT.
 */
_must_use_ int service_terminate_connection(Work *work, const char *id, const char *connector,
					    Fault *f);

/*
 * Begin to take away what os-initialize_connection made before a time and nobody completed. A few
 * at a time; *ret_more says that there may be others.
 */
_must_use_ int service_release_connections(Tx *tx, Arena *arena, int64_t before_us, bool *ret_more,
					   Fault *f);

/* volume-reset.c */

typedef struct VolumeReset {
	const char *status; /* or NULL: stays */
	const char *attach_status;
	const char *migration_status;
} VolumeReset;

/*
 * An admin says what is so. What is not so cannot be said: a volume is not available while somebody
 * has it, and no attachment is forgotten that may still be connected. REFUSAL_BAD_INPUT,
 * REFUSAL_SERVER_HAS_VOLUME, REFUSAL_VOLUME_CONFLICT.
 */
_must_use_ int service_reset_volume(Work *work, const char *id, const VolumeReset *reset, Fault *f);

/* volume-flag.c */

_must_use_ int service_set_volume_bootable(Work *work, const char *id, bool bootable, Fault *f);
/* REFUSAL_VOLUME_STATE (action "update readonly flag"). */
_must_use_ int service_set_volume_readonly(Work *work, const char *id, bool readonly, Fault *f);

/* volume-change.c */

/*
 * *ret is the whole map as JSON. REFUSAL_VOLUME_STATE (action "set metadata"), REFUSAL_QUOTA
 * ("metadata_items").
 */
_must_use_ int service_set_image_metadata(Work *work, const char *id, const JsonTextMap *set,
					  const char **ret, Fault *f);
/* REFUSAL_VOLUME_STATE (action "delete metadata"), REFUSAL_NO_METADATA_KEY (attribute "image"). */
_must_use_ int service_unset_image_metadata(Work *work, const char *id, const char *key, Fault *f);
