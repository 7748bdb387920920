/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Scheduler hints of a new server. On one host only the group has a meaning; the others are kept
 * and shown.
 */
#include "api/compute/priv.h"
#include "json/out.h"

static bool bad_hint(ApiRequest *r, const char *name, const char *value, const char *reason)
{
	(void)api_refuse(r, 400, "Invalid input for field/attribute %s. Value: %s. %s", name, value,
			 reason); /* always 0 */
	return false;
}

static bool read_group(ApiRequest *r, const JsonDoc *doc, ServerWish *wish)
{
	const char *json = json_get_raw(r->arena, doc, "group");
	const char *group = json_get_text(r->arena, doc, "group");
	char canonical[UUID_TEXT];

	if (!json)
		return true;
	if (!group || !uuid_canonical(group, canonical))
		return bad_hint(r, "group", group ? group : json,
				arena_printf(r->arena, "%s is not a 'uuid'", json));
	wish->group_id = arena_strdup(r->arena, canonical);
	return true;
}

/* Each hint is shown as a list, also when it was given as one value. */
static const char *hints_as_lists(ApiRequest *r, const JsonDoc *doc)
{
	size_t count = json_member_count(doc);
	JsonOut out = {0};
	size_t length;
	char *text;
	const char *kept;

	json_out_begin(&out, NULL);
	for (size_t i = 0; i < count; i++) {
		const char *value = json_get_raw_at(r->arena, doc, "", i);

		json_out_raw(&out, json_member_name(r->arena, doc, i),
			     *value == '[' ? value : arena_printf(r->arena, "[%s]", value));
	}
	json_out_end(&out);
	text = json_out_take(&out, &length);
	kept = arena_strdup(r->arena, text);
	free(text);
	return kept;
}

bool compute_read_hints(ApiRequest *r, const char *json, ServerWish *wish)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	if (!json)
		return true;
	if (json_parse(r->arena, json, strlen(json), &doc, NULL) || !json_is_object(doc))
		return bad_hint(r, "os:scheduler_hints", json,
				arena_printf(r->arena, "%s is not of type 'object'", json));
	if (!read_group(r, doc, wish))
		return false;
	wish->scheduler_hints = hints_as_lists(r, doc);
	return true;
}
