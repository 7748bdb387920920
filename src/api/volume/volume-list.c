/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of volumes: filters, sorting, paging. At 3.0 a filter that the caller may not use, or that
 * nobody knows, is ignored.
 */
#include "api/volume/priv.h"

enum { METADATA_PAIRS_MAX = 8 };

static const ApiParam list_params[] = {
	{.name = "limit"},
	{.name = "offset"},
	{.name = "marker"},
	{.name = "sort"},
	{.name = "sort_key"},
	{.name = "sort_dir"},
	{.name = "name"},
	{.name = "status"},
	{.name = "availability_zone"},
	{.name = "size"},
	{.name = "bootable"},
	{.name = "metadata"},
	{.name = "migration_status"},
	{.name = "all_tenants", .rule = API_RULE_ADMIN},
	{.name = "project_id", .rule = API_RULE_ADMIN},
	{.name = "user_id", .rule = API_RULE_ADMIN},
	{.name = "host", .rule = API_RULE_ADMIN},
	{.name = "multiattach", .rule = API_RULE_ADMIN},
	{0},
};

/* Filters that name a column with a text in it. */
static const struct {
	const char *param;
	const char *column;
} text_filters[] = {
	{"name", "name"},       {"status", "status"}, {"availability_zone", "availability_zone"},
	{"user_id", "user_id"}, {"host", "host"},
};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{"display_name", "name"},
	{"status", "status"},
	{"size", "size_gib"},
	{"bootable", "bootable"},
	{"availability_zone", "availability_zone"},
	{"volume_type_id", "type_id"},
	{"user_id", "user_id"},
	{"project_id", "project_id"},
	{"host", "host"},
	{0},
};

/* No row meets this. */
static void match_nothing(RecordQuery *query)
{
	record_where_text(query, "id", RECORD_IS_NULL, NULL);
}

/* Whose volumes: the caller's project, or what an admin asks for. */
static bool add_scope(ApiRequest *r, RecordQuery *query)
{
	const char *project = api_query(r, "project_id");
	bool everybody;

	if (!volume_query_bool(r, "all_tenants", false, &everybody))
		return false;
	if (!everybody)
		project = r->caller.project_id;
	if (project)
		record_where_text(query, "project_id", RECORD_EQ, project);
	return true;
}

/*
 * Clients write the map as Python does ('k': 'v') or as JSON. Returns JSON: what stands in single
 * quotes is put into double ones.
 */
static const char *as_json(ApiRequest *r, const char *text)
{
	Buf json = {0};
	const char *copy;
	char quote = '\0';

	for (; *text; text++) {
		if (quote && *text == '\\' && text[1]) {
			if (text[1] != '\'')
				buf_add_char(&json, '\\');
			buf_add_char(&json, *++text);
		} else if (!quote && (*text == '\'' || *text == '"')) {
			quote = *text;
			buf_add_char(&json, '"');
		} else if (*text == quote) {
			quote = '\0';
			buf_add_char(&json, '"');
		} else {
			buf_add(&json, *text == '"' ? "\\\"" : (const char[]){*text, '\0'});
		}
	}
	copy = arena_strdup(r->arena, buf_text(&json));
	buf_done(&json);
	return copy;
}

/*
 * A regular expression for one stored pair, "key":"value". Its quotes are not escaped, so that
 * they stand for the ends of key and value alone. Patterns hold no braces: any character will do.
 */
static const char *pair_pattern(ApiRequest *r, const JsonPair *pair)
{
	JsonPair copied = *pair;
	const JsonTextMap map = {.pairs = &copied, .count = 1};
	const char *text = json_print_text_map(r->arena, &map) + 1; /* behind the brace */
	Buf pattern = {0};
	const char *copy;

	for (; text[1]; text++) {
		if (*text == '{' || *text == '}') {
			buf_add_char(&pattern, '.');
			continue;
		}
		if (strchr("\\.[]()*+?^$|", *text))
			buf_add_char(&pattern, '\\');
		buf_add_char(&pattern, *text);
	}
	copy = arena_strdup(r->arena, buf_text(&pattern));
	buf_done(&pattern);
	return copy;
}

typedef struct MetadataFilter {
	JsonTextMap metadata;
} MetadataFilter;

static const JsonField filter_rows[] = {
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .flags = JSON_REQUIRED,
	 .max = METADATA_PAIRS_MAX,
	 .offset = offsetof(MetadataFilter, metadata)},
};
static const JsonFields filter_fields = JSON_FIELDS(filter_rows, MetadataFilter);

static bool add_metadata(ApiRequest *r, RecordQuery *query)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *text = api_query(r, "metadata"), *json;
	const MetadataFilter *filter = NULL;
	JsonProblem problem;
	void *decoded;

	if (!text)
		return true;
	json = arena_printf(r->arena, "{\"metadata\":%s}", as_json(r, text));
	if (json_parse(r->arena, json, strlen(json), &doc, NULL) == 0 &&
	    json_decode(r->arena, doc, &filter_fields, r->version, &decoded, &problem) == 0)
		filter = decoded;
	if (!filter) {
		(void)api_refuse(r, 400, "Invalid input received: metadata = %s", text); /* 0 */
		return false;
	}
	for (size_t i = 0; i < filter->metadata.count; i++)
		record_where_text(query, "metadata", RECORD_MATCH,
				  pair_pattern(r, &filter->metadata.pairs[i]));
	return true;
}

static void add_size(ApiRequest *r, RecordQuery *query)
{
	const char *text = api_query(r, "size");
	int64_t size;

	if (!text)
		return;
	if (str_parse_i64(text, &size))
		record_where_int(query, "size_gib", RECORD_EQ, size);
	else
		match_nothing(query);
}

/* At 3.0 whatever is not one of these three words means true. */
static void add_bootable(ApiRequest *r, RecordQuery *query)
{
	const char *text = api_query(r, "bootable");
	bool wanted = !str_eq(text, "False") && !str_eq(text, "false") && !str_eq(text, "FALSE");

	if (text)
		record_where_int(query, "bootable", RECORD_EQ, wanted);
}

static bool add_filters(ApiRequest *r, RecordQuery *query)
{
	bool multiattach;

	for (size_t i = 0; i < ARRAY_SIZE(text_filters); i++) {
		const char *text = api_query(r, text_filters[i].param);

		if (text)
			record_where_text(query, text_filters[i].column, RECORD_EQ, text);
	}
	if (api_query(r, "migration_status"))
		match_nothing(query); /* nothing is ever migrated */
	add_size(r, query);
	add_bootable(r, query);
	if (!volume_query_bool(r, "multiattach", false, &multiattach))
		return false;
	if (api_query(r, "multiattach"))
		record_where_int(query, "multiattach", RECORD_EQ, multiattach);
	return add_metadata(r, query);
}

static void out_short(ApiRequest *r, const Volume *volume)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", volume->id);
	json_out_text(&r->out, "name", volume->name);
	api_out_links(r, &r->out, "volumes", volume->id);
	json_out_end(&r->out);
}

/* RECORD_BAD_PATTERN: a filter so long that no stored text is like it. */
static int find_volumes(ApiRequest *r, const RecordQuery *query, Volume ***ret, size_t *ret_count,
			Fault *f)
{
	int k = volume_find(r->work.tx, r->arena, query, ret, ret_count, f);

	if (k == RECORD_NO_MARKER) {
		r->work.refused = (RefusalData){.id = query->marker};
		return REFUSAL_NO_VOLUME;
	}
	if (k == RECORD_BAD_PATTERN)
		*ret_count = 0;
	else if (k)
		return fault_unexpected(f, k);
	return 0;
}

static int list_volumes(ApiRequest *r, bool detail, Fault *f)
{
	RecordQuery query = {0};
	Volume **volumes;
	size_t count;
	int k;

	if (!api_page(r, &query) || !add_scope(r, &query) || !add_filters(r, &query) ||
	    !volume_query_sort(r, &query, sort_keys))
		return 0;
	k = find_volumes(r, &query, &volumes, &count, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "volumes");
	for (size_t i = 0; i < count; i++) {
		if (!detail) {
			out_short(r, volumes[i]);
			continue;
		}
		k = volume_out(r, NULL, volumes[i], true, f);
		if (k)
			return k;
	}
	json_out_list_end(&r->out);
	if (count && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "volumes_links", volumes[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int volumes_list(ApiRequest *r, Fault *f)
{
	return list_volumes(r, false, f);
}

static int volumes_detail(ApiRequest *r, Fault *f)
{
	return list_volumes(r, true, f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/volumes",
	 .policy = "volume:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .handle = volumes_list},
	{.method = "GET",
	 .pattern = "/volumes/detail",
	 .policy = "volume:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .handle = volumes_detail},
};
const ApiRoutes volume_list_routes = API_ROUTES(routes);
