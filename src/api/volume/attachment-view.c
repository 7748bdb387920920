/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See attachment-view.h. The connector is never shown, and secrets only to those who may attach.
 */
#include "api/volume/attachment-view.h"

#include "service/connection-info.h"

static const JsonOutField summary[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, id)},
	{.name = "status",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(Attachment, status),
	 .names = &attach_status_names},
	{.name = "instance", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, server_id)},
	{.name = "volume_id", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, volume_id)},
};

static bool may_see_secrets(const ApiRequest *r)
{
	return api_allows(r, API_RULE_MEMBER) || (api_audience(r) & API_AUDIENCE_SERVICE);
}

/* Nothing yet for a reservation; null where an older call attached it without any. */
static void out_connection_info(ApiRequest *r, const Attachment *attachment)
{
	const char *info = attachment->connection_info;

	if (!info)
		info = attachment->legacy ? "null" : "{}";
	else if (!may_see_secrets(r))
		info = connection_info_redacted(r->arena, info);
	json_out_raw(&r->out, "connection_info", info);
}

void attachment_out_summary(ApiRequest *r, const Attachment *attachment)
{
	JsonOutView view = {.version = r->version};

	json_out_begin(&r->out, NULL);
	json_out_fields(&r->out, summary, ARRAY_SIZE(summary), attachment, &view);
	json_out_end(&r->out);
}

void attachment_out_shared(ApiRequest *r, const SharedConnections *shared)
{
	json_out_list_begin(&r->out, "shared_connections_by_attachment");
	for (size_t i = 0; i < shared->count; i++)
		json_out_text(&r->out, NULL, shared->ids[i]);
	json_out_list_end(&r->out);
}

void attachment_out(ApiRequest *r, const char *key, const Attachment *attachment,
		    const SharedConnections *shared)
{
	JsonOutView view = {.version = r->version};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, summary, ARRAY_SIZE(summary), attachment, &view);
	if (attachment->attached_us)
		json_out_date(&r->out, "attached_at", attachment->attached_us, CLOCK_MICROS);
	else
		json_out_text(&r->out, "attached_at", "");
	json_out_text(&r->out, "detached_at", ""); /* what is detached is gone */
	json_out_text(&r->out, "attach_mode", enum_name(&attach_mode_names, attachment->mode));
	out_connection_info(r, attachment);
	attachment_out_shared(r, shared);
	json_out_end(&r->out);
}
