/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server.h. Each call prints its body and says where it goes; nothing is decided here.
 */
#include "client/server.h"

#include "client/priv.h"
#include "json/out.h"

static const char *server_path(Client *client, Arena *arena, const char *id, const char *below)
{
	return arena_printf(arena, "/servers/%s%s", client_escape(client, arena, id), below);
}

static void put_mapping(JsonOut *out, const ClientMapping *mapping)
{
	json_out_begin(out, NULL);
	body_text(out, "source_type", mapping->source_type);
	body_text(out, "uuid", mapping->uuid);
	body_text(out, "destination_type", mapping->destination_type);
	json_out_int(out, "boot_index", mapping->boot_index);
	if (mapping->size_gib)
		json_out_int(out, "volume_size", mapping->size_gib);
	json_out_bool(out, "delete_on_termination", mapping->delete_on_termination);
	body_text(out, "tag", mapping->tag);
	body_text(out, "volume_type", mapping->volume_type);
	body_text(out, "disk_bus", mapping->disk_bus);
	json_out_end(out);
}

static void put_mappings(JsonOut *out, const ClientServerWish *wish)
{
	if (wish->mapping_count == 0)
		return;
	json_out_list_begin(out, "block_device_mapping_v2");
	for (size_t i = 0; i < wish->mapping_count; i++)
		put_mapping(out, &wish->mappings[i]);
	json_out_list_end(out);
}

int client_server_create(Client *client, Arena *arena, const ClientServerWish *wish,
			 const char **ret_id, Fault *f)
{
	const ClientRequest request = {CLIENT_COMPUTE, "POST", "/servers", NULL, NULL};
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	json_out_begin(&out, NULL);
	json_out_begin(&out, "server");
	json_out_text(&out, "name", wish->name);
	json_out_text(&out, "imageRef", wish->image_id ? wish->image_id : "");
	json_out_text(&out, "flavorRef", wish->flavor_id);
	json_out_text(&out, "networks", wish->networks ? wish->networks : "auto");
	body_text(&out, "user_data", wish->user_data);
	body_text(&out, "description", wish->description);
	body_map(&out, "metadata", wish->metadata);
	if (wish->tag_count > 0) {
		json_out_list_begin(&out, "tags");
		for (size_t i = 0; i < wish->tag_count; i++)
			json_out_text(&out, NULL, wish->tags[i]);
		json_out_list_end(&out);
	}
	if (wish->config_drive)
		json_out_bool(&out, "config_drive", true);
	body_text(&out, "key_name", wish->key_name);
	put_mappings(&out, wish);
	json_out_end(&out);
	json_out_end(&out);
	r = body_send(client, request, &out, &doc, f);
	return r ? r : body_id(arena, doc, "server.id", ret_id, f);
}

int client_server_update(Client *client, Arena *arena, const char *id, const char *name,
			 const char *description, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "PUT",
		.path = server_path(client, arena, id, ""),
	};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_begin(&out, "server");
	body_text(&out, "name", name);
	body_text(&out, "description", description);
	json_out_end(&out);
	json_out_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_server_act(Client *client, Arena *arena, const char *id, ClientServerAction action,
		      Fault *f)
{
	static const char *const bodies[] = {
		[CLIENT_START] = "{\"os-start\":null}",
		[CLIENT_STOP] = "{\"os-stop\":null}",
		[CLIENT_REBOOT] = "{\"reboot\":{\"type\":\"SOFT\"}}",
		[CLIENT_REBOOT_HARD] = "{\"reboot\":{\"type\":\"HARD\"}}",
		[CLIENT_PAUSE] = "{\"pause\":null}",
		[CLIENT_UNPAUSE] = "{\"unpause\":null}",
		[CLIENT_SUSPEND] = "{\"suspend\":null}",
		[CLIENT_RESUME] = "{\"resume\":null}",
		[CLIENT_SHELVE] = "{\"shelve\":null}",
		[CLIENT_UNSHELVE] = "{\"unshelve\":null}",
		[CLIENT_UNLOCK] = "{\"unlock\":null}",
		[CLIENT_UNRESCUE] = "{\"unrescue\":null}",
		[CLIENT_CONFIRM_RESIZE] = "{\"confirmResize\":null}",
		[CLIENT_REVERT_RESIZE] = "{\"revertResize\":null}",
		[CLIENT_RESET_ACTIVE] = "{\"os-resetState\":{\"state\":\"active\"}}",
		[CLIENT_RESET_ERROR] = "{\"os-resetState\":{\"state\":\"error\"}}",
	};
	static_assert(ARRAY_SIZE(bodies) == _CLIENT_SERVER_ACTION_MAX, "a row for every action");
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "POST",
		.path = server_path(client, arena, id, "/action"),
		.body = bodies[action],
	};

	return client_call(client, &request, NULL, f);
}

/* An action with one member, left out when it is NULL. */
typedef struct ServerAct {
	const char *action; /* "resize" */
	const char *member; /* "flavorRef" */
	const char *value;
} ServerAct;

static int act_with(Client *client, Arena *arena, const char *id, const ServerAct *act,
		    JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "POST",
		.path = server_path(client, arena, id, "/action"),
	};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_begin(&out, act->action);
	body_text(&out, act->member, act->value);
	json_out_end(&out);
	json_out_end(&out);
	return body_send(client, request, &out, ret, f);
}

int client_server_lock(Client *client, Arena *arena, const char *id, const char *reason, Fault *f)
{
	const ServerAct act = {"lock", "locked_reason", reason};

	return act_with(client, arena, id, &act, NULL, f);
}

int client_server_rescue(Client *client, Arena *arena, const char *id, const char *image_id,
			 Fault *f)
{
	const ServerAct act = {"rescue", "rescue_image_ref", image_id};

	return act_with(client, arena, id, &act, NULL, f);
}

int client_server_rebuild(Client *client, Arena *arena, const char *id, const char *image_id,
			  Fault *f)
{
	const ServerAct act = {"rebuild", "imageRef", image_id};

	return act_with(client, arena, id, &act, NULL, f);
}

int client_server_resize(Client *client, Arena *arena, const char *id, const char *flavor_id,
			 Fault *f)
{
	const ServerAct act = {"resize", "flavorRef", flavor_id};

	return act_with(client, arena, id, &act, NULL, f);
}

int client_server_snapshot(Client *client, Arena *arena, const char *id, const char *name,
			   const char **ret_image_id, Fault *f)
{
	const ServerAct act = {"createImage", "name", name};
	JsonDoc *doc = NULL;
	int r = act_with(client, arena, id, &act, &doc, f);

	return r ? r : body_id(arena, doc, "image_id", ret_image_id, f);
}

int client_server_console(Client *client, Arena *arena, const char *id, int64_t lines,
			  JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "POST",
		.path = server_path(client, arena, id, "/action"),
	};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_begin(&out, "os-getConsoleOutput");
	if (lines > 0)
		json_out_int(&out, "length", lines);
	json_out_end(&out);
	json_out_end(&out);
	return body_send(client, request, &out, ret, f);
}

int client_server_events(Client *client, Arena *arena, const char *id, const char *request_id,
			 JsonDoc **ret, Fault *f)
{
	const char *below = "/os-instance-actions";
	ClientRequest request = {.service = CLIENT_COMPUTE, .method = "GET"};

	if (request_id)
		below = arena_printf(arena, "%s/%s", below,
				     client_escape(client, arena, request_id));
	request.path = server_path(client, arena, id, below);
	return client_call(client, &request, ret, f);
}

int client_attach(Client *client, Arena *arena, const ClientAttachWish *wish, JsonDoc **ret,
		  Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "POST",
		.path = server_path(client, arena, wish->server_id, "/os-volume_attachments"),
	};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_begin(&out, "volumeAttachment");
	json_out_text(&out, "volumeId", wish->volume_id);
	body_text(&out, "device", wish->device);
	body_text(&out, "tag", wish->tag);
	if (wish->delete_on_termination)
		json_out_bool(&out, "delete_on_termination", true);
	json_out_end(&out);
	json_out_end(&out);
	return body_send(client, request, &out, ret, f);
}

static const char *attachment_path(Client *client, Arena *arena, const char *server_id,
				   const char *volume_id)
{
	return server_path(client, arena, server_id,
			   arena_printf(arena, "/os-volume_attachments/%s",
					client_escape(client, arena, volume_id)));
}

int client_detach(Client *client, Arena *arena, const char *server_id, const char *volume_id,
		  Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "DELETE",
		.path = attachment_path(client, arena, server_id, volume_id),
	};

	return client_call(client, &request, NULL, f);
}

int client_swap(Client *client, Arena *arena, const char *server_id, const char *old_id,
		const char *new_id, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "PUT",
		.path = attachment_path(client, arena, server_id, old_id),
	};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_begin(&out, "volumeAttachment");
	json_out_text(&out, "volumeId", new_id);
	json_out_end(&out);
	json_out_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_attachment_show(Client *client, Arena *arena, const char *server_id,
			   const char *volume_id, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "GET",
		.path = attachment_path(client, arena, server_id, volume_id),
	};

	return client_call(client, &request, ret, f);
}

int client_attachment_list(Client *client, Arena *arena, const char *server_id, JsonDoc **ret,
			   Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "GET",
		.path = server_path(client, arena, server_id, "/os-volume_attachments"),
	};

	return client_call(client, &request, ret, f);
}

int client_server_adopt(Client *client, Arena *arena, const ClientAdoptWish *wish,
			const char **ret_id, Fault *f)
{
	const ClientRequest request = {CLIENT_ADMIN, "POST", "/servers", NULL, NULL};
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	json_out_begin(&out, NULL);
	json_out_begin(&out, "adopt");
	json_out_text(&out, "domain", wish->domain);
	body_text(&out, "name", wish->name);
	body_text(&out, "flavor", wish->flavor);
	body_text(&out, "project_id", wish->project_id);
	json_out_end(&out);
	json_out_end(&out);
	r = body_send(client, request, &out, &doc, f);
	return r ? r : body_id(arena, doc, "server.id", ret_id, f);
}

int client_server_release(Client *client, Arena *arena, const char *id, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_ADMIN,
		.method = "POST",
		.path = server_path(client, arena, id, "/release"),
	};

	return client_call(client, &request, NULL, f);
}

int client_server_domain(Client *client, Arena *arena, const char *id, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_ADMIN,
		.method = "GET",
		.path = server_path(client, arena, id, ""),
	};

	return client_call(client, &request, ret, f);
}
