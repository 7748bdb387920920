/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Flavors: list, detail, show, create, delete. Private flavors are for admins and for
 * the projects that were let in to them.
 */
#include <math.h>

#include "api/compute/priv.h"
#include "service/flavor.h"

typedef struct FlavorBody {
	const FlavorWish *flavor;
} FlavorBody;

static const JsonField flavor_wish_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(FlavorWish, name)},
	{.name = "id",
	 .type = JSON_TEXT_LOOSE,
	 .format = JSON_FORMAT_WORDS,
	 .flags = JSON_NULLABLE,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(FlavorWish, id)},
	{.name = "ram",
	 .type = JSON_INT_LOOSE,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = INT32_MAX,
	 .offset = offsetof(FlavorWish, ram_mib)},
	{.name = "vcpus",
	 .type = JSON_INT_LOOSE,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = INT32_MAX,
	 .offset = offsetof(FlavorWish, vcpus)},
	{.name = "disk",
	 .type = JSON_INT_LOOSE,
	 .flags = JSON_REQUIRED,
	 .max = INT32_MAX,
	 .offset = offsetof(FlavorWish, disk_gib)},
	{.name = "OS-FLV-EXT-DATA:ephemeral",
	 .type = JSON_INT_LOOSE,
	 .max = INT32_MAX,
	 .offset = offsetof(FlavorWish, ephemeral_gib)},
	{.name = "swap",
	 .type = JSON_INT_LOOSE,
	 .max = INT32_MAX,
	 .offset = offsetof(FlavorWish, swap_mib)},
	{.name = "rxtx_factor",
	 .type = JSON_ANY,
	 .until = V(101),
	 .offset = offsetof(FlavorWish, rxtx_factor)},
	{.name = "os-flavor-access:is_public",
	 .type = JSON_BOOL_LOOSE,
	 .offset = offsetof(FlavorWish, is_public),
	 .present = JSON_PRESENT(FlavorWish, has_is_public)},
	{.name = "description",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(55),
	 .max = 65535,
	 .offset = offsetof(FlavorWish, description)},
};
static const JsonFields flavor_wish_fields = JSON_FIELDS(flavor_wish_rows, FlavorWish);

static const JsonField flavor_body_rows[] = {
	{.name = "flavor",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &flavor_wish_fields,
	 .offset = offsetof(FlavorBody, flavor)},
};
static const JsonFields flavor_body_fields = JSON_FIELDS(flavor_body_rows, FlavorBody);

/* Only the description can be changed, and only from 2.55 on. */
typedef struct FlavorChange {
	const char *description;
} FlavorChange;

typedef struct FlavorChangeBody {
	const FlavorChange *flavor;
} FlavorChangeBody;

static const JsonField flavor_change_rows[] = {
	{.name = "description",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED | JSON_NULLABLE,
	 .max = 65535,
	 .offset = offsetof(FlavorChange, description)},
};
static const JsonFields flavor_change_fields = JSON_FIELDS(flavor_change_rows, FlavorChange);

static const JsonField flavor_change_body_rows[] = {
	{.name = "flavor",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &flavor_change_fields,
	 .offset = offsetof(FlavorChangeBody, flavor)},
};
static const JsonFields flavor_change_body_fields =
	JSON_FIELDS(flavor_change_body_rows, FlavorChangeBody);

static const ApiParam flavor_params[] = {
	{.name = "limit", .format = "integer"},
	{.name = "marker"},
	{.name = "is_public"},
	{.name = "minRam"},
	{.name = "minDisk"},
	{.name = "sort_key"},
	{.name = "sort_dir"},
	{.name = "name", .since = V(102)},
	{0},
};

static void print_swap_before_2_75(JsonOut *out, const char *key, const void *object,
				   const void *context _unused_)
{
	const Flavor *flavor = object;

	if (flavor->swap_mib == 0)
		json_out_text(out, key, "");
	else
		json_out_int(out, key, flavor->swap_mib);
}

static void print_rxtx_factor(JsonOut *out, const char *key, const void *object,
			      const void *context _unused_)
{
	const Flavor *flavor = object;

	json_out_raw(out, key, flavor->rxtx_factor ? flavor->rxtx_factor : "1.0");
}

static const JsonOutField flavor_reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Flavor, id)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Flavor, name)},
	{.name = "ram", .type = JSON_OUT_INT, .offset = offsetof(Flavor, ram_mib)},
	{.name = "disk", .type = JSON_OUT_INT, .offset = offsetof(Flavor, disk_gib)},
	{.name = "vcpus", .type = JSON_OUT_INT, .offset = offsetof(Flavor, vcpus)},
	{.name = "swap", .type = JSON_OUT_CALL, .until = V(74), .print = print_swap_before_2_75},
	{.name = "swap",
	 .type = JSON_OUT_INT,
	 .since = V(75),
	 .offset = offsetof(Flavor, swap_mib)},
	{.name = "OS-FLV-EXT-DATA:ephemeral",
	 .type = JSON_OUT_INT,
	 .offset = offsetof(Flavor, ephemeral_gib)},
	{.name = "OS-FLV-DISABLED:disabled",
	 .type = JSON_OUT_BOOL,
	 .until = V(101),
	 .offset = offsetof(Flavor, disabled)},
	{.name = "os-flavor-access:is_public",
	 .type = JSON_OUT_BOOL,
	 .offset = offsetof(Flavor, is_public)},
	{.name = "rxtx_factor", .type = JSON_OUT_CALL, .until = V(101), .print = print_rxtx_factor},
	{.name = "description",
	 .type = JSON_OUT_TEXT,
	 .since = V(55),
	 .offset = offsetof(Flavor, description)},
	{.name = "extra_specs",
	 .type = JSON_OUT_MAP,
	 .since = V(61),
	 .offset = offsetof(Flavor, extra_specs)},
};

void compute_out_flavor(ApiRequest *r, const char *key, const Flavor *flavor)
{
	JsonOutView view = {.version = r->version, .audience = api_audience(r)};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, flavor_reply, ARRAY_SIZE(flavor_reply), flavor, &view);
	api_out_links(r, &r->out, "flavors", flavor->id);
	json_out_end(&r->out);
}

static void out_flavor_short(ApiRequest *r, const Flavor *flavor)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", flavor->id);
	json_out_text(&r->out, "name", flavor->name);
	if (r->version >= V(55))
		json_out_text(&r->out, "description", flavor->description);
	api_out_links(r, &r->out, "flavors", flavor->id);
	json_out_end(&r->out);
}

/* What clients call the columns when they sort. */
static const ApiSortKey sort_keys[] = {
	{"flavorid", "id"},
	{"id", "id"},
	{"name", "name"},
	{"memory_mb", "ram_mib"},
	{"root_gb", "disk_gib"},
	{"ephemeral_gb", "ephemeral_gib"},
	{"swap", "swap_mib"},
	{"vcpus", "vcpus"},
	{"is_public", "is_public"},
	{"disabled", "disabled"},
	{"created_at", "created_us"},
	{"description", "description"},
	{0},
};

static bool add_sort(ApiRequest *r, RecordQuery *query)
{
	const char *key = api_query(r, "sort_key"), *dir = api_query(r, "sort_dir"), *column;
	bool descending = str_eq(dir, "desc");

	if (dir && !descending && !str_eq(dir, "asc")) {
		(void)api_refuse(r, 400,
				 "Invalid input for query parameters sort_dir. Value: %s. '%s' is "
				 "not one of ['asc', 'desc']",
				 dir, dir); /* always 0 */
		return false;
	}
	if (!key)
		key = "flavorid";
	column = api_sort_column(sort_keys, key, strlen(key));
	if (column) {
		record_sort(query, column, descending);
		return true;
	}
	(void)api_refuse(r, 400, "Invalid input for query parameters sort_key. Value: %s.",
			 key); /* always 0 */
	return false;
}

static bool add_minimum(ApiRequest *r, RecordQuery *query, const char *param, const char *column)
{
	const char *text = api_query(r, param);
	int64_t value;

	if (!text)
		return true;
	if (!str_parse_i64(text, &value)) {
		(void)api_refuse(r, 400, "Invalid %s filter [%s]", param, text); /* always 0 */
		return false;
	}
	record_where_int(query, column, RECORD_GE, value);
	return true;
}

/* What is public, and what the caller's project was let in to. */
static int add_public(ApiRequest *r, RecordQuery *query, Fault *f)
{
	const char *const *granted;
	size_t count;
	int k;

	k = service_flavors_granted(&r->work, r->caller.project_id, &granted, &count, f);
	if (k)
		return k;
	record_where_int(query, "is_public", RECORD_EQ, 1);
	if (count) {
		record_or(query);
		record_where_texts(query, "id", RECORD_IN, granted, count);
	}
	return 0;
}

/* Admins choose what they see; everybody else sees what is there for him. *ret: not refused. */
static int add_visibility(ApiRequest *r, RecordQuery *query, bool *ret, Fault *f)
{
	static const char *const yes[] = {"1", "t", "true", "True", "on", "y", "yes"};
	static const char *const no[] = {"0", "f", "false", "False", "off", "n", "no"};
	const char *asked = caller_is_admin(&r->caller) ? api_query(r, "is_public") : NULL;

	*ret = true;
	if (!asked)
		return add_public(r, query, f);
	if (str_eq_nocase(asked, "none"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_eq(asked, yes[i]))
			return add_public(r, query, f);
		if (str_eq(asked, no[i])) {
			record_where_int(query, "is_public", RECORD_EQ, 0);
			return 0;
		}
	}
	*ret = false;
	return api_refuse(r, 400, "Invalid is_public filter [%s]", asked);
}

static int list_flavors(ApiRequest *r, bool detail, Fault *f)
{
	RecordQuery query = {0};
	const char *name = r->version >= V(102) ? api_query(r, "name") : NULL;
	Flavor **flavors;
	bool fine;
	size_t count;
	int k;

	if (!api_page(r, &query) || !add_sort(r, &query) ||
	    !add_minimum(r, &query, "minRam", "ram_mib") ||
	    !add_minimum(r, &query, "minDisk", "disk_gib"))
		return 0;
	k = add_visibility(r, &query, &fine, f);
	if (k || !fine)
		return k;
	if (name)
		record_where_text(&query, "name", RECORD_MATCH, name);
	k = flavor_find(r->work.tx, r->arena, &query, &flavors, &count, f);
	if (k == RECORD_NO_MARKER)
		return api_refuse(r, 400, "marker [%s] not found", query.marker);
	if (k == RECORD_BAD_PATTERN)
		return api_refuse(r, 400, "Invalid filter: it is not a regular expression");
	if (k)
		return fault_unexpected(f, k);

	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "flavors");
	for (size_t i = 0; i < count; i++)
		if (detail)
			compute_out_flavor(r, NULL, flavors[i]);
		else
			out_flavor_short(r, flavors[i]);
	json_out_list_end(&r->out);
	if (count && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "flavors_links", flavors[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int flavors_list(ApiRequest *r, Fault *f)
{
	return list_flavors(r, false, f);
}

static int flavors_detail(ApiRequest *r, Fault *f)
{
	return list_flavors(r, true, f);
}

static int reply_flavor(ApiRequest *r, const Flavor *flavor)
{
	json_out_begin(&r->out, NULL);
	compute_out_flavor(r, "flavor", flavor);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int flavor_show(ApiRequest *r, Fault *f)
{
	Flavor *flavor;
	int k;

	k = service_find_flavor(&r->work, api_param(r, "flavor_id"), &flavor, f);
	return k ? k : reply_flavor(r, flavor);
}

/* A factor is a positive number, or one in quotes. */
static bool valid_factor(const char *json)
{
	char *end;
	double value;

	if (!json)
		return true;
	if (*json == '"')
		json++;
	value = strtod(json, &end);
	return end != json && (!*end || str_eq(end, "\"")) && isfinite(value) && value > 0;
}

static int flavor_create(ApiRequest *r, Fault *f)
{
	const FlavorBody *body = r->body;
	FlavorWish wish = *body->flavor;
	Flavor *flavor;
	int k;

	if (!valid_factor(wish.rxtx_factor))
		return api_refuse(r, 400,
				  "Invalid input for field/attribute rxtx_factor. Value: %s. %s is "
				  "not a positive number",
				  wish.rxtx_factor, wish.rxtx_factor);
	if (!wish.has_is_public)
		wish.is_public = true;
	k = service_create_flavor(&r->work, &wish, &flavor, f);
	return k ? k : reply_flavor(r, flavor);
}

static int flavor_change(ApiRequest *r, Fault *f)
{
	const FlavorChangeBody *body = r->body;
	Flavor *flavor;
	int k;

	k = service_describe_flavor(&r->work, api_param(r, "flavor_id"), body->flavor->description,
				    &flavor, f);
	return k ? k : reply_flavor(r, flavor);
}

static int flavor_remove(ApiRequest *r, Fault *f)
{
	int k = service_delete_flavor(&r->work, api_param(r, "flavor_id"), f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/flavors",
	 .policy = "os_compute_api:flavors",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .params = flavor_params,
	 .strict_params_since = V(75),
	 .handle = flavors_list},
	{.method = "GET",
	 .pattern = "/flavors/detail",
	 .policy = "os_compute_api:flavors",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .params = flavor_params,
	 .strict_params_since = V(75),
	 .handle = flavors_detail},
	{.method = "GET",
	 .pattern = "/flavors/{flavor_id}",
	 .policy = "os_compute_api:flavors",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .handle = flavor_show},
	{.method = "POST",
	 .pattern = "/flavors",
	 .policy = "os_compute_api:os-flavor-manage:create",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &flavor_body_fields,
	 .handle = flavor_create},
	{.method = "PUT",
	 .pattern = "/flavors/{flavor_id}",
	 .policy = "os_compute_api:os-flavor-manage:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(55),
	 .body = &flavor_change_body_fields,
	 .handle = flavor_change},
	{.method = "DELETE",
	 .pattern = "/flavors/{flavor_id}",
	 .policy = "os_compute_api:os-flavor-manage:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = flavor_remove},
};
const ApiRoutes compute_flavor_routes = API_ROUTES(routes);
