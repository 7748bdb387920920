/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How volume types are shown. Who is no admin sees of the extra specs only what says how a volume
 * behaves.
 */
#include "api/volume/priv.h"

bool type_spec_is_visible(const ApiRequest *r, const char *key)
{
	static const char *const everybodys[] = {"multiattach", "replication_enabled",
						 "RESKEY:availability_zones"};

	for (size_t i = 0; i < ARRAY_SIZE(everybodys); i++)
		if (str_eq(key, everybodys[i]))
			return true;
	return caller_is_admin(&r->caller);
}

void type_out_specs(ApiRequest *r, const VolumeType *type)
{
	JsonTextMap specs = json_text_map(r->arena, type->extra_specs);

	json_out_begin(&r->out, "extra_specs");
	for (size_t i = 0; i < specs.count; i++)
		if (type_spec_is_visible(r, specs.pairs[i].key))
			json_out_text(&r->out, specs.pairs[i].key, specs.pairs[i].value);
	json_out_end(&r->out);
}

void type_out(ApiRequest *r, const char *key, const VolumeType *type, TypeView view)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", type->id);
	json_out_text(out, "name", type->name);
	json_out_text(out, "description", type->description);
	json_out_bool(out, "is_public", type->is_public);
	if (view >= TYPE_VIEW_MADE && api_allows(r, API_RULE_MEMBER))
		json_out_bool(out, "os-volume-type-access:is_public", type->is_public);
	type_out_specs(r, type);
	if (view >= TYPE_VIEW_FULL && caller_is_admin(&r->caller))
		json_out_text(out, "qos_specs_id", type->qos_id);
	json_out_end(out);
}
