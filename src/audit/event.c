/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See event.h. A target's type is the service and the literal segments of the route, so that
 * /servers/{server_id}/os-volume_attachments is "compute/servers/os-volume_attachments", and its id
 * is what the path, or else the answer, names last.
 */
#include "audit/event.h"

#include "base/str.h"
#include "base/uuid.h"

#define CADF_EVENT "http://schemas.dmtf.org/cloud/audit/1.0/event"
#define CADF_ACCOUNT "service/security/account/user"
#define CADF_UNKNOWN "unknown" /* of ids that nobody knows, for which CADF wants a text */

static void add_head(JsonOut *out, int64_t now_us)
{
	char id[UUID_TEXT];
	char when[CLOCK_TEXT_MAX];

	uuid_new(id);
	json_out_begin(out, NULL);
	json_out_text(out, "typeURI", CADF_EVENT);
	json_out_text(out, "id", id);
	json_out_text(out, "eventType", "activity");
	json_out_printf(out, "eventTime", "%s+0000", clock_format(now_us, CLOCK_MICROS, when));
}

/* What is not known is left out. */
static void add_known(JsonOut *out, const char *key, const char *text)
{
	if (text)
		json_out_text(out, key, text);
}

static void add_reason(JsonOut *out, const char *type, const char *code)
{
	json_out_begin(out, "reason");
	json_out_text(out, "reasonType", type);
	json_out_text(out, "reasonCode", code);
	json_out_end(out);
}

static void add_observer(JsonOut *out, const char *host)
{
	json_out_begin(out, "observer");
	json_out_text(out, "id", host);
	json_out_text(out, "typeURI", "service/cleatd");
	json_out_end(out);
}

static void add_type(Buf *type, const AuditRequest *request)
{
	buf_add(type, request->service);
	for (const char *p = request->pattern; *p;) {
		size_t length = strcspn(p + 1, "/") + 1;

		if (p[1] != '{' && length > 1 && !(request->action && str_eq(p, "/action")))
			buf_append(type, p, length);
		p += length;
	}
}

/* CADF's verb; one that acts on something is told apart by the action's name. */
static void add_action(JsonOut *out, const AuditRequest *request)
{
	if (request->action)
		json_out_printf(out, "action", "update/%s", request->action);
	else if (strcmp(request->method, "DELETE") == 0)
		json_out_text(out, "action", "delete");
	else if (strcmp(request->method, "POST") != 0)
		json_out_text(out, "action", "update");
	else if (str_after(request->pattern, "/auth/tokens"))
		json_out_text(out, "action", "authenticate");
	else
		json_out_text(out, "action", "create");
}

static const char *outcome_of(const AuditRequest *request)
{
	if (request->status >= 400)
		return "failure";
	return request->goes_on ? "pending" : "success";
}

/* Who did it: where a service acted for a user, both are named. */
static void add_initiator(JsonOut *out, const AuditRequest *request)
{
	const char *who = request->service_user_id ? request->service_user_id : request->user_id;

	json_out_begin(out, "initiator");
	json_out_text(out, "id", who ? who : CADF_UNKNOWN);
	json_out_text(out, "typeURI", CADF_ACCOUNT);
	if (!request->service_user_id)
		add_known(out, "project_id", request->project_id);
	json_out_begin(out, "host");
	add_known(out, "address", request->peer);
	add_known(out, "agent", request->agent);
	json_out_end(out);
	json_out_end(out);
	if (!request->service_user_id)
		return;
	json_out_begin(out, "on_behalf_of");
	json_out_text(out, "id", request->user_id ? request->user_id : CADF_UNKNOWN);
	json_out_text(out, "typeURI", CADF_ACCOUNT);
	add_known(out, "project_id", request->project_id);
	json_out_end(out);
}

static void add_target(JsonOut *out, const AuditRequest *request)
{
	const AuditParam *params = request->params;
	const size_t count = request->param_count;
	const char *id = count ? params[count - 1].value : NULL;
	_cleanup_(buf_done) Buf type = {0};

	add_type(&type, request);
	if (request->created_id)
		id = request->created_id;
	json_out_begin(out, "target");
	json_out_text(out, "id", id ? id : CADF_UNKNOWN);
	json_out_text(out, "typeURI", buf_text(&type));
	for (size_t i = 0; i < count; i++)
		json_out_text(out, params[i].name, params[i].value);
	json_out_end(out);
}

void event_of_request(JsonOut *out, const char *host, const AuditRequest *request)
{
	char status[16];

	add_head(out, request->now_us);
	add_action(out, request);
	json_out_text(out, "outcome", outcome_of(request));
	(void)snprintf(status, sizeof(status), "%u", request->status); /* fits */
	add_reason(out, "HTTP", status);
	json_out_text(out, "request_id", request->request_id);
	add_known(out, "global_request_id", request->global_id);
	add_known(out, "traceparent", request->traceparent);
	add_initiator(out, request);
	add_target(out, request);
	add_observer(out, host);
	json_out_text(out, "requestPath", request->path);
	json_out_end(out);
}

/* What an operation was about: all that its row names. */
static void add_subject(JsonOut *out, const Operation *operation)
{
	const AuditParam subjects[] = {
		{"server_id", operation->server_id},
		{"volume_id", operation->volume_id},
		{"attachment_id", operation->attachment_id},
		{"image_id", operation->image_id},
		{"snapshot_id", operation->snapshot_id},
		{"share_id", operation->share_id},
		{"share_mapping_id", operation->share_mapping_id},
	};

	json_out_begin(out, "target");
	json_out_text(out, "id", operation->id);
	json_out_text(out, "typeURI", "cleat/operation");
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		add_known(out, subjects[i].name, subjects[i].value);
	json_out_end(out);
}

void event_of_operation(JsonOut *out, const char *host, const Operation *operation, int64_t now_us)
{
	const bool done = operation->state == OPERATION_DONE;

	add_head(out, now_us);
	json_out_text(out, "action", operation->kind);
	json_out_text(out, "outcome", done ? "success" : "failure");
	if (!done)
		add_reason(out, "operation",
			   operation->last_error ? operation->last_error : CADF_UNKNOWN);
	add_known(out, "request_id", operation->request_id);
	json_out_begin(out, "initiator");
	json_out_text(out, "id", operation->user_id ? operation->user_id : CADF_UNKNOWN);
	json_out_text(out, "typeURI", CADF_ACCOUNT);
	add_known(out, "project_id", operation->project_id);
	json_out_end(out);
	add_subject(out, operation);
	add_observer(out, host);
	json_out_end(out);
}
