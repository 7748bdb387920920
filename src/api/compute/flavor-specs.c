/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Extra specs of a flavor: a map of texts, listed, merged, read and changed by key.
 */
#include "api/compute/priv.h"
#include "service/flavor.h"

typedef struct SpecsBody {
	JsonTextMap extra_specs;
} SpecsBody;

static const JsonField specs_rows[] = {
	{.name = "extra_specs",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(SpecsBody, extra_specs)},
};
static const JsonFields specs_fields = JSON_FIELDS(specs_rows, SpecsBody);

static void out_specs(JsonOut *out, const JsonTextMap *specs)
{
	json_out_begin(out, NULL);
	json_out_begin(out, "extra_specs");
	for (size_t i = 0; i < specs->count; i++)
		json_out_text(out, specs->pairs[i].key, specs->pairs[i].value);
	json_out_end(out);
	json_out_end(out);
}

static int specs_list(ApiRequest *r, Fault *f)
{
	JsonTextMap specs;
	Flavor *flavor;
	int k;

	k = service_find_flavor(&r->work, api_param(r, "flavor_id"), &flavor, f);
	if (k)
		return k;
	specs = json_text_map(r->arena, flavor->extra_specs);
	out_specs(&r->out, &specs);
	api_reply(r, 200);
	return 0;
}

static int specs_merge(ApiRequest *r, Fault *f)
{
	const SpecsBody *body = r->body;
	int k;

	k = service_merge_flavor_specs(&r->work, api_param(r, "flavor_id"), &body->extra_specs, f);
	if (k)
		return k;
	out_specs(&r->out, &body->extra_specs);
	api_reply(r, 200);
	return 0;
}

static int no_spec(ApiRequest *r)
{
	return api_refuse(r, 404, "Flavor %s has no extra specs with key %s.",
			  api_param(r, "flavor_id"), api_param(r, "key"));
}

static int reply_spec(ApiRequest *r, const char *key, const char *value)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, key, value);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int spec_show(ApiRequest *r, Fault *f)
{
	const char *key = api_param(r, "key");
	JsonTextMap specs;
	Flavor *flavor;
	int k;

	k = service_find_flavor(&r->work, api_param(r, "flavor_id"), &flavor, f);
	if (k)
		return k;
	specs = json_text_map(r->arena, flavor->extra_specs);
	for (size_t i = 0; i < specs.count; i++)
		if (str_eq(specs.pairs[i].key, key))
			return reply_spec(r, key, specs.pairs[i].value);
	return no_spec(r);
}

/* The body is {"<key>": "<value>"}, with the key of the path. */
static int spec_put(ApiRequest *r, Fault *f)
{
	const JsonTextMap *specs;
	void *body;
	int k;

	if (!api_read_member(r, "extra_specs", &specs_fields, &body))
		return 0;
	specs = &((const SpecsBody *)body)->extra_specs;
	if (specs->count != 1 || !str_eq(specs->pairs[0].key, api_param(r, "key")))
		return api_refuse(r, 400, "Request body and URI mismatch");
	k = service_merge_flavor_specs(&r->work, api_param(r, "flavor_id"), specs, f);
	return k ? k : reply_spec(r, specs->pairs[0].key, specs->pairs[0].value);
}

static int spec_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_flavor_spec(&r->work, api_param(r, "flavor_id"), api_param(r, "key"),
					   f);

	if (k == REFUSAL_NO_METADATA_KEY)
		return no_spec(r);
	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/flavors/{flavor_id}/os-extra_specs",
	 .policy = "os_compute_api:os-flavor-extra-specs:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = specs_list},
	{.method = "POST",
	 .pattern = "/flavors/{flavor_id}/os-extra_specs",
	 .policy = "os_compute_api:os-flavor-extra-specs:create",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &specs_fields,
	 .handle = specs_merge},
	{.method = "GET",
	 .pattern = "/flavors/{flavor_id}/os-extra_specs/{key}",
	 .policy = "os_compute_api:os-flavor-extra-specs:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = spec_show},
	{.method = "PUT",
	 .pattern = "/flavors/{flavor_id}/os-extra_specs/{key}",
	 .policy = "os_compute_api:os-flavor-extra-specs:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &api_any_object,
	 .handle = spec_put},
	{.method = "DELETE",
	 .pattern = "/flavors/{flavor_id}/os-extra_specs/{key}",
	 .policy = "os_compute_api:os-flavor-extra-specs:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = spec_delete},
};
const ApiRoutes compute_flavor_spec_routes = API_ROUTES(routes);
