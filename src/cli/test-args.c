/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The command line: where options may stand, what is wrong with it, and the help.
 */
#include "cli/commands.h"
#include "cli/test-cli.h"

TEST(version_and_help_go_to_stdout)
{
	_cleanup_(ran_done) Ran version = run_cleat("--version"), help = run_cleat("--help");
	_cleanup_(ran_done) Ran also = run_cleat("-h"), word = run_cleat("help");

	assert_int_equal(version.code, 0);
	assert_string_equal(version.out, "cleat " CLEAT_VERSION "\n");
	assert_int_equal(help.code, 0);
	assert_string_equal(help.out, also.out);
	assert_string_equal(help.out, word.out);
	assert_string_equal(help.err, "");
}

TEST(a_first_word_has_help)
{
	_cleanup_(ran_done) Ran asked = run_cleat("volume --help"), word = run_cleat("help volume");

	assert_int_equal(asked.code, 0);
	assert_string_equal(asked.err, "");
	assert_string_equal(asked.out, word.out);
	assert_non_null(strstr(asked.out, "volume create"));
	assert_null(strstr(asked.out, "snapshot create"));
}

TEST(two_first_words_have_help)
{
	_cleanup_(ran_done) Ran asked = run_cleat("share access --help");
	_cleanup_(ran_done) Ran word = run_cleat("help share access");

	assert_int_equal(asked.code, 0);
	assert_string_equal(asked.err, "");
	assert_string_equal(asked.out, word.out);
	assert_non_null(strstr(asked.out, "share access allow"));
	assert_null(strstr(asked.out, "share export list"));
}

static void check_width(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > 80)
			fail_msg("wider than 80 columns: %s", line);
}

TEST(every_command_has_help_within_80_columns)
{
	_cleanup_(ran_done) Ran all = run_cleat("help");

	check_width(all.out);
	for (size_t i = 0; i < command_count; i++) {
		_cleanup_(buf_done) Buf asked = {0}, option = {0}, letter = {0};
		_cleanup_(ran_done) Ran a = {0}, b = {0}, c = {0};

		buf_printf(&asked, "help %s", commands[i]->name);
		buf_printf(&option, "%s --help", commands[i]->name);
		buf_printf(&letter, "-h %s", commands[i]->name);
		a = run_cleat(asked.data);
		b = run_cleat(option.data);
		c = run_cleat(letter.data);
		assert_int_equal(a.code, 0);
		assert_string_equal(a.out, b.out);
		assert_string_equal(a.out, c.out);
		check_width(a.out);
		assert_non_null(strstr(a.out, commands[i]->summary));
		assert_non_null(strstr(all.out, commands[i]->name));
	}
}

TEST(rows_of_the_table_are_complete)
{
	for (size_t i = 0; i < command_count; i++) {
		const Command *command = commands[i];

		assert_non_null(command->run);
		assert_true(command->arguments_min <= command->arguments_max);
		assert_int_equal(command->arguments_max > 0, command->arguments != NULL);
		assert_false(str_ends(command->summary, "."));
		assert_ptr_equal(command_find(command->name), command);
		for (size_t j = 0; j < command->option_count; j++)
			assert_false(str_empty(command->options[j].help));
	}
}

static const struct {
	const char *line;
	const char *says;
} wrong[] = {
	{"", "say what to do"},
	{"paint", "there is no command 'paint'"},
	{"server", "'server' needs one more word"},
	{"server paint", "there is no command 'server paint'"},
	{"share access", "'share access' needs one more word"},
	{"share access paint", "there is no command 'share access paint'"},
	{"share access list", "usage: cleat share access list SHARE"},
	{"help share access list all", "what is 'all'?"},
	{"server show", "usage: cleat server show SERVER"},
	{"server show a b", "what is 'b'?"},
	{"server list --colour", "see 'cleat help server list'"},
	{"-f xml volume list", "'xml' is not table, json or value"},
	{"completion fish", "'fish' is not bash or zsh"},
	{"help server paint", "there is no command 'server paint'"},
	{"volume list", "set OS_AUTH_URL"},
	{"--os-auth-url http://x volume list", "set OS_USERNAME"},
	{"volume list --os-auth-url http://x --os-username u", "set OS_PASSWORD"},
	{"volume list --os-cloud nowhere", "no clouds.yaml names a cloud 'nowhere'"},
};

TEST(mistakes_are_told_and_end_with_2)
{
	clear_login();
	assert_int_equal(setenv("OS_CLIENT_CONFIG_FILE", "/nonexistent", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_(ran_done) Ran ran = run_cleat(wrong[i].line);

		assert_int_equal(ran.code, CLI_USAGE);
		assert_string_equal(ran.out, "");
		if (!strstr(ran.err, wrong[i].says))
			fail_msg("%s: %s", wrong[i].line, ran.err);
	}
	clear_login();
}

TEST(values_of_options_are_checked_before_any_call)
{
	static const struct {
		const char *line;
		const char *says;
	} rows[] = {
		{"volume create v", "needs --size"},
		{"volume create v --size 0", "--size: '0' is not a number of at least 1"},
		{"volume create v --size 1 --property x", "--property: 'x' is not KEY=VALUE"},
		{"volume set v", "nothing to set"},
		{"share create s", "needs --size"},
		{"share extend s", "needs --size"},
		{"share set s --property x", "is not KEY=VALUE"},
		{"share set s --public --private", "exclude each other"},
		{"share access allow s ip 1.2.3.4 --lock-reason x", "needs --lock-deletion"},
		{"attach s", "attach SERVER VOLUME, or cleat attach --share SHARE SERVER"},
		{"attach s v --share a", "attach SERVER VOLUME, or cleat attach --share"},
		{"attach s v --mount-point /mnt", "--mount-point is not for a volume"},
		{"attach s --share a --device vdb", "--device is not for a share"},
		{"attach s --share a --tag t --mount-options ro", "--tag excludes"},
		{"detach s", "detach SERVER VOLUME, or cleat detach --share SHARE SERVER"},
		{"server create s", "needs --image or --volume"},
		{"server create s --volume v", "needs --flavor"},
		{"server resize s", "needs one of --flavor, --confirm and --revert"},
		{"server resize s --confirm --revert", "needs one of"},
		{"server create s --flavor f --volume v --boot-from-volume 1", "takes the place"},
		{"server create s --image i --flavor f --network x", "is not auto or none"},
		{"image create i --file /nonexistent", "/nonexistent: No such file"},
		{"image create i --file /dev", "/dev: not a regular file"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		HttpScript *script = serve_rows(NULL, 0);
		_cleanup_(ran_done) Ran ran = run_cleat(rows[i].line);

		assert_int_equal(ran.code, CLI_USAGE);
		if (!strstr(ran.err, rows[i].says))
			fail_msg("%s: %s", rows[i].line, ran.err);
		end_rows(script);
	}
}
