/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Look-ups by path in documents that are answers, and the small texts of JSON that records keep.
 */
#include "base/mem.h"
#include "base/str.h"
#include "json/priv.h"

enum { PATH_PART_MAX = 256 };

/* The child of a value that a path part names: a member, or an item by number. */
static const json_t *child(const json_t *value, const char *part)
{
	uint64_t index;

	if (jansson_is_object(value))
		return json_object_get(value, part);
	if (json_is_array(value) && str_parse_u64(part, &index))
		return json_array_get(value, index);
	return NULL;
}

static const json_t *find(const JsonDoc *doc, const char *path)
{
	const json_t *value = doc->root;

	while (value && *path) {
		size_t length = strcspn(path, ".");
		char part[PATH_PART_MAX];

		if (length >= sizeof(part))
			return NULL;
		memcpy(part, path, length);
		part[length] = '\0';
		value = child(value, part);
		path += length + (path[length] == '.');
	}
	return value;
}

/* Iterator at the index-th member of an object, or NULL. */
static void *nth_member(json_t *object, size_t index)
{
	void *it = json_object_iter(object);

	while (it && index-- > 0)
		it = json_object_iter_next(object, it);
	return it;
}

bool json_is_object(const JsonDoc *doc)
{
	return jansson_is_object(doc->root);
}

size_t json_member_count(const JsonDoc *doc)
{
	return json_object_size(doc->root);
}

const char *json_member_name(Arena *arena, const JsonDoc *doc, size_t index)
{
	return json_get_name(arena, doc, "", index);
}

const char *json_member_text(Arena *arena, const JsonDoc *doc, size_t index)
{
	void *member = nth_member(doc->root, index);

	return member ? arena_strdup(arena, json_string_value(json_object_iter_value(member)))
		      : NULL;
}

const char *json_get_text(Arena *arena, const JsonDoc *doc, const char *path)
{
	return arena_strdup(arena, json_string_value(find(doc, path)));
}

int64_t json_get_int(const JsonDoc *doc, const char *path, int64_t fallback)
{
	const json_t *value = find(doc, path);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_get_bool(const JsonDoc *doc, const char *path, bool fallback)
{
	const json_t *value = find(doc, path);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

int64_t json_get_count(const JsonDoc *doc, const char *path)
{
	const json_t *value = find(doc, path);

	if (jansson_is_object(value))
		return (int64_t)json_object_size(value);
	return json_is_array(value) ? (int64_t)json_array_size(value) : -1;
}

const char *json_get_name(Arena *arena, const JsonDoc *doc, const char *path, size_t index)
{
	json_t *object = (json_t *)(uintptr_t)find(doc, path); /* iterating takes no const */
	void *member = nth_member(object, index);

	return member ? arena_strdup(arena, json_object_iter_key(member)) : NULL;
}

const char *json_get_raw_at(Arena *arena, const JsonDoc *doc, const char *path, size_t index)
{
	json_t *parent = (json_t *)(uintptr_t)find(doc, path); /* iterating takes no const */
	void *member = nth_member(parent, index);
	const json_t *value =
		member ? json_object_iter_value(member) : json_array_get(parent, index);

	return value ? json_render(arena, value, 0) : NULL;
}

const char *json_get_raw(Arena *arena, const JsonDoc *doc, const char *path)
{
	const json_t *value = find(doc, path);

	return value ? json_render(arena, value, 0) : NULL;
}

JsonDoc *json_get_doc(const JsonDoc *doc, const char *path)
{
	json_t *value = (json_t *)(uintptr_t)find(doc, path); /* it is referred to, not changed */
	JsonDoc *part;

	if (!value || json_is_null(value))
		return NULL;
	part = NEW(JsonDoc);
	part->root = json_incref(value);
	return part;
}

const char *json_object_canonical(Arena *arena, const JsonDoc *doc)
{
	json_t *canonical = json_object();
	const char *name;
	json_t *value;

	json_object_foreach(doc->root, name, value)
	{
		int r = json_is_null(value) ? 0 : json_object_set(canonical, name, value);

		assert(r == 0); /* names are valid: they were parsed */
		(void)r;        /* unused with NDEBUG */
	}
	name = json_render_sorted(arena, canonical);
	json_decref(canonical);
	return name;
}

/* What a record holds was written by us: anything but the expected form is a bug. */
static json_t *load_stored(const char *json)
{
	json_t *value = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

	assert(value);
	return value;
}

/* False when a value is no text. */
static bool read_text_map(Arena *arena, json_t *object, JsonTextMap *ret)
{
	JsonTextMap map = {0};

	map.pairs = ARENA_ARRAY(arena, JsonPair, json_object_size(object));
	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		const char *value = json_string_value(json_object_iter_value(it));

		if (!value)
			return false;
		map.pairs[map.count++] = (JsonPair){
			.key = arena_strdup(arena, json_object_iter_key(it)),
			.value = arena_strdup(arena, value),
		};
	}
	*ret = map;
	return true;
}

JsonTextMap json_text_map(Arena *arena, const char *json)
{
	JsonTextMap map = {0};
	bool is_text_map;
	json_t *object;

	if (str_empty(json))
		return map;
	object = load_stored(json);
	is_text_map = read_text_map(arena, object, &map);
	assert(is_text_map);
	(void)is_text_map; /* with NDEBUG */
	json_decref(object);
	return map;
}

const char *const *json_text_list(Arena *arena, const char *json, size_t *ret_count)
{
	const char **texts;
	size_t count;
	json_t *list;

	*ret_count = 0;
	if (str_empty(json))
		return NULL;
	list = load_stored(json);
	assert(json_is_array(list));
	count = json_array_size(list);
	texts = ARENA_ARRAY(arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		texts[i] = arena_strdup(arena, json_string_value(json_array_get(list, i)));
		assert(texts[i]);
	}
	json_decref(list);
	*ret_count = count;
	return texts;
}
