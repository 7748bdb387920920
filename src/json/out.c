/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The append-only writer. A text is copied in runs of plain bytes; only quotes, backslashes,
 * controls and bytes that are not UTF-8 (shown as U+FFFD) are handled one by one, so what comes
 * out is always valid JSON. Nothing is allocated but the growing buffer.
 */
#include "json/out.h"

#include <math.h>

/* What a byte of a text needs. */
enum { PLAIN, ESCAPED, MULTIBYTE };

static const uint8_t byte_kinds[256] = {
	[0x00 ... 0x1f] = ESCAPED,
	['"'] = ESCAPED,
	['\\'] = ESCAPED,
	[0x80 ... 0xff] = MULTIBYTE,
};

void json_out_done(JsonOut *out)
{
	buf_done(&out->buf);
	*out = (JsonOut){0};
}

static void put_escaped(Buf *buf, unsigned char c)
{
	static const char shorts[256] = {
		['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
	};

	if (shorts[c])
		buf_append(buf, (char[]){'\\', shorts[c]}, 2);
	else
		buf_printf(buf, "\\u%04x", c);
}

/* Bytes of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7), or 0. */
static size_t sequence_length(const unsigned char *p)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void put_text(Buf *buf, const char *text)
{
	const unsigned char *p = (const unsigned char *)text, *run = p;

	buf_add_char(buf, '"');
	for (;;) {
		size_t n;

		while (byte_kinds[*p] == PLAIN)
			p++;
		n = byte_kinds[*p] == MULTIBYTE ? sequence_length(p) : 0;
		if (n) {
			p += n;
			continue;
		}
		buf_append(buf, run, (size_t)(p - run));
		if (!*p)
			break;
		if (byte_kinds[*p] == ESCAPED)
			put_escaped(buf, *p);
		else
			buf_append(buf, "\xef\xbf\xbd", 3);
		run = ++p;
	}
	buf_add_char(buf, '"');
}

/* What stands before a value: a comma when one is due, and the key. */
static void put_key(JsonOut *out, const char *key)
{
	if (out->filled[out->depth])
		buf_add_char(&out->buf, ',');
	out->filled[out->depth] = true;
	if (key) {
		put_text(&out->buf, key);
		buf_add_char(&out->buf, ':');
	}
}

static void put_open(JsonOut *out, const char *key, char bracket)
{
	put_key(out, key);
	buf_add_char(&out->buf, bracket);
	assert(out->depth + 1 < JSON_OUT_DEPTH);
	out->filled[++out->depth] = false;
}

static void put_close(JsonOut *out, char bracket)
{
	assert(out->depth > 0);
	out->depth--;
	buf_add_char(&out->buf, bracket);
}

void json_out_begin(JsonOut *out, const char *key)
{
	put_open(out, key, '{');
}

void json_out_end(JsonOut *out)
{
	put_close(out, '}');
}

void json_out_list_begin(JsonOut *out, const char *key)
{
	put_open(out, key, '[');
}

void json_out_list_end(JsonOut *out)
{
	put_close(out, ']');
}

void json_out_raw(JsonOut *out, const char *key, const char *json)
{
	put_key(out, key);
	buf_add(&out->buf, json);
}

void json_out_null(JsonOut *out, const char *key)
{
	json_out_raw(out, key, "null");
}

void json_out_text(JsonOut *out, const char *key, const char *text)
{
	if (!text) {
		json_out_null(out, key);
		return;
	}
	put_key(out, key);
	put_text(&out->buf, text);
}

void json_out_int(JsonOut *out, const char *key, int64_t value)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%lld", (long long)value); /* fits */
	json_out_raw(out, key, digits);
}

void json_out_real(JsonOut *out, const char *key, double value)
{
	char digits[40];

	assert(isfinite(value)); /* JSON has no word for the others */
	(void)snprintf(digits, sizeof(digits), "%.15g", value);
	if (strtod(digits, NULL) != value)
		(void)snprintf(digits, sizeof(digits), "%.17g", value);
	put_key(out, key);
	buf_add(&out->buf, digits);
	if (!strpbrk(digits, ".e"))
		buf_add(&out->buf, ".0");
}

void json_out_bool(JsonOut *out, const char *key, bool value)
{
	json_out_raw(out, key, value ? "true" : "false");
}

void json_out_date(JsonOut *out, const char *key, int64_t us, ClockFormat format)
{
	char text[CLOCK_TEXT_MAX];

	json_out_text(out, key, us ? clock_format(us, format, text) : NULL);
}

void json_out_printf(JsonOut *out, const char *key, const char *format, ...)
{
	_cleanup_(buf_done) Buf text = {0};
	char small[256]; /* links fit; what does not is printed again */
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(small, sizeof(small), format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		json_out_text(out, key, small);
		return;
	}
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	json_out_text(out, key, buf_text(&text));
}

char *json_out_take(JsonOut *out, size_t *ret_length)
{
	size_t length = out->buf.length;
	char *text;

	assert(out->depth == 0);
	text = buf_take(&out->buf);
	*out = (JsonOut){0};
	if (ret_length)
		*ret_length = length;
	return text;
}

/* What was written, copied into an arena. */
static const char *copy_out(Arena *arena, JsonOut *out)
{
	const char *copy = arena_strndup(arena, out->buf.data, out->buf.length);

	json_out_done(out);
	return copy;
}

const char *json_print_text_map(Arena *arena, const JsonTextMap *map)
{
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	for (size_t i = 0; i < map->count; i++)
		json_out_text(&out, map->pairs[i].key, map->pairs[i].value);
	json_out_end(&out);
	return copy_out(arena, &out);
}

const char *json_print_text_list(Arena *arena, const char *const *texts, size_t count)
{
	JsonOut out = {0};

	json_out_list_begin(&out, NULL);
	for (size_t i = 0; i < count; i++)
		json_out_text(&out, NULL, texts[i]);
	json_out_list_end(&out);
	return copy_out(arena, &out);
}
