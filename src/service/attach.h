/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes on servers: attach and detach. The contract's checks run in the order given there.
 */
#pragma once

#include "model/server.h"
#include "model/volume.h"
#include "service/service.h"

typedef struct AttachWish {
	const char *server_id;
	const char *volume_id;
	const char *tag; /* or NULL */
	bool delete_on_termination;
	bool allow_shelved;     /* shelved servers may be asked */
	bool allow_multiattach; /* the caller's API version knows multiattach volumes */
} AttachWish;

/*
 * Reserve the volume, write the attachment and the operation that connects it. The device name is
 * chosen here. REFUSAL_NO_SERVER, REFUSAL_SERVER_STATE, REFUSAL_SERVER_LOCKED, REFUSAL_NO_VOLUME,
 * REFUSAL_VOLUME_ATTACHED, REFUSAL_VOLUME_ATTACHED_HERE, REFUSAL_TOO_MANY_DISKS,
 * REFUSAL_VOLUME_MULTIATTACH, REFUSAL_VOLUME_STATE.
 */
_must_use_ int service_attach_volume(Work *work, const AttachWish *wish, Attachment **ret,
				     Fault *f);

typedef struct DetachWish {
	const char *server_id;
	const char *volume_id;
	bool allow_shelved;
} DetachWish;

/*
 * Put the volume into detaching and write the operation. REFUSAL_NO_SERVER, REFUSAL_SERVER_STATE,
 * REFUSAL_NO_VOLUME, REFUSAL_NO_ATTACHMENT, REFUSAL_ROOT_DEVICE, REFUSAL_SERVER_LOCKED,
 * REFUSAL_VOLUME_NOT_DETACHABLE.
 */
_must_use_ int service_detach_volume(Work *work, const DetachWish *wish, Fault *f);
