/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Waiting for what the server does, with a progress line on a terminal.
 */
#pragma once

#include "cli/cli.h"

/* What a look at the server found: not done yet. */
enum { WAIT_MORE = -1 };

typedef struct Wait Wait;
struct Wait {
	const char *what;  /* "server vm1" */
	const char *state; /* for the progress line; set by look(), in cli->arena */
	void *ctx;         /* look()'s own */
	/* Look once: WAIT_MORE, 0 when it is done, or an exit code after saying why. */
	int (*look)(Cli *cli, Wait *wait);
};

/* Look until it is done, or time is over (CLI_TIMED_OUT). */
int wait_for(Cli *cli, Wait *wait);

/*
 * Until a thing has a status and no task runs on it; NULL: until it is gone. A status of error is
 * a failure.
 */
int wait_for_status(Cli *cli, ClientNoun noun, const char *id, const char *status);

/*
 * Until no task runs on a server and it is in that status; NULL: in any. What was done last must
 * not have failed.
 */
int wait_for_server(Cli *cli, const char *id, const char *status);

/* Until a thing is no longer in a passing status ("extending"). A status of error is a failure. */
int wait_while_status(Cli *cli, ClientNoun noun, const char *id, const char *status);

/* What the service tells its users about the newest failure of a thing; NULL: nothing. */
const char *wait_message_about(Cli *cli, ClientNoun noun, const char *id);

/* The progress line by itself, for uploads; "" clears it. */
void wait_show(Cli *cli, const char *format, ...) _printf_(2, 3);
