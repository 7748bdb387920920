/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The record of a portal that is lent for a discovery with a name and secret: it comes back whoever
 * dies, and two who ask with different secrets do not get in each other's way.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "base/filelock.h"
#include "connector/iscsi/priv.h"
#include "connector/iscsi/test-use.h"

#define PLAIN "{\"target_portal\":\"192.0.2.1:3260\",\"target_iqn\":\"" WORLD_IQN "\"}"
#define WITH_SECRET(secret)                                                                        \
	"{\"target_portal\":\"192.0.2.1:3260\",\"target_iqn\":\"" WORLD_IQN "\","                  \
	"\"discovery_auth_method\":\"CHAP\",\"discovery_auth_username\":\"finder\","               \
	"\"discovery_auth_password\":\"" secret "\"}"
#define JOURNAL "/etc/iscsi/.cleat-192.0.2.1,3260"
#define METHOD "discovery.sendtargets.auth.authmethod"
#define NAME "discovery.sendtargets.auth.username"
#define SECRET "discovery.sendtargets.auth.password"

static const char theirs[] =
	"# BEGIN RECORD 2.1.8\ndiscovery.type = sendtargets\n" METHOD " = CHAP\n" NAME
	" = they\n" SECRET " = theirs\n" NAME "_in = it\n" SECRET "_in = its\n# END RECORD";
static const char lent[] = "# BEGIN RECORD 2.1.8\ndiscovery.type = sendtargets\n" METHOD
			   " = CHAP\n" NAME " = finder\n" SECRET " = open\n# END RECORD\n";

/* How many portals an asking finds; 0 when it fails. */
static size_t ask(Use *u)
{
	IscsiTarget *targets;
	size_t count = 0;

	u->call.deadline_ms = clock_mono_ms() + PATIENT_MS;
	return iscsi_discover(&u->call, u->info, &targets, &count, &u->f) == 0 ? count : 0;
}

static int end_of(pid_t child)
{
	int status = 0;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect_as_before(World *w, bool had_record)
{
	if (had_record) {
		assert_string_equal(world_read(w, WORLD_FIND_RECORD), theirs);
		tree_remove(w->tree, "/etc/iscsi/send_targets");
	}
	assert_string_equal(world_left(w), "");
}

/* --- who dies --- */

/* False: it ends with fewer commands. */
static bool die_while_asking(int n, bool late, bool had_record)
{
	_cleanup_(world_freep) World *w = world_new();
	Use asker = use(w, WITH_SECRET("open")), next = use(w, PLAIN);
	bool ended;
	pid_t child;

	w->find_secret = "open";
	if (had_record)
		tree_file(w->tree, WORLD_FIND_RECORD, theirs);
	w->die_at = n;
	w->die_late = late;
	child = fork();
	if (child == 0)
		_exit(ask(&asker) == 2 ? 1 : 2);
	ended = end_of(child) != 0;
	w->die_at = 0;
	next.leave.keep = true; /* also while another volume of the target is connected */
	assert_int_equal(detach(&next), 0);
	expect_as_before(w, had_record);
	return !ended;
}

TEST(h40_whoever_dies_while_asking_leaves_no_secret)
{
	for (int how = 0; how < 4; how++) {
		int n = 1;

		while (die_while_asking(n, how & 1, how & 2))
			n++;
		assert_true(n > 1);
	}
}

TEST(h40_who_asks_next_gives_back_for_the_dead)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, WITH_SECRET("open"));

	w->find_secret = "open";
	tree_file(w->tree, WORLD_FIND_RECORD, lent);
	tree_file(w->tree, JOURNAL, world_text(w, "%s\n", theirs));
	assert_int_equal(ask(&u), 2);
	expect_as_before(w, true);
}

TEST(h40_what_a_crash_left_of_a_discovery_goes_with_the_detach)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, PLAIN);

	tree_file(w->tree, WORLD_FIND_RECORD, lent);
	tree_file(w->tree, JOURNAL, "# there was no record\n");
	tree_file(w->tree, JOURNAL ".tmp", theirs); /* of a note that was not whole */
	assert_int_equal(detach(&u), 0);
	expect_as_before(w, false);
}

TEST(what_others_change_meanwhile_stays)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, PLAIN);
	const char *now;

	tree_file(w->tree, JOURNAL, world_text(w, "%s\n", theirs));
	tree_file(w->tree, WORLD_FIND_RECORD,
		  world_text(w, "discovery.startup = manual\n%s", lent));
	assert_int_equal(detach(&u), 0);
	now = world_read(w, WORLD_FIND_RECORD);
	assert_string_equal(iscsi_file_value(w->arena, now, "discovery.startup"), "manual");
	assert_string_equal(iscsi_file_value(w->arena, now, NAME), "they");
	assert_string_equal(iscsi_file_value(w->arena, now, SECRET), "theirs");
	tree_remove(w->tree, "/etc/iscsi/send_targets");
	assert_string_equal(world_left(w), "");
}

TEST(a_record_that_had_no_name_has_none_again)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, PLAIN);
	const char *now;

	tree_file(w->tree, JOURNAL, METHOD " = None\n# END RECORD\n");
	tree_file(w->tree, WORLD_FIND_RECORD, lent);
	assert_int_equal(detach(&u), 0);
	now = world_read(w, WORLD_FIND_RECORD);
	assert_string_equal(iscsi_file_value(w->arena, now, METHOD), "None");
	assert_null(iscsi_file_value(w->arena, now, NAME));
	assert_null(iscsi_file_value(w->arena, now, SECRET));
}

TEST(a_record_that_its_owner_deleted_stays_deleted)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, PLAIN);

	tree_file(w->tree, JOURNAL, world_text(w, "%s\n", theirs));
	assert_int_equal(detach(&u), 0);
	expect_as_before(w, false);
}

/* --- who is at it at the same time --- */

static int ask_often(Use *u, const char *secret)
{
	u->w->find_secret = secret;
	for (int i = 0; i < 30; i++)
		if (ask(u) != 2)
			return 1;
	return 0;
}

TEST(two_with_different_secrets_do_not_hinder_each_other)
{
	_cleanup_(world_freep) World *w = world_new();
	Use one = use(w, WITH_SECRET("open")), two = use(w, WITH_SECRET("other"));
	pid_t first, second;

	tree_file(w->tree, WORLD_FIND_RECORD, theirs);
	first = fork();
	if (first == 0)
		_exit(ask_often(&one, "open"));
	second = fork();
	if (second == 0)
		_exit(ask_often(&two, "other"));
	assert_int_equal(end_of(first), 0);
	assert_int_equal(end_of(second), 0);
	expect_as_before(w, true);
}

TEST(who_cannot_ask_in_time_goes_by_the_portal_that_is_known)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, WITH_SECRET("open"));
	const char *place = host_path(&w->tree->host, w->arena, "/etc/iscsi");
	int dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC), lock = -1;
	IscsiTarget *targets;
	size_t count;

	tree_file(w->tree, WORLD_FIND_RECORD, theirs);
	assert_int_equal(filelock_take(dir, ".cleat-192.0.2.1,3260.lock", LOCK_EX, 0, &lock, &u.f),
			 0);
	u.call.deadline_ms = clock_mono_ms() + HURRIED_MS;
	assert_int_equal(iscsi_discover(&u.call, u.info, &targets, &count, &u.f), 0);
	assert_int_equal(count, 1);
	assert_non_null(strstr(u.call.why, "asking"));
	assert_int_equal(w->commands, 0);
	assert_int_equal(detach(&u), 0); /* it does not wait for them either */
	filelock_drop(dir, ".cleat-192.0.2.1,3260.lock", &lock);
	closep(&dir);
	expect_as_before(w, true);
}
