/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Running programs within the call's deadline, and what iscsiadm's exit statuses mean.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/iscsi/priv.h"

enum { NODE_WORDS_MAX = 4, NODE_WORDS_BEFORE = 7 };

typedef struct ExitMeaning {
	int status;
	const char *text;
	bool passing; /* another try may get further */
	ConnectorOutcome outcome;
} ExitMeaning;

/* Those of open-iscsi's iscsi_err.h that a login or a discovery can end with. */
static const ExitMeaning meanings[] = {
	{2, "there is no such session", false, CONNECTOR_NO_PATH},
	{4, "it cannot be reached", true, CONNECTOR_NO_PATH},
	{5, "it refuses the login", false, CONNECTOR_NO_PATH},
	{6, "open-iscsi's records cannot be read or written", false, CONNECTOR_NO_PATH},
	{8, "it does not answer", false, CONNECTOR_NO_PATH},
	{11, "it does not answer in time", true, CONNECTOR_NO_PATH},
	{12, "the kernel lacks the transport's module", false, CONNECTOR_NO_TRANSPORT},
	{13, "iscsiadm may not do that as this user", false, CONNECTOR_NO_TRANSPORT},
	{15, "there is a session already", true, CONNECTOR_NO_PATH},
	{18, "iscsid does not answer", true, CONNECTOR_NO_TRANSPORT},
	{19, "it refuses the login for good", false, CONNECTOR_NO_PATH},
	{20, "iscsid does not run on this host", false, CONNECTOR_NO_TRANSPORT},
	{21, "there is no record of it", false, CONNECTOR_NO_PATH},
	{24, "it refuses the name and secret", false, CONNECTOR_NO_PATH},
	{27, "iscsid cannot do that", false, CONNECTOR_NO_TRANSPORT},
	{28, "it is busy", true, CONNECTOR_NO_PATH},
	{32, "the session is not connected", true, CONNECTOR_NO_PATH},
	{33, "the request timed out", true, CONNECTOR_NO_PATH},
};

static const ExitMeaning *meaning(int status)
{
	static const ExitMeaning other = {0, "iscsiadm failed", true, CONNECTOR_NO_PATH};

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].status == status)
			return &meanings[i];
	return &other;
}

const char *iscsi_exit_text(int status)
{
	return meaning(status)->text;
}

bool iscsi_exit_is_passing(int status)
{
	return meaning(status)->passing;
}

ConnectorOutcome iscsi_exit_outcome(int status)
{
	return meaning(status)->outcome;
}

int iscsi_say(ConnectorCall *call, ConnectorOutcome outcome, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	call->why = arena_vprintf(call->arena, format, ap);
	va_end(ap);
	return outcome;
}

int64_t iscsi_limit(const ConnectorCall *call, int64_t most_ms)
{
	int64_t left = call->deadline_ms - clock_mono_ms();

	return MAX(MIN(left, most_ms), 1);
}

int64_t iscsi_until(const ConnectorCall *call, int64_t most_ms)
{
	return MIN(call->deadline_ms, clock_mono_ms() + most_ms);
}

int iscsi_run(ConnectorCall *call, const char *const *argv, int64_t most_ms, RunResult *ret,
	      Fault *f)
{
	const RunSpec spec = {.argv = argv, .timeout_ms = iscsi_limit(call, most_ms)};

	return run_command(&spec, ret, f);
}

int iscsi_run_checked(ConnectorCall *call, const char *const *argv, int64_t most_ms, Fault *f)
{
	const RunSpec spec = {.argv = argv, .timeout_ms = iscsi_limit(call, most_ms)};

	return run_checked(&spec, NULL, f);
}

int iscsi_node(ConnectorCall *call, const IscsiTarget *target, int64_t most_ms,
	       const char *const *words, RunResult *ret, Fault *f)
{
	const char *argv[NODE_WORDS_BEFORE + NODE_WORDS_MAX + 1] = {
		"iscsiadm",
		"-m",
		"node",
		"-T",
		target->iqn,
		"-p",
		iscsi_portal(call->arena, target),
	};

	for (int i = 0; i < NODE_WORDS_MAX && words[i]; i++)
		argv[NODE_WORDS_BEFORE + i] = words[i];
	return iscsi_run(call, argv, most_ms, ret, f);
}

bool iscsi_is_others(const ConnectorCall *call, const char *wwid)
{
	for (const char *const *other = call->others; wwid && other && *other; other++)
		if (str_eq(str_after(*other, "wwid:"), wwid))
			return true;
	return false;
}
