/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See wait.h. Looks become rarer the longer it takes.
 */
#include "cli/wait.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "client/server.h"

enum { FIRST_MS = 50, LONGEST_MS = 2000, TIMEOUT_S = 300 };

void wait_show(Cli *cli, const char *format, ...)
{
	va_list ap;

	if (cli->quiet || !isatty(fileno(cli->err)))
		return;
	fprintf(cli->err, "\r\033[K");
	va_start(ap, format);
	vfprintf(cli->err, format, ap);
	va_end(ap);
	fflush(cli->err);
}

int wait_for(Cli *cli, Wait *wait)
{
	int64_t start = clock_mono_ms(), pause = FIRST_MS, timeout;
	int code;

	code = cli_option_int(cli, "timeout", 1, TIMEOUT_S, &timeout);
	if (code)
		return code;
	for (;;) {
		int64_t waited = clock_mono_ms() - start;

		code = wait->look(cli, wait);
		if (code != WAIT_MORE) {
			wait_show(cli, "%s", "");
			return code;
		}
		if (waited >= timeout * 1000) {
			wait_show(cli, "%s", "");
			return cli_fail(cli, CLI_TIMED_OUT,
					"%s is still %s after %lld seconds; it goes on without us",
					wait->what, wait->state, (long long)timeout);
		}
		wait_show(cli, "%s: %s, %lld s", wait->what, wait->state,
			  (long long)(waited / 1000));
		clock_sleep_ms(MIN(pause, timeout * 1000 - waited));
		pause = MIN(pause * 3 / 2, LONGEST_MS);
	}
}

typedef struct StatusWish {
	ClientNoun noun;
	const char *id;
	const char *status; /* the one to come to; NULL: gone */
	const char *busy;   /* or else: the one to leave */
	bool acted;         /* a server that something is being done to */
} StatusWish;

const char *wait_message_about(Cli *cli, ClientNoun noun, const char *id)
{
	bool of_shares = noun == CLIENT_SHARES || noun == CLIENT_SHARE_SNAPSHOTS;
	const char *query = arena_printf(cli->arena, "%s=%s&limit=1",
					 of_shares ? "resource_id" : "resource_uuid", id);
	ClientNoun messages = of_shares ? CLIENT_SHARE_MESSAGES : CLIENT_MESSAGES;
	_cleanup_(client_list_done) ClientList list = {0};

	if (!of_shares && noun != CLIENT_VOLUMES && noun != CLIENT_SNAPSHOTS)
		return NULL;
	if (client_list(cli->client, cli->arena, messages, query, &list, NULL) || list.count == 0)
		return NULL;
	return client_item_text(cli->arena, &list.items[0], "user_message");
}

/* What is known of a failure: the fault of a server, a message, else only the status. */
static int fail_status(Cli *cli, const Wait *wait, const ClientItem *item)
{
	const StatusWish *wish = wait->ctx;
	const char *message = client_item_text(cli->arena, item, "fault.message");

	if (!message)
		message = wait_message_about(cli, wish->noun, wish->id);
	return cli_fail(cli, CLI_FAILED, "%s went to %s%s%s", wait->what, wait->state,
			message ? ": " : "", message ? message : "");
}

/* Why the newest action on a server failed; NULL: it did not. */
static const char *failed_action(Cli *cli, const char *id)
{
	const char *query = arena_printf(cli->arena, "server_id=%s", id);
	_cleanup_(client_list_done) ClientList operations = {0};
	_cleanup_(json_doc_freep) JsonDoc *actions = NULL;
	const char *error = NULL;

	if (client_server_events(cli->client, cli->arena, id, NULL, &actions, NULL) ||
	    !json_get_text(cli->arena, actions, "instanceActions.0.message"))
		return NULL;
	if (client_list(cli->client, cli->arena, CLIENT_OPERATION, query, &operations, NULL) == 0 &&
	    operations.count > 0)
		error = client_item_text(cli->arena, &operations.items[0], "last_error");
	return error ? error : "'cleat server events' tells more";
}

/* A server at rest: in the status that is wanted, or as what failed has left it. */
static int judge_server(Cli *cli, const Wait *wait)
{
	const StatusWish *wish = wait->ctx;
	const char *error = failed_action(cli, wish->id);

	if (error)
		return cli_fail(cli, CLI_FAILED, "%s is %s: %s", wait->what, wait->state, error);
	return !wish->status || str_eq_nocase(wait->state, wish->status) ? 0 : WAIT_MORE;
}

static int look_at_status(Cli *cli, Wait *wait)
{
	const StatusWish *wish = wait->ctx;
	_cleanup_(client_item_done) ClientItem item = {0};
	const char *task;
	Fault f = {0};
	int r = client_show(cli->client, cli->arena, wish->noun, wish->id, &item, &f);

	if (r == CLIENT_NOT_FOUND && !wish->status && !wish->busy)
		return 0;
	if (r)
		return cli_fail_client(cli, r, &f, "%s", wait->what);
	wait->state = client_item_text(cli->arena, &item,
				       wish->noun == CLIENT_SHARE_RULES ? "state" : "status");
	task = client_item_text(cli->arena, &item, "OS-EXT-STS:task_state");
	if (!wait->state)
		return cli_fail(cli, CLI_UNREACHABLE, "%s has no status", wait->what);
	if (task) {
		wait->state = arena_printf(cli->arena, "%s (%s)", wait->state, task);
		return WAIT_MORE;
	}
	if (wish->status && !wish->acted && str_eq_nocase(wait->state, wish->status))
		return 0;
	if (wish->busy && str_eq(wait->state, wish->busy))
		return WAIT_MORE;
	if (strcasestr(wait->state, "error")) /* "error_deleting", "extending_error" */
		return fail_status(cli, wait, &item);
	if (wish->acted)
		return judge_server(cli, wait);
	return wish->busy ? 0 : WAIT_MORE;
}

static int wait_for_wish(Cli *cli, StatusWish wish)
{
	Wait wait = {
		.what = arena_printf(cli->arena, "%s %s", client_noun_name(wish.noun), wish.id),
		.state = "unknown",
		.ctx = &wish,
		.look = look_at_status,
	};

	return wait_for(cli, &wait);
}

int wait_for_status(Cli *cli, ClientNoun noun, const char *id, const char *status)
{
	return wait_for_wish(cli, (StatusWish){.noun = noun, .id = id, .status = status});
}

int wait_while_status(Cli *cli, ClientNoun noun, const char *id, const char *status)
{
	return wait_for_wish(cli, (StatusWish){.noun = noun, .id = id, .busy = status});
}

int wait_for_server(Cli *cli, const char *id, const char *status)
{
	return wait_for_wish(
		cli,
		(StatusWish){.noun = CLIENT_SERVER, .id = id, .status = status, .acted = true});
}
