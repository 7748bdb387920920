/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The names of every enumerator that is stored or shown.
 */
#include "model/domain.h"
#include "model/identity.h"
#include "model/image.h"
#include "model/operation.h"
#include "model/server.h"
#include "model/share.h"
#include "model/volume.h"

static const char *const roles[] = {
	[ROLE_READER] = "reader", [ROLE_MEMBER] = "member",   [ROLE_MANAGER] = "manager",
	[ROLE_ADMIN] = "admin",   [ROLE_SERVICE] = "service",
};
static_assert(ARRAY_SIZE(roles) == _ROLE_MAX, "a row for each");
const EnumNames role_names = ENUM_NAMES(roles);

static const char *const volume_statuses[] = {
	[VOLUME_CREATING] = "creating",
	[VOLUME_AVAILABLE] = "available",
	[VOLUME_RESERVED] = "reserved",
	[VOLUME_ATTACHING] = "attaching",
	[VOLUME_IN_USE] = "in-use",
	[VOLUME_DETACHING] = "detaching",
	[VOLUME_DELETING] = "deleting",
	[VOLUME_ERROR] = "error",
	[VOLUME_ERROR_DELETING] = "error_deleting",
	[VOLUME_MAINTENANCE] = "maintenance",
	[VOLUME_EXTENDING] = "extending",
	[VOLUME_ERROR_EXTENDING] = "error_extending",
	[VOLUME_DOWNLOADING] = "downloading",
	[VOLUME_UPLOADING] = "uploading",
	[VOLUME_RETYPING] = "retyping",
	[VOLUME_REVERTING] = "reverting",
	[VOLUME_AWAITING_TRANSFER] = "awaiting-transfer",
	[VOLUME_BACKING_UP] = "backing-up",
	[VOLUME_ERROR_BACKING_UP] = "error_backing-up",
	[VOLUME_RESTORING_BACKUP] = "restoring-backup",
	[VOLUME_ERROR_RESTORING] = "error_restoring",
	[VOLUME_MANAGING] = "managing",
	[VOLUME_ERROR_MANAGING] = "error_managing",
};
static_assert(ARRAY_SIZE(volume_statuses) == _VOLUME_STATUS_MAX, "a row for each");
const EnumNames volume_status_names = ENUM_NAMES(volume_statuses);

static const char *const snapshot_statuses[] = {
	[SNAPSHOT_CREATING] = "creating",
	[SNAPSHOT_AVAILABLE] = "available",
	[SNAPSHOT_DELETING] = "deleting",
	[SNAPSHOT_ERROR] = "error",
	[SNAPSHOT_ERROR_DELETING] = "error_deleting",
	[SNAPSHOT_UPDATING] = "updating",
	[SNAPSHOT_BACKING_UP] = "backing-up",
	[SNAPSHOT_RESTORING] = "restoring",
	[SNAPSHOT_UNMANAGING] = "unmanaging",
};
static_assert(ARRAY_SIZE(snapshot_statuses) == _SNAPSHOT_STATUS_MAX, "a row for each");
const EnumNames snapshot_status_names = ENUM_NAMES(snapshot_statuses);

static const char *const attach_statuses[] = {
	[ATTACHMENT_RESERVED] = "reserved",
	[ATTACHMENT_ATTACHING] = "attaching",
	[ATTACHMENT_ATTACHED] = "attached",
	[ATTACHMENT_DETACHING] = "detaching",
	[ATTACHMENT_ERROR_ATTACHING] = "error_attaching",
	[ATTACHMENT_ERROR_DETACHING] = "error_detaching",
};
static_assert(ARRAY_SIZE(attach_statuses) == _ATTACH_STATUS_MAX, "a row for each");
const EnumNames attach_status_names = ENUM_NAMES(attach_statuses);

static const char *const attach_modes[] = {
	[ATTACH_MODE_RW] = "rw",
	[ATTACH_MODE_RO] = "ro",
	[ATTACH_MODE_NULL] = "null",
};
static_assert(ARRAY_SIZE(attach_modes) == _ATTACH_MODE_MAX, "a row for each");
const EnumNames attach_mode_names = ENUM_NAMES(attach_modes);

static const char *const disk_formats[] = {
	[DISK_FORMAT_RAW] = "raw",
	[DISK_FORMAT_QCOW2] = "qcow2",
	[DISK_FORMAT_AKI] = "aki",
	[DISK_FORMAT_ARI] = "ari",
};
static_assert(ARRAY_SIZE(disk_formats) == _DISK_FORMAT_MAX, "a row for each");
const EnumNames disk_format_names = ENUM_NAMES(disk_formats);

static const char *const vm_states[] = {
	[VM_BUILDING] = "building",
	[VM_ACTIVE] = "active",
	[VM_STOPPED] = "stopped",
	[VM_PAUSED] = "paused",
	[VM_SUSPENDED] = "suspended",
	[VM_RESIZED] = "resized",
	[VM_RESCUED] = "rescued",
	[VM_SHELVED] = "shelved",
	[VM_SHELVED_OFFLOADED] = "shelved_offloaded",
	[VM_SOFT_DELETED] = "soft-delete",
	[VM_ERROR] = "error",
	[VM_DELETED] = "deleted",
};
static_assert(ARRAY_SIZE(vm_states) == _VM_STATE_MAX, "a row for each");
const EnumNames vm_state_names = ENUM_NAMES(vm_states);

static const char *const task_states[] = {
	[TASK_NONE] = "",
	[TASK_SCHEDULING] = "scheduling",
	[TASK_SPAWNING] = "spawning",
	[TASK_POWERING_OFF] = "powering-off",
	[TASK_POWERING_ON] = "powering-on",
	[TASK_REBOOTING] = "rebooting",
	[TASK_REBOOTING_HARD] = "rebooting_hard",
	[TASK_PAUSING] = "pausing",
	[TASK_UNPAUSING] = "unpausing",
	[TASK_SUSPENDING] = "suspending",
	[TASK_RESUMING] = "resuming",
	[TASK_SHELVING] = "shelving",
	[TASK_SHELVING_OFFLOADING] = "shelving_offloading",
	[TASK_UNSHELVING] = "unshelving",
	[TASK_RESIZE_PREP] = "resize_prep",
	[TASK_RESIZE_FINISH] = "resize_finish",
	[TASK_RESIZE_CONFIRMING] = "resize_confirming",
	[TASK_RESIZE_REVERTING] = "resize_reverting",
	[TASK_REBUILDING] = "rebuilding",
	[TASK_RESCUING] = "rescuing",
	[TASK_UNRESCUING] = "unrescuing",
	[TASK_IMAGE_SNAPSHOT] = "image_snapshot",
	[TASK_DELETING] = "deleting",
};
static_assert(ARRAY_SIZE(task_states) == _TASK_STATE_MAX, "a row for each");
const EnumNames task_state_names = ENUM_NAMES(task_states);

static const char *const keypair_types[] = {
	[KEYPAIR_SSH] = "ssh",
	[KEYPAIR_X509] = "x509",
};
static_assert(ARRAY_SIZE(keypair_types) == _KEYPAIR_TYPE_MAX, "a row for each");
const EnumNames keypair_type_names = ENUM_NAMES(keypair_types);

static const char *const action_results[] = {
	[ACTION_RUNNING] = "",
	[ACTION_SUCCESS] = "Success",
	[ACTION_ERROR] = "Error",
};
static_assert(ARRAY_SIZE(action_results) == _ACTION_RESULT_MAX, "a row for each");
const EnumNames action_result_names = ENUM_NAMES(action_results);

static const char *const image_statuses[] = {
	[IMAGE_QUEUED] = "queued",
	[IMAGE_SAVING] = "saving",
	[IMAGE_ACTIVE] = "active",
	[IMAGE_KILLED] = "killed",
};
static_assert(ARRAY_SIZE(image_statuses) == _IMAGE_STATUS_MAX, "a row for each");
const EnumNames image_status_names = ENUM_NAMES(image_statuses);

static const char *const image_visibilities[] = {
	[IMAGE_PUBLIC] = "public",
	[IMAGE_PRIVATE] = "private",
	[IMAGE_SHARED] = "shared",
	[IMAGE_COMMUNITY] = "community",
};
static_assert(ARRAY_SIZE(image_visibilities) == _IMAGE_VISIBILITY_MAX, "a row for each");
const EnumNames image_visibility_names = ENUM_NAMES(image_visibilities);

static const char *const operation_states[] = {
	[OPERATION_DOING] = "doing",   [OPERATION_UNDOING] = "undoing", [OPERATION_DONE] = "done",
	[OPERATION_FAILED] = "failed", [OPERATION_BROKEN] = "broken",
};
static_assert(ARRAY_SIZE(operation_states) == _OPERATION_STATE_MAX, "a row for each");
const EnumNames operation_state_names = ENUM_NAMES(operation_states);

static const char *const step_states[] = {
	[STEP_TODO] = "todo",       [STEP_STARTED] = "started", [STEP_DONE] = "done",
	[STEP_UNDOING] = "undoing", [STEP_UNDONE] = "undone",
};
static_assert(ARRAY_SIZE(step_states) == _STEP_STATE_MAX, "a row for each");
const EnumNames step_state_names = ENUM_NAMES(step_states);

static const char *const step_kinds[] = {
	[STEP_VOLUME_CREATE] = "volume-create",
	[STEP_VOLUME_DELETE] = "volume-delete",
	[STEP_VOLUME_CONNECT] = "volume-connect",
	[STEP_VOLUME_DISCONNECT] = "volume-disconnect",
	[STEP_VOLUMES_WAIT] = "volumes-wait",
	[STEP_VOLUME_EXTEND] = "volume-extend",
	[STEP_DISK_RESIZE] = "disk-resize",
	[STEP_VOLUME_EXPORT] = "volume-export",
	[STEP_VOLUME_UNEXPORT] = "volume-unexport",
	[STEP_DISK_PLUG] = "disk-plug",
	[STEP_DISK_UNPLUG] = "disk-unplug",
	[STEP_SERVER_DISK_CREATE] = "server-disk-create",
	[STEP_SERVER_DISK_DELETE] = "server-disk-delete",
	[STEP_DOMAIN_DEFINE] = "domain-define",
	[STEP_DOMAIN_UNDEFINE] = "domain-undefine",
	[STEP_DOMAIN_START] = "domain-start",
	[STEP_DOMAIN_SHUTDOWN] = "domain-shutdown",
	[STEP_DOMAIN_DESTROY] = "domain-destroy",
	[STEP_DOMAIN_REBOOT] = "domain-reboot",
	[STEP_DOMAIN_PAUSE] = "domain-pause",
	[STEP_DOMAIN_SAVE] = "domain-save",
	[STEP_DOMAIN_RESUME] = "domain-resume",
	[STEP_DOMAIN_ADOPT] = "domain-adopt",
	[STEP_DOMAIN_RELEASE] = "domain-release",
	[STEP_DOMAIN_OFF] = "domain-off",
	[STEP_DOMAIN_ON] = "domain-on",
	[STEP_DISK_GROW] = "disk-grow",
	[STEP_DISK_REVERT] = "disk-revert",
	[STEP_DISK_REMAKE] = "disk-remake",
	[STEP_DISK_REPLACE] = "disk-replace",
	[STEP_DISK_SETTLE] = "disk-settle",
	[STEP_VOLUME_REIMAGE] = "volume-reimage",
	[STEP_RESCUE_CREATE] = "rescue-create",
	[STEP_RESCUE_DELETE] = "rescue-delete",
	[STEP_DISK_FREEZE] = "disk-freeze",
	[STEP_DISK_SAVE] = "disk-save",
	[STEP_DISK_THAW] = "disk-thaw",
	[STEP_IMAGE_DELETE] = "image-delete",
	[STEP_SNAPSHOT_CREATE] = "snapshot-create",
	[STEP_SNAPSHOT_DELETE] = "snapshot-delete",
	[STEP_SNAPSHOTS_DELETE] = "snapshots-delete",
	[STEP_VOLUME_FREEZE] = "volume-freeze",
	[STEP_VOLUME_COPY] = "volume-copy",
	[STEP_VOLUME_THAW] = "volume-thaw",
	[STEP_VOLUME_REVERT] = "volume-revert",
	[STEP_IMAGE_FILL] = "image-fill",
	[STEP_VOLUME_FIT] = "volume-fit",
	[STEP_DISK_MIRROR] = "disk-mirror",
	[STEP_DISK_TURN] = "disk-turn",
	[STEP_SWAP_END] = "swap-end",
	[STEP_SHARE_CREATE] = "share-create",
	[STEP_SHARE_COPY] = "share-copy",
	[STEP_SHARE_FIND] = "share-find",
	[STEP_SHARE_DELETE] = "share-delete",
	[STEP_SHARE_RESIZE] = "share-resize",
	[STEP_SHARE_SNAPSHOT] = "share-snapshot",
	[STEP_SHARE_SNAPSHOT_DELETE] = "share-snapshot-delete",
	[STEP_SHARE_REVERT] = "share-revert",
	[STEP_SHARE_RULES] = "share-rules",
	[STEP_SHARES_DISCONNECT] = "shares-disconnect",
	[STEP_SHARE_DISCONNECT] = "share-disconnect",
	[STEP_SHARE_PLUG] = "share-plug",
	[STEP_LET_GO] = "let-go",
};
static_assert(ARRAY_SIZE(step_kinds) == _STEP_KIND_MAX, "a row for each");
const EnumNames step_kind_names = ENUM_NAMES(step_kinds);

static const char *const domain_states[] = {
	[DOMAIN_ABSENT] = "absent", [DOMAIN_OFF] = "off",         [DOMAIN_RUNNING] = "running",
	[DOMAIN_PAUSED] = "paused", [DOMAIN_CRASHED] = "crashed", [DOMAIN_SAVED] = "saved",
};
static_assert(ARRAY_SIZE(domain_states) == _DOMAIN_STATE_MAX, "a row for each");
const EnumNames domain_state_names = ENUM_NAMES(domain_states);

static const char *const share_protocols[] = {
	[SHARE_NFS] = "NFS",
	[SHARE_CEPHFS] = "CEPHFS",
};
static_assert(ARRAY_SIZE(share_protocols) == _SHARE_PROTOCOL_MAX, "a row for each");
const EnumNames share_protocol_names = ENUM_NAMES(share_protocols);

static const char *const share_statuses[] = {
	[SHARE_CREATING] = "creating",
	[SHARE_CREATING_FROM_SNAPSHOT] = "creating_from_snapshot",
	[SHARE_AVAILABLE] = "available",
	[SHARE_DELETING] = "deleting",
	[SHARE_ERROR] = "error",
	[SHARE_ERROR_DELETING] = "error_deleting",
	[SHARE_EXTENDING] = "extending",
	[SHARE_EXTENDING_ERROR] = "extending_error",
	[SHARE_SHRINKING] = "shrinking",
	[SHARE_SHRINKING_ERROR] = "shrinking_error",
	[SHARE_SHRINKING_POSSIBLE_DATA_LOSS] = "shrinking_possible_data_loss_error",
	[SHARE_REVERTING] = "reverting",
	[SHARE_REVERTING_ERROR] = "reverting_error",
	[SHARE_MANAGE_STARTING] = "manage_starting",
	[SHARE_MANAGE_ERROR] = "manage_error",
	[SHARE_UNMANAGE_STARTING] = "unmanage_starting",
	[SHARE_UNMANAGE_ERROR] = "unmanage_error",
	[SHARE_INACTIVE] = "inactive",
	[SHARE_DELETED] = "deleted",
	[SHARE_DEFERRED_DELETING] = "deferred_deleting",
	[SHARE_ERROR_DEFERRED_DELETING] = "error_deferred_deleting",
	[SHARE_MANAGE_ERROR_UNMANAGE_STARTING] = "manage_error_unmanage_starting",
	[SHARE_UNMANAGED] = "unmanaged",
	[SHARE_MIGRATING] = "migrating",
	[SHARE_MIGRATING_TO] = "migrating_to",
	[SHARE_SERVER_MIGRATING] = "server_migrating",
	[SHARE_SERVER_MIGRATING_TO] = "server_migrating_to",
	[SHARE_REPLICATION_CHANGE] = "replication_change",
	[SHARE_RESTORING] = "restoring",
	[SHARE_AWAITING_TRANSFER] = "awaiting_transfer",
	[SHARE_BACKUP_CREATING] = "backup_creating",
	[SHARE_BACKUP_RESTORING] = "backup_restoring",
	[SHARE_BACKUP_RESTORING_ERROR] = "backup_restoring_error",
	[SHARE_ENSURING] = "ensuring",
};
static_assert(ARRAY_SIZE(share_statuses) == _SHARE_STATUS_MAX, "a row for each");
const EnumNames share_status_names = ENUM_NAMES(share_statuses);

static const char *const share_rules_statuses[] = {
	[SHARE_RULES_ACTIVE] = "active",
	[SHARE_RULES_SYNCING] = "syncing",
	[SHARE_RULES_ERROR] = "error",
};
static_assert(ARRAY_SIZE(share_rules_statuses) == _SHARE_RULES_STATUS_MAX, "a row for each");
const EnumNames share_rules_status_names = ENUM_NAMES(share_rules_statuses);

static const char *const share_access_types[] = {
	[SHARE_ACCESS_IP] = "ip",
	[SHARE_ACCESS_USER] = "user",
	[SHARE_ACCESS_CERT] = "cert",
	[SHARE_ACCESS_CEPHX] = "cephx",
};
static_assert(ARRAY_SIZE(share_access_types) == _SHARE_ACCESS_TYPE_MAX, "a row for each");
const EnumNames share_access_type_names = ENUM_NAMES(share_access_types);

static const char *const share_access_levels[] = {
	[SHARE_ACCESS_RW] = "rw",
	[SHARE_ACCESS_RO] = "ro",
};
static_assert(ARRAY_SIZE(share_access_levels) == _SHARE_ACCESS_LEVEL_MAX, "a row for each");
const EnumNames share_access_level_names = ENUM_NAMES(share_access_levels);

static const char *const share_rule_states[] = {
	[SHARE_RULE_QUEUED_TO_APPLY] = "queued_to_apply",
	[SHARE_RULE_APPLYING] = "applying",
	[SHARE_RULE_ACTIVE] = "active",
	[SHARE_RULE_ERROR] = "error",
	[SHARE_RULE_QUEUED_TO_DENY] = "queued_to_deny",
	[SHARE_RULE_DENYING] = "denying",
	[SHARE_RULE_QUEUED_TO_UPDATE] = "queued_to_update",
	[SHARE_RULE_UPDATING] = "updating",
};
static_assert(ARRAY_SIZE(share_rule_states) == _SHARE_RULE_STATE_MAX, "a row for each");
const EnumNames share_rule_state_names = ENUM_NAMES(share_rule_states);

static const char *const share_snapshot_statuses[] = {
	[SHARE_SNAPSHOT_CREATING] = "creating",
	[SHARE_SNAPSHOT_AVAILABLE] = "available",
	[SHARE_SNAPSHOT_DELETING] = "deleting",
	[SHARE_SNAPSHOT_ERROR] = "error",
	[SHARE_SNAPSHOT_ERROR_DELETING] = "error_deleting",
	[SHARE_SNAPSHOT_RESTORING] = "restoring",
};
static_assert(ARRAY_SIZE(share_snapshot_statuses) == _SHARE_SNAPSHOT_STATUS_MAX, "a row for each");
const EnumNames share_snapshot_status_names = ENUM_NAMES(share_snapshot_statuses);

static const char *const share_mapping_statuses[] = {
	[SHARE_MAPPING_ATTACHING] = "attaching", [SHARE_MAPPING_INACTIVE] = "inactive",
	[SHARE_MAPPING_ACTIVE] = "active",       [SHARE_MAPPING_DETACHING] = "detaching",
	[SHARE_MAPPING_ERROR] = "error",
};
static_assert(ARRAY_SIZE(share_mapping_statuses) == _SHARE_MAPPING_STATUS_MAX, "a row for each");
const EnumNames share_mapping_status_names = ENUM_NAMES(share_mapping_statuses);

RoleSet role_set_expand(RoleSet roles_held)
{
	for (Role role = ROLE_ADMIN; role > ROLE_READER; role--)
		if (role_set_has(roles_held, role))
			roles_held |= 1u << (role - 1);
	return roles_held;
}

static const char *const disk_devices[] = {
	[DISK_DEVICE_DISK] = "disk",
	[DISK_DEVICE_CDROM] = "cdrom",
	[DISK_DEVICE_LUN] = "lun",
};
static_assert(ARRAY_SIZE(disk_devices) == _DISK_DEVICE_MAX, "a row for each");
const EnumNames disk_device_names = ENUM_NAMES(disk_devices);

static const char *const disk_caches[] = {
	[DISK_CACHE_DEFAULT] = "default",           [DISK_CACHE_NONE] = "none",
	[DISK_CACHE_WRITETHROUGH] = "writethrough", [DISK_CACHE_WRITEBACK] = "writeback",
	[DISK_CACHE_DIRECTSYNC] = "directsync",     [DISK_CACHE_UNSAFE] = "unsafe",
};
static_assert(ARRAY_SIZE(disk_caches) == _DISK_CACHE_MAX, "a row for each");
const EnumNames disk_cache_names = ENUM_NAMES(disk_caches);

static const char *const disk_ios[] = {
	[DISK_IO_DEFAULT] = "default",
	[DISK_IO_NATIVE] = "native",
	[DISK_IO_THREADS] = "threads",
	[DISK_IO_URING] = "io_uring",
};
static_assert(ARRAY_SIZE(disk_ios) == _DISK_IO_MAX, "a row for each");
const EnumNames disk_io_names = ENUM_NAMES(disk_ios);

static const char *const disk_limits[] = {
	[DISK_LIMIT_TOTAL_BYTES] = "total_bytes_sec",
	[DISK_LIMIT_READ_BYTES] = "read_bytes_sec",
	[DISK_LIMIT_WRITE_BYTES] = "write_bytes_sec",
	[DISK_LIMIT_TOTAL_IOPS] = "total_iops_sec",
	[DISK_LIMIT_READ_IOPS] = "read_iops_sec",
	[DISK_LIMIT_WRITE_IOPS] = "write_iops_sec",
	[DISK_LIMIT_TOTAL_BYTES_MAX] = "total_bytes_sec_max",
	[DISK_LIMIT_READ_BYTES_MAX] = "read_bytes_sec_max",
	[DISK_LIMIT_WRITE_BYTES_MAX] = "write_bytes_sec_max",
	[DISK_LIMIT_TOTAL_IOPS_MAX] = "total_iops_sec_max",
	[DISK_LIMIT_READ_IOPS_MAX] = "read_iops_sec_max",
	[DISK_LIMIT_WRITE_IOPS_MAX] = "write_iops_sec_max",
	[DISK_LIMIT_SIZE_IOPS] = "size_iops_sec",
};
static_assert(ARRAY_SIZE(disk_limits) == _DISK_LIMIT_MAX, "a row for each");
const EnumNames disk_limit_names = ENUM_NAMES(disk_limits);

static const char *const disk_protocols[] = {
	[DISK_PROTOCOL_RBD] = "rbd",
	[DISK_PROTOCOL_ISCSI] = "iscsi",
	[DISK_PROTOCOL_NBD] = "nbd",
};
static_assert(ARRAY_SIZE(disk_protocols) == _DISK_PROTOCOL_MAX, "a row for each");
const EnumNames disk_protocol_names = ENUM_NAMES(disk_protocols);

static const char *const domain_owners[] = {
	[DOMAIN_FOREIGN] = "foreign",
	[DOMAIN_ADOPTED] = "adopted",
	[DOMAIN_OWN] = "own",
};
static_assert(ARRAY_SIZE(domain_owners) == _DOMAIN_OWNER_MAX, "a row for each");
const EnumNames domain_owner_names = ENUM_NAMES(domain_owners);

static const char *const host_traits[] = {
	[HOST_TRAIT_VIRTIO_FS] = "COMPUTE_STORAGE_VIRTIO_FS",
	[HOST_TRAIT_SHARED_MEMORY] = "COMPUTE_MEM_BACKING_FILE",
};
static_assert(ARRAY_SIZE(host_traits) == _HOST_TRAIT_MAX, "a row for each");
const EnumNames host_trait_names = ENUM_NAMES(host_traits);
