/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * LVM's tools, and what they report about one logical volume.
 *
 * What tenants write into their volumes is never looked at: with scan_lvs off LVM does not take a
 * logical volume for a physical one, whatever its first bytes say.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "backend/lvm/priv.h"
#include "base/str.h"
#include "json/json.h"

#define CONFIG "devices/scan_lvs=0 global/notify_dbus=0"

enum { WORDS_MAX = 32 };

static bool says_full(const char *text)
{
	return strstr(text, "nsufficient free space") || strstr(text, "reached threshold");
}

int lvm_run(const char *const *words, RunResult *ret, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const char *argv[WORDS_MAX] = {"lvm", words[0], "--config", CONFIG};
	const RunSpec spec = {.argv = argv, .timeout_ms = LVM_COMMAND_MS};
	size_t n = 4;
	int r;

	for (size_t i = 1; words[i]; i++) {
		assert(n + 1 < WORDS_MAX);
		argv[n++] = words[i];
	}
	r = run_command(&spec, &result, f);
	if (r)
		return r;
	if (result.status && says_full(result.err))
		return BACKEND_FULL;
	if (result.status)
		return fault(f, -EIO, "lvm %s: exit %d: %s", words[0], result.status, result.err);
	if (ret) {
		*ret = result;
		result = (RunResult){0};
	}
	return 0;
}

int lvm_report(const char *const *words, const char *kind, const char *const *fields, size_t count,
	       Arena *arena, const char **ret, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const char *rows = arena_printf(arena, "report.0.%s", kind);
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	int64_t there;
	int r;

	r = lvm_run(words, &result, f);
	if (r)
		return fault_unexpected(f, r);
	if (json_parse(arena, result.out, result.out_length, &doc, NULL))
		return fault(f, -EBADMSG, "lvm %s: what it printed is no JSON", words[0]);
	there = json_get_count(doc, rows);
	if (there < 0 || there > 1)
		return fault(f, -EBADMSG, "lvm %s: a report with %lld rows", words[0],
			     (long long)there);
	for (size_t i = 0; i < count; i++) {
		const char *path = arena_printf(arena, "%s.0.%s", rows, fields[i]);

		ret[i] = there ? json_get_text(arena, doc, path) : NULL;
		if (there && !ret[i])
			return fault(f, -EBADMSG, "lvm %s: a report without %s", words[0],
				     fields[i]);
	}
	return 0;
}

Lv lv_named(const Lvm *lvm, const char *prefix, const char *id)
{
	Lv lv = {0};

	(void)snprintf(lv.name, sizeof(lv.name), "%s%s", prefix, id);           /* fits: an id */
	(void)snprintf(lv.full, sizeof(lv.full), "%s/%s", lvm->group, lv.name); /* as at open */
	(void)snprintf(lv.path, sizeof(lv.path), "/dev/%s", lv.full);
	return lv;
}

Lv lv_volume(const Lvm *lvm, const Volume *volume)
{
	return lv_named(lvm, "volume-", volume->id);
}

/* LVM keeps names that begin with "snapshot" for itself. */
Lv lv_snapshot(const Lvm *lvm, const Snapshot *snapshot)
{
	return lv_named(lvm, "snap-", snapshot->id);
}

/* Whether one of the tags, which commas separate, is `tag` or begins with it and a number. */
static bool find_tag(const char *tags, const char *tag, int64_t *ret_number)
{
	size_t length = strlen(tag);

	for (; tags; tags = str_empty(tags) ? NULL : strchr(tags, ',')) {
		const char *end;

		tags += *tags == ',';
		end = strchrnul(tags, ',');
		if (strncmp(tags, tag, length) != 0)
			continue;
		if (!ret_number && end == tags + length)
			return true;
		if (ret_number && end > tags + length) {
			*ret_number = strtoll(tags + length, NULL, 10);
			return true;
		}
	}
	return false;
}

/* What lv_look() asks for. */
enum { FIELD_SIZE, FIELD_TAGS, FIELD_POOL, FIELD_ACTIVE, FIELD_OPEN, _FIELD_MAX };
static const char *const fields[] = {
	[FIELD_SIZE] = "lv_size",     [FIELD_TAGS] = "lv_tags",        [FIELD_POOL] = "pool_lv",
	[FIELD_ACTIVE] = "lv_active", [FIELD_OPEN] = "lv_device_open",
};

static int lv_fill(const Lvm *lvm, Lv *lv, const char *const *values, Fault *f)
{
	lv->there = values[FIELD_SIZE] != NULL;
	if (!lv->there)
		return 0;
	if (!find_tag(values[FIELD_TAGS], TAG, NULL))
		return fault(f, -EPERM, "logical volume %s was not made by this service", lv->full);
	if (!str_eq(values[FIELD_POOL], lvm->pool ? lvm->pool : ""))
		return fault(f, -EPERM, "logical volume %s is in pool \"%s\"", lv->full,
			     values[FIELD_POOL]);
	if (!str_parse_i64(values[FIELD_SIZE], &lv->size_bytes))
		return fault(f, -EBADMSG, "logical volume %s is %s bytes long", lv->full,
			     values[FIELD_SIZE]);
	lv->draft = find_tag(values[FIELD_TAGS], TAG_DRAFT, NULL);
	lv->zeroing = find_tag(values[FIELD_TAGS], TAG_ZERO, &lv->zero_from);
	lv->active = str_eq(values[FIELD_ACTIVE], "active");
	lv->open = str_eq(values[FIELD_OPEN], "open");
	return 0;
}

int lv_look(const Lvm *lvm, Lv *lv, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *values[_FIELD_MAX];
	const char *which = arena_printf(arena, "lv_name=%s", lv->name);
	int r;

	r = lvm_report(RUN_ARGV("lvs", "--reportformat", "json", "--units", "b", "--nosuffix",
				"--options", "lv_size,lv_tags,pool_lv,lv_active,lv_device_open",
				"--select", which, lvm->group),
		       "lv", fields, _FIELD_MAX, arena, values, f);
	return r ? r : lv_fill(lvm, lv, values, f);
}

int lv_activate(Lv *lv, Fault *f)
{
	int r;

	if (lv->active)
		return 0;
	r = LVM(f, "lvchange", "--activate", "y", "--ignoreactivationskip", lv->full);
	if (r)
		return fault_unexpected(f, r);
	lv->active = true;
	return 0;
}

/* Rules of udev look into a device that somebody has just closed, and are done in a moment. */
static void let_udev_end(void)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("udevadm", "settle", "--timeout=5"),
		.timeout_ms = LVM_COMMAND_MS,
	};
	RunResult result = {0};

	if (run_command(&spec, &result, NULL) == 0) /* the next look counts */
		run_result_done(&result);
}

int lv_deactivate(const Lvm *lvm, Lv *lv, Fault *f)
{
	int r = lv_look(lvm, lv, f);

	if (!r && lv->active && lv->open) {
		let_udev_end();
		r = lv_look(lvm, lv, f);
	}
	if (r || !lv->active || lv->open)
		return r;
	r = LVM(f, "lvchange", "--activate", "n", lv->full);
	if (r)
		return fault_unexpected(f, r);
	lv->active = false;
	return 0;
}

int lv_open(const Lv *lv, int flags, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd = open(lv->path, flags | O_CLOEXEC);
	struct stat st;
	uint64_t bytes = 0;

	if (fd < 0 || fstat(fd, &st))
		return fault(f, -errno, "open %s: %s", lv->path, strerror(errno));
	if (!S_ISBLK(st.st_mode))
		return fault(f, -EMEDIUMTYPE, "%s is no block device", lv->path);
	if (ioctl(fd, BLKGETSIZE64, &bytes))
		return fault(f, -errno, "size of %s: %s", lv->path, strerror(errno));
	if ((int64_t)bytes != lv->size_bytes)
		return fault(f, -EMEDIUMTYPE, "%s has %llu bytes, its record says %lld", lv->path,
			     (unsigned long long)bytes, (long long)lv->size_bytes);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int lv_remove(Lv *lv, Fault *f)
{
	int r;

	if (!lv->there)
		return 0;
	r = LVM(f, "lvremove", "--yes", lv->full);
	if (r)
		return fault_unexpected(f, r);
	lv->there = lv->active = lv->draft = lv->zeroing = false;
	return 0;
}

int lv_untag(const Lv *lv, const char *tag, Fault *f)
{
	return fault_unexpected(f, LVM(f, "lvchange", "--deltag", tag, lv->full));
}
