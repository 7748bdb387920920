/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attachments: show, create, update, complete, delete. Create, update and delete answer when the
 * backend has done its part, too; where that takes an operation, the request waits for its end.
 */
#include "api/volume/attachment-view.h"

/* What a connector holds is read by the use case: here it only has to be an object. */
typedef struct AnyObject {
	bool unused;
} AnyObject;
static const JsonFields any_object = {.size = sizeof(AnyObject), .open = true};

typedef struct CreateAttachment {
	const char *volume_id;
	const char *server_id;
	const AnyObject *connector;
	const char *mode;
} CreateAttachment;

typedef struct CreateBody {
	const CreateAttachment *attachment;
} CreateBody;

static const char *const modes[] = {"rw", "ro", NULL};

static const JsonField create_rows[] = {
	{.name = "volume_uuid",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(CreateAttachment, volume_id)},
	{.name = "instance_uuid",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .offset = offsetof(CreateAttachment, server_id)},
	{.name = "connector",
	 .type = JSON_OBJECT,
	 .flags = JSON_NULLABLE,
	 .fields = &any_object,
	 .offset = offsetof(CreateAttachment, connector)},
	{.name = "mode",
	 .type = JSON_TEXT,
	 .choices = modes,
	 .since = V(54),
	 .offset = offsetof(CreateAttachment, mode)},
};
static const JsonFields create_fields = JSON_FIELDS(create_rows, CreateAttachment);

static const JsonField create_body_rows[] = {
	{.name = "attachment",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(CreateBody, attachment)},
};
static const JsonFields create_body_fields = JSON_FIELDS(create_body_rows, CreateBody);

typedef struct UpdateAttachment {
	const AnyObject *connector;
} UpdateAttachment;

typedef struct UpdateBody {
	const UpdateAttachment *attachment;
} UpdateBody;

static const JsonField update_rows[] = {
	{.name = "connector",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &any_object,
	 .offset = offsetof(UpdateAttachment, connector)},
};
static const JsonFields update_fields = JSON_FIELDS(update_rows, UpdateAttachment);

static const JsonField update_body_rows[] = {
	{.name = "attachment",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &update_fields,
	 .offset = offsetof(UpdateBody, attachment)},
};
static const JsonFields update_body_fields = JSON_FIELDS(update_body_rows, UpdateBody);

static int reply_attachment(ApiRequest *r, Attachment *attachment, Fault *f)
{
	SharedConnections shared;
	int k = service_shared_connections(&r->work, &attachment, 1, &shared, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	attachment_out(r, "attachment", attachment, &shared);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int attachment_show(ApiRequest *r, Fault *f)
{
	Attachment *attachment;
	int k = service_find_attachment(&r->work, api_param(r, "attachment_id"), &attachment, f);

	return k ? k : reply_attachment(r, attachment, f);
}

/* What a request that waits for its operation has to know when it is over. */
typedef struct Waiting {
	const char *operation;
	const char *verb;
	Attachment *attachment;
	AttachmentGone gone;
} Waiting;

static int wait_for(ApiRequest *r, const Waiting *waiting, int (*then)(ApiRequest *r, Fault *f))
{
	Waiting *kept = ARENA_NEW(r->arena, Waiting);

	*kept = *waiting;
	r->kept = kept;
	return api_wait_operation(r, waiting->operation, then);
}

/* Whether the operation did its work; else the client is told why not. */
static int check_operation(ApiRequest *r, const Waiting *waiting, bool *ret_done, Fault *f)
{
	Operation *operation;
	int k = operation_get(r->work.tx, r->arena, waiting->operation, &operation, f);

	if (k)
		return fault_unexpected(f, k);
	*ret_done = operation->state == OPERATION_DONE;
	if (*ret_done)
		return 0;
	return api_refuse(r, 500, "Unable to %s (%s).", waiting->verb,
			  operation->last_error ? operation->last_error : "unknown");
}

static int answer_connected(ApiRequest *r, Fault *f)
{
	const Waiting *waiting = r->kept;
	Attachment *attachment;
	bool done;
	int k = check_operation(r, waiting, &done, f);

	if (k || !done)
		return k;
	k = service_find_attachment(&r->work, waiting->attachment->id, &attachment, f);
	return k ? k : reply_attachment(r, attachment, f);
}

static int attachment_create(ApiRequest *r, Fault *f)
{
	const CreateAttachment *in = ((const CreateBody *)r->body)->attachment;
	_cleanup_(json_doc_freep) JsonDoc *connector = json_get_doc(r->doc, "attachment.connector");
	const AttachmentWish wish = {
		.volume_id = in->volume_id,
		.server_id = in->server_id,
		.connector = connector,
		.mode = in->mode ? (AttachMode)enum_value(&attach_mode_names, in->mode)
				 : ATTACH_MODE_NULL,
	};
	Waiting waiting = {.verb = "create attachment for volume"};
	int k = service_create_attachment(&r->work, &wish, &waiting.attachment, &waiting.operation,
					  f);

	if (k)
		return k;
	if (waiting.operation)
		return wait_for(r, &waiting, answer_connected);
	return reply_attachment(r, waiting.attachment, f);
}

static int attachment_change(ApiRequest *r, Fault *f)
{
	_cleanup_(json_doc_freep) JsonDoc *connector = json_get_doc(r->doc, "attachment.connector");
	Waiting waiting = {.verb = "update attachment"};
	int k;

	if (json_member_count(connector) == 0)
		return api_refuse(r, 400,
				  "Invalid input for field/attribute connector. Value: {}. {} does "
				  "not have enough properties");
	k = service_update_attachment(&r->work, api_param(r, "attachment_id"), connector,
				      &waiting.attachment, &waiting.operation, f);
	if (k)
		return k;
	if (waiting.operation)
		return wait_for(r, &waiting, answer_connected);
	return reply_attachment(r, waiting.attachment, f);
}

static int attachment_finish(ApiRequest *r, Fault *f)
{
	int k = service_complete_attachment(&r->work, api_param(r, "attachment_id"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

/* What is left on the volume, and what shared the connection while it was there. */
static int reply_left(ApiRequest *r, const AttachmentGone *gone, Fault *f)
{
	Attachment **left;
	size_t count;
	int k = attachments_of_volume(r->work.tx, r->arena, gone->attachment->volume_id, &left,
				      &count, f);

	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "attachments");
	for (size_t i = 0; i < count; i++)
		attachment_out_summary(r, left[i]);
	json_out_list_end(&r->out);
	attachment_out_shared(r, &gone->shared);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int answer_removed(ApiRequest *r, Fault *f)
{
	const Waiting *waiting = r->kept;
	bool done;
	int k = check_operation(r, waiting, &done, f);

	return k || !done ? k : reply_left(r, &waiting->gone, f);
}

static int attachment_remove(ApiRequest *r, Fault *f)
{
	AttachmentGone gone;
	int k = service_delete_attachment(&r->work, api_param(r, "attachment_id"), &gone, f);
	Waiting waiting = {.verb = "delete attachment for volume"};

	if (k)
		return k;
	if (!gone.operation)
		return reply_left(r, &gone, f);
	waiting.operation = gone.operation;
	waiting.gone = gone;
	return wait_for(r, &waiting, answer_removed);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/attachments/{attachment_id}",
	 .policy = "volume:attachment_get",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .since = V(27),
	 .handle = attachment_show},
	{.method = "POST",
	 .pattern = "/attachments",
	 .policy = "volume:attachment_create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(27),
	 .body = &create_body_fields,
	 .handle = attachment_create},
	{.method = "PUT",
	 .pattern = "/attachments/{attachment_id}",
	 .policy = "volume:attachment_update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(27),
	 .body = &update_body_fields,
	 .handle = attachment_change},
	{.method = "DELETE",
	 .pattern = "/attachments/{attachment_id}",
	 .policy = "volume:attachment_delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(27),
	 .handle = attachment_remove},
	{.method = "POST",
	 .pattern = "/attachments/{attachment_id}/action",
	 .action = "os-complete",
	 .policy = "volume:attachment_complete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(44),
	 .handle = attachment_finish},
};
const ApiRoutes volume_attachment_routes = API_ROUTES(routes);
