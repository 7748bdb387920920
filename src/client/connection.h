/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attaching volumes to hosts at services of any age: which version is spoken, and the actions that
 * were there before attachments were (3.27) and could be completed (3.44).
 */
#pragma once

#include "client/storage.h"

enum {
	CLIENT_MINOR_COMPLETE = 44, /* attachments with os-complete */
	CLIENT_MINOR_MODE = 54,     /* an attachment's mode */
};

/*
 * Ask once which versions of block storage 3.N are served, and speak the newest of them that calls
 * are written for from now on. *ret_minor is its N. A service that does not say is taken for 3.0.
 */
_must_use_ int client_volume_agree(Client *client, int *ret_minor, Fault *f);

/* What is asked of a volume, in the order of attaching and of detaching. */
typedef enum ClientHold {
	CLIENT_RESERVE,
	CLIENT_UNRESERVE,
	CLIENT_BEGIN_DETACHING,
	CLIENT_ROLL_DETACHING,
	_CLIENT_HOLD_MAX,
} ClientHold;

_must_use_ int client_volume_hold(Client *client, Arena *arena, const char *id, ClientHold hold,
				  Fault *f);

/* "connection_info". The connector is JSON. */
_must_use_ int client_volume_connect(Client *client, Arena *arena, const char *id,
				     const char *connector, JsonDoc **ret, Fault *f);
_must_use_ int client_volume_disconnect(Client *client, Arena *arena, const char *id,
					const char *connector, Fault *f);

typedef struct ClientHostAttachment {
	const char *mountpoint; /* the device on the host */
	const char *host_name;
	const char *mode; /* "rw" or "ro" */
} ClientHostAttachment;

_must_use_ int client_volume_attached(Client *client, Arena *arena, const char *id,
				      const ClientHostAttachment *attachment, Fault *f);
/* attachment_id may be NULL when the volume has one. */
_must_use_ int client_volume_detached(Client *client, Arena *arena, const char *id,
				      const char *attachment_id, Fault *f);
