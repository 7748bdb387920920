/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: resize, confirmResize, revertResize.
 */
#include "api/compute/priv.h"
#include "service/server.h"

typedef struct ResizeFields {
	const char *flavor_ref;
	const char *disk_config;
} ResizeFields;

typedef struct ResizeBody {
	const ResizeFields *resize;
} ResizeBody;

static const JsonField resize_rows[] = {
	{.name = "flavorRef",
	 .type = JSON_TEXT_LOOSE,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = 2 * LIMIT_NAME_CHARS,
	 .offset = offsetof(ResizeFields, flavor_ref)},
	{.name = "OS-DCF:diskConfig",
	 .type = JSON_TEXT,
	 .choices = compute_disk_configs,
	 .offset = offsetof(ResizeFields, disk_config)},
};
static const JsonFields resize_fields = JSON_FIELDS(resize_rows, ResizeFields);

static const JsonField resize_body_rows[] = {
	{.name = "resize",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &resize_fields,
	 .offset = offsetof(ResizeBody, resize)},
};
static const JsonFields resize_body_fields = JSON_FIELDS(resize_body_rows, ResizeBody);

static int resize(ApiRequest *r, Fault *f)
{
	const ResizeFields *fields = ((const ResizeBody *)r->body)->resize;

	return compute_accepted(r, service_resize_server(&r->work, api_param(r, "server_id"),
							 compute_last_segment(fields->flavor_ref),
							 fields->disk_config, f));
}

static int confirm(ApiRequest *r, Fault *f)
{
	int k = service_confirm_resize(&r->work, api_param(r, "server_id"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static int revert(ApiRequest *r, Fault *f)
{
	return compute_accepted(r, service_revert_resize(&r->work, api_param(r, "server_id"), f));
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "resize",
	 .policy = "os_compute_api:servers:resize",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &resize_body_fields,
	 .handle = resize},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "confirmResize",
	 .policy = "os_compute_api:servers:confirm_resize",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = confirm},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "revertResize",
	 .policy = "os_compute_api:servers:revert_resize",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = revert},
};
const ApiRoutes compute_server_resize_routes = API_ROUTES(routes);
