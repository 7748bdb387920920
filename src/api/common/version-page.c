/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The document of versions of a service that has one: block storage, shared file systems. Clients
 * want exactly one entry, and its status in capitals.
 */
#include "api/common/api.h"

static void out_links(ApiRequest *r, const ApiVersionPage *page)
{
	JsonOut *out = &r->out;

	json_out_list_begin(out, "links");
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "describedby");
	json_out_text(out, "type", "text/html");
	json_out_text(out, "href", page->described);
	json_out_end(out);
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "self");
	json_out_printf(out, "href", "%s/", api_prefix_url(r));
	json_out_end(out);
	json_out_list_end(out);
}

static void out_version(JsonOut *out, const char *key, int version)
{
	json_out_printf(out, key, "%d.%d", version / 1000, version % 1000);
}

static int show_versions(ApiRequest *r, unsigned status)
{
	const ApiDialect *dialect = r->dialect;
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "versions");
	json_out_begin(out, NULL);
	json_out_text(out, "id", dialect->page->id);
	json_out_text(out, "status", "CURRENT");
	out_version(out, "version", dialect->version_max);
	out_version(out, "min_version", dialect->version_min);
	json_out_text(out, "updated", dialect->page->updated);
	out_links(r, dialect->page);
	json_out_list_begin(out, "media-types");
	json_out_begin(out, NULL);
	json_out_text(out, "base", "application/json");
	json_out_text(out, "type", dialect->page->type);
	json_out_end(out);
	json_out_list_end(out);
	json_out_end(out);
	json_out_list_end(out);
	json_out_end(out);
	api_reply(r, status);
	return 0;
}

static int show_root(ApiRequest *r, Fault *f _unused_)
{
	return show_versions(r, 300);
}

static int show_version(ApiRequest *r, Fault *f _unused_)
{
	if (r->project_segment)
		return api_complain(r, API_NO_ROUTE, NULL, NULL, NULL);
	return show_versions(r, 200);
}

const ApiRoute api_version_root = {
	.method = "GET",
	.pattern = "/",
	.rule = API_RULE_OPEN,
	.mode = API_PLAIN,
	.handle = show_root,
};

static const ApiRoute rows[] = {
	{.method = "GET",
	 .pattern = "/",
	 .rule = API_RULE_OPEN,
	 .mode = API_PLAIN,
	 .handle = show_version},
};
const ApiRoutes api_version_routes = API_ROUTES(rows);
