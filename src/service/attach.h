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

/* What a client wants, and what it is about; filled by service_check_attach(). */
typedef struct AttachPlan {
	const AttachWish *wish;
	Server *server;
	Volume *volume;
} AttachPlan;

/*
 * Attaching has two halves, as clients of newer API versions are told of the first at once, and of
 * the second by the instance action alone. This is the first: what can be said without reserving
 * anything. REFUSAL_NO_SERVER, REFUSAL_SERVER_STATE, REFUSAL_SERVER_LOCKED, REFUSAL_NO_VOLUME,
 * REFUSAL_VOLUME_ATTACHED, REFUSAL_VOLUME_ATTACHED_HERE, REFUSAL_BAD_INPUT.
 */
_must_use_ int service_check_attach(Work *work, const AttachWish *wish, AttachPlan *ret, Fault *f);

/*
 * The second: reserve the volume, write the attachment and the operation that connects it. The
 * device name is chosen here; a server that is offloaded has no disks that could have one, and no
 * operation follows. REFUSAL_TOO_MANY_DISKS, REFUSAL_VOLUME_MULTIATTACH, REFUSAL_VOLUME_STATE;
 * nothing is written then.
 */
_must_use_ int service_attach_volume(Work *work, const AttachPlan *plan, Attachment **ret,
				     Fault *f);

/* The second half was refused, and nobody waits for an answer: the instance action has it. */
_must_use_ int service_attach_refused(Work *work, const AttachPlan *plan, const char *problem,
				      Fault *f);

typedef struct DetachWish {
	const char *server_id;
	const char *volume_id;
	bool allow_shelved;
} DetachWish;

/*
 * Put the volume into detaching and write the operation; from an offloaded server it is gone at
 * once, and deleted if that was asked for. REFUSAL_NO_SERVER, REFUSAL_SERVER_STATE,
 * REFUSAL_NO_VOLUME, REFUSAL_NO_ATTACHMENT, REFUSAL_ROOT_DEVICE, REFUSAL_SERVER_LOCKED,
 * REFUSAL_VOLUME_NOT_DETACHABLE.
 */
_must_use_ int service_detach_volume(Work *work, const DetachWish *wish, Fault *f);

/* What is said of a volume that a server has; texts are NULL when the client says nothing. */
typedef struct MappingWish {
	const char *server_id;
	const char *volume_id;
	const char *said_id; /* the four that cannot change */
	const char *said_server_id;
	const char *said_device;
	const char *said_tag;
	bool has_device; /* also when it says null */
	bool has_delete_on_termination;
	bool delete_on_termination;
} MappingWish;

/* REFUSAL_NO_SERVER, REFUSAL_NOT_THERE, REFUSAL_BAD_INPUT. */
_must_use_ int service_change_mapping(Work *work, const MappingWish *wish, Fault *f);
