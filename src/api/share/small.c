/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The small resources that clients ask for on their way: availability zones, of which there is one.
 */
#include "api/share/priv.h"
#include "base/uuid.h"

/* The same at every start, as of a row. */
static const char *zone_id(Arena *arena, const char *zone)
{
	char id[UUID_TEXT];

	uuid_of_text(arena_printf(arena, "zone %s", zone), id);
	return arena_strdup(arena, id);
}

static int zones_list(ApiRequest *r, Fault *f _unused_)
{
	const char *zone = r->config->settings->availability_zone;
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "availability_zones");
	json_out_begin(out, NULL);
	json_out_text(out, "id", zone_id(r->arena, zone));
	json_out_text(out, "name", zone);
	json_out_null(out, "created_at"); /* it is a word in a file, and no row */
	json_out_null(out, "updated_at");
	json_out_end(out);
	json_out_list_end(out);
	json_out_end(out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-availability-zone",
	 .policy = "availability_zone:index",
	 .rule = API_RULE_SCOPED,
	 .mode = API_PLAIN,
	 .until = SHARE_PREFIXED,
	 .handle = zones_list},
	{.method = "GET",
	 .pattern = "/availability-zones",
	 .policy = "availability_zone:index",
	 .rule = API_RULE_SCOPED,
	 .mode = API_PLAIN,
	 .since = SHARE_PLAIN,
	 .handle = zones_list},
};
const ApiRoutes share_small_routes = API_ROUTES(routes);
