/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A connection_info on its way to a connector and into a record: the form with "data" is unfolded,
 * and secrets are left out by their names, whatever protocol they belong to.
 */
#include "base/str.h"
#include "local/priv.h"
#include "json/out.h"

enum { MEMBERS_MAX = 256 }; /* several times what any protocol has */

static bool is_secret(const char *name)
{
	static const char *const parts[] = {"password", "passphrase", "keyring"};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(name, parts[i]))
			return true;
	return str_eq(name, "secret") || str_eq(name, "key");
}

static bool has_member(Arena *arena, const JsonDoc *doc, const char *name)
{
	for (size_t i = 0; i < json_member_count(doc); i++)
		if (str_eq(json_member_name(arena, doc, i), name))
			return true;
	return false;
}

/* Write the members of an object that `seen` has not. */
static void put_members(JsonOut *out, Arena *arena, const JsonDoc *doc, const JsonDoc *seen,
			bool secrets)
{
	for (size_t i = 0; i < json_member_count(doc); i++) {
		const char *name = json_member_name(arena, doc, i);

		if (str_eq(name, "data") || (!secrets && is_secret(name)) ||
		    (seen && has_member(arena, seen, name)))
			continue;
		json_out_raw(out, name, json_get_raw_at(arena, doc, "", i));
	}
}

static const char *flat(Arena *arena, const JsonDoc *doc, const JsonDoc *data, bool secrets)
{
	_cleanup_(json_out_done) JsonOut out = {0};
	_cleanup_(freep) char *text = NULL;
	size_t length;

	json_out_begin(&out, NULL);
	put_members(&out, arena, doc, NULL, secrets);
	if (data && json_is_object(data))
		put_members(&out, arena, data, doc, secrets);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	return arena_strndup(arena, text, length);
}

bool info_flatten(Arena *arena, const char *info, const char **ret_type, const char **ret_flat,
		  const char **ret_stored)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	_cleanup_(json_doc_freep) JsonDoc *data = NULL;

	if (json_parse(arena, info, strlen(info), &doc, NULL) || !json_is_object(doc))
		return false;
	data = json_get_doc(doc, "data");
	if (json_member_count(doc) > MEMBERS_MAX ||
	    (data && json_is_object(data) && json_member_count(data) > MEMBERS_MAX))
		return false;
	*ret_type = json_get_text(arena, doc, "driver_volume_type");
	*ret_flat = flat(arena, doc, data, true);
	*ret_stored = flat(arena, doc, data, false);
	return *ret_type;
}
