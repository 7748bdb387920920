/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The nouns of the APIs, and what can be done with any of them: list, find by name or id, show,
 * delete. A table says where each lives and what wraps it in JSON.
 */
#pragma once

#include "client/client.h"

typedef enum ClientNoun {
	CLIENT_PROJECT,
	CLIENT_USER,
	CLIENT_IMAGES,
	CLIENT_FLAVOR,
	CLIENT_KEYPAIRS, /* their name is their id */
	CLIENT_SERVER,
	CLIENT_VOLUMES,
	CLIENT_VOLUME_TYPE,
	CLIENT_SNAPSHOTS,
	CLIENT_ATTACHMENTS, /* of block storage; a server's are in calls.h */
	CLIENT_TRANSFERS,
	CLIENT_MESSAGES,
	CLIENT_SHARES,
	CLIENT_SHARES_PUT_AWAY, /* those that wait for their deletion */
	CLIENT_SHARE_TYPES,
	CLIENT_SHARE_SNAPSHOTS,
	CLIENT_SHARE_RULES, /* their list wants share_id= in the query */
	CLIENT_RESOURCE_LOCKS,
	CLIENT_SHARE_MESSAGES,
	CLIENT_OPERATION,
	_CLIENT_NOUN_MAX,
} ClientNoun;

/* "volume type" */
const char *client_noun_name(ClientNoun noun);

/* One thing, as the server shows it. */
typedef struct ClientItem {
	JsonDoc *doc;
	const char *path; /* of the thing in the document: "server", "servers.3", or "" */
} ClientItem;

/* All pages of a list. */
typedef struct ClientList {
	JsonDoc **pages;
	size_t page_count;
	ClientItem *items; /* documents are the pages' */
	size_t count;
} ClientList;

void client_item_done(ClientItem *item);
void client_list_done(ClientList *list);

/* Path of a member of an item, for json_get_*(). */
const char *client_item_path(Arena *arena, const ClientItem *item, const char *member);
const char *client_item_text(Arena *arena, const ClientItem *item, const char *member);

/* Everything that fits the query ("all_tenants=1", or NULL). Item paths are in the arena. */
_must_use_ int client_list(Client *client, Arena *arena, ClientNoun noun, const char *query,
			   ClientList *ret, Fault *f);

_must_use_ int client_show(Client *client, Arena *arena, ClientNoun noun, const char *id,
			   ClientItem *ret, Fault *f);

/*
 * By id or name. CLIENT_NOT_FOUND and CLIENT_AMBIGUOUS are explained by client_error(); an id wins
 * over a name.
 */
_must_use_ int client_find(Client *client, Arena *arena, ClientNoun noun, const char *name_or_id,
			   ClientItem *ret, Fault *f);

_must_use_ int client_delete(Client *client, Arena *arena, ClientNoun noun, const char *id,
			     Fault *f);

/*
 * Set some keys of a map that belongs to a thing ("metadata", "extra_specs"), or take one away. The
 * others stay.
 */
_must_use_ int client_map_set(Client *client, Arena *arena, ClientNoun noun, const char *id,
			      const char *map, const JsonTextMap *pairs, Fault *f);
_must_use_ int client_map_unset(Client *client, Arena *arena, ClientNoun noun, const char *id,
				const char *map, const char *key, Fault *f);
