/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See nfs-text.h. Only options of the table below are taken, and only with values of their kind.
 * What protects this host (nosuid and the like) is not up to whoever writes options at all.
 */
#include "contract/nfs-text.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "contract/connector-text.h"

enum { SERVER_BYTES = 255, PATH_BYTES = 1024, VALUE_BYTES = 16 };

/* ---- the export ---- */

/* The colon between server and path; one of an IPv6 address stands in brackets. */
static const char *path_colon(const char *text)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : text;

	return end ? strstr(end, ":/") : NULL;
}

static const char *canonical_server(Arena *arena, const char *text)
{
	char address[CONNECTOR_ADDRESS_BYTES];
	char *name;

	if (connector_address(text, address))
		return arena_printf(arena, strchr(address, ':') ? "[%s]" : "%s", address);
	if (!connector_is_word(text, ".-", SERVER_BYTES))
		return NULL;
	name = arena_strdup(arena, text);
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

/* Without the slashes and dots that mean nothing; NULL when it would lead upwards. */
static const char *canonical_path(Arena *arena, const char *text)
{
	const char *path = "";

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return NULL;
	while (*text) {
		size_t length = strcspn(text, "/");

		if (length == 2 && memcmp(text, "..", 2) == 0)
			return NULL;
		if (length > 0 && !(length == 1 && *text == '.'))
			path = arena_printf(arena, "%s/%.*s", path, (int)length, text);
		text += length + (text[length] == '/');
	}
	return *path ? path : "/";
}

const char *nfs_export_canonical(Arena *arena, const char *text)
{
	const char *colon = path_colon(text);
	const char *server, *path;

	if (!colon)
		return NULL;
	server = canonical_server(arena, arena_strndup(arena, text, (size_t)(colon - text)));
	path = canonical_path(arena, colon + 1);
	if (!server || !path || strlen(path) > PATH_BYTES)
		return NULL;
	return arena_printf(arena, "%s:%s", server, path);
}

/* ---- options ---- */

const char *const nfs_versions[NFS_VERSION_TRIES] = {"vers=4.2", "vers=4.1", NULL};

typedef enum OptionKind {
	OPTION_FLAG,
	OPTION_NUMBER,
	OPTION_VERSION, /* "4.2" */
	OPTION_WORD,    /* letters, digits */
} OptionKind;

typedef struct Option {
	const char *name;
	OptionKind kind;
	bool is_version;
	bool is_ours; /* taken, but said by us anyway */
} Option;

static const Option options[] = {
	{.name = "vers", .kind = OPTION_VERSION, .is_version = true},
	{.name = "nfsvers", .kind = OPTION_VERSION, .is_version = true},
	{.name = "v3", .kind = OPTION_FLAG, .is_version = true},
	{.name = "v4", .kind = OPTION_FLAG, .is_version = true},
	{.name = "v4.0", .kind = OPTION_FLAG, .is_version = true},
	{.name = "v4.1", .kind = OPTION_FLAG, .is_version = true},
	{.name = "v4.2", .kind = OPTION_FLAG, .is_version = true},
	{.name = "minorversion", .kind = OPTION_NUMBER},
	{.name = "proto", .kind = OPTION_WORD},
	{.name = "tcp", .kind = OPTION_FLAG},
	{.name = "udp", .kind = OPTION_FLAG},
	{.name = "port", .kind = OPTION_NUMBER},
	{.name = "mountproto", .kind = OPTION_WORD},
	{.name = "mountport", .kind = OPTION_NUMBER},
	{.name = "mountvers", .kind = OPTION_NUMBER},
	{.name = "nconnect", .kind = OPTION_NUMBER},
	{.name = "sec", .kind = OPTION_WORD},
	{.name = "rsize", .kind = OPTION_NUMBER},
	{.name = "wsize", .kind = OPTION_NUMBER},
	{.name = "timeo", .kind = OPTION_NUMBER},
	{.name = "retrans", .kind = OPTION_NUMBER},
	{.name = "retry", .kind = OPTION_NUMBER, .is_ours = true},
	{.name = "hard", .kind = OPTION_FLAG},
	{.name = "soft", .kind = OPTION_FLAG},
	{.name = "softerr", .kind = OPTION_FLAG},
	{.name = "intr", .kind = OPTION_FLAG},
	{.name = "nointr", .kind = OPTION_FLAG},
	{.name = "ac", .kind = OPTION_FLAG},
	{.name = "noac", .kind = OPTION_FLAG},
	{.name = "actimeo", .kind = OPTION_NUMBER},
	{.name = "acregmin", .kind = OPTION_NUMBER},
	{.name = "acregmax", .kind = OPTION_NUMBER},
	{.name = "acdirmin", .kind = OPTION_NUMBER},
	{.name = "acdirmax", .kind = OPTION_NUMBER},
	{.name = "lookupcache", .kind = OPTION_WORD},
	{.name = "cto", .kind = OPTION_FLAG},
	{.name = "nocto", .kind = OPTION_FLAG},
	{.name = "lock", .kind = OPTION_FLAG},
	{.name = "nolock", .kind = OPTION_FLAG},
	{.name = "local_lock", .kind = OPTION_WORD},
	{.name = "rdirplus", .kind = OPTION_FLAG},
	{.name = "nordirplus", .kind = OPTION_FLAG},
	{.name = "noatime", .kind = OPTION_FLAG},
	{.name = "nodiratime", .kind = OPTION_FLAG},
	{.name = "relatime", .kind = OPTION_FLAG},
	{.name = "sync", .kind = OPTION_FLAG},
	{.name = "async", .kind = OPTION_FLAG},
	{.name = "nosuid", .kind = OPTION_FLAG, .is_ours = true},
	{.name = "nodev", .kind = OPTION_FLAG, .is_ours = true},
	{.name = "noexec", .kind = OPTION_FLAG, .is_ours = true},
	{.name = "rw", .kind = OPTION_FLAG, .is_ours = true},
};

static bool is_value(OptionKind kind, const char *value)
{
	switch (kind) {
	case OPTION_FLAG:
		return !value;
	case OPTION_NUMBER:
		return value && *value && strlen(value) < VALUE_BYTES &&
		       !value[strspn(value, "0123456789")];
	case OPTION_VERSION:
		return value && *value && strlen(value) < VALUE_BYTES &&
		       !value[strspn(value, "0123456789.")];
	case OPTION_WORD:
		return value && connector_is_word(value, "", VALUE_BYTES);
	}
	return false;
}

static const Option *find_option(const char *text, size_t length, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strlen(options[i].name) == length &&
		    memcmp(options[i].name, text, length) == 0 && is_value(options[i].kind, value))
			return &options[i];
	return NULL;
}

/* One of "name" or "name=value". */
static bool add_option(Arena *arena, const char *text, NfsOptions *to)
{
	size_t length = strcspn(text, "=");
	const Option *option = find_option(text, length, text[length] ? text + length + 1 : NULL);

	if (!option)
		return false;
	to->has_version |= option->is_version;
	if (!option->is_ours)
		to->list = arena_printf(arena, "%s%s%s", to->list, *to->list ? "," : "", text);
	return true;
}

bool nfs_options_add(Arena *arena, const char *list, NfsOptions *to)
{
	bool good = *list;

	while (good && *list) {
		size_t length = strcspn(list, ",");

		good = add_option(arena, arena_strndup(arena, list, length), to);
		list += length + (list[length] == ',');
	}
	return good;
}
