/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Extra specs of a volume type: listed, merged, read and changed by key.
 */
#include "api/volume/priv.h"
#include "service/text-map.h"

typedef struct SpecsBody {
	JsonTextMap extra_specs;
} SpecsBody;

static const JsonField specs_rows[] = {
	{.name = "extra_specs",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_SPEC_KEY,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(SpecsBody, extra_specs)},
};
static const JsonFields specs_fields = JSON_FIELDS(specs_rows, SpecsBody);

static int specs_list(ApiRequest *r, Fault *f)
{
	VolumeType *type;
	int k = service_find_volume_type(&r->work, api_param(r, "type_id"), &type, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	type_out_specs(r, type);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
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
	const char *key = api_param(r, "key"), *value;
	VolumeType *type;
	int k = service_find_volume_type(&r->work, api_param(r, "type_id"), &type, f);

	if (k)
		return k;
	value = text_map_value(r->arena, type->extra_specs, key);
	if (!value || !type_spec_is_visible(r, key))
		return api_refuse(r, 404, "Volume Type %s has no extra specs with key %s.",
				  type->id, key);
	return reply_spec(r, key, value);
}

/* The answer is what was sent. */
static int specs_merge(ApiRequest *r, Fault *f)
{
	const JsonTextMap *specs = &((const SpecsBody *)r->body)->extra_specs;
	int k = service_merge_type_specs(&r->work, api_param(r, "type_id"), specs, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_raw(&r->out, "extra_specs", json_print_text_map(r->arena, specs));
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
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
	k = service_merge_type_specs(&r->work, api_param(r, "type_id"), specs, f);
	return k ? k : reply_spec(r, specs->pairs[0].key, specs->pairs[0].value);
}

static int spec_delete(ApiRequest *r, Fault *f)
{
	return volume_reply_accepted(r, service_delete_type_spec(&r->work, api_param(r, "type_id"),
								 api_param(r, "key"), f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/types/{type_id}/extra_specs",
	 .policy = "volume_extension:types_extra_specs:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = specs_list},
	{.method = "POST",
	 .pattern = "/types/{type_id}/extra_specs",
	 .policy = "volume_extension:types_extra_specs:create",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &specs_fields,
	 .handle = specs_merge},
	{.method = "GET",
	 .pattern = "/types/{type_id}/extra_specs/{key}",
	 .policy = "volume_extension:types_extra_specs:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = spec_show},
	{.method = "PUT",
	 .pattern = "/types/{type_id}/extra_specs/{key}",
	 .policy = "volume_extension:types_extra_specs:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &api_any_object,
	 .handle = spec_put},
	{.method = "DELETE",
	 .pattern = "/types/{type_id}/extra_specs/{key}",
	 .policy = "volume_extension:types_extra_specs:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = spec_delete},
};
const ApiRoutes volume_type_spec_routes = API_ROUTES(routes);
