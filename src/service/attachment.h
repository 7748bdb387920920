/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attachments as things of their own: a consumer makes one, says where the volume is to go, says
 * when it is there, and takes it away, by its id.
 *
 * Where the backend has to let a host in first (BackendTraits.exports), the rows are written with
 * an operation, and *ret_operation is its id: the consumer is answered when it is over. Elsewhere
 * it is NULL, and the commit was all.
 */
#pragma once

#include "model/volume.h"
#include "service/connector.h"

/* Of the caller's project, or any for admins. REFUSAL_NO_VOLUME_ATTACHMENT. */
_must_use_ int service_find_attachment(Work *work, const char *id, Attachment **ret, Fault *f);

typedef struct AttachmentWish {
	const char *volume_id;
	const char *server_id;    /* the instance, which need not be known here, or NULL */
	const JsonDoc *connector; /* as the client wrote it, or NULL: only reserve */
	AttachMode mode;          /* ATTACH_MODE_NULL: not said */
} AttachmentWish;

/*
 * Reserve the volume, and connect it when there is a connector. REFUSAL_NO_VOLUME,
 * REFUSAL_BAD_INPUT (the connector, or a volume in error), REFUSAL_VOLUME_STATE ("reserve").
 */
_must_use_ int service_create_attachment(Work *work, const AttachmentWish *wish, Attachment **ret,
					 const char **ret_operation, Fault *f);

/*
 * Turn a reservation into a connection. The same connector again changes nothing.
 * REFUSAL_NO_VOLUME_ATTACHMENT, REFUSAL_BAD_INPUT, REFUSAL_VOLUME_CONFLICT.
 */
_must_use_ int service_update_attachment(Work *work, const char *id, const JsonDoc *connector,
					 Attachment **ret, const char **ret_operation, Fault *f);

/* The host has it. REFUSAL_NO_VOLUME_ATTACHMENT, REFUSAL_VOLUME_CONFLICT. */
_must_use_ int service_complete_attachment(Work *work, const char *id, Fault *f);

/*
 * Ids of the attachments that share a connection with each of some (rules/shared-connection.h),
 * of the caller's project unless an admin asks: `ret` has room for `count`.
 */
typedef struct SharedConnections {
	const char **ids;
	size_t count;
} SharedConnections;

_must_use_ int service_shared_connections(Work *work, Attachment *const *attachments, size_t count,
					  SharedConnections *ret, Fault *f);

/* What there is to say of an attachment that went, or is going. */
typedef struct AttachmentGone {
	const Attachment *attachment; /* as it was */
	SharedConnections shared;     /* as they were */
	const char *operation;        /* as *ret_operation above */
} AttachmentGone;

/*
 * Take an attachment away, and its volume from whoever has it. REFUSAL_NO_VOLUME_ATTACHMENT, what
 * attachment_guard() and service_drop_attachment() refuse.
 */
_must_use_ int service_delete_attachment(Work *work, const char *id, AttachmentGone *ret, Fault *f);

/*
 * The same for a caller that has asked the guard already: the row goes now, or at the end of the
 * operation that disconnects it. REFUSAL_VOLUME_NOT_DETACHABLE, and REFUSAL_VOLUME_CONFLICT while
 * a server here is being given the volume.
 */
_must_use_ int service_drop_attachment(Work *work, Attachment *attachment,
				       const char **ret_operation, Fault *f);
