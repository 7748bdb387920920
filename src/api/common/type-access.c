/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See type-access.h.
 */
#include "api/common/type-access.h"

#include "base/limits.h"

typedef struct AccessFields {
	const char *project;
} AccessFields;

typedef struct AccessBody {
	const AccessFields *access;
} AccessBody;

static const JsonField access_rows[] = {
	{.name = "project",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AccessFields, project)},
};
static const JsonFields access_fields = JSON_FIELDS(access_rows, AccessFields);

#define BODY_ROW(key)                                                                              \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = JSON_REQUIRED,                        \
		.fields = &access_fields, .offset = offsetof(AccessBody, access)                   \
	}

static const JsonField grant_rows[] = {BODY_ROW("addProjectAccess")};
const JsonFields api_grant_body = JSON_FIELDS(grant_rows, AccessBody);
static const JsonField revoke_rows[] = {BODY_ROW("removeProjectAccess")};
const JsonFields api_revoke_body = JSON_FIELDS(revoke_rows, AccessBody);

const char *api_granted_project(const ApiRequest *r)
{
	return ((const AccessBody *)r->body)->access->project;
}

int api_reply_type_access(ApiRequest *r, const char *kind, TypeAccess *const *list, size_t count)
{
	const char *id_key = arena_printf(r->arena, "%s_id", kind);
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, arena_printf(r->arena, "%s_access", kind));
	for (size_t i = 0; i < count; i++) {
		json_out_begin(out, NULL);
		json_out_text(out, id_key, list[i]->type_id);
		json_out_text(out, "project_id", list[i]->project_id);
		json_out_end(out);
	}
	json_out_list_end(out);
	json_out_end(out);
	api_reply(r, 200);
	return 0;
}
