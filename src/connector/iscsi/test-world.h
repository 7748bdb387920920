/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests: a host with iscsid, multipathd and a target with two portals, played on a directory.
 * Commands that the connector runs change it as the real ones would change sysfs and /etc. Any one
 * of them can be made to fail, before or after its effect.
 */
#pragma once

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "connector/iscsi/priv.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define WORLD_IQN "iqn.2026-11.net.example:t"
#define WORLD_RECORD "/etc/iscsi/nodes/" WORLD_IQN "/192.0.2.%c,3260"
#define WORLD_FIND_RECORD "/etc/iscsi/send_targets/192.0.2.1,3260/st_config"
#define WORLD_WWIDS "/etc/multipath/wwids"
#define WORLD_QUIET "/run/cleat/quiet"
#define WORLD_SESSION "/sys/class/iscsi_session/session%d"
#define WORLD_INFO(lun, more)                                                                      \
	"{\"driver_volume_type\":\"iscsi\",\"target_portals\":[\"192.0.2.1:3260\","                \
	"\"192.0.2.2:3260\"],\"target_iqns\":[\"" WORLD_IQN "\",\"" WORLD_IQN                      \
	"\"],\"target_luns\":[" #lun "," #lun "]" more "}"

enum { WORLD_LUNS = 4, WORLD_SECTORS = 2048 };

typedef enum WorldFailure {
	WORLD_FAILS,          /* exit status 1, and nothing has happened */
	WORLD_FAILS_LATE,     /* exit status 1, and it has happened */
	WORLD_TIMES_OUT,      /* never ends, and nothing has happened */
	WORLD_TIMES_OUT_LATE, /* never ends, and it has happened */
	_WORLD_FAILURE_MAX,
} WorldFailure;

typedef struct World {
	Tree *tree;
	Arena *arena;
	char luns[WORLD_LUNS]; /* the volume that the target has there: 'a' is naa.600a; 0: none */
	bool dead[3];          /* of the portal 192.0.2.N */
	bool silent[3];        /* a login to it creates a session, and says that it failed */
	const char *secret;    /* that a login needs */
	const char *find_secret; /* that a discovery needs */
	int die_at;              /* the process ends at this command, before or after it */
	bool die_late;
	bool always_scans; /* open-iscsi before 2.0-875 */
	bool by_others;    /* a scan that the test itself makes */
	bool refuses;      /* the target lets nobody in, and says so */
	bool drops;        /* a session dies as soon as it is there */
	bool no_multipathd;
	bool never_map;
	int late_lists;    /* so many times multipathd lists sdc though it may be gone */
	bool never_flush;  /* blockdev --flushbufs fails */
	bool use_on_flush; /* somebody is seen to have the device from then on */
	bool stuck_map;    /* multipath -f leaves it suspended, once */
	int64_t sectors;
	int numbers; /* of sessions, hosts, disks */
	int fail_at; /* the n-th command from 1; 0: none */
	WorldFailure failure;
	int commands;
	Buf log;
} World;

static const char *world_text(World *w, const char *format, ...) _printf_(2, 3);

static const char *world_text(World *w, const char *format, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, format);
	text = arena_vprintf(w->arena, format, ap);
	va_end(ap);
	return text;
}

static bool world_has(World *w, const char *path)
{
	return access(host_path(&w->tree->host, w->arena, "%s", path), F_OK) == 0;
}

static const char *world_read(World *w, const char *path)
{
	return host_peek(&w->tree->host, w->arena, "%s", path);
}

static void world_folder(World *w, const char *path)
{
	tree_place(w->tree, world_text(w, "%s/x", path));
}

static size_t world_glob(World *w, const char *pattern, const char ***ret)
{
	size_t count = 0;

	assert_int_equal(host_glob(&w->tree->host, w->arena, pattern, ret, &count, NULL), 0);
	return count;
}

static size_t world_count(World *w, const char *pattern)
{
	const char **found;

	return world_glob(w, pattern, &found);
}

/* --- what commands do --- */

static int world_login(World *w, char portal)
{
	const char *record = world_read(w, world_text(w, WORLD_RECORD, portal));
	int n = ++w->numbers;

	if (!record)
		return 21;
	if (w->dead[portal - '0'])
		return 8;
	if (w->refuses)
		return 19;
	if (w->secret && !strstr(record, world_text(w, "password = %s\n", w->secret)))
		return 24;
	tree_file(w->tree, world_text(w, WORLD_SESSION "/targetname", n), WORLD_IQN "\n");
	tree_file(w->tree, world_text(w, WORLD_SESSION "/state", n), "LOGGED_IN\n");
	tree_file(w->tree, world_text(w, WORLD_SESSION "/recovery_tmo", n), "120\n");
	world_folder(w, world_text(w, WORLD_SESSION "/device", n));
	world_folder(w, world_text(w, "/sys/class/iscsi_host/host%d/device/session%d", n, n));
	tree_file(w->tree, world_text(w, "/sys/class/scsi_host/host%d/scan", n), "");
	tree_file(w->tree,
		  world_text(w, "/sys/class/iscsi_connection/connection%d:0/persistent_address", n),
		  world_text(w, "192.0.2.%c\n", portal));
	tree_file(w->tree,
		  world_text(w, "/sys/class/iscsi_connection/connection%d:0/persistent_port", n),
		  "3260\n");
	/* What a scan at login would bring: every LUN. */
	assert_non_null(strstr(record, "node.session.scan = manual"));
	return w->silent[portal - '0'] ? 8 : 0;
}

static void world_logout(World *w, int n)
{
	assert_int_equal(world_count(w, world_text(w, WORLD_SESSION "/device/target*/*:*", n)), 0);
	tree_remove(w->tree, world_text(w, WORLD_SESSION, n));
	tree_remove(w->tree, world_text(w, "/sys/class/iscsi_host/host%d", n));
	tree_remove(w->tree, world_text(w, "/sys/class/scsi_host/host%d", n));
	tree_remove(w->tree, world_text(w, "/sys/class/iscsi_connection/connection%d:0", n));
}

static void world_identity(World *w, const char *disk, int64_t lun)
{
	tree_file(w->tree, world_text(w, "/sys/block/%s/device/wwid", disk),
		  world_text(w, "naa.600%c\n", w->luns[lun]));
	tree_file(w->tree, world_text(w, "/sys/block/%s/size", disk),
		  world_text(w, "%jd\n", (intmax_t)w->sectors));
}

static const char *world_scan(World *w, int n, int64_t lun)
{
	const char *slot = world_text(w, WORLD_SESSION "/device/target%d:0:0/%d:0:0:%jd", n, n, n,
				      (intmax_t)lun);
	const char *disk;

	if (w->drops)
		tree_file(w->tree, world_text(w, WORLD_SESSION "/state", n), "FAILED\n");
	if (w->drops || world_has(w, slot) || lun >= WORLD_LUNS || !w->luns[lun])
		return NULL;
	/* What the rule of udev looks for when the device comes. */
	assert_true(w->by_others ||
		    world_has(w, world_text(w, WORLD_QUIET "/%d:0:0:%jd", n, (intmax_t)lun)));
	disk = world_text(w, "sd%c", 'a' + w->numbers++ % 26);
	tree_file(w->tree, world_text(w, "%s/state", slot), "running\n");
	world_folder(w, world_text(w, "%s/block/%s", slot, disk));
	tree_file(w->tree, world_text(w, "/sys/block/%s/ro", disk), "0\n");
	tree_file(w->tree, world_text(w, "/sys/block/%s/device/state", disk), "running\n");
	tree_file(w->tree, world_text(w, "/sys/block/%s/dev", disk),
		  world_text(w, "8:%d\n", w->numbers));
	tree_file(w->tree, world_text(w, "/dev/%s", disk), "");
	world_identity(w, disk, lun);
	return disk;
}

static const char *world_disk_of(World *w, const char *slot)
{
	const char **found;

	assert_int_equal(world_glob(w, world_text(w, "%s/block/*", slot), &found), 1);
	return strrchr(found[0], '/') + 1;
}

static void world_delete(World *w, const char *slot)
{
	const char *disk = world_disk_of(w, slot);
	const char **held;
	size_t count = world_glob(w, world_text(w, "/sys/block/dm-*/slaves/%s", disk), &held);

	for (size_t i = 0; i < count; i++)
		tree_remove(w->tree, held[i]);
	tree_remove(w->tree, slot);
	tree_remove(w->tree, world_text(w, "/sys/block/%s", disk));
	tree_remove(w->tree, world_text(w, "/dev/%s", disk));
}

/* A write to sysfs: the session and the LUN stand in the path. */
static int world_write(World *w, const char *path, const char *input)
{
	char *slot = arena_strdup(w->arena, path + strlen(w->tree->root));
	const char *name = strrchr(slot, '/') + 1;
	int n = 0, unused, target;
	long long lun = 0;

	if (sscanf(slot, "/sys/class/scsi_host/host%d/scan", &n) == 1 && str_eq(name, "scan")) {
		assert_int_equal(sscanf(input, "%d %d %lld", &unused, &target, &lun), 3);
		world_scan(w, n, lun);
		return 0;
	}
	if (str_eq(name, "recovery_tmo"))
		return 0;
	*strrchr(slot, '/') = '\0';
	lun = strtoll(strrchr(slot, ':') + 1, NULL, 10);
	if (str_eq(name, "delete"))
		world_delete(w, slot);
	else if (str_eq(name, "rescan") && w->luns[lun])
		world_identity(w, world_disk_of(w, slot), lun);
	else
		assert_string_equal(name, "rescan");
	return 0;
}

static const char *world_map(World *w, const char *name)
{
	const char **found;
	size_t count = world_glob(w, "/sys/block/dm-*", &found);

	for (size_t i = 0; i < count; i++)
		if (str_eq(world_read(w, world_text(w, "%s/dm/name", found[i])), name))
			return found[i];
	return NULL;
}

static void world_add_path(World *w, const char *disk)
{
	const char *wwid = world_read(w, world_text(w, "/sys/block/%s/device/wwid", disk));
	const char *name = world_text(w, "map%s", wwid + strlen("naa."));
	const char *map = world_map(w, name);

	assert_true(world_has(w, world_text(w, WORLD_QUIET "/mpath-3%s", wwid + strlen("naa."))));
	if (!map) {
		map = world_text(w, "/sys/block/dm-%d", ++w->numbers);
		tree_file(w->tree, world_text(w, "%s/dm/name", map), name);
		tree_file(w->tree, world_text(w, "%s/dm/uuid", map),
			  world_text(w, "mpath-3%s", wwid + strlen("naa.")));
		tree_file(w->tree, world_text(w, "%s/dm/suspended", map), "0");
		tree_file(w->tree, world_text(w, "%s/ro", map), "0");
		tree_file(w->tree, world_text(w, "%s/size", map),
			  world_read(w, world_text(w, "/sys/block/%s/size", disk)));
	}
	world_folder(w, world_text(w, "%s/slaves/%s", map, disk));
	world_folder(w, world_text(w, "/sys/block/%s/holders/%s", disk, strrchr(map, '/') + 1));
}

static void world_remove_map(World *w, const char *map)
{
	const char **held;
	size_t count = world_glob(
		w, world_text(w, "/sys/block/*/holders/%s", strrchr(map, '/') + 1), &held);

	for (size_t i = 0; i < count; i++)
		tree_remove(w->tree, held[i]);
	tree_remove(w->tree, map);
}

/* The file has a line "/WWID/" for each, and is gone here with the last one. */
static void world_wwids(World *w, const char *wwid, bool add)
{
	const char *line = world_text(w, "/%s/\n", wwid);
	const char *text = world_has(w, WORLD_WWIDS) ? world_read(w, WORLD_WWIDS) : "";
	const char *before = *text ? world_text(w, "%s\n", text) : "";
	const char *at = strstr(before, line);

	if (add && !at)
		tree_file(w->tree, WORLD_WWIDS, world_text(w, "%s%s", before, line));
	if (!add && at)
		tree_file(w->tree, WORLD_WWIDS,
			  world_text(w, "%.*s%s", (int)(at - before), before, at + strlen(line)));
	if (world_has(w, WORLD_WWIDS) && !*world_read(w, WORLD_WWIDS))
		tree_remove(w->tree, WORLD_WWIDS);
}

static int world_multipath(World *w, const char *const *argv)
{
	const char *map;

	if (str_eq(argv[1], "-a") || str_eq(argv[1], "-w")) {
		world_wwids(w, argv[2], argv[1][1] == 'a');
	} else {
		assert_string_equal(argv[1], "-f");
		map = world_map(w, argv[2]);
		if (map && w->stuck_map) {
			tree_file(w->tree, world_text(w, "%s/dm/suspended", map), "1");
			w->stuck_map = false;
			return 1;
		}
		if (map)
			world_remove_map(w, map);
	}
	return 0;
}

static int world_multipathd(World *w, const char *const *argv, Buf *out)
{
	const char **disks, *map;
	size_t count;

	if (w->no_multipathd)
		return 1;
	if (str_eq(argv[1], "add") && !w->never_map) {
		world_add_path(w, argv[3]);
	} else if (str_eq(argv[1], "show") && str_eq(argv[2], "paths")) {
		count = world_glob(w, "/sys/block/sd*", &disks);
		for (size_t i = 0; i < count; i++)
			buf_printf(out, "%s\n", strrchr(disks[i], '/') + 1);
		if (w->late_lists && w->late_lists--)
			buf_printf(out, "sdc\n");
	} else if (str_eq(argv[1], "resize")) {
		map = world_map(w, argv[3]);
		tree_file(w->tree, world_text(w, "%s/size", map),
			  world_text(w, "%jd", (intmax_t)w->sectors));
	} else if (str_eq(argv[1], "del") && str_eq(argv[2], "map")) {
		map = world_map(w, argv[3]);
		if (map)
			world_remove_map(w, map);
	}
	return 0;
}

static int world_node(World *w, const char *const *argv, size_t count)
{
	const char *last = argv[count - 1];
	char portal = argv[6][strlen("192.0.2.")];
	const char *record = world_text(w, WORLD_RECORD, portal);
	const char **found;
	size_t sessions;

	assert_string_equal(argv[4], WORLD_IQN);
	if (str_eq(last, "new")) {
		tree_file(w->tree, record,
			  world_text(w,
				     "# BEGIN RECORD 2.1.8\nnode.name = " WORLD_IQN "\n"
				     "node.startup = manual\n%s"
				     "node.session.auth.authmethod = None\n# END RECORD\n",
				     w->always_scans ? "" : "node.session.scan = auto\n"));
	} else if (str_eq(last, "--login")) {
		return world_login(w, portal);
	} else {
		assert_string_equal(last, "--logout");
		sessions = world_glob(w, "/sys/class/iscsi_connection/*", &found);
		for (size_t i = 0; i < sessions; i++) {
			const char *path = world_text(w, "%s/persistent_address", found[i]);

			if (world_read(w, path)[strlen("192.0.2.")] == portal)
				world_logout(w, (int)strtol(strrchr(found[i], '/') +
								    strlen("/connection"),
							    NULL, 10));
		}
	}
	return 0;
}

static int world_portals(Buf *out)
{
	buf_add(out, "192.0.2.1:3260,1 " WORLD_IQN "\n192.0.2.9:3260,1 iqn.other\n"
		     "192.0.2.2:3260,1 " WORLD_IQN "\n");
	return 0;
}

static int world_discoverydb(World *w, const char *op, Buf *out)
{
	const char *text = world_read(w, WORLD_FIND_RECORD);

	if (str_eq(op, "new"))
		tree_file(w->tree, WORLD_FIND_RECORD,
			  "# BEGIN RECORD 2.1.8\ndiscovery.type = sendtargets\n"
			  "discovery.sendtargets.auth.authmethod = None\n# END RECORD\n");
	else if (str_eq(op, "delete"))
		tree_remove(w->tree, "/etc/iscsi/send_targets");
	else if (!text)
		return 21;
	else if (!strstr(text, "auth.authmethod = CHAP\n") || strstr(text, "_in = ") ||
		 !strstr(text, world_text(w, "auth.password = %s\n", w->find_secret)))
		return 24;
	else
		return world_portals(out);
	return 0;
}

static int world_iscsiadm(World *w, const char *const *argv, Buf *out)
{
	size_t count = 0;

	while (argv[count])
		count++;
	if (str_eq(argv[2], "discovery") && !w->find_secret)
		return world_portals(out);
	if (str_eq(argv[2], "discovery"))
		return 24;
	if (str_eq(argv[2], "discoverydb"))
		return world_discoverydb(w, argv[count - 1], out);
	if (str_eq(argv[2], "node"))
		return world_node(w, argv, count);
	assert_string_equal(argv[count - 1], "--logout");
	world_logout(w, (int)strtol(argv[4], NULL, 10));
	return 0;
}

static int world_blockdev(World *w, const char *what, const char *device)
{
	const char *name = strrchr(device, '/') + 1;

	if (w->use_on_flush && str_eq(what, "--flushbufs")) {
		tree_link(w->tree, "/proc/78/fd/3", world_text(w, "/dev/%s", name));
		tree_file(w->tree, "/proc/78/comm", "qemu\n");
	}
	if (str_eq(what, "--setro"))
		tree_file(w->tree, world_text(w, "/sys/block/%s/ro", name), "1");
	return w->never_flush && str_eq(what, "--flushbufs");
}

static int world_effect(World *w, const RunSpec *spec, Buf *out)
{
	const char *const *argv = spec->argv;

	if (str_eq(argv[0], "iscsiadm"))
		return world_iscsiadm(w, argv, out);
	if (str_eq(argv[0], "tee"))
		return world_write(w, argv[2], spec->input);
	if (str_eq(argv[0], "multipath"))
		return world_multipath(w, argv);
	if (str_eq(argv[0], "multipathd"))
		return world_multipathd(w, argv, out);
	if (str_eq(argv[0], "blockdev"))
		return world_blockdev(w, argv[1], argv[2]);
	if (str_eq(argv[0], "udevadm"))
		tree_remove(w->tree, "/proc/77"); /* a program of a rule */
	else if (str_eq(argv[0], "dmsetup") && str_eq(argv[1], "resume"))
		tree_file(w->tree, world_text(w, "%s/dm/suspended", world_map(w, argv[2])), "0");
	else
		assert_string_equal(argv[0], "dd");
	return 0;
}

static int world_answer(void *ctx, const RunSpec *spec, RunResult *ret, Fault *f)
{
	World *w = ctx;
	bool now = ++w->commands == w->fail_at;
	bool late = w->failure == WORLD_FAILS_LATE || w->failure == WORLD_TIMES_OUT_LATE;
	Buf out = {0};
	int status = 0;

	for (const char *const *word = spec->argv; *word; word++)
		buf_printf(&w->log, "%s%s", word == spec->argv ? "" : " ", *word);
	buf_add_char(&w->log, '\n');
	if (w->commands == w->die_at && !w->die_late)
		_exit(0);
	if (!now || late)
		status = world_effect(w, spec, &out);
	if (w->commands == w->die_at)
		_exit(0);
	if (now && (w->failure == WORLD_TIMES_OUT || w->failure == WORLD_TIMES_OUT_LATE)) {
		buf_done(&out);
		return fault(f, -ETIMEDOUT, "%s does not end", spec->argv[0]);
	}
	*ret = (RunResult){.status = now ? 1 : status};
	ret->out_length = out.length;
	ret->out = buf_take(&out);
	ret->err = mem_strdup("");
	return 0;
}

/* Every session, device, map and file that is left, in order. */
static const char *world_left(World *w)
{
	static const char *const places[] = {"/sys/class/iscsi_session/*",
					     "/sys/block/*",
					     "/etc/iscsi/[!n]*",
					     "/etc/iscsi/nodes/*",
					     "/etc/iscsi/.cleat*",
					     "/etc/iscsi/nodes/*/*",
					     WORLD_WWIDS,
					     WORLD_QUIET "/*"};
	_cleanup_(buf_done) Buf left = {0};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char **found;
		size_t count = world_glob(w, places[i], &found);

		for (size_t k = 0; k < count; k++)
			buf_printf(&left, "%s ", found[k]);
	}
	return arena_strdup(w->arena, buf_text(&left));
}

static World *world_new(void)
{
	static const char *const programs[] = {"iscsiadm", "multipath", "multipathd", "udevadm"};
	World *w = NEW(World);

	w->tree = tree_new();
	w->arena = w->tree->arena;
	w->luns[0] = 'a';
	w->luns[1] = 'b';
	w->sectors = WORLD_SECTORS;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		const char *path = world_text(w, "/usr/sbin/%s", programs[i]);

		tree_file(w->tree, path, "");
		assert_int_equal(chmod(host_path(&w->tree->host, w->arena, "%s", path), 0755), 0);
	}
	world_folder(w, "/sys/module/iscsi_tcp");
	world_folder(w, "/etc/iscsi");
	tree_file(w->tree, "/proc/self/mountinfo", "");
	run_script_answer_by(world_answer, w);
	return w;
}

static World *world_free(World *w)
{
	run_script_answer_by(NULL, NULL);
	buf_done(&w->log);
	tree_free(w->tree);
	free(w);
	return NULL;
}
DEFINE_CLEANUP(World, world_free)
