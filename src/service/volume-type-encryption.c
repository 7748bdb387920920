/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How the volumes of a type would be encrypted: a record that is kept and shown, and that keeps
 * volumes from being made, because nothing here encrypts (service_type_may_make()).
 */
#include "service/priv.h"
#include "service/volume-type.h"

int service_find_type_encryption(Work *work, const char *type_id, TypeEncryption **ret, Fault *f)
{
	TypeEncryption *encryption = NULL;
	VolumeType *type;
	int r;

	r = service_find_volume_type(work, type_id, &type, f);
	if (r)
		return r;
	r = type_encryption_get(work->tx, work->arena, type->id, &encryption, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	*ret = encryption;
	return 0;
}

/* A type whose encryption may change: no volume relies on it. `verb` goes into the refusal. */
static int find_unused(Work *work, const char *type_id, const char *verb, VolumeType **ret,
		       Fault *f)
{
	bool used;
	int r;

	r = service_find_volume_type(work, type_id, ret, f);
	if (r)
		return r;
	r = volume_type_is_used(work->tx, (*ret)->id, &used, f);
	if (r)
		return r;
	if (used)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Cannot %s encryption specs. Volume type in use.", verb);
	return 0;
}

/* The encryption of such a type, which has to be there. */
static int find_to_change(Work *work, const char *type_id, const char *verb, TypeEncryption **ret,
			  Fault *f)
{
	VolumeType *type;
	int r;

	r = find_unused(work, type_id, verb, &type, f);
	if (r)
		return r;
	r = type_encryption_get(work->tx, work->arena, type->id, ret, f);
	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_NOT_THERE,
			   "Volume type encryption for type %s does not exist.", type->id);
}

static void apply(TypeEncryption *encryption, const EncryptionWish *wish)
{
	if (wish->provider)
		encryption->provider = wish->provider;
	if (wish->control_location)
		encryption->control_location = wish->control_location;
	if (wish->has_cipher)
		encryption->cipher = wish->cipher;
	if (wish->has_key_size)
		encryption->key_size = wish->key_size;
}

int service_create_type_encryption(Work *work, const char *type_id, const EncryptionWish *wish,
				   TypeEncryption **ret, Fault *f)
{
	TypeEncryption *encryption = ARENA_NEW(work->arena, TypeEncryption);
	VolumeType *type;
	int r;

	r = find_unused(work, type_id, "create", &type, f);
	if (r)
		return r;
	*encryption = (TypeEncryption){
		.id = type->id,
		.encryption_id = new_uuid(work->arena),
		.created_us = work->now_us,
	};
	apply(encryption, wish);
	r = type_encryption_insert(work->tx, encryption, f);
	if (r == RECORD_EXISTS)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Volume type encryption for type %s already exists.", type->id);
	if (r)
		return fault_unexpected(f, r);
	*ret = encryption;
	return 0;
}

int service_change_type_encryption(Work *work, const char *type_id, const EncryptionWish *wish,
				   Fault *f)
{
	TypeEncryption *encryption;
	int r;

	r = find_to_change(work, type_id, "update", &encryption, f);
	if (r)
		return r;
	apply(encryption, wish);
	encryption->updated_us = work->now_us;
	return fault_unexpected(f, type_encryption_update(work->tx, encryption, f));
}

int service_delete_type_encryption(Work *work, const char *type_id, Fault *f)
{
	TypeEncryption *encryption;
	int r;

	r = find_to_change(work, type_id, "delete", &encryption, f);
	if (r)
		return r;
	return fault_unexpected(f, type_encryption_delete(work->tx, encryption->id, f));
}
