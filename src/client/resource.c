/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of nouns, and list, find, show, delete over it.
 *
 * A list is read page by page as the server wants: the next page is asked for with the query of
 * the link that the page carries, at our own address, whatever host the link names.
 */
#include "client/resource.h"

#include <errno.h>

#include "base/mem.h"
#include "client/priv.h"

enum { PAGES_MAX = 10000 };

typedef struct NounRow {
	const char *name;
	ClientService service;
	const char *path;
	const char *list_path; /* when it is another one */
	const char *single;    /* member that wraps one; "" for none */
	const char *plural;    /* member that wraps a list */
	const char *inside;    /* member of a row of the list that wraps the thing, or NULL */
	const char *links;     /* member with the next page, when it is not PLURAL_links */
	const char *map_verb;  /* what merges a map of one, when it is not POST */
	bool name_filter;      /* the list takes name=, and finds exactly that */
	/* What a look-up by name asks the list for: admins see private ones only then. */
	const char *find_query;
} NounRow;

static const NounRow nouns[] = {
	[CLIENT_PROJECT] = {.name = "project",
			    .service = CLIENT_IDENTITY,
			    .path = "/projects",
			    .single = "project",
			    .plural = "projects",
			    .name_filter = true},
	[CLIENT_USER] = {.name = "user",
			 .service = CLIENT_IDENTITY,
			 .path = "/users",
			 .single = "user",
			 .plural = "users",
			 .name_filter = true},
	[CLIENT_IMAGES] = {.name = "image",
			   .service = CLIENT_IMAGE,
			   .path = "/images",
			   .single = "",
			   .plural = "images",
			   .name_filter = true},
	[CLIENT_FLAVOR] = {.name = "flavor",
			   .service = CLIENT_COMPUTE,
			   .path = "/flavors",
			   .list_path = "/flavors/detail",
			   .single = "flavor",
			   .plural = "flavors",
			   .find_query = "is_public=None"},
	[CLIENT_KEYPAIRS] = {.name = "key pair",
			     .service = CLIENT_COMPUTE,
			     .path = "/os-keypairs",
			     .single = "keypair",
			     .plural = "keypairs",
			     .inside = "keypair"},
	[CLIENT_SERVER] = {.name = "server",
			   .service = CLIENT_COMPUTE,
			   .path = "/servers",
			   .list_path = "/servers/detail",
			   .single = "server",
			   .plural = "servers"},
	[CLIENT_VOLUMES] = {.name = "volume",
			    .service = CLIENT_VOLUME,
			    .path = "/volumes",
			    .list_path = "/volumes/detail",
			    .single = "volume",
			    .plural = "volumes",
			    .name_filter = true},
	[CLIENT_VOLUME_TYPE] = {.name = "volume type",
				.service = CLIENT_VOLUME,
				.path = "/types",
				.single = "volume_type",
				.plural = "volume_types",
				.links = "volume_type_links",
				.find_query = "is_public=None"},
	[CLIENT_SNAPSHOTS] = {.name = "snapshot",
			      .service = CLIENT_VOLUME,
			      .path = "/snapshots",
			      .list_path = "/snapshots/detail",
			      .single = "snapshot",
			      .plural = "snapshots",
			      .name_filter = true},
	[CLIENT_ATTACHMENTS] = {.name = "attachment",
				.service = CLIENT_VOLUME,
				.path = "/attachments",
				.list_path = "/attachments/detail",
				.single = "attachment",
				.plural = "attachments"},
	[CLIENT_TRANSFERS] = {.name = "transfer",
			      .service = CLIENT_VOLUME,
			      .path = "/volume-transfers",
			      .list_path = "/volume-transfers/detail",
			      .single = "transfer",
			      .plural = "transfers"},
	[CLIENT_MESSAGES] = {.name = "message",
			     .service = CLIENT_VOLUME,
			     .path = "/messages",
			     .single = "message",
			     .plural = "messages"},
	[CLIENT_SHARES] = {.name = "share",
			   .service = CLIENT_SHARE,
			   .path = "/shares",
			   .list_path = "/shares/detail",
			   .single = "share",
			   .plural = "shares",
			   .name_filter = true},
	[CLIENT_SHARES_PUT_AWAY] = {.name = "share put away",
				    .service = CLIENT_SHARE,
				    .path = "/shares",
				    .list_path = "/shares/detail",
				    .single = "share",
				    .plural = "shares",
				    .find_query = "is_soft_deleted=true"},
	[CLIENT_SHARE_TYPES] = {.name = "share type",
				.service = CLIENT_SHARE,
				.path = "/types",
				.single = "share_type",
				.plural = "share_types",
				.links = "share_type_links",
				.find_query = "is_public=all"},
	[CLIENT_SHARE_SNAPSHOTS] = {.name = "share snapshot",
				    .service = CLIENT_SHARE,
				    .path = "/snapshots",
				    .list_path = "/snapshots/detail",
				    .single = "snapshot",
				    .plural = "snapshots",
				    .links = "share_snapshots_links"},
	[CLIENT_SHARE_RULES] = {.name = "access rule",
				.service = CLIENT_SHARE,
				.path = "/share-access-rules",
				.single = "access",
				.plural = "access_list",
				.map_verb = "PUT"},
	[CLIENT_RESOURCE_LOCKS] = {.name = "resource lock",
				   .service = CLIENT_SHARE,
				   .path = "/resource-locks",
				   .single = "resource_lock",
				   .plural = "resource_locks"},
	[CLIENT_SHARE_MESSAGES] = {.name = "message",
				   .service = CLIENT_SHARE,
				   .path = "/messages",
				   .single = "message",
				   .plural = "messages"},
	[CLIENT_OPERATION] = {.name = "operation",
			      .service = CLIENT_ADMIN,
			      .path = "/operations",
			      .single = "operation",
			      .plural = "operations"},
};
static_assert(ARRAY_SIZE(nouns) == _CLIENT_NOUN_MAX, "a row for every noun");

const char *client_noun_name(ClientNoun noun)
{
	return nouns[noun].name;
}

void client_item_done(ClientItem *item)
{
	json_doc_free(item->doc);
	*item = (ClientItem){0};
}

void client_list_done(ClientList *list)
{
	for (size_t i = 0; i < list->page_count; i++)
		json_doc_free(list->pages[i]);
	*list = (ClientList){0};
}

const char *client_item_path(Arena *arena, const ClientItem *item, const char *member)
{
	if (!*item->path)
		return member;
	return arena_printf(arena, "%s.%s", item->path, member);
}

const char *client_item_text(Arena *arena, const ClientItem *item, const char *member)
{
	return json_get_text(arena, item->doc, client_item_path(arena, item, member));
}

/* The query of the next page, or NULL: glance and keystone, then nova and cinder. */
static const char *next_query(Arena *arena, const JsonDoc *page, const NounRow *row)
{
	const char *links = row->links ? row->links : arena_printf(arena, "%s_links", row->plural);
	int64_t count = json_get_count(page, links);
	const char *next, *query;

	next = json_get_text(arena, page, "next");
	if (!next)
		next = json_get_text(arena, page, "links.next");
	for (int64_t i = 0; !next && i < count; i++) {
		const char *at = arena_printf(arena, "%s.%d", links, (int)i);

		if (str_eq(json_get_text(arena, page, arena_printf(arena, "%s.rel", at)), "next"))
			next = json_get_text(arena, page, arena_printf(arena, "%s.href", at));
	}
	query = next ? strchr(next, '?') : NULL;
	return query ? query + 1 : NULL;
}

static void add_page(Arena *arena, ClientList *list, const NounRow *row, JsonDoc *page)
{
	int64_t count = json_get_count(page, row->plural);

	list->pages = arena_grow(arena, list->pages, list->page_count, sizeof(*list->pages));
	list->pages[list->page_count++] = page;
	for (int64_t i = 0; i < count; i++) {
		list->items = arena_grow(arena, list->items, list->count, sizeof(*list->items));
		list->items[list->count++] = (ClientItem){
			.doc = page,
			.path = arena_printf(arena, "%s.%lld%s%s", row->plural, (long long)i,
					     row->inside ? "." : "",
					     row->inside ? row->inside : ""),
		};
	}
}

int client_list(Client *client, Arena *arena, ClientNoun noun, const char *query, ClientList *ret,
		Fault *f)
{
	const NounRow *row = &nouns[noun];
	const char *path = row->list_path ? row->list_path : row->path;
	_cleanup_(client_list_done) ClientList list = {0};

	for (int pages = 0; pages < PAGES_MAX; pages++) {
		const ClientRequest request = {
			.service = row->service,
			.method = "GET",
			.path = query ? arena_printf(arena, "%s?%s", path, query) : path,
		};
		JsonDoc *page;
		int r;

		r = client_call(client, &request, &page, f);
		if (r)
			return r;
		if (!page || json_get_count(page, row->plural) < 0) {
			json_doc_free(page);
			return fault(f, -EPROTO, "GET %s: the answer holds no %s", request.path,
				     row->plural);
		}
		add_page(arena, &list, row, page);
		query = next_query(arena, page, row);
		if (!query) {
			*ret = list;
			list = (ClientList){0};
			return 0;
		}
	}
	return fault(f, -EPROTO, "GET %s: the pages have no end", path);
}

int client_show(Client *client, Arena *arena, ClientNoun noun, const char *id, ClientItem *ret,
		Fault *f)
{
	const NounRow *row = &nouns[noun];
	const ClientRequest request = {
		.service = row->service,
		.method = "GET",
		.path = arena_printf(arena, "%s/%s", row->path, client_escape(client, arena, id)),
	};
	JsonDoc *doc;
	int r;

	r = client_call(client, &request, &doc, f);
	if (r)
		return r;
	if (!doc || json_get_count(doc, row->single) < 0) {
		json_doc_free(doc);
		return fault(f, -EPROTO, "GET %s: the answer holds no %s", request.path, row->name);
	}
	*ret = (ClientItem){.doc = doc, .path = row->single};
	return 0;
}

int client_delete(Client *client, Arena *arena, ClientNoun noun, const char *id, Fault *f)
{
	const NounRow *row = &nouns[noun];
	const ClientRequest request = {
		.service = row->service,
		.method = "DELETE",
		.path = arena_printf(arena, "%s/%s", row->path, client_escape(client, arena, id)),
	};

	return client_call(client, &request, NULL, f);
}

int client_map_set(Client *client, Arena *arena, ClientNoun noun, const char *id, const char *map,
		   const JsonTextMap *pairs, Fault *f)
{
	const NounRow *row = &nouns[noun];
	const ClientRequest request = {
		.service = row->service,
		.method = row->map_verb ? row->map_verb : "POST",
		.path = arena_printf(arena, "%s/%s/%s", row->path, client_escape(client, arena, id),
				     map),
	};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	body_map(&out, map, pairs);
	json_out_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_map_unset(Client *client, Arena *arena, ClientNoun noun, const char *id, const char *map,
		     const char *key, Fault *f)
{
	const NounRow *row = &nouns[noun];
	const ClientRequest request = {
		.service = row->service,
		.method = "DELETE",
		.path = arena_printf(arena, "%s/%s/%s/%s", row->path,
				     client_escape(client, arena, id), map,
				     client_escape(client, arena, key)),
	};

	return client_call(client, &request, NULL, f);
}

/* Go through the list for one thing of that name. */
static int find_by_name(Client *client, Arena *arena, ClientNoun noun, const char *name,
			const char **ret_id, Fault *f)
{
	const NounRow *row = &nouns[noun];
	const char *query = row->find_query, *id = NULL;
	_cleanup_(client_list_done) ClientList list = {0};
	size_t found = 0;
	int r;

	if (row->name_filter)
		query = arena_printf(arena, "name=%s", client_escape(client, arena, name));
	r = client_list(client, arena, noun, query, &list, f);
	if (r)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		if (!str_eq(client_item_text(arena, &list.items[i], "name"), name))
			continue;
		id = client_item_text(arena, &list.items[i], "id");
		found++;
	}
	if (found == 0) {
		client_set_error(client, "there is no %s with the name or id '%s'", row->name,
				 name);
		return CLIENT_NOT_FOUND;
	}
	if (found > 1) {
		client_set_error(client, "%zu %ss have the name '%s': use the id", found, row->name,
				 name);
		return CLIENT_AMBIGUOUS;
	}
	*ret_id = id;
	return 0;
}

int client_find(Client *client, Arena *arena, ClientNoun noun, const char *name_or_id,
		ClientItem *ret, Fault *f)
{
	const char *id = NULL;
	int r;

	if (*name_or_id) {
		r = client_show(client, arena, noun, name_or_id, ret, f);
		/* Identity says 403 for what is not there; some services say 400 to what is no id.
		 */
		if (r != CLIENT_NOT_FOUND && r != CLIENT_DENIED && r != CLIENT_REFUSED)
			return r;
		if (!client_has_token(client, nouns[noun].service))
			return r; /* the login itself was denied: no second try, it may lock */
	}
	r = find_by_name(client, arena, noun, name_or_id, &id, f);
	if (r)
		return r;
	return client_show(client, arena, noun, id, ret, f);
}
