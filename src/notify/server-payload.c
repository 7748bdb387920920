/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Servers as the compute service's versioned notifications describe them: objects with a name, a
 * version and data. An export location of a share is not told, whatever the published samples say.
 */
#include "base/str.h"
#include "model/domain.h"
#include "model/network.h"
#include "notify/priv.h"

typedef struct ObjectName {
	const char *name;
	const char *version;
} ObjectName;

static const ObjectName object_names[_NOTIFY_PAYLOAD_MAX] = {
	[PAYLOAD_SERVER] = {"InstanceActionPayload", "1.9"},
	[PAYLOAD_SERVER_VOLUME] = {"InstanceActionVolumePayload", "1.7"},
	[PAYLOAD_SERVER_SWAP] = {"InstanceActionVolumeSwapPayload", "1.9"},
	[PAYLOAD_SERVER_SHARE] = {"InstanceActionSharePayload", "1.0"},
	[PAYLOAD_SERVER_CREATE] = {"InstanceCreatePayload", "1.13"},
	[PAYLOAD_SERVER_REBUILD] = {"InstanceActionRebuildPayload", "1.10"},
	[PAYLOAD_SERVER_RESCUE] = {"InstanceActionRescuePayload", "1.4"},
	[PAYLOAD_SERVER_SNAPSHOT] = {"InstanceActionSnapshotPayload", "1.10"},
};

static void object_begin(JsonOut *out, const char *key, const char *name, const char *version)
{
	json_out_begin(out, key);
	json_out_text(out, "nova_object.name", name);
	json_out_text(out, "nova_object.namespace", "nova");
	json_out_text(out, "nova_object.version", version);
	json_out_begin(out, "nova_object.data");
}

static void object_end(JsonOut *out)
{
	json_out_end(out);
	json_out_end(out);
}

/* What is on no host has none. */
static void print_host(JsonOut *out, const char *key, const void *object, const void *ctx _unused_)
{
	const Server *server = object;

	json_out_text(out, key, str_empty(server->host) ? NULL : server->host);
}

static const char *image_property(const Notice *notice, const char *name)
{
	JsonTextMap map = json_text_map(notice->arena, notice->server->image_properties);

	for (size_t i = 0; i < map.count; i++)
		if (str_eq(map.pairs[i].key, name))
			return map.pairs[i].value;
	return NULL;
}

static void print_architecture(JsonOut *out, const char *key, const void *object _unused_,
			       const void *ctx)
{
	const char *new_name = image_property(ctx, "hw_architecture");

	json_out_text(out, key, new_name ? new_name : image_property(ctx, "architecture"));
}

static void print_os_type(JsonOut *out, const char *key, const void *object _unused_,
			  const void *ctx)
{
	json_out_text(out, key, image_property(ctx, "os_type"));
}

static void print_deleted_at(JsonOut *out, const char *key, const void *object,
			     const void *ctx _unused_)
{
	const Server *server = object;

	json_out_date(out, key, server->vm_state == VM_DELETED ? server->terminated_us : 0,
		      CLOCK_SECONDS_Z);
}

static void print_task_state(JsonOut *out, const char *key, const void *object,
			     const void *ctx _unused_)
{
	const Server *server = object;

	json_out_text(out, key,
		      server->task_state == TASK_NONE
			      ? NULL
			      : enum_name(&task_state_names, server->task_state));
}

static void print_power_state(JsonOut *out, const char *key, const void *object,
			      const void *ctx _unused_)
{
	const Server *server = object;
	const char *word = "pending";

	switch ((PowerState)server->power_state) {
	case POWER_NONE:
		break;
	case POWER_RUNNING:
		word = "running";
		break;
	case POWER_PAUSED:
		word = "paused";
		break;
	case POWER_SHUTDOWN:
		word = "shutdown";
		break;
	case POWER_CRASHED:
		word = "crashed";
		break;
	case POWER_SUSPENDED:
		word = "suspended";
		break;
	}
	json_out_text(out, key, word);
}

static void print_progress(JsonOut *out, const char *key, const void *object _unused_,
			   const void *ctx _unused_)
{
	json_out_int(out, key, 0);
}

/* That on the network of guests, where there is one; an emulator's own has none for others. */
static void print_addresses(JsonOut *out, const char *key, const void *object, const void *ctx)
{
	char mac[DOMAIN_MAC_TEXT];
	const Server *server = object;
	const Notice *notice = ctx;

	json_out_list_begin(out, key);
	if (server->address) {
		object_begin(out, NULL, "IpPayload", "1.0");
		json_out_text(out, "label", notice->settings->network);
		json_out_text(out, "mac", server_mac(server, mac));
		json_out_begin(out, "meta");
		json_out_end(out);
		json_out_null(out, "port_uuid");
		json_out_int(out, "version", 4);
		json_out_text(out, "address", server->address);
		json_out_null(out, "device_name");
		object_end(out);
	}
	json_out_list_end(out);
}

static void print_flavor(JsonOut *out, const char *key, const void *object, const void *ctx)
{
	const Notice *notice = ctx;
	const Flavor *now = notice->flavor;
	const Server *server = object;

	object_begin(out, key, "FlavorPayload", "1.4");
	json_out_text(out, "flavorid", server->flavor_id);
	json_out_text(out, "name", server->flavor_name);
	json_out_int(out, "memory_mb", server->ram_mib);
	json_out_int(out, "vcpus", server->vcpus);
	json_out_int(out, "root_gb", server->disk_gib);
	json_out_int(out, "ephemeral_gb", server->ephemeral_gib);
	json_out_int(out, "swap", server->swap_mib);
	json_out_raw(out, "rxtx_factor", now && now->rxtx_factor ? now->rxtx_factor : "1.0");
	json_out_int(out, "vcpu_weight", 0);
	json_out_bool(out, "disabled", now && now->disabled);
	json_out_bool(out, "is_public", !now || now->is_public);
	json_out_raw(out, "extra_specs",
		     str_empty(server->flavor_extra_specs) ? "{}" : server->flavor_extra_specs);
	json_out_null(out, "projects");
	json_out_text(out, "description", now ? now->description : NULL);
	object_end(out);
}

static void print_devices(JsonOut *out, const char *key, const void *object _unused_,
			  const void *ctx)
{
	const Notice *notice = ctx;

	if (!notice->settings->devices) {
		json_out_null(out, key);
		return;
	}
	json_out_list_begin(out, key);
	for (size_t i = 0; i < notice->attachment_count; i++) {
		const Attachment *attachment = notice->attachments[i];

		object_begin(out, NULL, "BlockDevicePayload", "1.0");
		json_out_text(out, "device_name", attachment->device);
		if (attachment->boot_index < 0)
			json_out_null(out, "boot_index");
		else
			json_out_int(out, "boot_index", attachment->boot_index);
		json_out_bool(out, "delete_on_termination", attachment->delete_on_termination);
		json_out_text(out, "volume_id", attachment->volume_id);
		json_out_text(out, "tag", attachment->tag);
		object_end(out);
	}
	json_out_list_end(out);
}

static void print_shares(JsonOut *out, const char *key, const void *object _unused_,
			 const void *ctx)
{
	const Notice *notice = ctx;

	if (!notice->settings->shares) {
		json_out_null(out, key);
		return;
	}
	json_out_list_begin(out, key);
	for (size_t i = 0; i < notice->mapping_count; i++) {
		const ShareMapping *mapping = notice->mappings[i];

		object_begin(out, NULL, "SharePayload", "1.0");
		json_out_text(out, "share_mapping_uuid", mapping->id);
		json_out_text(out, "share_id", mapping->share_id);
		json_out_text(out, "status",
			      enum_name(&share_mapping_status_names, mapping->status));
		json_out_text(out, "tag", mapping->tag);
		object_end(out);
	}
	json_out_list_end(out);
}

#define FIELD(name_, type_, member)                                                                \
	{                                                                                          \
		.name = (name_), .type = (type_), .offset = offsetof(Server, member)               \
	}
#define CALL(name_, print_)                                                                        \
	{                                                                                          \
		.name = (name_), .type = JSON_OUT_CALL, .print = (print_)                          \
	}

static const JsonOutField server_fields[] = {
	FIELD("uuid", JSON_OUT_TEXT, id),
	FIELD("user_id", JSON_OUT_TEXT, user_id),
	FIELD("tenant_id", JSON_OUT_TEXT, project_id),
	FIELD("reservation_id", JSON_OUT_TEXT, reservation_id),
	FIELD("display_name", JSON_OUT_TEXT, name),
	FIELD("display_description", JSON_OUT_TEXT, description),
	FIELD("host_name", JSON_OUT_TEXT, hostname),
	CALL("host", print_host),
	CALL("node", print_host),
	CALL("os_type", print_os_type),
	CALL("architecture", print_architecture),
	FIELD("availability_zone", JSON_OUT_TEXT, availability_zone),
	CALL("flavor", print_flavor),
	FIELD("image_uuid", JSON_OUT_TEXT_EMPTY, image_id),
	FIELD("key_name", JSON_OUT_TEXT, key_name),
	FIELD("kernel_id", JSON_OUT_TEXT_EMPTY, kernel_id),
	FIELD("ramdisk_id", JSON_OUT_TEXT_EMPTY, ramdisk_id),
	FIELD("created_at", JSON_OUT_SECONDS_Z, created_us),
	FIELD("launched_at", JSON_OUT_SECONDS_Z, launched_us),
	FIELD("terminated_at", JSON_OUT_SECONDS_Z, terminated_us),
	CALL("deleted_at", print_deleted_at),
	FIELD("updated_at", JSON_OUT_SECONDS_Z, updated_us),
	{.name = "state",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(Server, vm_state),
	 .names = &vm_state_names},
	CALL("power_state", print_power_state),
	CALL("task_state", print_task_state),
	CALL("progress", print_progress),
	CALL("ip_addresses", print_addresses),
	CALL("block_devices", print_devices),
	FIELD("metadata", JSON_OUT_MAP, metadata),
	FIELD("locked", JSON_OUT_BOOL, locked),
	FIELD("locked_reason", JSON_OUT_TEXT, locked_reason),
	FIELD("auto_disk_config", JSON_OUT_TEXT, disk_config),
	CALL("shares", print_shares),
};

/* Where and how it went wrong is for our log; others learn what did. */
static void out_fault(JsonOut *out, const Notice *notice)
{
	if (notice->phase != NOTIFY_ERROR) {
		json_out_null(out, "fault");
		return;
	}
	object_begin(out, "fault", "ExceptionPayload", "1.1");
	json_out_text(out, "module_name", "cleat");
	json_out_text(out, "function_name", notice->operation->kind);
	json_out_text(out, "exception", "OperationFailed");
	json_out_text(out, "exception_message", notice->problem);
	json_out_text(out, "traceback", "");
	object_end(out);
}

static void out_keypairs(JsonOut *out, const Notice *notice)
{
	const Keypair *keypair = notice->keypair;

	json_out_list_begin(out, "keypairs");
	if (keypair) {
		object_begin(out, NULL, "KeypairPayload", "1.0");
		json_out_text(out, "user_id", keypair->user_id);
		json_out_text(out, "name", keypair->name);
		json_out_text(out, "fingerprint", keypair->fingerprint);
		json_out_text(out, "public_key", keypair->public_key);
		json_out_text(out, "type", enum_name(&keypair_type_names, keypair->type));
		object_end(out);
	}
	json_out_list_end(out);
}

static void out_certs(JsonOut *out, const Server *server)
{
	if (str_empty(server->trusted_certs))
		json_out_null(out, "trusted_image_certificates");
	else
		json_out_raw(out, "trusted_image_certificates", server->trusted_certs);
}

static void out_create(JsonOut *out, const Notice *notice)
{
	const Server *server = notice->server;

	out_keypairs(out, notice);
	json_out_raw(out, "tags", str_empty(server->tags) ? "[]" : server->tags);
	out_certs(out, server);
	json_out_printf(out, "instance_name", DOMAIN_NAME_FORMAT, server->id);
}

/* What is more in one kind of payload than in all. */
static void out_extra(JsonOut *out, const Notice *notice)
{
	const Operation *operation = notice->operation;

	switch (notice->event->payload) {
	case PAYLOAD_SERVER_VOLUME:
		json_out_text(out, "volume_id", operation->volume_id);
		break;
	case PAYLOAD_SERVER_SWAP:
		json_out_text(out, "old_volume_id", notice->old_volume_id);
		json_out_text(out, "new_volume_id", operation->volume_id);
		break;
	case PAYLOAD_SERVER_SHARE:
		json_out_text(out, "share_id", operation->share_id);
		break;
	case PAYLOAD_SERVER_CREATE:
		out_create(out, notice);
		break;
	case PAYLOAD_SERVER_REBUILD:
		out_certs(out, notice->server);
		break;
	case PAYLOAD_SERVER_RESCUE:
		json_out_text(out, "rescue_image_ref", notice->server->rescue_image_id);
		break;
	case PAYLOAD_SERVER_SNAPSHOT:
		json_out_text(out, "snapshot_image_id", operation->image_id);
		break;
	case PAYLOAD_SERVER:
	case PAYLOAD_USAGE:
	case PAYLOAD_USAGE_VOLUME:
	case PAYLOAD_VOLUME:
	case PAYLOAD_OLD_VOLUME:
	case PAYLOAD_SNAPSHOT:
	case PAYLOAD_SHARE:
	case _NOTIFY_PAYLOAD_MAX:
		break;
	}
}

void server_payload_out(JsonOut *out, const Notice *notice)
{
	const ObjectName *object = &object_names[notice->event->payload];
	const JsonOutView view = {.context = notice};

	object_begin(out, "payload", object->name, object->version);
	json_out_fields(out, server_fields, ARRAY_SIZE(server_fields), notice->server, &view);
	json_out_text(out, "request_id", notice->operation->request_id);
	json_out_text(out, "action_initiator_user", notice->operation->user_id);
	json_out_text(out, "action_initiator_project", notice->operation->project_id);
	out_fault(out, notice);
	out_extra(out, notice);
	object_end(out);
}
