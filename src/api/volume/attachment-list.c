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

/* The page of rows. *ret_answered: the client was told what is wrong. */
static int find(ApiRequest *r, VolumeList *list, bool *ret_answered, Fault *f)
{
	*ret_answered = !volume_list_read(r, list);
	return *ret_answered ? 0 : volume_list_find(r, list, f);
}

static int attachments_list(ApiRequest *r, Fault *f)
{
	VolumeList list = {.listing = &attachment_listing};
	bool answered;
	int k = find(r, &list, &answered, f);

	if (k || answered)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "attachments");
	for (size_t i = 0; i < list.rows.count; i++)
		attachment_out_summary(r, list.rows.records[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int attachments_detail(ApiRequest *r, Fault *f)
{
	VolumeList list = {.listing = &attachment_listing};
	SharedConnections *shared;
	Attachment **rows;
	bool answered;
	int k = find(r, &list, &answered, f);

	if (k || answered)
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
