/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Small helpers on strings, and Buf, a text that grows.
 */
#pragma once

#include <stdarg.h>

#include "base/macros.h"

static inline bool str_eq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static inline bool str_empty(const char *s)
{
	return !s || !*s;
}

bool str_eq_nocase(const char *a, const char *b);

/* The rest after the prefix, or NULL; NULL has no prefix. */
const char *str_after(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/*
 * A whole decimal number (optional '-' for i64), nothing before or after it.
 * Return false, and leave *ret alone, for anything else or out of range.
 */
_must_use_ bool str_parse_i64(const char *s, int64_t *ret);
_must_use_ bool str_parse_u64(const char *s, uint64_t *ret);

/* Characters (not bytes) of a valid UTF-8 text. */
size_t str_utf8_length(const char *s);

/* Whether n bytes are well-formed UTF-8: no overlong forms, surrogates or numbers past U+10FFFF. */
bool str_utf8_valid(const char *s, size_t n);

/* Lower-case hex of bytes; `out` holds 2 * n + 1. */
void str_hex(const uint8_t *bytes, size_t n, char *out);

typedef struct Buf Buf;
struct Buf {
	char *data; /* NUL-terminated once something was added; NULL before */
	size_t length;
	size_t capacity;
};

void buf_done(Buf *buf);
void buf_append(Buf *buf, const void *bytes, size_t n);
void buf_add(Buf *buf, const char *text);
void buf_add_char(Buf *buf, char c);
void buf_printf(Buf *buf, const char *format, ...) _printf_(2, 3);
void buf_vprintf(Buf *buf, const char *format, va_list ap) _printf_(2, 0);

/* The text ("" when empty); the caller frees it, the Buf is empty afterwards. */
char *buf_take(Buf *buf);

static inline const char *buf_text(const Buf *buf)
{
	return buf->data ? buf->data : "";
}
