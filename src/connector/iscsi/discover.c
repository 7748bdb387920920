/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Asking a portal for the others of its target. Printed only: what discovery would write into node
 * records belongs to other users, or to the disk this host runs from.
 */
#include <errno.h>

#include "base/str.h"
#include "connector/iscsi/priv.h"

/* "192.0.2.11:3260,1 iqn.…" */
static bool read_line(ConnectorCall *call, const char *line, const IscsiTarget *known,
		      IscsiTarget *ret)
{
	const char *blank = strchr(line, ' ');

	if (!blank || !str_eq(blank + 1, known->iqn))
		return false;
	*ret = *known;
	return iscsi_portal_parse(call->arena,
				  arena_strndup(call->arena, line, (size_t)(blank - line)),
				  &ret->address, &ret->port);
}

static bool is_known(const IscsiTarget *targets, size_t count, const IscsiTarget *target)
{
	for (size_t i = 0; i < count; i++)
		if (targets[i].port == target->port && str_eq(targets[i].address, target->address))
			return true;
	return false;
}

static size_t read_answer(ConnectorCall *call, const char *text, IscsiTarget *targets)
{
	size_t count = 1;

	while (*text && count < ISCSI_TARGET_MAX) {
		size_t length = strcspn(text, "\n");
		const char *line = arena_strndup(call->arena, text, length);

		if (read_line(call, line, &targets[0], &targets[count]) &&
		    !is_known(targets, count, &targets[count]))
			count++;
		text += length + (text[length] == '\n');
	}
	return count;
}

/* --- with a name and secret: by a record of the portal, for as long as it is asked --- */

static const char *portal_record(ConnectorCall *call, const IscsiTarget *target)
{
	return arena_printf(call->arena, "%s/send_targets/%s,%d/st_config", iscsi_database(call),
			    target->address, target->port);
}

/* `iscsiadm -m discoverydb` about a portal, with up to three words behind it. */
static int ask_database(ConnectorCall *call, const IscsiInfo *info, int64_t most_ms,
			const char *const words[static 3], RunResult *ret, Fault *f)
{
	const char *portal = iscsi_portal(call->arena, &info->targets[0]);

	return iscsi_run(call,
			 RUN_ARGV("iscsiadm", "-m", "discoverydb", "-t", "sendtargets", "-I",
				  info->iser ? "iser" : "default", "-p", portal, words[0], words[1],
				  words[2]),
			 most_ms, ret, f);
}

static int tell_database(ConnectorCall *call, const IscsiInfo *info, const char *op, Fault *f)
{
	RunResult result = {0};
	int r = ask_database(call, info, ISCSI_COMMAND_MS, (const char *[3]){"--op", op}, &result,
			     f);

	run_result_done(&result);
	return r;
}

/* What is there of somebody else is *ret_lent, and changed until it is given back. */
static int lend_portal(ConnectorCall *call, const IscsiInfo *info, const char **ret_lent, Fault *f)
{
	const char *path = portal_record(call, &info->targets[0]);
	const char *text = host_peek(call->host, call->arena, "%s", path);
	IscsiSettings settings = {0};
	int r;

	*ret_lent = iscsi_file_is_ours(text) ? NULL : text;
	if (!text) {
		r = tell_database(call, info, "new", f);
		if (r)
			return r;
		text = host_peek(call->host, call->arena, "%s", path);
	}
	if (!text)
		return fault(f, -ENOENT, "iscsiadm has made no record of %s",
			     iscsi_portal(call->arena, &info->targets[0]));
	iscsi_setting_add(&settings, "discovery.sendtargets.auth.authmethod", "CHAP");
	iscsi_setting_add(&settings, "discovery.sendtargets.auth.username",
			  info->chap_find.username);
	iscsi_setting_add(&settings, "discovery.sendtargets.auth.password",
			  info->chap_find.password);
	text = iscsi_file_changed(call->arena, text, &settings);
	return iscsi_file_replace(call, path,
				  *ret_lent ? text : iscsi_file_marked(call->arena, text), f);
}

int iscsi_discover_clean(ConnectorCall *call, const IscsiInfo *info, Fault *f)
{
	const char *path = portal_record(call, &info->targets[0]);
	int r = 0;

	/* Twice: what stays holds a secret. */
	for (int try = 0; r == 0 && try < 2; try++) {
		if (!iscsi_file_is_ours(host_peek(call->host, call->arena, "%s", path)))
			return 0;
		r = tell_database(call, info, "delete", try ? f : NULL);
		r = try ? r : 0;
	}
	if (r == 0 && host_peek(call->host, call->arena, "%s", path))
		return fault(f, -EIO, "%s: iscsiadm does not delete it", path);
	return r;
}

static int give_portal_back(ConnectorCall *call, const IscsiInfo *info, const char *lent, Fault *f)
{
	const char *path = portal_record(call, &info->targets[0]);

	return lent ? iscsi_file_replace(call, path, arena_printf(call->arena, "%s\n", lent), f)
		    : iscsi_discover_clean(call, info, f);
}

static int ask_with_secret(ConnectorCall *call, const IscsiInfo *info, RunResult *ret, Fault *f)
{
	static const char *const words[3] = {"--discover", "--op", "nonpersistent"};
	const char *lent = NULL;
	Fault untidy = {0};
	int given, r = lend_portal(call, info, &lent, f);

	if (r == 0)
		r = ask_database(call, info, ISCSI_LOGIN_MS, words, ret, f);
	given = give_portal_back(call, info, lent, r ? &untidy : f);
	return r ? r : given;
}

static int ask(ConnectorCall *call, const IscsiInfo *info, RunResult *ret, Fault *f)
{
	return iscsi_run(call,
			 RUN_ARGV("iscsiadm", "-m", "discovery", "-t", "sendtargets", "-I",
				  info->iser ? "iser" : "default", "-p",
				  iscsi_portal(call->arena, &info->targets[0]), "--op",
				  "nonpersistent"),
			 ISCSI_LOGIN_MS, ret, f);
}

int iscsi_discover(ConnectorCall *call, const IscsiInfo *info, IscsiTarget **ret, size_t *ret_count,
		   Fault *f)
{
	IscsiTarget *targets = ARENA_ARRAY(call->arena, IscsiTarget, ISCSI_TARGET_MAX);
	RunResult result = {0};
	int r = info->chap_find.password ? ask_with_secret(call, info, &result, f)
					 : ask(call, info, &result, f);

	if (r) {
		run_result_done(&result);
		return r;
	}
	targets[0] = info->targets[0];
	/* A portal that does not answer is told by the login to it. */
	*ret_count = result.status == 0 ? read_answer(call, result.out, targets) : 1;
	*ret = targets;
	run_result_done(&result);
	return 0;
}
