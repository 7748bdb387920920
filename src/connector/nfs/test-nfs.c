/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files on a server, seen from a host in a tree of files. Holds H-10 (a flush that fails), H-12
 * (the size), H-15 (a mount that silently failed), H-16 (the format is what is said), H-17
 * (read-only), H-22 and H-40 (mounts that others use, and none that is left), H-33 (children look),
 * H-43 (a failure that was none), H-44 (twice is once); and a sweep: whatever fails, nothing stays.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/nfs/nfs.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define EXPORT "192.0.2.31:/vol1"
#define INFO(more) "{\"export\": \"" EXPORT "\", \"name\": \"a\"" more "}"
/* The digest of the export's name. */
#define PLACE "/mnt/" DIGEST
#define DIGEST "4b0795afa9da2232cd17ced49dd600ff"

enum { MIB = 1024 * 1024, LONG_MS = 60 * 1000, SHORT_MS = 50 };

typedef struct World {
	Tree *tree;
	const char *silent; /* what gets mounted instead, "" for nothing */
	const char *mode;   /* of the file, as stat(1) tells it */
	bool is_gone;       /* the file */
	bool is_busy;       /* the mount */
	int commands;
	int spoil_at; /* which of them, from 1; 0 for none */
	bool is_late; /* it does its work, and fails */
	bool is_hung; /* it does not end in time */
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

static const char *inside(World *w, const char *path)
{
	const char *rest = str_after(path, w->tree->root);

	return rest ? rest : path;
}

static const char *mounts(World *w)
{
	const char *list = host_peek(&w->tree->host, w->tree->arena, "/proc/self/mountinfo");

	return list ? list : "";
}

static void put_mount(World *w, const char *type, const char *source, const char *target)
{
	tree_file(w->tree, "/proc/self/mountinfo",
		  text(w, "%s%s36 25 0:50 / %s rw,nosuid - %s %s rw\n", mounts(w),
		       *mounts(w) ? "\n" : "", target, type, source));
}

static void drop_mount(World *w, const char *target)
{
	_cleanup_(buf_done) Buf kept = {0};

	for (const char *line = mounts(w); *line; line += strspn(line, "\n")) {
		size_t length = strcspn(line, "\n");

		if (!strstr(arena_strndup(w->tree->arena, line, length),
			    text(w, " %s rw,", target)))
			buf_printf(&kept, "%.*s\n", (int)length, line);
		line += length;
	}
	tree_file(w->tree, "/proc/self/mountinfo", buf_text(&kept));
}

/* What a command does; its exit status. */
static int act(World *w, const RunSpec *spec, const char **ret_out, const char **ret_err)
{
	const char *first = spec->argv[0], *before = NULL, *last = NULL;

	for (const char *const *word = spec->argv; *word; word++) {
		before = last;
		last = *word;
	}
	last = inside(w, last);
	if (str_eq(first, "mount") && !w->silent)
		put_mount(w, "nfs4", before, last);
	else if (str_eq(first, "mount") && *w->silent)
		put_mount(w, "nfs4", w->silent, last);
	*ret_err = "umount: target is busy.\n";
	if (str_eq(first, "umount") && w->is_busy && !str_eq(spec->argv[1], "--lazy"))
		return 32;
	if (str_eq(first, "umount"))
		drop_mount(w, last);
	if (str_eq(first, "stat") && w->is_gone)
		return 1;
	if (str_eq(first, "stat"))
		*ret_out = text(w, "%s:%d\n", w->mode, 8 * MIB);
	if (str_eq(first, "od"))
		*ret_out = "  81  70  73 251   0   0   0   3   0   0   0   0   0   0   0   0\n"
			   "   0   0   0   0   0   0   0  16   0   0   0   0   0  64   0   0\n";
	return 0;
}

static int answer(void *ctx, const RunSpec *spec, RunResult *ret, Fault *f)
{
	World *w = ctx;
	bool is_spoilt = ++w->commands == w->spoil_at;
	const char *out = "", *err = "";
	int status = 0;

	for (const char *const *word = spec->argv; *word; word++)
		buf_printf(&w->log, "%s%s", word == spec->argv ? "" : " ", inside(w, *word));
	buf_add(&w->log, "\n");
	if (!is_spoilt || w->is_late)
		status = act(w, spec, &out, &err);
	if (is_spoilt && w->is_hung)
		return fault(f, -ETIMEDOUT, "%s did not end in time", spec->argv[0]);
	ret->status = is_spoilt ? 1 : status;
	ret->out = mem_strdup(out);
	ret->out_length = strlen(out);
	ret->err = mem_strdup(ret->status ? err : "");
	ret->err_length = strlen(ret->err);
	return 0;
}

static void begin(World *w)
{
	*w = (World){.tree = tree_new(), .mode = "81a4"};
	tree_file(w->tree, "/usr/sbin/mount.nfs", "");
	assert_int_equal(chmod(tree_place(w->tree, "/usr/sbin/mount.nfs"), 0755), 0);
	tree_file(w->tree, "/proc/self/mountinfo", "");
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

static const void *info_of(World *w, const char *json)
{
	void *info = NULL;

	assert_int_equal(connector_parse(&connector_nfs, call_for(w, 0), json, &info, &w->fault),
			 0);
	return info;
}

static int attach(World *w, const void *info, const ConnectorWish *wish, ConnectorDisk *disk)
{
	int r = connector_join(&connector_nfs, call_for(w, LONG_MS), info, wish, &w->fault);

	return r ? r : connector_connect(&connector_nfs, &w->call, info, wish, disk, &w->fault);
}

static int detach(World *w, const void *info, const ConnectorLeave *leave)
{
	return connector_disconnect(&connector_nfs, call_for(w, LONG_MS), info, leave, &w->fault);
}

static const char *commands(World *w)
{
	const char *out = arena_strdup(w->tree->arena, buf_text(&w->log));

	buf_done(&w->log);
	return out;
}

static void assert_nothing_mounted(World *w)
{
	const char **left;
	size_t count;

	assert_string_equal(mounts(w), "");
	assert_int_equal(
		host_glob(&w->tree->host, w->tree->arena, "/mnt/*", &left, &count, &w->fault), 0);
	assert_int_equal(count, 0);
}

static const ConnectorWish plain = {.size_bytes = 8 * MIB};
static const ConnectorWish readonly = {.readonly = true};
static const ConnectorLeave leave_a = {.identity = "nfs:" EXPORT "/a", .made = true};

TEST(a_file_comes_and_goes_with_its_mount)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;

	begin(&w);
	info = info_of(&w, INFO(", \"options\": \"-o timeo=600\""));
	assert_int_equal(attach(&w, info, &plain, &disk), 0);
	assert_string_equal(
		commands(&w),
		"mount -t nfs -o nosuid,nodev,noexec,hard,retry=0,timeo=600,vers=4.2 -- " EXPORT
		" " PLACE "\n"
		"stat --cached=never --format=%f:%s -- " PLACE "/a\n");
	assert_string_equal(disk.path, PLACE "/a");
	assert_string_equal(disk.identity, "nfs:" EXPORT "/a");
	assert_string_equal(disk.format, "raw");
	assert_int_equal(disk.size_bytes, 8 * MIB);
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_null(w.call.why);
	assert_nothing_mounted(&w);
}

TEST(h15_what_is_not_mounted_is_not_used)
{
	static const char *const instead[] = {"", "192.0.2.31:/vol2"};

	for (size_t i = 0; i < ARRAY_SIZE(instead); i++) {
		_cleanup_(done) World w;
		const void *info;
		ConnectorDisk disk;

		begin(&w);
		w.silent = instead[i];
		info = info_of(&w, INFO(""));
		assert_int_equal(attach(&w, info, &plain, &disk), CONNECTOR_NO_PATH);
		assert_null(strstr(commands(&w), "stat"));
		assert_true(connector_connect(&connector_nfs, call_for(&w, LONG_MS), info, &plain,
					      &disk, &w.fault) > 0);
	}
}

TEST(h16_the_format_is_what_is_said)
{
	_cleanup_(done) World w;
	ConnectorDisk disk;

	begin(&w);
	assert_int_equal(attach(&w, info_of(&w, INFO("")), &plain, &disk), 0);
	assert_null(strstr(commands(&w), "od "));
	assert_int_equal(attach(&w, info_of(&w, INFO(", \"format\": \"qcow2\"")),
				&(ConnectorWish){.size_bytes = 4 * MIB}, &disk),
			 0);
	assert_string_equal(disk.format, "qcow2");
	assert_int_equal(disk.size_bytes, 4 * MIB);
}

TEST(h17_read_only_is_a_mount_of_its_own)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;

	begin(&w);
	info = info_of(&w, INFO(", \"access_mode\": \"ro\""));
	assert_int_equal(attach(&w, info, &plain, &disk), 0);
	assert_int_equal(attach(&w, info, &readonly, &disk), 0);
	assert_non_null(strstr(commands(&w), "retry=0,ro,vers=4.2"));
	assert_string_equal(disk.path, PLACE "-ro/a");
	assert_int_equal(detach(&w, info, &leave_a), 0); /* of the last attachment: both go */
	assert_nothing_mounted(&w);
}

TEST(h22_a_mount_that_others_use_stays)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;

	begin(&w);
	info = info_of(&w, INFO(""));
	assert_int_equal(attach(&w, info, &plain, &disk), 0);
	assert_int_equal(
		detach(&w, info,
		       &(ConnectorLeave){.identity = disk.identity, .made = true, .keep = true}),
		0);
	assert_string_not_equal(mounts(&w), "");
	w.is_busy = true;
	assert_int_equal(detach(&w, info, &leave_a), CONNECTOR_BUSY);
	assert_string_not_equal(mounts(&w), "");
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.made = true, .force = true}), 0);
	assert_nothing_mounted(&w);
	/* What somebody else mounted there is none of ours. */
	put_mount(&w, "ext4", "/dev/sda", PLACE);
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_string_not_equal(mounts(&w), "");
}

TEST(h10_a_flush_that_fails_changes_nothing)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;

	begin(&w);
	info = info_of(&w, INFO(""));
	assert_int_equal(attach(&w, info, &plain, &disk), 0);
	w.spoil_at = w.commands + 2; /* a look at the file, and the flush */
	assert_int_equal(detach(&w, info, &leave_a), CONNECTOR_UNFLUSHED);
	assert_string_not_equal(mounts(&w), "");
	w.spoil_at = w.commands + 2;
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.made = true, .force = true}), 0);
	assert_non_null(strstr(w.call.why, "may be lost"));
	assert_nothing_mounted(&w);
}

TEST(h33_a_server_that_does_not_answer_ends_at_a_limit)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;

	begin(&w);
	info = info_of(&w, INFO(""));
	assert_int_equal(attach(&w, info, &plain, &disk), 0);
	w.is_hung = true;
	w.spoil_at = w.commands + 1;
	assert_int_equal(detach(&w, info, &leave_a), CONNECTOR_UNFLUSHED);
	assert_non_null(strstr(w.call.why, "does not answer"));
	w.spoil_at = w.commands + 1;
	assert_int_equal(attach(&w, info, &plain, &disk), CONNECTOR_NO_PATH);
}

TEST(h12_a_size_is_the_servers)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;
	int64_t bytes = 0;

	begin(&w);
	info = info_of(&w, INFO(""));
	assert_int_equal(attach(&w, info, &(ConnectorWish){.size_bytes = 1}, &disk),
			 CONNECTOR_WRONG_DISK);
	assert_int_equal(connector_extend(&connector_nfs, call_for(&w, LONG_MS), info, NULL,
					  9 * MIB, &bytes, &w.fault),
			 CONNECTOR_NOT_GROWN);
	assert_int_equal(connector_extend(&connector_nfs, call_for(&w, LONG_MS), info, NULL,
					  8 * MIB, &bytes, &w.fault),
			 0);
	assert_int_equal(bytes, 8 * MIB);
}

TEST(what_is_no_file_is_refused)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;

	begin(&w);
	info = info_of(&w, INFO(""));
	w.mode = "a1ff"; /* a symbolic link */
	assert_int_equal(attach(&w, info, &plain, &disk), CONNECTOR_WRONG_DISK);
	w.is_gone = true;
	assert_int_equal(attach(&w, info, &plain, &disk), CONNECTOR_NO_DISK);
	assert_int_equal(detach(&w, info, &(ConnectorLeave){.made = true}), 0);
	assert_nothing_mounted(&w);
	tree_remove(w.tree, "/usr/sbin/mount.nfs");
	assert_int_equal(attach(&w, info, &plain, &disk), CONNECTOR_NO_TRANSPORT);
}

TEST(h44_twice_is_once)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;

	begin(&w);
	info = info_of(&w, INFO(""));
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_int_equal(attach(&w, info, &plain, &disk), 0);
	(void)commands(&w);
	assert_int_equal(attach(&w, info, &plain, &disk), 0);
	assert_null(strstr(commands(&w), "mount "));
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_int_equal(detach(&w, info, &leave_a), 0);
	assert_nothing_mounted(&w);
}

/* One attachment with a fault at the n-th command; then it is taken back as callers do it. */
static bool sweep_once(int at, bool is_late, bool is_hung)
{
	_cleanup_(done) World w;
	const void *info;
	ConnectorDisk disk;
	bool is_over;

	begin(&w);
	w.spoil_at = at;
	w.is_late = is_late; /* H-43: it may have mounted all the same */
	w.is_hung = is_hung;
	info = info_of(&w, INFO(""));
	(void)attach(&w, info, &plain, &disk); /* however it ends */
	if (detach(&w, info, &leave_a))
		assert_int_equal(detach(&w, info, &leave_a), 0);
	is_over = w.commands < at;
	assert_nothing_mounted(&w);
	return is_over;
}

TEST(h43_whatever_fails_nothing_stays)
{
	for (int kind = 0; kind < 4; kind++) {
		int at = 1;

		while (!sweep_once(at, kind % 2, kind / 2))
			at++;
		assert_true(at > 5); /* a mount, two looks, a flush, an unmount */
	}
}
