/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share.h. Each call prints its body and says where it goes; nothing is decided here.
 */
#include "client/share.h"

#include "client/priv.h"

/* A request to the shared file systems, at a path. */
static ClientRequest request_to(const char *method, const char *path)
{
	return (ClientRequest){.service = CLIENT_SHARE, .method = method, .path = path};
}

/* "/shares/ID/action" and the like. */
static const char *share_path(Client *client, Arena *arena, const char *id, const char *below)
{
	return arena_printf(arena, "/shares/%s%s", client_escape(client, arena, id), below);
}

static void put_share(JsonOut *out, const ClientShareWish *wish)
{
	body_begin(out, "share");
	body_text(out, "share_proto", wish->protocol);
	if (wish->size_gib)
		json_out_int(out, "size", wish->size_gib);
	body_text(out, "name", wish->name);
	body_text(out, "description", wish->description);
	body_text(out, "share_type", wish->type);
	body_text(out, "snapshot_id", wish->snapshot_id);
	body_text(out, "availability_zone", wish->availability_zone);
	if (wish->is_public)
		json_out_raw(out, "is_public", wish->is_public);
	body_map(out, "metadata", wish->metadata);
	body_end(out);
}

int client_share_create(Client *client, Arena *arena, const ClientShareWish *wish,
			const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	put_share(&out, wish);
	r = body_send(client, request_to("POST", "/shares"), &out, &doc, f);
	return r ? r : body_id(arena, doc, "share.id", ret_id, f);
}

int client_share_update(Client *client, Arena *arena, const char *id, const ClientShareWish *wish,
			Fault *f)
{
	const char *path = share_path(client, arena, id, "");
	JsonOut out = {0};

	body_begin(&out, "share");
	body_text(&out, "display_name", wish->name);
	body_text(&out, "display_description", wish->description);
	if (wish->is_public)
		json_out_raw(&out, "is_public", wish->is_public);
	body_end(&out);
	return body_send(client, request_to("PUT", path), &out, NULL, f);
}

/* Send an action on a share. */
static int share_act(Client *client, Arena *arena, const char *id, JsonOut *out, JsonDoc **ret,
		     Fault *f)
{
	const char *path = share_path(client, arena, id, "/action");

	return body_send(client, request_to("POST", path), out, ret, f);
}

static int share_resize(Client *client, Arena *arena, const char *id, const char *action,
			int64_t size_gib, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, action);
	json_out_int(&out, "new_size", size_gib);
	body_end(&out);
	return share_act(client, arena, id, &out, NULL, f);
}

int client_share_extend(Client *client, Arena *arena, const char *id, int64_t size_gib, Fault *f)
{
	return share_resize(client, arena, id, "extend", size_gib, f);
}

int client_share_shrink(Client *client, Arena *arena, const char *id, int64_t size_gib, Fault *f)
{
	return share_resize(client, arena, id, "shrink", size_gib, f);
}

int client_share_revert(Client *client, Arena *arena, const char *id, const char *snapshot_id,
			Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "revert");
	json_out_text(&out, "snapshot_id", snapshot_id);
	body_end(&out);
	return share_act(client, arena, id, &out, NULL, f);
}

int client_share_reset(Client *client, Arena *arena, const char *id, const char *status, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "reset_status");
	json_out_text(&out, "status", status);
	body_end(&out);
	return share_act(client, arena, id, &out, NULL, f);
}

/* Send an action that says nothing more. */
static int share_do(Client *client, Arena *arena, const char *id, const char *action, Fault *f)
{
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_null(&out, action);
	json_out_end(&out);
	return share_act(client, arena, id, &out, NULL, f);
}

int client_share_force_delete(Client *client, Arena *arena, const char *id, Fault *f)
{
	return share_do(client, arena, id, "force_delete", f);
}

int client_share_soft_delete(Client *client, Arena *arena, const char *id, Fault *f)
{
	return share_do(client, arena, id, "soft_delete", f);
}

int client_share_restore(Client *client, Arena *arena, const char *id, Fault *f)
{
	return share_do(client, arena, id, "restore", f);
}

int client_share_release(Client *client, Arena *arena, const char *id, Fault *f)
{
	return share_do(client, arena, id, "unmanage", f);
}

int client_share_adopt(Client *client, Arena *arena, const ClientShareAdoptWish *wish,
		       const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	body_begin(&out, "share");
	json_out_text(&out, "service_host", wish->host);
	json_out_text(&out, "export_path", wish->path);
	json_out_text(&out, "protocol", wish->protocol);
	body_text(&out, "share_type", wish->type);
	body_text(&out, "name", wish->name);
	body_text(&out, "description", wish->description);
	json_out_bool(&out, "is_public", wish->is_public);
	json_out_begin(&out, "driver_options");
	json_out_printf(&out, "size", "%lld", (long long)wish->size_gib);
	json_out_end(&out);
	body_end(&out);
	r = body_send(client, request_to("POST", "/shares/manage"), &out, &doc, f);
	return r ? r : body_id(arena, doc, "share.id", ret_id, f);
}

int client_share_exports(Client *client, Arena *arena, const char *id, JsonDoc **ret, Fault *f)
{
	const ClientRequest request =
		request_to("GET", share_path(client, arena, id, "/export_locations"));

	return client_call(client, &request, ret, f);
}

int client_share_allow(Client *client, Arena *arena, const char *id, const ClientAccessWish *wish,
		       const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	body_begin(&out, "allow_access");
	json_out_text(&out, "access_type", wish->type);
	json_out_text(&out, "access_to", wish->to);
	body_text(&out, "access_level", wish->level);
	body_map(&out, "metadata", wish->metadata);
	if (wish->lock_visibility)
		json_out_bool(&out, "lock_visibility", true);
	if (wish->lock_deletion)
		json_out_bool(&out, "lock_deletion", true);
	body_text(&out, "lock_reason", wish->lock_reason);
	body_end(&out);
	r = share_act(client, arena, id, &out, &doc, f);
	return r ? r : body_id(arena, doc, "access.id", ret_id, f);
}

int client_share_deny(Client *client, Arena *arena, const char *id, const char *rule_id,
		      bool unrestrict, Fault *f)
{
	JsonOut out = {0};

	body_begin(&out, "deny_access");
	json_out_text(&out, "access_id", rule_id);
	if (unrestrict)
		json_out_bool(&out, "unrestrict", true);
	body_end(&out);
	return share_act(client, arena, id, &out, NULL, f);
}

int client_share_rule_level(Client *client, Arena *arena, const char *rule_id, const char *level,
			    Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_SHARE,
		.method = "PUT",
		.path = arena_printf(arena, "/share-access-rules/%s",
				     client_escape(client, arena, rule_id)),
		.version = "X-OpenStack-Manila-API-Version: 2.88",
	};
	JsonOut out = {0};

	body_begin(&out, "update_access");
	json_out_text(&out, "access_level", level);
	body_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_share_snapshot_create(Client *client, Arena *arena, const ClientShareSnapshotWish *wish,
				 const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	body_begin(&out, "snapshot");
	json_out_text(&out, "share_id", wish->share_id);
	body_text(&out, "name", wish->name);
	body_text(&out, "description", wish->description);
	body_map(&out, "metadata", wish->metadata);
	body_end(&out);
	r = body_send(client, request_to("POST", "/snapshots"), &out, &doc, f);
	return r ? r : body_id(arena, doc, "snapshot.id", ret_id, f);
}

int client_share_snapshot_update(Client *client, Arena *arena, const char *id,
				 const ClientShareSnapshotWish *wish, Fault *f)
{
	const char *path = arena_printf(arena, "/snapshots/%s", client_escape(client, arena, id));
	JsonOut out = {0};

	body_begin(&out, "snapshot");
	body_text(&out, "display_name", wish->name);
	body_text(&out, "display_description", wish->description);
	body_end(&out);
	return body_send(client, request_to("PUT", path), &out, NULL, f);
}

int client_share_lock(Client *client, Arena *arena, const char *share_id, const char *reason,
		      const char **ret_id, Fault *f)
{
	JsonOut out = {0};
	JsonDoc *doc;
	int r;

	body_begin(&out, "resource_lock");
	json_out_text(&out, "resource_id", share_id);
	json_out_text(&out, "resource_type", "share");
	json_out_text(&out, "resource_action", "delete");
	body_text(&out, "lock_reason", reason);
	body_end(&out);
	r = body_send(client, request_to("POST", "/resource-locks"), &out, &doc, f);
	return r ? r : body_id(arena, doc, "resource_lock.id", ret_id, f);
}

int client_share_lock_update(Client *client, Arena *arena, const char *id, const char *action,
			     const char *reason, Fault *f)
{
	const char *path =
		arena_printf(arena, "/resource-locks/%s", client_escape(client, arena, id));
	JsonOut out = {0};

	body_begin(&out, "resource_lock");
	body_text(&out, "resource_action", action);
	body_text(&out, "lock_reason", reason);
	body_end(&out);
	return body_send(client, request_to("PUT", path), &out, NULL, f);
}

/* A request about the shares of a server; `share_id` is NULL for all of them. */
static ClientRequest server_request(Client *client, Arena *arena, const char *method,
				    const char *server_id, const char *share_id)
{
	const char *path =
		arena_printf(arena, "/servers/%s/shares", client_escape(client, arena, server_id));

	if (share_id)
		path = arena_printf(arena, "%s/%s", path, client_escape(client, arena, share_id));
	return (ClientRequest){.service = CLIENT_COMPUTE, .method = method, .path = path};
}

/* The call that says how the guest should mount it. */
static int attach_to_be_mounted(Client *client, Arena *arena, const ClientServerShareWish *wish,
				Fault *f)
{
	const ClientRequest request = {
		.service = CLIENT_COMPUTE,
		.method = "POST",
		.path = arena_printf(arena, "/servers/%s/action",
				     client_escape(client, arena, wish->server_id)),
	};
	JsonOut out = {0};

	body_begin(&out, "share_attach");
	json_out_text(&out, "share_id", wish->share_id);
	body_text(&out, "mount_point", wish->mount_point);
	body_text(&out, "mount_options", wish->mount_options);
	body_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_server_share_attach(Client *client, Arena *arena, const ClientServerShareWish *wish,
			       Fault *f)
{
	const ClientRequest request = server_request(client, arena, "POST", wish->server_id, NULL);
	JsonOut out = {0};

	if (wish->mount_point || wish->mount_options)
		return attach_to_be_mounted(client, arena, wish, f);
	body_begin(&out, "share");
	json_out_text(&out, "share_id", wish->share_id);
	body_text(&out, "tag", wish->tag);
	body_end(&out);
	return body_send(client, request, &out, NULL, f);
}

int client_server_share_detach(Client *client, Arena *arena, const char *server_id,
			       const char *share_id, Fault *f)
{
	const ClientRequest request = server_request(client, arena, "DELETE", server_id, share_id);

	return client_call(client, &request, NULL, f);
}

int client_server_share_show(Client *client, Arena *arena, const char *server_id,
			     const char *share_id, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = server_request(client, arena, "GET", server_id, share_id);

	return client_call(client, &request, ret, f);
}

int client_server_share_list(Client *client, Arena *arena, const char *server_id, JsonDoc **ret,
			     Fault *f)
{
	const ClientRequest request = server_request(client, arena, "GET", server_id, NULL);

	return client_call(client, &request, ret, f);
}
