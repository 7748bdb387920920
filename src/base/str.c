/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See str.h.
 */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/mem.h"

bool str_eq_nocase(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s && strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

static bool all_digits(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (*s < '0' || *s > '9')
			return false;
	return true;
}

bool str_parse_u64(const char *s, uint64_t *ret)
{
	unsigned long long v;

	if (!s || !all_digits(s))
		return false;
	errno = 0;
	v = strtoull(s, NULL, 10);
	if (errno)
		return false;
	*ret = v;
	return true;
}

bool str_parse_i64(const char *s, int64_t *ret)
{
	long long v;

	if (!s || !all_digits(*s == '-' ? s + 1 : s))
		return false;
	errno = 0;
	v = strtoll(s, NULL, 10);
	if (errno)
		return false;
	*ret = v;
	return true;
}

size_t str_utf8_length(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			n++;
	return n;
}

/* Bytes of the sequence that begins at p, or 0 when it is not well-formed. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = *p < 0x80 ? 1 : *p < 0xc0 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c;

	if (size <= 1)
		return size;
	if (*p > 0xf4 || size > n)
		return 0;
	c = *p & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < smallest[size] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : size;
}

bool str_utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	for (size_t i = 0, size; i < n; i += size) {
		size = utf8_sequence(p + i, n - i);
		if (size == 0)
			return false;
	}
	return true;
}

void str_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

void buf_done(Buf *buf)
{
	free(buf->data);
	*buf = (Buf){0};
}

/* Room for n more bytes and the NUL behind them. */
static void buf_reserve(Buf *buf, size_t n)
{
	size_t need = buf->length + n + 1;

	if (need <= buf->capacity)
		return;
	buf->capacity = MAX(need, MAX(buf->capacity * 2, (size_t)256));
	buf->data = mem_resize(buf->data, buf->capacity);
}

void buf_append(Buf *buf, const void *bytes, size_t n)
{
	buf_reserve(buf, n);
	memcpy(buf->data + buf->length, bytes, n);
	buf->length += n;
	buf->data[buf->length] = '\0';
}

void buf_add(Buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_add_char(Buf *buf, char c)
{
	buf_append(buf, &c, 1);
}

void buf_vprintf(Buf *buf, const char *format, va_list ap)
{
	size_t room = buf->capacity - buf->length;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(buf->data ? buf->data + buf->length : NULL, room, format, again);
	va_end(again);
	assert(n >= 0);
	if ((size_t)n >= room) {
		buf_reserve(buf, (size_t)n);
		(void)vsnprintf(buf->data + buf->length, (size_t)n + 1, format, ap); /* fits now */
	}
	buf->length += (size_t)n;
}

void buf_printf(Buf *buf, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_vprintf(buf, format, ap);
	va_end(ap);
}

char *buf_take(Buf *buf)
{
	char *text = buf->data ? buf->data : mem_strdup("");

	*buf = (Buf){0};
	return text;
}
