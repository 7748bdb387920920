/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /volumes/{id}/action: connecting and attaching the old way, step by step.
 */
#include <ctype.h>

#include "api/volume/priv.h"
#include "service/volume-action.h"

typedef struct AttachFields {
	const char *mountpoint;
	const char *instance_id;
	const char *host_name;
	const char *mode;
} AttachFields;

typedef struct AttachBody {
	const AttachFields *attach;
} AttachBody;

static const char *const modes[] = {"rw", "ro", NULL};

static const JsonField attach_rows[] = {
	{.name = "instance_uuid",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .offset = offsetof(AttachFields, instance_id)},
	{.name = "mountpoint",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AttachFields, mountpoint)},
	{.name = "host_name",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AttachFields, host_name)},
	{.name = "mode",
	 .type = JSON_TEXT,
	 .choices = modes,
	 .offset = offsetof(AttachFields, mode)},
};
static const JsonFields attach_fields = JSON_FIELDS(attach_rows, AttachFields);

static const JsonField attach_body_rows[] = {
	{.name = "os-attach",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &attach_fields,
	 .offset = offsetof(AttachBody, attach)},
};
static const JsonFields attach_body_fields = JSON_FIELDS(attach_body_rows, AttachBody);

/* What the other actions have is read alike: a connector, an attachment's id, both or nothing. */
typedef struct ConnectionFields {
	const char *connector; /* JSON */
	const char *attachment_id;
} ConnectionFields;

typedef struct ConnectionBody {
	const ConnectionFields *connection; /* NULL for null */
} ConnectionBody;

#define CONNECTOR_ROW(others)                                                                      \
	{                                                                                          \
		.name = "connector", .type = JSON_ANY, .flags = (others),                          \
		.offset = offsetof(ConnectionFields, connector)                                    \
	}
#define ATTACHMENT_ROW                                                                             \
	{                                                                                          \
		.name = "attachment_id", .type = JSON_TEXT, .format = JSON_FORMAT_UUID,            \
		.flags = JSON_NULLABLE, .offset = offsetof(ConnectionFields, attachment_id)        \
	}
#define CONNECTION_BODY_ROW(key, table, others)                                                    \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = (others), .fields = (table),          \
		.offset = offsetof(ConnectionBody, connection)                                     \
	}

static const JsonField connector_rows[] = {CONNECTOR_ROW(JSON_REQUIRED)};
static const JsonFields connector_fields = JSON_FIELDS(connector_rows, ConnectionFields);
static const JsonField initialize_rows[] = {
	CONNECTION_BODY_ROW("os-initialize_connection", &connector_fields, JSON_REQUIRED)};
static const JsonFields initialize_fields = JSON_FIELDS(initialize_rows, ConnectionBody);
static const JsonField terminate_rows[] = {
	CONNECTION_BODY_ROW("os-terminate_connection", &connector_fields, JSON_REQUIRED)};
static const JsonFields terminate_fields = JSON_FIELDS(terminate_rows, ConnectionBody);

static const JsonField attachment_rows[] = {ATTACHMENT_ROW};
static const JsonFields attachment_fields = JSON_FIELDS(attachment_rows, ConnectionFields);
static const JsonField detach_rows[] = {
	CONNECTION_BODY_ROW("os-detach", &attachment_fields, JSON_REQUIRED | JSON_NULLABLE)};
static const JsonFields detach_fields = JSON_FIELDS(detach_rows, ConnectionBody);

static const JsonField either_rows[] = {ATTACHMENT_ROW, CONNECTOR_ROW(JSON_NULLABLE)};
static const JsonFields either_fields = JSON_FIELDS(either_rows, ConnectionFields);
static const JsonField force_detach_rows[] = {
	CONNECTION_BODY_ROW("os-force_detach", &either_fields, JSON_REQUIRED | JSON_NULLABLE)};
static const JsonFields force_detach_fields = JSON_FIELDS(force_detach_rows, ConnectionBody);

static int reply_accepted(ApiRequest *r, int k)
{
	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

/* A host's name as names of hosts are: small letters, digits, dots, dashes. */
static const char *host_plain(Arena *arena, const char *name)
{
	char *plain, *end;

	if (str_empty(name))
		return NULL;
	end = plain = arena_strdup(arena, name);
	for (; *name; name++) {
		if (*name == ' ' || *name == '_')
			*end++ = '-';
		else if (isalnum((unsigned char)*name) || *name == '.' || *name == '-')
			*end++ = (char)tolower((unsigned char)*name);
	}
	*end = '\0';
	return plain;
}

static int attach(ApiRequest *r, Fault *f)
{
	const AttachFields *in = ((const AttachBody *)r->body)->attach;
	LegacyAttachWish wish = {
		.instance_id = in->instance_id,
		.host = host_plain(r->arena, in->host_name),
		.mountpoint = in->mountpoint,
		.mode = str_eq(in->mode, "ro") ? ATTACH_MODE_RO : ATTACH_MODE_RW,
	};
	const char *json = json_get_raw(r->arena, r->doc, "os-attach");

	if (!wish.instance_id && str_empty(wish.host))
		return api_refuse(r, 400,
				  "Invalid input for field/attribute os-attach. Value: %s. %s is "
				  "not valid under any of the given schemas",
				  json, json);
	return reply_accepted(r,
			      service_legacy_attach(&r->work, api_param(r, "volume_id"), &wish, f));
}

/* Ending a connection takes an object, some text or null. */
#define CONNECTOR_TYPES "'object', 'string', 'null'"

static bool connector_fits(const char *json)
{
	return !json || *json == '{' || *json == '"' || *json == 'n';
}

static int refuse_connector(ApiRequest *r, const char *json, const char *types)
{
	return api_refuse(r, 400,
			  "Invalid input for field/attribute connector. Value: %s. %s is not of "
			  "type %s",
			  json, str_eq(json, "null") ? "None" : json, types);
}

static int detach(ApiRequest *r, Fault *f)
{
	const ConnectionFields *in = ((const ConnectionBody *)r->body)->connection;

	if (in && !connector_fits(in->connector))
		return refuse_connector(r, in->connector, CONNECTOR_TYPES);
	return reply_accepted(r, service_legacy_detach(&r->work, api_param(r, "volume_id"),
						       in ? in->attachment_id : NULL, f));
}

static int reply_connection(ApiRequest *r, const char *json)
{
	json_out_begin(&r->out, NULL);
	json_out_raw(&r->out, "connection_info", json);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* The answer, and the operation that has to be over before it is given. */
typedef struct Connection {
	const char *json;
	const char *operation;
} Connection;

static int initialized(ApiRequest *r, Fault *f)
{
	const Connection *connection = r->kept;
	Operation *operation;
	int k = operation_get(r->work.tx, r->arena, connection->operation, &operation, f);

	if (k)
		return fault_unexpected(f, k);
	if (operation->state == OPERATION_DONE)
		return reply_connection(r, connection->json);
	return api_refuse(r, 500, "Unable to fetch connection information from backend.");
}

static int initialize(ApiRequest *r, Fault *f)
{
	const ConnectionFields *in = ((const ConnectionBody *)r->body)->connection;
	Connection *connection = ARENA_NEW(r->arena, Connection);
	int k;

	if (*in->connector == 'n' || !connector_fits(in->connector))
		return refuse_connector(r, in->connector, "'object', 'string'");
	k = service_initialize_connection(&r->work, api_param(r, "volume_id"), in->connector,
					  &connection->json, &connection->operation, f);
	if (k)
		return k;
	if (!connection->operation)
		return reply_connection(r, connection->json);
	r->kept = connection;
	return api_wait_operation(r, connection->operation, initialized);
}

static int terminate(ApiRequest *r, Fault *f)
{
	const ConnectionFields *in = ((const ConnectionBody *)r->body)->connection;
	const char *connector = *in->connector == '{' ? in->connector : NULL; /* or some text */

	if (!connector_fits(in->connector))
		return refuse_connector(r, in->connector, CONNECTOR_TYPES);
	return reply_accepted(
		r, service_terminate_connection(&r->work, api_param(r, "volume_id"), connector, f));
}

#define ACTION(key) .method = "POST", .pattern = "/volumes/{volume_id}/action", .action = (key)

static const ApiRoute routes[] = {
	{ACTION("os-attach"), .policy = "volume_extension:volume_actions:attach",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .body = &attach_body_fields, .handle = attach},
	{ACTION("os-detach"), .policy = "volume_extension:volume_actions:detach",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .body = &detach_fields, .handle = detach},
	{ACTION("os-force_detach"), .policy = "volume_extension:volume_admin_actions:force_detach",
	 .rule = API_RULE_ADMIN, .mode = API_WRITE, .body = &force_detach_fields, .handle = detach},
	{ACTION("os-initialize_connection"),
	 .policy = "volume_extension:volume_actions:initialize_connection", .rule = API_RULE_MEMBER,
	 .mode = API_WRITE, .body = &initialize_fields, .handle = initialize},
	{ACTION("os-terminate_connection"),
	 .policy = "volume_extension:volume_actions:terminate_connection", .rule = API_RULE_MEMBER,
	 .mode = API_WRITE, .body = &terminate_fields, .handle = terminate},
};
const ApiRoutes volume_connection_routes = API_ROUTES(routes);
