/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See disk-specs.h.
 */
#include "service/disk-specs.h"

#include "base/str.h"
#include "model/domain.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-type.h"

enum { BLOCK_MIN = 512, BLOCK_MAX = 2 * 1024 * 1024 };

typedef enum SpecKind { SPEC_CACHE, SPEC_IO, SPEC_BOOL, SPEC_BLOCK_SIZE } SpecKind;

typedef struct DiskSpecRow {
	const char *key;
	const char *member;
	SpecKind kind;
} DiskSpecRow;

#define LOGICAL_KEY "disk:logical_block_size"
#define PHYSICAL_KEY "disk:physical_block_size"

static const DiskSpecRow rows[] = {
	{.key = "disk:cache", .member = "cache_mode", .kind = SPEC_CACHE},
	{.key = "disk:io", .member = "io_mode", .kind = SPEC_IO},
	{.key = "disk:discard", .member = "discard", .kind = SPEC_BOOL},
	{.key = LOGICAL_KEY, .member = "logical_block_size", .kind = SPEC_BLOCK_SIZE},
	{.key = PHYSICAL_KEY, .member = "physical_block_size", .kind = SPEC_BLOCK_SIZE},
};

static bool read_bool(const char *value, bool *ret)
{
	*ret = str_eq(value, SPEC_IS_TRUE);
	return *ret || str_eq(value, "<is> False");
}

static bool read_block_size(const char *value, int64_t *ret)
{
	return str_parse_i64(value, ret) && *ret >= BLOCK_MIN && *ret <= BLOCK_MAX &&
	       (*ret & (*ret - 1)) == 0;
}

/* "default" is a name of ours, and no wish. */
static bool is_name(const EnumNames *names, const char *value)
{
	return enum_value(names, value) > 0;
}

/* What is wrong with a value; NULL: nothing. */
static const char *complaint(const DiskSpecRow *row, const char *value)
{
	int64_t bytes;
	bool flag;

	switch (row->kind) {
	case SPEC_CACHE:
		return is_name(&disk_cache_names, value)
			       ? NULL
			       : "none, writethrough, writeback, directsync or unsafe";
	case SPEC_IO:
		return is_name(&disk_io_names, value) ? NULL : "native, threads or io_uring";
	case SPEC_BOOL:
		return read_bool(value, &flag) ? NULL : "<is> True or <is> False";
	case SPEC_BLOCK_SIZE:
		return read_block_size(value, &bytes) ? NULL : "a power of two from 512 to 2097152";
	}
	abort();
}

static int check_block_sizes(Work *work, const char *extra_specs)
{
	const char *logical = text_map_value(work->arena, extra_specs, LOGICAL_KEY);
	const char *physical = text_map_value(work->arena, extra_specs, PHYSICAL_KEY);
	int64_t small, large;

	if (!logical || !physical || !read_block_size(logical, &small) ||
	    !read_block_size(physical, &large) || small <= large)
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Extra spec " PHYSICAL_KEY " cannot be less than " LOGICAL_KEY ".");
}

int disk_specs_check(Work *work, const char *extra_specs)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = text_map_value(work->arena, extra_specs, rows[i].key);
		const char *wanted = value ? complaint(&rows[i], value) : NULL;

		if (wanted)
			return work_refuse(work, REFUSAL_BAD_INPUT,
					   "Extra spec %s has to be %s, not '%s'.", rows[i].key,
					   wanted, value);
	}
	return check_block_sizes(work, extra_specs);
}

static void print_value(JsonOut *out, const DiskSpecRow *row, const char *value)
{
	int64_t bytes = 0;
	bool flag = false;

	switch (row->kind) {
	case SPEC_CACHE:
	case SPEC_IO:
		json_out_text(out, row->member, value);
		break;
	case SPEC_BOOL:
		if (read_bool(value, &flag))
			json_out_bool(out, row->member, flag);
		break;
	case SPEC_BLOCK_SIZE:
		if (read_block_size(value, &bytes))
			json_out_int(out, row->member, bytes);
		break;
	}
}

void disk_specs_print(Arena *arena, JsonOut *out, const char *extra_specs, const JsonDoc *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = text_map_value(arena, extra_specs, rows[i].key);
		const char *own = json_get_raw(arena, driver, rows[i].member);

		if (value)
			print_value(out, &rows[i], value);
		else if (own)
			json_out_raw(out, rows[i].member, own);
	}
}
