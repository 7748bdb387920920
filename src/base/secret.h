/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Random secrets that are handed out once, and the hash that is all we keep of them. Not for
 * passwords that people choose: those need a slow hash.
 */
#pragma once

#include "base/macros.h"

enum {
	SECRET_BYTES_MAX = 64,
	SECRET_TEXT_MAX = 89, /* of 64 bytes, and the NUL */
	SECRET_HASH_TEXT = 65,
};

/* n random bytes as URL-safe base64 without padding. */
void secret_new(size_t n, char out[static SECRET_TEXT_MAX]);

/* Lower-case hex of the text's SHA-256. */
void secret_hash(const char *text, char out[static SECRET_HASH_TEXT]);

/* Lower-case hex of the text's HMAC-SHA256. */
void secret_hmac(const char *key, const char *text, char out[static SECRET_HASH_TEXT]);

/* Compare two texts in a time that depends on their lengths only. */
_must_use_ bool secret_equal(const char *a, const char *b);
