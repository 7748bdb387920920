/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Differences between what the rows say and what is there, for `cleat doctor`. The world is asked,
 * so this runs on a worker.
 */
#include "service/differences.h"
#include "api/admin/priv.h"

static void out_difference(JsonOut *out, const Difference *difference)
{
	json_out_begin(out, NULL);
	json_out_text(out, "kind", enum_name(&difference_kind_names, (int)difference->kind));
	json_out_text(out, "type", difference->type);
	json_out_text(out, "id", difference->id);
	json_out_text(out, "name", difference->name);
	json_out_text(out, "text", difference->text);
	json_out_text(out, "advice", difference_advice(difference->kind));
	json_out_end(out);
}

static int list_differences(ApiRequest *r, Fault *f)
{
	DifferenceList list;
	int k = service_find_differences(&r->work, r->config->store, r->config->hypervisor, &list,
					 f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "differences");
	for (size_t i = 0; i < list.count; i++)
		out_difference(&r->out, &list.rows[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/differences",
		.policy = "cleat:list_differences",
		.rule = API_RULE_ADMIN,
		.mode = API_WORK,
		.handle = list_differences,
	},
};
const ApiRoutes admin_difference_routes = API_ROUTES(routes);
