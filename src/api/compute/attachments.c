/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes on servers: list, show, attach, detach. The last path segment is the volume's id, never
 * the attachment's. Fields at every version are read and printed here alone.
 */
#include "api/compute/priv.h"
#include "service/attach.h"
#include "service/server.h"

typedef struct AttachFields {
	const char *volume_id;
	const char *device; /* checked, then ignored: names are chosen here */
	const char *tag;
	bool delete_on_termination;
} AttachFields;

typedef struct AttachBody {
	const AttachFields *attachment;
} AttachBody;

static const JsonField attach_rows[] = {
	{.name = "volumeId",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(AttachFields, volume_id)},
	{.name = "device",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_DEVICE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(AttachFields, device)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .since = V(49),
	 .min = 1,
	 .max = LIMIT_TAG_CHARS,
	 .offset = offsetof(AttachFields, tag)},
	{.name = "delete_on_termination",
	 .type = JSON_BOOL_LOOSE,
	 .since = V(79),
	 .offset = offsetof(AttachFields, delete_on_termination)},
};
static const JsonFields attach_fields = JSON_FIELDS(attach_rows, AttachFields);

static const JsonField attach_body_rows[] = {
	{.name = "volumeAttachment",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &attach_fields,
	 .offset = offsetof(AttachBody, attachment)},
};
static const JsonFields attach_body_fields = JSON_FIELDS(attach_body_rows, AttachBody);

static const ApiParam list_params[] = {
	{.name = "limit", .format = "integer"},
	{.name = "offset", .format = "integer"},
	{0},
};

/* The key is left out while the device is not known. */
static void print_known_device(JsonOut *out, const char *key, const void *object,
			       const void *context _unused_)
{
	const Attachment *attachment = object;

	if (attachment->device)
		json_out_text(out, key, attachment->device);
}

static const JsonOutField attachment_reply[] = {
	{.name = "id",
	 .type = JSON_OUT_TEXT,
	 .until = V(88),
	 .offset = offsetof(Attachment, volume_id)},
	{.name = "volumeId", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, volume_id)},
	{.name = "serverId", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, server_id)},
	{.name = "device", .type = JSON_OUT_CALL, .print = print_known_device},
	{.name = "tag", .type = JSON_OUT_TEXT, .since = V(70), .offset = offsetof(Attachment, tag)},
	{.name = "delete_on_termination",
	 .type = JSON_OUT_BOOL,
	 .since = V(79),
	 .offset = offsetof(Attachment, delete_on_termination)},
	{.name = "attachment_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(89),
	 .offset = offsetof(Attachment, id)},
	{.name = "bdm_uuid",
	 .type = JSON_OUT_TEXT,
	 .since = V(89),
	 .offset = offsetof(Attachment, mapping_id)},
};

static void out_attachment(ApiRequest *r, const char *key, const Attachment *attachment)
{
	JsonOutView view = {.version = r->version};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, attachment_reply, ARRAY_SIZE(attachment_reply), attachment, &view);
	json_out_end(&r->out);
}

/* limit 0, absent or too large is the whole page; offset skips. */
static void read_window(ApiRequest *r, size_t count, size_t *ret_first, size_t *ret_last)
{
	uint64_t limit = LIMIT_LIST_PAGE, offset = 0, value;

	if (str_parse_u64(api_query(r, "limit"), &value) && value > 0)
		limit = MIN(value, (uint64_t)LIMIT_LIST_PAGE);
	if (str_parse_u64(api_query(r, "offset"), &value))
		offset = value;
	*ret_first = MIN(offset, (uint64_t)count);
	*ret_last = *ret_first + MIN(limit, (uint64_t)(count - *ret_first));
}

static int list_attachments(ApiRequest *r, Fault *f)
{
	Attachment **attachments;
	size_t count, first, last;
	Server *server;
	int k;

	k = compute_server(r, &server, f);
	if (k)
		return k;
	k = attachments_of_server(r->work.tx, r->arena, server->id, &attachments, &count, f);
	if (k)
		return fault_unexpected(f, k);
	read_window(r, count, &first, &last);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "volumeAttachments");
	for (size_t i = first; i < last; i++)
		out_attachment(r, NULL, attachments[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int show_attachment(ApiRequest *r, Fault *f)
{
	const char *volume_id = api_param(r, "volume_id");
	char canonical[UUID_TEXT];
	Attachment *attachment;
	Server *server;
	int k;

	k = compute_server(r, &server, f);
	if (k)
		return k;
	k = attachment_of(r->work.tx, r->arena, server->id,
			  uuid_canonical(volume_id, canonical) ? canonical : volume_id, &attachment,
			  f);
	if (k == RECORD_NOT_FOUND) {
		r->work.refused = (RefusalData){.id = server->id, .other = volume_id};
		return REFUSAL_NO_ATTACHMENT;
	}
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	out_attachment(r, "volumeAttachment", attachment);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* Unlike the other replies: `device` is always there, `id` stays beyond 2.89. */
static void out_created(ApiRequest *r, const Attachment *attachment)
{
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "volumeAttachment");
	json_out_text(&r->out, "id", attachment->volume_id);
	json_out_text(&r->out, "volumeId", attachment->volume_id);
	json_out_text(&r->out, "serverId", api_param(r, "server_id"));
	json_out_text(&r->out, "device", attachment->device);
	if (r->version >= V(70))
		json_out_text(&r->out, "tag", attachment->tag);
	if (r->version >= V(79))
		json_out_bool(&r->out, "delete_on_termination", attachment->delete_on_termination);
	json_out_end(&r->out);
	json_out_end(&r->out);
}

/* Up to 2.100 the client is told all that is known by then; later, its first half. */
static int create_attachment(ApiRequest *r, Fault *f)
{
	const AttachBody *body = r->body;
	const AttachWish wish = {
		.server_id = api_param(r, "server_id"),
		.volume_id = body->attachment->volume_id,
		.tag = body->attachment->tag,
		.delete_on_termination = body->attachment->delete_on_termination,
		.allow_shelved = r->version >= V(20),
		.allow_multiattach = r->version >= V(60),
	};
	bool told_later = r->version >= V(101);
	Attachment *attachment;
	const char *problem;
	AttachPlan plan;
	int k;

	k = service_check_attach(&r->work, &wish, &plan, f);
	if (k)
		return k;
	k = service_attach_volume(&r->work, &plan, &attachment, f);
	if (k > 0 && told_later) {
		(void)r->dialect->refusal(r, (Refusal)k, &problem); /* the status is 202 */
		k = service_attach_refused(&r->work, &plan, problem, f);
	}
	if (k)
		return k;
	if (!told_later)
		out_created(r, attachment);
	api_reply(r, told_later ? 202 : 200);
	return 0;
}

static int remove_attachment(ApiRequest *r, Fault *f)
{
	DetachWish wish = {
		.server_id = api_param(r, "server_id"),
		.volume_id = api_param(r, "volume_id"),
		.allow_shelved = r->version >= V(20),
	};
	int k = service_detach_volume(&r->work, &wish, f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-volume_attachments",
	 .policy = "os_compute_api:os-volumes-attachments:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .strict_params_since = V(75),
	 .handle = list_attachments},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-volume_attachments/{volume_id}",
	 .policy = "os_compute_api:os-volumes-attachments:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = show_attachment},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/os-volume_attachments",
	 .policy = "os_compute_api:os-volumes-attachments:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &attach_body_fields,
	 .handle = create_attachment},
	{.method = "DELETE",
	 .pattern = "/servers/{server_id}/os-volume_attachments/{volume_id}",
	 .policy = "os_compute_api:os-volumes-attachments:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = remove_attachment},
};
const ApiRoutes compute_attachment_routes = API_ROUTES(routes);
