/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares on servers: attach and detach. The contract's checks run in the order given there.
 */
#pragma once

#include "model/server.h"
#include "model/share.h"
#include "service/service.h"

/*
 * A server, for what is below it. Unlike elsewhere, one of another project is REFUSAL_DENIED, with
 * the name of the policy: the reference asks its policy first here. REFUSAL_NO_SERVER.
 */
_must_use_ int service_find_share_server(Work *work, const char *id, const char *policy,
					 Server **ret, Fault *f);
/* A share that it has. REFUSAL_NOT_THERE. */
_must_use_ int service_find_share_mapping(Work *work, const Server *server, const char *share_id,
					  ShareMapping **ret, Fault *f);

typedef struct ShareAttachWish {
	const char *share_id;
	const char *tag;           /* NULL: the share's id */
	const char *mount_point;   /* in the guest, or NULL: not said */
	const char *mount_options; /* likewise */
} ShareAttachWish;

/*
 * Write the mapping, let this host in to the share, and write the operation that waits for that.
 * REFUSAL_SERVER_LOCKED, REFUSAL_SERVER_ADOPTED, REFUSAL_SERVER_STATE, REFUSAL_NOT_THERE (the
 * share), REFUSAL_SERVER_CONFLICT, REFUSAL_BAD_INPUT.
 */
_must_use_ int service_attach_share(Work *work, const Server *server, const ShareAttachWish *wish,
				    ShareMapping **ret, Fault *f);

/*
 * Put the mapping into detaching, and write the operation. `mount_point` has to be that of the
 * mapping, where it is not NULL. REFUSAL_SERVER_LOCKED, REFUSAL_SERVER_STATE, REFUSAL_NOT_THERE,
 * REFUSAL_BAD_INPUT.
 */
_must_use_ int service_detach_share(Work *work, const Server *server, const char *share_id,
				    const char *mount_point, Fault *f);
