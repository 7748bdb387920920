/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Values as text: compact JSON, and the Python spelling in which schema validators quote values.
 */
#include "base/str.h"
#include "json/priv.h"

enum { PYTHON_BYTES_MAX = 1024 };

/* The longest prefix of at most max bytes that ends between characters. */
static size_t cut_length(const char *text, size_t length, size_t max)
{
	if (length <= max)
		return length;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static int append(const char *bytes, size_t size, void *data)
{
	buf_append(data, bytes, size);
	return 0;
}

static char *render(Arena *arena, const json_t *value, size_t max, size_t flags)
{
	_cleanup_(buf_done) Buf out = {0};
	int r;

	r = json_dump_callback(value, append, &out, JSON_COMPACT | JSON_ENCODE_ANY | flags);
	assert(r == 0); /* a parsed document can always be printed */
	(void)r;        /* unused with NDEBUG */
	return arena_strndup(arena, buf_text(&out),
			     max ? cut_length(out.data, out.length, max) : out.length);
}

char *json_render(Arena *arena, const json_t *value, size_t max)
{
	return render(arena, value, max, 0);
}

char *json_render_sorted(Arena *arena, const json_t *value)
{
	return render(arena, value, 0, JSON_SORT_KEYS);
}

static void python_text(Buf *out, const char *text)
{
	char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';

	buf_add_char(out, quote);
	for (const char *p = text; *p && out->length <= PYTHON_BYTES_MAX; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '\n')
			buf_add(out, "\\n");
		else if (c == '\r')
			buf_add(out, "\\r");
		else if (c == '\t')
			buf_add(out, "\\t");
		else if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else if (c == '\\' || c == (unsigned char)quote)
			buf_printf(out, "\\%c", c);
		else
			buf_add_char(out, *p);
	}
	buf_add_char(out, quote);
}

/* The shortest decimal that reads back as the same number. */
static void python_real(Buf *out, double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, value); /* fits */
		if (strtod(text, NULL) == value)
			break;
	}
	buf_add(out, text);
	if (!strpbrk(text, ".e"))
		buf_add(out, ".0");
}

static void python_value(Buf *out, const json_t *value);

static void python_object(Buf *out, const json_t *value)
{
	json_t *members = (json_t *)(uintptr_t)value; /* iterating takes no const */
	const char *separator = "";

	buf_add_char(out, '{');
	for (void *it = json_object_iter(members); it && out->length <= PYTHON_BYTES_MAX;
	     it = json_object_iter_next(members, it)) {
		buf_add(out, separator);
		python_text(out, json_object_iter_key(it));
		buf_add(out, ": ");
		python_value(out, json_object_iter_value(it));
		separator = ", ";
	}
	buf_add_char(out, '}');
}

static void python_list(Buf *out, const json_t *value)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < json_array_size(value) && out->length <= PYTHON_BYTES_MAX; i++) {
		buf_add(out, i ? ", " : "");
		python_value(out, json_array_get(value, i));
	}
	buf_add_char(out, ']');
}

static void python_value(Buf *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		buf_add(out, "None");
		break;
	case JSON_TRUE:
		buf_add(out, "True");
		break;
	case JSON_FALSE:
		buf_add(out, "False");
		break;
	case JSON_INTEGER:
		buf_printf(out, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		python_real(out, json_real_value(value));
		break;
	case JSON_STRING:
		python_text(out, json_string_value(value));
		break;
	case JSON_ARRAY:
		python_list(out, value);
		break;
	case JANSSON_OBJECT:
		python_object(out, value);
		break;
	}
}

static char *python_copy(Arena *arena, const Buf *out)
{
	return arena_strndup(arena, out->data,
			     cut_length(out->data, out->length, PYTHON_BYTES_MAX));
}

char *json_render_python(Arena *arena, const json_t *value)
{
	_cleanup_(buf_done) Buf out = {0};

	python_value(&out, value);
	return python_copy(arena, &out);
}

char *json_render_python_text(Arena *arena, const char *text)
{
	_cleanup_(buf_done) Buf out = {0};

	python_text(&out, text);
	return python_copy(arena, &out);
}
