/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is done to the nouns beyond resource.h: create, change, act. (Block storage: storage.h.)
 * Wishes leave out what is NULL or zero. Ids are ids here, not names. Documents belong to the
 * caller.
 */
#pragma once

#include "client/resource.h"

typedef struct ClientServerWish {
	const char *name;
	const char *image_id;
	const char *flavor_id;
	const char *networks;  /* "auto" or "none" */
	const char *user_data; /* base64 */
	const char *description;
	const JsonTextMap *metadata;
	const char *const *tags;
	size_t tag_count;
	bool config_drive;
} ClientServerWish;

/* A domain by name or id; the rest may be NULL. */
typedef struct ClientAdoptWish {
	const char *domain;
	const char *name;
	const char *flavor; /* name or id */
	const char *project_id;
} ClientAdoptWish;

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

typedef enum ClientServerAction {
	CLIENT_START,
	CLIENT_STOP,
	CLIENT_REBOOT,
	CLIENT_REBOOT_HARD,
	_CLIENT_SERVER_ACTION_MAX,
} ClientServerAction;

/* *ret_id is in the arena. */
_must_use_ int client_server_create(Client *client, Arena *arena, const ClientServerWish *wish,
				    const char **ret_id, Fault *f);
_must_use_ int client_server_update(Client *client, Arena *arena, const char *id, const char *name,
				    const char *description, Fault *f);
/* Adds to the metadata, or changes it. */
_must_use_ int client_server_metadata(Client *client, Arena *arena, const char *id,
				      const JsonTextMap *metadata, Fault *f);
_must_use_ int client_server_act(Client *client, Arena *arena, const char *id,
				 ClientServerAction action, Fault *f);
/* The last `lines` of the console, 0 for all. */
_must_use_ int client_server_console(Client *client, Arena *arena, const char *id, int64_t lines,
				     JsonDoc **ret, Fault *f);
/* "instanceActions" of a server, or "instanceAction" when a request is named. */
_must_use_ int client_server_events(Client *client, Arena *arena, const char *id,
				    const char *request_id, JsonDoc **ret, Fault *f);

/* Of domains, for admins. */
_must_use_ int client_server_adopt(Client *client, Arena *arena, const ClientAdoptWish *wish,
				   const char **ret_id, Fault *f);
_must_use_ int client_server_release(Client *client, Arena *arena, const char *id, Fault *f);
/* "server" as the hypervisor has it, with all its "disks". */
_must_use_ int client_server_domain(Client *client, Arena *arena, const char *id, JsonDoc **ret,
				    Fault *f);

_must_use_ int client_image_create(Client *client, Arena *arena, const ClientImageWish *wish,
				   const char **ret_id, Fault *f);
_must_use_ int client_image_upload(Client *client, Arena *arena, const char *id,
				   const ClientUpload *upload, Fault *f);

_must_use_ int client_flavor_create(Client *client, Arena *arena, const ClientFlavorWish *wish,
				    const char **ret_id, Fault *f);

/* "extra_specs" */
_must_use_ int client_flavor_specs(Client *client, Arena *arena, const char *id, JsonDoc **ret,
				   Fault *f);

/* "volumeAttachment" of the new attachment. */
typedef struct ClientAttachWish {
	const char *server_id;
	const char *volume_id;
	const char *device;
	const char *tag;
} ClientAttachWish;
_must_use_ int client_attach(Client *client, Arena *arena, const ClientAttachWish *wish,
			     JsonDoc **ret, Fault *f);
_must_use_ int client_detach(Client *client, Arena *arena, const char *server_id,
			     const char *volume_id, Fault *f);
/* Another volume in the place of one that the server has. */
_must_use_ int client_swap(Client *client, Arena *arena, const char *server_id, const char *old_id,
			   const char *new_id, Fault *f);
/* CLIENT_NOT_FOUND when the volume is not, or no longer, attached to the server. */
_must_use_ int client_attachment_show(Client *client, Arena *arena, const char *server_id,
				      const char *volume_id, JsonDoc **ret, Fault *f);
/* "volumeAttachments" */
_must_use_ int client_attachment_list(Client *client, Arena *arena, const char *server_id,
				      JsonDoc **ret, Fault *f);

/* Let an operation turn back, if it still can. */
_must_use_ int client_operation_cancel(Client *client, Arena *arena, const char *id, Fault *f);

/* "limits.absolute" of a service. */
_must_use_ int client_limits(Client *client, ClientService service, JsonDoc **ret, Fault *f);
