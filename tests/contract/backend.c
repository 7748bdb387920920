/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The same tests on every volume backend: what src/contract/backend.h promises.
 *
 *     backend-contract file raw|qcow2        in a directory of its own
 *     backend-contract fake raw              likewise
 *     backend-contract lvm GROUP [POOL]      in a volume group that is there, and nothing else in
 * it
 *     backend-contract nfs raw|qcow2 EXPORT  in an NFS export
 *     backend-contract rbd POOL CONF         in a pool of the cluster that CONF names, as admin
 *
 * Bytes go through the path that connect() gives, as a guest's would; those of qcow2 and of images
 * in a pool through qemu-io.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "backend/fake/fake.h"
#include "backend/file/file.h"
#include "backend/lvm/lvm.h"
#ifdef CLEAT_RBD
#include "backend/rbd/rbd.h"
#include "backend/rbd/text.h"
#endif
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "contract/backend.h"
#include "run/run.h"

#define GIB ((int64_t)1 << 30)
#define MIB ((int64_t)1 << 20)

static char folder[] = "/tmp/cleat-backend-XXXXXX";
static Backend *backend;
static DiskFormat format = DISK_FORMAT_RAW;
static Arena *arena;
static Fault fault_;
static BackendConfig config;

/* --- a vocabulary --- */

static void must(int r)
{
	if (r)
		fail_msg("result %d: %s", r, fault_.text);
}

static const char *new_id(void)
{
	char id[UUID_TEXT];

	uuid_new(id);
	return arena_strdup(arena, id);
}

static Volume volume_of(int64_t size_gib)
{
	return (Volume){.id = new_id(), .format = (int)format, .size_gib = size_gib};
}

static Snapshot snapshot_of(const Volume *volume)
{
	return (Snapshot){
		.id = new_id(),
		.volume_id = volume->id,
		.size_gib = volume->size_gib,
		.format = (int)format,
	};
}

static Volume made(int64_t size_gib)
{
	Volume volume = volume_of(size_gib);

	must(backend_create(backend, &volume, &fault_));
	return volume;
}

/* What is not on this host is found as an emulator would. */
static void locate(BackendPath *path, const char *volume_id, const char *snapshot_id)
{
#ifdef CLEAT_RBD
	char image[POOL_NAME_BYTES], snapshot[POOL_NAME_BYTES];

	if (!path->remote)
		return;
	(void)pool_name(POOL_IMAGE, volume_id, image);
	if (snapshot_id)
		(void)pool_name(POOL_SNAPSHOT, snapshot_id, snapshot);
	path->path = pool_spec(arena, &config, image, snapshot_id ? snapshot : NULL);
#else
	(void)volume_id;
	(void)snapshot_id;
	assert_false(path->remote);
#endif
}

static BackendPath connected(const Volume *volume)
{
	BackendPath path = {0};

	must(backend_connect(backend, volume, arena, &path, &fault_));
	locate(&path, volume->id, NULL);
	return path;
}

static void disconnect(const Volume *volume)
{
	must(backend_disconnect(backend, volume, &fault_));
}

static void gone(const Volume *volume)
{
	bool there = true;

	must(backend_remove(backend, volume, &fault_));
	must(backend_exists(backend, volume, &there, &fault_));
	assert_false(there);
}

/* Whether its bytes can be had without a program. */
static bool is_plain(const BackendPath *path)
{
	return path->format == DISK_FORMAT_RAW && !path->remote;
}

static int64_t size_of(const BackendPath *path)
{
	int fd = open(path->path, O_RDONLY | O_CLOEXEC);
	int64_t size;

	assert_true(fd >= 0);
	size = lseek(fd, 0, SEEK_END);
	assert_int_equal(close(fd), 0);
	return size;
}

/* qemu-io: 0 when it worked and, for a read, found what was expected. */
static int qemu_io(const BackendPath *path, const char *command, bool reads)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("qemu-io", "-f", enum_name(&disk_format_names, path->format), "-c",
				 command, path->path, reads ? "-r" : NULL),
		.timeout_ms = 60 * 1000,
	};
	RunResult result = {0};
	int status;

	must(run_command(&spec, &result, &fault_));
	status = strstr(result.out, "verification failed") ? 1 : result.status;
	run_result_done(&result);
	return status;
}

/* A sector of that byte. */
static void put(const BackendPath *path, int64_t at, char byte)
{
	char sector[4096];
	int fd;

	if (!is_plain(path)) {
		assert_int_equal(
			qemu_io(path, arena_printf(arena, "write -P %d %" PRId64 " 4096", byte, at),
				false),
			0);
		return;
	}
	memset(sector, byte, sizeof(sector));
	fd = open(path->path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, sector, sizeof(sector), at), sizeof(sector));
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(close(fd), 0);
}

static void assert_has(const BackendPath *path, int64_t at, char byte)
{
	char sector[4096];
	int fd;

	if (!is_plain(path)) {
		assert_int_equal(
			qemu_io(path, arena_printf(arena, "read -P %d %" PRId64 " 4096", byte, at),
				true),
			0);
		return;
	}
	fd = open(path->path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, sector, sizeof(sector), at), sizeof(sector));
	assert_int_equal(close(fd), 0);
	for (size_t i = 0; i < sizeof(sector); i++)
		assert_int_equal(sector[i], byte);
}

/* In volumes that are connected only as long as it takes. */
static void write_byte(const Volume *volume, int64_t at, char byte)
{
	BackendPath path = connected(volume);

	put(&path, at, byte);
	disconnect(volume);
}

static void assert_byte(const Volume *volume, int64_t at, char byte)
{
	BackendPath path = connected(volume);

	assert_has(&path, at, byte);
	disconnect(volume);
}

/* A sector in each 64 MiB, from where to where. */
static void write_all(const Volume *volume, char byte)
{
	BackendPath path = connected(volume);

	for (int64_t at = 0; at < volume->size_gib * GIB; at += 64 * MIB)
		put(&path, at, byte);
	disconnect(volume);
}

static void assert_zeroes(const Volume *volume, int64_t from)
{
	BackendPath path = connected(volume);

	for (int64_t at = from; at < volume->size_gib * GIB; at += 64 * MIB)
		assert_has(&path, at, 0);
	disconnect(volume);
}

/* --- volumes --- */

static void a_volume_comes_and_goes(void **state _unused_)
{
	Volume volume = volume_of(1);
	BackendPath path = {0};
	bool there = true;

	must(backend_exists(backend, &volume, &there, &fault_));
	assert_false(there);
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &fault_),
			 BACKEND_NO_VOLUME);
	disconnect(&volume);
	must(backend_create(backend, &volume, &fault_));
	must(backend_create(backend, &volume, &fault_));
	must(backend_exists(backend, &volume, &there, &fault_));
	assert_true(there);
	path = connected(&volume);
	(void)connected(&volume);
	if (is_plain(&path))
		assert_int_equal(size_of(&path), GIB);
	disconnect(&volume);
	disconnect(&volume);
	gone(&volume);
	gone(&volume);
}

static void what_is_written_stays(void **state _unused_)
{
	Volume volume = made(1);

	write_byte(&volume, 0, 'a');
	write_byte(&volume, GIB - 4096, 'z');
	assert_byte(&volume, 0, 'a');
	assert_byte(&volume, 4096, 0);
	assert_byte(&volume, GIB - 4096, 'z');
	must(backend_create(backend, &volume, &fault_)); /* again, and nothing is lost */
	assert_byte(&volume, 0, 'a');
	gone(&volume);
}

/* Where it would lie: one volume after the other takes the same space. */
static void nobody_reads_what_others_wrote(void **state _unused_)
{
	Volume first = made(1);
	Volume second;

	write_all(&first, 's');
	gone(&first);
	second = made(2);
	assert_zeroes(&second, 0);
	gone(&second);
}

static void a_volume_that_cannot_fit_is_not_there(void **state _unused_)
{
	Volume volume = volume_of(1 << 20);
	bool there = true;
	int r;

	r = backend_create(backend, &volume, &fault_);
	assert_int_equal(r, BACKEND_FULL);
	must(backend_exists(backend, &volume, &there, &fault_));
	assert_false(there);
	gone(&volume);
}

static void capacity_makes_sense(void **state _unused_)
{
	int64_t total = -1, left = -1;

	must(backend_capacity(backend, &total, &left, &fault_));
	assert_true(total > 0 && left >= 0 && left <= total);
}

/* --- growing --- */

static void a_volume_grows_and_keeps_what_it_has(void **state _unused_)
{
	Volume dirt = made(2);
	Volume volume = made(1);
	Volume larger = volume;

	write_all(&dirt, 's');
	gone(&dirt);
	assert_int_equal(backend_extend(backend, &dirt, 3, &fault_), BACKEND_NO_VOLUME);
	write_byte(&volume, GIB - 4096, 'z');
	must(backend_extend(backend, &volume, 2, &fault_));
	must(backend_extend(backend, &volume, 2, &fault_));
	larger.size_gib = 2;
	must(backend_extend(backend, &larger, 2, &fault_));
	assert_byte(&larger, GIB - 4096, 'z');
	assert_zeroes(&larger, GIB);
	gone(&larger);
}

static void a_volume_grows_while_it_is_connected(void **state _unused_)
{
	Volume volume = made(1);
	BackendPath path = connected(&volume);

	put(&path, 0, 'a');
	must(backend_extend(backend, &volume, 2, &fault_));
	volume.size_gib = 2;
	put(&path, 2 * GIB - 4096, 'b');
	must(backend_extend(backend, &volume, 2, &fault_));
	assert_has(&path, 0, 'a');
	assert_has(&path, 2 * GIB - 4096, 'b');
	disconnect(&volume);
	gone(&volume);
}

static void growing_without_room_changes_nothing(void **state _unused_)
{
	Volume volume;

	volume = made(1);
	assert_int_equal(backend_extend(backend, &volume, 1 << 20, &fault_), BACKEND_FULL);
	assert_byte(&volume, GIB - 4096, 0);
	must(backend_extend(backend, &volume, 2, &fault_));
	gone(&volume);
}

/* --- copies and snapshots --- */

static void a_copy_is_a_volume_of_its_own(void **state _unused_)
{
	Volume volume = made(1);
	Volume copy = volume_of(1);
	Volume larger = volume_of(2);
	const BackendSource source = {.volume = &volume};

	assert_int_equal(backend_copy(backend, &(BackendSource){.volume = &larger}, &copy, &fault_),
			 BACKEND_NO_VOLUME);
	write_byte(&volume, 8 * MIB, 'a');
	must(backend_copy(backend, &source, &copy, &fault_));
	must(backend_copy(backend, &source, &larger, &fault_));
	write_byte(&volume, 8 * MIB, 'b');
	must(backend_copy(backend, &source, &copy, &fault_)); /* it is there already */
	gone(&volume);
	assert_byte(&copy, 8 * MIB, 'a');
	assert_byte(&larger, 8 * MIB, 'a');
	assert_byte(&larger, 2 * GIB - 4096, 0);
	write_byte(&larger, 2 * GIB - 4096, 'c');
	gone(&copy);
	gone(&larger);
}

static void assert_snapshot(const Volume *volume, const Snapshot *snapshot, bool expected)
{
	bool there = !expected;

	must(backend_snapshot_exists(backend, volume, snapshot, &there, &fault_));
	assert_int_equal(there, expected);
}

static void a_snapshot_keeps_what_was(void **state _unused_)
{
	Volume volume = made(1);
	Snapshot snapshot = snapshot_of(&volume);
	Volume copy = volume_of(2);
	const BackendSource source = {.volume = &volume, .snapshot = &snapshot};
	BackendPath path = {0};

	assert_int_equal(backend_copy(backend, &source, &copy, &fault_), BACKEND_NO_SNAPSHOT);
	assert_int_equal(
		backend_snapshot_connect(backend, &volume, &snapshot, arena, &path, &fault_),
		BACKEND_NO_SNAPSHOT);
	assert_int_equal(backend_revert(backend, &volume, &snapshot, &fault_), BACKEND_NO_SNAPSHOT);
	assert_snapshot(&volume, &snapshot, false);
	write_byte(&volume, MIB, 'a');
	must(backend_snapshot(backend, &volume, &snapshot, &fault_));
	assert_snapshot(&volume, &snapshot, true);
	write_byte(&volume, MIB, 'b');
	write_byte(&volume, 512 * MIB, 'b');
	must(backend_snapshot(backend, &volume, &snapshot, &fault_)); /* it is there already */
	must(backend_snapshot_connect(backend, &volume, &snapshot, arena, &path, &fault_));
	locate(&path, volume.id, snapshot.id);
	assert_has(&path, MIB, 'a');
	must(backend_copy(backend, &source, &copy, &fault_));
	assert_byte(&copy, MIB, 'a');
	assert_byte(&copy, 512 * MIB, 0);
	assert_byte(&volume, MIB, 'b');
	must(backend_revert(backend, &volume, &snapshot, &fault_));
	must(backend_revert(backend, &volume, &snapshot, &fault_));
	assert_byte(&volume, MIB, 'a');
	assert_byte(&volume, 512 * MIB, 0);
	must(backend_snapshot_remove(backend, &volume, &snapshot, &fault_));
	must(backend_snapshot_remove(backend, &volume, &snapshot, &fault_));
	assert_snapshot(&volume, &snapshot, false);
	assert_byte(&volume, MIB, 'a');
	assert_byte(&copy, MIB, 'a');
	gone(&volume);
	gone(&copy);
}

static void a_snapshot_of_a_volume_in_use(void **state _unused_)
{
	Volume volume, copy;
	Snapshot snapshot;
	BackendPath path;

	volume = made(1);
	copy = volume_of(1);
	snapshot = snapshot_of(&volume);
	path = connected(&volume);
	put(&path, 0, 'a');
	must(backend_snapshot(backend, &volume, &snapshot, &fault_));
	put(&path, 0, 'b');
	must(backend_copy(backend, &(BackendSource){.volume = &volume, .snapshot = &snapshot},
			  &copy, &fault_));
	assert_has(&path, 0, 'b');
	disconnect(&volume);
	assert_byte(&copy, 0, 'a');
	gone(&copy);
	must(backend_snapshot_remove(backend, &volume, &snapshot, &fault_));
	gone(&volume);
}

static void somebody_else_fills_a_snapshot(void **state _unused_)
{
	Volume volume, copy;
	Snapshot snapshot;
	BackendPath path = {0};

	volume = made(1);
	copy = volume_of(1);
	snapshot = snapshot_of(&volume);
	assert_int_equal(backend_snapshot_keep(backend, &volume, &snapshot, &fault_),
			 BACKEND_NO_SNAPSHOT);
	must(backend_snapshot_draft(backend, &volume, &snapshot, arena, &path, &fault_));
	put(&path, 0, 'x');
	assert_snapshot(&volume, &snapshot, false);
	must(backend_snapshot_draft(backend, &volume, &snapshot, arena, &path, &fault_));
	assert_has(&path, 0, 0);
	put(&path, MIB, 'a');
	must(backend_snapshot_keep(backend, &volume, &snapshot, &fault_));
	must(backend_snapshot_keep(backend, &volume, &snapshot, &fault_));
	assert_snapshot(&volume, &snapshot, true);
	must(backend_copy(backend, &(BackendSource){.volume = &volume, .snapshot = &snapshot},
			  &copy, &fault_));
	assert_byte(&copy, MIB, 'a');
	gone(&copy);
	must(backend_snapshot_remove(backend, &volume, &snapshot, &fault_));
	gone(&volume);
}

/* --- images --- */

static const char *image_make(const char *name)
{
	const char *path = arena_printf(arena, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char sector[4096];

	assert_true(fd >= 0);
	memset(sector, 'i', sizeof(sector));
	assert_int_equal(ftruncate(fd, 4 * MIB + 4096 + 512), 0);
	assert_int_equal(pwrite(fd, sector, sizeof(sector), 4 * MIB), sizeof(sector));
	assert_int_equal(close(fd), 0);
	return path;
}

static void check_image(const char *path, DiskFormat image_format)
{
	const BackendSource source = {.image_path = path, .image_format = (int)image_format};
	Volume volume = volume_of(1);
	BackendPath disk;

	must(backend_copy(backend, &source, &volume, &fault_));
	must(backend_copy(backend, &source, &volume, &fault_));
	disk = connected(&volume);
	assert_has(&disk, 4 * MIB, 'i');
	assert_has(&disk, 4 * MIB + 4096, 0);
	assert_has(&disk, GIB - 4096, 0);
	disconnect(&volume);
	gone(&volume);
}

static void a_volume_is_made_from_an_image(void **state _unused_)
{
	const char *raw = image_make("image.raw");
	const char *qcow2 = arena_printf(arena, "%s/image.qcow2", folder);
	const RunSpec spec = {
		.argv = RUN_ARGV("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, qcow2),
		.timeout_ms = 60 * 1000,
	};

	check_image(raw, DISK_FORMAT_RAW);
	if (access("/usr/bin/qemu-img", X_OK) == 0) {
		must(run_checked(&spec, NULL, &fault_));
		check_image(qcow2, DISK_FORMAT_QCOW2);
	}
}

/* --- what is not on this host --- */

/* Bring it here; the bytes are in a file of the test. */
static BackendPath saved(const BackendSource *source, const char *name)
{
	BackendPath path = {
		.path = arena_printf(arena, "%s/%s", folder, name),
		.format = DISK_FORMAT_RAW,
	};
	int fd = open(path.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, source->volume->size_gib * GIB), 0);
	assert_int_equal(close(fd), 0);
	must(backend_save(backend, source, path.path, &fault_));
	return path;
}

static void what_is_elsewhere_is_saved_to_a_file(void **state _unused_)
{
	Volume volume = made(1);
	Snapshot snapshot = snapshot_of(&volume);
	const BackendSource now = {.volume = &volume};
	const BackendSource then = {.volume = &volume, .snapshot = &snapshot};
	BackendPath file;

	assert_int_equal(backend_save(backend, &then, "/dev/null", &fault_), BACKEND_NO_SNAPSHOT);
	write_byte(&volume, MIB, 'a');
	must(backend_snapshot(backend, &volume, &snapshot, &fault_));
	write_byte(&volume, MIB, 'b');
	file = saved(&now, "now");
	assert_has(&file, MIB, 'b');
	assert_int_equal(size_of(&file), GIB);
	file = saved(&then, "then");
	assert_has(&file, MIB, 'a');
	must(backend_snapshot_remove(backend, &volume, &snapshot, &fault_));
	gone(&volume);
	assert_int_equal(backend_save(backend, &now, "/dev/null", &fault_), BACKEND_NO_VOLUME);
}

/* As a volume is filled anew: it goes back to a snapshot of one that was made beside it. */
static void a_volume_takes_what_was_made_beside_it(void **state _unused_)
{
	Volume volume = made(1);
	Volume beside = made(1);
	Snapshot snapshot = snapshot_of(&beside);

	snapshot.id = beside.id;
	write_byte(&volume, 0, 'o');
	write_byte(&volume, MIB, 'o');
	write_byte(&beside, MIB, 'n');
	must(backend_snapshot(backend, &beside, &snapshot, &fault_));
	snapshot.volume_id = volume.id;
	must(backend_revert(backend, &volume, &snapshot, &fault_));
	must(backend_revert(backend, &volume, &snapshot, &fault_));
	assert_byte(&volume, 0, 0);
	assert_byte(&volume, MIB, 'n');
	snapshot.volume_id = beside.id;
	must(backend_snapshot_remove(backend, &beside, &snapshot, &fault_));
	gone(&beside);
	gone(&volume);
}

/* Copies of copies: nothing of theirs is lost with what they were made from. */
static void a_chain_of_copies_outlives_its_beginning(void **state _unused_)
{
	enum { LINKS = 8 };
	Volume chain[LINKS];

	chain[0] = made(1);
	write_byte(&chain[0], MIB, 'a');
	for (int i = 1; i < LINKS; i++) {
		chain[i] = volume_of(1);
		must(backend_copy(backend, &(BackendSource){.volume = &chain[i - 1]}, &chain[i],
				  &fault_));
		gone(&chain[i - 1]);
	}
	assert_byte(&chain[LINKS - 1], MIB, 'a');
	assert_byte(&chain[LINKS - 1], 2 * MIB, 0);
	gone(&chain[LINKS - 1]);
}

/* --- the program --- */

static int remove_one(const char *path, const struct stat *st _unused_, int type _unused_,
		      struct FTW *where _unused_)
{
	return remove(path);
}

/* A kind of backend, and how many words its name is followed by. */
typedef struct Kind {
	const char *name;
	int words;
	const BackendDriver *driver;
	void (*configure)(char **words);
} Kind;

static void of_format(char **words)
{
	format = str_eq(words[0], "qcow2") ? DISK_FORMAT_QCOW2 : DISK_FORMAT_RAW;
}

static void of_export(char **words)
{
	of_format(words);
	config.export = words[1];
}

static void of_group(char **words)
{
	config.volume_group = words[0];
	config.thin_pool = words[1];
}

#ifdef CLEAT_RBD
static void of_pool(char **words)
{
	config.pool = words[0];
	config.ceph_conf = words[1];
	config.ceph_cluster = "ceph";
	config.ceph_user = "admin";
}
#endif

static const Kind kinds[] = {
	{"file", 1, &backend_file, of_format},   {"fake", 1, &backend_fake, of_format},
	{"nfs", 2, &backend_nfs, of_export},     {"lvm", 1, &backend_lvm_thick, of_group},
	{"lvm", 2, &backend_lvm_thin, of_group},
#ifdef CLEAT_RBD
	{"rbd", 2, &backend_rbd, of_pool},
#endif
};

static const Kind *find_kind(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (argc == 2 + kinds[i].words && str_eq(kinds[i].name, argv[1]))
			return &kinds[i];
	return NULL;
}

static bool open_backend(int argc, char **argv)
{
	const Kind *kind = find_kind(argc, argv);

	if (!kind) {
		(void)fputs("usage: backend-contract KIND WORDS... (as its file says)\n", stderr);
		return false;
	}
	config = (BackendConfig){
		.name = kind->name,
		.directory = arena_printf(arena, "%s/volumes", folder),
	};
	kind->configure(&argv[2]);
	if (backend_open(kind->driver, &config, &backend, &fault_) == 0)
		return true;
	(void)fprintf(stderr, "%s\n", fault_.text);
	return false;
}

/* A test, and of which backends it is asked. */
typedef struct Promise {
	struct CMUnitTest test;
	bool (*is_asked)(const BackendTraits *traits);
} Promise;

static bool of_all(const BackendTraits *traits _unused_)
{
	return true;
}

static bool of_copying(const BackendTraits *traits _unused_)
{
	return !str_eq(backend_name(backend), "fake");
}

static bool of_elsewhere(const BackendTraits *traits _unused_)
{
	return str_eq(backend_name(backend), "rbd");
}

static bool of_thick(const BackendTraits *traits)
{
	return !traits->thin; /* others promise what they may not have */
}

static bool of_atomic(const BackendTraits *traits)
{
	return of_copying(traits) && traits->atomic;
}

static bool of_others(const BackendTraits *traits)
{
	return of_copying(traits) &&
	       !traits->atomic; /* a snapshot needs a volume at rest, or somebody who fills it */
}

static const Promise promises[] = {
	{cmocka_unit_test(a_volume_comes_and_goes), of_all},
	{cmocka_unit_test(what_is_written_stays), of_all},
	{cmocka_unit_test(nobody_reads_what_others_wrote), of_all},
	{cmocka_unit_test(a_volume_that_cannot_fit_is_not_there), of_thick},
	{cmocka_unit_test(capacity_makes_sense), of_all},
	{cmocka_unit_test(a_volume_grows_and_keeps_what_it_has), of_all},
	{cmocka_unit_test(a_volume_grows_while_it_is_connected), of_all},
	{cmocka_unit_test(growing_without_room_changes_nothing), of_thick},
	{cmocka_unit_test(a_copy_is_a_volume_of_its_own), of_copying},
	{cmocka_unit_test(a_snapshot_keeps_what_was), of_copying},
	{cmocka_unit_test(a_snapshot_of_a_volume_in_use), of_atomic},
	{cmocka_unit_test(somebody_else_fills_a_snapshot), of_others},
	{cmocka_unit_test(a_volume_is_made_from_an_image), of_copying},
	{cmocka_unit_test(a_volume_takes_what_was_made_beside_it), of_copying},
	{cmocka_unit_test(a_chain_of_copies_outlives_its_beginning), of_atomic},
	{cmocka_unit_test(what_is_elsewhere_is_saved_to_a_file), of_elsewhere},
};

/* An export stays mounted after the backend: guests would use it. */
static void leave_mount(void)
{
	const char *script = arena_printf(arena, "umount %s/*", config.directory);
	const RunSpec spec = {.argv = RUN_ARGV("sh", "-c", script), .timeout_ms = 60 * 1000};

	if (config.export)
		must(run_checked(&spec, NULL, &fault_));
}

static int check_promises(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(promises)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(promises); i++)
		if (promises[i].is_asked(backend_traits(backend)))
			tests[count++] = promises[i].test;
	return _cmocka_run_group_tests("backend", tests, count, NULL, NULL);
}

int main(int argc, char **argv)
{
	int failed;

	if (getenv("CLEAT_TEST_DEBUG"))
		log_set_level(LOG_DEBUG);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (!mkdtemp(folder))
		return 1;
	arena = arena_new();
	if (argc == 3 && str_eq(argv[2], "qcow2") && access("/usr/bin/qemu-io", X_OK) != 0) {
		(void)puts("1..0 # SKIP qemu-io is not installed");
		return rmdir(folder);
	}
	if (!open_backend(argc, argv))
		return 2;
	failed = check_promises();
	backend_close(backend);
	leave_mount();
	(void)arena_free(arena); /* NULL */
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) || failed;
}
