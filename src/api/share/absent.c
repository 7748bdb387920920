/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of what there is none of here, for clients that ask before they do something else. Nothing
 * can be made of these, and all other requests for them find nothing; so do the actions that would
 * move a share. Where an API was an experiment, a client has to say that he knows.
 */
#include "api/share/priv.h"

#define EXPERIMENT "X-OpenStack-Manila-API-Experimental"

/* Under which name a list is answered, by the begin of its path; and how long an experiment. */
static const struct {
	const char *path;
	const char *key;
	int experiment_until;
} lists[] = {
	{"/share-networks", "share_networks"},
	{"/security-services", "security_services"},
	{"/share-servers", "share_servers"},
	{"/share-replicas", "share_replicas", V(55)},
	{"/share-group-snapshots", "share_group_snapshots", V(54)},
	{"/share-group-types", "share_group_types", V(54)},
	{"/share-groups", "share_groups", V(54)},
	{"/share-transfers", "transfers"},
	{"/share-backups", "share_backups"},
};

/* The list behind the route's path. */
static size_t asked_list(const ApiRequest *r)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(lists) - 1 && !str_after(r->route->pattern, lists[i].path))
		i++;
	return i;
}

static int list_nothing(ApiRequest *r, Fault *f _unused_)
{
	const size_t list = asked_list(r);
	const char *known = http_header(r->http, EXPERIMENT);

	if (r->version <= lists[list].experiment_until) {
		if (!str_eq_nocase(known, "true"))
			return api_complain(r, API_NOT_AT_VERSION, NULL, NULL, NULL);
		api_reply_header(r, EXPERIMENT, "true");
	}
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, lists[list].key);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int move_nothing(ApiRequest *r, Fault *f _unused_)
{
	return api_complain(r, API_NO_ROUTE, NULL, NULL, NULL);
}

#define LIST(path, name, who, first)                                                               \
	{                                                                                          \
		.method = "GET", .pattern = (path), .policy = (name), .rule = (who),               \
		.mode = API_PLAIN, .since = (first), .handle = list_nothing                        \
	}

#define MOVE(key)                                                                                  \
	{                                                                                          \
		.method = "POST", .pattern = "/shares/{share_id}/action", .action = (key),         \
		.policy = "share:" key, .rule = API_RULE_ADMIN, .mode = API_PLAIN, .since = V(22), \
		.handle = move_nothing                                                             \
	}

static const ApiRoute routes[] = {
	LIST("/share-networks", "share_network:index", API_RULE_READER, V(0)),
	LIST("/share-networks/detail", "share_network:index", API_RULE_READER, V(0)),
	LIST("/security-services", "security_service:index", API_RULE_READER, V(0)),
	LIST("/security-services/detail", "security_service:index", API_RULE_READER, V(0)),
	LIST("/share-servers", "share_server:index", API_RULE_ADMIN, V(0)),
	LIST("/share-replicas", "share_replica:get_all", API_RULE_READER, V(11)),
	LIST("/share-replicas/detail", "share_replica:get_all", API_RULE_READER, V(11)),
	LIST("/share-groups", "share_group:get_all", API_RULE_READER, V(31)),
	LIST("/share-groups/detail", "share_group:get_all", API_RULE_READER, V(31)),
	LIST("/share-group-types", "share_group_type:index", API_RULE_READER, V(31)),
	LIST("/share-group-snapshots", "share_group_snapshot:get_all", API_RULE_READER, V(31)),
	LIST("/share-group-snapshots/detail", "share_group_snapshot:get_all", API_RULE_READER,
	     V(31)),
	LIST("/share-transfers", "share_transfer:get_all", API_RULE_READER, V(77)),
	LIST("/share-transfers/detail", "share_transfer:get_all", API_RULE_READER, V(77)),
	LIST("/share-backups", "share_backup:get_all", API_RULE_READER, V(80)),
	LIST("/share-backups/detail", "share_backup:get_all", API_RULE_READER, V(80)),
	MOVE("migration_start"),
	MOVE("migration_complete"),
	MOVE("migration_cancel"),
	MOVE("migration_get_progress"),
};
const ApiRoutes share_absent_routes = API_ROUTES(routes);
