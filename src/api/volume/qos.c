/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * QoS specs and the volume types they are associated with. Some changes are GET requests, because
 * clients send them so.
 */
#include "service/qos.h"
#include "api/volume/priv.h"

typedef struct SpecsBody {
	JsonTextMap specs;
} SpecsBody;

static const JsonField specs_rows[] = {
	{.name = "qos_specs",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(SpecsBody, specs)},
};
static const JsonFields specs_fields = JSON_FIELDS(specs_rows, SpecsBody);

typedef struct KeysBody {
	JsonList keys;
} KeysBody;

static const JsonField keys_rows[] = {
	{.name = "keys",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(KeysBody, keys)},
};
static const JsonFields keys_fields = JSON_FIELDS(keys_rows, KeysBody);

static const ApiParam list_params[] = {
	{.name = "limit"},    {.name = "offset"},
	{.name = "marker"},   {.name = "sort"},
	{.name = "sort_key"}, {.name = "sort_dir"},
	{.name = "id"},       {.name = "name"},
	{.name = "consumer"}, {0},
};
static const ApiParam delete_params[] = {{.name = "force"}, {0}};
static const ApiParam type_params[] = {{.name = "vol_type_id"}, {0}};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{"consumer", "consumer"},
	{0},
};

static void out_qos(ApiRequest *r, const char *key, const QosSpec *qos)
{
	json_out_begin(&r->out, key);
	json_out_text(&r->out, "id", qos->id);
	json_out_text(&r->out, "name", qos->name);
	json_out_text(&r->out, "consumer", qos->consumer);
	json_out_raw(&r->out, "specs", qos->specs);
	json_out_end(&r->out);
}

static int reply_qos(ApiRequest *r, int k, QosSpec *const *qos)
{
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	out_qos(r, "qos_specs", *qos);
	api_out_links(r, &r->out, "qos-specs", (*qos)->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int qos_list(ApiRequest *r, Fault *f)
{
	static const char *const filters[] = {"id", "name", "consumer"};
	RecordQuery query = {0};
	QosSpec **list;
	size_t count;
	int k;

	if (!api_page(r, &query) || !volume_query_sort(r, &query, sort_keys))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (api_query(r, filters[i]))
			record_where_text(&query, filters[i], RECORD_EQ, api_query(r, filters[i]));
	k = qos_spec_find(r->work.tx, r->arena, &query, &list, &count, f);
	if (k == RECORD_NO_MARKER) {
		r->work.refused = (RefusalData){.id = query.marker};
		return REFUSAL_NO_QOS;
	}
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "qos_specs");
	for (size_t i = 0; i < count; i++)
		out_qos(r, NULL, list[i]);
	json_out_list_end(&r->out);
	if (count && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "qos_specs_links", list[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int qos_show(ApiRequest *r, Fault *f)
{
	QosSpec *qos;

	return reply_qos(r, service_find_qos(&r->work, api_param(r, "qos_id"), &qos, f), &qos);
}

static int qos_create(ApiRequest *r, Fault *f)
{
	const SpecsBody *body = r->body;
	QosSpec *qos;

	return reply_qos(r, service_create_qos(&r->work, &body->specs, &qos, f), &qos);
}

/* The answer is what was sent. */
static int qos_merge(ApiRequest *r, Fault *f)
{
	const SpecsBody *body = r->body;
	int k = service_merge_qos(&r->work, api_param(r, "qos_id"), &body->specs, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_raw(&r->out, "qos_specs", json_print_text_map(r->arena, &body->specs));
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int qos_delete_keys(ApiRequest *r, Fault *f)
{
	const JsonList *keys = &((const KeysBody *)r->body)->keys;

	return volume_reply_accepted(r, service_delete_qos_keys(&r->work, api_param(r, "qos_id"),
								keys->items, keys->count, f));
}

static int qos_delete(ApiRequest *r, Fault *f)
{
	bool force;

	if (!volume_query_bool(r, "force", false, &force))
		return 0;
	return volume_reply_accepted(
		r, service_delete_qos(&r->work, api_param(r, "qos_id"), force, f));
}

static int qos_types(ApiRequest *r, Fault *f)
{
	VolumeType **types;
	size_t count;
	int k;

	k = service_list_qos_types(&r->work, api_param(r, "qos_id"), &types, &count, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "qos_associations");
	for (size_t i = 0; i < count; i++) {
		json_out_begin(&r->out, NULL);
		json_out_text(&r->out, "association_type", "volume_type");
		json_out_text(&r->out, "name", types[i]->name);
		json_out_text(&r->out, "id", types[i]->id);
		json_out_end(&r->out);
	}
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* The type that the query names. False after a 400. */
static bool read_type(ApiRequest *r, const char **ret)
{
	*ret = api_query(r, "vol_type_id");
	if (!str_empty(*ret))
		return true;
	(void)api_refuse(r, 400, "Volume Type id must not be None."); /* 0 */
	return false;
}

static int qos_associate(ApiRequest *r, Fault *f)
{
	const char *type_id;

	if (!read_type(r, &type_id))
		return 0;
	return volume_reply_accepted(
		r, service_associate_qos(&r->work, api_param(r, "qos_id"), type_id, f));
}

static int qos_disassociate(ApiRequest *r, Fault *f)
{
	const char *type_id;

	if (!read_type(r, &type_id))
		return 0;
	return volume_reply_accepted(
		r, service_disassociate_qos(&r->work, api_param(r, "qos_id"), type_id, f));
}

static int qos_disassociate_all(ApiRequest *r, Fault *f)
{
	return volume_reply_accepted(
		r, service_disassociate_qos(&r->work, api_param(r, "qos_id"), NULL, f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/qos-specs",
	 .policy = "volume_extension:qos_specs_manage:get_all",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .params = list_params,
	 .handle = qos_list},
	{.method = "POST",
	 .pattern = "/qos-specs",
	 .policy = "volume_extension:qos_specs_manage:create",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &specs_fields,
	 .handle = qos_create},
	{.method = "GET",
	 .pattern = "/qos-specs/{qos_id}",
	 .policy = "volume_extension:qos_specs_manage:get",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = qos_show},
	{.method = "PUT",
	 .pattern = "/qos-specs/{qos_id}",
	 .policy = "volume_extension:qos_specs_manage:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &specs_fields,
	 .handle = qos_merge},
	{.method = "DELETE",
	 .pattern = "/qos-specs/{qos_id}",
	 .policy = "volume_extension:qos_specs_manage:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .params = delete_params,
	 .handle = qos_delete},
	{.method = "PUT",
	 .pattern = "/qos-specs/{qos_id}/delete_keys",
	 .policy = "volume_extension:qos_specs_manage:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &keys_fields,
	 .handle = qos_delete_keys},
	{.method = "GET",
	 .pattern = "/qos-specs/{qos_id}/associations",
	 .policy = "volume_extension:qos_specs_manage:get",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = qos_types},
	{.method = "GET",
	 .pattern = "/qos-specs/{qos_id}/associate",
	 .policy = "volume_extension:qos_specs_manage:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .params = type_params,
	 .handle = qos_associate},
	{.method = "GET",
	 .pattern = "/qos-specs/{qos_id}/disassociate",
	 .policy = "volume_extension:qos_specs_manage:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .params = type_params,
	 .handle = qos_disassociate},
	{.method = "GET",
	 .pattern = "/qos-specs/{qos_id}/disassociate_all",
	 .policy = "volume_extension:qos_specs_manage:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = qos_disassociate_all},
};
const ApiRoutes volume_qos_routes = API_ROUTES(routes);
