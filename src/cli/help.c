/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Help from the tables, within 80 columns.
 */
#include "base/str.h"
#include "cli/cli.h"

enum { WIDTH = 80, HELP_COLUMN = 28, SUMMARY_COLUMN = 22 };

/* Print a text from a column on, broken between words. */
static void print_wrapped(FILE *out, const char *text, int column)
{
	int at = column;

	for (const char *word = text; *word;) {
		int length = (int)strcspn(word, " ");

		if (at > column && at + 1 + length > WIDTH) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", length, word);
		at += length;
		word += length + (word[length] == ' ');
	}
	fputc('\n', out);
}

/* Print a label, then a text beside it or below it. */
static void print_row(FILE *out, const char *label, const char *text, int column)
{
	int length = fprintf(out, "%s", label);

	if (length + 2 > column) {
		fputc('\n', out);
		length = 0;
	}
	fprintf(out, "%*s", column - length, "");
	print_wrapped(out, text, column);
}

static void print_option(FILE *out, const Option *option)
{
	_cleanup_(buf_done) Buf label = {0};

	if (option->letter)
		buf_printf(&label, "  -%c, --%s", option->letter, option->name);
	else
		buf_printf(&label, "      --%s", option->name);
	if (option->value)
		buf_printf(&label, " %s", option->value);
	print_row(out, label.data, option->help, HELP_COLUMN);
}

static void print_options(FILE *out, const Option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		print_option(out, &options[i]);
}

void help_command(FILE *out, const Command *command)
{
	fprintf(out, "Usage: cleat %s [OPTION...]%s%s\n\n%s.\n", command->name,
		command->arguments ? " " : "", command->arguments ? command->arguments : "",
		command->summary);
	if (command->option_count > 0 || command->waits)
		fprintf(out, "\nOptions:\n");
	print_options(out, command->options, command->option_count);
	if (command->waits)
		print_options(out, wait_options, wait_option_count);
	fprintf(out, "\nOptions of every command (the login has more: 'cleat help'):\n");
	print_options(out, global_options, global_option_count);
}

static void print_command_row(FILE *out, const Command *command)
{
	_cleanup_(buf_done) Buf label = {0};

	buf_printf(&label, "  %s", command->name);
	print_row(out, label.data, command->summary, SUMMARY_COLUMN);
}

void help_program(FILE *out)
{
	static const Option version = {"version", 'V', NULL, "show the version"};
	Option option;

	fprintf(out, "Usage: cleat [OPTION...] COMMAND [OPTION...] [ARGUMENT...]\n\n"
		     "Attach storage to machines.\n\nCommands:\n");
	for (size_t i = 0; i < command_count; i++)
		print_command_row(out, commands[i]);
	fprintf(out, "\nOptions of every command:\n");
	print_options(out, global_options, global_option_count);
	print_option(out, &version);
	fprintf(out, "\nLogin (also from the environment, OS_AUTH_URL for --os-auth-url and so "
		     "on,\nor from clouds.yaml):\n");
	for (size_t i = 0; login_option(i, &option); i++)
		print_option(out, &option);
	fprintf(out, "\n'cleat help COMMAND' tells more about one command.\n");
}

static bool in_group(const Command *command, const char *words)
{
	const char *rest = str_after(command->name, words);

	return rest && *rest == ' ';
}

bool help_has_group(const char *words)
{
	for (size_t i = 0; i < command_count; i++)
		if (in_group(commands[i], words))
			return true;
	return false;
}

bool help_group(FILE *out, const char *words)
{
	if (!help_has_group(words))
		return false;
	fprintf(out, "Usage: cleat %s COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n", words);
	for (size_t i = 0; i < command_count; i++)
		if (in_group(commands[i], words))
			print_command_row(out, commands[i]);
	return true;
}
