/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Universally unique identifiers as text, and the other random identifiers Cleat hands out.
 */
#pragma once

#include "base/macros.h"

enum {
	UUID_TEXT = 37, /* 36 characters and the NUL */
	HEX_ID_TEXT = 33,
};

/* A new random UUID, lower case with hyphens. */
void uuid_new(char out[static UUID_TEXT]);

/* The same UUID whenever the text is the same (RFC 4122, version 5, in a name space of ours). */
void uuid_of_text(const char *text, char out[static UUID_TEXT]);

/* 32 random hex digits: the form identity objects use. */
void uuid_new_hex(char out[static HEX_ID_TEXT]);

/*
 * The canonical form of what users may write: any case, with or without hyphens, in braces or
 * behind "urn:uuid:". False when it is not a UUID.
 */
_must_use_ bool uuid_canonical(const char *text, char out[static UUID_TEXT]);

/* n bytes from the kernel's random source. */
void random_bytes(void *out, size_t n);
