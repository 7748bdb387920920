/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A row of columns for each noun, named as the members of its struct, and the few look-ups that
 * go by something else than the key. Each column's type is checked against its member.
 */
#include "records/tables.h"

#include "records/priv.h"

static const Column project_columns[] = {
	TEXT_COLUMN(Project, id),          TEXT_COLUMN(Project, name),
	TEXT_COLUMN(Project, description), BOOL_COLUMN(Project, enabled),
	INT_COLUMN(Project, created_us),
};
const RecordTable project_table = TABLE(Project, project_columns, .name = "projects",
					.change_touches = STORE_TOUCHED_IDENTITY);

static const Column user_columns[] = {
	TEXT_COLUMN(User, id),
	TEXT_COLUMN(User, name),
	TEXT_COLUMN(User, description),
	TEXT_COLUMN(User, email),
	TEXT_COLUMN(User, default_project_id),
	TEXT_COLUMN(User, password_hash),
	BOOL_COLUMN(User, enabled),
	INT_COLUMN(User, created_us),
};
const RecordTable user_table =
	TABLE(User, user_columns, .name = "users", .change_touches = STORE_TOUCHED_IDENTITY);

static const Column assignment_columns[] = {
	TEXT_COLUMN(Assignment, id),
	FIXED_TEXT_COLUMN(Assignment, user_id),
	FIXED_TEXT_COLUMN(Assignment, project_id),
	INT_COLUMN(Assignment, roles),
};
const RecordTable assignment_table = TABLE(Assignment, assignment_columns, .name = "assignments",
					   .change_touches = STORE_TOUCHED_IDENTITY);

static const Column token_columns[] = {
	TEXT_COLUMN(Token, id),
	FIXED_TEXT_COLUMN(Token, user_id),
	FIXED_TEXT_COLUMN(Token, project_id),
	INT_COLUMN(Token, roles),
	TEXT_COLUMN(Token, methods),
	TEXT_COLUMN(Token, audit_id),
	TEXT_COLUMN(Token, audit_parent),
	TEXT_COLUMN(Token, app_credential_id),
	BOOL_COLUMN(Token, restricted),
	BOOL_COLUMN(Token, system),
	INT_COLUMN(Token, issued_us),
	INT_COLUMN(Token, expires_us),
};
const RecordTable token_table =
	TABLE(Token, token_columns, .name = "tokens", .change_touches = STORE_TOUCHED_IDENTITY);

static const Column app_credential_columns[] = {
	TEXT_COLUMN(AppCredential, id),
	TEXT_COLUMN(AppCredential, name),
	TEXT_COLUMN(AppCredential, description),
	FIXED_TEXT_COLUMN(AppCredential, user_id),
	FIXED_TEXT_COLUMN(AppCredential, project_id),
	TEXT_COLUMN(AppCredential, secret_hash),
	INT_COLUMN(AppCredential, roles),
	BOOL_COLUMN(AppCredential, unrestricted),
	INT_COLUMN(AppCredential, expires_us),
	INT_COLUMN(AppCredential, created_us),
};
const RecordTable app_credential_table =
	TABLE(AppCredential, app_credential_columns, .name = "app_credentials",
	      .change_touches = STORE_TOUCHED_IDENTITY);

static const Column image_columns[] = {
	TEXT_COLUMN(Image, id),
	FIXED_TEXT_COLUMN(Image, owner),
	TEXT_COLUMN(Image, name),
	ENUM_COLUMN(Image, status, image_status_names),
	FIXED_ENUM_COLUMN(Image, visibility, image_visibility_names),
	ENUM_COLUMN(Image, disk_format, disk_format_names),
	TEXT_COLUMN(Image, container_format),
	INT_COLUMN(Image, size_bytes),
	INT_COLUMN(Image, virtual_size_bytes),
	TEXT_COLUMN(Image, checksum),
	TEXT_COLUMN(Image, hash),
	INT_COLUMN(Image, min_disk_gib),
	INT_COLUMN(Image, min_ram_mib),
	BOOL_COLUMN(Image, is_protected),
	BOOL_COLUMN(Image, hidden),
	TEXT_COLUMN(Image, tags),
	TEXT_COLUMN(Image, properties),
	INT_COLUMN(Image, created_us),
	INT_COLUMN(Image, updated_us),
};
const RecordTable image_table = TABLE(Image, image_columns, .name = "images");

static const Column volume_type_columns[] = {
	TEXT_COLUMN(VolumeType, id),          TEXT_COLUMN(VolumeType, name),
	TEXT_COLUMN(VolumeType, description), TEXT_COLUMN(VolumeType, extra_specs),
	TEXT_COLUMN(VolumeType, qos_id),      FIXED_BOOL_COLUMN(VolumeType, is_public),
	INT_COLUMN(VolumeType, created_us),   INT_COLUMN(VolumeType, updated_us),
};
const RecordTable volume_type_table =
	TABLE(VolumeType, volume_type_columns, .name = "volume_types");

static const Column volume_columns[] = {
	TEXT_COLUMN(Volume, id),
	FIXED_TEXT_COLUMN(Volume, project_id),
	FIXED_TEXT_COLUMN(Volume, user_id),
	TEXT_COLUMN(Volume, name),
	TEXT_COLUMN(Volume, description),
	INT_COLUMN(Volume, size_gib),
	ENUM_COLUMN(Volume, status, volume_status_names),
	TEXT_COLUMN(Volume, availability_zone),
	TEXT_COLUMN(Volume, type_id),
	TEXT_COLUMN(Volume, type_name),
	TEXT_COLUMN(Volume, metadata),
	TEXT_COLUMN(Volume, backend),
	TEXT_COLUMN(Volume, host),
	ENUM_COLUMN(Volume, format, disk_format_names),
	BOOL_COLUMN(Volume, bootable),
	BOOL_COLUMN(Volume, multiattach),
	BOOL_COLUMN(Volume, readonly),
	INT_COLUMN(Volume, created_us),
	INT_COLUMN(Volume, updated_us),
	TEXT_COLUMN(Volume, snapshot_id),
	TEXT_COLUMN(Volume, source_id),
	TEXT_COLUMN(Volume, image_metadata),
	TEXT_COLUMN(Volume, admin_metadata),
	TEXT_COLUMN(Volume, previous_status),
	TEXT_COLUMN(Volume, migration_status),
	INT_COLUMN(Volume, launched_us),
	INT_COLUMN(Volume, held_us),
	INT_COLUMN(Volume, copies),
};
const RecordTable volume_table = TABLE(Volume, volume_columns, .name = "volumes");

static const Column snapshot_columns[] = {
	TEXT_COLUMN(Snapshot, id),
	FIXED_TEXT_COLUMN(Snapshot, project_id),
	FIXED_TEXT_COLUMN(Snapshot, user_id),
	FIXED_TEXT_COLUMN(Snapshot, volume_id),
	TEXT_COLUMN(Snapshot, name),
	TEXT_COLUMN(Snapshot, description),
	ENUM_COLUMN(Snapshot, status, snapshot_status_names),
	TEXT_COLUMN(Snapshot, progress),
	INT_COLUMN(Snapshot, size_gib),
	TEXT_COLUMN(Snapshot, metadata),
	ENUM_COLUMN(Snapshot, format, disk_format_names),
	INT_COLUMN(Snapshot, created_us),
	INT_COLUMN(Snapshot, updated_us),
};
const RecordTable snapshot_table = TABLE(Snapshot, snapshot_columns, .name = "snapshots");

static const Column type_access_columns[] = {
	TEXT_COLUMN(TypeAccess, id),
	FIXED_TEXT_COLUMN(TypeAccess, type_id),
	FIXED_TEXT_COLUMN(TypeAccess, project_id),
};
const RecordTable type_access_table =
	TABLE(TypeAccess, type_access_columns, .name = "type_accesses");

static const Column type_encryption_columns[] = {
	TEXT_COLUMN(TypeEncryption, id),
	TEXT_COLUMN(TypeEncryption, encryption_id),
	TEXT_COLUMN(TypeEncryption, provider),
	TEXT_COLUMN(TypeEncryption, cipher),
	TEXT_COLUMN(TypeEncryption, control_location),
	INT_COLUMN(TypeEncryption, key_size),
	INT_COLUMN(TypeEncryption, created_us),
	INT_COLUMN(TypeEncryption, updated_us),
};
const RecordTable type_encryption_table =
	TABLE(TypeEncryption, type_encryption_columns, .name = "type_encryptions");

static const Column default_type_columns[] = {
	TEXT_COLUMN(DefaultType, id),
	TEXT_COLUMN(DefaultType, type_id),
	INT_COLUMN(DefaultType, created_us),
};
const RecordTable default_type_table =
	TABLE(DefaultType, default_type_columns, .name = "default_types");

static const Column qos_spec_columns[] = {
	TEXT_COLUMN(QosSpec, id),        TEXT_COLUMN(QosSpec, name),
	TEXT_COLUMN(QosSpec, consumer),  TEXT_COLUMN(QosSpec, specs),
	INT_COLUMN(QosSpec, created_us), INT_COLUMN(QosSpec, updated_us),
};
const RecordTable qos_spec_table = TABLE(QosSpec, qos_spec_columns, .name = "qos_specs");

static const Column transfer_columns[] = {
	TEXT_COLUMN(Transfer, id),
	FIXED_TEXT_COLUMN(Transfer, volume_id),
	FIXED_TEXT_COLUMN(Transfer, project_id),
	TEXT_COLUMN(Transfer, name),
	TEXT_COLUMN(Transfer, key_hash),
	BOOL_COLUMN(Transfer, no_snapshots),
	INT_COLUMN(Transfer, created_us),
};
const RecordTable transfer_table = TABLE(Transfer, transfer_columns, .name = "transfers");

static const Column message_columns[] = {
	TEXT_COLUMN(Message, id),          FIXED_TEXT_COLUMN(Message, project_id),
	TEXT_COLUMN(Message, request_id),  TEXT_COLUMN(Message, resource_type),
	TEXT_COLUMN(Message, resource_id), TEXT_COLUMN(Message, event_id),
	TEXT_COLUMN(Message, text),        INT_COLUMN(Message, created_us),
	INT_COLUMN(Message, expires_us),
};
const RecordTable message_table = TABLE(Message, message_columns, .name = "messages");

static const Column service_state_columns[] = {
	TEXT_COLUMN(ServiceState, id),       TEXT_COLUMN(ServiceState, binary),
	TEXT_COLUMN(ServiceState, host),     TEXT_COLUMN(ServiceState, disabled_reason),
	BOOL_COLUMN(ServiceState, disabled), INT_COLUMN(ServiceState, updated_us),
};
const RecordTable service_state_table =
	TABLE(ServiceState, service_state_columns, .name = "service_states");

static const Column attachment_columns[] = {
	TEXT_COLUMN(Attachment, id),
	FIXED_TEXT_COLUMN(Attachment, volume_id),
	FIXED_TEXT_COLUMN(Attachment, project_id),
	FIXED_TEXT_COLUMN(Attachment, server_id),
	TEXT_COLUMN(Attachment, mapping_id),
	ENUM_COLUMN(Attachment, status, attach_status_names),
	ENUM_COLUMN(Attachment, mode, attach_mode_names),
	TEXT_COLUMN(Attachment, device),
	TEXT_COLUMN(Attachment, tag),
	TEXT_COLUMN(Attachment, host),
	TEXT_COLUMN(Attachment, connector),
	TEXT_COLUMN(Attachment, connection_info),
	BOOL_COLUMN(Attachment, delete_on_termination),
	INT_COLUMN(Attachment, boot_index),
	TEXT_COLUMN(Attachment, disk_bus),
	TEXT_COLUMN(Attachment, device_type),
	INT_COLUMN(Attachment, created_us),
	INT_COLUMN(Attachment, updated_us),
	INT_COLUMN(Attachment, attached_us),
	BOOL_COLUMN(Attachment, legacy),
	BOOL_COLUMN(Attachment, exported),
	TEXT_COLUMN(Attachment, connection_key),
	TEXT_COLUMN(Attachment, disk_id),
	TEXT_COLUMN(Attachment, replaces),
};
const RecordTable attachment_table = TABLE(Attachment, attachment_columns, .name = "attachments");

static const Column flavor_columns[] = {
	TEXT_COLUMN(Flavor, id),           TEXT_COLUMN(Flavor, name),
	TEXT_COLUMN(Flavor, description),  INT_COLUMN(Flavor, ram_mib),
	INT_COLUMN(Flavor, vcpus),         INT_COLUMN(Flavor, disk_gib),
	INT_COLUMN(Flavor, ephemeral_gib), INT_COLUMN(Flavor, swap_mib),
	TEXT_COLUMN(Flavor, rxtx_factor),  FIXED_BOOL_COLUMN(Flavor, is_public),
	BOOL_COLUMN(Flavor, disabled),     TEXT_COLUMN(Flavor, extra_specs),
	INT_COLUMN(Flavor, created_us),
};
const RecordTable flavor_table = TABLE(Flavor, flavor_columns, .name = "flavors");

static const Column flavor_access_columns[] = {
	TEXT_COLUMN(FlavorAccess, id),
	FIXED_TEXT_COLUMN(FlavorAccess, flavor_id),
	FIXED_TEXT_COLUMN(FlavorAccess, project_id),
};
const RecordTable flavor_access_table =
	TABLE(FlavorAccess, flavor_access_columns, .name = "flavor_accesses");

static const Column keypair_columns[] = {
	TEXT_COLUMN(Keypair, id),
	INT_COLUMN(Keypair, number),
	FIXED_TEXT_COLUMN(Keypair, user_id),
	TEXT_COLUMN(Keypair, name),
	ENUM_COLUMN(Keypair, type, keypair_type_names),
	TEXT_COLUMN(Keypair, public_key),
	TEXT_COLUMN(Keypair, fingerprint),
	INT_COLUMN(Keypair, created_us),
};
const RecordTable keypair_table = TABLE(Keypair, keypair_columns, .name = "keypairs");

static const Column server_columns[] = {
	TEXT_COLUMN(Server, id),
	FIXED_TEXT_COLUMN(Server, project_id),
	FIXED_TEXT_COLUMN(Server, user_id),
	TEXT_COLUMN(Server, name),
	TEXT_COLUMN(Server, description),
	TEXT_COLUMN(Server, hostname),
	ENUM_COLUMN(Server, vm_state, vm_state_names),
	ENUM_COLUMN(Server, task_state, task_state_names),
	INT_COLUMN(Server, power_state),
	TEXT_COLUMN(Server, image_id),
	TEXT_COLUMN(Server, kernel_id),
	TEXT_COLUMN(Server, ramdisk_id),
	TEXT_COLUMN(Server, flavor_id),
	TEXT_COLUMN(Server, flavor_name),
	INT_COLUMN(Server, ram_mib),
	INT_COLUMN(Server, vcpus),
	INT_COLUMN(Server, disk_gib),
	INT_COLUMN(Server, ephemeral_gib),
	INT_COLUMN(Server, swap_mib),
	TEXT_COLUMN(Server, image_properties),
	TEXT_COLUMN(Server, flavor_extra_specs),
	TEXT_COLUMN(Server, metadata),
	TEXT_COLUMN(Server, tags),
	TEXT_COLUMN(Server, user_data),
	TEXT_COLUMN(Server, key_name),
	TEXT_COLUMN(Server, availability_zone),
	TEXT_COLUMN(Server, host),
	TEXT_COLUMN(Server, networks),
	TEXT_COLUMN(Server, address),
	TEXT_COLUMN(Server, reservation_id),
	INT_COLUMN(Server, launch_index),
	TEXT_COLUMN(Server, root_device),
	ENUM_COLUMN(Server, root_format, disk_format_names),
	TEXT_COLUMN(Server, root_bus),
	TEXT_COLUMN(Server, root_tag),
	TEXT_COLUMN(Server, kernel_args),
	TEXT_COLUMN(Server, access_ipv4),
	TEXT_COLUMN(Server, access_ipv6),
	TEXT_COLUMN(Server, disk_config),
	BOOL_COLUMN(Server, config_drive),
	BOOL_COLUMN(Server, locked),
	BOOL_COLUMN(Server, locked_by_admin),
	TEXT_COLUMN(Server, locked_reason),
	TEXT_COLUMN(Server, key_data),
	TEXT_COLUMN(Server, pinned_zone),
	TEXT_COLUMN(Server, scheduler_hints),
	TEXT_COLUMN(Server, group_id),
	TEXT_COLUMN(Server, trusted_certs),
	TEXT_COLUMN(Server, old_flavor),
	ENUM_COLUMN(Server, previous_state, vm_state_names),
	TEXT_COLUMN(Server, rescue_image_id),
	TEXT_COLUMN(Server, rescue_kernel_id),
	TEXT_COLUMN(Server, rescue_ramdisk_id),
	TEXT_COLUMN(Server, rescue_kernel_args),
	ENUM_COLUMN(Server, rescue_format, disk_format_names),
	INT_COLUMN(Server, shelved_us),
	TEXT_COLUMN(Server, domain_name),
	TEXT_COLUMN(Server, password),
	INT_COLUMN(Server, fault_code),
	TEXT_COLUMN(Server, fault_message),
	INT_COLUMN(Server, fault_us),
	INT_COLUMN(Server, created_us),
	INT_COLUMN(Server, updated_us),
	INT_COLUMN(Server, launched_us),
	INT_COLUMN(Server, terminated_us),
};
const RecordTable server_table = TABLE(Server, server_columns, .name = "servers");

static const Column local_disk_columns[] = {
	TEXT_COLUMN(LocalDisk, id),           FIXED_TEXT_COLUMN(LocalDisk, server_id),
	TEXT_COLUMN(LocalDisk, device),       INT_COLUMN(LocalDisk, size_mib),
	TEXT_COLUMN(LocalDisk, guest_format), TEXT_COLUMN(LocalDisk, disk_bus),
	TEXT_COLUMN(LocalDisk, tag),          INT_COLUMN(LocalDisk, seq),
};
const RecordTable local_disk_table = TABLE(LocalDisk, local_disk_columns, .name = "local_disks");

static const Column server_file_columns[] = {
	TEXT_COLUMN(ServerFile, id),
	FIXED_TEXT_COLUMN(ServerFile, server_id),
	TEXT_COLUMN(ServerFile, path),
	TEXT_COLUMN(ServerFile, contents),
};
const RecordTable server_file_table =
	TABLE(ServerFile, server_file_columns, .name = "server_files");

static const Column server_group_columns[] = {
	TEXT_COLUMN(ServerGroup, id),
	FIXED_TEXT_COLUMN(ServerGroup, project_id),
	FIXED_TEXT_COLUMN(ServerGroup, user_id),
	TEXT_COLUMN(ServerGroup, name),
	TEXT_COLUMN(ServerGroup, policy),
	INT_COLUMN(ServerGroup, max_per_host),
	INT_COLUMN(ServerGroup, created_us),
};
const RecordTable server_group_table =
	TABLE(ServerGroup, server_group_columns, .name = "server_groups");

static const Column instance_action_columns[] = {
	TEXT_COLUMN(InstanceAction, id),
	FIXED_TEXT_COLUMN(InstanceAction, server_id),
	TEXT_COLUMN(InstanceAction, request_id),
	TEXT_COLUMN(InstanceAction, action),
	FIXED_TEXT_COLUMN(InstanceAction, user_id),
	FIXED_TEXT_COLUMN(InstanceAction, project_id),
	INT_COLUMN(InstanceAction, started_us),
	INT_COLUMN(InstanceAction, updated_us),
	TEXT_COLUMN(InstanceAction, message),
	TEXT_COLUMN(InstanceAction, event),
	INT_COLUMN(InstanceAction, event_started_us),
	INT_COLUMN(InstanceAction, event_finished_us),
	ENUM_COLUMN(InstanceAction, result, action_result_names),
	TEXT_COLUMN(InstanceAction, details),
	TEXT_COLUMN(InstanceAction, host),
};
const RecordTable instance_action_table =
	TABLE(InstanceAction, instance_action_columns, .name = "instance_actions");

static const Column action_event_columns[] = {
	TEXT_COLUMN(ActionEvent, id),         FIXED_TEXT_COLUMN(ActionEvent, action_id),
	TEXT_COLUMN(ActionEvent, event),      INT_COLUMN(ActionEvent, started_us),
	INT_COLUMN(ActionEvent, finished_us),
};
const RecordTable action_event_table =
	TABLE(ActionEvent, action_event_columns, .name = "action_events");

static const Column operation_columns[] = {
	TEXT_COLUMN(Operation, id),
	INT_COLUMN(Operation, format),
	TEXT_COLUMN(Operation, kind),
	ENUM_COLUMN(Operation, state, operation_state_names),
	TEXT_COLUMN(Operation, lane),
	FIXED_TEXT_COLUMN(Operation, server_id),
	FIXED_TEXT_COLUMN(Operation, volume_id),
	TEXT_COLUMN(Operation, attachment_id),
	TEXT_COLUMN(Operation, image_id),
	FIXED_TEXT_COLUMN(Operation, snapshot_id),
	FIXED_TEXT_COLUMN(Operation, share_id),
	TEXT_COLUMN(Operation, share_mapping_id),
	TEXT_COLUMN(Operation, action_id),
	TEXT_COLUMN(Operation, args),
	FIXED_TEXT_COLUMN(Operation, project_id),
	FIXED_TEXT_COLUMN(Operation, user_id),
	FIXED_BOOL_COLUMN(Operation, by_admin),
	TEXT_COLUMN(Operation, request_id),
	BOOL_COLUMN(Operation, cancelled),
	INT_COLUMN(Operation, not_before_us),
	INT_COLUMN(Operation, deadline_us),
	TEXT_COLUMN(Operation, last_error),
	INT_COLUMN(Operation, progress),
	INT_COLUMN(Operation, created_us),
	INT_COLUMN(Operation, updated_us),
};
const RecordTable operation_table = TABLE(Operation, operation_columns, .name = "operations",
					  .insert_touches = STORE_TOUCHED_OPERATIONS,
					  .change_touches = STORE_TOUCHED_OPERATIONS);

static const Column step_columns[] = {
	TEXT_COLUMN(Step, id),
	FIXED_TEXT_COLUMN(Step, operation_id),
	INT_COLUMN(Step, seq),
	ENUM_COLUMN(Step, kind, step_kind_names),
	ENUM_COLUMN(Step, state, step_state_names),
	INT_COLUMN(Step, attempts),
	TEXT_COLUMN(Step, last_error),
	INT_COLUMN(Step, started_us),
	INT_COLUMN(Step, finished_us),
};
const RecordTable step_table = TABLE(Step, step_columns, .name = "steps");

/* Everything that attachments are found by, oldest first. */
static void attachment_query(RecordQuery *query, const char *column, const char *id)
{
	record_where_text(query, column, RECORD_EQ, id);
	record_sort(query, "created_us", false);
}

int attachments_of_volume(Tx *tx, Arena *arena, const char *volume_id, Attachment ***ret,
			  size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	attachment_query(&query, "volume_id", volume_id);
	return attachment_find(tx, arena, &query, ret, ret_count, f);
}

/* What takes the place of another volume is not the server's before it is there. */
static void mapped(RecordQuery *query)
{
	record_where_text(query, "mapping_id", RECORD_NE, NULL);
	record_where_text(query, "replaces", RECORD_EQ, NULL);
}

int attachments_of_server(Tx *tx, Arena *arena, const char *server_id, Attachment ***ret,
			  size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	attachment_query(&query, "server_id", server_id);
	mapped(&query);
	return attachment_find(tx, arena, &query, ret, ret_count, f);
}

int local_disks_of_server(Tx *tx, Arena *arena, const char *server_id, LocalDisk ***ret,
			  size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "server_id", RECORD_EQ, server_id);
	record_sort(&query, "seq", false);
	return local_disk_find(tx, arena, &query, ret, ret_count, f);
}

int local_disks_forget(Tx *tx, const char *server_id, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "server_id", RECORD_EQ, server_id);
	return record_delete_where(tx, &local_disk_table, &query, f);
}

int server_files_of(Tx *tx, Arena *arena, const char *server_id, ServerFile ***ret,
		    size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "server_id", RECORD_EQ, server_id);
	return server_file_find(tx, arena, &query, ret, ret_count, f);
}

int server_files_forget(Tx *tx, const char *server_id, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "server_id", RECORD_EQ, server_id);
	return record_delete_where(tx, &server_file_table, &query, f);
}

int snapshots_of_volume(Tx *tx, Arena *arena, const char *volume_id, Snapshot ***ret,
			size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "volume_id", RECORD_EQ, volume_id);
	record_sort(&query, "created_us", false);
	return snapshot_find(tx, arena, &query, ret, ret_count, f);
}

int operation_lane_of(Tx *tx, Arena *arena, const char *column, const char *id, const char **ret,
		      Fault *f)
{
	static const char *const live[] = {"doing", "undoing"};
	RecordQuery query = {.limit = 1};
	Operation **found;
	size_t count;
	int r;

	record_where_texts(&query, "state", RECORD_IN, live, ARRAY_SIZE(live));
	record_where_text(&query, column, RECORD_EQ, id);
	record_sort(&query, "created_us", true);
	r = operation_find(tx, arena, &query, &found, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return RECORD_NOT_FOUND;
	*ret = found[0]->lane;
	return 0;
}

int attachment_of(Tx *tx, Arena *arena, const char *server_id, const char *volume_id,
		  Attachment **ret, Fault *f)
{
	RecordQuery query = {0};
	Attachment **found;
	size_t count;
	int r;

	attachment_query(&query, "server_id", server_id);
	record_where_text(&query, "volume_id", RECORD_EQ, volume_id);
	mapped(&query);
	r = attachment_find(tx, arena, &query, &found, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return RECORD_NOT_FOUND;
	*ret = found[0];
	return 0;
}

int steps_of_operation(Tx *tx, Arena *arena, const char *operation_id, Step ***ret,
		       size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "operation_id", RECORD_EQ, operation_id);
	return step_find(tx, arena, &query, ret, ret_count, f);
}
