/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Asking a portal for the others of its target. Printed only: what discovery would write into node
 * records belongs to other users, or to the disk this host runs from.
 */
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

static int ask_with_secret(ConnectorCall *call, const IscsiInfo *info, RunResult *ret, Fault *f)
{
	static const char *const words[3] = {"--discover", "--op", "nonpersistent"};
	Fault untidy = {0};
	IscsiLoan loan;
	int given, r = iscsi_loan_take(call, info, &loan, f);

	if (r)
		return r;
	r = iscsi_database_ask(call, info, ISCSI_LOGIN_MS, words, ret, f);
	given = iscsi_loan_end(&loan, r ? &untidy : f);
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

	if (r && r != CONNECTOR_NO_PATH) {
		run_result_done(&result);
		return r;
	}
	targets[0] = info->targets[0];
	/* A portal that could not be asked, or does not answer, is told by the login to it. */
	*ret_count = r == 0 && result.status == 0 ? read_answer(call, result.out, targets) : 1;
	*ret = targets;
	run_result_done(&result);
	return 0;
}
