/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The names that storage knows this host by. They are files that other programs read as well, so
 * what we make looks as theirs would, and appears as a whole. Who may not read or make them has
 * none: that is no fault.
 */
#include "local/names.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/uuid.h"
#include "run/run.h"

enum { TOOL_MS = 10 * 1000 };

/* The first line that a program prints, or NULL. */
static const char *ask(const Host *host, Arena *arena, const char *const *argv)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const RunSpec spec = {.argv = argv, .timeout_ms = TOOL_MS};
	const char *line;

	if (!host_has_program(host, argv[0]) || run_command(&spec, &result, NULL) ||
	    result.status != 0)
		return NULL;
	line = arena_stripped(arena, arena_strndup(arena, result.out, strcspn(result.out, "\n")));
	return *line ? line : NULL;
}

/* Make a file that is not there as a whole, or replace one. */
static bool make_file(const Host *host, Arena *arena, const char *path, const char *text,
		      mode_t mode)
{
	const char *real = host_path(host, arena, "%s", path);
	const char *draft = arena_printf(arena, "%s.cleat", real);
	_cleanup_(closep) int fd =
		open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	size_t length = strlen(text);

	if (fd < 0)
		return false;
	if (fchmod(fd, mode) == 0 && write(fd, text, length) == (ssize_t)length && fsync(fd) == 0 &&
	    rename(draft, real) == 0)
		return true;
	(void)unlink(draft); /* it says nothing to anybody */
	return false;
}

const char *names_system_uuid(const Host *host, Arena *arena)
{
	const char *text = host_peek(host, arena, "/sys/class/dmi/id/product_uuid");
	char canonical[UUID_TEXT];

	if (str_empty(text))
		text = ask(host, arena, RUN_ARGV("dmidecode", "-ssystem-uuid"));
	return text && uuid_canonical(text, canonical) ? text : NULL;
}

/* The value of a line "KEY=value". */
static const char *line_value(Arena *arena, const char *text, const char *key)
{
	while (text && *text) {
		const char *line =
			arena_stripped(arena, arena_strndup(arena, text, strcspn(text, "\n")));
		const char *value = str_after(line, key);

		if (value)
			return arena_stripped(arena, value);
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return NULL;
}

/* A file of open-iscsi that has not been started yet says that a name is to be made. */
static const char *make_initiator(const Host *host, Arena *arena, const char *path)
{
	const char *name =
		ask(host, arena, RUN_ARGV("iscsi-iname", "-p", "iqn.1993-08.org.debian:01"));

	if (!name || !str_after(name, "iqn.") ||
	    !make_file(host, arena, path,
		       arena_printf(arena,
				    "## DO NOT EDIT OR REMOVE THIS FILE!\n"
				    "## Targets know this host by the name, which is as unique as "
				    "it was made.\n"
				    "InitiatorName=%s\n",
				    name),
		       0600))
		return NULL;
	return name;
}

const char *names_initiator(const Host *host, Arena *arena)
{
	static const char path[] = "/etc/iscsi/initiatorname.iscsi";
	const char *text = host_peek(host, arena, "%s", path);
	const char *name = line_value(arena, text, "InitiatorName=");

	if (!str_empty(name))
		return name;
	if (!str_eq(line_value(arena, text, "GenerateName="), "yes"))
		return NULL;
	return make_initiator(host, arena, path);
}

/* What the file says; made from `fresh` where it is missing. */
static const char *nvme_name(const Host *host, Arena *arena, const char *path, const char *fresh)
{
	const char *text = NULL;
	int r;

	r = host_read(host, arena, path, &text, NULL);
	if (r == 0 && *text)
		return text;
	if (r != HOST_NONE || !fresh)
		return NULL;
	(void)mkdir(host_path(host, arena, "/etc/nvme"), 0755); /* may be there */
	return make_file(host, arena, path, arena_printf(arena, "%s\n", fresh), 0644) ? fresh
										      : NULL;
}

const char *names_nqn(const Host *host, Arena *arena)
{
	static const char path[] = "/etc/nvme/hostnqn";
	const char *text = host_peek(host, arena, "%s", path);
	const char *uuid;

	if (!str_empty(text))
		return text;
	uuid = names_system_uuid(host, arena);
	if (uuid)
		text = arena_printf(arena, "nqn.2014-08.org.nvmexpress:uuid:%s", uuid);
	else
		text = ask(host, arena, RUN_ARGV("nvme", "show-hostnqn"));
	if (!text || !str_after(text, "nqn."))
		text = ask(host, arena, RUN_ARGV("nvme", "gen-hostnqn"));
	return nvme_name(host, arena, path, text);
}

const char *names_hostid(const Host *host, Arena *arena)
{
	static const char path[] = "/etc/nvme/hostid";
	const char *text = host_peek(host, arena, "%s", path);
	char fresh[UUID_TEXT];

	if (!str_empty(text))
		return text;
	text = names_system_uuid(host, arena);
	if (!text) {
		uuid_new(fresh);
		text = arena_strdup(arena, fresh);
	}
	return nvme_name(host, arena, path, text);
}

const char *names_root_uuid(const Host *host, Arena *arena)
{
	HostMount root;

	if (host_mount_at(host, arena, "/", &root, NULL) || !str_after(root.source, "/dev/"))
		return NULL;
	return ask(host, arena, RUN_ARGV("blkid", root.source, "-s", "UUID", "-o", "value"));
}
