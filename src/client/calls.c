/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See calls.h. Each call prints its body and says where it goes; nothing is decided here.
 */
#include "client/calls.h"

#include "client/priv.h"
#include "json/out.h"

static const char *server_path(Client *client, Arena *arena, const char *id, const char *below)
{
	return arena_printf(arena, "/servers/%s%s", client_escape(client, arena, id), below);
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

int client_server_metadata(Client *client, Arena *arena, const char *id,
			   const JsonTextMap *metadata, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "POST",
		.path = server_path(client, arena, id, "/metadata"),
	};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	body_map(&out, "metadata", metadata);
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

int client_image_create(Client *client, Arena *arena, const ClientImageWish *wish,
			const char **ret_id, Fault *f)
{
	const ClientRequest request = {CLIENT_IMAGE, "POST", "/images", NULL, NULL};
	const JsonTextMap *properties = wish->properties;
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	json_out_begin(&out, NULL);
	json_out_text(&out, "name", wish->name);
	body_text(&out, "disk_format", wish->disk_format);
	body_text(&out, "container_format", wish->container_format);
	body_text(&out, "visibility", wish->visibility);
	if (wish->min_disk_gib)
		json_out_int(&out, "min_disk", wish->min_disk_gib);
	if (wish->min_ram_mib)
		json_out_int(&out, "min_ram", wish->min_ram_mib);
	for (size_t i = 0; properties && i < properties->count; i++)
		json_out_text(&out, properties->pairs[i].key, properties->pairs[i].value);
	json_out_end(&out);
	r = body_send(client, request, &out, &doc, f);
	return r ? r : body_id(arena, doc, "id", ret_id, f);
}

int client_image_upload(Client *client, Arena *arena, const char *id, const ClientUpload *upload,
			Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_IMAGE,
		.method = "PUT",
		.path = arena_printf(arena, "/images/%s/file", client_escape(client, arena, id)),
		.upload = upload,
	};

	return client_call(client, &request, NULL, f);
}

static const char *specs_path(Client *client, Arena *arena, const char *flavor_id)
{
	return arena_printf(arena, "/flavors/%s/os-extra_specs",
			    client_escape(client, arena, flavor_id));
}

int client_flavor_specs(Client *client, Arena *arena, const char *id, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "GET",
		.path = specs_path(client, arena, id),
	};

	return client_call(client, &request, ret, f);
}

/* Extra specs have a call of their own. */
static int add_extra_specs(Client *client, Arena *arena, const char *id, const JsonTextMap *specs,
			   Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "POST",
		.path = specs_path(client, arena, id),
	};
	JsonOut out = {0};

	if (!specs || specs->count == 0)
		return 0;
	json_out_begin(&out, NULL);
	body_map(&out, "extra_specs", specs);
	json_out_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_flavor_create(Client *client, Arena *arena, const ClientFlavorWish *wish,
			 const char **ret_id, Fault *f)
{
	const ClientRequest request = {CLIENT_COMPUTE, "POST", "/flavors", NULL, NULL};
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	json_out_begin(&out, NULL);
	json_out_begin(&out, "flavor");
	body_text(&out, "id", wish->id);
	json_out_text(&out, "name", wish->name);
	json_out_int(&out, "ram", wish->ram_mib);
	json_out_int(&out, "disk", wish->disk_gib);
	json_out_int(&out, "vcpus", wish->vcpus);
	json_out_bool(&out, "os-flavor-access:is_public", !wish->private);
	json_out_end(&out);
	json_out_end(&out);
	r = body_send(client, request, &out, &doc, f);
	if (r == 0)
		r = body_id(arena, doc, "flavor.id", ret_id, f);
	return r ? r : add_extra_specs(client, arena, *ret_id, wish->properties, f);
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

int client_operation_cancel(Client *client, Arena *arena, const char *id, Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_ADMIN,
		.method = "POST",
		.path = arena_printf(arena, "/operations/%s/cancel",
				     client_escape(client, arena, id)),
	};

	return client_call(client, &request, NULL, f);
}

int client_limits(Client *client, ClientService service, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {.service = service, .method = "GET", .path = "/limits"};

	return client_call(client, &request, ret, f);
}
