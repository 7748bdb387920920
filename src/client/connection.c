/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The version of block storage that both sides speak, and the older actions on volumes.
 */
#include "client/connection.h"

#include <stdlib.h>

#include "client/priv.h"

/* The newest version that calls of this room are written for: login.c sends it where nobody asks.
 */
enum { WRITTEN_FOR = 66 };

/* N of "3.N", or -1. */
static int minor_of(const char *version)
{
	const char *rest = str_after(version, "3.");
	int64_t minor;

	return rest && str_parse_i64(rest, &minor) && minor >= 0 && minor < 1000 ? (int)minor : -1;
}

/* The newest of the document's versions; a service may list one, or say which is "the" one. */
static int newest_minor(Arena *arena, const JsonDoc *doc)
{
	int64_t count = json_get_count(doc, "versions");
	int newest = minor_of(json_get_text(arena, doc, "version.version"));

	for (int64_t i = 0; i < count; i++) {
		const char *path = arena_printf(arena, "versions.%d.version", (int)i);
		int minor = minor_of(json_get_text(arena, doc, path));

		newest = minor > newest ? minor : newest;
	}
	return newest > 0 ? newest : 0;
}

/* "http://host/volume/v3/" of an endpoint that may go on with a project. */
static const char *discovery_url(Arena *arena, const char *endpoint)
{
	const char *version = strstr(endpoint, "/v3");
	size_t length = version ? (size_t)(version - endpoint) + strlen("/v3") : strlen(endpoint);

	return arena_printf(arena, "%.*s/", (int)length, endpoint);
}

static int ask_versions(Client *client, JsonDoc **ret, Fault *f)
{
	_cleanup_(exchange_done) Exchange exchange = {.method = "GET"};
	const char *endpoint;
	int r = client_endpoint(client, CLIENT_VOLUME, &endpoint);

	if (r)
		return r;
	exchange.url = discovery_url(client->arena, endpoint);
	r = client_exchange(client, &exchange, f);
	if (r)
		return r;
	r = client_outcome(client, &exchange);
	/* What is not JSON says nothing of versions. */
	if (r || json_parse(client->arena, buf_text(&exchange.answer), exchange.answer.length, ret,
			    NULL))
		*ret = NULL;
	return r;
}

int client_volume_agree(Client *client, int *ret_minor, Fault *f)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	int newest, r;

	if (!client->volume_header) {
		r = client_need_token(client, CLIENT_VOLUME, f);
		if (r)
			return r;
		r = ask_versions(client, &doc, f);
		if (r)
			return r;
		newest = doc ? newest_minor(client->arena, doc) : 0;
		client->volume_minor = newest < WRITTEN_FOR ? newest : WRITTEN_FOR;
		client->volume_header = arena_printf(
			client->arena, "OpenStack-API-Version: volume 3.%d", client->volume_minor);
	}
	*ret_minor = client->volume_minor;
	return 0;
}

/* End what body_begin(out, ACTION) began, and send it. */
static int act(Client *client, Arena *arena, const char *id, JsonOut *out, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_VOLUME,
		.method = "POST",
		.path = arena_printf(arena, "/volumes/%s/action", client_escape(client, arena, id)),
	};

	body_end(out);
	return body_send(client, request, out, ret, f);
}

int client_volume_hold(Client *client, Arena *arena, const char *id, ClientHold hold, Fault *f)
{
	static const char *const actions[] = {
		[CLIENT_RESERVE] = "os-reserve",
		[CLIENT_UNRESERVE] = "os-unreserve",
		[CLIENT_BEGIN_DETACHING] = "os-begin_detaching",
		[CLIENT_ROLL_DETACHING] = "os-roll_detaching",
	};
	JsonOut out = {0};

	static_assert(ARRAY_SIZE(actions) == _CLIENT_HOLD_MAX, "an action for each");
	body_begin(&out, actions[hold]);
	return act(client, arena, id, &out, NULL, f);
}

int client_volume_connect(Client *client, Arena *arena, const char *id, const char *connector,
			  JsonDoc **ret, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-initialize_connection");
	json_out_raw(&out, "connector", connector);
	return act(client, arena, id, &out, ret, f);
}

int client_volume_disconnect(Client *client, Arena *arena, const char *id, const char *connector,
			     Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-terminate_connection");
	json_out_raw(&out, "connector", connector);
	return act(client, arena, id, &out, NULL, f);
}

int client_volume_attached(Client *client, Arena *arena, const char *id,
			   const ClientHostAttachment *attachment, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-attach");
	json_out_text(&out, "mountpoint", attachment->mountpoint);
	json_out_text(&out, "host_name", attachment->host_name);
	body_text(&out, "mode", attachment->mode);
	return act(client, arena, id, &out, NULL, f);
}

int client_volume_detached(Client *client, Arena *arena, const char *id, const char *attachment_id,
			   Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-detach");
	body_text(&out, "attachment_id", attachment_id);
	return act(client, arena, id, &out, NULL, f);
}
