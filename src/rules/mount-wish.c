/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See mount-wish.h.
 */
#include "rules/mount-wish.h"

#include <string.h>

#include "base/str.h"

#define VERSION_OPTION "vers="
#define DIGITS "0123456789"

static bool has_controls(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static bool is_dots(const char *segment, size_t length)
{
	return length == 2 && segment[0] == '.' && segment[1] == '.';
}

/* What leads nowhere: between two slashes, or a dot. */
static bool is_nothing(const char *segment, size_t length)
{
	return length == 0 || (length == 1 && *segment == '.');
}

bool mount_point_fits(const char *path)
{
	bool named = false;

	if (*path != '/' || strlen(path) > MOUNT_POINT_MAX || has_controls(path))
		return false;
	while (*path) {
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (is_dots(path, length))
			return false;
		named = named || !is_nothing(path, length);
		path += length;
	}
	return named;
}

/* The next name of a path; *path is behind it then. The length is 0 at the end. */
static const char *next_name(const char **path, size_t *ret_length)
{
	const char *name;

	do {
		name = *path + strspn(*path, "/");
		*ret_length = strcspn(name, "/");
		*path = name + *ret_length;
	} while (*ret_length > 0 && is_nothing(name, *ret_length));
	return name;
}

bool mount_points_are_same(const char *one, const char *other)
{
	size_t length = 1, other_length;

	while (one && other && length > 0) {
		const char *name = next_name(&one, &length);
		const char *other_name = next_name(&other, &other_length);

		if (length != other_length || memcmp(name, other_name, length) != 0)
			return false;
	}
	return !one == !other;
}

/* "4", "4.2" */
static bool is_version(const char *text)
{
	size_t major = strspn(text, DIGITS), minor;

	if (major == 0 || major > 2)
		return false;
	if (!text[major])
		return true;
	minor = text[major] == '.' ? strspn(text + major + 1, DIGITS) : 0;
	return minor > 0 && minor <= 2 && !text[major + 1 + minor];
}

static bool is_option(const char *option)
{
	static const char *const known[] = {"ro", "rw", "noatime", "nodev", "nosuid", "noexec"};
	const char *version = str_after(option, VERSION_OPTION);

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(option, known[i]))
			return true;
	return version && is_version(version);
}

bool mount_options_fit(const char *options, bool *ret_readonly)
{
	char option[16];
	bool ro = false, rw = false;

	if (strlen(options) > MOUNT_OPTIONS_MAX)
		return false;
	while (true) {
		size_t length = strcspn(options, ",");

		if (length >= sizeof(option))
			return false;
		memcpy(option, options, length);
		option[length] = '\0';
		if (!is_option(option))
			return false;
		ro = ro || str_eq(option, "ro");
		rw = rw || str_eq(option, "rw");
		if (!options[length])
			break;
		options += length + 1;
	}
	*ret_readonly = ro;
	return !(ro && rw);
}
