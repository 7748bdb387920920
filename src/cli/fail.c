/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What went wrong, in one line on stderr, with what can be done about it, and the exit code.
 */
#include <stdarg.h>

#include "base/str.h"
#include "cli/cli.h"

int cli_fail(Cli *cli, CliExit code, const char *format, ...)
{
	va_list ap;

	fprintf(cli->err, "cleat: ");
	va_start(ap, format);
	vfprintf(cli->err, format, ap);
	va_end(ap);
	fputc('\n', cli->err);
	return (int)code;
}

void cli_note(Cli *cli, const char *format, ...)
{
	va_list ap;

	if (cli->quiet)
		return;
	va_start(ap, format);
	vfprintf(cli->err, format, ap);
	va_end(ap);
	fputc('\n', cli->err);
}

/* Not logged in is another matter than not allowed. */
static const char *denied_hint(const Cli *cli)
{
	if (!client_token_doc(cli->client))
		return "; check the login (OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME ...)";
	return "; this needs another role, or the project it belongs to";
}

int cli_fail_client(Cli *cli, int r, const Fault *f, const char *format, ...)
{
	_cleanup_(buf_done) Buf what = {0};
	const char *words = client_error(cli->client);
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&what, format, ap);
	va_end(ap);
	if (r < 0)
		return cli_fail(cli, CLI_UNREACHABLE,
				"%s: %s; does the server run, and is OS_AUTH_URL right?", what.data,
				f->text);
	switch ((ClientOutcome)r) {
	case CLIENT_NOT_FOUND:
		return cli_fail(cli, CLI_NOT_FOUND, "%s: %s", what.data, words);
	case CLIENT_DENIED:
		return cli_fail(cli, CLI_DENIED, "%s: %s%s", what.data, words, denied_hint(cli));
	case CLIENT_REFUSED:
	case CLIENT_AMBIGUOUS:
		return cli_fail(cli, CLI_FAILED, "%s: %s", what.data, words);
	case CLIENT_BROKEN:
		return cli_fail(cli, CLI_UNREACHABLE, "%s: %s; the log of the server tells more",
				what.data, words);
	}
	assert(false);
	return CLI_FAILED;
}
