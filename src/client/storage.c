/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See storage.h. Each call prints its body and says where it goes; nothing is decided here.
 */
#include "client/storage.h"

#include "client/priv.h"

/* A request with a body to block storage, at a path. */
static ClientRequest request_to(const char *method, const char *path)
{
	return (ClientRequest){.service = CLIENT_VOLUME, .method = method, .path = path};
}

/* "/volumes/ID/action" and the like. */
static const char *path_of(Client *client, Arena *arena, const char *collection, const char *id,
			   const char *below)
{
	return arena_printf(arena, "/%s/%s%s", collection, client_escape(client, arena, id), below);
}

static void body_int(JsonOut *out, const char *key, int64_t number)
{
	if (number)
		json_out_int(out, key, number);
}

static void put_volume(JsonOut *out, const ClientVolumeWish *wish)
{
	body_begin(out, "volume");
	body_text(out, "name", wish->name);
	body_text(out, "description", wish->description);
	body_text(out, "volume_type", wish->type);
	body_text(out, "snapshot_id", wish->snapshot_id);
	body_text(out, "source_volid", wish->source_id);
	body_text(out, "imageRef", wish->image_id);
	body_int(out, "size", wish->size_gib);
	body_map(out, "metadata", wish->metadata);
	body_end(out);
}

int client_volume_create(Client *client, Arena *arena, const ClientVolumeWish *wish,
			 const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	put_volume(&out, wish);
	r = body_send(client, request_to("POST", "/volumes"), &out, &doc, f);
	return r ? r : body_id(arena, doc, "volume.id", ret_id, f);
}

int client_volume_update(Client *client, Arena *arena, const char *id, const ClientVolumeWish *wish,
			 Fault *f)
{
	const char *path = path_of(client, arena, "volumes", id, "");
	JsonOut out = {0};

	put_volume(&out, wish);
	return body_send(client, request_to("PUT", path), &out, NULL, f);
}

/* Send an action on a volume. */
static int volume_act(Client *client, Arena *arena, const char *id, JsonOut *out, JsonDoc **ret,
		      Fault *f)
{
	const char *path = path_of(client, arena, "volumes", id, "/action");

	return body_send(client, request_to("POST", path), out, ret, f);
}

int client_volume_extend(Client *client, Arena *arena, const char *id, int64_t size_gib, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-extend");
	json_out_int(&out, "new_size", size_gib);
	body_end(&out);
	return volume_act(client, arena, id, &out, NULL, f);
}

int client_volume_retype(Client *client, Arena *arena, const char *id, const char *type, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-retype");
	json_out_text(&out, "new_type", type);
	json_out_text(&out, "migration_policy", "never");
	body_end(&out);
	return volume_act(client, arena, id, &out, NULL, f);
}

int client_volume_set_bootable(Client *client, Arena *arena, const char *id, bool bootable,
			       Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-set_bootable");
	json_out_bool(&out, "bootable", bootable);
	body_end(&out);
	return volume_act(client, arena, id, &out, NULL, f);
}

int client_volume_set_readonly(Client *client, Arena *arena, const char *id, bool readonly,
			       Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-update_readonly_flag");
	json_out_bool(&out, "readonly", readonly);
	body_end(&out);
	return volume_act(client, arena, id, &out, NULL, f);
}

int client_volume_reset(Client *client, Arena *arena, const char *id, const char *status, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "os-reset_status");
	json_out_text(&out, "status", status);
	body_end(&out);
	return volume_act(client, arena, id, &out, NULL, f);
}

int client_volume_revert(Client *client, Arena *arena, const char *id, const char *snapshot_id,
			 Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "revert");
	json_out_text(&out, "snapshot_id", snapshot_id);
	body_end(&out);
	return volume_act(client, arena, id, &out, NULL, f);
}

int client_volume_delete(Client *client, Arena *arena, const char *id, bool cascade, bool force,
			 Fault *f)
{
	const char *query = cascade && force ? "?cascade=true&force=true"
			    : cascade        ? "?cascade=true"
			    : force          ? "?force=true"
					     : "";
	const ClientRequest request =
		request_to("DELETE", path_of(client, arena, "volumes", id, query));

	return client_call(client, &request, NULL, f);
}

int client_volume_upload(Client *client, Arena *arena, const char *id,
			 const ClientVolumeImage *wish, const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	body_begin(&out, "os-volume_upload_image");
	json_out_text(&out, "image_name", wish->image_name);
	json_out_text(&out, "container_format", "bare");
	body_text(&out, "disk_format", wish->disk_format);
	body_text(&out, "visibility", wish->visibility);
	json_out_bool(&out, "force", wish->force);
	body_end(&out);
	r = volume_act(client, arena, id, &out, &doc, f);
	return r ? r : body_id(arena, doc, "os-volume_upload_image.image_id", ret_id, f);
}

static void put_snapshot(JsonOut *out, const ClientSnapshotWish *wish)
{
	body_begin(out, "snapshot");
	body_text(out, "volume_id", wish->volume_id);
	body_text(out, "name", wish->name);
	body_text(out, "description", wish->description);
	body_map(out, "metadata", wish->metadata);
	body_end(out);
}

int client_snapshot_create(Client *client, Arena *arena, const ClientSnapshotWish *wish,
			   const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	put_snapshot(&out, wish);
	r = body_send(client, request_to("POST", "/snapshots"), &out, &doc, f);
	return r ? r : body_id(arena, doc, "snapshot.id", ret_id, f);
}

int client_snapshot_update(Client *client, Arena *arena, const char *id,
			   const ClientSnapshotWish *wish, Fault *f)
{
	const ClientSnapshotWish change = {.name = wish->name, .description = wish->description};
	const char *path = path_of(client, arena, "snapshots", id, "");
	JsonOut out = {0};

	put_snapshot(&out, &change);
	return body_send(client, request_to("PUT", path), &out, NULL, f);
}

int client_attachment_create(Client *client, const ClientAttachmentWish *wish, JsonDoc **ret,
			     Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "attachment");
	json_out_text(&out, "volume_uuid", wish->volume_id);
	body_text(&out, "instance_uuid", wish->server_id);
	body_text(&out, "mode", wish->mode);
	if (wish->connector)
		json_out_raw(&out, "connector", wish->connector);
	body_end(&out);
	return body_send(client, request_to("POST", "/attachments"), &out, ret, f);
}

int client_attachment_update(Client *client, Arena *arena, const char *id, const char *connector,
			     JsonDoc **ret, Fault *f)
{
	const char *path = path_of(client, arena, "attachments", id, "");
	JsonOut out = {0};

	body_begin(&out, "attachment");
	json_out_raw(&out, "connector", connector);
	body_end(&out);
	return body_send(client, request_to("PUT", path), &out, ret, f);
}

int client_attachment_complete(Client *client, Arena *arena, const char *id, Fault *f)
{
	ClientRequest request =
		request_to("POST", path_of(client, arena, "attachments", id, "/action"));

	request.body = "{\"os-complete\":null}";
	return client_call(client, &request, NULL, f);
}

int client_transfer_create(Client *client, const char *volume_id, const char *name,
			   bool no_snapshots, JsonDoc **ret, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "transfer");
	json_out_text(&out, "volume_id", volume_id);
	body_text(&out, "name", name);
	json_out_bool(&out, "no_snapshots", no_snapshots);
	body_end(&out);
	return body_send(client, request_to("POST", "/volume-transfers"), &out, ret, f);
}

int client_transfer_accept(Client *client, Arena *arena, const char *id, const char *auth_key,
			   JsonDoc **ret, Fault *f)
{
	const char *path = path_of(client, arena, "volume-transfers", id, "/accept");
	JsonOut out = {0};

	body_begin(&out, "accept");
	json_out_text(&out, "auth_key", auth_key);
	body_end(&out);
	return body_send(client, request_to("POST", path), &out, ret, f);
}
