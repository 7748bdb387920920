/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Share types: finding, choosing, making, changing, deleting; who may use a private one.
 *
 * Extra specs are texts. A type always says whether its shares get servers of their own
 * (SHARE_TYPE_SERVERS), which nothing here can; the other ones are promises to those who ask.
 */
#pragma once

#include "model/share.h"
#include "model/volume.h"
#include "records/record.h"
#include "service/service.h"
#include "json/json.h"

#define SHARE_TYPE_SERVERS "driver_handles_share_servers"
#define SHARE_TYPE_SNAPSHOTS "snapshot_support"
#define SHARE_TYPE_FROM_SNAPSHOT "create_share_from_snapshot_support"
#define SHARE_TYPE_REVERT "revert_to_snapshot_support"
/* Bounds of the sizes of its shares, in GiB. */
#define SHARE_TYPE_MIN_SIZE "provisioning:min_share_size"
#define SHARE_TYPE_MAX_SIZE "provisioning:max_share_size"
#define SHARE_TYPE_MOUNT_SNAPSHOT "mount_snapshot_support"

/*
 * A type by id. Visible are public types, those that the project was given access to, and to
 * admins all. REFUSAL_NO_SHARE_TYPE (.id, or .value for a name).
 */
_must_use_ int service_find_share_type(Work *work, const char *id, ShareType **ret, Fault *f);
/* Likewise by id or by name; NULL: the default one. */
_must_use_ int service_choose_share_type(Work *work, const char *id_or_name, ShareType **ret,
					 Fault *f);
/* Of a query on types, leave what the caller may see when no admin. */
_must_use_ int service_where_share_types_visible(Work *work, RecordQuery *query, Fault *f);
bool share_type_is_default(const Work *work, const ShareType *type);

/* Whether a type says "True" of a spec, in any of the ways to write that. */
bool share_type_can(Arena *arena, const ShareType *type, const char *spec);

/* Make a type unless one of that name is there; for the start of the daemon. */
_must_use_ int service_seed_share_type(Work *work, const char *name, const char *description,
				       const JsonTextMap *extra_specs, Fault *f);

/* What to change; the rest stays. */
typedef struct ShareTypeChange {
	const char *name;
	const char *description;
	bool has_description;
	bool is_public;
	bool has_is_public;
} ShareTypeChange;

/* REFUSAL_SHARE_CONFLICT: the name is taken. REFUSAL_BAD_INPUT: the specs. */
_must_use_ int service_create_share_type(Work *work, const ShareTypeChange *wish,
					 const JsonTextMap *extra_specs, ShareType **ret, Fault *f);
/* REFUSAL_NO_SHARE_TYPE, REFUSAL_SHARE_CONFLICT. */
_must_use_ int service_change_share_type(Work *work, const char *id, const ShareTypeChange *change,
					 ShareType **ret, Fault *f);
/* REFUSAL_NO_SHARE_TYPE, REFUSAL_BAD_INPUT: shares have it. */
_must_use_ int service_delete_share_type(Work *work, const char *id, Fault *f);

/* Set some specs; others stay. REFUSAL_NO_SHARE_TYPE, REFUSAL_BAD_INPUT. */
_must_use_ int service_merge_share_type_specs(Work *work, const char *id, const JsonTextMap *specs,
					      Fault *f);
/* Likewise; REFUSAL_NOT_THERE: no such key. REFUSAL_SHARE_FORBIDDEN: it has to stay. */
_must_use_ int service_delete_share_type_spec(Work *work, const char *id, const char *key,
					      Fault *f);

/* Who has access to a private type. REFUSAL_NO_SHARE_TYPE, REFUSAL_NOT_THERE: it is public. */
_must_use_ int service_list_share_type_access(Work *work, const char *id, TypeAccess ***ret,
					      size_t *ret_count, Fault *f);
/* REFUSAL_SHARE_CONFLICT: it is public, or so it is already. REFUSAL_NOT_THERE. */
_must_use_ int service_grant_share_type(Work *work, const char *id, const char *project_id,
					Fault *f);
_must_use_ int service_revoke_share_type(Work *work, const char *id, const char *project_id,
					 Fault *f);
