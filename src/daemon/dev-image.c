/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The tiny image of --dev: a kernel, a ramdisk and a root disk when the guest was built; on the
 * fake hypervisor, where nothing boots, an empty root disk does.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "daemon/daemon.h"
#include "records/tables.h"
#include "service/identity.h"
#include "service/image.h"

#define TINY_NAME "tiny"

enum { COPY_BYTES = 1 << 20, EMPTY_BYTES = 1 << 20 };

/* The words that make a kernel quick under emulation; harmless elsewhere. */
#define TINY_COMMAND_LINE                                                                          \
	"console=ttyS0 quiet panic=-1 nokaslr mitigations=off no_timer_check tsc=reliable "        \
	"8250.nr_uarts=1 init_on_alloc=0 cryptomgr.notests audit=0 apparmor=0"

/* One image to register. */
typedef struct Registering {
	const DevSeed *seed;
	ImageWish wish;
	const DepotFacts *facts;
	const char *id;
	const char *project_id;
	bool known;
} Registering;

static Work work_in(Registering *reg, Tx *tx, Caller *caller)
{
	*caller = (Caller){
		.user_id = "",
		.project_id = reg->project_id,
		.roles = role_set_expand(1u << ROLE_ADMIN),
	};
	return (Work){
		.tx = tx,
		.arena = reg->seed->arena,
		.caller = caller,
		.request_id = "",
		.settings = reg->seed->settings,
		.now_us = clock_now_us(),
	};
}

static int look(Tx *tx, void *ctx, Fault *f)
{
	const IdentityName admin = {.name = "admin", .domain_id = DEFAULT_DOMAIN_ID};
	Registering *reg = ctx;
	RecordQuery query = {0};
	Project *project;
	int64_t count;
	int r;

	record_where_text(&query, "name", RECORD_EQ, TINY_NAME);
	r = record_count(tx, &image_table, &query, &count, f);
	if (!r)
		r = identity_find_project(tx, reg->seed->arena, &admin, &project, f);
	if (r)
		return fault_unexpected(f, r);
	reg->known = count > 0;
	reg->project_id = project->id;
	return 0;
}

/* Made, claimed and filled at once: the bytes are in their place already. */
static int write_image(Tx *tx, void *ctx, Fault *f)
{
	Registering *reg = ctx;
	Caller caller;
	Work work = work_in(reg, tx, &caller);
	Image *image;
	int r;

	r = service_create_image(&work, &reg->wish, &image, f);
	if (!r)
		r = service_claim_image(&work, image->id, &image, f);
	if (!r)
		r = service_fill_image(&work, image->id, reg->facts, f);
	return fault_unexpected(f, r);
}

static int copy_bytes(Depot *depot, DepotUpload *upload, int fd, Arena *arena, Fault *f)
{
	char *bytes = arena_alloc(arena, COPY_BYTES);
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(fd, bytes, COPY_BYTES)) != 0)
		r = n < 0 ? fault(f, -errno, "read: %s", strerror(errno))
			  : depot_write(depot, upload, bytes, (size_t)n, f);
	return r;
}

/* Put a file's bytes (an empty disk without one) into the depot and write the image. */
static int add_image(Registering *reg, const char *path, Fault *f)
{
	const DevSeed *seed = reg->seed;
	_cleanup_(closep) int fd = -1;
	DepotUpload *upload;
	DepotFacts facts;
	int r;

	r = depot_begin(seed->depot, reg->wish.id, &upload, f);
	if (r)
		return fault_unexpected(f, r);
	if (path) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? fault(f, -errno, "%s: %s", path, strerror(errno))
			   : copy_bytes(seed->depot, upload, fd, seed->arena, f);
	} else {
		r = depot_write(seed->depot, upload, arena_alloc(seed->arena, EMPTY_BYTES),
				EMPTY_BYTES, f);
	}
	if (r) {
		(void)depot_abandon(seed->depot, upload);
		return fault_unexpected(f, r);
	}
	r = depot_finish(seed->depot, upload, reg->wish.disk_format, seed->arena, &facts, f);
	if (r)
		return fault_unexpected(f, r);
	reg->facts = &facts;
	return fault_unexpected(f, store_write(seed->store, write_image, reg, f));
}

static ImageWish public_image(Arena *arena, const char *name, DiskFormat format)
{
	char id[UUID_TEXT];

	uuid_new(id);
	return (ImageWish){
		.id = arena_strdup(arena, id),
		.name = name,
		.visibility = IMAGE_PUBLIC,
		.disk_format = format,
		.container_format = format == DISK_FORMAT_RAW
					    ? "bare"
					    : enum_name(&disk_format_names, (int)format),
	};
}

static int add_guest(Registering *reg, const char *dir, Fault *f)
{
	Arena *arena = reg->seed->arena;
	ImageWish kernel = public_image(arena, TINY_NAME "-kernel", DISK_FORMAT_AKI);
	ImageWish ramdisk = public_image(arena, TINY_NAME "-ramdisk", DISK_FORMAT_ARI);
	JsonPair properties[] = {
		{"kernel_id", kernel.id},
		{"ramdisk_id", ramdisk.id},
		{"os_command_line", TINY_COMMAND_LINE},
	};
	int r;

	reg->wish = kernel;
	r = add_image(reg, arena_printf(arena, "%s/vmlinux", dir), f);
	if (r)
		return r;
	reg->wish = ramdisk;
	r = add_image(reg, arena_printf(arena, "%s/initrd.img", dir), f);
	if (r)
		return r;
	reg->wish = public_image(arena, TINY_NAME, DISK_FORMAT_RAW);
	reg->wish.properties = (JsonTextMap){.pairs = properties, .count = ARRAY_SIZE(properties)};
	return add_image(reg, arena_printf(arena, "%s/tiny.raw", dir), f);
}

/* Where the guest is: as told, from the environment, or beside a build that was not installed. */
static const char *find_guest(const DevSeed *seed)
{
	const char *const places[] = {
		seed->config->guest_image,
		getenv("CLEAT_GUEST_IMAGE"),
		".cache/guest",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i] &&
		    access(arena_printf(seed->arena, "%s/tiny.raw", places[i]), R_OK) == 0)
			return places[i];
	return NULL;
}

int dev_seed_image(const DevSeed *seed, Fault *f)
{
	Registering reg = {.seed = seed};
	const char *dir = find_guest(seed);
	int r;

	r = store_read(seed->store, look, &reg, f);
	if (r || reg.known)
		return fault_unexpected(f, r);
	if (dir && !str_eq(seed->config->hypervisor, "fake"))
		return add_guest(&reg, dir, f);
	if (!str_eq(seed->config->hypervisor, "fake"))
		log_warning("no guest was built (guest/build-guest-image): the image %s is an "
			    "empty disk",
			    TINY_NAME);
	reg.wish = public_image(seed->arena, TINY_NAME, DISK_FORMAT_RAW);
	return add_image(&reg, NULL, f);
}
