/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares on servers (2.97): list, show, attach, detach; and the same as two server actions, in the
 * form of an older proposal, which also say where the guest is to mount the share.
 */
#include "service/server-shares.h"
#include "api/compute/priv.h"

#define CREATE_POLICY "os_compute_api:os-server-shares:create"
#define DELETE_POLICY "os_compute_api:os-server-shares:delete"

typedef struct ShareFields {
	const char *share_id;
	const char *tag;
} ShareFields;

typedef struct ShareBody {
	const ShareFields *share;
} ShareBody;

static const JsonField share_rows[] = {
	{.name = "share_id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(ShareFields, share_id)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_SHARE_TAG,
	 .min = 1,
	 .max = SHARE_TAG_MAX,
	 .offset = offsetof(ShareFields, tag)},
};
static const JsonFields share_fields = JSON_FIELDS(share_rows, ShareFields);

static const JsonField share_body_rows[] = {
	{.name = "share",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &share_fields,
	 .offset = offsetof(ShareBody, share)},
};
static const JsonFields share_body_fields = JSON_FIELDS(share_body_rows, ShareBody);

/* What users are told of a mapping; `whole` is what admins are told of one alone. */
static void out_mapping(ApiRequest *r, const char *key, const ShareMapping *mapping,
			ShareMappingStatus status, bool whole)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	if (whole)
		json_out_text(out, "uuid", mapping->id);
	json_out_text(out, "share_id", mapping->share_id);
	json_out_text(out, "status", enum_name(&share_mapping_status_names, (int)status));
	json_out_text(out, "tag", mapping->tag);
	if (whole)
		json_out_text(out, "export_location", mapping->export_path);
	json_out_end(out);
}

static void out_one(ApiRequest *r, const ShareMapping *mapping, ShareMappingStatus status)
{
	json_out_begin(&r->out, NULL);
	out_mapping(r, "share", mapping, status, caller_is_admin(&r->caller));
	json_out_end(&r->out);
}

static int find_server(ApiRequest *r, const char *policy, Server **ret, Fault *f)
{
	return service_find_share_server(&r->work, api_param(r, "server_id"), policy, ret, f);
}

static int list_shares(ApiRequest *r, Fault *f)
{
	ShareMapping **mappings;
	Server *server;
	size_t count;
	int k;

	k = find_server(r, r->route->policy, &server, f);
	if (k)
		return k;
	k = share_mappings_of_server(r->work.tx, r->arena, server->id, &mappings, &count, f);
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "shares");
	for (size_t i = 0; i < count; i++)
		out_mapping(r, NULL, mappings[i], (ShareMappingStatus)mappings[i]->status, false);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int show_share(ApiRequest *r, Fault *f)
{
	ShareMapping *mapping;
	Server *server;
	int k;

	k = find_server(r, r->route->policy, &server, f);
	if (!k)
		k = service_find_share_mapping(&r->work, server, api_param(r, "share_id"), &mapping,
					       f);
	if (k)
		return k;
	out_one(r, mapping, (ShareMappingStatus)mapping->status);
	api_reply(r, 200);
	return 0;
}

static int attach(ApiRequest *r, const ShareAttachWish *wish, ShareMapping **ret, Fault *f)
{
	Server *server;
	int k = find_server(r, CREATE_POLICY, &server, f);

	return k ? k : service_attach_share(&r->work, server, wish, ret, f);
}

static int detach(ApiRequest *r, const char *share_id, const char *mount_point, Fault *f)
{
	Server *server;
	int k = find_server(r, DELETE_POLICY, &server, f);

	return k ? k : service_detach_share(&r->work, server, share_id, mount_point, f);
}

/* Clients poll: what they are told now is how it begins, also where it is over already. */
static int create_share(ApiRequest *r, Fault *f)
{
	const ShareFields *fields = ((const ShareBody *)r->body)->share;
	const ShareAttachWish wish = {.share_id = fields->share_id, .tag = fields->tag};
	ShareMapping *mapping;
	int k = attach(r, &wish, &mapping, f);

	if (k)
		return k;
	out_one(r, mapping, SHARE_MAPPING_ATTACHING);
	api_reply(r, 201);
	return 0;
}

static int remove_share(ApiRequest *r, Fault *f)
{
	int k = detach(r, api_param(r, "share_id"), NULL, f);

	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

/* The actions of the older proposal.
 * --------------------------------------------------------------- */

typedef struct ShareActionFields {
	const char *share_id;
	const char *mount_point;
	const char *mount_options;
} ShareActionFields;

typedef struct ShareActionBody {
	const ShareActionFields *share;
} ShareActionBody;

#define SHARE_ACTION_MEMBERS                                                                       \
	{.name = "share_id",                                                                       \
	 .type = JSON_TEXT,                                                                        \
	 .format = JSON_FORMAT_UUID,                                                               \
	 .flags = JSON_REQUIRED,                                                                   \
	 .offset = offsetof(ShareActionFields, share_id)},                                         \
	{                                                                                          \
		.name = "mount_point", .type = JSON_TEXT, .min = 1, .max = LIMIT_NAME_CHARS,       \
		.offset = offsetof(ShareActionFields, mount_point)                                 \
	}

static const JsonField attach_rows[] = {
	SHARE_ACTION_MEMBERS,
	{.name = "mount_options",
	 .type = JSON_TEXT,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(ShareActionFields, mount_options)},
};
static const JsonFields attach_fields = JSON_FIELDS(attach_rows, ShareActionFields);

static const JsonField attach_body_rows[] = {
	{.name = "share_attach",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &attach_fields,
	 .offset = offsetof(ShareActionBody, share)},
};
static const JsonFields attach_body_fields = JSON_FIELDS(attach_body_rows, ShareActionBody);

static const JsonField detach_rows[] = {SHARE_ACTION_MEMBERS};
static const JsonFields detach_fields = JSON_FIELDS(detach_rows, ShareActionFields);

static const JsonField detach_body_rows[] = {
	{.name = "share_detach",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &detach_fields,
	 .offset = offsetof(ShareActionBody, share)},
};
static const JsonFields detach_body_fields = JSON_FIELDS(detach_body_rows, ShareActionBody);

static int attach_by_action(ApiRequest *r, Fault *f)
{
	const ShareActionFields *fields = ((const ShareActionBody *)r->body)->share;
	const ShareAttachWish wish = {
		.share_id = fields->share_id,
		.mount_point = fields->mount_point,
		.mount_options = fields->mount_options,
	};
	ShareMapping *mapping;

	if (!r->config->settings->share_actions)
		return api_complain(r, API_NO_ACTION, r->route->action, NULL, NULL);
	return compute_accepted(r, attach(r, &wish, &mapping, f));
}

static int detach_by_action(ApiRequest *r, Fault *f)
{
	const ShareActionFields *fields = ((const ShareActionBody *)r->body)->share;

	if (!r->config->settings->share_actions)
		return api_complain(r, API_NO_ACTION, r->route->action, NULL, NULL);
	return compute_accepted(r, detach(r, fields->share_id, fields->mount_point, f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}/shares",
	 .policy = "os_compute_api:os-server-shares:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(97),
	 .strict_params_since = V(97),
	 .handle = list_shares},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/shares/{share_id}",
	 .policy = "os_compute_api:os-server-shares:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(97),
	 .strict_params_since = V(97),
	 .handle = show_share},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/shares",
	 .policy = CREATE_POLICY,
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(97),
	 .body = &share_body_fields,
	 .handle = create_share},
	{.method = "DELETE",
	 .pattern = "/servers/{server_id}/shares/{share_id}",
	 .policy = DELETE_POLICY,
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(97),
	 .handle = remove_share},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "share_attach",
	 .policy = CREATE_POLICY,
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &attach_body_fields,
	 .handle = attach_by_action},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "share_detach",
	 .policy = DELETE_POLICY,
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &detach_body_fields,
	 .handle = detach_by_action},
};
const ApiRoutes compute_server_share_routes = API_ROUTES(routes);
