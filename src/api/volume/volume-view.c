/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How a volume is printed: which member since when and for whom is in the tables. What a volume
 * cannot be here (encrypted, replicated, in a group) is said all the same: clients want the
 * members, and no others.
 */
#include "api/volume/priv.h"
#include "contract/backend.h"
#include "service/service-state.h"
#include "service/text-map.h"

/* Volumes that are taken over look like new ones. */
static void print_status(JsonOut *out, const char *key, const void *object,
			 const void *context _unused_)
{
	int status = ((const Volume *)object)->status;

	if (status == VOLUME_MANAGING)
		status = VOLUME_CREATING;
	if (status == VOLUME_ERROR_MANAGING)
		status = VOLUME_ERROR;
	json_out_text(out, key, enum_name(&volume_status_names, status));
}

/* Nothing is known of replication before the backend has the volume. */
static void print_replication(JsonOut *out, const char *key, const void *object,
			      const void *context _unused_)
{
	const Volume *volume = object;

	json_out_text(out, key, volume->status == VOLUME_CREATING ? NULL : "disabled");
}

static void print_false(JsonOut *out, const char *key, const void *object _unused_,
			const void *context _unused_)
{
	json_out_bool(out, key, false);
}

static void print_true(JsonOut *out, const char *key, const void *object _unused_,
		       const void *context _unused_)
{
	json_out_bool(out, key, true);
}

/* The user's own, and what the service says in the same place: whether it is read-only. */
static void print_metadata(JsonOut *out, const char *key, const void *object, const void *context)
{
	const Volume *volume = object;
	Arena *arena = ((const ApiRequest *)context)->arena;
	const char *json = volume->metadata;
	JsonTextMap ours;

	if (!str_empty(volume->admin_metadata)) {
		ours = json_text_map(arena, volume->admin_metadata);
		json = text_map_merge(arena, json, &ours);
	}
	json_out_raw(out, key, str_empty(json) ? "{}" : json);
}

/* Only where there is some. */
static void print_image_metadata(JsonOut *out, const char *key, const void *object,
				 const void *context _unused_)
{
	const char *json = ((const Volume *)object)->image_metadata;

	if (!str_empty(json) && !str_eq(json, "{}"))
		json_out_raw(out, key, json);
}

static void print_service(JsonOut *out, const char *key, const void *object, const void *context)
{
	const Volume *volume = object;
	Arena *arena = ((const ApiRequest *)context)->arena;

	json_out_text(out, key, volume->host ? service_state_id(arena, volume->host) : NULL);
}

/* What the host that attaches has to know; "unknown" is a word of 3.69, and was true before. */
static void print_shared_targets(JsonOut *out, const char *key, const void *object _unused_,
				 const void *context)
{
	const ApiRequest *r = context;
	int shared = backend_traits(r->config->settings->backend)->shared_targets;

	if (shared < 0 && r->version >= V(69))
		json_out_null(out, key);
	else
		json_out_bool(out, key, shared != 0);
}

static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, id)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, name)},
	{.name = "description", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, description)},
	{.name = "size", .type = JSON_OUT_INT, .offset = offsetof(Volume, size_gib)},
	{.name = "status", .type = JSON_OUT_CALL, .print = print_status},
	{.name = "created_at", .type = JSON_OUT_MICROS, .offset = offsetof(Volume, created_us)},
	{.name = "updated_at", .type = JSON_OUT_MICROS, .offset = offsetof(Volume, updated_us)},
	{.name = "availability_zone",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Volume, availability_zone)},
	{.name = "volume_type", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, type_name)},
	{.name = "user_id", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, user_id)},
	{.name = "bootable", .type = JSON_OUT_BOOL_TEXT, .offset = offsetof(Volume, bootable)},
	{.name = "multiattach", .type = JSON_OUT_BOOL, .offset = offsetof(Volume, multiattach)},
	{.name = "metadata", .type = JSON_OUT_CALL, .print = print_metadata},
	{.name = "encrypted", .type = JSON_OUT_CALL, .print = print_false},
	{.name = "replication_status", .type = JSON_OUT_CALL, .print = print_replication},
	{.name = "snapshot_id", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, snapshot_id)},
	{.name = "source_volid", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, source_id)},
	{.name = "consistencygroup_id", .type = JSON_OUT_NULL},
	{.name = "migration_status",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Volume, migration_status),
	 .audience = API_AUDIENCE_ADMIN},
	{.name = "group_id", .type = JSON_OUT_NULL, .since = V(13)},
	{.name = "provider_id",
	 .type = JSON_OUT_NULL,
	 .since = V(21),
	 .audience = API_AUDIENCE_ADMIN},
	{.name = "service_uuid", .type = JSON_OUT_CALL, .since = V(48), .print = print_service},
	{.name = "shared_targets",
	 .type = JSON_OUT_CALL,
	 .since = V(48),
	 .print = print_shared_targets},
	{.name = "cluster_name",
	 .type = JSON_OUT_NULL,
	 .since = V(61),
	 .audience = API_AUDIENCE_ADMIN},
	{.name = "volume_type_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(63),
	 .offset = offsetof(Volume, type_id)},
	{.name = "consumes_quota", .type = JSON_OUT_CALL, .since = V(65), .print = print_true},
};

/* The extension members, of show and detail. */
static const JsonOutField full_reply[] = {
	{.name = "os-vol-tenant-attr:tenant_id",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Volume, project_id)},
	{.name = "os-vol-host-attr:host",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Volume, host),
	 .audience = API_AUDIENCE_ADMIN},
	{.name = "volume_image_metadata", .type = JSON_OUT_CALL, .print = print_image_metadata},
	{.name = "os-vol-mig-status-attr:migstat",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Volume, migration_status),
	 .audience = API_AUDIENCE_ADMIN},
	{.name = "os-vol-mig-status-attr:name_id",
	 .type = JSON_OUT_NULL,
	 .audience = API_AUDIENCE_ADMIN},
};

static const JsonOutField attachment_reply[] = {
	/* Not a slip: inside a volume, `id` is the volume's. */
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, volume_id)},
	{.name = "attachment_id", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, id)},
	{.name = "volume_id", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, volume_id)},
	{.name = "server_id", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, server_id)},
	{.name = "device", .type = JSON_OUT_TEXT, .offset = offsetof(Attachment, device)},
	{.name = "attached_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(Attachment, attached_us)},
};

static void out_attachment(ApiRequest *r, const Attachment *attachment)
{
	JsonOutView view = {.version = r->version};
	bool sees_host = api_audience(r) & (API_AUDIENCE_ADMIN | API_AUDIENCE_SERVICE);

	json_out_begin(&r->out, NULL);
	json_out_fields(&r->out, attachment_reply, ARRAY_SIZE(attachment_reply), attachment, &view);
	json_out_text(&r->out, "host_name", sees_host ? attachment->host : NULL);
	json_out_end(&r->out);
}

/* What is attached is listed, also on its way out; an available volume has nothing to look up. */
static int out_attachments(ApiRequest *r, const Volume *volume, Fault *f)
{
	Attachment **attachments;
	size_t count = 0;
	int k;

	if (volume->status != VOLUME_AVAILABLE && volume->status != VOLUME_CREATING) {
		k = attachments_of_volume(r->work.tx, r->arena, volume->id, &attachments, &count,
					  f);
		if (k)
			return fault_unexpected(f, k);
	}
	json_out_list_begin(&r->out, "attachments");
	for (size_t i = 0; i < count; i++)
		if (attachments[i]->status == ATTACHMENT_ATTACHED ||
		    attachments[i]->status == ATTACHMENT_DETACHING)
			out_attachment(r, attachments[i]);
	json_out_list_end(&r->out);
	return 0;
}

int volume_out(ApiRequest *r, const char *key, const Volume *volume, bool full, Fault *f)
{
	JsonOutView view = {
		.version = r->version,
		.audience = api_audience(r),
		.context = r,
	};
	int k;

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, reply, ARRAY_SIZE(reply), volume, &view);
	if (full)
		json_out_fields(&r->out, full_reply, ARRAY_SIZE(full_reply), volume, &view);
	k = out_attachments(r, volume, f);
	if (k)
		return k;
	api_out_links(r, &r->out, "volumes", volume->id);
	json_out_end(&r->out);
	return 0;
}
