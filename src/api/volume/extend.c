/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /volumes/{id}/action: os-extend, and os-extend_volume_completion, by which a compute
 * service would tell that its guests see the new size. Here the guests are told by the operation
 * itself, so that no volume ever waits for that.
 */
#include "api/volume/priv.h"

typedef struct ExtendFields {
	int64_t size_gib;
} ExtendFields;

typedef struct ExtendBody {
	const ExtendFields *extend;
} ExtendBody;

static const JsonField extend_rows[] = {
	{.name = "new_size",
	 .type = JSON_INT_LOOSE,
	 .flags = JSON_REQUIRED,
	 .min = 0,
	 .max = INT32_MAX,
	 .offset = offsetof(ExtendFields, size_gib)},
};
static const JsonFields extend_fields = JSON_FIELDS(extend_rows, ExtendFields);

static const JsonField extend_body_rows[] = {
	{.name = "os-extend",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &extend_fields,
	 .offset = offsetof(ExtendBody, extend)},
};
static const JsonFields extend_body_fields = JSON_FIELDS(extend_body_rows, ExtendBody);

typedef struct CompletionFields {
	bool error;
} CompletionFields;

typedef struct CompletionBody {
	const CompletionFields *completion;
} CompletionBody;

static const JsonField completion_rows[] = {
	{.name = "error",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_LETTERS,
	 .offset = offsetof(CompletionFields, error)},
};
static const JsonFields completion_fields = JSON_FIELDS(completion_rows, CompletionFields);

static const JsonField completion_body_rows[] = {
	{.name = "os-extend_volume_completion",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &completion_fields,
	 .offset = offsetof(CompletionBody, completion)},
};
static const JsonFields completion_body_fields = JSON_FIELDS(completion_body_rows, CompletionBody);

static int extend(ApiRequest *r, bool live, Fault *f)
{
	const ExtendBody *body = r->body;
	int k = service_extend_volume(&r->work, api_param(r, "volume_id"), body->extend->size_gib,
				      live, f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

static int extend_available(ApiRequest *r, Fault *f)
{
	return extend(r, false, f);
}

static int extend_live(ApiRequest *r, Fault *f)
{
	return extend(r, true, f);
}

static int complete_extension(ApiRequest *r, Fault *f)
{
	Volume *volume;
	int k = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);

	if (k)
		return k;
	return api_refuse(r, 400,
			  "Invalid volume: Volume %s does not wait for its extension to be "
			  "completed.",
			  volume->id);
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/volumes/{volume_id}/action",
	 .action = "os-extend",
	 .policy = "volume:extend",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(41),
	 .body = &extend_body_fields,
	 .handle = extend_available},
	{.method = "POST",
	 .pattern = "/volumes/{volume_id}/action",
	 .action = "os-extend",
	 .policy = "volume:extend_attached_volume",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(42),
	 .body = &extend_body_fields,
	 .handle = extend_live},
	{.method = "POST",
	 .pattern = "/volumes/{volume_id}/action",
	 .action = "os-extend_volume_completion",
	 .policy = "volume_extension:volume_admin_actions:extend_volume_completion",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(71),
	 .body = &completion_body_fields,
	 .handle = complete_extension},
};
const ApiRoutes volume_extend_routes = API_ROUTES(routes);
