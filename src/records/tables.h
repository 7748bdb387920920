/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The nouns that are stored, each with its typed functions, and what does not fit the common form:
 * quotas, and the schema itself.
 */
#pragma once

#include "contract/store.h"
#include "model/identity.h"
#include "model/image.h"
#include "model/operation.h"
#include "model/server.h"
#include "model/share.h"
#include "model/volume.h"
#include "records/record.h"

DEFINE_RECORD(project, Project)
DEFINE_RECORD(user, User)
DEFINE_RECORD(assignment, Assignment)
DEFINE_RECORD(token, Token)
DEFINE_RECORD(app_credential, AppCredential)
DEFINE_RECORD(image, Image)
DEFINE_RECORD(flavor, Flavor)
DEFINE_RECORD(flavor_access, FlavorAccess)
DEFINE_RECORD(volume_type, VolumeType)
DEFINE_RECORD(volume, Volume)
DEFINE_RECORD(attachment, Attachment)
DEFINE_RECORD(snapshot, Snapshot)
DEFINE_RECORD(type_access, TypeAccess)
DEFINE_RECORD(type_encryption, TypeEncryption)
DEFINE_RECORD(default_type, DefaultType)
DEFINE_RECORD(qos_spec, QosSpec)
DEFINE_RECORD(transfer, Transfer)
DEFINE_RECORD(message, Message)
DEFINE_RECORD(service_state, ServiceState)
DEFINE_RECORD(keypair, Keypair)
DEFINE_RECORD(server, Server)
DEFINE_RECORD(local_disk, LocalDisk)
DEFINE_RECORD(server_file, ServerFile)
DEFINE_RECORD(server_group, ServerGroup)
DEFINE_RECORD(instance_action, InstanceAction)
DEFINE_RECORD(action_event, ActionEvent)
DEFINE_RECORD(share_type, ShareType)
DEFINE_RECORD(share, Share)
DEFINE_RECORD(share_export, ShareExport)
DEFINE_RECORD(share_rule, ShareRule)
DEFINE_RECORD(resource_lock, ResourceLock)
DEFINE_RECORD(share_snapshot, ShareSnapshot)
DEFINE_RECORD(share_mapping, ShareMapping)
DEFINE_RECORD(share_type_access, TypeAccess)
DEFINE_RECORD(operation, Operation)
DEFINE_RECORD(step, Step)

/* Attachments of a volume, or those that are devices of a server here, oldest first. */
_must_use_ int attachments_of_volume(Tx *tx, Arena *arena, const char *volume_id, Attachment ***ret,
				     size_t *ret_count, Fault *f);
_must_use_ int attachments_of_server(Tx *tx, Arena *arena, const char *server_id, Attachment ***ret,
				     size_t *ret_count, Fault *f);
/*
 * The attachment by which a server has a volume. RECORD_NOT_FOUND. Attachments that others make in
 * the name of a server have no mapping, and are no devices of it.
 */
_must_use_ int attachment_of(Tx *tx, Arena *arena, const char *server_id, const char *volume_id,
			     Attachment **ret, Fault *f);

/* Disks of a server that are no volumes, in their order; and away with their rows. */
_must_use_ int local_disks_of_server(Tx *tx, Arena *arena, const char *server_id, LocalDisk ***ret,
				     size_t *ret_count, Fault *f);
_must_use_ int local_disks_forget(Tx *tx, const char *server_id, Fault *f);

/* Files that a server's guest finds, in their order; and away with their rows. */
_must_use_ int server_files_of(Tx *tx, Arena *arena, const char *server_id, ServerFile ***ret,
			       size_t *ret_count, Fault *f);
_must_use_ int server_files_forget(Tx *tx, const char *server_id, Fault *f);

/* Snapshots of a volume, the oldest first. */
_must_use_ int snapshots_of_volume(Tx *tx, Arena *arena, const char *volume_id, Snapshot ***ret,
				   size_t *ret_count, Fault *f);

/* What belongs to a share, the oldest first. */
_must_use_ int share_exports_of(Tx *tx, Arena *arena, const char *share_id, ShareExport ***ret,
				size_t *ret_count, Fault *f);
_must_use_ int share_rules_of(Tx *tx, Arena *arena, const char *share_id, ShareRule ***ret,
			      size_t *ret_count, Fault *f);
_must_use_ int share_snapshots_of(Tx *tx, Arena *arena, const char *share_id, ShareSnapshot ***ret,
				  size_t *ret_count, Fault *f);
/* Locks on a share or on an access rule, the oldest first. */
_must_use_ int resource_locks_on(Tx *tx, Arena *arena, const char *resource_id, ResourceLock ***ret,
				 size_t *ret_count, Fault *f);
/* Which shares a server has, and which servers have a share; the oldest first. */
_must_use_ int share_mappings_of_server(Tx *tx, Arena *arena, const char *server_id,
					ShareMapping ***ret, size_t *ret_count, Fault *f);
_must_use_ int share_mappings_of_share(Tx *tx, Arena *arena, const char *share_id,
				       ShareMapping ***ret, size_t *ret_count, Fault *f);

/*
 * The lane of the newest operation on a volume or snapshot (`column`: "volume_id", "snapshot_id")
 * that is not over. RECORD_NOT_FOUND. Looks through all that are not over.
 */
_must_use_ int operation_lane_of(Tx *tx, Arena *arena, const char *column, const char *id,
				 const char **ret, Fault *f);

/* Events of an action but its newest one, in order. */
_must_use_ int action_events_before(Tx *tx, Arena *arena, const char *action_id, ActionEvent ***ret,
				    size_t *ret_count, Fault *f);
/* Add one to them that was over at a time. */
_must_use_ int action_event_add(Tx *tx, Arena *arena, const InstanceAction *action,
				const char *event, int64_t finished_us, Fault *f);
/*
 * What was running has gone well, and the next event of the action begins. An action that is gone,
 * or NULL, is fine.
 */
_must_use_ int action_event_next(Tx *tx, Arena *arena, const char *action_id, const char *event,
				 Fault *f);

/* Steps of an operation in order. */
_must_use_ int steps_of_operation(Tx *tx, Arena *arena, const char *operation_id, Step ***ret,
				  size_t *ret_count, Fault *f);

/*
 * Quotas. A resource is a name such as "volumes", "gigabytes", "instances". Usage is kept beside
 * the limit and changed in the transaction that makes or deletes the thing.
 */
typedef struct QuotaUsage {
	int64_t limit; /* -1: no limit; the default when the project has none of its own */
	int64_t used;
} QuotaUsage;

/* The limit of a resource where nobody set one, not even for all projects; -1: none. */
int64_t quota_default(const char *resource);

/* The class of all projects: its limits hold where a project has none of its own. */
#define QUOTA_CLASS_DEFAULT "default"

typedef enum QuotaOutcome { QUOTA_EXCEEDED = 1600 } QuotaOutcome;

_must_use_ int quota_get(Tx *tx, const char *project_id, const char *resource, QuotaUsage *ret,
			 Fault *f);

enum { QUOTAS_MAX = 8 };

/* The same for several resources, at most QUOTAS_MAX, in one look. */
_must_use_ int quotas_get(Tx *tx, const char *project_id, const char *const *resources,
			  size_t count, QuotaUsage *ret, Fault *f);
/* Add to the usage whatever the limit is, for who looks afterwards; and take from it. */
_must_use_ int quota_take(Tx *tx, const char *project_id, const char *resource, int64_t amount,
			  Fault *f);
_must_use_ int quota_give(Tx *tx, const char *project_id, const char *resource, int64_t amount,
			  Fault *f);
/*
 * Add to the usage, or take from it, never below 0. *ret is the usage afterwards. QUOTA_EXCEEDED
 * when it would be over: nothing was added, and *ret is the usage as it stands.
 */
_must_use_ int quota_add(Tx *tx, const char *project_id, const char *resource, int64_t amount,
			 QuotaUsage *ret, Fault *f);
/* limit -1: none; to go back to the default, quota_reset(). */
_must_use_ int quota_set(Tx *tx, const char *project_id, const char *resource, int64_t limit,
			 Fault *f);
_must_use_ int quota_reset(Tx *tx, const char *project_id, const char *resource, Fault *f);
/* Limits of a class; where it has none, those of the default class. */
_must_use_ int quota_class_get(Tx *tx, const char *name, const char *resource, int64_t *ret,
			       Fault *f);
_must_use_ int quota_class_set(Tx *tx, const char *name, const char *resource, int64_t limit,
			       Fault *f);
/* A resource that is no more: nobody has a limit of it, or uses it. */
_must_use_ int quota_forget(Tx *tx, const char *resource, Fault *f);

/* What a project has of one volume type. Snapshots count into the gigabytes. */
typedef struct TypeUsage {
	int64_t volumes;
	int64_t gigabytes;
	int64_t snapshots;
} TypeUsage;

/* Count it; the volume or snapshot `except_id` (or NULL) is left out. */
_must_use_ int volume_type_count(Tx *tx, const char *project_id, const char *type_id,
				 const char *except_id, TypeUsage *ret, Fault *f);
/* Whether there is a volume of the type. */
_must_use_ int volume_type_is_used(Tx *tx, const char *type_id, bool *ret, Fault *f);
/* The type has a new name: its volumes, which bear it, learn it. */
_must_use_ int volume_type_renamed(Tx *tx, const VolumeType *type, Fault *f);

/* The schema's history; store_migrate() runs it. */
extern const StoreMigration schema_migrations[];
extern const size_t schema_migration_count;
