/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of volumes, and what they sum up to.
 */
#include "api/volume/filters.h"

/* Before 3.2 whatever is not one of three words means true; since then it must be a boolean. */
static bool add_bootable(ApiRequest *r, RecordQuery *query, const char *value)
{
	static const struct {
		const char *word;
		bool meaning;
	} words[] = {
		{"true", true},   {"1", true},  {"t", true},
		{"false", false}, {"0", false}, {"f", false},
	};
	bool old = !str_eq(value, "False") && !str_eq(value, "false") && !str_eq(value, "FALSE");

	if (r->version < V(2)) {
		record_where_int(query, "bootable", RECORD_EQ, old);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!str_eq_nocase(value, words[i].word))
			continue;
		record_where_int(query, "bootable", RECORD_EQ, words[i].meaning);
		return true;
	}
	(void)api_refuse(r, 400, "Invalid input received: 'bootable = %s'", value); /* 0 */
	return false;
}

static const VolumeFilter filters[] = {
	{.name = "name", .column = "name"},
	{.name = "status", .column = "status"},
	{.name = "metadata", .column = "metadata", .kind = VOLUME_FILTER_MAP},
	{.name = "bootable", .kind = VOLUME_FILTER_CALL, .add = add_bootable},
	{.name = "migration_status", .column = "migration_status"},
	{.name = "availability_zone", .column = "availability_zone"},
	{.name = "size", .column = "size_gib", .kind = VOLUME_FILTER_INT},
	{.name = "glance_metadata",
	 .column = "image_metadata",
	 .kind = VOLUME_FILTER_MAP,
	 .since = V(4)},
	{.name = "group_id", .kind = VOLUME_FILTER_NEVER, .since = V(10)},
	{.name = "created_at", .column = "created_us", .kind = VOLUME_FILTER_TIME, .since = V(60)},
	{.name = "updated_at", .column = "updated_us", .kind = VOLUME_FILTER_TIME, .since = V(60)},
	{.name = "consumes_quota",
	 .kind = VOLUME_FILTER_CALL,
	 .since = V(65),
	 .add = volume_filter_consumes_quota},
	{.name = "multiattach", .column = "multiattach", .kind = VOLUME_FILTER_BOOL, .admin = true},
	{.name = "snapshot_id", .column = "snapshot_id", .admin = true},
	{.name = "source_volid", .column = "source_id", .admin = true},
	{0},
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

const VolumeListing volume_listing = {
	.resource = "volume",
	.links = "volumes_links",
	.table = &volume_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.no_marker = REFUSAL_NO_VOLUME,
};

static int print_short(ApiRequest *r, const void *row, _unused_ Fault *f)
{
	const Volume *volume = row;

	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", volume->id);
	json_out_text(&r->out, "name", volume->name);
	api_out_links(r, &r->out, "volumes", volume->id);
	json_out_end(&r->out);
	return 0;
}

static int print_full(ApiRequest *r, const void *row, Fault *f)
{
	return volume_out(r, NULL, row, true, f);
}

static int list_volumes(ApiRequest *r, VolumeRowPrint *print, Fault *f)
{
	VolumeList list = {.listing = &volume_listing};

	return volume_list_read(r, &list) ? volume_list_reply(r, &list, "volumes", print, f) : 0;
}

static int volumes_list(ApiRequest *r, Fault *f)
{
	return list_volumes(r, print_short, f);
}

static int volumes_detail(ApiRequest *r, Fault *f)
{
	return list_volumes(r, print_full, f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/volumes",
	 .policy = "volume:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = volumes_list},
	{.method = "GET",
	 .pattern = "/volumes/detail",
	 .policy = "volume:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = volumes_detail},
};
const ApiRoutes volume_list_routes = API_ROUTES(routes);
