/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * PUT of an attachment, from 2.85 on: what it says of a volume is changed, and then the volume
 * itself when the body names another one than the path. Both or neither.
 */
#include "api/compute/priv.h"
#include "service/attach.h"

typedef struct UpdateFields {
	const char *volume_id;
	const char *id;
	const char *server_id;
	const char *device;
	const char *tag;
	bool has_device;
	bool delete_on_termination;
	bool has_delete_on_termination;
} UpdateFields;

typedef struct UpdateBody {
	const UpdateFields *attachment;
} UpdateBody;

static const JsonField update_rows[] = {
	{.name = "volumeId",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(UpdateFields, volume_id)},
	{.name = "id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .offset = offsetof(UpdateFields, id)},
	{.name = "serverId",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .offset = offsetof(UpdateFields, server_id)},
	{.name = "device",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_DEVICE,
	 .flags = JSON_NULLABLE,
	 .present = JSON_PRESENT(UpdateFields, has_device),
	 .offset = offsetof(UpdateFields, device)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .min = 1,
	 .max = LIMIT_TAG_CHARS,
	 .offset = offsetof(UpdateFields, tag)},
	{.name = "delete_on_termination",
	 .type = JSON_BOOL_LOOSE,
	 .present = JSON_PRESENT(UpdateFields, has_delete_on_termination),
	 .offset = offsetof(UpdateFields, delete_on_termination)},
};
static const JsonFields update_fields = JSON_FIELDS(update_rows, UpdateFields);

static const JsonField update_body_rows[] = {
	{.name = "volumeAttachment",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &update_fields,
	 .offset = offsetof(UpdateBody, attachment)},
};
static const JsonFields update_body_fields = JSON_FIELDS(update_body_rows, UpdateBody);

static bool is_same_volume(const char *one, const char *other)
{
	char a[UUID_TEXT], b[UUID_TEXT];

	return uuid_canonical(one, a) && uuid_canonical(other, b) && str_eq(a, b);
}

static int update_attachment(ApiRequest *r, Fault *f)
{
	const UpdateFields *said = ((const UpdateBody *)r->body)->attachment;
	const MappingWish wish = {
		.server_id = api_param(r, "server_id"),
		.volume_id = api_param(r, "volume_id"),
		.said_id = said->id,
		.said_server_id = said->server_id,
		.said_device = said->device,
		.said_tag = said->tag,
		.has_device = said->has_device,
		.has_delete_on_termination = said->has_delete_on_termination,
		.delete_on_termination = said->delete_on_termination,
	};
	int k = service_change_mapping(&r->work, &wish, f);

	if (k)
		return k;
	if (!is_same_volume(said->volume_id, wish.volume_id))
		return compute_swap_volume(r, said->volume_id, f);
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "PUT",
	 .pattern = "/servers/{server_id}/os-volume_attachments/{volume_id}",
	 .policy = "os_compute_api:os-volumes-attachments:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(85),
	 .body = &update_body_fields,
	 .handle = update_attachment},
};
const ApiRoutes compute_attachment_update_routes = API_ROUTES(routes);
