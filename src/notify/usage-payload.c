/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Payloads without versions: usage of servers, as the compute service's older form has it, and
 * those of volumes, snapshots and shares. How a volume is connected is not told: secrets are in it.
 */
#include "base/str.h"
#include "notify/priv.h"

/* "2026-11-21T04:05:06+00:00", with a blank or a T. */
static void out_when(JsonOut *out, const char *key, int64_t us, char between)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(us, CLOCK_SECONDS_Z, text);
	json_out_printf(out, key, "%.10s%c%.8s+00:00", text, between, text + 11);
}

/* Likewise; what has not happened yet is an empty text. */
static void out_maybe(JsonOut *out, const char *key, int64_t us)
{
	if (us)
		out_when(out, key, us, ' ');
	else
		json_out_text(out, key, "");
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* --- servers --- */

#define FIELD(name_, type_, member)                                                                \
	{                                                                                          \
		.name = (name_), .type = (type_), .offset = offsetof(Server, member)               \
	}

static const JsonOutField usage_fields[] = {
	FIELD("tenant_id", JSON_OUT_TEXT, project_id),
	FIELD("user_id", JSON_OUT_TEXT, user_id),
	FIELD("instance_id", JSON_OUT_TEXT, id),
	FIELD("display_name", JSON_OUT_TEXT, name),
	FIELD("reservation_id", JSON_OUT_TEXT, reservation_id),
	FIELD("hostname", JSON_OUT_TEXT, hostname),
	FIELD("instance_type", JSON_OUT_TEXT, flavor_name),
	FIELD("instance_flavor_id", JSON_OUT_TEXT, flavor_id),
	FIELD("memory_mb", JSON_OUT_INT, ram_mib),
	FIELD("vcpus", JSON_OUT_INT, vcpus),
	FIELD("root_gb", JSON_OUT_INT, disk_gib),
	FIELD("ephemeral_gb", JSON_OUT_INT, ephemeral_gib),
	FIELD("host", JSON_OUT_TEXT, host),
	FIELD("node", JSON_OUT_TEXT, host),
	FIELD("availability_zone", JSON_OUT_TEXT, availability_zone),
	FIELD("kernel_id", JSON_OUT_TEXT_EMPTY, kernel_id),
	FIELD("ramdisk_id", JSON_OUT_TEXT_EMPTY, ramdisk_id),
	{.name = "state",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(Server, vm_state),
	 .names = &vm_state_names},
	FIELD("access_ip_v4", JSON_OUT_TEXT, access_ipv4),
	FIELD("access_ip_v6", JSON_OUT_TEXT, access_ipv6),
	FIELD("image_meta", JSON_OUT_MAP, image_properties),
	FIELD("metadata", JSON_OUT_MAP, metadata),
};

void usage_payload_out(JsonOut *out, const Notice *notice)
{
	const Server *server = notice->server;
	const JsonOutView view = {0};
	bool deleted = server->vm_state == VM_DELETED;

	json_out_begin(out, "payload");
	json_out_fields(out, usage_fields, ARRAY_SIZE(usage_fields), server, &view);
	json_out_int(out, "disk_gb", server->disk_gib + server->ephemeral_gib);
	json_out_text(out, "state_description",
		      server->task_state == TASK_NONE
			      ? ""
			      : enum_name(&task_state_names, server->task_state));
	json_out_text(out, "cell_name", "");
	json_out_text(out, "progress", "");
	json_out_null(out, "os_type");
	json_out_null(out, "architecture");
	json_out_text(out, "image_ref_url", or_empty(server->image_id));
	out_when(out, "created_at", server->created_us, ' ');
	out_maybe(out, "launched_at", server->launched_us);
	out_maybe(out, "terminated_at", server->terminated_us);
	out_maybe(out, "deleted_at", deleted ? server->terminated_us : 0);
	if (notice->event->payload == PAYLOAD_USAGE_VOLUME)
		json_out_text(out, "volume_id", notice->operation->volume_id);
	if (notice->phase == NOTIFY_ERROR)
		json_out_text(out, "message", notice->problem);
	json_out_end(out);
}

/* --- volumes --- */

static void out_rows(JsonOut *out, const char *key, Arena *arena, const char *json)
{
	JsonTextMap map = json_text_map(arena, json);

	json_out_list_begin(out, key);
	for (size_t i = 0; i < map.count; i++) {
		json_out_begin(out, NULL);
		json_out_text(out, "key", map.pairs[i].key);
		json_out_text(out, "value", map.pairs[i].value);
		json_out_end(out);
	}
	json_out_list_end(out);
}

static void out_attachments(JsonOut *out, const Notice *notice)
{
	json_out_list_begin(out, "volume_attachment");
	for (size_t i = 0; i < notice->attachment_count; i++) {
		const Attachment *attachment = notice->attachments[i];

		json_out_begin(out, NULL);
		json_out_text(out, "id", attachment->id);
		json_out_text(out, "volume_id", attachment->volume_id);
		json_out_text(out, "instance_uuid", attachment->server_id);
		json_out_text(out, "attached_host", attachment->host);
		json_out_text(out, "mountpoint", attachment->device);
		json_out_date(out, "attach_time", attachment->attached_us, CLOCK_MICROS);
		json_out_null(out, "detach_time");
		json_out_text(out, "attach_status",
			      enum_name(&attach_status_names, attachment->status));
		json_out_text(out, "attach_mode", enum_name(&attach_mode_names, attachment->mode));
		json_out_end(out);
	}
	json_out_list_end(out);
}

void volume_payload_out(JsonOut *out, const Notice *notice)
{
	const Volume *volume = notice->volume;

	json_out_begin(out, "payload");
	json_out_text(out, "tenant_id", volume->project_id);
	json_out_text(out, "host", volume->host);
	json_out_text(out, "user_id", volume->user_id);
	json_out_text(out, "availability_zone", volume->availability_zone);
	json_out_text(out, "volume_id", volume->id);
	json_out_text(out, "volume_type", volume->type_id);
	json_out_text(out, "display_name", volume->name);
	out_when(out, "launched_at", volume->launched_us ? volume->launched_us : notice->now_us,
		 'T');
	out_when(out, "created_at", volume->created_us, 'T');
	json_out_text(out, "status", enum_name(&volume_status_names, volume->status));
	json_out_text(out, "snapshot_id", volume->snapshot_id);
	json_out_int(out, "size", volume->size_gib);
	json_out_null(out, "replication_status");
	json_out_null(out, "replication_extended_status");
	json_out_null(out, "replication_driver_data");
	out_rows(out, "metadata", notice->arena, volume->metadata);
	out_attachments(out, notice);
	if (!str_empty(volume->image_metadata))
		json_out_raw(out, "glance_metadata", volume->image_metadata);
	json_out_end(out);
}

void snapshot_payload_out(JsonOut *out, const Notice *notice)
{
	const Snapshot *snapshot = notice->snapshot;
	JsonTextMap metadata = json_text_map(notice->arena, snapshot->metadata);
	bool deleted = notice->phase == NOTIFY_GOING;

	json_out_begin(out, "payload");
	json_out_text(out, "tenant_id", snapshot->project_id);
	json_out_text(out, "user_id", snapshot->user_id);
	json_out_text(out, "availability_zone",
		      notice->volume ? notice->volume->availability_zone : NULL);
	json_out_text(out, "volume_id", snapshot->volume_id);
	json_out_int(out, "volume_size", snapshot->size_gib);
	json_out_text(out, "snapshot_id", snapshot->id);
	json_out_text(out, "display_name", snapshot->name);
	out_when(out, "created_at", snapshot->created_us, 'T');
	json_out_text(out, "status", enum_name(&snapshot_status_names, snapshot->status));
	json_out_text(out, "deleted", deleted ? "True" : "");
	json_out_text(out, "metadata", metadata.count > 0 ? snapshot->metadata : "");
	json_out_end(out);
}

/* --- shares --- */

void share_payload_out(JsonOut *out, const Notice *notice)
{
	const Share *share = notice->share;

	json_out_begin(out, "payload");
	json_out_text(out, "share_id", share->id);
	json_out_text(out, "user_id", share->user_id);
	json_out_text(out, "project_id", share->project_id);
	json_out_text(out, "snapshot_id", share->snapshot_id);
	json_out_null(out, "share_group_id");
	json_out_int(out, "size", share->size_gib);
	json_out_text(out, "name", share->name);
	json_out_text(out, "description", share->description);
	json_out_text(out, "proto", enum_name(&share_protocol_names, share->protocol));
	json_out_bool(out, "is_public", share->is_public);
	json_out_text(out, "availability_zone", share->availability_zone);
	json_out_text(out, "host", share->host);
	json_out_text(out, "status", enum_name(&share_status_names, share->status));
	json_out_end(out);
}
