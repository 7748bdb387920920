/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Images mapped and unmapped on a host in a tree of files. Holds H-3 and H-24 (which mapping it
 * is), H-10 (a flush that fails), H-12 (the size), H-17 (read-only), H-23 (what others use), H-43
 * (a failure that was none), H-44 (twice is once); and a sweep: whatever fails, nothing is left.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/rbd/rbd.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define FSID "457eb676-33da-42ec-9a8c-9293d545c337"
#define IDENTITY "rbd:" FSID "/volumes//10ab"
#define INFO                                                                                       \
	"{\"name\": \"volumes/a\", \"hosts\": [\"192.0.2.1\"], \"ports\": [\"6789\"], "            \
	"\"auth_username\": \"cinder\", \"multiattach\": false}"
#define WHO "--cluster ceph --id cinder --mon_host 192.0.2.1:6789"

enum { MIB = 1024 * 1024, LONG_MS = 60 * 1000, SHORT_MS = 50 };

typedef struct World {
	Tree *tree;
	bool is_featured; /* more than the kernel's client can */
	bool is_gone;     /* the image */
	int mapped;
	int commands;
	int spoil_at; /* which of them, from 1; 0 for none */
	bool is_late; /* it does its work, and fails */
	int status;   /* as which it fails; 0: it does not end in time */
	Buf log;
	ConnectorCall call;
	Fault fault;
} World;

static const char *text(World *w, const char *format, ...) _printf_(2, 3);
static const char *text(World *w, const char *format, ...)
{
	const char *out;
	va_list ap;

	va_start(ap, format);
	out = arena_vprintf(w->tree->arena, format, ap);
	va_end(ap);
	return out;
}

static void put_mapping(World *w, int number, const char *fsid, const char *image, const char *id,
			bool is_readonly)
{
	const char *path = text(w, "/sys/bus/rbd/devices/%d", number);

	tree_file(w->tree, text(w, "%s/cluster_fsid", path), fsid);
	tree_file(w->tree, text(w, "%s/pool", path), "volumes\n");
	tree_file(w->tree, text(w, "%s/pool_ns", path), "\n");
	tree_file(w->tree, text(w, "%s/name", path), image);
	tree_file(w->tree, text(w, "%s/image_id", path), id);
	tree_file(w->tree, text(w, "%s/current_snap", path), "-\n");
	tree_file(w->tree, text(w, "%s/size", path), text(w, "%d\n", 8 * MIB));
	tree_file(w->tree, text(w, "/sys/block/rbd%d/ro", number), is_readonly ? "1\n" : "0\n");
}

static bool has_word(const RunSpec *spec, const char *word)
{
	for (const char *const *p = spec->argv; *p; p++)
		if (str_eq(*p, word))
			return true;
	return false;
}

static const char *word_after(const RunSpec *spec, const char *start)
{
	for (const char *const *p = spec->argv; *p; p++)
		if (str_after(*p, start))
			return str_after(*p, start);
	return NULL;
}

/* What a command does; its exit status. */
static int act(World *w, const RunSpec *spec, const char **ret_out, const char **ret_err)
{
	const char *device = word_after(spec, "/dev/"), *cookie = word_after(spec, "--cookie=");

	if (has_word(spec, "fsid"))
		*ret_out = FSID "\n";
	if (has_word(spec, "info") && w->is_gone)
		return ENOENT;
	if (has_word(spec, "info"))
		*ret_out = text(w,
				"{\"name\": \"a\", \"id\": \"10ab\", \"size\": %d, "
				"\"features\": [\"layering\", \"exclusive-lock\"]}",
				8 * MIB);
	if (has_word(spec, "map") && cookie) {
		tree_file(w->tree, "/sys/block/nbd0/backend", cookie);
		tree_file(w->tree, "/sys/block/nbd0/size", text(w, "%d\n", 8 * MIB / 512));
		tree_file(w->tree, "/sys/block/nbd0/ro",
			  has_word(spec, "--read-only") ? "1\n" : "0\n");
	} else if (has_word(spec, "map")) {
		*ret_err = "rbd: sysfs write failed\nRBD image feature set mismatch.\n";
		if (w->is_featured)
			return ENXIO;
		assert_int_equal(access(host_path(&w->tree->host, w->tree->arena,
						  "/run/cleat/quiet/rbd-10ab"),
					F_OK),
				 0); /* h26: for the rule of udev */
		put_mapping(w, w->mapped++, FSID "\n", "a\n", "10ab\n",
			    has_word(spec, "--read-only"));
	}
	if (has_word(spec, "unmap")) {
		tree_remove(w->tree, text(w, "/sys/block/%s", device));
		if (str_after(device, "rbd"))
			tree_remove(w->tree,
				    text(w, "/sys/bus/rbd/devices/%s", str_after(device, "rbd")));
	}
	return 0;
}

static int answer(void *ctx, const RunSpec *spec, RunResult *ret, Fault *f)
{
	World *w = ctx;
	bool is_spoilt = ++w->commands == w->spoil_at;
	const char *out = "", *err = "";
	int status = 0;

	for (const char *const *word = spec->argv; *word; word++) {
		const char *inside = str_after(*word, w->tree->root);

		buf_printf(&w->log, "%s%s", word == spec->argv ? "" : " ", inside ? inside : *word);
	}
	buf_add(&w->log, "\n");
	if (!is_spoilt || w->is_late)
		status = act(w, spec, &out, &err);
	if (is_spoilt && !w->status)
		return fault(f, -ETIMEDOUT, "%s did not end in time", spec->argv[0]);
	ret->status = is_spoilt ? w->status : status;
	ret->out = mem_strdup(out);
	ret->out_length = strlen(out);
	ret->err = mem_strdup(err);
	ret->err_length = strlen(err);
	return 0;
}

static void put_program(World *w, const char *path)
{
	tree_file(w->tree, path, "");
	assert_int_equal(chmod(tree_place(w->tree, path), 0755), 0);
}

static void put_nbd(World *w)
{
	put_program(w, "/usr/bin/rbd-nbd");
	tree_file(w->tree, "/sys/module/nbd/initstate", "live\n");
}

static void begin(World *w)
{
	*w = (World){.tree = tree_new(), .status = 1};
	put_program(w, "/usr/bin/rbd");
	put_program(w, "/usr/bin/ceph");
	tree_file(w->tree, "/proc/self/mountinfo", "");
	tree_file(w->tree, "/sys/module/rbd/initstate", "live\n");
	w->call = (ConnectorCall){
		.host = &w->tree->host, .arena = w->tree->arena, .mount_dir = "/mnt"};
	run_script_answer_by(answer, w);
}

static void done(World *w)
{
	run_script_answer_by(NULL, NULL);
	buf_done(&w->log);
	w->tree = tree_free(w->tree);
}

static ConnectorCall *call_for(World *w, int64_t ms)
{
	w->call.deadline_ms = clock_mono_ms() + ms;
	return &w->call;
}

static const void *info_of(World *w)
{
	void *info = NULL;

	assert_int_equal(connector_parse(&connector_rbd, call_for(w, 0), INFO, &info, &w->fault),
			 0);
	return info;
}

static int attach(World *w, const ConnectorWish *wish, ConnectorDisk *disk, int64_t ms)
{
	const void *info = info_of(w);

	return connector_connect(&connector_rbd, call_for(w, ms), info, wish, disk, &w->fault);
}

static int detach(World *w, const ConnectorLeave *leave, int64_t ms)
{
	const void *info = info_of(w);

	return connector_disconnect(&connector_rbd, call_for(w, ms), info, leave, &w->fault);
}

static const char *commands(World *w)
{
	const char *out = arena_strdup(w->tree->arena, buf_text(&w->log));

	buf_done(&w->log);
	return out;
}

static size_t count_mappings(World *w)
{
	const char **paths;
	size_t kernel = 0, nbd = 0;

	assert_int_equal(host_glob(&w->tree->host, w->tree->arena, "/sys/bus/rbd/devices/*", &paths,
				   &kernel, &w->fault),
			 0);
	assert_int_equal(host_glob(&w->tree->host, w->tree->arena, "/sys/block/nbd*", &paths, &nbd,
				   &w->fault),
			 0);
	return kernel + nbd;
}

static const ConnectorWish plain = {.size_bytes = 8 * MIB};
static const ConnectorWish readonly = {.readonly = true};
static const ConnectorLeave leave_a = {.identity = IDENTITY};

TEST(an_image_is_mapped_and_unmapped)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	assert_string_equal(commands(&w), "ceph " WHO " fsid\n"
					  "rbd " WHO " info --format json volumes/a\n"
					  "rbd " WHO " device map --exclusive volumes/a\n");
	assert_string_equal(disk.path, "/dev/rbd0");
	assert_string_equal(disk.identity, IDENTITY);
	assert_int_equal(disk.size_bytes, 8 * MIB);
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0);
	assert_string_equal(commands(&w), "blockdev --flushbufs /dev/rbd0\n"
					  "rbd device unmap /dev/rbd0\n");
	assert_int_equal(count_mappings(&w), 0);
}

TEST(h24_only_that_very_mapping_is_unmapped)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	/* Images of the same name: in another cluster, and one that has been deleted since. */
	put_mapping(&w, 0, "11111111-1111-4111-8111-111111111111\n", "a\n", "10ab\n", false);
	put_mapping(&w, 1, FSID "\n", "a\n", "99ff\n", false);
	w.mapped = 2;
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	assert_string_equal(disk.path, "/dev/rbd2");
	(void)commands(&w);
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0);
	assert_string_equal(commands(&w), "blockdev --flushbufs /dev/rbd2\n"
					  "rbd device unmap /dev/rbd2\n");
	assert_int_equal(count_mappings(&w), 2);
}

TEST(h3_another_image_in_its_place_is_not_it)
{
	const ConnectorWish before = {.identity = "rbd:" FSID "/volumes//77aa"};
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	assert_int_equal(attach(&w, &before, &disk, LONG_MS), CONNECTOR_WRONG_DISK);
	assert_int_equal(count_mappings(&w), 0);
	put_mapping(&w, 0, FSID "\n", "a\n", "10ab\n", false);
	(void)commands(&w);
	assert_int_equal(detach(&w, &(ConnectorLeave){.identity = before.identity}, LONG_MS), 0);
	assert_string_equal(commands(&w), "");
}

TEST(h17_read_only_is_a_mapping_of_its_own)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	(void)commands(&w);
	assert_int_equal(attach(&w, &readonly, &disk, LONG_MS), 0);
	assert_string_equal(disk.path, "/dev/rbd1");
	assert_non_null(strstr(commands(&w), " device map --read-only volumes/a\n"));
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0); /* of the last attachment: both go */
	assert_int_equal(count_mappings(&w), 0);
}

TEST(h12_the_size_is_what_the_kernels_client_knows)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;
	int64_t bytes = 0;

	begin(&w);
	info = info_of(&w);
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	assert_int_equal(connector_extend(&connector_rbd, call_for(&w, LONG_MS), info, IDENTITY,
					  16 * MIB, &bytes, &w.fault),
			 CONNECTOR_NOT_GROWN);
	tree_file(w.tree, "/sys/bus/rbd/devices/0/size", text(&w, "%d\n", 16 * MIB));
	assert_int_equal(connector_extend(&connector_rbd, call_for(&w, LONG_MS), info, IDENTITY,
					  16 * MIB, &bytes, &w.fault),
			 0);
	assert_int_equal(bytes, 16 * MIB);
	assert_int_equal(attach(&w, &(ConnectorWish){.size_bytes = MIB}, &disk, LONG_MS),
			 CONNECTOR_WRONG_DISK);
}

TEST(h23_what_others_have_serves_us_and_what_strangers_have_does_not)
{
	static const char *const others[] = {IDENTITY, NULL};
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	put_mapping(&w, 0, FSID "\n", "a\n", "10ab\n", false);
	tree_link(w.tree, "/proc/77/fd/3", "/dev/rbd0");
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), CONNECTOR_BUSY);
	w.call.others = others;
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	(void)commands(&w);
	assert_int_equal(detach(&w, &(ConnectorLeave){0}, LONG_MS), 0);
	assert_string_equal(commands(&w), "");
	w.call.others = NULL;
	assert_int_equal(detach(&w, &leave_a, LONG_MS), CONNECTOR_BUSY);
	assert_int_equal(detach(&w, &(ConnectorLeave){0}, LONG_MS), 0);
	assert_int_equal(count_mappings(&w), 1);
}

TEST(h10_a_flush_that_fails_changes_nothing)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	w.spoil_at = w.commands + 1;
	assert_int_equal(detach(&w, &leave_a, LONG_MS), CONNECTOR_UNFLUSHED);
	assert_int_equal(count_mappings(&w), 1);
	w.spoil_at = w.commands + 1;
	assert_int_equal(
		detach(&w, &(ConnectorLeave){.identity = IDENTITY, .force = true}, LONG_MS), 0);
	assert_non_null(strstr(w.call.why, "may be lost"));
	assert_int_equal(count_mappings(&w), 0);
}

TEST(an_image_that_the_kernel_cannot_map)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	w.is_featured = true;
	assert_int_equal(attach(&w, &plain, &disk, SHORT_MS), CONNECTOR_NO_TRANSPORT);
	assert_non_null(strstr(w.call.why, "feature set mismatch"));
	put_nbd(&w);
	assert_int_equal(attach(&w, &plain, &disk, SHORT_MS), 0);
	assert_string_equal(disk.path, "/dev/nbd0");
	assert_string_equal(disk.identity, IDENTITY);
	assert_non_null(strstr(commands(&w), " device map --device-type=nbd --cookie=" IDENTITY
					     " --exclusive volumes/a\n"));
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0);
	assert_non_null(strstr(commands(&w), "rbd device unmap --device-type=nbd /dev/nbd0\n"));
	assert_int_equal(count_mappings(&w), 0);
}

TEST(a_kernel_without_its_client_is_served_by_nbd)
{
	const ConnectorWish reader = {.readonly = true};
	_cleanup_(done) World w;
	ConnectorDisk disk;
	const char *said;

	begin(&w);
	tree_remove(w.tree, "/sys/module/rbd");
	put_nbd(&w);
	assert_int_equal(attach(&w, &reader, &disk, SHORT_MS), 0);
	assert_string_equal(disk.path, "/dev/nbd0");
	assert_int_equal(disk.size_bytes, 8 * MIB);
	said = commands(&w);
	assert_non_null(strstr(said, "--device-type=nbd"));
	assert_non_null(strstr(said, "--read-only"));
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0);
	assert_int_equal(count_mappings(&w), 0);
}

TEST(h43_a_map_that_failed_is_not_tried_in_another_way)
{
	for (int status = 0; status < 2; status++) {
		_cleanup_(done) World w;
		ConnectorDisk disk;

		begin(&w);
		put_nbd(&w);
		w.spoil_at = 3;
		w.status = status;
		assert_int_equal(attach(&w, &plain, &disk, SHORT_MS), CONNECTOR_NO_PATH);
		assert_null(strstr(commands(&w), "nbd"));
		assert_int_equal(count_mappings(&w), 0);
	}
}

TEST(what_is_missing_is_said)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	w.is_gone = true;
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), CONNECTOR_NO_DISK);
	w.is_gone = false;
	tree_remove(w.tree, "/sys/module/rbd");
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), CONNECTOR_NO_TRANSPORT);
	tree_remove(w.tree, "/usr/bin/rbd");
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), CONNECTOR_NO_TRANSPORT);
	assert_non_null(strstr(w.call.why, "ceph-common"));
}

TEST(h43_a_map_that_failed_may_have_mapped)
{
	for (int status = 0; status < 2; status++) {
		_cleanup_(done) World w;
		ConnectorDisk disk;

		begin(&w);
		w.spoil_at = 3;
		w.is_late = true;
		w.status = status;
		assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
		assert_string_equal(disk.path, "/dev/rbd0");
	}
}

TEST(h44_twice_is_once)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0);
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	assert_int_equal(attach(&w, &plain, &disk, LONG_MS), 0);
	assert_string_equal(disk.path, "/dev/rbd0");
	assert_int_equal(count_mappings(&w), 1);
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0);
	assert_int_equal(detach(&w, &leave_a, LONG_MS), 0);
	assert_int_equal(count_mappings(&w), 0);
}

/* One attachment with a fault at the n-th command; then it is taken back as callers do it. */
static bool sweep_once(int at, bool is_late, int status)
{
	_cleanup_(done) World w;
	ConnectorLeave leave = {0};
	ConnectorDisk disk;
	bool is_over;

	begin(&w);
	w.spoil_at = at;
	w.is_late = is_late;
	w.status = status;
	if (attach(&w, &plain, &disk, SHORT_MS) == 0)
		leave.identity = disk.identity;
	if (detach(&w, &leave, SHORT_MS))
		assert_int_equal(detach(&w, &leave, LONG_MS), 0);
	is_over = w.commands < at;
	assert_int_equal(count_mappings(&w), 0);
	return is_over;
}

TEST(whatever_fails_nothing_is_left)
{
	for (int kind = 0; kind < 6; kind++) {
		static const int statuses[] = {0, 1, EBUSY};
		int at = 1;

		while (!sweep_once(at, kind % 2, statuses[kind / 2]))
			at++;
		assert_true(at > 5); /* two questions, a map, a flush, an unmap */
	}
}
