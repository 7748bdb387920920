/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See uri.h.
 */
#include "http/uri.h"

#include "base/limits.h"
#include "base/str.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte behind "%xx", or -1; `left` counts the bytes behind the percent sign. */
static int escaped_byte(const char *digits, size_t left)
{
	int high, low;

	if (left < 2)
		return -1;
	high = hex_value(digits[0]);
	low = hex_value(digits[1]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

char *http_uri_decode(Arena *arena, const char *text, size_t length, HttpUriPart part)
{
	char *out = arena_alloc(arena, length + 1);
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		int c = (unsigned char)text[i];

		if (c == '%') {
			c = escaped_byte(text + i + 1, length - i - 1);
			if (c <= 0)
				return NULL;
			i += 2;
		} else if (c == '+' && part == HTTP_URI_QUERY) {
			c = ' ';
		} else if (c < ' ' || c == 0x7f) {
			return NULL;
		}
		out[n++] = (char)c;
	}
	return str_utf8_valid(out, n) ? out : NULL;
}

bool http_uri_path_valid(Arena *arena, const char *path)
{
	size_t length = strlen(path);

	return *path == '/' && http_uri_decode(arena, path, length, HTTP_URI_PATH);
}

bool http_uri_query(Arena *arena, const char *text, HttpParam **ret, size_t *ret_count)
{
	HttpParam *params = ARENA_ARRAY(arena, HttpParam, LIMIT_HTTP_QUERY_PARAMS);
	size_t count = 0, length, name;

	for (const char *p = text; *p; p += length + (p[length] == '&')) {
		length = strcspn(p, "&");
		if (length == 0)
			continue;
		if (count == LIMIT_HTTP_QUERY_PARAMS)
			return false;
		name = MIN(strcspn(p, "="), length);
		params[count].name = http_uri_decode(arena, p, name, HTTP_URI_QUERY);
		params[count].value = "";
		if (name < length)
			params[count].value = http_uri_decode(arena, p + name + 1,
							      length - name - 1, HTTP_URI_QUERY);
		if (!params[count].name || !params[count].value)
			return false;
		count++;
	}
	*ret = params;
	*ret_count = count;
	return true;
}

const char *http_decode(Arena *arena, const char *text)
{
	return http_uri_decode(arena, text, strlen(text), HTTP_URI_PATH);
}

const char *http_encode(Arena *arena, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_alloc(arena, 3 * strlen(text) + 1), *p = out;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr(plain, c)) {
			*p++ = *text;
			continue;
		}
		*p++ = '%';
		*p++ = digits[c >> 4];
		*p++ = digits[c & 15];
	}
	return out;
}
