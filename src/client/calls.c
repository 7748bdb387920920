/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See calls.h. Each call prints its body and says where it goes; nothing is decided here.
 */
#include "client/calls.h"

#include "client/priv.h"
#include "json/out.h"

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

int client_keypair_create(Client *client, const ClientKeypairWish *wish, Fault *f)
{
	const ClientRequest request = {CLIENT_COMPUTE, "POST", "/os-keypairs", NULL, NULL};
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_begin(&out, "keypair");
	json_out_text(&out, "name", wish->name);
	body_text(&out, "public_key", wish->public_key);
	body_text(&out, "type", wish->type);
	json_out_end(&out);
	json_out_end(&out);
	return body_send(client, request, &out, NULL, f);
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

static int get_of_admin(Client *client, const char *path, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {.service = CLIENT_ADMIN, .method = "GET", .path = path};

	return client_call(client, &request, ret, f);
}

int client_host(Client *client, JsonDoc **ret, Fault *f)
{
	return get_of_admin(client, "/host", ret, f);
}

int client_differences(Client *client, JsonDoc **ret, Fault *f)
{
	return get_of_admin(client, "/differences", ret, f);
}

/* Shared file systems have a path of their own since 2.7. */
static ClientRequest quota_request(Client *client, Arena *arena, ClientService service,
				   const char *method, const char *project_id)
{
	return (ClientRequest){
		.service = service,
		.method = method,
		.path = arena_printf(arena, "/%squota-sets/%s",
				     service == CLIENT_SHARE ? "" : "os-",
				     client_escape(client, arena, project_id)),
	};
}

int client_quota(Client *client, Arena *arena, ClientService service, const char *project_id,
		 JsonDoc **ret, Fault *f)
{
	const ClientRequest request = quota_request(client, arena, service, "GET", project_id);

	return client_call(client, &request, ret, f);
}

int client_quota_set(Client *client, Arena *arena, ClientService service, const char *project_id,
		     const JsonTextMap *limits, Fault *f)
{
	const ClientRequest request = quota_request(client, arena, service, "PUT", project_id);
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	body_map(&out, "quota_set", limits);
	json_out_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_quota_reset(Client *client, Arena *arena, ClientService service, const char *project_id,
		       Fault *f)
{
	const ClientRequest request = quota_request(client, arena, service, "DELETE", project_id);

	return client_call(client, &request, NULL, f);
}

int client_limits(Client *client, ClientService service, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {.service = service, .method = "GET", .path = "/limits"};

	return client_call(client, &request, ret, f);
}
