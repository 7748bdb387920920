/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of shares. Whose: the caller's project, with the public ones of others where he asks for
 * them; an admin may ask for all. What is put away to be deleted is hidden until asked for.
 */
#include "api/share/list.h"
#include "service/share.h"

/* The ids in one column of what a query finds, as texts. */
static int find_texts(ApiRequest *r, const RecordTable *table, const RecordQuery *query,
		      const char *column, RecordTexts *ret, Fault *f)
{
	int k;

	*ret = (RecordTexts){.arena = r->arena};
	k = record_distinct(r->work.tx, table, query, column, ret, f);
	return k == RECORD_BAD_PATTERN ? 0 : fault_unexpected(f, k);
}

static void where_among(RecordQuery *query, const char *column, const RecordTexts *texts)
{
	if (texts->count)
		record_where_texts(query, column, RECORD_IN, texts->texts, texts->count);
	else
		share_filter_nothing(query);
}

static int where_exported(ApiRequest *r, RecordQuery *query, const char *column, const char *value,
			  Fault *f)
{
	RecordQuery exports = {0};
	RecordTexts shares;
	int k;

	record_where_text(&exports, column, RECORD_EQ, value);
	if (!caller_is_admin(&r->caller))
		record_where_int(&exports, "admin_only", RECORD_EQ, false);
	k = find_texts(r, &share_export_table, &exports, "share_id", &shares, f);
	if (!k)
		where_among(query, "id", &shares);
	return k;
}

int share_filter_export_id(ApiRequest *r, RecordQuery *query, const char *value, Fault *f)
{
	return where_exported(r, query, "id", value, f);
}

int share_filter_export_path(ApiRequest *r, RecordQuery *query, const char *value, Fault *f)
{
	return where_exported(r, query, "path", value, f);
}

static int add_extra_specs(ApiRequest *r, RecordQuery *query, const char *value, Fault *f)
{
	RecordQuery wanted = {0};
	RecordTexts types;
	JsonTextMap specs;
	int k;

	if (!api_read_map(r, value, RECORD_CONDITIONS_MAX, &specs)) {
		r->work.refused = (RefusalData){
			.value = arena_printf(r->arena, "Invalid input received: extra_specs '%s'.",
					      value),
		};
		return REFUSAL_BAD_INPUT;
	}
	for (size_t i = 0; i < specs.count; i++)
		record_where_text(&wanted, "extra_specs", RECORD_MATCH,
				  api_pair_pattern(r, &specs.pairs[i]));
	k = find_texts(r, &share_type_table, &wanted, "id", &types, f);
	if (!k)
		where_among(query, "type_id", &types);
	return k;
}

static const ShareFilter filters[] = {
	{.name = "name", .column = "name"},
	{.name = "display_name", .column = "name"},
	{.name = "status", .column = "status"},
	{.name = "share_type_id", .column = "type_id"},
	{.name = "snapshot_id", .column = "snapshot_id"},
	{.name = "share_network_id", .kind = SHARE_FILTER_NEVER},
	{.name = "share_group_id", .kind = SHARE_FILTER_NEVER, .since = V(31)},
	{.name = "source_share_group_snapshot_id", .kind = SHARE_FILTER_NEVER, .since = V(31)},
	{.name = "metadata", .column = "metadata", .kind = SHARE_FILTER_MAP},
	{.name = "description", .column = "description", .since = V(36)},
	{.name = "name~", .column = "name", .kind = SHARE_FILTER_PART, .since = V(36)},
	{.name = "description~",
	 .column = "description",
	 .kind = SHARE_FILTER_PART,
	 .since = V(36)},
	SHARE_EXPORT_FILTERS,
	{.name = "mount_point_name", .column = "mount_point_name", .since = V(84)},
	{.name = "extra_specs", .kind = SHARE_FILTER_CALL, .admin = true, .add = add_extra_specs},
	{.name = "share_server_id", .kind = SHARE_FILTER_NEVER, .admin = true},
	{.name = "host", .column = "host", .admin = true},
	{.name = "project_id", .column = "project_id"},
	{0},
};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{"display_name", "name"},
	{"status", "status"},
	{"size", "size_gib"},
	{"share_proto", "protocol"},
	{"share_type", "type_id"},
	{"share_type_id", "type_id"},
	{"snapshot", "snapshot_id"},
	{"snapshot_id", "snapshot_id"},
	{"availability_zone", "availability_zone"},
	{"availability_zone_id", "availability_zone"},
	{"user_id", "user_id"},
	{"project_id", "project_id"},
	{"is_public", "is_public"},
	{"host", "host"},
	{0},
};

static const ShareListing listing = {
	.links = "shares_links",
	.table = &share_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.count_since = V(42),
};

/* False after a 400. */
static bool add_scope(ApiRequest *r, RecordQuery *query)
{
	bool with_public, put_away = false;

	if (!share_query_bool(r, "is_public", false, &with_public))
		return false;
	if (r->version >= V(69) && !share_query_bool(r, "is_soft_deleted", false, &put_away))
		return false;
	record_where_int(query, "scheduled_us", put_away ? RECORD_NE : RECORD_EQ, 0);
	if (!share_asks_for_all(r, "all_tenants"))
		service_where_shares_visible(&r->work, query, with_public);
	return true;
}

static void out_short(ApiRequest *r, const Share *share)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", share->id);
	json_out_text(&r->out, "name", share->name);
	api_out_links(r, &r->out, "shares", share->id);
	json_out_end(&r->out);
}

static int out_shares(ApiRequest *r, const RecordList *rows, bool detail, Fault *f)
{
	ShareView view;
	int k = detail ? share_view_open(r, &view, f) : 0;

	json_out_list_begin(&r->out, "shares");
	for (size_t i = 0; !k && i < rows->count; i++) {
		if (detail)
			k = share_view_out(&view, NULL, rows->records[i], f);
		else
			out_short(r, rows->records[i]);
	}
	json_out_list_end(&r->out);
	return k;
}

static int list_shares(ApiRequest *r, bool detail, Fault *f)
{
	ShareList list = {.listing = &listing};
	int k;

	if (!add_scope(r, &list.query))
		return 0;
	if (!share_list_read(r, &list, &k, f))
		return k;
	k = share_list_find(r, &list, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = out_shares(r, &list.rows, detail, f);
	if (!k)
		k = share_list_end(r, &list, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int shares_list(ApiRequest *r, Fault *f)
{
	return list_shares(r, false, f);
}

static int shares_detail(ApiRequest *r, Fault *f)
{
	return list_shares(r, true, f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/shares",
	 .policy = "share:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = shares_list},
	{.method = "GET",
	 .pattern = "/shares/detail",
	 .policy = "share:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = shares_detail},
};
const ApiRoutes share_list_routes = API_ROUTES(routes);
