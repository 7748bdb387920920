/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Kinds of volumes and kinds of shares, beyond resource.h: `noun` is CLIENT_VOLUME_TYPE or
 * CLIENT_SHARE_TYPES. Extra specs are a map, "extra_specs", for client_map_set().
 */
#pragma once

#include "client/resource.h"

typedef struct ClientTypeWish {
	const char *name;
	const char *description;
	const char *is_public; /* "true", "false", or NULL */
	const JsonTextMap *extra_specs;
} ClientTypeWish;

/* *ret_id is in the arena. */
_must_use_ int client_type_create(Client *client, Arena *arena, ClientNoun noun,
				  const ClientTypeWish *wish, const char **ret_id, Fault *f);
/* Not its extra specs. */
_must_use_ int client_type_update(Client *client, Arena *arena, ClientNoun noun, const char *id,
				  const ClientTypeWish *wish, Fault *f);
/* Let a project use a private type, or no longer. */
_must_use_ int client_type_grant(Client *client, Arena *arena, ClientNoun noun, const char *id,
				 const char *project_id, bool grant, Fault *f);
