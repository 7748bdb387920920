/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Field tables: what each kind of row takes, and the exact words for what it refuses.
 */
#include "base/str.h"
#include "tests/lib/test.h"
#include "json/json.h"

typedef struct Part {
	const char *uuid;
	int64_t index;
} Part;

typedef struct Thing {
	const char *name;
	const char *mode;
	const char *device;
	const char *note;
	const char *flavor;
	int64_t size;
	int64_t quota;
	bool plain;
	bool loose;
	bool letters;
	Part *part;
	JsonList parts;
	JsonList tags;
	JsonList numbers;
	JsonTextMap metadata;
	const char *hints;
	const char *late;
	const char *early;
	bool has_note;
	bool has_size;
} Thing;

typedef struct Body {
	Thing *thing;
} Body;

static const char *const modes[] = {"rw", "ro", NULL};

static const JsonField part_rows[] = {
	{.name = "uuid",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(Part, uuid)},
	{.name = "index", .type = JSON_INT, .offset = offsetof(Part, index)},
};
static const JsonFields part_fields = JSON_FIELDS(part_rows, Part);

static const JsonField thing_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(Thing, name),
	 .min = 1,
	 .max = 5},
	{.name = "mode", .type = JSON_TEXT, .offset = offsetof(Thing, mode), .choices = modes},
	{.name = "device",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_DEVICE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Thing, device)},
	{.name = "note",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Thing, note),
	 .present = JSON_PRESENT(Thing, has_note)},
	{.name = "flavor", .type = JSON_TEXT_LOOSE, .offset = offsetof(Thing, flavor), .min = 1},
	{.name = "size",
	 .type = JSON_INT,
	 .offset = offsetof(Thing, size),
	 .present = JSON_PRESENT(Thing, has_size),
	 .min = 6,
	 .max = 10},
	{.name = "quota", .type = JSON_INT_LOOSE, .offset = offsetof(Thing, quota), .min = -1},
	{.name = "plain", .type = JSON_BOOL, .offset = offsetof(Thing, plain)},
	{.name = "loose", .type = JSON_BOOL_LOOSE, .offset = offsetof(Thing, loose)},
	{.name = "letters",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_LETTERS,
	 .offset = offsetof(Thing, letters)},
	{.name = "part",
	 .type = JSON_OBJECT,
	 .offset = offsetof(Thing, part),
	 .fields = &part_fields},
	{.name = "parts",
	 .type = JSON_LIST,
	 .offset = offsetof(Thing, parts),
	 .max = 2,
	 .item = JSON_OBJECT,
	 .fields = &part_fields},
	{.name = "tags",
	 .type = JSON_LIST,
	 .format = JSON_FORMAT_TAG,
	 .offset = offsetof(Thing, tags),
	 .min = 1,
	 .max = 3,
	 .item = JSON_TEXT,
	 .value_max = 4},
	{.name = "numbers",
	 .type = JSON_LIST,
	 .offset = offsetof(Thing, numbers),
	 .item = JSON_INT},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .offset = offsetof(Thing, metadata),
	 .max = 2,
	 .value_max = 3},
	{.name = "hints", .type = JSON_ANY, .offset = offsetof(Thing, hints)},
	{.name = "late", .type = JSON_TEXT, .offset = offsetof(Thing, late), .since = 49},
	{.name = "early", .type = JSON_TEXT, .offset = offsetof(Thing, early), .until = 48},
};
static const JsonFields thing_fields = JSON_FIELDS(thing_rows, Thing);

static const JsonField body_rows[] = {
	{.name = "thing",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(Body, thing),
	 .fields = &thing_fields},
};
static const JsonFields body_fields = JSON_FIELDS(body_rows, Body);

static int decode(Arena *arena, const char *text, int version, Body **ret, JsonProblem *problem)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	assert_int_equal(json_parse(arena, text, strlen(text), &doc, NULL), 0);
	return json_decode(arena, doc, &body_fields, version, (void **)ret, problem);
}

/* The thing inside of a body that is right but for these members. */
static Thing *accepted(Arena *arena, const char *members, int version)
{
	const char *text = arena_printf(arena, "{\"thing\":{\"name\":\"n\",%s}}", members);
	JsonProblem problem = {0};
	Body *body = NULL;

	if (decode(arena, text, version, &body, &problem))
		fail_msg("%s: %s", members, problem.reason);
	return body->thing;
}

static const struct {
	const char *members;
	const char *path;
	const char *field;
	const char *value;
	const char *reason;
} refused[] = {
	{"\"name\":null", "thing.name", "name", "null", "None is not of type 'string'"},
	{"\"name\":1", "thing.name", "name", "1", "1 is not of type 'string'"},
	{"\"name\":1.5", "thing.name", "name", "1.5", "1.5 is not of type 'string'"},
	{"\"name\":[true,{\"a\":\"b\"}]", "thing.name", "name", "[true,{\"a\":\"b\"}]",
	 "[True, {'a': 'b'}] is not of type 'string'"},
	{"\"name\":\"\"", "thing.name", "name", "\"\"", "'' is too short"},
	{"\"name\":\"abcdef\"", "thing.name", "name", "\"abcdef\"", "'abcdef' is too long"},
	{"\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"", "thing.name", "name",
	 "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"",
	 "'\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9' is too long"},
	{"\"name\":\" n\"", "thing.name", "name", "\" n\"",
	 "An invalid 'name' value was provided. The name must be: printable characters. "
	 "Can not start or end with whitespace."},
	{"\"mode\":\"x\"", "thing.mode", "mode", "\"x\"", "'x' is not one of ['rw', 'ro']"},
	{"\"device\":\"vdb\"", "thing.device", "device", "\"vdb\"",
	 "'vdb' does not match '(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$'"},
	{"\"device\":1", "thing.device", "device", "1", "1 is not of type 'string', 'null'"},
	{"\"flavor\":\"\"", "thing.flavor", "flavor", "\"\"", "'' is too short"},
	{"\"flavor\":true", "thing.flavor", "flavor", "true",
	 "True is not of type 'string', 'integer'"},
	{"\"size\":5", "thing.size", "size", "5", "5 is less than the minimum of 6"},
	{"\"size\":11", "thing.size", "size", "11", "11 is greater than the maximum of 10"},
	{"\"size\":\"6\"", "thing.size", "size", "\"6\"", "'6' is not of type 'integer'"},
	{"\"size\":6.0", "thing.size", "size", "6.0", "6.0 is not of type 'integer'"},
	{"\"size\":true", "thing.size", "size", "true", "True is not of type 'integer'"},
	{"\"quota\":\"-2\"", "thing.quota", "quota", "\"-2\"", "-2 is less than the minimum of -1"},
	{"\"quota\":\"x\"", "thing.quota", "quota", "\"x\"", "'x' does not match '^-?[0-9]+$'"},
	{"\"quota\":\"-\"", "thing.quota", "quota", "\"-\"", "'-' does not match '^-?[0-9]+$'"},
	{"\"quota\":\"\"", "thing.quota", "quota", "\"\"", "'' is too short"},
	{"\"quota\":\"99999999999999999999\"", "thing.quota", "quota", "\"99999999999999999999\"",
	 "'99999999999999999999' is greater than the maximum"},
	{"\"quota\":{}", "thing.quota", "quota", "{}", "{} is not of type 'integer', 'string'"},
	{"\"plain\":\"true\"", "thing.plain", "plain", "\"true\"",
	 "'true' is not of type 'boolean'"},
	{"\"loose\":1", "thing.loose", "loose", "1", "1 is not of type 'boolean', 'string'"},
	{"\"loose\":\"y\"", "thing.loose", "loose", "\"y\"",
	 "'y' is not one of [True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', "
	 "'yes', False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no']"},
	{"\"part\":null", "thing.part", "part", "null", "None is not of type 'object'"},
	{"\"part\":{\"uuid\":\"x\"}", "thing.part.uuid", "uuid", "\"x\"", "'x' is not a 'uuid'"},
	{"\"part\":{}", "thing.part", "part", "{}", "'uuid' is a required property"},
	{"\"parts\":{}", "thing.parts", "parts", "{}", "{} is not of type 'array'"},
	{"\"parts\":[1]", "thing.parts.0", "parts", "1", "1 is not of type 'object'"},
	{"\"parts\":[{},{},{}]", "thing.parts", "parts", "[{},{},{}]", "[{}, {}, {}] is too long"},
	{"\"parts\":[{\"uuid\":\"urn:uuid:0c9a7b3e9f534b0f9a1b6e0b7f0a1c2d\"},"
	 "{\"uuid\":\"\"}]",
	 "thing.parts.1.uuid", "uuid", "\"\"", "'' is not a 'uuid'"},
	{"\"tags\":[]", "thing.tags", "tags", "[]", "[] is too short"},
	{"\"tags\":[\"a\",\"b,c\"]", "thing.tags.1", "tags", "\"b,c\"",
	 "'b,c' does not match '^[^,/]*$'"},
	{"\"tags\":[\"\"]", "thing.tags.0", "tags", "\"\"", "'' is too short"},
	{"\"tags\":[\"abcde\"]", "thing.tags.0", "tags", "\"abcde\"", "'abcde' is too long"},
	{"\"numbers\":[1,\"2\"]", "thing.numbers.1", "numbers", "\"2\"",
	 "'2' is not of type 'integer'"},
	{"\"metadata\":{\"k\":null}", "thing.metadata.k", "k", "null",
	 "None is not of type 'string'"},
	{"\"metadata\":{\"k\":\"abcd\"}", "thing.metadata.k", "k", "\"abcd\"",
	 "'abcd' is too long"},
	{"\"metadata\":{\"k/\":\"\"}", "thing.metadata", "metadata", "{\"k/\":\"\"}",
	 "'k/' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'"},
	{"\"metadata\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}", "thing.metadata", "metadata",
	 "{\"a\":\"\",\"b\":\"\",\"c\":\"\"}",
	 "{'a': '', 'b': '', 'c': ''} has too many properties"},
	{"\"z\":1", "thing", "thing", "{\"z\":1}", "'name' is a required property"},
	{"\"name\":\"n\",\"z\":1", "thing", "thing", "{\"name\":\"n\",\"z\":1}",
	 "Additional properties are not allowed ('z' was unexpected)"},
	{"\"name\":\"n\",\"z\":1,\"it's\":2", "thing", "thing",
	 "{\"name\":\"n\",\"z\":1,\"it's\":2}",
	 "Additional properties are not allowed ('z', \"it's\" were unexpected)"},
};

TEST(refusals_in_the_words_of_the_validators)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_(arena_freep) Arena *arena = arena_new();
		JsonProblem problem = {0};
		Body *body = NULL;
		const char *text = arena_printf(arena, "{\"thing\":{%s}}", refused[i].members);

		if (decode(arena, text, 0, &body, &problem) != JSON_INVALID)
			fail_msg("accepted: %s", text);
		assert_string_equal(problem.reason, refused[i].reason);
		assert_string_equal(problem.path, refused[i].path);
		assert_string_equal(problem.field, refused[i].field);
		assert_string_equal(problem.value, refused[i].value);
		assert_false(problem.top_level);
	}
}

TEST(problems_of_the_outermost_object)
{
	static const struct {
		const char *text;
		const char *reason;
		bool top;
	} rows[] = {
		{"{}", "'thing' is a required property", true},
		{"[]", "[] is not of type 'object'", true},
		{"{\"thing\":{\"name\":\"n\"},\"x\":1}",
		 "Additional properties are not allowed ('x' was unexpected)", true},
		{"{\"thing\":null}", "None is not of type 'object'", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(arena_freep) Arena *arena = arena_new();
		JsonProblem problem = {0};
		Body *body = NULL;

		assert_int_equal(decode(arena, rows[i].text, 0, &body, &problem), JSON_INVALID);
		assert_string_equal(problem.reason, rows[i].reason);
		assert_int_equal(problem.top_level, rows[i].top);
		assert_string_equal(problem.path, rows[i].top ? "" : "thing");
		assert_null(body);
	}
}

TEST(offending_values_are_cut)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(buf_done) Buf text = {0};
	JsonProblem problem = {0};
	Body *body;

	buf_add(&text, "{\"thing\":{\"name\":\"");
	for (int i = 0; i < 5000; i++)
		buf_add(&text, "\xc3\xa9");
	buf_add(&text, "\"}}");
	assert_int_equal(decode(arena, text.data, 0, &body, &problem), JSON_INVALID);
	assert_in_range(strlen(problem.value), 198, 200);
	assert_in_range(strlen(problem.reason), 1000, 1100);
	assert_true(str_ends(problem.reason, " is too long"));
	assert_true(str_ends(problem.value, "\xc3\xa9"));
}

TEST(members_outside_of_their_versions_are_unknown)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *late = "{\"thing\":{\"name\":\"n\",\"late\":\"x\"}}";
	const char *early = "{\"thing\":{\"name\":\"n\",\"early\":\"x\"}}";
	JsonProblem problem = {0};
	Body *body;

	assert_int_equal(decode(arena, late, 48, &body, &problem), JSON_INVALID);
	assert_string_equal(problem.reason,
			    "Additional properties are not allowed ('late' was unexpected)");
	assert_int_equal(decode(arena, late, 49, &body, &problem), 0);
	assert_string_equal(body->thing->late, "x");
	assert_int_equal(decode(arena, early, 48, &body, &problem), 0);
	assert_int_equal(decode(arena, early, 49, &body, &problem), JSON_INVALID);
}

TEST(texts_numbers_and_booleans)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Thing *t = accepted(arena,
			    "\"mode\":\"ro\",\"device\":null,\"note\":null,\"flavor\":42,"
			    "\"size\":6,\"quota\":\"-1\",\"plain\":true,\"loose\":\"on\","
			    "\"letters\":\"t\"",
			    0);

	assert_string_equal(t->name, "n");
	assert_string_equal(t->mode, "ro");
	assert_null(t->device);
	assert_null(t->note);
	assert_true(t->has_note);
	assert_string_equal(t->flavor, "42");
	assert_int_equal(t->size, 6);
	assert_true(t->has_size);
	assert_int_equal(t->quota, -1);
	assert_true(t->plain && t->loose && t->letters);
	t = accepted(arena, "\"loose\":\"NO\",\"letters\":\"f\",\"quota\":7", 0);
	assert_false(t->loose || t->letters || t->has_note || t->has_size);
	assert_int_equal(t->quota, 7);
	assert_null(t->part);
	assert_int_equal(t->parts.count, 0);
}

TEST(lists_maps_and_anything)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Thing *t =
		accepted(arena,
			 "\"part\":{\"uuid\":\"0C9A7B3E9F534B0F9A1B6E0B7F0A1C2D\"},"
			 "\"parts\":[{\"uuid\":\"{0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2d}\"},"
			 "{\"uuid\":\"0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2e\",\"index\":3}],"
			 "\"tags\":[\"a\",\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"],\"numbers\":[-5,6],"
			 "\"metadata\":{\"k 1\":\"\",\"b\":\"abc\"},\"hints\":{\"a\": [1, 2]}",
			 0);
	const Part *parts = t->parts.items;
	const char *const *tags = t->tags.items;
	const int64_t *numbers = t->numbers.items;

	assert_string_equal(t->part->uuid, "0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2d");
	assert_int_equal(t->parts.count, 2);
	assert_string_equal(parts[0].uuid, "0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2d");
	assert_string_equal(parts[1].uuid, "0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2e");
	assert_int_equal(parts[1].index, 3);
	assert_int_equal(t->tags.count, 2);
	assert_string_equal(tags[1], "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
	assert_int_equal(t->numbers.count, 2);
	assert_int_equal(numbers[0], -5);
	assert_int_equal(t->metadata.count, 2);
	assert_string_equal(t->metadata.pairs[0].key, "k 1");
	assert_string_equal(t->metadata.pairs[1].value, "abc");
	assert_string_equal(t->hints, "{\"a\":[1,2]}");
}

TEST(booleans_in_maps_where_they_are_asked_for)
{
	static const JsonField rows[] = {
		{.name = "specs", .type = JSON_TEXT_MAP, .flags = JSON_BOOLEANS},
	};
	static const JsonFields fields = JSON_FIELDS(rows, JsonTextMap);
	static const char text[] = "{\"specs\":{\"a\":true,\"b\":false,\"c\":\"d\"}}";
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	JsonProblem problem;
	JsonTextMap *map;

	assert_int_equal(json_parse(arena, text, strlen(text), &doc, NULL), 0);
	assert_int_equal(json_decode(arena, doc, &fields, 0, (void **)&map, &problem), 0);
	assert_int_equal(map->count, 3);
	assert_string_equal(map->pairs[0].value, "True");
	assert_string_equal(map->pairs[1].value, "False");
	assert_string_equal(map->pairs[2].value, "d");
}

TEST(open_tables_ignore_unknown_members)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *text = "{\"uuid\":\"0c9a7b3e9f534b0f9a1b6e0b7f0a1c2d\",\"more\":1}";
	JsonFields open = part_fields;
	JsonProblem problem;
	Part *part;

	open.open = true;
	assert_int_equal(json_parse(arena, text, strlen(text), &doc, NULL), 0);
	assert_int_equal(json_decode(arena, doc, &open, 0, (void **)&part, &problem), 0);
	open.open_until = 7;
	assert_int_equal(json_decode(arena, doc, &open, 7, (void **)&part, &problem), 0);
	assert_int_equal(json_decode(arena, doc, &open, 8, (void **)&part, &problem), JSON_INVALID);
	assert_int_equal(json_decode(arena, doc, &part_fields, 0, (void **)&part, &problem),
			 JSON_INVALID);
	assert_true(problem.top_level);
}
