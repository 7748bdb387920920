/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /volumes/{id}/action: os-retype. Both migration policies come to the same here, as a volume
 * never has to move for its type.
 */
#include "api/volume/priv.h"

typedef struct RetypeFields {
	const char *type;
	const char *policy;
} RetypeFields;

typedef struct RetypeBody {
	const RetypeFields *retype;
} RetypeBody;

static const char *const policies[] = {"on-demand", "never", NULL};

static const JsonField retype_rows[] = {
	{.name = "new_type",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RetypeFields, type)},
	{.name = "migration_policy",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .choices = policies,
	 .offset = offsetof(RetypeFields, policy)},
};
static const JsonFields retype_fields = JSON_FIELDS(retype_rows, RetypeFields);

static const JsonField retype_body_rows[] = {
	{.name = "os-retype",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &retype_fields,
	 .offset = offsetof(RetypeBody, retype)},
};
static const JsonFields retype_body_fields = JSON_FIELDS(retype_body_rows, RetypeBody);

static int retype(ApiRequest *r, Fault *f)
{
	const RetypeBody *body = r->body;

	return volume_reply_accepted(r, service_retype_volume(&r->work, api_param(r, "volume_id"),
							      body->retype->type, f));
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/volumes/{volume_id}/action",
	 .action = "os-retype",
	 .policy = "volume:retype",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &retype_body_fields,
	 .handle = retype},
};
const ApiRoutes volume_retype_routes = API_ROUTES(routes);
