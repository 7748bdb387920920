/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of attachments. They have pages, but neither next links nor a count.
 */
#include "api/volume/attachment-view.h"
#include "api/volume/filters.h"

static const VolumeFilter filters[] = {
	{.name = "volume_id", .column = "volume_id"},
	{.name = "instance_id", .column = "server_id"},
	{.name = "attach_status", .column = "status"},
	{.name = "status", .column = "status"},
	{0},
};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"volume_id", "volume_id"},
	{"instance_id", "server_id"},
	{"instance_uuid", "server_id"},
	{"attach_status", "status"},
	{"status", "status"},
	{"attach_mode", "mode"},
	{"attach_time", "attached_us"},
	{"attached_host", "host"},
	{"mountpoint", "device"},
	{"project_id", "project_id"},
	{0},
};

const VolumeListing attachment_listing = {
	.resource = "attachment",
	.table = &attachment_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.no_marker = REFUSAL_NO_VOLUME_ATTACHMENT,
};

static int print_summary(ApiRequest *r, const void *row, _unused_ Fault *f)
{
	attachment_out_summary(r, row);
	return 0;
}

static int attachments_list(ApiRequest *r, Fault *f)
{
	VolumeList list = {.listing = &attachment_listing};

	return volume_list_read(r, &list)
		       ? volume_list_reply(r, &list, "attachments", print_summary, f)
		       : 0;
}

static int attachments_detail(ApiRequest *r, Fault *f)
{
	VolumeList list = {.listing = &attachment_listing};
	SharedConnections *shared;
	Attachment **rows;
	int k;

	if (!volume_list_read(r, &list))
		return 0;
	k = volume_list_find(r, &list, f);
	if (k)
		return k;
	rows = (Attachment **)list.rows.records;
	shared = ARENA_ARRAY(r->arena, SharedConnections, list.rows.count);
	k = service_shared_connections(&r->work, rows, list.rows.count, shared, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "attachments");
	for (size_t i = 0; i < list.rows.count; i++)
		attachment_out(r, NULL, rows[i], &shared[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/attachments",
	 .policy = "volume:attachment_get_all",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .since = V(27),
	 .handle = attachments_list},
	{.method = "GET",
	 .pattern = "/attachments/detail",
	 .policy = "volume:attachment_get_all",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .since = V(27),
	 .handle = attachments_detail},
};
const ApiRoutes volume_attachment_list_routes = API_ROUTES(routes);
