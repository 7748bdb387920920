/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes are connected and disconnected on a host that is played. Holds of the hazards: H-1, H-2,
 * H-4, H-6, H-7, H-8, H-10, H-11, H-12, H-17, H-20, H-22, H-25, H-31, H-34, H-35, H-38, H-39, H-40,
 * H-43, H-44. H-21 and H-42 are in test-parse.c, others in test-faults.c.
 */
#include "connector/iscsi/test-use.h"

TEST(one_path_comes_and_goes)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	assert_string_equal(u.disk.identity, "wwid:3600a");
	assert_string_equal(u.disk.wwn, "3600a");
	assert_null(u.disk.multipath_id);
	assert_int_equal(u.disk.size_bytes, WORLD_SECTORS * 512);
	assert_int_equal(u.disk.paths, 1);
	assert_false(u.disk.degraded);
	assert_int_equal(world_count(w, "/sys/class/iscsi_session/*"), 1);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(two_paths_and_a_map_come_and_go)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, KNOWN_A);

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	assert_non_null(str_after(u.disk.path, "/dev/dm-"));
	assert_string_equal(u.disk.multipath_id, "3600a");
	assert_int_equal(u.disk.paths, 2);
	assert_false(u.disk.degraded);
	assert_int_equal(logged(w, "blockdev --flushbufs"), 0);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "blockdev --flushbufs"), 3); /* the map and its paths */
	assert_int_equal(logged(w, "iscsiadm -m node"), 4);     /* to each portal new and --login */
	assert_string_equal(world_left(w), "");
}

TEST(h1_lun_reused_by_another_volume)
{
	_cleanup_(world_freep) World *w = world_new();
	Use stale = use(w, INFO_A), u = use(w, INFO_A);

	assert_int_equal(attach(&stale), 0);
	w->luns[0] = 'c'; /* the target serves another volume at the LUN */
	assert_int_equal(attach(&u), 0);
	assert_string_equal(u.disk.identity, "wwid:3600c");
	assert_int_equal(logged(w, "/delete"), 1); /* the stale device has been replaced */
	assert_string_not_equal(u.disk.path, stale.disk.path);
}

TEST(h1_stale_device_in_use_is_refused_and_named)
{
	_cleanup_(world_freep) World *w = world_new();
	Use stale = use(w, INFO_A), u = use(w, INFO_A);

	assert_int_equal(attach(&stale), 0);
	open_by_somebody(&stale);
	w->luns[0] = 'c';
	assert_int_equal(attach(&u), CONNECTOR_BUSY);
	assert_non_null(strstr(u.call.why, "mounted at /mnt"));
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "/delete"), 0);
}

TEST(h1_stale_device_of_another_attachment_is_refused)
{
	static const char *const others[] = {"wwid:3600a", NULL};
	_cleanup_(world_freep) World *w = world_new();
	Use stale = use(w, INFO_A), u = use(w, INFO_A);

	assert_int_equal(attach(&stale), 0);
	w->luns[0] = 'c';
	u.call.others = others;
	assert_int_equal(attach(&u), CONNECTOR_BUSY);
	assert_int_equal(logged(w, "/delete"), 0);
}

TEST(h2_another_identity_is_refused)
{
	_cleanup_(world_freep) World *w = world_new();
	Use known = use(w, KNOWN_A), again = use(w, INFO_A);

	w->luns[0] = 'c';
	assert_int_equal(attach_or_nothing(&known), CONNECTOR_WRONG_DISK);
	assert_non_null(strstr(known.call.why, "3600c"));
	again.wish.identity = "wwid:3600a"; /* what the first attach found */
	assert_int_equal(attach_or_nothing(&again), CONNECTOR_WRONG_DISK);
	assert_string_equal(world_left(w), "");
}

TEST(h2_another_size_is_refused)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	u.wish.size_bytes = WORLD_SECTORS * 512 + 512;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_WRONG_DISK);
	assert_string_equal(world_left(w), "");
}

TEST(h3_disconnect_leaves_what_has_another_identity)
{
	_cleanup_(world_freep) World *w = world_new();
	Use a = use(w, INFO_A);

	assert_int_equal(attach(&a), 0);
	a.leave.identity = "wwid:3600c";
	assert_int_equal(detach(&a), 0);
	assert_int_equal(logged(w, "/delete"), 0);
	assert_int_equal(logged(w, "--logout"), 0);
}

TEST(h4_two_volumes_with_one_wwid)
{
	_cleanup_(world_freep) World *w = world_new();
	Use a = use(w, INFO_A), b = use(w, INFO_B);

	w->luns[1] = 'a';
	a.wish.multipath = b.wish.multipath = true;
	assert_int_equal(attach(&a), 0);
	assert_int_equal(attach(&b), CONNECTOR_WRONG_DISK);
	assert_non_null(strstr(b.call.why, "same WWID"));
	assert_int_equal(logged(w, "add path"), 2); /* none of b's */
}

TEST(h6_map_that_is_left_suspended_is_resumed_and_removed)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	w->stuck_map = true;
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "dmsetup resume"), 1);
	assert_string_equal(world_left(w), "");
}

TEST(h6_map_without_paths_is_removed)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);
	const char **slots;

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	assert_int_equal(world_glob(w, "/sys/class/iscsi_session/*/device/target*/*:*:*:*", &slots),
			 2);
	world_delete(w, slots[0]);
	world_delete(w, slots[1]);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "disablequeueing"), 1);
	assert_string_equal(world_left(w), "");
}

TEST(h7_several_sessions_by_one_portal)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	assert_int_equal(world_login(w, '1'), 0); /* by another tool */
	w->by_others = true;
	world_scan(w, w->numbers, 0);
	assert_int_equal(world_count(w, "/sys/block/sd*"), 2);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(world_count(w, "/sys/block/sd*"), 0); /* no orphan below the second */
}

TEST(h8_one_path_of_two_is_told)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->dead[2] = true;
	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	assert_true(u.disk.degraded);
	assert_int_equal(u.disk.paths, 1);
	w->dead[2] = false;
	assert_int_equal(attach(&u), 0); /* the other portal is back */
	assert_false(u.disk.degraded);
	assert_int_equal(u.disk.paths, 2);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(h8_one_path_of_two_is_refused_when_enforced)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->dead[1] = true;
	u.wish.multipath = u.wish.enforce = true;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_PATH);
	assert_string_equal(world_left(w), "");
	w->no_multipathd = true;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_TRANSPORT);
	u.wish.enforce = false;
	assert_int_equal(attach(&u), 0); /* straight to a single path */
	assert_true(u.disk.degraded);
}

TEST(h10_what_cannot_be_flushed_stays)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);
	const char *before;

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	before = world_left(w);
	w->never_flush = true;
	assert_int_equal(detach(&u), CONNECTOR_UNFLUSHED);
	assert_non_null(strstr(u.call.why, "dm-"));
	assert_string_equal(world_left(w), before);
	u.leave.force = true;
	assert_int_equal(detach(&u), 0);
	assert_non_null(strstr(u.call.why, "data may be lost"));
	assert_string_equal(world_left(w), "");
}

TEST(h11_busy_device_is_refused_and_named)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);
	const char *before;

	assert_int_equal(attach(&u), 0);
	open_by_somebody(&u);
	before = world_left(w);
	assert_int_equal(detach(&u), CONNECTOR_BUSY);
	assert_non_null(strstr(u.call.why, "/mnt"));
	assert_string_equal(world_left(w), before);
	assert_int_equal(logged(w, "flushbufs"), 0);
}

TEST(a_look_by_a_rule_of_udev_is_waited_for)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	assert_int_equal(attach(&u), 0);
	tree_link(w->tree, "/proc/77/fd/3", u.disk.path);
	tree_file(w->tree, "/proc/77/comm", "blkid\n");
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "udevadm settle"), 1);
	assert_string_equal(world_left(w), "");
}

TEST(h12_extend_needs_every_path)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);
	int64_t size = 0, wanted = WORLD_SECTORS * 1024;

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	assert_int_equal(connector_extend(&connector_iscsi, &u.call, u.info, u.disk.identity,
					  wanted, &size, &u.f),
			 CONNECTOR_NOT_GROWN);
	w->sectors = WORLD_SECTORS * 2;
	tree_file(w->tree, world_text(w, WORLD_SESSION "/state", 1), "FAILED");
	assert_int_equal(connector_extend(&connector_iscsi, &u.call, u.info, u.disk.identity,
					  wanted, &size, &u.f),
			 CONNECTOR_NOT_GROWN);
	assert_non_null(strstr(u.call.why, "does not work"));
	tree_file(w->tree, world_text(w, WORLD_SESSION "/state", 1), "LOGGED_IN");
	assert_int_equal(connector_extend(&connector_iscsi, &u.call, u.info, u.disk.identity,
					  wanted, &size, &u.f),
			 0);
	assert_int_equal(size, wanted);
	assert_int_equal(logged(w, "resize map"), 1);
}

TEST(h17_read_only_on_paths_and_map)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, WORLD_INFO(0, ",\"access_mode\":\"ro\""));
	const char **found;

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	assert_int_equal(world_glob(w, "/sys/block/*/ro", &found), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(world_read(w, found[i]), "1");
}

#define CHAP ",\"auth_method\":\"CHAP\",\"auth_username\":\"me\",\"auth_password\":\"sesame\""

TEST(h20_secret_on_no_command_line_and_in_a_private_record)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, WORLD_INFO(0, CHAP));
	struct stat st;

	w->secret = "sesame";
	assert_int_equal(attach(&u), 0);
	assert_int_equal(logged(w, "sesame"), 0);
	assert_int_equal(stat(host_path(&w->tree->host, w->arena, WORLD_RECORD, '1'), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(a_wrong_secret_is_told_at_once)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, WORLD_INFO(0, CHAP));

	w->secret = "other";
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_PATH);
	assert_non_null(strstr(u.call.why, "name and secret"));
	assert_int_equal(logged(w, "--login"), 2); /* once by each portal */
	assert_string_equal(world_left(w), "");
}

TEST(h22_session_with_another_lun_stays)
{
	_cleanup_(world_freep) World *w = world_new();
	Use a = use(w, INFO_A), b = use(w, INFO_B);

	assert_int_equal(attach(&a), 0);
	assert_int_equal(attach(&b), 0);
	assert_int_equal(detach(&a), 0);
	assert_int_equal(logged(w, "--logout"), 0);
	assert_true(world_has(w, world_text(w, "/sys/block/%s", b.disk.path + strlen("/dev/"))));
	b.leave.keep = true;
	assert_int_equal(detach(&b), 0);
	assert_int_equal(world_count(w, "/sys/class/iscsi_session/*"), 1);
	b.leave.keep = false;
	assert_int_equal(detach(&b), 0); /* although b did not make it: the record says we did */
	assert_string_equal(world_left(w), "");
}

TEST(h22_session_of_somebody_else_stays)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	tree_file(w->tree, world_text(w, WORLD_RECORD, '1'),
		  "node.startup = manual\nnode.session.scan = manual\n");
	assert_int_equal(world_login(w, '1'), 0);
	assert_int_equal(attach(&u), 0);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w),
			    world_text(w, "%s /etc/iscsi/nodes/" WORLD_IQN " " WORLD_RECORD " ",
				       session_of(w), '1'));
}

TEST(h22_session_that_the_system_starts_stays)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	tree_file(w->tree, world_text(w, WORLD_RECORD, '1'),
		  "node.startup = manual\nnode.session.scan = manual\n"
		  "node.conn[0].startup = onboot\n");
	assert_int_equal(world_login(w, '1'), 0);
	assert_int_equal(attach(&u), 0);
	u.leave.made = true;
	assert_int_equal(detach(&u), 0);
	assert_int_equal(logged(w, "--logout"), 0);
}

TEST(h25_only_the_volume_s_own_lun_comes)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_B);

	assert_int_equal(attach(&u), 0);
	assert_int_equal(world_count(w, "/sys/block/sd*"), 1);
	assert_non_null(strstr(world_read(w, world_text(w, WORLD_RECORD, '1')),
			       "node.session.scan = manual"));
	assert_int_equal(logged(w, "/scan"), 1);
}

TEST(h31_login_that_comes_to_nothing_ends)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->dead[1] = w->dead[2] = true;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_PATH);
	assert_non_null(strstr(u.call.why, "does not answer"));
	assert_int_equal(logged(w, "--login"), 2);
	assert_string_equal(world_left(w), "");
}

TEST(h31_session_is_known_by_its_portal_in_any_spelling)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, "{\"target_portal\":\"[2001:DB8::0001]:3260\",\"target_iqn\":\"" WORLD_IQN
		       "\"}");

	tree_file(w->tree, world_text(w, WORLD_RECORD, '1'), "node.session.scan = manual\n");
	assert_int_equal(world_login(w, '1'), 0);
	tree_file(w->tree,
		  world_text(w, "/sys/class/iscsi_connection/connection%d:0/persistent_address", 1),
		  "2001:0db8:0:0:0:0:0:1\n");
	assert_int_equal(attach(&u), 0);
	assert_int_equal(logged(w, "--login"), 0);
}

TEST(h34_queue_without_paths_is_turned_off_before_the_flush)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);
	const char *log;

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	tree_file(w->tree, world_text(w, WORLD_SESSION "/state", 1), "FAILED");
	tree_file(w->tree, world_text(w, WORLD_SESSION "/state", 2), "FAILED");
	forget_log(w);
	w->never_flush = true;
	assert_int_equal(detach(&u), CONNECTOR_UNFLUSHED);
	log = buf_text(&w->log);
	assert_non_null(strstr(log, "disablequeueing map map600a"));
	assert_true(strstr(log, "disablequeueing") < strstr(log, "flushbufs"));
	assert_int_equal(logged(w, "restorequeueing map map600a"), 1); /* nothing has changed */
	assert_int_equal(logged(w, "flushbufs"), 1);                   /* no dead path is touched */
}

TEST(h35_dead_session_is_not_waited_for_at_logout)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);
	const char *log;

	assert_int_equal(attach(&u), 0);
	tree_file(w->tree, world_text(w, "%s/state", session_of(w)), "FAILED");
	assert_int_equal(detach(&u), 0);
	log = buf_text(&w->log);
	assert_non_null(strstr(log, "/recovery_tmo"));
	assert_true(strstr(log, "/recovery_tmo") < strstr(log, "--logout"));
	assert_string_equal(world_left(w), "");
}

TEST(h38_new_secret_goes_into_the_record_of_a_live_session)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, WORLD_INFO(0, CHAP));
	Use later = use(w, WORLD_INFO(1, ",\"auth_method\":\"CHAP\",\"auth_username\":\"me\","
					 "\"auth_password\":\"later\""));

	assert_int_equal(attach(&u), 0);
	assert_int_equal(attach(&later), 0);
	assert_non_null(strstr(world_read(w, world_text(w, WORLD_RECORD, '1')),
			       "node.session.auth.password = later"));
}

TEST(h39_record_of_somebody_else_is_given_back)
{
	static const char theirs[] = "node.startup = automatic\nnode.session.scan = auto";
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	tree_file(w->tree, world_text(w, WORLD_RECORD, '1'), theirs);
	assert_int_equal(attach(&u), 0); /* the login scans nothing: the world looks at that */
	assert_non_null(strstr(world_read(w, world_text(w, WORLD_RECORD, '1')), theirs));
	assert_int_equal(detach(&u), 0);
	assert_non_null(strstr(world_read(w, world_text(w, WORLD_RECORD, '1')), theirs));
}

TEST(h39_discovery_only_asks)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, "{\"target_portal\":\"192.0.2.1:3260\",\"target_iqn\":\"" WORLD_IQN "\"}");

	assert_int_equal(attach(&u), 0);
	assert_int_equal(logged(w, "discovery"), 0); /* nobody asked for several paths */
	assert_int_equal(detach(&u), 0);
	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	assert_int_equal(u.disk.paths, 2);
	assert_int_equal(logged(w, "discovery"), 1);
	assert_int_equal(logged(w, "--op nonpersistent"), 1);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(world_count(w, "/sys/class/iscsi_session/*"), 0);
}

TEST(h43_login_that_says_it_failed_and_did_not)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->silent[1] = true;
	assert_int_equal(attach(&u), 0);
	assert_int_equal(world_count(w, "/sys/class/iscsi_session/*"), 1);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
}

TEST(h44_connected_twice_and_disconnected_twice)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);
	const char *once;

	u.wish.multipath = true;
	assert_int_equal(detach(&u), 0);
	assert_int_equal(attach(&u), 0);
	once = world_left(w);
	assert_int_equal(attach(&u), 0);
	assert_string_equal(world_left(w), once);
	assert_int_equal(
		connector_find(&connector_iscsi, &u.call, u.info, u.disk.identity, &u.disk, &u.f),
		0);
	assert_int_equal(u.disk.paths, 2);
	assert_int_equal(detach(&u), 0);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
	assert_int_equal(
		connector_find(&connector_iscsi, &u.call, u.info, u.disk.identity, &u.disk, &u.f),
		CONNECTOR_NO_DISK);
}

TEST(no_map_is_told)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, INFO_A);

	w->never_map = true;
	u.wish.multipath = true;
	u.ms = WAITING_MS;
	assert_int_equal(attach_or_nothing(&u), CONNECTOR_NO_DISK);
	assert_non_null(strstr(u.call.why, "no map"));
	assert_string_equal(world_left(w), "");
}

/* The n-th command of an attach fails in one way: all is there, or nothing. */
static bool sweep_attach(int n, WorldFailure failure)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, KNOWN_A);
	int r;

	u.wish.multipath = true;
	u.ms = HURRIED_MS;
	w->fail_at = n;
	w->failure = failure;
	r = attach(&u);
	if (w->commands < n)
		return false;
	w->fail_at = 0;
	if (r == 0)
		assert_non_null(u.disk.path);
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
	return true;
}

TEST(h40_no_command_of_an_attach_leaves_anything_when_it_fails)
{
	for (WorldFailure failure = 0; failure < _WORLD_FAILURE_MAX; failure++)
		for (int n = 1; sweep_attach(n, failure); n++)
			;
}

/* The n-th command of a detach fails in one way: the next detach ends it. */
static bool sweep_detach(int n, WorldFailure failure)
{
	_cleanup_(world_freep) World *w = world_new();
	Use u = use(w, KNOWN_A);
	bool reached;

	u.wish.multipath = true;
	assert_int_equal(attach(&u), 0);
	w->fail_at = w->commands + n;
	w->failure = failure;
	u.call.deadline_ms = clock_mono_ms() + HURRIED_MS;
	(void)!connector_disconnect(&connector_iscsi, &u.call, u.info, &u.leave, &u.f);
	reached = w->commands >= w->fail_at;
	w->fail_at = 0;
	assert_int_equal(detach(&u), 0);
	assert_string_equal(world_left(w), "");
	return reached;
}

TEST(h40_detach_after_a_detach_that_failed_ends_it)
{
	for (WorldFailure failure = 0; failure < _WORLD_FAILURE_MAX; failure++)
		for (int n = 1; sweep_detach(n, failure); n++)
			;
}
