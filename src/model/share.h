/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares: file systems that are made, exported, and given to servers. Who may mount one is said by
 * its access rules; a share mapping is a share that is attached to a server.
 */
#pragma once

#include "base/enum.h"

typedef enum ShareProtocol {
	SHARE_NFS,
	SHARE_CEPHFS,
	_SHARE_PROTOCOL_MAX,
} ShareProtocol;

extern const EnumNames share_protocol_names;

typedef enum ShareStatus {
	SHARE_CREATING,
	SHARE_CREATING_FROM_SNAPSHOT,
	SHARE_AVAILABLE,
	SHARE_DELETING,
	SHARE_ERROR,
	SHARE_ERROR_DELETING,
	SHARE_EXTENDING,
	SHARE_EXTENDING_ERROR,
	SHARE_SHRINKING,
	SHARE_SHRINKING_ERROR,
	SHARE_SHRINKING_POSSIBLE_DATA_LOSS,
	SHARE_REVERTING,
	SHARE_REVERTING_ERROR,
	SHARE_MANAGE_STARTING,
	SHARE_MANAGE_ERROR,
	SHARE_UNMANAGE_STARTING,
	SHARE_UNMANAGE_ERROR,
	/* Nothing here leads to the rest, but an admin may set them. */
	SHARE_INACTIVE,
	SHARE_DELETED,
	SHARE_DEFERRED_DELETING,
	SHARE_ERROR_DEFERRED_DELETING,
	SHARE_MANAGE_ERROR_UNMANAGE_STARTING,
	SHARE_UNMANAGED,
	SHARE_MIGRATING,
	SHARE_MIGRATING_TO,
	SHARE_SERVER_MIGRATING,
	SHARE_SERVER_MIGRATING_TO,
	SHARE_REPLICATION_CHANGE,
	SHARE_RESTORING,
	SHARE_AWAITING_TRANSFER,
	SHARE_BACKUP_CREATING,
	SHARE_BACKUP_RESTORING,
	SHARE_BACKUP_RESTORING_ERROR,
	SHARE_ENSURING,
	_SHARE_STATUS_MAX,
} ShareStatus;

extern const EnumNames share_status_names;

/* Whether the back end does what the access rules of a share say. */
typedef enum ShareRulesStatus {
	SHARE_RULES_ACTIVE,
	SHARE_RULES_SYNCING,
	SHARE_RULES_ERROR,
	_SHARE_RULES_STATUS_MAX,
} ShareRulesStatus;

extern const EnumNames share_rules_status_names;

typedef enum ShareAccessType {
	SHARE_ACCESS_IP,
	SHARE_ACCESS_USER,
	SHARE_ACCESS_CERT,
	SHARE_ACCESS_CEPHX,
	_SHARE_ACCESS_TYPE_MAX,
} ShareAccessType;

extern const EnumNames share_access_type_names;

typedef enum ShareAccessLevel {
	SHARE_ACCESS_RW,
	SHARE_ACCESS_RO,
	_SHARE_ACCESS_LEVEL_MAX,
} ShareAccessLevel;

extern const EnumNames share_access_level_names;

typedef enum ShareRuleState {
	SHARE_RULE_QUEUED_TO_APPLY,
	SHARE_RULE_APPLYING,
	SHARE_RULE_ACTIVE,
	SHARE_RULE_ERROR,
	SHARE_RULE_QUEUED_TO_DENY,
	SHARE_RULE_DENYING,
	SHARE_RULE_QUEUED_TO_UPDATE,
	SHARE_RULE_UPDATING,
	_SHARE_RULE_STATE_MAX,
} ShareRuleState;

extern const EnumNames share_rule_state_names;

typedef enum ShareSnapshotStatus {
	SHARE_SNAPSHOT_CREATING,
	SHARE_SNAPSHOT_AVAILABLE,
	SHARE_SNAPSHOT_DELETING,
	SHARE_SNAPSHOT_ERROR,
	SHARE_SNAPSHOT_ERROR_DELETING,
	SHARE_SNAPSHOT_RESTORING,
	_SHARE_SNAPSHOT_STATUS_MAX,
} ShareSnapshotStatus;

extern const EnumNames share_snapshot_status_names;

typedef enum ShareMappingStatus {
	SHARE_MAPPING_ATTACHING, /* its access rule is being made */
	SHARE_MAPPING_INACTIVE,  /* the server is off */
	SHARE_MAPPING_ACTIVE,    /* its guest has the share */
	SHARE_MAPPING_DETACHING,
	SHARE_MAPPING_ERROR,
	_SHARE_MAPPING_STATUS_MAX,
} ShareMappingStatus;

extern const EnumNames share_mapping_status_names;

#define DEFAULT_SHARE_TYPE "default"

/* The longest tag that a virtio-fs device holds, in bytes. */
enum { SHARE_TAG_MAX = 36 };

typedef struct ShareType {
	const char *id;
	const char *name;
	const char *description;
	const char *extra_specs; /* JSON text map */
	bool is_public;
	int64_t created_us;
	int64_t updated_us;
} ShareType;

typedef struct Share {
	const char *id;
	const char *project_id;
	const char *user_id;
	const char *name;
	const char *description;
	int64_t size_gib;
	int status;       /* ShareStatus */
	int protocol;     /* ShareProtocol */
	int rules_status; /* ShareRulesStatus */
	const char *type_id;
	const char *snapshot_id; /* what it was made from, or NULL */
	const char *availability_zone;
	const char *metadata; /* JSON text map */
	const char *backend;  /* which backend holds it: "directory" */
	const char *host;     /* "host@backend#pool" */
	const char *mount_point_name;
	bool is_public;
	int64_t scheduled_us; /* soft-deleted: when it is deleted for good; 0: it is not */
	int64_t created_us;
	int64_t updated_us;
} Share;

/* Where a share can be mounted from. There are none before it is available. */
typedef struct ShareExport {
	const char *id;
	const char *share_id;
	const char *path; /* "host:/path" */
	bool preferred;
	bool admin_only;
	const char *metadata; /* JSON text map */
	int64_t created_us;
	int64_t updated_us;
} ShareExport;

/* An access rule. */
typedef struct ShareRule {
	const char *id;
	const char *share_id;
	int type;               /* ShareAccessType */
	const char *access_to;  /* as the user wrote it; networks are compared in canonical form */
	int level;              /* ShareAccessLevel */
	int state;              /* ShareRuleState */
	const char *access_key; /* what a cephx user proves himself with, or NULL */
	const char *metadata;   /* JSON text map */
	bool own;               /* made for share mappings; goes with the last of them */
	int64_t created_us;
	int64_t updated_us;
} ShareRule;

/* What keeps others from deleting or seeing something. */
typedef struct ResourceLock {
	const char *id;
	const char *project_id;
	const char *user_id;
	const char *resource_type; /* "share", "access_rule" */
	const char *resource_id;
	const char *action;  /* "delete", "show" */
	const char *context; /* "user", "admin", "service" */
	const char *reason;
	const char *rule_id; /* the access rule that it came with, and goes with; or NULL */
	int64_t created_us;
	int64_t updated_us;
} ResourceLock;

typedef struct ShareSnapshot {
	const char *id;
	const char *project_id;
	const char *user_id;
	const char *share_id;
	const char *name;
	const char *description;
	int status;           /* ShareSnapshotStatus */
	int64_t size_gib;     /* of the share when it was taken */
	const char *metadata; /* JSON text map */
	int64_t created_us;
	int64_t updated_us;
} ShareSnapshot;

/* A share that a server has. */
typedef struct ShareMapping {
	const char *id;
	const char *server_id;
	const char *share_id;
	const char *project_id;
	const char *user_id; /* on whose behalf the access was made */
	int status;          /* ShareMappingStatus */
	const char *tag;     /* by which the guest mounts it; one of a kind in its server */
	const char *export_path;
	const char *rule_id;       /* the access rule that lets this host in, or NULL */
	const char *mount_point;   /* what the user would like the guest to do with it, or NULL */
	const char *mount_options; /* likewise */
	bool readonly;
	bool connected; /* this host has been asked to connect it, and may have */
	int64_t created_us;
	int64_t updated_us;
} ShareMapping;
