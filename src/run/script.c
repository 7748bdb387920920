/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The script is read line by line as the commands come; nothing is parsed in advance but its
 * shape. What went wrong first is kept and told by run_script_end(), so that code which swallows a
 * fault does not hide it.
 */
#include "run/script.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/priv.h"

enum { HOOKS_MAX = 32 };

typedef struct Hook {
	const char *name;
	RunScriptHook call;
	void *ctx;
} Hook;

static struct {
	Hook hooks[HOOKS_MAX];
	size_t hook_count;
	char *text;
	const char *next; /* the line that comes next; NULL when no script plays */
	int line;
	Fault wrong;
} script;

static struct {
	RunScriptAnswer answer; /* NULL while no world is played */
	void *ctx;
} world;

void run_script_answer_by(RunScriptAnswer answer, void *ctx)
{
	world.answer = answer;
	world.ctx = ctx;
}

bool run_script_playing(void)
{
	return script.next || world.answer;
}

/* Move over one line; returns a copy without its end, or NULL at the end of the script. */
static char *take_line(void)
{
	size_t length = strcspn(script.next, "\n");
	char *line;

	if (!*script.next)
		return NULL;
	line = mem_strndup(script.next, length);
	script.next += length + (script.next[length] == '\n');
	script.line++;
	return line;
}

static bool is_silent(const char *line)
{
	return *line == '\0' || *line == '\n' || *line == '#';
}

static void skip_silent_lines(void)
{
	while (*script.next && is_silent(script.next))
		free(take_line());
}

void run_script_hook(const char *name, RunScriptHook hook, void *ctx)
{
	assert(script.hook_count < HOOKS_MAX);
	script.hooks[script.hook_count++] = (Hook){.name = name, .call = hook, .ctx = ctx};
}

static const Hook *find_hook(const char *name)
{
	for (size_t i = 0; i < script.hook_count; i++)
		if (str_eq(script.hooks[i].name, name))
			return &script.hooks[i];
	return NULL;
}

static bool is_hook_line(const char *line)
{
	const char *name = str_after(line, "@ ");

	return name && find_hook(name);
}

static bool is_script_line(const char *line)
{
	int64_t status;
	const char *exit_text = str_after(line, "exit ");

	return is_silent(line) || is_hook_line(line) || str_after(line, "$ ") ||
	       str_after(line, "< ") || str_after(line, "! ") || str_eq(line, "<") ||
	       str_eq(line, "!") || (exit_text && str_parse_i64(exit_text, &status));
}

int run_script_play(const char *text, Fault *f)
{
	assert(!script.next);
	script.text = mem_strdup(text);
	script.next = script.text;
	script.line = 0;
	script.wrong = (Fault){0};
	for (;;) {
		_cleanup_(freep) char *line = take_line();

		if (!line)
			break;
		if (!is_script_line(line)) {
			script.next = NULL;
			free(TAKE(script.text));
			return fault(f, -EINVAL, "script line %d: not a script line: %s",
				     script.line, line);
		}
	}
	script.next = script.text;
	script.line = 0;
	return 0;
}

int run_script_load(const char *path, Fault *f)
{
	_cleanup_(buf_done) Buf text = {0};
	FILE *file = fopen(path, "re");
	char piece[4096];
	size_t n;

	if (!file)
		return fault(f, -errno, "%s: %s", path, strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_append(&text, piece, n);
	(void)fclose(file); /* only read */
	return run_script_play(buf_text(&text), f);
}

int run_script_end(Fault *f)
{
	int r = 0;

	assert(script.next);
	skip_silent_lines();
	if (script.wrong.code)
		r = fault(f, script.wrong.code, "%s", script.wrong.text);
	else if (*script.next)
		r = fault(f, -EPROTO, "the script was not played from line %d on", script.line + 1);
	script.next = NULL;
	script.hook_count = 0;
	free(TAKE(script.text));
	return r;
}

/* Cut the first word off, quotes removed. NULL when there is none. */
static char *take_word(const char **text)
{
	const char *p = *text + strspn(*text, " ");
	char quote = *p == '\'' ? '\'' : ' ';
	size_t length;
	char *word;

	if (!*p)
		return NULL;
	p += quote == '\'';
	length = strcspn(p, quote == '\'' ? "'" : " ");
	word = mem_strndup(p, length);
	p += length;
	*text = p + (*p != '\0');
	return word;
}

static bool command_matches(const char *expected, const char *const *argv)
{
	for (; *argv; argv++) {
		_cleanup_(freep) char *word = take_word(&expected);

		if (!word || fnmatch(word, *argv, 0) != 0)
			return false;
	}
	return !expected[strspn(expected, " ")];
}

static int refuse(const RunSpec *spec, const char *expected, Fault *f)
{
	_cleanup_(buf_done) Buf got = {0};

	for (const char *const *word = spec->argv; *word; word++)
		buf_printf(&got, "%s%s", got.length ? " " : "", *word);
	fault(&script.wrong, -EPROTO, "script line %d: expected \"%s\", got \"%s\"",
	      MAX(script.line, 1), expected ? expected : "nothing more", got.data);
	return fault(f, -EPROTO, "%s", script.wrong.text);
}

/* The lines below a command, up to the next one. */
static void take_reply(const RunSpec *spec, RunResult *ret)
{
	const Hook *hooks[HOOKS_MAX];
	size_t hook_count = 0;
	Buf out = {0}, err = {0};

	*ret = (RunResult){0};
	while (*script.next != '$') {
		_cleanup_(freep) char *line = take_line();
		const char *text;
		int64_t status;

		if (!line)
			break;
		text = line[0] && line[1] == ' ' ? line + 2 : "";
		if (*line == '<')
			buf_printf(&out, "%s\n", text);
		else if (*line == '!')
			buf_printf(&err, "%s\n", text);
		else if (*line == '@' && hook_count < HOOKS_MAX)
			hooks[hook_count++] = find_hook(text);
		else if (!is_silent(line) && str_parse_i64(line + strlen("exit "), &status))
			ret->status = (int)status;
	}
	ret->out_length = out.length;
	ret->out = buf_take(&out);
	ret->err_length = err.length;
	ret->err = buf_take(&err);
	for (size_t i = 0; i < hook_count; i++)
		hooks[i]->call(hooks[i]->ctx, spec);
}

int run_script_answer(const RunSpec *spec, RunResult *ret, Fault *f)
{
	_cleanup_(freep) char *line = NULL;
	const char *expected;

	if (world.answer)
		return world.answer(world.ctx, spec, ret, f);
	skip_silent_lines();
	line = take_line();
	expected = line ? str_after(line, "$ ") : NULL;
	if (!expected || !command_matches(expected, spec->argv))
		return refuse(spec, expected, f);
	take_reply(spec, ret);
	return 0;
}
