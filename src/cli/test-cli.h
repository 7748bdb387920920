/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The vocabulary of this room's tests: run the program on a command line, against a scripted
 * server, and look at what it printed.
 */
#pragma once

#include "base/mem.h"
#include "base/str.h"
#include "cli/cli.h"
#include "tests/lib/http-script.h"
#include "tests/lib/test.h"

typedef struct Ran {
	int code;
	char *out;
	char *err;
} Ran;

static inline void ran_done(Ran *ran)
{
	free(ran->out);
	free(ran->err);
}

/* Run "cleat WORDS…"; words are parted by single blanks. */
static inline Ran run_cleat(const char *line)
{
	_cleanup_(freep) char *copy = mem_strdup(line);
	char *argv[64] = {(char[]){"cleat"}};
	size_t out_size, err_size;
	int argc = 1;
	Ran ran = {0};
	FILE *out = open_memstream(&ran.out, &out_size);
	FILE *err = open_memstream(&ran.err, &err_size);

	for (char *word = copy; word && *word && argc < 63;) {
		char *blank = strchr(word, ' ');

		argv[argc++] = word;
		if (blank)
			*blank++ = '\0';
		word = blank;
	}
	ran.code = cli_main(argc, argv, out, err);
	(void)fclose(out);
	(void)fclose(err);
	return ran;
}

/* Forget every login setting of the surroundings. */
static inline void clear_login(void)
{
	static const char *const names[] = {
		"OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD",         "OS_PROJECT_NAME",
		"OS_TOKEN",    "OS_CLOUD",    "OS_USER_DOMAIN_NAME", "OS_CLIENT_CONFIG_FILE"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
}

#define LOGIN_ROW                                                                                  \
	{                                                                                          \
		.request = "POST /v3/auth/tokens", .status = 201,                                  \
		.headers = "X-Subject-Token: secret\r\n", .body = token_body                       \
	}

static char token_body[2048];

/* Start the server of the rows and point the environment at it. */
static inline HttpScript *serve_rows(const HttpScriptRow *rows, size_t count)
{
	HttpScript *script = http_script_start(rows, count);
	const char *url = http_script_url(script);

	clear_login();
	assert_int_equal(setenv("OS_AUTH_URL", url, 1), 0);
	assert_int_equal(setenv("OS_USERNAME", "demo", 1), 0);
	assert_int_equal(setenv("OS_PASSWORD", "pw", 1), 0);
	assert_int_equal(setenv("OS_PROJECT_NAME", "demo", 1), 0);
	(void)snprintf(
		token_body, sizeof(token_body),
		"{\"token\":{\"expires_at\":\"2026-11-21T05:00:00.000000Z\",\"user\":{\"id\":"
		"\"u1\"},\"project\":{\"id\":\"p1\"},\"catalog\":["
		"{\"type\":\"compute\",\"name\":\"cleat\",\"endpoints\":[{\"interface\":"
		"\"public\",\"url\":\"%s/compute/v2.1\"}]},"
		"{\"type\":\"block-storage\",\"name\":\"cleat\",\"endpoints\":[{\"interface\":"
		"\"public\",\"url\":\"%s/volume/v3\"}]},"
		"{\"type\":\"shared-file-system\",\"name\":\"cleat\",\"endpoints\":[{"
		"\"interface\":\"public\",\"url\":\"%s/share/v2\"}]},"
		"{\"type\":\"image\",\"name\":\"cleat\",\"endpoints\":[{\"interface\":"
		"\"public\",\"url\":\"%s/image\"}]}]}}",
		url, url, url, url);
	return script;
}

static inline void end_rows(HttpScript *script)
{
	char *wrong = http_script_end(script);

	clear_login();
	if (wrong)
		fail_msg("%s", wrong);
}
