/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volume types: finding, choosing, making, changing, deleting; who may use a private one; how its
 * volumes would be encrypted; which one a project takes by default.
 *
 * A type that volumes have cannot change what it promises: its extra specs and its encryption stay
 * as they are.
 */
#pragma once

#include "model/volume.h"
#include "records/record.h"
#include "service/service.h"
#include "json/json.h"

/* The key and the value that make the volumes of a type attachable to several servers at once. */
#define MULTIATTACH_SPEC "multiattach"
#define SPEC_IS_TRUE "<is> True"

/*
 * A type by id, or NULL for the default one: the project's own, or the house's. Visible are public
 * types, those that the project was given access to, and to admins all.
 * REFUSAL_NO_VOLUME_TYPE (.id, or .value for a name).
 */
_must_use_ int service_find_volume_type(Work *work, const char *id, VolumeType **ret, Fault *f);
/* Likewise by id or by name. */
_must_use_ int service_choose_volume_type(Work *work, const char *id_or_name, VolumeType **ret,
					  Fault *f);
/* Of a query on types, leave what the caller may see when no admin. */
_must_use_ int service_where_types_visible(Work *work, RecordQuery *query, Fault *f);

/*
 * Whether volumes may be made with a type, or changed to it: nothing here can encrypt.
 * REFUSAL_BAD_INPUT.
 */
_must_use_ int service_type_may_make(Work *work, const VolumeType *type, Fault *f);
bool service_type_is_multiattach(Arena *arena, const VolumeType *type);

/* Make a type unless one of that name is there; for the start of the daemon. */
_must_use_ int service_seed_volume_type(Work *work, const char *name, const char *description,
					const JsonTextMap *extra_specs, Fault *f);

/* What to change; the rest stays. */
typedef struct VolumeTypeChange {
	const char *name;
	const char *description;
	bool has_description;
	bool is_public;
	bool has_is_public;
} VolumeTypeChange;

/* REFUSAL_VOLUME_CONFLICT: the name is taken. REFUSAL_BAD_INPUT: specs that exclude each other. */
_must_use_ int service_create_volume_type(Work *work, const VolumeTypeChange *wish,
					  const JsonTextMap *extra_specs, VolumeType **ret,
					  Fault *f);
/* REFUSAL_NO_VOLUME_TYPE, REFUSAL_VOLUME_CONFLICT. Volumes of the type learn a new name. */
_must_use_ int service_change_volume_type(Work *work, const char *id,
					  const VolumeTypeChange *change, VolumeType **ret,
					  Fault *f);
/* REFUSAL_NO_VOLUME_TYPE, REFUSAL_BAD_INPUT: in use, somebody's default, or the last one. */
_must_use_ int service_delete_volume_type(Work *work, const char *id, Fault *f);

/* Set some specs; others stay. REFUSAL_NO_VOLUME_TYPE, REFUSAL_BAD_INPUT (in use; exclusive). */
_must_use_ int service_merge_type_specs(Work *work, const char *id, const JsonTextMap *specs,
					Fault *f);
/* Likewise; REFUSAL_NOT_THERE: no such key. */
_must_use_ int service_delete_type_spec(Work *work, const char *id, const char *key, Fault *f);

/* Who has access to a private type. REFUSAL_NO_VOLUME_TYPE, REFUSAL_NOT_THERE: it is public. */
_must_use_ int service_list_type_access(Work *work, const char *id, TypeAccess ***ret,
					size_t *ret_count, Fault *f);
/* REFUSAL_BAD_INPUT: it is public. REFUSAL_VOLUME_CONFLICT, REFUSAL_NOT_THERE: so it is already. */
_must_use_ int service_grant_type(Work *work, const char *id, const char *project_id, Fault *f);
_must_use_ int service_revoke_type(Work *work, const char *id, const char *project_id, Fault *f);

/* What to say of encryption; the rest stays. */
typedef struct EncryptionWish {
	const char *provider;
	const char *cipher;
	const char *control_location;
	int64_t key_size;
	bool has_cipher;
	bool has_key_size;
} EncryptionWish;

/* *ret is NULL where there is none. REFUSAL_NO_VOLUME_TYPE. */
_must_use_ int service_find_type_encryption(Work *work, const char *type_id, TypeEncryption **ret,
					    Fault *f);
/* REFUSAL_NO_VOLUME_TYPE, REFUSAL_BAD_INPUT: there is one, or volumes have the type. */
_must_use_ int service_create_type_encryption(Work *work, const char *type_id,
					      const EncryptionWish *wish, TypeEncryption **ret,
					      Fault *f);
/* Likewise, and REFUSAL_NOT_THERE. */
_must_use_ int service_change_type_encryption(Work *work, const char *type_id,
					      const EncryptionWish *wish, Fault *f);
_must_use_ int service_delete_type_encryption(Work *work, const char *type_id, Fault *f);

/* A project's default type. REFUSAL_NOT_THERE: no such project, or it has none. */
_must_use_ int service_find_default_type(Work *work, const char *project_id, DefaultType **ret,
					 Fault *f);
/* Likewise; REFUSAL_BAD_INPUT: no such type. */
_must_use_ int service_set_default_type(Work *work, const char *project_id, const char *type,
					DefaultType **ret, Fault *f);
/* A project without one is fine. */
_must_use_ int service_unset_default_type(Work *work, const char *project_id, Fault *f);
