/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See type.h. What the two services call the same things is in a table.
 */
#include "client/type.h"

#include "client/priv.h"

typedef struct Dialect {
	ClientService service;
	const char *wrapper;
	const char *public_to_create;
	const char *public_to_change;
} Dialect;

static const Dialect *dialect_of(ClientNoun noun)
{
	static const Dialect volumes = {
		.service = CLIENT_VOLUME,
		.wrapper = "volume_type",
		.public_to_create = "os-volume-type-access:is_public",
		.public_to_change = "is_public",
	};
	static const Dialect shares = {
		.service = CLIENT_SHARE,
		.wrapper = "share_type",
		.public_to_create = "share_type_access:is_public",
		.public_to_change = "share_type_access:is_public",
	};

	return noun == CLIENT_SHARE_TYPES ? &shares : &volumes;
}

/* "/types/ID/action" and the like. */
static ClientRequest request_to(Client *client, Arena *arena, ClientNoun noun, const char *method,
				const char *id, const char *below)
{
	return (ClientRequest){
		.service = dialect_of(noun)->service,
		.method = method,
		.path = arena_printf(arena, "/types/%s%s", client_escape(client, arena, id), below),
	};
}

static void put_type(JsonOut *out, const Dialect *dialect, const ClientTypeWish *wish,
		     const char *public_key)
{
	body_begin(out, dialect->wrapper);
	body_text(out, "name", wish->name);
	body_text(out, "description", wish->description);
	if (wish->is_public)
		json_out_raw(out, public_key, wish->is_public);
	body_map(out, "extra_specs", wish->extra_specs);
	body_end(out);
}

int client_type_create(Client *client, Arena *arena, ClientNoun noun, const ClientTypeWish *wish,
		       const char **ret_id, Fault *f)
{
	const Dialect *dialect = dialect_of(noun);
	const ClientRequest request = {
		.service = dialect->service,
		.method = "POST",
		.path = "/types",
	};
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	put_type(&out, dialect, wish, dialect->public_to_create);
	r = body_send(client, request, &out, &doc, f);
	return r ? r
		 : body_id(arena, doc, arena_printf(arena, "%s.id", dialect->wrapper), ret_id, f);
}

int client_type_update(Client *client, Arena *arena, ClientNoun noun, const char *id,
		       const ClientTypeWish *wish, Fault *f)
{
	const ClientTypeWish details = {
		.name = wish->name,
		.description = wish->description,
		.is_public = wish->is_public,
	};
	const Dialect *dialect = dialect_of(noun);
	JsonOut out = {0};

	put_type(&out, dialect, &details, dialect->public_to_change);
	return body_send(client, request_to(client, arena, noun, "PUT", id, ""), &out, NULL, f);
}

int client_type_grant(Client *client, Arena *arena, ClientNoun noun, const char *id,
		      const char *project_id, bool grant, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, grant ? "addProjectAccess" : "removeProjectAccess");
	json_out_text(&out, "project", project_id);
	body_end(&out);
	return body_send(client, request_to(client, arena, noun, "POST", id, "/action"), &out, NULL,
			 f);
}
