/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: rescue, unrescue.
 */
#include "api/compute/priv.h"
#include "service/server.h"

typedef struct RescueFields {
	const char *admin_pass;
	const char *image_ref;
} RescueFields;

typedef struct RescueBody {
	const RescueFields *rescue;
} RescueBody;

static const JsonField rescue_rows[] = {
	{.name = "adminPass",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RescueFields, admin_pass)},
	{.name = "rescue_image_ref",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .offset = offsetof(RescueFields, image_ref)},
};
static const JsonFields rescue_fields = JSON_FIELDS(rescue_rows, RescueFields);

static const JsonField rescue_body_rows[] = {
	{.name = "rescue",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED | JSON_NULLABLE,
	 .fields = &rescue_fields,
	 .offset = offsetof(RescueBody, rescue)},
};
static const JsonFields rescue_body_fields = JSON_FIELDS(rescue_body_rows, RescueBody);

static int rescue(ApiRequest *r, Fault *f)
{
	static const RescueFields nothing;
	const RescueFields *fields = ((const RescueBody *)r->body)->rescue;
	const char *password;
	int k;

	if (!fields)
		fields = &nothing;
	k = service_rescue_server(&r->work, api_param(r, "server_id"), fields->image_ref,
				  r->version >= V(87), f);
	if (k)
		return k;
	password = fields->admin_pass ? fields->admin_pass : compute_new_password(r->arena);
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "adminPass", password);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int unrescue(ApiRequest *r, Fault *f)
{
	return compute_accepted(r, service_unrescue_server(&r->work, api_param(r, "server_id"), f));
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "rescue",
	 .policy = "os_compute_api:os-rescue",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &rescue_body_fields,
	 .handle = rescue},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "unrescue",
	 .policy = "os_compute_api:os-unrescue",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = unrescue},
};
const ApiRoutes compute_server_rescue_routes = API_ROUTES(routes);
