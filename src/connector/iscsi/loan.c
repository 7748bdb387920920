/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * open-iscsi's record of a portal, which may be somebody else's, lent for as long as the portal is
 * asked with a name and secret: iscsiadm takes them from there, or from its command line, where
 * everybody can read them. There is one record a portal, so one at a time has it. In the database:
 *
 *     .cleat-PORTAL.lock   taken by who works on the record
 *     .cleat-PORTAL        the record as it was before, or that there was none; durable before the
 *                          record is touched, removed when it is as it was
 *
 * Who gets the lock and finds the second has it from somebody who died, and gives back for him.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/durable.h"
#include "base/filelock.h"
#include "base/str.h"
#include "connector/iscsi/priv.h"

static const char NOTHING[] = "# there was no record\n";

enum { AUTH_METHOD, AUTH_NAME, AUTH_SECRET, AUTH_NAME_IN, AUTH_SECRET_IN, _AUTH_MAX };

static const char *const auth_names[_AUTH_MAX] = {
	[AUTH_METHOD] = "discovery.sendtargets.auth.authmethod",
	[AUTH_NAME] = "discovery.sendtargets.auth.username",
	[AUTH_SECRET] = "discovery.sendtargets.auth.password",
	[AUTH_NAME_IN] = "discovery.sendtargets.auth.username_in",
	[AUTH_SECRET_IN] = "discovery.sendtargets.auth.password_in",
};

static const char *record_path(ConnectorCall *call, const IscsiInfo *info)
{
	return arena_printf(call->arena, "%s/send_targets/%s,%d/st_config", iscsi_database(call),
			    info->targets[0].address, info->targets[0].port);
}

/* As it is now, with its last line's end; NULL: there is none. */
static const char *record_text(ConnectorCall *call, const IscsiInfo *info)
{
	const char *text = host_peek(call->host, call->arena, "%s", record_path(call, info));

	return text ? arena_printf(call->arena, "%s\n", text) : NULL;
}

int iscsi_database_ask(ConnectorCall *call, const IscsiInfo *info, int64_t most_ms,
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
	int r = iscsi_database_ask(call, info, ISCSI_COMMAND_MS, (const char *[3]){"--op", op},
				   &result, f);

	run_result_done(&result);
	return r;
}

/* --- giving back --- */

static void read_auth(Arena *arena, const char *text, IscsiSettings *ret)
{
	*ret = (IscsiSettings){0};
	for (size_t i = 0; i < ARRAY_SIZE(auth_names); i++)
		iscsi_setting_add(ret, auth_names[i], iscsi_file_value(arena, text, auth_names[i]));
}

/* Whatever else somebody has changed in it meanwhile stays. */
static const char *without_loan(Arena *arena, const char *now, const char *before)
{
	IscsiSettings lent, own;

	read_auth(arena, now, &lent);
	read_auth(arena, before, &own);
	return str_eq(iscsi_file_changed(arena, before, &lent), now)
		       ? before
		       : iscsi_file_changed(arena, now, &own);
}

/* Twice: what stays holds a secret. */
static int delete_record(ConnectorCall *call, const IscsiInfo *info, Fault *f)
{
	int r = 0;

	for (int try = 0; r == 0 && try < 2; try++) {
		if (!record_text(call, info))
			return 0;
		r = tell_database(call, info, "delete", try ? f : NULL);
		r = try ? r : 0;
	}
	if (r == 0 && record_text(call, info))
		return fault(f, -EIO, "%s: iscsiadm does not delete it", record_path(call, info));
	return r;
}

/* While the lock is held. */
static int restore(IscsiLoan *loan, Fault *f)
{
	ConnectorCall *call = loan->call;
	const char *now = record_text(call, loan->info);
	_cleanup_(freep) char *before = NULL;
	int r = durable_read(loan->dir, loan->name, &before, f);

	if (r < 0)
		return r;
	if (r == 0 && str_eq(before, NOTHING))
		r = delete_record(call, loan->info, f);
	else if (r == 0 && now && !str_eq(now, before))
		r = iscsi_file_replace(call, record_path(call, loan->info),
				       without_loan(call->arena, now, before), f);
	return r < 0 ? r : durable_remove(loan->dir, loan->name, f);
}

static void let_go(IscsiLoan *loan)
{
	filelock_drop(loan->dir, loan->lock_name, &loan->lock);
	closep(&loan->dir);
}

int iscsi_loan_end(IscsiLoan *loan, Fault *f)
{
	int r = restore(loan, f);

	let_go(loan);
	return r;
}

/* --- taking --- */

/* The record is ours alone from now on, and nobody's loan. */
static int begin(ConnectorCall *call, const IscsiInfo *info, int64_t deadline_ms, IscsiLoan *ret,
		 Fault *f)
{
	const char *portal =
		arena_printf(call->arena, "%s,%d", info->targets[0].address, info->targets[0].port);
	const char *place = host_path(call->host, call->arena, "%s", iscsi_database(call));
	int r;

	*ret = (IscsiLoan){
		.call = call,
		.info = info,
		.name = arena_printf(call->arena, ".cleat-%s", portal),
		.lock_name = arena_printf(call->arena, ".cleat-%s.lock", portal),
		.dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.lock = -1,
	};
	if (ret->dir < 0)
		return fault(f, -errno, "%s: %s", place, strerror(errno));
	r = filelock_take(ret->dir, ret->lock_name, LOCK_EX, deadline_ms, &ret->lock, f);
	if (r == 0) {
		r = restore(ret, f);
		if (r < 0)
			let_go(ret);
		return r;
	}
	closep(&ret->dir);
	return r == FILELOCK_TAKEN ? iscsi_say(call, CONNECTOR_NO_PATH,
					       "others have been asking %s all the time",
					       iscsi_portal(call->arena, &info->targets[0]))
				   : r;
}

static int change_record(IscsiLoan *loan, const IscsiChap *chap, Fault *f)
{
	ConnectorCall *call = loan->call;
	const char *text = record_text(call, loan->info);
	IscsiSettings settings = {0};
	int r = durable_write(loan->dir, loan->name, text ? text : NOTHING, f);

	if (r == 0 && !text) {
		r = tell_database(call, loan->info, "new", f);
		text = record_text(call, loan->info);
	}
	if (r)
		return r;
	if (!text)
		return fault(f, -ENOENT, "iscsiadm has made no record of %s",
			     iscsi_portal(call->arena, &loan->info->targets[0]));
	iscsi_setting_add(&settings, auth_names[AUTH_METHOD], "CHAP");
	iscsi_setting_add(&settings, auth_names[AUTH_NAME], chap->username);
	iscsi_setting_add(&settings, auth_names[AUTH_SECRET], chap->password);
	/* What the portal shall say to them, it cannot say to us. */
	iscsi_setting_add(&settings, auth_names[AUTH_NAME_IN], NULL);
	iscsi_setting_add(&settings, auth_names[AUTH_SECRET_IN], NULL);
	return iscsi_file_replace(call, record_path(call, loan->info),
				  iscsi_file_changed(call->arena, text, &settings), f);
}

int iscsi_loan_take(ConnectorCall *call, const IscsiInfo *info, IscsiLoan *ret, Fault *f)
{
	int r = begin(call, info, iscsi_until(call, ISCSI_LOAN_MS), ret, f);

	if (r)
		return r;
	r = change_record(ret, &info->chap_find, f);
	if (r)
		(void)iscsi_loan_end(ret, NULL); /* or by who asks next; r is told */
	return r;
}

int iscsi_loan_clean(ConnectorCall *call, const IscsiInfo *info, Fault *f)
{
	const char *pattern = arena_printf(call->arena, "%s/.cleat-%s,%d*", iscsi_database(call),
					   info->targets[0].address, info->targets[0].port);
	const char **found;
	IscsiLoan loan;
	size_t count;
	int r = host_glob(call->host, call->arena, pattern, &found, &count, f);

	if (r || count == 0)
		return r;
	r = begin(call, info, 0, &loan, f);
	if (r == CONNECTOR_NO_PATH)
		return 0; /* whoever is at it gives all of it back */
	if (r == 0)
		let_go(&loan);
	return r;
}
