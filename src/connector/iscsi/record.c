/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Node records of open-iscsi: what a login reads. iscsiadm makes the file, with
 * the defaults of iscsid.conf; what differs is written into it here, as
 * iscsiadm takes values on its command line only, where everybody can read a
 * secret. A comment marks the records that we made. They are files that go as
 * files: that takes no time, and cannot hang.
 *
 * A record that somebody else made is changed for the time of a login, or a
 * scan by iscsid would bring every LUN of the target to this host; afterwards
 * it is as it was, but for a new secret.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "connector/iscsi/priv.h"

static void add_chap(IscsiSettings *settings, const IscsiInfo *info)
{
	if (!info->chap.password)
		return;
	iscsi_setting_add(settings, "node.session.auth.authmethod", "CHAP");
	iscsi_setting_add(settings, "node.session.auth.username", info->chap.username);
	iscsi_setting_add(settings, "node.session.auth.password", info->chap.password);
	if (!info->chap_in.password)
		return;
	iscsi_setting_add(settings, "node.session.auth.username_in", info->chap_in.username);
	iscsi_setting_add(settings, "node.session.auth.password_in", info->chap_in.password);
}

/*
 * iscsid gives a portal up after two tries of ten seconds. Over several paths a
 * lost one is to answer errors soon, or the map above waits with it.
 */
static void add_login(IscsiSettings *settings, bool multipath)
{
	iscsi_setting_add(settings, "node.startup", "manual");
	iscsi_setting_add(settings, "node.conn[0].startup", "manual");
	iscsi_setting_add(settings, "node.session.scan", "manual");
	iscsi_setting_add(settings, "node.session.nr_sessions", "1");
	iscsi_setting_add(settings, "node.session.initial_login_retry_max", "1");
	iscsi_setting_add(settings, "node.conn[0].timeo.login_timeout", "10");
	iscsi_setting_add(settings, "node.session.timeo.replacement_timeout",
			  multipath ? "15" : "120");
}

/*
 * The file of a record, or NULL. It is ADDRESS,PORT, and of records that
 * discovery made ADDRESS,PORT,GROUP/INTERFACE.
 */
static const char *record_path(ConnectorCall *call, const IscsiTarget *target)
{
	const char *file = arena_printf(call->arena, "%s/nodes/%s/%s,%d", iscsi_database(call),
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

/* The file, and the directories that nothing else is in. iscsiadm would do no more. */
static int remove_record(ConnectorCall *call, const IscsiTarget *target, Fault *f)
{
	const char *path = record_path(call, target);
	char *place;

	if (!path)
		return 0;
	place = arena_strdup(call->arena, host_path(call->host, call->arena, "%s", path));
	if (unlink(place) < 0 && errno != ENOENT)
		return fault(f, -errno, "%s: %s", path, strerror(errno));
	do
		*strrchr(place, '/') = '\0';
	while (!str_ends(place, "/nodes") && rmdir(place) == 0);
	return 0;
}

static int change_for_login(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
			    bool multipath, bool is_ours, Fault *f)
{
	const char *path = record_path(call, target);
	const char *text = record_text(call, target);
	IscsiSettings settings = {0};

	if (!path || !text)
		return fault(f, -ENOENT, "iscsiadm has made no record of %s", target->iqn);
	/* It writes every setting that it knows. */
	if (is_ours && !iscsi_file_value(call->arena, text, "node.session.scan"))
		return iscsi_say(call, CONNECTOR_NO_TRANSPORT,
				 "this open-iscsi brings every volume of a target to the host: it "
				 "must be 2.0-875 or later");
	add_login(&settings, multipath);
	add_chap(&settings, info);
	text = iscsi_file_changed(call->arena, text, &settings);
	return iscsi_file_replace(call, path, is_ours ? iscsi_file_marked(call->arena, text) : text,
				  f);
}

int iscsi_record_lend(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
		      bool multipath, const char **ret_lent, Fault *f)
{
	const char *before = record_text(call, target);
	const char *lent = before && !iscsi_file_is_ours(before) ? before : NULL;
	int r = before ? 0 : record_new(call, info, target, f);

	if (r == 0)
		r = change_for_login(call, info, target, multipath, !lent, f);
	if (r && !before)
		(void)remove_record(call, target, NULL); /* it is not marked yet; r is told */
	if (r == 0)
		*ret_lent = lent;
	return r;
}

int iscsi_record_give_back(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
			   const char *lent, Fault *f)
{
	const char *path = record_path(call, target);
	IscsiSettings settings = {0};

	if (!lent || !path)
		return 0;
	add_chap(&settings, info);
	return iscsi_file_replace(call, path, iscsi_file_changed(call->arena, lent, &settings), f);
}

int iscsi_record_refresh(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
			 Fault *f)
{
	const char *text = record_text(call, target);
	IscsiSettings settings = {0};
	bool same = true;

	add_chap(&settings, info);
	if (!text)
		return 0;
	for (size_t i = 0; i < settings.count; i++)
		same = same && str_eq(iscsi_file_value(call->arena, text, settings.items[i].name),
				      settings.items[i].value);
	if (same)
		return 0;
	return iscsi_file_replace(call, record_path(call, target),
				  iscsi_file_changed(call->arena, text, &settings), f);
}

bool iscsi_record_is_ours(ConnectorCall *call, const IscsiTarget *target)
{
	return iscsi_file_is_ours(record_text(call, target));
}

int iscsi_record_delete(ConnectorCall *call, const IscsiTarget *target, Fault *f)
{
	return iscsi_record_is_ours(call, target) ? remove_record(call, target, f) : 0;
}

bool iscsi_record_is_automatic(ConnectorCall *call, const IscsiTarget *target)
{
	const char *text = record_text(call, target);
	const char *startup = text ? iscsi_file_value(call->arena, text, "node.startup") : NULL;
	const char *connection =
		text ? iscsi_file_value(call->arena, text, "node.conn[0].startup") : NULL;

	return (startup && !str_eq(startup, "manual")) || str_eq(connection, "onboot");
}
