/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of what there is none of here, for clients that ask before they do something else: who
 * cleans up a project looks for backups first, and a 404 would end it. Nothing can be made of
 * these, and all other requests for them find nothing.
 */
#include "api/volume/priv.h"

static int reply_empty(ApiRequest *r, unsigned status, const char *const *keys)
{
	json_out_begin(&r->out, NULL);
	for (; *keys; keys++) {
		json_out_list_begin(&r->out, *keys);
		json_out_list_end(&r->out);
	}
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static int backups_list(ApiRequest *r, Fault *f _unused_)
{
	static const char *const keys[] = {"backups", NULL};

	return reply_empty(r, 200, keys);
}

static int clusters_list(ApiRequest *r, Fault *f _unused_)
{
	static const char *const keys[] = {"clusters", NULL};

	return reply_empty(r, 200, keys);
}

/* Which services clean up after others, and which cannot: what is left over goes by itself. */
static int workers_clean(ApiRequest *r, Fault *f _unused_)
{
	static const char *const keys[] = {"cleaning", "unavailable", NULL};

	return reply_empty(r, 202, keys);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/backups",
	 .policy = "backup:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_PLAIN,
	 .handle = backups_list},
	{.method = "GET",
	 .pattern = "/backups/detail",
	 .policy = "backup:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_PLAIN,
	 .handle = backups_list},
	{.method = "GET",
	 .pattern = "/clusters",
	 .policy = "clusters:get_all",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .since = V(7),
	 .handle = clusters_list},
	{.method = "GET",
	 .pattern = "/clusters/detail",
	 .policy = "clusters:get_all",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .since = V(7),
	 .handle = clusters_list},
	{.method = "POST",
	 .pattern = "/workers/cleanup",
	 .policy = "workers:cleanup",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .since = V(24),
	 .body = &api_any_object,
	 .handle = workers_clean},
};
const ApiRoutes volume_absent_routes = API_ROUTES(routes);
