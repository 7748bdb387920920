/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Sessions, as sysfs shows them: iscsiadm's own list says portals in the
 * spelling that somebody typed, and its exit status says what it believes. So a
 * login is: look, log in, look again; the look decides, also after a failure or
 * a time-out.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/iscsi/priv.h"

enum { LOGIN_TRIES = 3, LOGIN_PAUSE_MS = 500, RECOVER_MS = 10 * 1000, LAST_RECOVERY_S = 1 };

#define SESSIONS "/sys/class/iscsi_session"
#define CONNECTIONS "/sys/class/iscsi_connection"

static bool number_after(const char *path, const char *word, int *ret)
{
	const char *at = strrchr(path, '/');
	const char *text = at ? str_after(at + 1, word) : NULL;
	int64_t number;

	if (!text || !str_parse_i64(text, &number) || number < 0 || number > INT32_MAX)
		return false;
	*ret = (int)number;
	return true;
}

/* The host of a session: software initiators make one for each. */
static bool read_host(ConnectorCall *call, int number, int *ret, Fault *f)
{
	const char *device = arena_printf(call->arena, "/device/session%d", number);
	const char *pattern = arena_printf(call->arena, "/sys/class/iscsi_host/host*%s", device);
	const char **found;
	size_t count;

	if (host_glob(call->host, call->arena, pattern, &found, &count, f) || count == 0)
		return false;
	return number_after(arena_strndup(call->arena, found[0], strlen(found[0]) - strlen(device)),
			    "host", ret);
}

/* What a session's portal is; it may be going away while we look. */
static bool read_session(ConnectorCall *call, int number, const char *iqn, IscsiSession *ret)
{
	const Host *host = call->host;
	const char *name = host_peek(host, call->arena, SESSIONS "/session%d/targetname", number);
	const char *state = host_peek(host, call->arena, SESSIONS "/session%d/state", number);
	const char *address = host_peek(host, call->arena,
					CONNECTIONS "/connection%d:0/persistent_address", number);
	const char *port =
		host_peek(host, call->arena, CONNECTIONS "/connection%d:0/persistent_port", number);
	int64_t port_number;

	if (!str_eq(name, iqn) || !state || !address || !port || !str_parse_i64(port, &port_number))
		return false;
	*ret = (IscsiSession){
		.number = number,
		.target = {iqn, iscsi_address(call->arena, address), (int)port_number, 0},
		.state = state,
	};
	return read_host(call, number, &ret->host, NULL);
}

static int sessions_with(ConnectorCall *call, const char *iqn, IscsiSession **ret,
			 size_t *ret_count, Fault *f)
{
	IscsiSession *sessions = NULL;
	const char **found;
	size_t found_count, count = 0;
	int r = host_glob(call->host, call->arena, SESSIONS "/session*", &found, &found_count, f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < found_count; i++) {
		int number;

		sessions = arena_grow(call->arena, sessions, count, sizeof(*sessions));
		if (number_after(found[i], "session", &number) &&
		    read_session(call, number, iqn, &sessions[count]))
			count++;
	}
	*ret = sessions;
	*ret_count = count;
	return 0;
}

/* Whether an earlier target has the same name, whose sessions have been seen.
 */
static bool seen_before(const IscsiInfo *info, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_eq(info->targets[i].iqn, info->targets[index].iqn))
			return true;
	return false;
}

/* Portals that were discovered come last. */
static size_t rank(const IscsiInfo *info, const IscsiSession *session)
{
	size_t i = 0;

	while (i < info->target_count && !iscsi_same_portal(&info->targets[i], &session->target))
		i++;
	return i;
}

static void put_in_order(const IscsiInfo *info, IscsiSession *sessions, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		IscsiSession moving = sessions[i];
		size_t at = i;

		for (; at > 0 && rank(info, &sessions[at - 1]) > rank(info, &moving); at--)
			sessions[at] = sessions[at - 1];
		sessions[at] = moving;
	}
}

int iscsi_all_sessions(ConnectorCall *call, const IscsiInfo *info, IscsiSession **ret,
		       size_t *ret_count, Fault *f)
{
	IscsiSession *all = NULL;
	size_t count = 0;

	for (size_t i = 0; i < info->target_count; i++) {
		IscsiSession *sessions;
		size_t more;
		int r;

		if (seen_before(info, i))
			continue;
		r = sessions_with(call, info->targets[i].iqn, &sessions, &more, f);
		if (r)
			return r;
		for (size_t s = 0; s < more; s++) {
			all = arena_grow(call->arena, all, count, sizeof(*all));
			all[count++] = sessions[s];
		}
	}
	put_in_order(info, all, count);
	*ret = all;
	*ret_count = count;
	return 0;
}

/* There may be several by one portal: one that lives is taken before one that
 * does not. */
static int find_session(ConnectorCall *call, const IscsiTarget *target, IscsiSession *ret,
			bool *ret_found, Fault *f)
{
	IscsiSession *sessions = NULL;
	size_t count = 0;
	int r = sessions_with(call, target->iqn, &sessions, &count, f);

	if (r)
		return r;
	*ret_found = false;
	for (size_t i = 0; i < count; i++) {
		if (!iscsi_same_portal(&sessions[i].target, target))
			continue;
		if (!*ret_found || iscsi_session_lives(&sessions[i]))
			*ret = sessions[i];
		*ret_found = true;
		if (iscsi_session_lives(ret))
			break;
	}
	return 0;
}

typedef struct Look {
	ConnectorCall *call;
	const IscsiTarget *target;
	IscsiSession *session;
	bool found;
} Look;

static int look_for_life(void *ctx, Fault *f)
{
	Look *look = ctx;
	int r = find_session(look->call, look->target, look->session, &look->found, f);

	if (r)
		return r;
	return look->found && iscsi_session_lives(look->session) ? 0 : HOST_NONE;
}

static int wait_for_life(Look *look, int64_t most_ms, Fault *f)
{
	return host_wait(look_for_life, look, iscsi_until(look->call, most_ms), f);
}

/* iscsid may go on by itself with a login that we gave up. */
static int cancel_login(ConnectorCall *call, const IscsiTarget *target)
{
	static const char *const words[] = {"--logout", NULL};
	RunResult result = {0};
	int r = iscsi_node(call, target, ISCSI_LOGOUT_MS, words, &result, NULL);

	run_result_done(&result);
	return r;
}

static int login_once(Look *look, int *ret_status, Fault *f)
{
	static const char *const words[] = {"--login", NULL};
	RunResult result = {0};
	Fault failed = {0};
	int r = iscsi_node(look->call, look->target, ISCSI_LOGIN_MS, words, &result, &failed);

	*ret_status = r ? -1 : result.status;
	run_result_done(&result);
	r = wait_for_life(look, *ret_status == 0 ? RECOVER_MS : 0, f);
	if (r == HOST_TIMEOUT && *ret_status < 0)
		(void)cancel_login(look->call, look->target); /* it may have ended by itself */
	return r;
}

static int login(Look *look, Fault *f)
{
	ConnectorCall *call = look->call;
	const char *portal = iscsi_portal(call->arena, look->target);
	int status = 0;

	for (int try = 0; try < LOGIN_TRIES; try++) {
		int r = login_once(look, &status, f);

		if (r != HOST_TIMEOUT)
			return fault_unexpected(f, r);
		if (status < 0)
			return iscsi_say(call, CONNECTOR_NO_PATH,
					 "the login to %s at %s has not ended in time",
					 look->target->iqn, portal);
		if (!iscsi_exit_is_passing(status) || iscsi_limit(call, ISCSI_LOGIN_MS) <= 1)
			break;
		if (try + 1 < LOGIN_TRIES)
			clock_sleep_ms(iscsi_limit(call, LOGIN_PAUSE_MS << try));
	}
	return iscsi_say(call, iscsi_exit_outcome(status), "login to %s at %s: %s (%d)",
			 look->target->iqn, portal,
			 status ? iscsi_exit_text(status) : "no session has come of it", status);
}

/* Neither session nor record, when the login came to nothing. */
static int open_new(Look *look, const IscsiInfo *info, bool multipath, Fault *f)
{
	ConnectorCall *call = look->call;
	const char *lent = NULL;
	Fault untidy = {0};
	int given, r = iscsi_record_lend(call, info, look->target, multipath, &lent, f);
	if (r == 0)
		r = login(look, f);
	given = iscsi_record_give_back(call, info, look->target, lent, r ? &untidy : f);
	if (r == 0 && given)
		r = fault_unexpected(f, given);
	if (r == 0)
		return 0;
	if (look->found)
		(void)cancel_login(call, look->target); /* the look was what counted */
	if (iscsi_record_delete(call, look->target, &untidy))
		call->why = arena_printf(call->arena, "%s; %s", call->why ? call->why : "",
					 untidy.text);
	return r;
}

int iscsi_session_open(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
		       bool multipath, IscsiSession *ret, Fault *f)
{
	Look look = {call, target, ret, false};
	int r = look_for_life(&look, f);

	if (r < 0)
		return r;
	if (!look.found)
		return open_new(&look, info, multipath, f);
	if (r == HOST_NONE)
		r = wait_for_life(&look, RECOVER_MS, f);
	if (r == HOST_TIMEOUT)
		return iscsi_say(call, CONNECTOR_NO_PATH,
				 "session %d with %s at %s has lost its connection (%s)",
				 ret->number, target->iqn, iscsi_portal(call->arena, target),
				 ret->state);
	if (r)
		return fault_unexpected(f, r);
	return iscsi_record_refresh(call, info, target, f);
}

static int look_for_end(void *ctx, Fault *f)
{
	const Look *look = ctx;

	(void)f; /* looking at one name does not fail */
	return host_peek(look->call->host, look->call->arena, SESSIONS "/session%d/targetname",
			 look->session->number)
		       ? HOST_NONE
		       : 0;
}

/* What waits for the connection to come back is to fail at once. */
static int stop_recovery(ConnectorCall *call, const IscsiSession *session, Fault *f)
{
	const char *path =
		arena_printf(call->arena, SESSIONS "/session%d/recovery_tmo", session->number);

	return host_write(call->host, path, arena_printf(call->arena, "%d", LAST_RECOVERY_S),
			  iscsi_until(call, ISCSI_COMMAND_MS), f);
}

static int log_out(ConnectorCall *call, const IscsiSession *session, Fault *f)
{
	const char *const argv[] = {
		"iscsiadm", "-m", "session", "-r", arena_printf(call->arena, "%d", session->number),
		"--logout", NULL};
	Look look = {call, &session->target, &(IscsiSession){.number = session->number}, true};
	RunResult result = {0};
	Fault failed = {0};
	int r = iscsi_run(call, argv, ISCSI_LOGOUT_MS, &result, &failed);
	int status = r ? -1 : result.status;

	run_result_done(&result);
	r = host_wait(look_for_end, &look,
		      iscsi_until(call, status ? ISCSI_LOOK_MS : ISCSI_GONE_MS), f);
	if (r == HOST_TIMEOUT)
		return fault(f, -EIO, "session %d with %s does not end: %s", session->number,
			     session->target.iqn,
			     status < 0 ? failed.text : iscsi_exit_text(status));
	return fault_unexpected(f, r);
}

int iscsi_session_close(ConnectorCall *call, const IscsiSession *session, Fault *f)
{
	bool used = false;
	int r = iscsi_session_has_lun(call, session->number, &used, f);

	if (r || used || iscsi_record_is_automatic(call, &session->target))
		return r;
	if (!iscsi_session_lives(session))
		(void)stop_recovery(call, session, NULL); /* the logout is tried anyway */
	if (log_out(call, session, NULL)) {
		r = log_out(call, session, f);
		if (r)
			return r;
	}
	return iscsi_record_delete(call, &session->target, f);
}
