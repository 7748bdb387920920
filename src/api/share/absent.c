/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of what there is none of here, for clients that ask before they do something else. Nothing
 * can be made of these, and all other requests for them find nothing.
 */
#include "api/share/priv.h"

/* Under which name a list is answered, by the begin of its path. */
static const struct {
	const char *path;
	const char *key;
} lists[] = {
	{"/share-networks", "share_networks"},
	{"/security-services", "security_services"},
	{"/share-servers", "share_servers"},
	{"/share-replicas", "share_replicas"},
	{"/share-group-snapshots", "share_group_snapshots"},
	{"/share-group-types", "share_group_types"},
	{"/share-groups", "share_groups"},
	{"/share-transfers", "transfers"},
	{"/share-backups", "share_backups"},
};

static int list_nothing(ApiRequest *r, Fault *f _unused_)
{
	const char *key = "";

	for (size_t i = 0; i < ARRAY_SIZE(lists) && str_empty(key); i++)
		if (str_after(r->route->pattern, lists[i].path))
			key = lists[i].key;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, key);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

#define LIST(path, name, who, first)                                                               \
	{                                                                                          \
		.method = "GET", .pattern = (path), .policy = (name), .rule = (who),               \
		.mode = API_PLAIN, .since = (first), .handle = list_nothing                        \
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
};
const ApiRoutes share_absent_routes = API_ROUTES(routes);
