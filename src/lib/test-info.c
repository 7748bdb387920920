/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Hostile connection_info for every connector (H-21): a member that becomes an argument, an option
 * or part of a path is refused before any command has run, and with nothing left. What is taken all
 * the same puts no hostile text on a command line.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "connector/fc/fc.h"
#include "connector/iscsi/iscsi.h"
#include "connector/local/local.h"
#include "connector/nfs/nfs.h"
#include "connector/nvme/nvme.h"
#include "connector/rbd/rbd.h"
#include "host/test-tree.h"
#include "local/local.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define ATTACHMENT "5f4f0d6e-0d3c-4a55-9d43-2b3f8f1f2a11"
#define IQN "\"iqn.2026-11.net.example:t\""
#define NQN "\"nqn.2014-08.org.example:t\""
#define UUID "\"a6b5c4d3-0000-4000-8000-0123456789ab\""
#define ISCSI "{\"driver_volume_type\":\"iscsi\",\"target_lun\":1,"
#define ISCSI_TWO ISCSI "\"target_luns\":[1,1],"
#define NVME "{\"driver_volume_type\":\"nvmeof\",\"vol_uuid\":" UUID ","
#define OLD "{\"driver_volume_type\":\"nvmeof\",\"ns_id\":\"10\",\"volume_nguid\":" UUID ","
#define RBD "{\"driver_volume_type\":\"rbd\","
#define NFS "{\"driver_volume_type\":\"nfs\",\"format\":\"raw\","
#define FC "{\"driver_volume_type\":\"fibre_channel\","

/* A connection_info that is whole but for the member that stands as @@. */
typedef struct Member {
	const char *info;
	bool may_miss; /* without it, or empty, it is whole as well */
} Member;

static const Member members[] = {
	{ISCSI "\"target_iqn\":" IQN ",\"target_portal\":@@}", false},
	{ISCSI "\"target_portal\":\"192.0.2.1:3260\",\"target_iqn\":@@}", false},
	{ISCSI_TWO "\"target_iqns\":[" IQN "," IQN "],\"target_portals\":[\"192.0.2.1\",@@]}",
	 false},
	{ISCSI_TWO "\"target_portals\":[\"192.0.2.1\",\"192.0.2.2\"],\"target_iqns\":[" IQN ",@@]}",
	 false},
	{ISCSI "\"target_portal\":\"192.0.2.1\",\"target_iqn\":" IQN ",\"addressing_mode\":@@}",
	 true},
	{ISCSI "\"target_portal\":\"192.0.2.1\",\"target_iqn\":" IQN ",\"cleat_identity\":@@}",
	 true},
	{NVME "\"portals\":[[\"192.0.2.1\",\"4420\",\"tcp\"]],\"target_nqn\":@@}", false},
	{NVME "\"target_nqn\":" NQN ",\"portals\":[[@@,\"4420\",\"tcp\"]]}", false},
	{NVME "\"target_nqn\":" NQN ",\"portals\":[[\"192.0.2.1\",@@,\"tcp\"]]}", false},
	{NVME "\"target_nqn\":" NQN
	      ",\"portals\":[[\"192.0.2.1\",\"4420\",\"tcp\"]],\"host_nqn\":@@}",
	 true},
	{OLD "\"target_portal\":\"192.0.2.1\",\"target_port\":\"4420\",\"nqn\":@@}", false},
	{OLD "\"nqn\":" NQN ",\"target_port\":\"4420\",\"target_portal\":@@}", false},
	{OLD "\"nqn\":" NQN ",\"target_portal\":\"192.0.2.1\",\"target_port\":@@}", false},
	{RBD "\"hosts\":[\"192.0.2.1\"],\"ports\":[\"6789\"],\"name\":@@}", false},
	{RBD "\"name\":\"volumes/a\",\"ports\":[\"6789\"],\"hosts\":[@@]}", false},
	{RBD "\"name\":\"volumes/a\",\"hosts\":[\"192.0.2.1\"],\"ports\":[@@]}", false},
	{RBD "\"name\":\"volumes/a\",\"hosts\":[\"192.0.2.1\"],\"ports\":[\"6789\"],"
	     "\"auth_username\":@@}",
	 true},
	{RBD "\"name\":\"volumes/a\",\"hosts\":[\"192.0.2.1\"],\"ports\":[\"6789\"],"
	     "\"cluster_name\":@@}",
	 true},
	{NFS "\"name\":\"volume-a\",\"export\":@@}", false},
	{NFS "\"export\":\"192.0.2.1:/vol\",\"name\":@@}", false},
	{NFS "\"export\":\"192.0.2.1:/vol\",\"name\":\"volume-a\",\"options\":@@}", true},
	{"{\"driver_volume_type\":\"local\",\"device_path\":@@}", false},
	{FC "\"target_lun\":1,\"target_wwn\":@@}", false},
	{FC "\"target_wwn\":\"50aa\",\"target_lun\":@@}", true},
};

/* Texts that mean harm; as JSON. */
static const char *const hostile[] = {
	"\"-oProxyCommand=id\"",
	"\"--help\"",
	"\"-o suid,dev\"",
	"\"-o vers=4.2 --bind\"",
	"\"evil\\nnode.startup = automatic\"",
	"\"evil\\r\"",
	"\"evil\\u0000\"",
	"\"evil\\u001b[0m\"",
	"\"../../../etc/passwd\"",
	"\"/dev/../etc/passwd\"",
	"\"evil;id\"",
	"\"$(id)\"",
	"\"`id`\"",
	"\"evil' 'two\"",
	"\"evil\\\" \\\"two\"",
	"\"evil|id\"",
	"\"evil>x\"",
	"\"evil*\"",
	"\"\\\\evil\"",
	"\"evil,mon_host=203.0.113.9\"",
	"\"ev\\u202eil\"",
	"\" evil\"",
};

/* What no text is, and texts that say nothing. */
static const char *const absurd[] = {
	"{}", "[]", "true", "-1", "1.5", "1e300", "{\"a\":{\"b\":{\"c\":[[[[]]]]}}}", "[{}]",
};
static const char *const missing[] = {"null", "\"\""};

static const ConnectorDriver *const drivers[] = {
	&connector_iscsi, &connector_nvme,  &connector_rbd, &connector_nfs,
	&connector_fc,    &connector_local, NULL,
};

typedef struct Scene {
	Tree *tree;
	Local *local;
	int commands;
	Buf lines; /* of every command */
} Scene;

/* Nothing works on this machine, but everything is there. */
static int answer(void *ctx, const RunSpec *spec, RunResult *ret, Fault *f _unused_)
{
	Scene *scene = ctx;

	scene->commands++;
	for (const char *const *word = spec->argv; *word; word++)
		buf_printf(&scene->lines, "%s\n", *word);
	*ret = (RunResult){.status = 1, .out = mem_strdup(""), .err = mem_strdup("")};
	return 0;
}

static void put_program(Tree *tree, const char *name)
{
	const char *path = arena_printf(tree->arena, "/usr/sbin/%s", name);

	tree_file(tree, path, "");
	assert_int_equal(chmod(host_path(&tree->host, tree->arena, "%s", path), 0755), 0);
}

static void scene_begin(Scene *scene)
{
	static const char *const programs[] = {"iscsiadm", "nvme", "rbd", "ceph", "mount.nfs"};
	static const char *const modules[] = {"iscsi_tcp", "nvme_tcp", "rbd", "nfs"};

	*scene = (Scene){.tree = tree_new()};
	tree_file(scene->tree, "/proc/sys/kernel/random/boot_id", ATTACHMENT "\n");
	tree_file(scene->tree, "/proc/self/mountinfo", "");
	tree_file(scene->tree, "/etc/nvme/hostnqn", "nqn.2014-08.org.nvmexpress:uuid:" ATTACHMENT);
	tree_file(scene->tree, "/etc/nvme/hostid", ATTACHMENT);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		put_program(scene->tree, programs[i]);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		tree_file(scene->tree,
			  arena_printf(scene->tree->arena, "/sys/module/%s/x", modules[i]), "");
	const LocalConfig config = {
		.state_dir = tree_place(scene->tree, "/state"),
		.link_dir = tree_place(scene->tree, "/dev/cleat"),
		.mount_dir = "/mnt",
		.host = &scene->tree->host,
		.drivers = drivers,
	};
	assert_int_equal(local_open(&config, &scene->local, NULL), 0);
	run_script_answer_by(answer, scene);
}

static void scene_end(Scene *scene)
{
	run_script_answer_by(NULL, NULL);
	local_close(scene->local);
	buf_done(&scene->lines);
	tree_free(scene->tree);
}

/* What becomes of an offer. The record of it is gone afterwards. */
static int offer(Scene *scene, const char *info)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(local_endp) LocalWork *work = NULL;
	LocalRecord record = {.mode = "rw"};
	const LocalOffer it = {.attachment_id = ATTACHMENT, .info = info};
	ConnectorDisk disk;
	int r;

	scene->commands = 0;
	assert_int_equal(
		local_begin(scene->local, arena, "v", clock_mono_ms() + 60 * 1000, &work, NULL), 0);
	assert_int_equal(local_reserve(work, &record, NULL), 0);
	work->deadline_ms = clock_mono_ms() + 1;
	r = local_connect(work, &record, &it, &disk, NULL);
	if (record.state != LOCAL_RESERVING && record.state != LOCAL_RELEASING) {
		work->deadline_ms = clock_mono_ms() + 60 * 1000;
		assert_int_equal(local_disconnect(work, &record, true, NULL), 0);
	}
	assert_int_equal(local_forget(work, &record, NULL), 0);
	return r;
}

static const char *with(Scene *scene, const Member *member, const char *value)
{
	const char *at = strstr(member->info, "@@");

	assert_non_null(at);
	return arena_printf(scene->tree->arena, "%.*s%s%s", (int)(at - member->info), member->info,
			    value, at + 2);
}

static void expect_refused(Scene *scene, const char *info)
{
	int r = offer(scene, info);

	if (r != LOCAL_BAD_INFO)
		fail_msg("%d for %.400s", r, info);
	if (scene->commands)
		fail_msg("%.200s ran for %.400s", buf_text(&scene->lines), info);
}

TEST(h21_no_hostile_text_reaches_a_command)
{
	Scene scene;

	scene_begin(&scene);
	for (size_t m = 0; m < ARRAY_SIZE(members); m++)
		for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
			expect_refused(&scene, with(&scene, &members[m], hostile[i]));
	scene_end(&scene);
}

TEST(h21_what_is_of_a_wrong_type_or_missing_is_refused)
{
	Scene scene;

	scene_begin(&scene);
	for (size_t m = 0; m < ARRAY_SIZE(members); m++) {
		for (size_t i = 0; i < ARRAY_SIZE(absurd); i++)
			expect_refused(&scene, with(&scene, &members[m], absurd[i]));
		for (size_t i = 0; !members[m].may_miss && i < ARRAY_SIZE(missing); i++)
			expect_refused(&scene, with(&scene, &members[m], missing[i]));
	}
	scene_end(&scene);
}

/* 100 KiB of one letter, quoted. */
static const char *long_text(Arena *arena)
{
	char *text = arena_alloc(arena, 100 * 1024 + 3);

	memset(text, 'a', 100 * 1024 + 2);
	text[0] = text[100 * 1024 + 1] = '"';
	text[100 * 1024 + 2] = '\0';
	return text;
}

TEST(h21_what_is_too_long_or_too_deep_is_refused)
{
	static const char *const types[] = {"iscsi", "nvmeof", "rbd", "nfs", "local"};
	_cleanup_(buf_done) Buf deep = {0};
	Scene scene;

	scene_begin(&scene);
	for (size_t m = 0; m < ARRAY_SIZE(members); m++)
		expect_refused(&scene, with(&scene, &members[m], long_text(scene.tree->arena)));
	for (int i = 0; i < 10000; i++)
		buf_add(&deep, "{\"data\":[");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		expect_refused(&scene, arena_printf(scene.tree->arena,
						    "{\"driver_volume_type\":\"%s\",\"data\":%s",
						    types[i], buf_text(&deep)));
	scene_end(&scene);
}

TEST(h21_huge_lists_are_refused)
{
	_cleanup_(buf_done) Buf portals = {0}, iqns = {0}, ways = {0};
	Scene scene;

	scene_begin(&scene);
	for (int i = 0; i < 1000; i++) {
		buf_printf(&portals, "%s\"192.0.2.1:%d\"", i ? "," : "", i + 1);
		buf_printf(&iqns, "%s" IQN, i ? "," : "");
		buf_printf(&ways, "%s[\"192.0.2.1\",%d,\"tcp\"]", i ? "," : "", i + 1);
	}
	expect_refused(&scene, arena_printf(scene.tree->arena,
					    ISCSI "\"target_portals\":[%s],\"target_iqns\":[%s]}",
					    buf_text(&portals), buf_text(&iqns)));
	expect_refused(&scene, arena_printf(scene.tree->arena,
					    NVME "\"target_nqn\":" NQN ",\"portals\":[%s]}",
					    buf_text(&ways)));
	expect_refused(&scene, arena_printf(scene.tree->arena,
					    RBD "\"name\":\"v/a\",\"hosts\":[%s],\"ports\":[%s]}",
					    buf_text(&iqns), buf_text(&portals)));
	scene_end(&scene);
}

/* The same members as they should be: they are taken, so that the refusals above mean something. */
TEST(h21_what_is_harmless_is_taken)
{
	static const char *const whole[] = {
		ISCSI "\"target_portal\":\"192.0.2.1:3260\",\"target_iqn\":" IQN "}",
		NVME "\"target_nqn\":" NQN ",\"portals\":[[\"192.0.2.1\",\"4420\",\"tcp\"]]}",
		OLD "\"nqn\":" NQN ",\"target_portal\":\"192.0.2.1\",\"target_port\":\"4420\","
		    "\"transport_type\":\"tcp\"}",
		RBD "\"name\":\"volumes/a\",\"hosts\":[\"192.0.2.1\"],\"ports\":[\"6789\"],"
		    "\"auth_username\":\"cinder\",\"cluster_name\":\"ceph\"}",
		NFS
		"\"export\":\"192.0.2.1:/vol\",\"name\":\"volume-a\",\"options\":\"-o vers=4.2\"}",
		"{\"driver_volume_type\":\"local\",\"device_path\":\"/dev/vg/a\"}",
		FC "\"target_wwn\":\"50060e801049cfd1\",\"target_lun\":1}",
	};
	Scene scene;

	scene_begin(&scene);
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		int r = offer(&scene, whole[i]);

		if (r == LOCAL_BAD_INFO)
			fail_msg("%s", whole[i]);
	}
	assert_true(scene.lines.length > 0); /* some got as far as to run commands */
	scene_end(&scene);
}
