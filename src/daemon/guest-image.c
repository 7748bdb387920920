/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Registers "tiny" (and, for a guest that boots, "tiny-kernel" and "tiny-ramdisk"), by the same use
 * cases that an upload goes through. The system itself comes last, so that an interrupted first
 * start is taken up again: its name says that all is there.
 *
 * The guest is looked for in --guest-image, in $CLEAT_GUEST_IMAGE, beside the build tree that this
 * program runs from, and in /usr/share/cleat/guest. The fake hypervisor boots nothing: it gets the
 * empty disk unless a directory was named.
 */
#include "daemon/guest-image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "base/clock.h"
#include "base/log.h"
#include "records/tables.h"
#include "service/image.h"

enum { CHUNK_BYTES = 256 * 1024, EMPTY_DISK_BYTES = 1024 * 1024 };

#define IMAGE_NAME "tiny"

/* One upload in three transactions, as clients do it. */
typedef struct Upload {
	Daemon *daemon;
	Arena *arena;
	const Caller *caller;
	ImageWish wish;
	const char *path; /* NULL: an empty disk */
	Image *image;
	DepotFacts facts;
} Upload;

static Work upload_work(const Upload *upload, Tx *tx)
{
	return (Work){
		.tx = tx,
		.arena = upload->arena,
		.caller = upload->caller,
		.settings = daemon_settings(upload->daemon),
		.now_us = clock_now_us(),
	};
}

static int create_row(Tx *tx, void *ctx, Fault *f)
{
	Upload *upload = ctx;
	Work work = upload_work(upload, tx);
	int r = service_create_image(&work, &upload->wish, &upload->image, f);

	if (r == 0)
		r = service_claim_image(&work, upload->image->id, &upload->image, f);
	return fault_unexpected(f, r);
}

static int fill_row(Tx *tx, void *ctx, Fault *f)
{
	Upload *upload = ctx;
	Work work = upload_work(upload, tx);

	return fault_unexpected(f, service_fill_image(&work, upload->image->id, &upload->facts, f));
}

static int copy_file(Depot *depot, DepotUpload *to, const char *path, Arena *arena, Fault *f)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *chunk = arena_alloc(arena, CHUNK_BYTES);

	if (fd < 0)
		return fault(f, -errno, "open %s: %s", path, strerror(errno));
	for (;;) {
		ssize_t n = read(fd, chunk, CHUNK_BYTES);
		int r;

		if (n < 0)
			return fault(f, -errno, "read %s: %s", path, strerror(errno));
		if (n == 0)
			return 0;
		r = depot_write(depot, to, chunk, (size_t)n, f);
		if (r)
			return fault_unexpected(f, r);
	}
}

static int copy_nothing(Depot *depot, DepotUpload *to, Arena *arena, Fault *f)
{
	const char *zeros = arena_alloc(arena, CHUNK_BYTES);

	for (size_t done = 0; done < EMPTY_DISK_BYTES; done += CHUNK_BYTES) {
		int r = depot_write(depot, to, zeros, CHUNK_BYTES, f);

		if (r)
			return fault_unexpected(f, r);
	}
	return 0;
}

static int copy_bytes(Upload *upload, Fault *f)
{
	Depot *depot = daemon_depot(upload->daemon);
	DepotUpload *to = NULL;
	int r = depot_begin(depot, upload->image->id, &to, f);

	if (r)
		return fault_unexpected(f, r);
	r = upload->path ? copy_file(depot, to, upload->path, upload->arena, f)
			 : copy_nothing(depot, to, upload->arena, f);
	if (r) {
		(void)depot_abandon(depot, to); /* always NULL */
		return r;
	}
	return fault_unexpected(f, depot_finish(depot, to, upload->wish.disk_format, upload->arena,
						&upload->facts, f));
}

static int register_one(Upload *upload, const char **ret_id, Fault *f)
{
	Store *store = daemon_store(upload->daemon);
	int r = store_write(store, create_row, upload, f);

	if (r == 0)
		r = copy_bytes(upload, f);
	if (r == 0)
		r = store_write(store, fill_row, upload, f);
	if (r)
		return fault_unexpected(f, r);
	*ret_id = upload->image->id;
	return 0;
}

static Upload upload_of(Daemon *daemon, Arena *arena, const Caller *caller, const char *name,
			const char *path)
{
	return (Upload){
		.daemon = daemon,
		.arena = arena,
		.caller = caller,
		.wish = {.name = name, .visibility = IMAGE_PUBLIC},
		.path = path,
	};
}

/* A kernel or a ramdisk: its container format has the name of its disk format. */
static int register_part(Daemon *daemon, Arena *arena, const Caller *caller, const char *name,
			 const char *path, const char **ret_id, Fault *f)
{
	Upload part = upload_of(daemon, arena, caller, name, path);
	bool kernel = strcmp(name, IMAGE_NAME "-kernel") == 0;

	part.wish.disk_format = kernel ? DISK_FORMAT_AKI : DISK_FORMAT_ARI;
	part.wish.container_format = kernel ? "aki" : "ari";
	return register_one(&part, ret_id, f);
}

static int register_guest(Daemon *daemon, Arena *arena, const Caller *caller, const char *directory,
			  Fault *f)
{
	JsonPair properties[2] = {{.key = "kernel_id"}, {.key = "ramdisk_id"}};
	Upload system = upload_of(daemon, arena, caller, IMAGE_NAME, NULL);
	const char *id;
	int r;

	system.wish.disk_format = DISK_FORMAT_RAW;
	system.wish.container_format = "bare";
	if (directory) {
		system.path = arena_printf(arena, "%s/tiny.raw", directory);
		system.wish.properties = (JsonTextMap){.pairs = properties, .count = 2};
		r = register_part(daemon, arena, caller, IMAGE_NAME "-kernel",
				  arena_printf(arena, "%s/vmlinux", directory),
				  &properties[0].value, f);
		if (r == 0)
			r = register_part(daemon, arena, caller, IMAGE_NAME "-ramdisk",
					  arena_printf(arena, "%s/initrd.img", directory),
					  &properties[1].value, f);
		if (r)
			return r;
	}
	return register_one(&system, &id, f);
}

/* "<build>/src/daemon/cleatd" runs beside "<source>/.cache/guest" when the build is in the source.
 */
static const char *beside_build(Arena *arena)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	for (int level = 0; n > 0 && level < 4; level++)
		while (n > 0 && path[--n] != '/')
			;
	return n > 0 ? arena_printf(arena, "%.*s/.cache/guest", (int)n, path) : NULL;
}

static bool holds_guest(Arena *arena, const char *directory)
{
	return directory && access(arena_printf(arena, "%s/tiny.raw", directory), R_OK) == 0 &&
	       access(arena_printf(arena, "%s/vmlinux", directory), R_OK) == 0 &&
	       access(arena_printf(arena, "%s/initrd.img", directory), R_OK) == 0;
}

/* Where the guest is, or NULL. */
static const char *find_guest(Arena *arena, bool fake)
{
	const char *const places[] = {
		getenv("CLEAT_GUEST_IMAGE"),
		fake ? NULL : beside_build(arena),
		fake ? NULL : "/usr/share/cleat/guest",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (holds_guest(arena, places[i]))
			return places[i];
	return NULL;
}

static int count_images(Tx *tx, void *ctx, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "name", RECORD_EQ, IMAGE_NAME);
	return fault_unexpected(f, record_count(tx, &image_table, &query, ctx, f));
}

int guest_image_register(Daemon *daemon, const Config *config, const Caller *caller, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	bool fake = strcmp(config->hypervisor, "fake") == 0;
	const char *directory = config->guest_image;
	int64_t there = 0;
	int r = store_read(daemon_store(daemon), count_images, &there, f);

	if (r || there > 0)
		return fault_unexpected(f, r);
	if (directory && !holds_guest(arena, directory))
		return fault(f, -ENOENT, "there is no guest in %s", directory);
	if (!directory)
		directory = find_guest(arena, fake);
	if (!directory && !fake) {
		log_warning("text=\"no tiny guest is built: no image is registered\"");
		return 0;
	}
	return register_guest(daemon, arena, caller, directory, f);
}
