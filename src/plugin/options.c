/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Names of volumes, and the options that they are made with.
 */
#include "base/str.h"
#include "base/uuid.h"
#include "plugin/priv.h"

enum { NAME_MAX_BYTES = 128, SIZE_MAX_GIB = 1 << 20, TYPE_MAX_BYTES = 255 };

typedef struct OptionRow {
	const char *name;
	bool (*read)(Call *call, const char *value);
	const char *wants;
} OptionRow;

bool options_name_valid(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t length = strlen(name);

	return length > 0 && length <= NAME_MAX_BYTES && strspn(name, letters) == length &&
	       !strchr("_.-", name[0]);
}

/* "5", "5G", "5GB", "5GiB" */
static bool read_size(Call *call, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	const char *unit = value + digits;
	int64_t size_gib;

	if (*unit && !str_eq_nocase(unit, "g") && !str_eq_nocase(unit, "gb") &&
	    !str_eq_nocase(unit, "gib"))
		return false;
	if (!str_parse_i64(arena_strndup(call->arena, value, digits), &size_gib) || size_gib < 1 ||
	    size_gib > SIZE_MAX_GIB)
		return false;
	call->options.size_gib = size_gib;
	return true;
}

static bool read_type(Call *call, const char *value)
{
	call->options.type = value;
	return *value && strlen(value) <= TYPE_MAX_BYTES;
}

static bool read_volume(Call *call, const char *value)
{
	char id[UUID_TEXT];

	if (!uuid_canonical(value, id))
		return false;
	call->options.volume = arena_strdup(call->arena, id);
	return true;
}

static bool read_fs(Call *call, const char *value)
{
	call->options.fs = value;
	return str_eq(value, "ext4") || str_eq(value, "xfs");
}

static bool read_mode(Call *call, const char *value)
{
	call->options.mode = value;
	return str_eq(value, "rw") || str_eq(value, "ro");
}

static bool read_multipath(Call *call, const char *value)
{
	call->options.multipath = str_eq(value, "true");
	return str_eq(value, "true") || str_eq(value, "false");
}

static const OptionRow rows[] = {
	{.name = "size", .read = read_size, .wants = "a number of GiB"},
	{.name = "type", .read = read_type, .wants = "a volume type"},
	{.name = "volume", .read = read_volume, .wants = "the id of a volume"},
	{.name = "fs", .read = read_fs, .wants = "ext4 or xfs"},
	{.name = "mode", .read = read_mode, .wants = "rw or ro"},
	{.name = "multipath", .read = read_multipath, .wants = "true or false"},
};

static int read_pair(Call *call, const JsonPair *pair)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!str_eq(rows[i].name, pair->key))
			continue;
		if (rows[i].read(call, pair->value))
			return 0;
		return call_say(call, PLUGIN_BAD, "option %s is %s, not '%s'", pair->key,
				rows[i].wants, pair->value);
	}
	return call_say(call, PLUGIN_BAD,
			"there is no option '%s', only size, type, volume, fs, mode, multipath",
			pair->key);
}

int options_read(Call *call, const JsonTextMap *pairs)
{
	call->options = (Options){.mode = "rw"};
	for (size_t i = 0; i < pairs->count; i++) {
		int r = read_pair(call, &pairs->pairs[i]);

		if (r)
			return r;
	}
	if (call->options.volume && (call->options.size_gib || call->options.type))
		return call_say(call, PLUGIN_BAD,
				"a volume that is there has its size and its type already");
	return 0;
}
