/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A parsed object into a struct, by a table. Problems are looked for in the order in which the
 * usual validators look: the values of the members in the table's order, then what is missing,
 * then what is unknown; the first one ends the work.
 */
#include "base/str.h"
#include "json/priv.h"

enum { PROBLEM_VALUE_BYTES = 200 };

/* Where a value stands: a member's name, or an index in a list; the outermost object has neither.
 */
typedef struct Place Place;
struct Place {
	const Place *parent;
	const char *name;
	size_t index;
};

typedef struct Decoder {
	Arena *arena;
	int version;
	JsonProblem *problem;
} Decoder;

/* A member on its way: the row, the value found, where it stands and where it goes. */
typedef struct Member {
	const JsonField *field;
	const json_t *value;
	const Place *at;
	void *slot;
} Member;

typedef struct Reader {
	int (*read)(Decoder *d, const Member *m);
	size_t size;       /* of the slot */
	const char *types; /* as validators list them */
} Reader;

static const Reader readers[];

static int decode_object(Decoder *d, const Place *at, const json_t *object,
			 const JsonFields *fields, void *into);

static const char *place_path(Arena *arena, const Place *at)
{
	const char *above;

	if (!at->parent)
		return "";
	above = place_path(arena, at->parent);
	if (at->name)
		return arena_printf(arena, "%s%s%s", above, *above ? "." : "", at->name);
	return arena_printf(arena, "%s%s%zu", above, *above ? "." : "", at->index);
}

static const char *place_field(const Place *at)
{
	while (at->parent && !at->name)
		at = at->parent;
	return at->name ? at->name : "";
}

static int refuse(Decoder *d, const Place *at, const json_t *value, const char *reason)
{
	*d->problem = (JsonProblem){
		.path = place_path(d->arena, at),
		.field = arena_strdup(d->arena, place_field(at)),
		.value = json_render(d->arena, value, PROBLEM_VALUE_BYTES),
		.reason = reason,
		.top_level = !at->parent,
	};
	return JSON_INVALID;
}

/* "<value> <complaint>" */
static int refuse_value(Decoder *d, const Member *m, const char *complaint)
{
	return refuse(
		d, m->at, m->value,
		arena_printf(d->arena, "%s %s", json_render_python(d->arena, m->value), complaint));
}

static int refuse_type(Decoder *d, const Member *m)
{
	bool nullable = m->field->flags & JSON_NULLABLE;

	return refuse_value(d, m,
			    arena_printf(d->arena, "is not of type %s%s",
					 readers[m->field->type].types,
					 nullable ? ", 'null'" : ""));
}

static int refuse_choice(Decoder *d, const Member *m, const char *choices)
{
	return refuse_value(d, m, arena_printf(d->arena, "is not one of [%s]", choices));
}

static int check_choice(Decoder *d, const Member *m, const char *text)
{
	_cleanup_(buf_done) Buf list = {0};

	for (const char *const *choice = m->field->choices; *choice; choice++) {
		if (str_eq(*choice, text))
			return 0;
		buf_printf(&list, "%s%s", list.length ? ", " : "",
			   json_render_python_text(d->arena, *choice));
	}
	return refuse_choice(d, m, buf_text(&list));
}

/* Length, choices and format of a text; leaves the form to store in the slot. */
static int store_text(Decoder *d, const Member *m, const char *text)
{
	const JsonField *field = m->field;
	int64_t length = (int64_t)str_utf8_length(text);
	const char *stored;
	int r;

	if (length < field->min)
		return refuse_value(d, m, "is too short");
	if (field->max && length > field->max)
		return refuse_value(d, m, "is too long");
	if (field->choices) {
		r = check_choice(d, m, text);
		if (r)
			return r;
	}
	stored = json_format_check(d->arena, field->format, text);
	if (!stored)
		return refuse(d, m->at, m->value,
			      json_format_complaint(d->arena, field->format,
						    json_render_python(d->arena, m->value)));
	*(const char **)m->slot = stored == text ? arena_strdup(d->arena, text) : stored;
	return 0;
}

static int read_text(Decoder *d, const Member *m)
{
	if (!json_is_string(m->value))
		return refuse_type(d, m);
	return store_text(d, m, json_string_value(m->value));
}

static int read_text_loose(Decoder *d, const Member *m)
{
	if (json_is_integer(m->value))
		return store_text(
			d, m,
			arena_printf(d->arena, "%lld", (long long)json_integer_value(m->value)));
	return read_text(d, m);
}

static int store_int(Decoder *d, const Member *m, int64_t value)
{
	const JsonField *field = m->field;
	const char *limit = NULL;

	if (value < field->min)
		limit = arena_printf(d->arena, "less than the minimum of %lld",
				     (long long)field->min);
	else if (field->max && value > field->max)
		limit = arena_printf(d->arena, "greater than the maximum of %lld",
				     (long long)field->max);
	if (limit)
		return refuse(d, m->at, m->value,
			      arena_printf(d->arena, "%lld is %s", (long long)value, limit));
	*(int64_t *)m->slot = value;
	return 0;
}

static int read_int(Decoder *d, const Member *m)
{
	if (!json_is_integer(m->value))
		return refuse_type(d, m);
	return store_int(d, m, json_integer_value(m->value));
}

static int read_int_loose(Decoder *d, const Member *m)
{
	const char *text = json_string_value(m->value);
	int64_t value;

	if (!text)
		return read_int(d, m);
	if (!*text)
		return refuse_value(d, m, "is too short");
	if (text[strspn(text, "0123456789")] && !(m->field->min < 0 && *text == '-' && text[1] &&
						  !text[1 + strspn(text + 1, "0123456789")]))
		return refuse_value(d, m,
				    m->field->min < 0 ? "does not match '^-?[0-9]+$'"
						      : "does not match '^[0-9]*$'");
	if (!str_parse_i64(text, &value))
		return refuse_value(d, m,
				    arena_printf(d->arena, "is %s",
						 *text == '-' ? "less than the minimum"
							      : "greater than the maximum"));
	return store_int(d, m, value);
}

static int read_bool(Decoder *d, const Member *m)
{
	if (!json_is_boolean(m->value))
		return refuse_type(d, m);
	*(bool *)m->slot = json_is_true(m->value);
	return 0;
}

/* The words that count as true or false; the single letters only where the row allows them. */
static const struct {
	const char *word;
	bool value;
	bool letter;
} bool_words[] = {
	{"True", true, false},   {"TRUE", true, false},   {"true", true, false},
	{"1", true, false},      {"ON", true, false},     {"On", true, false},
	{"on", true, false},     {"YES", true, false},    {"Yes", true, false},
	{"yes", true, false},    {"y", true, true},       {"t", true, true},
	{"False", false, false}, {"FALSE", false, false}, {"false", false, false},
	{"0", false, false},     {"OFF", false, false},   {"Off", false, false},
	{"off", false, false},   {"NO", false, false},    {"No", false, false},
	{"no", false, false},    {"n", false, true},      {"f", false, true},
};

static int read_bool_loose(Decoder *d, const Member *m)
{
	_cleanup_(buf_done) Buf list = {0};
	bool letters = m->field->flags & JSON_LETTERS;
	const char *text = json_string_value(m->value);
	bool before = false;

	if (!text)
		return read_bool(d, m);
	for (size_t i = 0; i < ARRAY_SIZE(bool_words); i++) {
		if (bool_words[i].letter && !letters)
			continue;
		if (str_eq(text, bool_words[i].word)) {
			*(bool *)m->slot = bool_words[i].value;
			return 0;
		}
		if (bool_words[i].value != before)
			buf_printf(&list, "%s%s", list.length ? ", " : "",
				   bool_words[i].value ? "True" : "False");
		before = bool_words[i].value;
		buf_printf(&list, ", '%s'", bool_words[i].word);
	}
	return refuse_choice(d, m, buf_text(&list));
}

static int read_object(Decoder *d, const Member *m)
{
	void *object;

	if (!jansson_is_object(m->value))
		return refuse_type(d, m);
	object = arena_alloc(d->arena, m->field->fields->size);
	*(void **)m->slot = object;
	return decode_object(d, m->at, m->value, m->field->fields, object);
}

/* The row by which the items of a list are read. */
static JsonField item_field(const JsonField *list)
{
	return (JsonField){
		.type = list->item,
		.format = list->format,
		.choices = list->choices,
		.fields = list->fields,
		.min = list->item == JSON_INT ? INT64_MIN : list->value_max > 0,
		.max = list->value_max,
	};
}

static int read_list(Decoder *d, const Member *m)
{
	const JsonField item = item_field(m->field);
	bool structs = item.type == JSON_OBJECT;
	size_t size = structs ? item.fields->size : readers[item.type].size;
	size_t count = json_array_size(m->value);
	char *items;

	if (!json_is_array(m->value))
		return refuse_type(d, m);
	if ((int64_t)count < m->field->min)
		return refuse_value(d, m, "is too short");
	if (m->field->max && (int64_t)count > m->field->max)
		return refuse_value(d, m, "is too long");

	items = arena_alloc(d->arena, count * size);
	for (size_t i = 0; i < count; i++) {
		const Place at = {.parent = m->at, .index = i};
		void *object;
		const Member one = {
			.field = &item,
			.value = json_array_get(m->value, i),
			.at = &at,
			.slot = structs ? (void *)&object : items + i * size,
		};
		int r = readers[item.type].read(d, &one);

		if (r)
			return r;
		if (structs)
			memcpy(items + i * size, object, size);
	}
	*(JsonList *)m->slot = (JsonList){.items = items, .count = count};
	return 0;
}

/* One key of a text map. */
static int read_pair(Decoder *d, const Member *m, const char *key, JsonPair *ret)
{
	const JsonField text = {.type = JSON_TEXT, .max = m->field->value_max};
	const json_t *value = json_object_get(m->value, key);
	const Place at = {.parent = m->at, .name = key};
	const Member one = {.field = &text, .value = value, .at = &at, .slot = &ret->value};

	if (!json_format_check(d->arena, m->field->format, key))
		return refuse(d, m->at, m->value,
			      arena_printf(d->arena, "%s does not match any of the regexes: '%s'",
					   json_render_python_text(d->arena, key),
					   json_format_pattern(m->field->format)));
	ret->key = arena_strdup(d->arena, key);
	if (m->field->flags & JSON_BOOLEANS && json_is_boolean(value)) {
		ret->value = json_is_true(value) ? "True" : "False";
		return 0;
	}
	return read_text(d, &one);
}

static int read_text_map(Decoder *d, const Member *m)
{
	json_t *object = (json_t *)(uintptr_t)m->value; /* iterating takes no const */
	size_t count = json_object_size(object), n = 0;
	JsonPair *pairs;

	if (!jansson_is_object(object))
		return refuse_type(d, m);
	if ((int64_t)count < m->field->min)
		return refuse_value(d, m, "does not have enough properties");
	if (m->field->max && (int64_t)count > m->field->max)
		return refuse_value(d, m, "has too many properties");

	pairs = ARENA_ARRAY(d->arena, JsonPair, count);
	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		int r = read_pair(d, m, json_object_iter_key(it), &pairs[n++]);

		if (r)
			return r;
	}
	*(JsonTextMap *)m->slot = (JsonTextMap){.pairs = pairs, .count = count};
	return 0;
}

static int read_any(Decoder *d, const Member *m)
{
	*(const char **)m->slot = json_render(d->arena, m->value, 0);
	return 0;
}

static const Reader readers[] = {
	[JSON_TEXT] = {read_text, sizeof(char *), "'string'"},
	[JSON_INT] = {read_int, sizeof(int64_t), "'integer'"},
	[JSON_INT_LOOSE] = {read_int_loose, sizeof(int64_t), "'integer', 'string'"},
	[JSON_BOOL] = {read_bool, sizeof(bool), "'boolean'"},
	[JSON_BOOL_LOOSE] = {read_bool_loose, sizeof(bool), "'boolean', 'string'"},
	[JSON_TEXT_LOOSE] = {read_text_loose, sizeof(char *), "'string', 'integer'"},
	[JSON_OBJECT] = {read_object, sizeof(void *), "'object'"},
	[JSON_LIST] = {read_list, sizeof(JsonList), "'array'"},
	[JSON_TEXT_MAP] = {read_text_map, sizeof(JsonTextMap), "'object'"},
	[JSON_ANY] = {read_any, sizeof(char *), "'object'"},
};
static_assert(ARRAY_SIZE(readers) == _JSON_TYPE_MAX, "a row for every type");

static bool field_exists(const Decoder *d, const JsonField *field)
{
	return (!field->since || d->version >= field->since) &&
	       (!field->until || d->version <= field->until);
}

static int decode_member(Decoder *d, const Place *parent, const json_t *value,
			 const JsonField *field, void *into)
{
	const Place at = {.parent = parent, .name = field->name};
	const Member m = {
		.field = field,
		.value = value,
		.at = &at,
		.slot = (char *)into + field->offset,
	};

	if (field->present)
		*((bool *)into + field->present - 1) = true;
	if (json_is_null(value) && (field->flags & JSON_NULLABLE))
		return 0;
	return readers[field->type].read(d, &m);
}

static int check_missing(Decoder *d, const Place *at, const json_t *object,
			 const JsonFields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		const JsonField *field = &fields->rows[i];

		if (!(field->flags & JSON_REQUIRED) || !field_exists(d, field) ||
		    json_object_get(object, field->name))
			continue;
		return refuse(d, at, object,
			      arena_printf(d->arena, "'%s' is a required property", field->name));
	}
	return 0;
}

static bool is_known(const Decoder *d, const JsonFields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (str_eq(fields->rows[i].name, name) && field_exists(d, &fields->rows[i]))
			return true;
	return false;
}

static int check_unknown(Decoder *d, const Place *at, const json_t *object,
			 const JsonFields *fields)
{
	json_t *members = (json_t *)(uintptr_t)object; /* iterating takes no const */
	_cleanup_(buf_done) Buf names = {0};
	size_t unknown = 0;

	for (void *it = json_object_iter(members); it; it = json_object_iter_next(members, it)) {
		const char *name = json_object_iter_key(it);

		if (is_known(d, fields, name))
			continue;
		buf_printf(&names, "%s%s", unknown++ ? ", " : "",
			   json_render_python_text(d->arena, name));
	}
	if (unknown == 0)
		return 0;
	return refuse(d, at, object,
		      arena_printf(d->arena,
				   "Additional properties are not allowed (%s %s unexpected)",
				   names.data, unknown == 1 ? "was" : "were"));
}

static int decode_object(Decoder *d, const Place *at, const json_t *object,
			 const JsonFields *fields, void *into)
{
	int r;

	for (size_t i = 0; i < fields->count; i++) {
		const JsonField *field = &fields->rows[i];
		const json_t *value = json_object_get(object, field->name);

		if (!value || !field_exists(d, field))
			continue;
		r = decode_member(d, at, value, field, into);
		if (r)
			return r;
	}
	r = check_missing(d, at, object, fields);
	if (r || (fields->open && (!fields->open_until || d->version <= fields->open_until)))
		return r;
	return check_unknown(d, at, object, fields);
}

int json_decode(Arena *arena, const JsonDoc *doc, const JsonFields *fields, int version, void **ret,
		JsonProblem *ret_problem)
{
	Decoder d = {.arena = arena, .version = version, .problem = ret_problem};
	const JsonField top = {.type = JSON_OBJECT, .fields = fields};
	const Place at = {0};
	void *object = NULL;
	const Member m = {.field = &top, .value = doc->root, .at = &at, .slot = &object};
	int r;

	r = read_object(&d, &m);
	if (r)
		return r;
	*ret = object;
	return 0;
}
