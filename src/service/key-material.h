/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Public keys as users bring them, and pairs that are made for them. Pure but for random numbers;
 * thread-safe. Making a pair takes long (a tenth of a second and more): never on the writer.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/server.h"

typedef enum KeyOutcome { KEY_INVALID = 1 } KeyOutcome;

enum { KEY_FINGERPRINT_TEXT = 60 }; /* 20 bytes as pairs of digits */

/* What tells one key from another: MD5 of an SSH key, SHA-1 of a certificate. 0 or KEY_INVALID. */
_must_use_ int key_fingerprint(KeypairType type, const char *public_key,
			       char out[static KEY_FINGERPRINT_TEXT]);

typedef struct KeyMaterial {
	const char *public_key;
	const char *private_key; /* PEM */
} KeyMaterial;

/* A new RSA pair in the arena; for a certificate, the user whom it is to name. */
_must_use_ int key_generate(KeypairType type, const char *user_id, Arena *arena, KeyMaterial *ret,
			    Fault *f);
