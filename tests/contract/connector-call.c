/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One call of a connector on this machine, for scripts of tests; the driver_volume_type in the file
 * says of which:
 *
 *     connector-call attach|find|detach|extend INFO-FILE [KEY=VALUE...] [WORD...]
 *
 * KEY: identity, size, seconds. WORD: multipath, enforce, readonly, force, made, keep. attach is
 * what a caller does: it joins, connects, and disconnects after a failure. Prints KEY=VALUE lines
 * of what was found. Exit status: 0; 1 a fault; 2 wrong usage; otherwise 10 + the outcome's number.
 */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "connector/fc/fc.h"
#include "connector/iscsi/iscsi.h"
#include "connector/nfs/nfs.h"
#include "connector/nvme/nvme.h"
#include "connector/rbd/rbd.h"
#include "host/host.h"
#include "json/json.h"

enum { FIRST_EXIT = 10, DEFAULT_SECONDS = 120, INFO_MAX = 65536 };

static const ConnectorDriver *const drivers[] = {
	&connector_fc, &connector_iscsi, &connector_nfs, &connector_nvme, &connector_rbd, NULL,
};

typedef struct Wanted {
	const ConnectorDriver *driver;
	ConnectorWish wish;
	ConnectorLeave leave;
	int64_t seconds;
} Wanted;

static bool read_word(Wanted *wanted, const char *word)
{
	const struct {
		const char *name;
		bool *place;
	} words[] = {
		{"multipath", &wanted->wish.multipath}, {"enforce", &wanted->wish.enforce},
		{"readonly", &wanted->wish.readonly},   {"force", &wanted->leave.force},
		{"made", &wanted->leave.made},          {"keep", &wanted->leave.keep},
	};
	const char *identity = str_after(word, "identity=");
	const char *size = str_after(word, "size=");
	const char *seconds = str_after(word, "seconds=");

	if (identity)
		wanted->wish.identity = wanted->leave.identity = identity;
	if (identity)
		return true;
	if (size)
		return str_parse_i64(size, &wanted->wish.size_bytes);
	if (seconds)
		return str_parse_i64(seconds, &wanted->seconds);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!str_eq(words[i].name, word))
			continue;
		*words[i].place = true;
		return true;
	}
	return false;
}

static int read_info(const char *path, char text[static INFO_MAX])
{
	FILE *file = fopen(path, "re");
	size_t length;

	if (!file)
		return -1;
	length = fread(text, 1, INFO_MAX - 1, file);
	text[length] = '\0';
	(void)fclose(file); /* only read */
	return 0;
}

static const ConnectorDriver *find_driver(Arena *arena, const char *text)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	if (json_parse(arena, text, strlen(text), &doc, NULL))
		return NULL;
	return connector_for(drivers, json_get_text(arena, doc, "driver_volume_type"));
}

static void print_disk(const ConnectorDisk *disk)
{
	printf("path=%s\nidentity=%s\nmultipath=%s\nsize=%jd\npaths=%u\ndegraded=%d\n", disk->path,
	       disk->identity, disk->multipath_id ? disk->multipath_id : "",
	       (intmax_t)disk->size_bytes, disk->paths, disk->degraded);
}

static int attach(ConnectorCall *call, const void *info, Wanted *wanted, Fault *f)
{
	ConnectorLeave leave = {0};
	ConnectorDisk disk;
	bool shared = false;
	const char *why;
	Fault undone = {0};
	int r = connector_shared(wanted->driver, call, info, &shared, f);

	if (r)
		return r;
	r = connector_join(wanted->driver, call, info, &wanted->wish, f);
	if (r == 0)
		r = connector_connect(wanted->driver, call, info, &wanted->wish, &disk, f);
	if (r == 0) {
		print_disk(&disk);
		printf("made=%d\n", !shared);
		return 0;
	}
	why = call->why;
	leave.made = !shared;
	call->deadline_ms = clock_mono_ms() + wanted->seconds * 1000;
	if (connector_disconnect(wanted->driver, call, info, &leave, &undone))
		printf("undo: %s\n", undone.code ? undone.text : call->why);
	call->why = why;
	return r;
}

static int act(ConnectorCall *call, const char *verb, const void *info, Wanted *wanted, Fault *f)
{
	ConnectorDisk disk;
	int64_t size = 0;
	int r;

	if (str_eq(verb, "attach"))
		return attach(call, info, wanted, f);
	if (str_eq(verb, "detach")) {
		r = connector_disconnect(wanted->driver, call, info, &wanted->leave, f);
		if (r == 0 && call->why)
			printf("why=%s\n", call->why);
		return r;
	}
	if (str_eq(verb, "extend")) {
		r = connector_extend(wanted->driver, call, info, wanted->wish.identity,
				     wanted->wish.size_bytes, &size, f);
		if (r == 0)
			printf("size=%jd\n", (intmax_t)size);
		return r;
	}
	r = connector_find(wanted->driver, call, info, wanted->wish.identity, &disk, f);
	if (r == 0)
		print_disk(&disk);
	return r;
}

int main(int argc, char **argv)
{
	static char text[INFO_MAX];
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Host host = {.root = ""};
	Wanted wanted = {.seconds = DEFAULT_SECONDS};
	ConnectorCall call = {.host = &host, .arena = arena, .mount_dir = "/run/cleat"};
	Fault f = {0};
	void *info;
	int r;

	for (int i = 3; i < argc; i++)
		if (!read_word(&wanted, argv[i]))
			return 2;
	if (argc < 3 || read_info(argv[2], text))
		return 2;
	call.deadline_ms = clock_mono_ms() + wanted.seconds * 1000;
	wanted.driver = find_driver(arena, text);
	if (!wanted.driver)
		return 2;
	r = connector_parse(wanted.driver, &call, text, &info, &f);
	if (r == 0)
		r = act(&call, argv[1], info, &wanted, &f);
	if (r)
		printf("error=%s\n", r < 0 ? f.text : call.why);
	if (r < 0)
		return 1;
	return r ? FIRST_EXIT + r - CONNECTOR_BAD_INFO : 0;
}
