/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * JSON coming in: a strict parser, and field tables that turn an object into a struct and say
 * exactly what is wrong. The only room that sees the JSON library.
 *
 * A table row names a member, its type, where it goes in the struct, its limits and the API
 * versions it exists in. Unknown members are refused unless the table is open. Everything decoded
 * lives in the arena given.
 *
 * Thread-safety: no shared state; a JsonDoc is used by one thread at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/enum.h"

typedef struct JsonDoc JsonDoc;
typedef struct JsonField JsonField;
typedef struct JsonFields JsonFields;
typedef struct JsonProblem JsonProblem;

typedef enum JsonOutcome {
	JSON_MALFORMED = 1, /* not JSON, duplicate members, too deep, bad UTF-8 ... */
	JSON_INVALID,       /* JSON, but not what the table asks for */
} JsonOutcome;

/* How a member is read, and the C type at its offset. */
typedef enum JsonType {
	JSON_TEXT,       /* const char * */
	JSON_INT,        /* int64_t */
	JSON_INT_LOOSE,  /* int64_t; a string of digits is taken too */
	JSON_BOOL,       /* bool */
	JSON_BOOL_LOOSE, /* bool; also the usual words: "True", "on", "yes", "1" and their negatives
			  */
	JSON_TEXT_LOOSE, /* const char *; an integer is taken too, as its digits */
	JSON_OBJECT,     /* a pointer to a struct of .fields->size, NULL when absent */
	JSON_LIST,       /* JsonList; items as .item and .fields say */
	JSON_TEXT_MAP,   /* JsonTextMap: an object whose values are strings */
	JSON_ANY,        /* const char *: the compact JSON text of whatever was there */
	_JSON_TYPE_MAX,
} JsonType;

typedef enum JsonFormat {
	JSON_FORMAT_NONE,
	JSON_FORMAT_UUID,      /* any spelling; stored in canonical form */
	JSON_FORMAT_NAME,      /* printable, not only blanks, no blank at either end */
	JSON_FORMAT_DEVICE,    /* a device path such as /dev/vdb */
	JSON_FORMAT_DISK_NAME, /* letters, digits and ._-/ */
	JSON_FORMAT_NUMBER,    /* digits, also of a negative number */
	JSON_FORMAT_HOSTNAME,  /* letters, digits and -, but no - at either end */
	JSON_FORMAT_FQDN,      /* such names with dots between them */
	JSON_FORMAT_TAG,       /* no comma, no slash */
	JSON_FORMAT_SHARE_TAG, /* letters, digits and - */
	JSON_FORMAT_WORDS,     /* letters, digits, ._- and blanks, but no blank at either end */
	JSON_FORMAT_IPV4,
	JSON_FORMAT_IPV6,
	JSON_FORMAT_BASE64,        /* canonical base64; stored as given */
	JSON_FORMAT_SPEC_KEY,      /* for map keys: letters, digits and -_:. */
	JSON_FORMAT_METADATA_KEY,  /* likewise, and blanks */
	JSON_FORMAT_METADATA_PATH, /* likewise, and slashes */
	_JSON_FORMAT_MAX,
} JsonFormat;

enum {
	JSON_REQUIRED = 1 << 0,
	JSON_NULLABLE = 1 << 1, /* null is taken and reads as absent (.present is still set) */
	JSON_LETTERS = 1 << 2,  /* of a loose bool: "y", "t", "n" and "f" as well */
	JSON_BOOLEANS =
		1 << 3, /* of a text map: as a value also true and false, as "True", "False" */
};

/* What a JSON_LIST leaves: items of the struct's or scalar's size, in the arena. */
typedef struct JsonList {
	void *items;
	size_t count;
} JsonList;

typedef struct JsonPair {
	const char *key;
	const char *value;
} JsonPair;

typedef struct JsonTextMap {
	JsonPair *pairs;
	size_t count;
} JsonTextMap;

/*
 * One member. min and max are characters for texts, values for numbers, items for lists and maps;
 * max 0 means no limit of its own. since and until are API versions as the caller counts them,
 * 0 for none; outside of them the member is unknown. A list's format and choices hold for each of
 * its items, a map's format for each of its keys.
 */
struct JsonField {
	const char *name;
	JsonType type;
	JsonFormat format;
	unsigned flags;
	size_t offset;
	size_t present; /* offset + 1 of a bool that says the member was there; 0 for none */
	int since;
	int until;
	int64_t min;
	int64_t max;
	const char *const *choices; /* NULL-terminated list of allowed texts, or NULL */
	JsonType item;              /* of a list: JSON_TEXT, JSON_INT, JSON_OBJECT or JSON_ANY */
	const JsonFields *fields;   /* of an object, or of a list's objects */
	int64_t value_max; /* characters in a text map's value, or in a list's text (then >= 1) */
};

struct JsonFields {
	const JsonField *rows;
	size_t count;
	size_t size;    /* of the struct */
	bool open;      /* unknown members are ignored instead of refused, */
	int open_until; /* up to this API version; 0: in all */
};

#define JSON_PRESENT(type, member) (offsetof(type, member) + 1)
#define JSON_FIELDS(table, type)                                                                   \
	((JsonFields){.rows = (table), .count = ARRAY_SIZE(table), .size = sizeof(type)})

/* What is wrong with a body, in the words of the usual JSON schema validators. In the arena. */
struct JsonProblem {
	const char *path; /* "volumeAttachment.volumeId"; "" at the top */
	const char
		*field; /* innermost member name; for a missing or unknown one, its parent's name */
	const char *value;  /* compact JSON of the offending value, cut at 200 bytes */
	const char *reason; /* "'x' is not a 'uuid'" */
	bool top_level;     /* the problem is in the outermost object itself */
};

/*
 * Parse bytes. Returns 0 or JSON_MALFORMED; then *ret_reason, if wanted, is a short text in the
 * arena. Refused: duplicates, trailing text, NaN, numbers out of range, bad UTF-8, \u0000, and
 * nesting deeper than LIMIT_JSON_DEPTH. At the top may be anything.
 */
_must_use_ int json_parse(Arena *arena, const char *bytes, size_t length, JsonDoc **ret,
			  const char **ret_reason);
JsonDoc *json_doc_free(JsonDoc *doc);
DEFINE_CLEANUP(JsonDoc, json_doc_free)

/*
 * Decode the document's top object by a table into *ret (arena, fields->size bytes, zeroed where
 * absent). Returns 0 or JSON_INVALID with *ret_problem filled.
 */
_must_use_ int json_decode(Arena *arena, const JsonDoc *doc, const JsonFields *fields, int version,
			   void **ret, JsonProblem *ret_problem);

/* Whether the top of the document is an object. */
bool json_is_object(const JsonDoc *doc);

/* Members of the top object, in order; for actions, whose one key names what to do. */
size_t json_member_count(const JsonDoc *doc);
const char *json_member_name(Arena *arena, const JsonDoc *doc, size_t index);
/* The value of the index-th member if it is a text, else NULL. */
const char *json_member_text(Arena *arena, const JsonDoc *doc, size_t index);

/*
 * Look-ups by path ("a.b.c", list items by number: "a.0.id") for code that reads answers rather
 * than requests. NULL or the fallback when absent or of another type. Texts are in the arena.
 */
const char *json_get_text(Arena *arena, const JsonDoc *doc, const char *path);
int64_t json_get_int(const JsonDoc *doc, const char *path, int64_t fallback);
bool json_get_bool(const JsonDoc *doc, const char *path, bool fallback);
/* Number of items of a list or members of an object at the path; -1 when it is neither. */
int64_t json_get_count(const JsonDoc *doc, const char *path);
/* Name of the index-th member of the object at the path. */
const char *json_get_name(Arena *arena, const JsonDoc *doc, const char *path, size_t index);
/* Compact JSON text of the index-th member or item of what is at the path, or NULL. */
const char *json_get_raw_at(Arena *arena, const JsonDoc *doc, const char *path, size_t index);
/* Compact JSON text of what is at the path ("" = all), or NULL. */
const char *json_get_raw(Arena *arena, const JsonDoc *doc, const char *path);

/* What is at the path as a document of its own; NULL when it is absent or null. */
JsonDoc *json_get_doc(const JsonDoc *doc, const char *path);

/* Compact JSON of the top object, its members sorted by name and without those that are null. */
const char *json_object_canonical(Arena *arena, const JsonDoc *doc);

/* Read a stored text map ('{"a":"b"}', NULL or "" for empty). Asserts that it is one. */
JsonTextMap json_text_map(Arena *arena, const char *json);
/* Read a stored list of texts; *ret_count items in the arena. */
const char *const *json_text_list(Arena *arena, const char *json, size_t *ret_count);
