/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One run of the program: what was asked, who logs in, how it is printed, and how it ends.
 *
 * A command is a const struct in its cmd-*.c and a row in commands.c. Its run() returns the exit
 * code of the program, after saying on stderr what went wrong and what can be done about it.
 */
#pragma once

#include "client/resource.h"

typedef struct Cli Cli;
typedef struct Command Command;
typedef struct Option Option;

/* Documented in cleat(1). */
typedef enum CliExit {
	CLI_OK = 0,
	CLI_FAILED = 1,      /* the operation was refused or failed */
	CLI_USAGE = 2,       /* the command line, or the login settings, are wrong */
	CLI_NOT_FOUND = 3,   /* what was named does not exist */
	CLI_DENIED = 4,      /* not logged in, or not allowed */
	CLI_UNREACHABLE = 5, /* the server cannot be reached, or failed itself */
	CLI_TIMED_OUT = 6,   /* waited for, and not there in time */
	CLI_BUSY = 7,        /* somebody on this machine uses it */
	CLI_DIFFERENT = 8,   /* what is there is not as it should be; see cleat-doctor(1) */
} CliExit;

struct Option {
	const char *name;
	char letter;       /* short form, or 0 */
	const char *value; /* what stands for its value in the help; NULL for a flag */
	const char *help;
};

enum { CLI_MANY = 1000, CLI_WORDS_MAX = 3 }; /* arguments; words of a command */

struct Command {
	const char *name;      /* "server create" */
	const char *summary;   /* one line, no full stop */
	const char *arguments; /* as the usage line shows them; NULL for none */
	int arguments_min;
	int arguments_max;
	const Option *options;
	size_t option_count;
	bool waits; /* has --wait and --timeout */
	bool local; /* needs no server */
	int (*run)(Cli *cli);
};

#define CLI_OPTIONS(table) .options = (table), .option_count = ARRAY_SIZE(table)

typedef enum CliFormat { CLI_TABLE, CLI_JSON, CLI_VALUE, _CLI_FORMAT_MAX } CliFormat;

/* An option as it was given. */
typedef struct GivenOption {
	const char *name;
	const char *value; /* "" for a flag */
} GivenOption;

struct Cli {
	Arena *arena;
	const Command *command; /* NULL when none was named */
	const char *group;      /* first words of commands, when only their help is asked for */
	GivenOption *given;
	size_t given_count;
	const char **arguments;
	size_t argument_count;
	CliFormat format;
	bool quiet;
	Client *client; /* made by cli_login() */
	ClientLogin login;
	FILE *out;
	FILE *err;
};

/* commands.c */
extern const Command *const commands[];
extern const size_t command_count;
const Command *command_find(const char *name);

/* main.c's work, with its outputs as parameters so that tests can look at them. */
int cli_main(int argc, char **argv, FILE *out, FILE *err);

/* args.c */
/* Read the command line. 0, or CLI_USAGE after saying why. */
int cli_parse(Cli *cli, int argc, char **argv);
/* The last value of an option, or NULL. */
const char *cli_option(const Cli *cli, const char *name);
bool cli_flag(const Cli *cli, const char *name);
/* All values of a repeated option. */
const char *const *cli_option_all(const Cli *cli, const char *name, size_t *ret_count);
/* KEY=VALUE values of a repeated option. */
int cli_option_map(Cli *cli, const char *name, JsonTextMap *ret);
/* A number that is at least min, or the fallback when the option is absent. */
int cli_option_int(Cli *cli, const char *name, int64_t min, int64_t fallback, int64_t *ret);

/*
 * compat.c: the words of a command line as this program spells them, where they are spelled as the
 * specification and the Python tool for attaching volumes to hosts spell them; or as they are.
 */
char **compat_words(Arena *arena, const char *command, int *argc, char **argv);

/* The options that every command takes, and those of commands that wait. */
extern const Option global_options[];
extern const size_t global_option_count;
extern const Option wait_options[];
extern const size_t wait_option_count;

/* help.c */
void help_program(FILE *out);
void help_command(FILE *out, const Command *command);
/* The commands that begin with these words, and have more. False when there is none. */
bool help_group(FILE *out, const char *words);
bool help_has_group(const char *words);

/* login.c */
/* Find the settings and make the client. 0 or an exit code. */
int cli_login(Cli *cli);
/* The index-th option of the login; false behind the last. */
bool login_option(size_t index, Option *ret);

/* fail.c: say what is wrong on stderr; return the code. */
int cli_fail(Cli *cli, CliExit code, const char *format, ...) _printf_(3, 4);
/* The same for a fault or outcome of the client room. */
int cli_fail_client(Cli *cli, int r, const Fault *f, const char *format, ...) _printf_(4, 5);
/* A remark that is not an error, unless --quiet. */
void cli_note(Cli *cli, const char *format, ...) _printf_(2, 3);

/* Find by name or id, or explain. 0 or an exit code. */
int cli_find(Cli *cli, ClientNoun noun, const char *name_or_id, ClientItem *ret);
int cli_find_id(Cli *cli, ClientNoun noun, const char *name_or_id, const char **ret_id);
/* Delete each of the arguments; the first failure decides the exit code, the others are tried. */
int cli_delete_all(Cli *cli, ClientNoun noun);
/* Likewise by a call of its own. */
int cli_delete_all_by(Cli *cli, ClientNoun noun, int (*delete)(Cli *cli, const char *id, Fault *f));

/*
 * A whole command that sets what the options say: `update` what only this kind of thing has, where
 * there are such `details`, and --property the metadata.
 */
int cli_set_by(Cli *cli, ClientNoun noun, bool details,
	       int (*update)(Cli *cli, const char *id, Fault *f));
/* Take each key that --property names from a map of a thing. 0 or an exit code. */
int cli_unset_all(Cli *cli, ClientNoun noun, const char *id, const char *map);
/* A whole command of that kind, for metadata of the first argument. */
int cli_unset_metadata(Cli *cli, ClientNoun noun);

/* An option that becomes a parameter of a list's query. */
typedef struct QueryRow {
	const char *option;
	const char *parameter;
	const char *value; /* of a flag; NULL takes the option's value */
} QueryRow;

/* "status=ACTIVE&all_tenants=1" of the options that were given; NULL for none. */
const char *cli_query(Cli *cli, const QueryRow *rows, size_t count);
