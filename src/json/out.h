/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * JSON going out: an append-only writer, and reply tables that print a struct for one API version
 * and one audience. No tree is built. The key is NULL for items of a list and at the top.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/enum.h"
#include "base/str.h"
#include "json/json.h"

enum { JSON_OUT_DEPTH = 64 };

typedef struct JsonOut JsonOut;
struct JsonOut {
	Buf buf;
	unsigned depth;
	bool filled[JSON_OUT_DEPTH]; /* something was written at this depth: a comma is due */
};

void json_out_done(JsonOut *out);

void json_out_begin(JsonOut *out, const char *key);                  /* { */
void json_out_end(JsonOut *out);                                     /* } */
void json_out_list_begin(JsonOut *out, const char *key);             /* [ */
void json_out_list_end(JsonOut *out);                                /* ] */
void json_out_text(JsonOut *out, const char *key, const char *text); /* NULL prints null */
void json_out_int(JsonOut *out, const char *key, int64_t value);
void json_out_real(JsonOut *out, const char *key, double value);
void json_out_bool(JsonOut *out, const char *key, bool value);
void json_out_null(JsonOut *out, const char *key);
void json_out_date(JsonOut *out, const char *key, int64_t us, ClockFormat format); /* 0: null */
void json_out_raw(JsonOut *out, const char *key, const char *json); /* trusted text, as it is */
void json_out_printf(JsonOut *out, const char *key, const char *format, ...) _printf_(3, 4);

/* The text so far; asserts that everything is closed. The caller frees it. */
char *json_out_take(JsonOut *out, size_t *ret_length);

/* A stored text map or list of texts as compact JSON, in the arena. */
const char *json_print_text_map(Arena *arena, const JsonTextMap *map);
const char *json_print_text_list(Arena *arena, const char *const *texts, size_t count);

/* How a reply member is printed, and the C type at its offset. */
typedef enum JsonOutType {
	JSON_OUT_TEXT,       /* const char *; NULL prints null */
	JSON_OUT_TEXT_EMPTY, /* const char *; NULL prints "" */
	JSON_OUT_INT,        /* int64_t */
	JSON_OUT_BOOL,       /* bool */
	JSON_OUT_BOOL_TEXT,  /* bool, as "true" or "false" in quotes */
	JSON_OUT_ENUM,       /* int, printed by .names */
	JSON_OUT_MAP,        /* const char * with JSON text of an object; NULL prints {} */
	JSON_OUT_LIST,       /* const char * with JSON text of a list; NULL prints [] */
	JSON_OUT_SECONDS_Z,  /* int64_t microseconds as a date; 0 prints null */
	JSON_OUT_MICROS,
	JSON_OUT_MICROS_Z,
	JSON_OUT_NULL, /* nothing is read */
	JSON_OUT_CALL, /* .print does it */
	_JSON_OUT_TYPE_MAX,
} JsonOutType;

/*
 * One reply member. `audience` is a set of bits that the caller defines (0 = everybody): the member
 * is printed when the caller's set has one of them. `print` gets the whole struct and the caller's
 * context; it may print nothing, or several members.
 */
typedef struct JsonOutField {
	const char *name;
	JsonOutType type;
	size_t offset;
	int since;
	int until;
	unsigned audience;
	const EnumNames *names;
	void (*print)(JsonOut *out, const char *key, const void *object, const void *context);
} JsonOutField;

typedef struct JsonOutView {
	int version;
	unsigned audience;
	const void *context; /* for JSON_OUT_CALL rows */
} JsonOutView;

/* Print the rows that this view may see as members of the object that is open. */
void json_out_fields(JsonOut *out, const JsonOutField *rows, size_t count, const void *object,
		     const JsonOutView *view);
