/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The list of images: filters, sorting and paging of the image API, whose marker rides in "next".
 */
#include "api/image/priv.h"

enum { PAGE_DEFAULT = 25 };

/* Filters that name a column and compare it; `owner` and the like see only what is visible. */
static const struct {
	const char *param;
	const char *column;
} filters[] = {
	{"name", "name"},
	{"status", "status"},
	{"owner", "owner"},
	{"disk_format", "disk_format"},
	{"container_format", "container_format"},
	{"checksum", "checksum"},
	{"os_hash_value", "hash"},
};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"name", "name"},
	{"id", "id"},
	{"status", "status"},
	{"size", "size_bytes"},
	{"disk_format", "disk_format"},
	{"container_format", "container_format"},
	{0},
};

static bool refuse_param(ApiRequest *r, const char *name, const char *value)
{
	(void)api_refuse(r, 400, "Invalid value '%s' for parameter %s", value, name); /* always 0 */
	return false;
}

/* "value", or "in:a,b,c": any of several. */
static void add_filter(ApiRequest *r, RecordQuery *query, const char *column, const char *value)
{
	const char *rest = str_after(value, "in:");
	const char **texts;
	size_t count;

	if (!rest) {
		record_where_text(query, column, RECORD_EQ, value);
		return;
	}
	texts = api_comma_list(r->arena, rest, &count);
	record_where_texts(query, column, RECORD_IN, texts, count);
}

static bool read_bool(const char *text, bool *ret)
{
	*ret = str_eq_nocase(text, "true") || str_eq(text, "1");
	return *ret || str_eq_nocase(text, "false") || str_eq(text, "0");
}

static bool add_bool(ApiRequest *r, RecordQuery *query, const char *param, const char *column)
{
	const char *text = api_query(r, param);
	bool value;

	if (!text)
		return true;
	if (!read_bool(text, &value))
		return refuse_param(r, param, text);
	record_where_int(query, column, RECORD_EQ, value);
	return true;
}

static bool add_size(ApiRequest *r, RecordQuery *query, const char *param, RecordTest test)
{
	const char *text = api_query(r, param);
	int64_t value;

	if (!text)
		return true;
	if (!str_parse_i64(text, &value) || value < 0)
		return refuse_param(r, param, text);
	record_where_int(query, "size_bytes", test, value);
	return true;
}

static bool add_filters(ApiRequest *r, RecordQuery *query)
{
	const char *id = api_query(r, "id"), *visibility = api_query(r, "visibility");

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (api_query(r, filters[i].param))
			add_filter(r, query, filters[i].column, api_query(r, filters[i].param));
	if (id)
		add_filter(r, query, "id", id);
	if (visibility && !str_eq(visibility, "all")) {
		if (enum_value(&image_visibility_names, visibility) < 0)
			return refuse_param(r, "visibility", visibility);
		record_where_text(query, "visibility", RECORD_EQ, visibility);
	}
	if (!api_query(r, "os_hidden"))
		record_where_int(query, "hidden", RECORD_EQ, 0);
	return add_bool(r, query, "os_hidden", "hidden") &&
	       add_bool(r, query, "protected", "is_protected") &&
	       add_size(r, query, "size_min", RECORD_GE) &&
	       add_size(r, query, "size_max", RECORD_LE);
}

/* "name:asc,created_at:desc", or sort_key and sort_dir; newest first when neither is there. */
static bool add_sort(ApiRequest *r, RecordQuery *query, const char *key, size_t length,
		     bool descending)
{
	const char *column = api_sort_column(sort_keys, key, length);

	if (!column)
		return refuse_param(r, "sort", arena_strndup(r->arena, key, length));
	record_sort(query, column, descending);
	return true;
}

static bool add_sort_list(ApiRequest *r, RecordQuery *query, const char *sort)
{
	for (size_t length; *sort; sort += length + (sort[length] == ',')) {
		size_t key = strcspn(sort, ":,");

		length = strcspn(sort, ",");
		if (query->sort_count == RECORD_SORTS_MAX)
			return refuse_param(r, "sort", sort);
		if (!add_sort(r, query, sort, key,
			      !(length == key + 4 && strncmp(sort + key, ":asc", 4) == 0)))
			return false;
	}
	return true;
}

static bool add_sorts(ApiRequest *r, RecordQuery *query)
{
	const char *sort = api_query(r, "sort"), *key = api_query(r, "sort_key");

	if (sort)
		return add_sort_list(r, query, sort);
	if (!key)
		key = "created_at";
	return add_sort(r, query, key, strlen(key), !str_eq(api_query(r, "sort_dir"), "asc"));
}

/* Others' private and shared images are not there, and community ones only by their id. */
static void add_scope(ApiRequest *r, RecordQuery *query)
{
	if (caller_is_admin(&r->caller))
		return;
	record_where_text(query, "owner", RECORD_EQ, r->caller.project_id);
	record_or(query);
	record_where_text(query, "visibility", RECORD_EQ,
			  enum_name(&image_visibility_names, IMAGE_PUBLIC));
}

/* A tag is a piece of the stored list. */
static void add_tag(ApiRequest *r, RecordQuery *query)
{
	const char *tag = api_query(r, "tag"), *list;

	if (!tag)
		return;
	list = json_print_text_list(r->arena, &tag, 1);
	list = arena_strndup(r->arena, list + 1, strlen(list) - 2);
	record_where_text(query, "tags", RECORD_MATCH, record_pattern_quote(r->arena, list));
}

/* The address of the list itself, with the query as sent but for the marker. */
static void out_first(ApiRequest *r)
{
	const char *query = http_query_text(r->http);

	json_out_printf(&r->out, "first", "/v2/images%s%s", *query ? "?" : "", query);
	json_out_text(&r->out, "schema", "/v2/schemas/images");
}

static void out_next(ApiRequest *r, const char *last_id)
{
	size_t count;
	const HttpParam *params = http_query(r->http, &count);
	Buf url = {0};

	buf_add(&url, "/v2/images?");
	for (size_t i = 0; i < count; i++)
		if (!str_eq(params[i].name, "marker"))
			buf_printf(&url, "%s=%s&", http_encode(r->arena, params[i].name),
				   http_encode(r->arena, params[i].value));
	json_out_printf(&r->out, "next", "%smarker=%s", buf_text(&url), last_id);
	buf_done(&url);
}

static int list(ApiRequest *r, Fault *f)
{
	RecordQuery query = {0};
	Image **images;
	size_t count;
	int k;

	if (!api_page(r, &query) || !add_filters(r, &query) || !add_sorts(r, &query))
		return 0;
	if (!api_query(r, "limit"))
		query.limit = PAGE_DEFAULT;
	add_scope(r, &query);
	add_tag(r, &query);
	k = image_find(r->work.tx, r->arena, &query, &images, &count, f);
	if (k == RECORD_NO_MARKER)
		return api_refuse(r, 400, "Invalid marker. Image could not be found: %s",
				  query.marker);
	if (k == RECORD_BAD_PATTERN)
		return api_refuse(r, 400, "Invalid value for parameter tag");
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "images");
	for (size_t i = 0; i < count; i++)
		image_out(r, NULL, images[i]);
	json_out_list_end(&r->out);
	out_first(r);
	if (count && (int64_t)count == query.limit)
		out_next(r, images[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiParam list_params[] = {
	{.name = "limit", .format = "integer"},
	{0},
};

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/images",
	 .policy = "get_images",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .handle = list},
};
const ApiRoutes image_list_routes = API_ROUTES(routes);
