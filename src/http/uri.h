/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Percent-encoding, read strictly: a wrong escape, a hidden NUL or text that is not UTF-8 is
 * refused, never repaired.
 */
#pragma once

#include "http/http.h"

typedef enum HttpUriPart {
	HTTP_URI_PATH,
	HTTP_URI_QUERY, /* '+' means a blank */
} HttpUriPart;

/* The decoded text in the arena, or NULL when it is ill-formed. */
char *http_uri_decode(Arena *arena, const char *text, size_t length, HttpUriPart part);

/* Whether a request may ask for this path: it begins with '/' and decodes to clean text. */
bool http_uri_path_valid(Arena *arena, const char *path);

/* "a=b&c" in order; false when a piece is ill-formed or there are too many. */
_must_use_ bool http_uri_query(Arena *arena, const char *text, HttpParam **ret, size_t *ret_count);
