/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files of open-iscsi's database: lines "name = value" between two comments. What differs from
 * what iscsiadm wrote is written into them here, as iscsiadm takes values on its command line only,
 * where everybody can read a secret. A comment marks the files that we made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/str.h"
#include "connector/iscsi/priv.h"

static const char mark[] = "# made by cleat\n";
static const char end_line[] = "# END RECORD";

void iscsi_setting_add(IscsiSettings *settings, const char *name, const char *value)
{
	assert(settings->count < ISCSI_SETTING_MAX);
	settings->items[settings->count++] = (IscsiSetting){name, value};
}

const char *iscsi_database(const ConnectorCall *call)
{
	struct stat st;

	/* Debian keeps it here, others in /var/lib/iscsi. */
	return stat(host_path(call->host, call->arena, "/etc/iscsi"), &st) == 0 ? "/etc/iscsi"
										: "/var/lib/iscsi";
}

const char *iscsi_file_value(Arena *arena, const char *text, const char *name)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *rest = str_after(line, name);

		rest = str_after(rest, " = ");
		if (rest)
			return arena_strndup(arena, rest, strcspn(rest, "\n"));
	}
	return NULL;
}

static bool sets(const IscsiSettings *settings, const char *line)
{
	for (size_t i = 0; i < settings->count; i++)
		if (str_after(str_after(line, settings->items[i].name), " "))
			return true;
	return false;
}

const char *iscsi_file_changed(Arena *arena, const char *text, const IscsiSettings *settings)
{
	_cleanup_(buf_done) Buf changed = {0};

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (str_after(text, end_line))
			break;
		if (length && !sets(settings, text)) {
			buf_append(&changed, text, length);
			buf_add_char(&changed, '\n');
		}
		text += length + (text[length] == '\n');
	}
	for (size_t i = 0; i < settings->count; i++)
		if (settings->items[i].value)
			buf_printf(&changed, "%s = %s\n", settings->items[i].name,
				   settings->items[i].value);
	buf_printf(&changed, "%s\n", end_line);
	return arena_strdup(arena, buf_text(&changed));
}

static int write_whole(const char *path, const char *text, Fault *f)
{
	_cleanup_(closep) int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t length = strlen(text);

	if (fd < 0)
		return fault(f, -errno, "%s: %s", path, strerror(errno));
	for (size_t done = 0; done < length;) {
		ssize_t n = write(fd, text + done, length - done);

		if (n < 0)
			return fault(f, -errno, "%s: %s", path, strerror(errno));
		done += (size_t)n;
	}
	return 0;
}

/* Whoever reads it sees the old one or the new one, and only root sees either. */
int iscsi_file_replace(ConnectorCall *call, const char *path, const char *text, Fault *f)
{
	const char *place = host_path(call->host, call->arena, "%s", path);
	const char *draft = host_path(call->host, call->arena, "%s/.cleat-%d", iscsi_database(call),
				      (int)gettid());
	int r = write_whole(draft, text, f);

	if (r == 0 && rename(draft, place) < 0)
		r = fault(f, -errno, "%s: %s", place, strerror(errno));
	if (r < 0)
		(void)unlink(draft); /* it may not be there */
	return r;
}

bool iscsi_file_is_ours(const char *text)
{
	return text && strstr(text, mark);
}

const char *iscsi_file_marked(Arena *arena, const char *text)
{
	return iscsi_file_is_ours(text) ? text : arena_printf(arena, "%s%s", mark, text);
}
