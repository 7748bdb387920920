/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See holders.h. A record is a file NAME.json; the lock on the directory goes with the process.
 */
#include "plugin/holders.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/durable.h"
#include "base/mem.h"
#include "base/str.h"
#include "json/out.h"

enum { FORMAT = 1, BOOT_ID_BYTES = 64 };

static const char SUFFIX[] = ".json";

struct Holders {
	int dir; /* locked */
	char boot_id[BOOT_ID_BYTES];
};

static int read_boot_id(char out[static BOOT_ID_BYTES], Fault *f)
{
	_cleanup_(closep) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, BOOT_ID_BYTES - 1);

	if (n <= 0)
		return fault(f, -EIO, "the kernel does not name this boot");
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

int holders_open(const char *directory, Holders **ret, Fault *f)
{
	_cleanup_(holders_closep) Holders *holders = NEW(Holders);
	int r;

	holders->dir = -1;
	r = durable_directory(directory, 0700, f);
	if (r == 0)
		r = read_boot_id(holders->boot_id, f);
	if (r)
		return r;
	holders->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (holders->dir < 0)
		return fault(f, -errno, "open %s: %s", directory, strerror(errno));
	if (flock(holders->dir, LOCK_EX | LOCK_NB) < 0)
		return fault(f, -errno, "%s: another plugin works there", directory);
	*ret = TAKE(holders);
	return 0;
}

Holders *holders_close(Holders *holders)
{
	if (!holders)
		return NULL;
	closep(&holders->dir);
	free(holders);
	return NULL;
}

static const char *file_of(Arena *arena, const char *name)
{
	return arena_printf(arena, "%s%s", name, SUFFIX);
}

static void read_unheard(Arena *arena, const JsonDoc *doc, const Record *record)
{
	int64_t count = json_get_count(doc, "unheard");

	for (int i = 0; i < count; i++) {
		const char *row = arena_printf(arena, "unheard.%d", i);
		Holder *holder = holders_find(
			record, json_get_text(arena, doc, arena_printf(arena, "%s.id", row)));

		if (holder)
			holder->unheard_ms =
				json_get_int(doc, arena_printf(arena, "%s.mounted_ms", row), 0);
	}
}

static int record_decode(const Holders *holders, Arena *arena, const char *text, Record *ret,
			 Fault *f)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *reason = "of another release";
	int64_t count;

	if (json_parse(arena, text, strlen(text), &doc, &reason) ||
	    json_get_int(doc, "format", 0) != FORMAT)
		return fault(f, -EBADMSG, "record of %s: %s", ret->name, reason);
	ret->volume_id = json_get_text(arena, doc, "volume_id");
	count = json_get_count(doc, "holders");
	if (!ret->volume_id || count < 0)
		return fault(f, -EBADMSG, "record of %s: not whole", ret->name);
	if (!str_eq(json_get_text(arena, doc, "boot_id"), holders->boot_id))
		return 0;
	for (int i = 0; i < count; i++)
		holders_add(arena, ret,
			    json_get_text(arena, doc, arena_printf(arena, "holders.%d", i)));
	read_unheard(arena, doc, ret);
	return 0;
}

int holders_load(const Holders *holders, Arena *arena, const char *name, Record *ret, Fault *f)
{
	_cleanup_(freep) char *text = NULL;
	Record record = {.name = name};
	int r = durable_read(holders->dir, file_of(arena, name), &text, f);

	if (r)
		return r == DURABLE_NONE ? HOLDERS_NONE : r;
	r = record_decode(holders, arena, text, &record, f);
	if (r)
		return r;
	*ret = record;
	return 0;
}

int holders_save(const Holders *holders, const Record *record, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_out_done) JsonOut out = {0};
	_cleanup_(freep) char *text = NULL;
	size_t length;

	json_out_begin(&out, NULL);
	json_out_int(&out, "format", FORMAT);
	json_out_text(&out, "volume_id", record->volume_id);
	json_out_text(&out, "boot_id", holders->boot_id);
	json_out_list_begin(&out, "holders");
	for (size_t i = 0; i < record->count; i++)
		json_out_text(&out, NULL, record->holders[i].id);
	json_out_list_end(&out);
	json_out_list_begin(&out, "unheard");
	for (size_t i = 0; i < record->count; i++) {
		if (!record->holders[i].unheard_ms)
			continue;
		json_out_begin(&out, NULL);
		json_out_text(&out, "id", record->holders[i].id);
		json_out_int(&out, "mounted_ms", record->holders[i].unheard_ms);
		json_out_end(&out);
	}
	json_out_list_end(&out);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	return durable_write(holders->dir, file_of(arena, record->name), text, f);
}

int holders_forget(const Holders *holders, const char *name, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	return durable_remove(holders->dir, file_of(arena, name), f);
}

int holders_names(const Holders *holders, Arena *arena, const char ***ret, size_t *ret_count,
		  Fault *f)
{
	int fd = openat(holders->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const char **names = NULL;
	size_t count = 0;

	if (!dir) {
		closep(&fd);
		return fault(f, -errno, "the records cannot be read: %s", strerror(errno));
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (!str_ends(entry->d_name, SUFFIX))
			continue;
		names = arena_grow(arena, names, count, sizeof(*names));
		names[count++] =
			arena_strndup(arena, entry->d_name, strlen(entry->d_name) - strlen(SUFFIX));
	}
	(void)closedir(dir); /* only read */
	*ret = names;
	*ret_count = count;
	return 0;
}

/* --- one record --- */

Holder *holders_find(const Record *record, const char *id)
{
	for (size_t i = 0; i < record->count; i++)
		if (str_eq(record->holders[i].id, id))
			return &record->holders[i];
	return NULL;
}

void holders_add(Arena *arena, Record *record, const char *id)
{
	if (!id || holders_find(record, id))
		return;
	record->holders =
		arena_grow(arena, record->holders, record->count, sizeof(*record->holders));
	record->holders[record->count++] = (Holder){.id = id};
}

void holders_drop(Record *record, const char *id)
{
	Holder *holder = holders_find(record, id);

	if (holder)
		*holder = record->holders[--record->count];
}
