/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Node records of open-iscsi: what a login reads. iscsiadm makes the file, with
 * the defaults of iscsid.conf; what differs is written into it here, as
 * iscsiadm takes values on its command line only, where everybody can read a
 * secret. A comment marks the records that we made.
 *
 * A record that somebody else made is changed for the time of a login, or a
 * scan by iscsid would bring every LUN of the target to this host; afterwards
 * it is as it was, but for a new secret.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/str.h"
#include "connector/iscsi/priv.h"

enum { SETTING_MAX = 16 };

static const char mark[] = "# made by cleat\n";
static const char end_line[] = "# END RECORD";

typedef struct Setting {
	const char *name;
	const char *value;
} Setting;

typedef struct Settings {
	Setting items[SETTING_MAX];
	size_t count;
} Settings;

static void add(Settings *settings, const char *name, const char *value)
{
	assert(settings->count < SETTING_MAX);
	settings->items[settings->count++] = (Setting){name, value};
}

static void add_chap(Settings *settings, const IscsiInfo *info)
{
	if (!info->chap.password)
		return;
	add(settings, "node.session.auth.authmethod", "CHAP");
	add(settings, "node.session.auth.username", info->chap.username);
	add(settings, "node.session.auth.password", info->chap.password);
	if (!info->chap_in.password)
		return;
	add(settings, "node.session.auth.username_in", info->chap_in.username);
	add(settings, "node.session.auth.password_in", info->chap_in.password);
}

/*
 * iscsid gives a portal up after two tries of ten seconds. Over several paths a
 * lost one is to answer errors soon, or the map above waits with it.
 */
static void add_login(Settings *settings, bool multipath)
{
	add(settings, "node.startup", "manual");
	add(settings, "node.conn[0].startup", "manual");
	add(settings, "node.session.scan", "manual");
	add(settings, "node.session.nr_sessions", "1");
	add(settings, "node.session.initial_login_retry_max", "1");
	add(settings, "node.conn[0].timeo.login_timeout", "10");
	add(settings, "node.session.timeo.replacement_timeout", multipath ? "15" : "120");
}

static const char *database(const ConnectorCall *call)
{
	struct stat st;

	/* Debian keeps it here, others in /var/lib/iscsi. */
	return stat(host_path(call->host, call->arena, "/etc/iscsi"), &st) == 0 ? "/etc/iscsi"
										: "/var/lib/iscsi";
}

/*
 * The file of a record, or NULL. It is ADDRESS,PORT, and of records that
 * discovery made ADDRESS,PORT,GROUP/INTERFACE.
 */
static const char *record_path(ConnectorCall *call, const IscsiTarget *target)
{
	const char *file = arena_printf(call->arena, "%s/nodes/%s/%s,%d", database(call),
					target->iqn, target->address, target->port);
	const char *pattern = arena_printf(call->arena, "%s,*/*", file);
	const char **found;
	size_t count;
	struct stat st;

	if (stat(host_path(call->host, call->arena, "%s", file), &st) == 0 && S_ISREG(st.st_mode))
		return file;
	if (host_glob(call->host, call->arena, pattern, &found, &count, NULL) || count == 0)
		return NULL;
	return found[0];
}

static const char *record_text(ConnectorCall *call, const IscsiTarget *target)
{
	const char *path = record_path(call, target);

	return path ? host_peek(call->host, call->arena, "%s", path) : NULL;
}

/* The value of a setting in a record, or NULL. */
static const char *record_value(Arena *arena, const char *text, const char *name)
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

static bool sets(const Settings *settings, const char *line)
{
	for (size_t i = 0; i < settings->count; i++)
		if (str_after(str_after(line, settings->items[i].name), " "))
			return true;
	return false;
}

/* The record with the settings in place of its own. */
static char *record_changed(Arena *arena, const char *text, const Settings *settings)
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

/* Whoever reads it sees the old one or the new one, and only root sees either.
 */
static int record_replace(ConnectorCall *call, const char *path, const char *text, Fault *f)
{
	const char *place = host_path(call->host, call->arena, "%s", path);
	const char *draft =
		host_path(call->host, call->arena, "%s/.cleat-%d", database(call), (int)gettid());
	int r = write_whole(draft, text, f);

	if (r == 0 && rename(draft, place) < 0)
		r = fault(f, -errno, "%s: %s", place, strerror(errno));
	if (r < 0)
		(void)unlink(draft); /* it may not be there */
	return r;
}

static int record_new(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
		      Fault *f)
{
	const char *const words[] = {"-I", info->iser ? "iser" : "default", "--op", "new", NULL};
	RunResult result = {0};
	int r = iscsi_node(call, target, ISCSI_COMMAND_MS, words, &result, f);

	if (r == 0 && result.status != 0 && !record_path(call, target))
		r = iscsi_say(call, iscsi_exit_outcome(result.status), "a record of %s at %s: %s",
			      target->iqn, iscsi_portal(call->arena, target),
			      iscsi_exit_text(result.status));
	run_result_done(&result);
	return r;
}

int iscsi_record_lend(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
		      bool multipath, const char **ret_lent, Fault *f)
{
	const char *before = record_text(call, target);
	const char *lent = before && !strstr(before, mark) ? before : NULL;
	const char *path, *text;
	Settings settings = {0};
	int r;

	if (!before) {
		r = record_new(call, info, target, f);
		if (r)
			return r;
	}
	path = record_path(call, target);
	text = record_text(call, target);
	if (!path || !text)
		return fault(f, -ENOENT, "iscsiadm has made no record of %s", target->iqn);
	add_login(&settings, multipath);
	add_chap(&settings, info);
	text = record_changed(call->arena, text, &settings);
	if (!lent && !strstr(text, mark))
		text = arena_printf(call->arena, "%s%s", mark, text);
	r = record_replace(call, path, text, f);
	if (r == 0)
		*ret_lent = lent;
	return r;
}

int iscsi_record_give_back(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
			   const char *lent, Fault *f)
{
	const char *path = record_path(call, target);
	Settings settings = {0};

	if (!lent || !path)
		return 0;
	add_chap(&settings, info);
	return record_replace(call, path, record_changed(call->arena, lent, &settings), f);
}

int iscsi_record_refresh(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
			 Fault *f)
{
	const char *text = record_text(call, target);
	Settings settings = {0};
	bool same = true;

	add_chap(&settings, info);
	if (!text)
		return 0;
	for (size_t i = 0; i < settings.count; i++)
		same = same && str_eq(record_value(call->arena, text, settings.items[i].name),
				      settings.items[i].value);
	if (same)
		return 0;
	return record_replace(call, record_path(call, target),
			      record_changed(call->arena, text, &settings), f);
}

bool iscsi_record_is_ours(ConnectorCall *call, const IscsiTarget *target)
{
	const char *text = record_text(call, target);

	return text && strstr(text, mark);
}

static int delete_once(ConnectorCall *call, const IscsiTarget *target, Fault *f)
{
	static const char *const words[] = {"--op", "delete", NULL};
	RunResult result = {0};
	int r;

	if (!iscsi_record_is_ours(call, target))
		return 0;
	r = iscsi_node(call, target, ISCSI_COMMAND_MS, words, &result, f);
	if (r == 0 && record_path(call, target))
		r = fault(f, -EIO, "the record of %s at %s: %s", target->iqn,
			  iscsi_portal(call->arena, target), iscsi_exit_text(result.status));
	run_result_done(&result);
	return r;
}

/* Twice: a record that stays may hold a secret. */
int iscsi_record_delete(ConnectorCall *call, const IscsiTarget *target, Fault *f)
{
	return delete_once(call, target, NULL) == 0 ? 0 : delete_once(call, target, f);
}

bool iscsi_record_is_automatic(ConnectorCall *call, const IscsiTarget *target)
{
	const char *text = record_text(call, target);
	const char *startup = text ? record_value(call->arena, text, "node.startup") : NULL;
	const char *connection =
		text ? record_value(call->arena, text, "node.conn[0].startup") : NULL;

	return (startup && !str_eq(startup, "manual")) || str_eq(connection, "onboot");
}
