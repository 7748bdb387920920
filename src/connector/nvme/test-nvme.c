/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes come and go on a host in a tree of files. Holds H-3 (names are not kept), H-5 (which
 * namespace it is), H-10 (a flush that fails), H-11 (devices in use), H-12 (sizes), H-14 (no
 * controller is ever given up by itself), H-17 (read-only), H-22 and H-23 (what others use), H-33
 * (a flush is a child), H-37 (controllers that reconnect), H-40 (nothing is left), H-41 (portals
 * that changed), H-42 (spellings of addresses), H-43 (a failure that was none) and H-44 (twice is
 * once); and a sweep: whatever fails, nothing is left.
 */
#include "connector/nvme/test-world.h"

enum { LONG_MS = 60 * 1000, SHORT_MS = 50 };

static const ConnectorWish plain = {.size_bytes = 8 * MIB};
static const ConnectorWish multi = {.size_bytes = 8 * MIB, .multipath = true};
static const ConnectorLeave leave_a = {.identity = "uuid:" UUID_A, .made = true};

/* Join and connect, as callers do. */
static int attach(World *w, const void *info, const ConnectorWish *wish, ConnectorDisk *disk,
		  int64_t ms)
{
	ConnectorCall *call = world_call(w, ms);
	int r = connector_join(&connector_nvme, call, info, wish, &w->fault);

	return r ? r : connector_connect(&connector_nvme, call, info, wish, disk, &w->fault);
}

static void attached(World *w, const void *info, const ConnectorWish *wish, ConnectorDisk *disk)
{
	int r = attach(w, info, wish, disk, LONG_MS);

	if (r)
		fail_msg("%d: %s", r, r < 0 ? w->fault.text : w->call.why);
}

static int detach(World *w, const void *info, const ConnectorLeave *leave)
{
	return connector_disconnect(&connector_nvme, world_call(w, LONG_MS), info, leave,
				    &w->fault);
}

static void assert_nothing_left(World *w)
{
	const char **names;
	size_t count;

	assert_int_equal(host_glob(&w->tree->host, w->tree->arena, "/sys/class/nvme/*", &names,
				   &count, &w->fault),
			 0);
	assert_int_equal(count, 0);
	assert_false(world_has(w, "/sys/block"));
	assert_false(world_has(w, "/run/cleat/quiet/" NQN));
}

TEST(h14_one_portal_is_connected_for_good)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;
	bool shared = true;

	world_begin(&w);
	info = world_info(&w, INFO(TWO_PORTALS));
	assert_int_equal(
		connector_shared(&connector_nvme, world_call(&w, LONG_MS), info, &shared, &w.fault),
		0);
	assert_false(shared);
	attached(&w, info, &plain, &disk);
	assert_string_equal(world_commands(&w),
			    "nvme connect --transport=tcp --traddr=192.0.2.1 --trsvcid=4420 "
			    "--nqn=" NQN " --hostnqn=" HOST_NQN
			    " --hostid=11111111-2222-4333-8444-555555555555 --ctrl-loss-tmo=-1 "
			    "--reconnect-delay=10\n");
	assert_string_equal(disk.path, "/dev/nvme5n1");
	assert_string_equal(disk.identity, "uuid:" UUID_A);
	assert_int_equal(disk.size_bytes, 8 * MIB);
	assert_int_equal(disk.paths, 1);
	assert_false(disk.degraded);
	assert_int_equal(
		connector_shared(&connector_nvme, world_call(&w, LONG_MS), info, &shared, &w.fault),
		0);
	assert_true(shared);
}

TEST(h26_namespaces_are_marked_before_they_come)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk); /* the world looks for the mark at every connect */
	assert_true(world_has(&w, "/run/cleat/quiet/" NQN));
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_nothing_left(&w);
}

TEST(every_portal_is_connected_for_multipath)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;

	world_begin(&w);
	attached(&w, world_info(&w, INFO(TWO_PORTALS)), &multi, &disk);
	assert_string_equal(disk.path, "/dev/nvme5n1");
	assert_int_equal(disk.paths, 2);
	assert_false(disk.degraded);
}

TEST(a_dead_portal_degrades_multipath_or_ends_it_when_enforced)
{
	const ConnectorWish enforced = {.multipath = true, .enforce = true};
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	w.dead = "192.0.2.1";
	info = world_info(&w, INFO(TWO_PORTALS));
	attached(&w, info, &multi, &disk);
	assert_int_equal(disk.paths, 1);
	assert_true(disk.degraded);
	assert_int_equal(attach(&w, info, &enforced, &disk, LONG_MS), CONNECTOR_NO_PATH);
	w.dead = NULL; /* it is back: another connect adds it */
	attached(&w, info, &enforced, &disk);
	assert_int_equal(disk.paths, 2);
	assert_false(disk.degraded);
}

TEST(a_host_without_native_multipath)
{
	const ConnectorWish enforced = {.multipath = true, .enforce = true};
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	w.is_plain = true;
	tree_file(w.tree, "/sys/module/nvme_core/parameters/multipath", "N\n");
	info = world_info(&w, INFO(TWO_PORTALS));
	assert_false(connector_multipath(&connector_nvme, &w.tree->host));
	assert_int_equal(attach(&w, info, &enforced, &disk, LONG_MS), CONNECTOR_NO_TRANSPORT);
	attached(&w, info, &multi, &disk);
	assert_string_equal(disk.path, "/dev/nvme0n1");
	assert_int_equal(disk.paths, 1);
	assert_true(disk.degraded);
}

TEST(a_host_that_lacks_something_says_what)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *rdma;

	world_begin(&w);
	rdma = world_info(&w, INFO("[\"192.0.2.1\", \"4420\", \"RoCEv2\"]"));
	assert_int_equal(attach(&w, rdma, &plain, &disk, LONG_MS), CONNECTOR_NO_TRANSPORT);
	assert_string_equal(w.call.why, "this host has no NVMe over rdma");
	tree_remove(w.tree, "/etc/nvme");
	assert_int_equal(attach(&w, rdma, &plain, &disk, LONG_MS), CONNECTOR_NO_TRANSPORT);
	assert_non_null(strstr(w.call.why, "hostnqn"));
	tree_remove(w.tree, "/usr/sbin/nvme");
	assert_int_equal(attach(&w, rdma, &plain, &disk, LONG_MS), CONNECTOR_NO_TRANSPORT);
	assert_non_null(strstr(w.call.why, "nvme-cli"));
	assert_string_equal(world_commands(&w), "");
}

TEST(h3_the_device_is_looked_up_late)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	assert_string_equal(disk.path, "/dev/nvme5n1");
	/* A restart of the host: the same namespace, another name. */
	world_delete(&w, "nvme0");
	w.subsystem = 8;
	(void)world_controller(&w, "192.0.2.1", "live");
	assert_int_equal(connector_find(&connector_nvme, world_call(&w, LONG_MS), info,
					"uuid:" UUID_A, &disk, &w.fault),
			 0);
	assert_string_equal(disk.path, "/dev/nvme8n1");
	(void)world_commands(&w);
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_string_equal(world_commands(&w), "blockdev --flushbufs /dev/nvme8n1\n"
						"tee -a /sys/class/nvme/nvme1/delete_controller\n");
}

TEST(h3_another_volume_in_its_place_is_not_touched)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	w.spaces[0].uuid = UUID_B;
	(void)world_controller(&w, "192.0.2.1", "live");
	assert_int_equal(connector_find(&connector_nvme, world_call(&w, LONG_MS), info,
					"uuid:" UUID_A, &disk, &w.fault),
			 CONNECTOR_NO_DISK);
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.identity = "uuid:" UUID_A}), 0);
	assert_string_equal(world_commands(&w), "");
}

TEST(h5_a_namespace_is_known_by_what_it_says)
{
	static const char *const forms[] = {
		INFO(ONE_PORTAL),
		"{\"nqn\": \"" NQN "\", \"target_portal\": \"192.0.2.1\", \"target_port\": 4420, "
		"\"volume_nguid\": \"A6B5C4D3000040008000"
		"0123456789AB\"}",
		"{\"nqn\": \"" NQN "\", \"target_portal\": \"192.0.2.1\", \"target_port\": 4420, "
		"\"ns_id\": 2, \"volume_id\": \"" UUID_A "\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_(world_done) World w;
		ConnectorDisk disk;

		world_begin(&w);
		w.spaces[0] = (Space){.number = 1, .uuid = UUID_B, .bytes = 8 * MIB};
		w.spaces[1] = (Space){.number = 2, .uuid = UUID_A, .bytes = 8 * MIB};
		w.spaces[1].nguid = i == 1 ? UUID_A : NULL;
		attached(&w, world_info(&w, forms[i]), &plain, &disk);
		assert_string_equal(disk.path, "/dev/nvme5n2");
	}
}

TEST(h5_a_number_counts_on_a_private_subsystem_only)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	w.spaces[0] = (Space){.number = 1, .bytes = 8 * MIB};
	info = world_info(&w, "{\"nqn\": \"" NQN "\", \"target_portal\": \"192.0.2.1\", "
			      "\"target_port\": \"4420\", \"ns_id\": \"1\"}");
	attached(&w, info, &plain, &disk);
	assert_string_equal(disk.identity, "nsid:" NQN "/1");
	w.spaces[1] = (Space){.number = 2, .bytes = 8 * MIB};
	world_scan(&w, 0);
	assert_int_equal(attach(&w, info, &plain, &disk, SHORT_MS), CONNECTOR_WRONG_DISK);
	assert_non_null(strstr(w.call.why, "several namespaces"));
	/* What was found before is still the same. */
	assert_int_equal(connector_find(&connector_nvme, world_call(&w, LONG_MS), info,
					"nsid:" NQN "/1", &disk, &w.fault),
			 0);
}

TEST(h5_a_new_device_that_is_another_volume_is_refused)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, "{\"target_nqn\": \"" NQN "\", \"vol_uuid\": \"" UUID_A "\", "
			      "\"ns_id\": 1, \"portals\": [" ONE_PORTAL "]}");
	w.spaces[0].uuid = UUID_B;
	assert_int_equal(attach(&w, info, &plain, &disk, SHORT_MS), CONNECTOR_WRONG_DISK);
	assert_non_null(strstr(w.call.why, UUID_B));
	/* The caller takes back what it made. */
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.made = true}), 0);
	assert_nothing_left(&w);
}

TEST(h10_a_flush_that_fails_changes_nothing)
{
	const ConnectorLeave forced = {.identity = "uuid:" UUID_A, .made = true, .force = true};
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	w.complaint = "blockdev: ioctl error on BLKFLSBUF: Input/output error\n";
	w.spoil_at = w.commands + 1;
	assert_int_equal(detach(&w, info, &leave_a), CONNECTOR_UNFLUSHED);
	assert_non_null(strstr(w.call.why, "nvme5n1"));
	assert_non_null(strstr(w.call.why, "Input/output error"));
	assert_true(world_has(&w, "/sys/class/nvme/nvme0"));
	w.spoil_at = w.commands + 1;
	assert_int_equal(detach(&w, info, &forced), 0);
	assert_non_null(strstr(w.call.why, "may be lost"));
	assert_nothing_left(&w);
}

TEST(h11_a_volume_without_a_path_for_a_while_is_there)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	tree_file(w.tree, "/sys/class/nvme/nvme0/state", "connecting\n");
	assert_int_equal(connector_find(&connector_nvme, world_call(&w, LONG_MS), info,
					disk.identity, &disk, &w.fault),
			 CONNECTOR_NO_PATH);
}

TEST(h11_who_is_seen_only_after_the_flush_keeps_the_volume)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	w.use_on_flush = true;
	assert_int_equal(detach(&w, info, &leave_a), CONNECTOR_BUSY);
	assert_string_equal(w.call.why, "nvme5n1 is open in process 78 (qemu)");
	w.use_on_flush = false;
	tree_remove(w.tree, "/proc/78");
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_nothing_left(&w);
}

TEST(h11_a_device_in_use_stays)
{
	const ConnectorLeave forced = {.identity = "uuid:" UUID_A, .made = true, .force = true};
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	(void)world_commands(&w);
	tree_link(w.tree, "/proc/77/fd/3", "/dev/nvme5n1");
	tree_file(w.tree, "/proc/77/comm", "qemu\n");
	assert_int_equal(detach(&w, info, &leave_a), CONNECTOR_BUSY);
	assert_string_equal(w.call.why, "nvme5n1 is open in process 77 (qemu)");
	assert_string_equal(world_commands(&w), "");
	/* Nobody knows that it is ours: then it is left alone, which is no error. */
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.made = true}), 0);
	assert_string_equal(world_commands(&w), "");
	assert_int_equal(detach(&w, info, &forced), 0);
	assert_nothing_left(&w);
}

TEST(h12_a_size_is_what_every_path_shows)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	int64_t bytes = 0;
	const void *info;

	world_begin(&w);
	w.spaces[0].bytes = 8 * 4096;
	info = world_info(&w, INFO(TWO_PORTALS));
	attached(&w, info, &(ConnectorWish){.multipath = true}, &disk);
	assert_int_equal(disk.size_bytes,
			 8 * 4096); /* sysfs counts 512 bytes, whatever a block is */
	/* One of the paths does not show it yet. */
	w.spaces[0].bytes = 16 * 4096;
	world_scan(&w, 0);
	w.spoil_at = w.commands + 2;
	w.spoil = SPOIL_FAIL;
	assert_true(connector_extend(&connector_nvme, world_call(&w, SHORT_MS), info, disk.identity,
				     16 * 4096, &bytes, &w.fault) < 0);
	tree_file(w.tree, "/sys/class/nvme/nvme1/state", "connecting\n");
	tree_file(w.tree, "/sys/class/nvme/nvme0/nvme5c0n1/size", "64\n");
	w.spaces[0].bytes = 8 * 4096;
	assert_int_equal(connector_extend(&connector_nvme, world_call(&w, SHORT_MS), info,
					  disk.identity, 16 * 4096, &bytes, &w.fault),
			 CONNECTOR_NOT_GROWN);
	w.spaces[0].bytes = 16 * 4096;
	assert_int_equal(connector_extend(&connector_nvme, world_call(&w, LONG_MS), info,
					  disk.identity, 16 * 4096, &bytes, &w.fault),
			 0);
	assert_int_equal(bytes, 16 * 4096);
	assert_int_equal(connector_extend(&connector_nvme, world_call(&w, SHORT_MS), info,
					  disk.identity, 0, &bytes, &w.fault),
			 0);
	assert_int_equal(bytes, 16 * 4096);
	assert_int_equal(connector_extend(&connector_nvme, world_call(&w, SHORT_MS), info,
					  "uuid:" UUID_B, 0, &bytes, &w.fault),
			 CONNECTOR_NO_DISK);
}

TEST(h12_a_volume_of_another_size_is_the_wrong_one)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	w.spaces[0].bytes = 4 * MIB;
	assert_int_equal(attach(&w, info, &plain, &disk, SHORT_MS), CONNECTOR_WRONG_DISK);
	w.spaces[0].bytes = 8 * MIB; /* a stale size: the next look shows it */
	attached(&w, info, &plain, &disk);
	assert_int_equal(disk.size_bytes, 8 * MIB);
}

TEST(h17_read_only_is_enforced_on_the_device)
{
	const ConnectorWish readonly = {.readonly = true};
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &readonly, &disk);
	assert_non_null(strstr(world_commands(&w), "blockdev --setro /dev/nvme5n1\n"));
	/* Who has it open read-only must not find it writable, nor the other way round. */
	tree_link(w.tree, "/proc/77/fd/3", "/dev/nvme5n1");
	assert_int_equal(attach(&w, info, &plain, &disk, SHORT_MS), CONNECTOR_BUSY);
	assert_string_equal(world_commands(&w), "");
}

TEST(h22_controllers_stay_while_another_namespace_is_there)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	w.spaces[1] = (Space){.number = 2, .uuid = UUID_B, .bytes = 8 * MIB};
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	assert_int_equal(connector_disconnect(&connector_nvme, world_call(&w, SHORT_MS), info,
					      &leave_a, &w.fault),
			 0);
	assert_true(world_has(&w, "/sys/class/nvme/nvme0"));
	/* Nor is it for us to take down what somebody else connected, or still needs. */
	tree_remove(w.tree, "/sys/class/nvme/nvme0/nvme5c0n2");
	(void)world_commands(&w);
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.identity = "uuid:" UUID_A}), 0);
	assert_string_equal(world_commands(&w), "blockdev --flushbufs /dev/nvme5n1\n");
	assert_int_equal(
		detach(&w, info,
		       &(ConnectorLeave){.identity = "uuid:" UUID_A, .made = true, .keep = true}),
		0);
	assert_string_equal(world_commands(&w), "blockdev --flushbufs /dev/nvme5n1\n");
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_false(world_has(&w, "/sys/class/nvme/nvme0"));
}

TEST(h22_a_controller_of_another_portal_stays)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	(void)world_controller(&w, "198.51.100.1", "live");
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_true(world_has(&w, "/sys/class/nvme/nvme0"));
	/* Two hosts on one machine: as whom a controller was connected counts. */
	tree_file(w.tree, "/sys/class/nvme/nvme0/hostnqn", "nqn.2014-08.org.example:other\n");
	assert_int_equal(connector_find(&connector_nvme, world_call(&w, LONG_MS), info, NULL, &disk,
					&w.fault),
			 CONNECTOR_NO_DISK);
}

TEST(h23_what_another_attachment_has_is_left)
{
	static const char *const others[] = {"uuid:" UUID_A, NULL};
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	(void)world_commands(&w);
	w.call.others = others;
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.keep = true, .made = true}), 0);
	assert_string_equal(world_commands(&w), "");
	assert_true(world_has(&w, "/sys/class/nvme/nvme0"));
}

TEST(h33_a_flush_that_hangs_ends_at_its_limit)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(ONE_PORTAL));
	attached(&w, info, &plain, &disk);
	w.spoil_at = w.commands + 1;
	w.spoil = SPOIL_TIMEOUT;
	assert_int_equal(detach(&w, info, &leave_a), CONNECTOR_UNFLUSHED);
	assert_non_null(strstr(w.call.why, "did not end in time"));
}

TEST(h37_controllers_that_reconnect_are_waited_for_within_bounds)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	w.state = "connecting";
	info = world_info(&w, INFO(ONE_PORTAL));
	assert_int_equal(attach(&w, info, &plain, &disk, SHORT_MS), CONNECTOR_NO_PATH);
	assert_non_null(strstr(w.call.why, "reconnect"));
	(void)world_commands(&w);
	/* Half connected: only sysfs can take it down. */
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.made = true}), 0);
	assert_string_equal(world_commands(&w), "tee -a /sys/class/nvme/nvme0/delete_controller\n");
	assert_nothing_left(&w);
}

TEST(h40_nothing_is_left_after_many_rounds)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(TWO_PORTALS));
	for (int i = 0; i < 20; i++) {
		attached(&w, info, &multi, &disk);
		assert_int_equal(detach(&w, info, &leave_a), 0);
		assert_nothing_left(&w);
	}
}

TEST(h41_the_volume_is_found_though_its_portals_changed)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	attached(&w, world_info(&w, INFO(ONE_PORTAL)), &plain, &disk);
	(void)world_commands(&w);
	info = world_info(&w, INFO("[\"203.0.113.7\", \"4420\", \"tcp\"]"));
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_string_equal(world_commands(&w), "blockdev --flushbufs /dev/nvme5n1\n");
}

TEST(h42_an_address_in_another_spelling_is_the_same)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;

	world_begin(&w);
	(void)world_controller(&w, "2001:DB8:0:0:0:0:0:1", "live");
	attached(&w, world_info(&w, INFO("[\"[2001:db8::1]\", \"4420\", \"tcp\"]")), &plain, &disk);
	assert_string_equal(world_commands(&w), "");
}

TEST(h43_a_command_that_failed_may_have_connected)
{
	static const char *const complaints[] = {
		"Failed to write to /dev/nvme-fabrics: Operation already in progress\n",
		"already connected\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++)
		for (int spoil = SPOIL_LATE_FAIL; spoil < _SPOIL_MAX; spoil += 2) {
			_cleanup_(world_done) World w;
			ConnectorDisk disk;

			world_begin(&w);
			w.complaint = complaints[i];
			w.spoil_at = 1;
			w.spoil = (Spoil)spoil;
			attached(&w, world_info(&w, INFO(ONE_PORTAL)), &plain, &disk);
			assert_string_equal(disk.identity, "uuid:" UUID_A);
		}
}

TEST(h44_twice_is_once)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	info = world_info(&w, INFO(TWO_PORTALS));
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_string_equal(world_commands(&w), "");
	attached(&w, info, &multi, &disk);
	(void)world_commands(&w);
	attached(&w, info, &multi, &disk);
	assert_string_equal(world_commands(&w), "");
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_nothing_left(&w);
}

TEST(a_target_that_shows_nothing)
{
	_cleanup_(world_done) World w;
	ConnectorDisk disk;
	const void *info;

	world_begin(&w);
	w.spaces[0].number = 0;
	info = world_info(&w, INFO(ONE_PORTAL));
	assert_int_equal(attach(&w, info, &plain, &disk, SHORT_MS), CONNECTOR_NO_DISK);
	w.dead = "192.0.2.1";
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.made = true}), 0);
	assert_nothing_left(&w);
	assert_int_equal(attach(&w, info, &plain, &disk, LONG_MS), CONNECTOR_NO_PATH);
	assert_non_null(strstr(w.call.why, "192.0.2.1 port 4420"));
}

/* One attachment with a fault at the n-th command; then it is taken back as callers do it. */
static bool sweep_once(int at, Spoil spoil)
{
	const ConnectorWish wish = {.size_bytes = 8 * MIB, .multipath = true, .readonly = true};
	_cleanup_(world_done) World w;
	ConnectorLeave leave = {.made = true};
	ConnectorDisk disk;
	const void *info;
	bool is_over;

	world_begin(&w);
	w.spoil_at = at;
	w.spoil = spoil;
	info = world_info(&w, INFO(TWO_PORTALS));
	if (attach(&w, info, &wish, &disk, LONG_MS) == 0)
		leave.identity = disk.identity;
	is_over = w.commands < at;
	/* A call that failed is made again; the second one is not spoilt any more. */
	if (connector_disconnect(&connector_nvme, world_call(&w, SHORT_MS), info, &leave, &w.fault))
		assert_int_equal(detach(&w, info, &leave), 0);
	is_over &= w.commands < at;
	assert_nothing_left(&w);
	return is_over;
}

TEST(whatever_fails_nothing_is_left)
{
	for (int spoil = 0; spoil < _SPOIL_MAX; spoil++) {
		int at = 1;

		while (!sweep_once(at, (Spoil)spoil))
			at++;
		assert_true(at > 5); /* two logins, read-only, a flush, two deletions */
	}
}
