/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is done to the nouns beyond resource.h: create, change, act. (Servers: server.h; block
 * storage: storage.h.) Wishes leave out what is NULL or zero. Ids are ids here, not names.
 * Documents belong to the caller.
 */
#pragma once

#include "client/resource.h"

typedef struct ClientImageWish {
	const char *name;
	const char *disk_format;
	const char *container_format;
	const char *visibility;
	int64_t min_disk_gib;
	int64_t min_ram_mib;
	const JsonTextMap *properties;
} ClientImageWish;

typedef struct ClientFlavorWish {
	const char *id;
	const char *name;
	int64_t ram_mib;
	int64_t disk_gib;
	int64_t vcpus;
	bool private;
	const JsonTextMap *properties;
} ClientFlavorWish;

_must_use_ int client_image_create(Client *client, Arena *arena, const ClientImageWish *wish,
				   const char **ret_id, Fault *f);
_must_use_ int client_image_upload(Client *client, Arena *arena, const char *id,
				   const ClientUpload *upload, Fault *f);

_must_use_ int client_flavor_create(Client *client, Arena *arena, const ClientFlavorWish *wish,
				    const char **ret_id, Fault *f);

typedef struct ClientKeypairWish {
	const char *name;
	const char *public_key;
	const char *type; /* "ssh" or "x509" */
} ClientKeypairWish;

_must_use_ int client_keypair_create(Client *client, const ClientKeypairWish *wish, Fault *f);

/* "extra_specs" */
_must_use_ int client_flavor_specs(Client *client, Arena *arena, const char *id, JsonDoc **ret,
				   Fault *f);

/* Let an operation turn back, if it still can. */
_must_use_ int client_operation_cancel(Client *client, Arena *arena, const char *id, Fault *f);

/* "host": this one, for admins. */
_must_use_ int client_host(Client *client, JsonDoc **ret, Fault *f);
/* "differences" between what is written down and what is there, likewise. */
_must_use_ int client_differences(Client *client, JsonDoc **ret, Fault *f);

/* "quota_set": what a service lets a project have; set by admins, by name; and as it was at first.
 */
_must_use_ int client_quota(Client *client, Arena *arena, ClientService service,
			    const char *project_id, JsonDoc **ret, Fault *f);
_must_use_ int client_quota_set(Client *client, Arena *arena, ClientService service,
				const char *project_id, const JsonTextMap *limits, Fault *f);
_must_use_ int client_quota_reset(Client *client, Arena *arena, ClientService service,
				  const char *project_id, Fault *f);

/* "limits.absolute" of a service. */
_must_use_ int client_limits(Client *client, ClientService service, JsonDoc **ret, Fault *f);
