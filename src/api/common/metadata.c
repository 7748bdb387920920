/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Answers of metadata sub-resources, which all dialects give in one form.
 */
#include "api/common/api.h"
#include "base/str.h"
#include "service/text-map.h"

int api_reply_map(ApiRequest *r, const char *json)
{
	json_out_begin(&r->out, NULL);
	json_out_raw(&r->out, "metadata", str_empty(json) ? "{}" : json);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

int api_reply_item(ApiRequest *r, const char *json, const char *key, RefusalData missing)
{
	const char *value = text_map_value(r->arena, json, key);

	if (!value) {
		r->work.refused = missing;
		r->work.refused.other = key;
		return REFUSAL_NO_METADATA_KEY;
	}
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "meta");
	json_out_text(&r->out, key, value);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}
