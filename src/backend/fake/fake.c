/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes in DIRECTORY/<volume id>.raw, exports in DIRECTORY/exports/<attachment id>, and a file in
 * DIRECTORY/connected for each volume that this host is connected to. Nothing is flushed: tests
 * kill the daemon, not the machine. What an attachment's connection_info says is made up, but
 * follows from the volume's id alone, as a real target's would; or it is what a test that serves
 * the volume's file itself has written into DIRECTORY/<volume id>.connection.
 */
#include "backend/fake/fake.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backend/fake/mischief.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "json/out.h"

enum {
	NAME_BYTES = 64,
	CONNECTION_BYTES = 4096,
	EXPORT_MISCHIEF = 1 << SPOILT_FAULT | 1 << SPOILT_LOST_REPLY,
};

static const int64_t GIB = INT64_C(1) << 30;

typedef struct Fake {
	char *path;
	int dir;
	int exports;
	int connected;
	CallMischief mischief;
} Fake;

static void fake_close(void *self)
{
	Fake *fake = self;

	closep(&fake->connected);
	closep(&fake->exports);
	closep(&fake->dir);
	free(fake->path);
	free(fake);
}

/* Make a directory unless it is there, and open it. */
static int open_dir(int at, const char *path, int *ret_fd, Fault *f)
{
	int fd;

	if (mkdirat(at, path, 0700) && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", path, strerror(errno));
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault(f, -errno, "open %s: %s", path, strerror(errno));
	*ret_fd = fd;
	return 0;
}

static int fake_open(const BackendConfig *config, void **ret, Fault *f)
{
	Fake *fake = NEW(Fake);
	int r;

	fake->dir = fake->exports = fake->connected = -1;
	fake->path = mem_strdup(config->directory);
	r = call_mischief_read(&fake->mischief, "CLEAT_FAKE_EXPORT", EXPORT_MISCHIEF, f);
	if (!r)
		r = open_dir(AT_FDCWD, config->directory, &fake->dir, f);
	if (!r)
		r = open_dir(fake->dir, "exports", &fake->exports, f);
	if (!r)
		r = open_dir(fake->dir, "connected", &fake->connected, f);
	if (r) {
		fake_close(fake);
		return r;
	}
	log_warning("backend=%s this is a fake for tests: its exports reach nobody", config->name);
	*ret = fake;
	return 0;
}

static void volume_name(const Volume *volume, char out[static NAME_BYTES])
{
	(void)snprintf(out, NAME_BYTES, "%s.raw", volume->id); /* fits: ids are checked */
}

static int fake_create(void *self, const Volume *volume, Fault *f)
{
	const Fake *fake = self;
	_cleanup_(closep) int fd = -1;
	char name[NAME_BYTES];

	if (volume->format != DISK_FORMAT_RAW)
		return fault(f, -ENOTSUP, "the fake has raw volumes only");
	volume_name(volume, name);
	fd = openat(fake->dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || ftruncate(fd, volume->size_gib * GIB))
		return errno == ENOSPC || errno == EFBIG
			       ? BACKEND_FULL
			       : fault(f, -errno, "make %s: %s", name, strerror(errno));
	return 0;
}

static int remove_name(int dir, const char *name, Fault *f)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", name, strerror(errno));
	return 0;
}

static int fake_remove(void *self, const Volume *volume, Fault *f)
{
	const Fake *fake = self;
	char name[NAME_BYTES];

	volume_name(volume, name);
	return remove_name(fake->dir, name, f);
}

static int fake_exists(void *self, const Volume *volume, bool *ret, Fault *f)
{
	const Fake *fake = self;
	char name[NAME_BYTES];

	volume_name(volume, name);
	*ret = faccessat(fake->dir, name, F_OK, 0) == 0;
	if (!*ret && errno != ENOENT)
		return fault(f, -errno, "look at %s: %s", name, strerror(errno));
	return 0;
}

/* What a test has written down about a volume, in the arena; NULL: nothing. */
static const char *told_connection(const Fake *fake, const Volume *volume, Arena *arena)
{
	const char *name = arena_printf(arena, "%s.connection", volume->id);
	_cleanup_(closep) int fd = openat(fake->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[CONNECTION_BYTES];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return n > 0 ? arena_strndup(arena, text, (size_t)n) : NULL;
}

/* It is there for whoever looks, until fake_disconnect(). */
static int mark_connected(const Fake *fake, const Volume *volume, Fault *f)
{
	_cleanup_(closep) int fd =
		openat(fake->connected, volume->id, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? fault(f, -errno, "connect %s: %s", volume->id, strerror(errno)) : 0;
}

static int fake_connect(void *self, const Volume *volume, Arena *arena, BackendPath *ret, Fault *f)
{
	const Fake *fake = self;
	bool exists;
	int r = fake_exists(self, volume, &exists, f);

	if (r || !exists)
		return r ? r : BACKEND_NO_VOLUME;
	r = mark_connected(fake, volume, f);
	if (r)
		return r;
	if (told_connection(fake, volume, arena)) {
		*ret = (BackendPath){.remote = true, .format = DISK_FORMAT_RAW};
		return 0;
	}
	*ret = (BackendPath){
		.path = arena_printf(arena, "%s/%s.raw", fake->path, volume->id),
		.format = DISK_FORMAT_RAW,
	};
	return 0;
}

static int fake_extend(void *self, const Volume *volume, int64_t size_gib, Fault *f)
{
	const Fake *fake = self;
	_cleanup_(closep) int fd = -1;
	char name[NAME_BYTES];
	struct stat st;

	volume_name(volume, name);
	fd = openat(fake->dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return BACKEND_NO_VOLUME;
	if (fd < 0 || fstat(fd, &st))
		return fault(f, -errno, "open %s: %s", name, strerror(errno));
	if (st.st_size < size_gib * GIB && ftruncate(fd, size_gib * GIB))
		return errno == ENOSPC || errno == EFBIG
			       ? BACKEND_FULL
			       : fault(f, -errno, "grow %s: %s", name, strerror(errno));
	return 0;
}

static int fake_disconnect(void *self, const Volume *volume, Fault *f)
{
	const Fake *fake = self;

	return remove_name(fake->connected, volume->id, f);
}

/* A number that follows from the id: the volume's place behind the one target. */
static int64_t lun_of(const Volume *volume)
{
	int64_t lun = 0;

	for (const char *p = volume->id; *p; p++)
		lun = (lun * 31 + (unsigned char)*p) % 16384;
	return lun;
}

static int fake_connection_info(void *self, const Volume *volume,
				const Attachment *attachment _unused_, Arena *arena,
				const char **ret, Fault *f _unused_)
{
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};
	size_t length;

	*ret = told_connection(self, volume, arena);
	if (*ret)
		return 0;
	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", "iscsi");
	json_out_bool(&out, "target_discovered", false);
	json_out_text(&out, "target_portal", "192.0.2.11:3260");
	json_out_text(&out, "target_iqn", "iqn.2010-10.org.example:fake");
	json_out_int(&out, "target_lun", lun_of(volume));
	json_out_text(&out, "auth_method", "CHAP");
	json_out_text(&out, "auth_username", "fake");
	json_out_text(&out, "auth_password", "not-a-secret");
	json_out_text(&out, "volume_id", volume->id);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	*ret = arena_strndup(arena, text, length);
	return 0;
}

/* "<volume id> <connector>", for whoever looks. */
static int export_write(const Fake *fake, const Volume *volume, const Attachment *attachment,
			Fault *f)
{
	_cleanup_(closep) int fd =
		openat(fake->exports, attachment->id,
		       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || dprintf(fd, "%s %s\n", volume->id,
			      attachment->connector ? attachment->connector : "-") < 0)
		return fault(f, -errno, "export %s: %s", attachment->id, strerror(errno));
	return 0;
}

static int fake_export(void *self, const Volume *volume, const Attachment *attachment, Fault *f)
{
	Fake *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "export");
	int r = 0;

	if (call_is_done(spoilt))
		r = export_write(fake, volume, attachment, f);
	return r ? r : call_answer(spoilt, "export", r, 0, f);
}

static int fake_unexport(void *self, const Volume *volume _unused_, const Attachment *attachment,
			 Fault *f)
{
	Fake *fake = self;
	Spoilt spoilt = SPOILT_NONE;
	int r = 0;

	if (fake->mischief.call >= 0) /* what always fails can be taken back */
		spoilt = call_mischief_strike(&fake->mischief, "unexport");
	if (call_is_done(spoilt))
		r = remove_name(fake->exports, attachment->id, f);
	return r ? r : call_answer(spoilt, "unexport", r, 0, f);
}

static int fake_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	const Fake *fake = self;
	struct statvfs space;

	if (fstatvfs(fake->dir, &space))
		return fault(f, -errno, "look at %s: %s", fake->path, strerror(errno));
	*ret_total_bytes = (int64_t)(space.f_blocks * space.f_frsize);
	*ret_free_bytes = (int64_t)(space.f_bavail * space.f_frsize);
	return 0;
}

const BackendDriver backend_fake = {
	.name = "fake",
	.size = sizeof(BackendDriver),
	.traits =
		{
			.protocol = "iSCSI",
			.thin = true,
			.exports = true,
			.shared_targets = 1,
			.host_identity = "initiator",
		},
	.open = fake_open,
	.close = fake_close,
	.create = fake_create,
	.remove = fake_remove,
	.exists = fake_exists,
	.connect = fake_connect,
	.disconnect = fake_disconnect,
	.connection_info = fake_connection_info,
	.export = fake_export,
	.unexport = fake_unexport,
	.extend = fake_extend,
	.capacity = fake_capacity,
};
