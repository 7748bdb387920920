/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is done to servers beyond resource.h: create, change, act, and the volumes on them. Wishes
 * leave out what is NULL or zero. Ids are ids here, not names. Documents belong to the caller.
 */
#pragma once

#include "client/resource.h"

/* A disk of a new server; see block_device_mapping_v2 of the compute API. */
typedef struct ClientMapping {
	const char *source_type; /* "volume", "snapshot", "image" or "blank" */
	const char *uuid;        /* of the source, but for "blank" */
	const char *destination_type;
	int64_t boot_index; /* -1: not to boot from */
	int64_t size_gib;
	bool delete_on_termination;
	const char *tag;
	const char *volume_type;
	const char *disk_bus;
} ClientMapping;

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
	const char *key_name;
	const ClientMapping *mappings;
	size_t mapping_count;
} ClientServerWish;

typedef enum ClientServerAction {
	CLIENT_START,
	CLIENT_STOP,
	CLIENT_REBOOT,
	CLIENT_REBOOT_HARD,
	CLIENT_PAUSE,
	CLIENT_UNPAUSE,
	CLIENT_SUSPEND,
	CLIENT_RESUME,
	CLIENT_SHELVE,
	CLIENT_UNSHELVE,
	CLIENT_UNLOCK,
	CLIENT_UNRESCUE,
	CLIENT_CONFIRM_RESIZE,
	CLIENT_REVERT_RESIZE,
	CLIENT_RESET_ACTIVE,
	CLIENT_RESET_ERROR,
	_CLIENT_SERVER_ACTION_MAX,
} ClientServerAction;

/* *ret_id is in the arena. */
_must_use_ int client_server_create(Client *client, Arena *arena, const ClientServerWish *wish,
				    const char **ret_id, Fault *f);
_must_use_ int client_server_update(Client *client, Arena *arena, const char *id, const char *name,
				    const char *description, Fault *f);
_must_use_ int client_server_act(Client *client, Arena *arena, const char *id,
				 ClientServerAction action, Fault *f);
/* `reason` may be NULL. */
_must_use_ int client_server_lock(Client *client, Arena *arena, const char *id, const char *reason,
				  Fault *f);
/* From another image than its own, or NULL. */
_must_use_ int client_server_rescue(Client *client, Arena *arena, const char *id,
				    const char *image_id, Fault *f);
_must_use_ int client_server_rebuild(Client *client, Arena *arena, const char *id,
				     const char *image_id, Fault *f);
_must_use_ int client_server_resize(Client *client, Arena *arena, const char *id,
				    const char *flavor_id, Fault *f);
/* An image of its root disk; *ret_image_id is in the arena. */
_must_use_ int client_server_snapshot(Client *client, Arena *arena, const char *id,
				      const char *name, const char **ret_image_id, Fault *f);
/* The last `lines` of the console, 0 for all. */
_must_use_ int client_server_console(Client *client, Arena *arena, const char *id, int64_t lines,
				     JsonDoc **ret, Fault *f);
/* "instanceActions" of a server, or "instanceAction" when a request is named. */
_must_use_ int client_server_events(Client *client, Arena *arena, const char *id,
				    const char *request_id, JsonDoc **ret, Fault *f);

/* "volumeAttachment" of the new attachment. */
typedef struct ClientAttachWish {
	const char *server_id;
	const char *volume_id;
	const char *device;
	const char *tag;
	bool delete_on_termination; /* with the server */
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

/* A domain by name or id; the rest may be NULL. */
typedef struct ClientAdoptWish {
	const char *domain;
	const char *name;
	const char *flavor; /* name or id */
	const char *project_id;
} ClientAdoptWish;

/* Of domains, for admins. */
_must_use_ int client_server_adopt(Client *client, Arena *arena, const ClientAdoptWish *wish,
				   const char **ret_id, Fault *f);
_must_use_ int client_server_release(Client *client, Arena *arena, const char *id, Fault *f);
/* "server" as the hypervisor has it, with all its "disks". */
_must_use_ int client_server_domain(Client *client, Arena *arena, const char *id, JsonDoc **ret,
				    Fault *f);
