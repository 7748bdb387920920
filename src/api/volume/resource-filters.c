/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which lists may be filtered by what, by everybody: said by the very tables that do it.
 */
#include "api/volume/filters.h"

static const VolumeListing *const listings[] = {
	&volume_listing,
	&snapshot_listing,
	&attachment_listing,
	&message_listing,
};

static void out_filters(ApiRequest *r, const VolumeListing *listing)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "resource", listing->resource);
	json_out_list_begin(&r->out, "filters");
	for (const VolumeFilter *filter = listing->filters; filter->name; filter++) {
		if (filter->admin || r->version < filter->since)
			continue;
		json_out_text(&r->out, NULL, filter->name);
		if (filter->kind == VOLUME_FILTER_TEXT && r->version >= V(34))
			json_out_printf(&r->out, NULL, "%s~", filter->name);
	}
	json_out_list_end(&r->out);
	json_out_end(&r->out);
}

static int resource_filters_list(ApiRequest *r, Fault *f _unused_)
{
	const char *wanted = api_query(r, "resource");

	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "resource_filters");
	for (size_t i = 0; i < ARRAY_SIZE(listings); i++)
		if (!wanted || str_eq(wanted, listings[i]->resource))
			out_filters(r, listings[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/resource_filters",
	 .policy = "volume:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_PLAIN,
	 .since = V(33),
	 .handle = resource_filters_list},
};
const ApiRoutes volume_resource_filter_routes = API_ROUTES(routes);
