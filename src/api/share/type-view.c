/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How share types are shown: twice in each answer, under the name of today and under that of the
 * time when shares were a kind of volumes. Who is no admin sees of the extra specs only what says
 * what a share can do, also where the type says nothing of it.
 */
#include "api/share/types.h"
#include "service/share-type.h"
#include "service/text-map.h"

static const char *const everybodys[] = {
	SHARE_TYPE_SNAPSHOTS,
	SHARE_TYPE_FROM_SNAPSHOT,
	SHARE_TYPE_REVERT,
	SHARE_TYPE_MOUNT_SNAPSHOT,
};

bool share_type_spec_is_visible(const ApiRequest *r, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(everybodys); i++)
		if (str_eq(key, everybodys[i]))
			return true;
	return caller_is_admin(&r->caller) || str_eq(key, SHARE_TYPE_SERVERS);
}

static void out_missing(ApiRequest *r, const ShareType *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(everybodys); i++)
		if (!text_map_value(r->arena, type->extra_specs, everybodys[i]))
			json_out_bool(&r->out, everybodys[i], false);
}

void share_type_out_specs(ApiRequest *r, const ShareType *type)
{
	JsonTextMap specs = json_text_map(r->arena, type->extra_specs);

	json_out_begin(&r->out, "extra_specs");
	for (size_t i = 0; i < specs.count; i++)
		if (share_type_spec_is_visible(r, specs.pairs[i].key))
			json_out_text(&r->out, specs.pairs[i].key, specs.pairs[i].value);
	if (!caller_is_admin(&r->caller))
		out_missing(r, type);
	json_out_end(&r->out);
}

static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(ShareType, id)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(ShareType, name)},
	{.name = "os-share-type-access:is_public",
	 .type = JSON_OUT_BOOL,
	 .offset = offsetof(ShareType, is_public),
	 .until = SHARE_PREFIXED},
	{.name = "share_type_access:is_public",
	 .type = JSON_OUT_BOOL,
	 .offset = offsetof(ShareType, is_public),
	 .since = SHARE_PLAIN},
	{.name = "description",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(ShareType, description),
	 .since = V(41)},
};

void share_type_out(ApiRequest *r, const char *key, const ShareType *type)
{
	const JsonOutView view = {.version = r->version};
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_fields(out, reply, ARRAY_SIZE(reply), type, &view);
	if (r->version >= V(46))
		json_out_bool(out, "is_default", share_type_is_default(&r->work, type));
	json_out_begin(out, "required_extra_specs");
	json_out_text(out, SHARE_TYPE_SERVERS,
		      text_map_value(r->arena, type->extra_specs, SHARE_TYPE_SERVERS));
	json_out_end(out);
	share_type_out_specs(r, type);
	json_out_end(out);
}
