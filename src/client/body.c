/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files with calls share: writing a body, sending it, and reading the id that comes back.
 */
#include <errno.h>

#include "client/priv.h"

void body_begin(JsonOut *out, const char *key)
{
	json_out_begin(out, NULL);
	json_out_begin(out, key);
}

void body_end(JsonOut *out)
{
	json_out_end(out);
	json_out_end(out);
}

void body_text(JsonOut *out, const char *key, const char *text)
{
	if (text)
		json_out_text(out, key, text);
}

void body_map(JsonOut *out, const char *key, const JsonTextMap *map)
{
	if (!map || map->count == 0)
		return;
	json_out_begin(out, key);
	for (size_t i = 0; i < map->count; i++)
		json_out_text(out, map->pairs[i].key, map->pairs[i].value);
	json_out_end(out);
}

int body_send(Client *client, ClientRequest request, JsonOut *out, JsonDoc **ret, Fault *f)
{
	_cleanup_(freep) char *body = json_out_take(out, NULL);

	request.body = body;
	return client_call(client, &request, ret, f);
}

int body_id(Arena *arena, JsonDoc *doc, const char *path, const char **ret_id, Fault *f)
{
	const char *id = doc ? json_get_text(arena, doc, path) : NULL;

	json_doc_free(doc);
	if (!id)
		return fault(f, -EPROTO, "the answer has no %s", path);
	*ret_id = id;
	return 0;
}
