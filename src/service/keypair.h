/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Key pairs: they belong to users, not to projects, and are known by their names. A server keeps
 * a copy of the public key that it was made with.
 */
#pragma once

#include "model/server.h"
#include "records/record.h"
#include "service/service.h"

/* A user's key pair. REFUSAL_NO_KEYPAIR. */
_must_use_ int service_find_keypair(Work *work, const char *user_id, const char *name,
				    Keypair **ret, Fault *f);

typedef struct KeypairList {
	Keypair **keypairs;
	size_t count;
} KeypairList;

/* A page of a user's key pairs, by name; its marker is a name. RECORD_NO_MARKER. */
_must_use_ int service_list_keypairs(Work *work, const char *user_id, const RecordQuery *page,
				     KeypairList *ret, Fault *f);

typedef struct KeypairWish {
	const char *user_id;
	const char *name;
	KeypairType type;
	const char *public_key;
	bool any_name; /* names may hold '@' and '.' */
} KeypairWish;

/* REFUSAL_BAD_INPUT for name and key, REFUSAL_NAME_EXISTS, REFUSAL_QUOTA. */
_must_use_ int service_create_keypair(Work *work, const KeypairWish *wish, Keypair **ret, Fault *f);

/* REFUSAL_NO_KEYPAIR. */
_must_use_ int service_delete_keypair(Work *work, const char *user_id, const char *name, Fault *f);
