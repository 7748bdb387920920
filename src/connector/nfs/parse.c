/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connection_info of a file on an NFS server. Its `options` are words for the command mount:
 * only "-o" is taken, with what nfs-text.h allows. What protects this host (nosuid and the like) is
 * not up to the connection_info at all.
 */
#include <string.h>

#include "base/str.h"
#include "connector/nfs/info.h"
#include "contract/connector-text.h"
#include "json/json.h"

enum { SERVER_BYTES = 255, PATH_BYTES = 1024, NAME_BYTES = 255 };

typedef struct Words {
	const char *export;
	const char *name;
	const char *options;
	const char *format;
	const char *access_mode;
} Words;

static const char *const formats[] = {"raw", "qcow2", NULL};

static const JsonField word_rows[] = {
	{.name = "export",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(Words, export),
	 .max = SERVER_BYTES + PATH_BYTES},
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(Words, name),
	 .max = NAME_BYTES},
	{.name = "options",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, options),
	 .max = 1024},
	{.name = "format",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, format),
	 .choices = formats},
	{.name = "access_mode",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, access_mode)},
};

/* ---- options ---- */

static int add_options(ConnectorCall *call, const char *list, NfsInfo *info)
{
	if (!*list)
		return connector_bad(call, "options", "has -o without any");
	if (!nfs_options_add(call->arena, list, &info->options))
		return connector_bad(call, "options", "has one that is not allowed");
	return 0;
}

/* "-o a,b -o c": arguments of the command mount. */
static int read_options(ConnectorCall *call, const char *text, NfsInfo *info)
{
	bool is_list = false;

	info->options = (NfsOptions){.list = ""};
	for (text = text ? text + strspn(text, " ") : ""; *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");
		const char *word = arena_strndup(call->arena, text, length);
		const char *list = is_list ? word : str_after(word, "-o");

		if (!list)
			return connector_bad(call, "options", "has an argument other than -o");
		is_list = !is_list && !*list;
		if (!is_list) {
			int r = add_options(call, list, info);

			if (r)
				return r;
		}
		text += length;
	}
	return is_list ? connector_bad(call, "options", "has -o without any") : 0;
}

/* ---- all of it ---- */

int nfs_info_parse(ConnectorCall *call, const char *text, void **ret, Fault *f)
{
	static const JsonFields fields = {.rows = word_rows,
					  .count = ARRAY_SIZE(word_rows),
					  .size = sizeof(Words),
					  .open = true};
	NfsInfo *info = ARENA_NEW(call->arena, NfsInfo);
	const Words *words;
	void *decoded;
	int r;

	(void)f; /* nothing breaks here */
	r = connector_decode(call, text, &fields, &decoded);
	if (r)
		return r;
	words = decoded;
	if (!connector_is_word(words->name, "._-", NAME_BYTES))
		return connector_bad(call, "name", "is not the name of a file");
	info->name = words->name;
	info->format = words->format ? words->format : formats[0];
	info->is_readonly = str_eq(words->access_mode, "ro");
	info->export = nfs_export_canonical(call->arena, words->export);
	if (!info->export)
		return connector_bad(call, "export", "is not a server and a path");
	r = read_options(call, words->options, info);
	if (!r)
		*ret = info;
	return r;
}
