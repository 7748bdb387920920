/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Records as JSON files, one each, named by their ids. Members are stored by name; those that have
 * no value are left out.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/durable.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "local/priv.h"
#include "json/out.h"

enum {
	FORMAT = 1,                  /* of what this release writes */
	NAME_BYTES = UUID_TEXT + 12, /* "ID.json.tmp" */
};

/* Held together by those who write new records, and alone by who removes what they lost. */
static const char DRAFTS_LOCK[] = "drafts of records";

static const char *const state_names[] = {
	[LOCAL_RESERVING] = "reserving", [LOCAL_CONNECTING] = "connecting",
	[LOCAL_CONNECTED] = "connected", [LOCAL_DISCONNECTING] = "disconnecting",
	[LOCAL_RELEASING] = "releasing",
};
static_assert(ARRAY_SIZE(state_names) == _LOCAL_STATE_MAX, "every state has a name");

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{"id", offsetof(LocalRecord, id)},
	{"boot_id", offsetof(LocalRecord, boot_id)},
	{"endpoint", offsetof(LocalRecord, endpoint)},
	{"volume_id", offsetof(LocalRecord, volume_id)},
	{"attachment_id", offsetof(LocalRecord, attachment_id)},
	{"connector", offsetof(LocalRecord, connector)},
	{"mode", offsetof(LocalRecord, mode)},
	{"type", offsetof(LocalRecord, type)},
	{"target", offsetof(LocalRecord, target)},
	{"info", offsetof(LocalRecord, info)},
	{"identity", offsetof(LocalRecord, identity)},
	{"mountpoint", offsetof(LocalRecord, mountpoint)},
	{"device", offsetof(LocalRecord, device)},
	{"last_error", offsetof(LocalRecord, last_error)},
};

const char *local_state_name(LocalState state)
{
	return enum_name(&ENUM_NAMES(state_names), (int)state);
}

static void record_name(const char *id, char out[static NAME_BYTES])
{
	(void)snprintf(out, NAME_BYTES, "%s.json", id);
}

int record_save(const Local *local, const LocalRecord *record, Fault *f)
{
	_cleanup_(json_out_done) JsonOut out = {0};
	_cleanup_(freep) char *text = NULL;
	char name[NAME_BYTES];
	size_t length;

	json_out_begin(&out, NULL);
	json_out_int(&out, "format", FORMAT);
	json_out_text(&out, "state", local_state_name(record->state));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *value;

		memcpy(&value, (const char *)record + texts[i].offset, sizeof(value));
		if (value)
			json_out_text(&out, texts[i].name, value);
	}
	json_out_int(&out, "size_bytes", record->size_bytes);
	json_out_int(&out, "since_us", record->since_us);
	json_out_bool(&out, "multipath", record->multipath);
	json_out_bool(&out, "enforce", record->enforce);
	json_out_bool(&out, "mountpoint_made", record->mountpoint_made);
	json_out_bool(&out, "unnamed", record->unnamed);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	record_name(record->id, name);
	return durable_write(local->records, name, text, f);
}

int record_move(const Local *local, LocalRecord *record, LocalState state, Fault *f)
{
	const LocalRecord before = *record;
	int r;

	record->state = state;
	record->since_us = clock_now_us();
	r = record_save(local, record, f);
	if (r)
		*record = before;
	return r;
}

int record_remove(const Local *local, const char *id, Fault *f)
{
	char name[NAME_BYTES];

	record_name(id, name);
	return durable_remove(local->records, name, f);
}

/* It may stand for a volume that is here: only who has looked can say that it does not. */
static int unusable(Fault *f, const char *name, const char *reason)
{
	return fault(
		f, -EBADMSG,
		"record %s: %s; once nothing of that volume is on this host, move the file away",
		name, reason);
}

static int record_decode(Arena *arena, const char *name, const char *text, LocalRecord **ret,
			 Fault *f)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	LocalRecord *record = ARENA_NEW(arena, LocalRecord);
	const char *reason = NULL;
	int state;

	if (json_parse(arena, text, strlen(text), &doc, &reason))
		return unusable(f, name, reason);
	if (json_get_int(doc, "format", 0) != FORMAT)
		return unusable(f, name, "of another release");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *value = json_get_text(arena, doc, texts[i].name);

		memcpy((char *)record + texts[i].offset, &value, sizeof(value));
	}
	state = enum_value(&ENUM_NAMES(state_names), json_get_text(arena, doc, "state"));
	if (state < 0 || !record->id || !record->volume_id ||
	    strncmp(name, record->id, strlen(record->id)) != 0)
		return unusable(f, name, "not whole");
	record->state = (LocalState)state;
	record->size_bytes = json_get_int(doc, "size_bytes", 0);
	record->since_us = json_get_int(doc, "since_us", 0);
	record->multipath = json_get_bool(doc, "multipath", false);
	record->enforce = json_get_bool(doc, "enforce", false);
	record->mountpoint_made = json_get_bool(doc, "mountpoint_made", false);
	record->unnamed = json_get_bool(doc, "unnamed", false);
	*ret = record;
	return 0;
}

static int by_age(const void *a, const void *b)
{
	const LocalRecord *x = *(LocalRecord *const *)a, *y = *(LocalRecord *const *)b;

	if (x->since_us != y->since_us)
		return x->since_us < y->since_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

static DIR *records_open(const Local *local)
{
	int fd = openat(local->records, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		(void)close(fd);
	return dir;
}

static int record_read(const Local *local, Arena *arena, const char *name, LocalRecord ***records,
		       size_t *count, Fault *f)
{
	_cleanup_(freep) char *text = NULL;
	LocalRecord *record;
	int r;

	r = durable_read(local->records, name, &text, f);
	if (r == DURABLE_NONE)
		return 0; /* forgotten since the directory was read */
	if (r == 0)
		r = record_decode(arena, name, text, &record, f);
	if (r)
		return fault_unexpected(f, r);
	*records = arena_grow(arena, *records, *count, sizeof(LocalRecord *));
	(*records)[(*count)++] = record;
	return 0;
}

int record_list(const Local *local, Arena *arena, LocalRecord ***ret, size_t *ret_count, Fault *f)
{
	DIR *dir = records_open(local);
	LocalRecord **records = NULL;
	size_t count = 0;
	int r = 0;

	if (!dir)
		return fault(f, -errno, "the records cannot be read: %s", strerror(errno));
	for (struct dirent *entry; r == 0 && (entry = readdir(dir));)
		if (str_ends(entry->d_name, ".json"))
			r = record_read(local, arena, entry->d_name, &records, &count, f);
	(void)closedir(dir); /* only read */
	if (r)
		return r;
	if (count > 1)
		qsort(records, count, sizeof(LocalRecord *), by_age);
	*ret = records;
	*ret_count = count;
	return 0;
}

static bool is_lost_draft(const Local *local, const char *name)
{
	char whole[NAME_BYTES];
	struct stat st;

	if (!str_ends(name, ".json.tmp") || strlen(name) >= sizeof(whole))
		return false;
	(void)snprintf(whole, sizeof(whole), "%.*s", (int)(strlen(name) - strlen(".tmp")), name);
	return fstatat(local->records, whole, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

int record_add(const Local *local, LocalRecord *record, int64_t deadline_ms, Fault *f)
{
	Lock lock;
	int r;

	r = lock_take(local, LOCK_TARGET_TOGETHER, DRAFTS_LOCK, deadline_ms, &lock, f);
	if (r)
		return r;
	r = record_move(local, record, LOCAL_RESERVING, f);
	lock_drop(local, LOCK_TARGET_TOGETHER, DRAFTS_LOCK, &lock);
	return r;
}

int record_sweep(const Local *local, Fault *f)
{
	DIR *dir;
	Lock lock;
	int r;

	r = lock_take(local, LOCK_TARGET_ALONE, DRAFTS_LOCK, clock_mono_ms(), &lock, f);
	if (r)
		return r == LOCAL_WORKING ? 0 : r; /* some record is just being made */
	dir = records_open(local);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (is_lost_draft(local, entry->d_name))
			(void)unlinkat(local->records, entry->d_name, 0); /* tried again later */
	if (dir)
		(void)closedir(dir);
	lock_drop(local, LOCK_TARGET_ALONE, DRAFTS_LOCK, &lock);
	return 0;
}
