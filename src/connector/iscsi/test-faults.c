/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Targets and hosts that do not behave, each with what the caller is told. Holds of the hazards:
 * H-14, H-19, H-25 (releases), H-26, H-27, H-36; and discovery with a name and secret.
 */
#include "connector/iscsi/test-use.h"

#define ONE_PORTAL "\"target_portal\":\"192.0.2.1:3260\",\"target_iqn\":\"" WORLD_IQN "\""
#define FIND_CHAP                                                                                  \
	",\"discovery_auth_method\":\"CHAP\",\"discovery_auth_username\":\"finder\","              \
	"\"discovery_auth_password\":\"open\""

static Use use_all_portals(World *w, const char *info)
{
	Use u = use(w, info);

	u.wish.multipath = true;
	return u;
}

/* --- discovery with CHAP --- */

TEST(discovery_with_chap_finds_the_other_portals)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, "{" ONE_PORTAL FIND_CHAP "}");

	w->find_secret = "open";
	assert_int_equal(attach(&u), 0);
	assert_int_equal(u.disk.paths, 2);
	assert_int_equal(logged(w, "open"), 0); /* on no command line */
	assert_false(world_has(w, WORLD_FIND_RECORD));
	assert_int_equal(detach(&u), 0);
	tree_remove(w->tree, world_text(w, WORLD_RECORD, '2')); /* a portal that was discovered */
	assert_int_equal(world_count(w, "/sys/class/iscsi_session/*"), 0);
	assert_int_equal(world_count(w, "/sys/block/*"), 0);
}

TEST(discovery_with_a_wrong_secret_leaves_the_portal_that_is_known)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, "{" ONE_PORTAL FIND_CHAP "}");

	w->find_secret = "another";
	assert_int_equal(attach(&u), 0);
	assert_int_equal(u.disk.paths, 1);
	assert_true(u.disk.degraded);
	assert_false(world_has(w, WORLD_FIND_RECORD));
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(discovery_gives_the_record_of_somebody_else_back)
{
	static const char theirs[] = "discovery.type = sendtargets\n"
				     "discovery.sendtargets.auth.authmethod = None\n# END RECORD";
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, "{" ONE_PORTAL FIND_CHAP "}");

	w->find_secret = "open";
	tree_file(w->tree, WORLD_FIND_RECORD, theirs);
	assert_int_equal(attach(&u), 0);
	assert_int_equal(u.disk.paths, 2);
	assert_string_equal(world_read(w, WORLD_FIND_RECORD), theirs);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_read(w, WORLD_FIND_RECORD), theirs);
}

/* --- what the host lacks --- */

TEST(iser_needs_a_transport_of_its_own)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, "{" ONE_PORTAL ",\"driver_volume_type\":\"iser\"}");

	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_TRANSPORT);
	assert_non_null(strstr(u.call.why, "ib_iser"));
	assert_int_equal(logged(w, "iscsiadm"), 0);
	assert_string_equal(world_left(w), "");
}

/* --- releases of open-iscsi --- */

TEST(h25_open_iscsi_that_always_scans_is_refused)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->always_scans = true;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_TRANSPORT);
	assert_non_null(strstr(u.call.why, "2.0-875"));
	assert_int_equal(logged(w, "--login"), 0);
	assert_string_equal(world_left(w), "");
}

/* The number of a command whose line holds a text; it is the first that does. */
static int number_of(World *w, const char *text)
{
	const char *log = buf_text(&w->log);
	const char *at = strstr(log, text);
	int number = 1;

	assert_non_null(at);
	for (; log < at; log++)
		number += *log == '\n';
	return number;
}

static int number_of_login(void)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	return number_of(w, "--login");
}

TEST(h25_login_that_never_answers_is_looked_for)
{
	int login = number_of_login();
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->fail_at = login; /* as 2.1.10 after a login without a scan */
	w->failure = WORLD_TIMES_OUT_LATE;
	assert_int_equal(attach(&u), 0);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

/* --- targets --- */

TEST(a_target_that_refuses_is_named_and_leaves_nothing)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->refuses = true;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_PATH);
	assert_non_null(strstr(u.call.why, WORLD_IQN));
	assert_non_null(strstr(u.call.why, "refuses the login"));
	assert_int_equal(logged(w, "--login"), 2); /* once by each portal */
	assert_string_equal(world_left(w), "");
}

TEST(a_target_that_hangs_is_given_up_and_leaves_nothing)
{
	int login = number_of_login();
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, "{" ONE_PORTAL "}");

	w->fail_at = login;
	w->failure = WORLD_TIMES_OUT;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_PATH);
	assert_non_null(strstr(u.call.why, "has not ended in time"));
	assert_non_null(strstr(u.call.why, "192.0.2.1:3260"));
	assert_string_equal(world_left(w), "");
}

TEST(a_target_that_vanishes_between_login_and_scan_leaves_nothing)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->drops = true;
	u.ms = WAITING_MS;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_DISK);
	assert_non_null(strstr(u.call.why, "no disk at LUN 0"));
	assert_string_equal(world_left(w), "");
}

TEST(a_target_with_another_volume_at_the_lun_is_refused_and_leaves_nothing)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, KNOWN_A);

	w->luns[0] = 'b';
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_WRONG_DISK);
	assert_non_null(strstr(u.call.why, "3600b"));
	assert_non_null(strstr(u.call.why, "3600a"));
	assert_string_equal(world_left(w), "");
}

TEST(a_record_that_cannot_be_written_is_told_and_leaves_nothing)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, "{" ONE_PORTAL "}");
	const char *draft = world_text(w, "/etc/iscsi/.cleat-%d/in-the-way", (int)gettid());

	tree_file(w->tree, draft, ""); /* as a full disk does it: nothing can be written there */
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_PATH);
	assert_non_null(strstr(u.call.why, "/etc/iscsi"));
	assert_int_equal(logged(w, "--login"), 0);
	assert_int_equal(world_count(w, "/etc/iscsi/nodes/*"), 0);
	assert_int_equal(world_count(w, "/sys/class/iscsi_session/*"), 0);
}

TEST(h19_a_volume_that_the_target_took_away_first_goes_by_force)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	w->luns[0] = 0;
	w->never_flush = true; /* every command to it fails now */
	assert_int_equal(detach(&u), CONNECTOR_UNFLUSHED);
	u.leave.force = true;
	assert_int_equal(detach(&u), 0);
	assert_non_null(strstr(u.call.why, "data may be lost"));
	assert_string_equal(world_left(w), "");
}

/* --- the host --- */

TEST(h14_how_long_a_lost_target_is_waited_for)
{
	_cleanup_(world_freep) World *w = world_new();
	Use one = use(w, INFO_A);
	const char *record;

	assert_int_equal(attach(&one), 0);
	record = world_read(w, world_text(w, WORLD_RECORD, '1'));
	assert_non_null(strstr(record, "node.session.timeo.replacement_timeout = 120\n"));
	assert_int_equal(detach(&one), 0);
	one.wish.multipath = true;
	assert_int_equal(attach(&one), 0);
	record = world_read(w, world_text(w, WORLD_RECORD, '1'));
	assert_non_null(strstr(record, "node.session.timeo.replacement_timeout = 15\n"));
}

/* What stopping Debian's open-iscsi.service does. */
static void log_everybody_out(World *w)
{
	const char **slots, **sessions;
	size_t count = world_glob(w, "/sys/class/iscsi_session/*/device/target*/*:*:*:*", &slots);
	int n = 0;

	for (size_t i = 0; i < count; i++)
		world_delete(w, slots[i]);
	count = world_glob(w, "/sys/class/iscsi_session/*", &sessions);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(sscanf(sessions[i], WORLD_SESSION, &n), 1);
		world_logout(w, n);
	}
}

TEST(h27_sessions_that_the_system_closed_come_back_and_go)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	assert_non_null(
		strstr(world_read(w, world_text(w, WORLD_RECORD, '1')), "node.startup = manual\n"));
	log_everybody_out(w);
	assert_int_equal(
		connector_find(&connector_iscsi, &u.call, u.info, u.disk.identity, &u.disk, &u.f),
		CONNECTOR_NO_DISK);
	u.wish.identity = u.leave.identity;
	assert_int_equal(attach(&u), 0);
	log_everybody_out(w);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(h11_a_volume_without_a_path_for_a_while_is_there)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	tree_file(w->tree, world_text(w, "%s/state", session_of(w)), "FAILED");
	assert_int_equal(
		connector_find(&connector_iscsi, &u.call, u.info, u.disk.identity, &u.disk, &u.f),
		CONNECTOR_NO_PATH);
	tree_file(w->tree, world_text(w, "%s/state", session_of(w)), "LOGGED_IN");
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(h11_who_is_seen_only_after_the_flush_keeps_the_volume)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	w->use_on_flush = true;
	assert_int_equal(detach(&u), CONNECTOR_BUSY);
	assert_non_null(strstr(u.call.why, "process 78 (qemu)"));
	w->use_on_flush = false;
	tree_remove(w->tree, "/proc/78");
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(h26_devices_are_marked_before_they_come)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, INFO_A);
	const char **marks;

	assert_int_equal(attach(&u), 0); /* the world looks for a mark whenever it makes a device */
	assert_int_equal(world_glob(w, WORLD_QUIET "/*", &marks), 3);
	assert_true(world_has(w, WORLD_QUIET "/mpath-3600a"));
	assert_int_equal(detach(&u), 0);
	assert_int_equal(world_glob(w, WORLD_QUIET "/*", &marks), 0);
}

TEST(h26_a_mark_goes_when_no_device_comes)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->luns[0] = 0;
	u.ms = WAITING_MS;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_DISK);
	assert_string_equal(world_left(w), "");
}

TEST(h40_multipath_is_told_to_forget_only_what_it_knows)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "multipath -w"), 0);
	world_wwids(w, "3600", true); /* of somebody else, and a beginning of ours */
	world_wwids(w, "3600a", true);
	assert_int_equal(attach(&u), 0);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "multipath -w 3600a"), 1);
	assert_string_equal(world_read(w, WORLD_WWIDS), "/3600/");
}

/* By then udev has mostly told it, and there is nothing to be waited for. */
TEST(h40_multipathd_is_asked_once_and_last_whether_it_has_forgotten_the_paths)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	forget_log(w);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "multipathd show paths"), 1);
	assert_null(strstr(strstr(buf_text(&w->log), "multipathd show paths"), "--logout"));
	assert_int_equal(logged(w, "multipathd del path"), 0);
}

TEST(h40_multipathd_that_is_late_is_waited_for_and_then_told)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	assert_int_equal(logged(w, "add path sdc"), 1);
	w->late_lists = 2;
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "multipathd del path"), 0);
	w->numbers = 0; /* the same names once more */
	assert_int_equal(attach(&u), 0);
	w->late_lists = 1000;
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "multipathd del path sdc"), 1);
	assert_int_equal(logged(w, "multipathd del path"), 1);
}

TEST(h36_nothing_depends_on_udev)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use_all_portals(w, INFO_A);

	tree_remove(w->tree, "/usr/sbin/udevadm");
	assert_false(world_has(w, "/dev/disk"));
	assert_int_equal(attach(&u), 0);
	assert_int_equal(u.disk.paths, 2);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "udevadm"), 0);
	assert_string_equal(world_left(w), "");
}
