/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The same tests on every target: what src/contract/target.h promises, seen by hosts that connect.
 *
 *     target-contract tgt ADDRESS:PORT SOCKET     a tgtd that listens there
 *     target-contract lio ADDRESS:PORT            the kernel's, which nobody else uses
 *     target-contract nvmet ADDRESS:PORT          likewise
 *
 * iSCSI hosts are user space initiators (iscsi-inq, iscsi-readcapacity16, QEMU's own), the NVMe
 * host is the kernel's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "contract/target.h"
#include "run/run.h"
#include "target/lio/lio.h"
#include "target/nvmet/nvmet.h"
#include "target/tgt/tgt.h"
#include "json/json.h"

#define MIB ((int64_t)1 << 20)
#define CONFIGFS "/sys/kernel/config"

enum { SIZE_MIB = 16, WAIT_MS = 60 * 1000, BLOCK = 4096, LOOK_MS = 50 };

/* How one kind of host connects and works. Each answers whether it could. */
typedef struct Host {
	bool (*reaches)(const JsonDoc *info, const char *identity);
	bool (*writes)(const JsonDoc *info, const char *identity, char byte);
	bool (*reads)(const JsonDoc *info, const char *identity, char byte);
	int64_t (*size)(const JsonDoc *info, const char *identity);
} Host;

static char folder[] = "/tmp/cleat-target-XXXXXX";
static Target *target;
static TargetConfig config;
static TargetPortal portal;
static const Host *host;
static const char *one, *two; /* what two hosts are called */
static Arena *arena;
static Fault fault_;

/* --- a vocabulary --- */

static void must(int r)
{
	if (r)
		fail_msg("result %d: %s", r, fault_.text);
}

typedef struct Made {
	Volume volume;
	const char *path;
} Made;

static Made make(void)
{
	char id[UUID_TEXT];
	Made made;
	int fd;

	uuid_new(id);
	made.volume =
		(Volume){.id = arena_strdup(arena, id), .format = DISK_FORMAT_RAW, .size_gib = 1};
	made.path = arena_printf(arena, "%s/%s.raw", folder, id);
	fd = open(made.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE_MIB * MIB), 0);
	assert_int_equal(close(fd), 0);
	return made;
}

static void drop(const Made *made)
{
	assert_int_equal(unlink(made->path), 0);
}

/* Let a host in; what it is told. */
static JsonDoc *publish(const Made *made, const char *identity, bool readonly)
{
	const TargetGuest guest = {.identity = identity, .readonly = readonly};
	const char *info;
	JsonDoc *doc;

	must(target_info(target, &made->volume, &guest, arena, &info, &fault_));
	must(target_publish(target, &made->volume, made->path, false, &guest, &fault_));
	assert_int_equal(json_parse(arena, info, strlen(info), &doc, NULL), 0);
	return doc;
}

static void unpublish(const Made *made, const char *identity)
{
	const TargetGuest guest = {.identity = identity};

	must(target_unpublish(target, &made->volume, &guest, &fault_));
}

/* --- iSCSI --- */

static int run(const char *const *argv, char **ret_out)
{
	const RunSpec spec = {.argv = argv, .timeout_ms = WAIT_MS};
	RunResult result = {0};
	int status;

	must(run_command(&spec, &result, &fault_));
	status = result.status;
	if (strstr(result.out, "ailed") || strstr(result.out, "rror") ||
	    strstr(result.err, "ailed") || strstr(result.err, "rror"))
		status = status ? status : 1;
	if (ret_out)
		*ret_out = arena_strdup(arena, result.out);
	run_result_done(&result);
	return status;
}

static const char *iscsi_url(const JsonDoc *info)
{
	return arena_printf(
		arena, "iscsi://%s%%%s@%s/%s/%" PRId64, json_get_text(arena, info, "auth_username"),
		json_get_text(arena, info, "auth_password"),
		json_get_text(arena, info, "target_portal"),
		json_get_text(arena, info, "target_iqn"), json_get_int(info, "target_lun", -1));
}

static bool iscsi_reaches(const JsonDoc *info, const char *identity)
{
	return run(RUN_ARGV("iscsi-inq", "-i", identity, iscsi_url(info)), NULL) == 0;
}

/* QEMU refuses to open for writing what is write protected: whoever reads says so. */
static bool iscsi_io(const JsonDoc *info, const char *identity, bool is_write, const char *command)
{
	const char *secret = arena_printf(arena, "secret,id=s,data=%s",
					  json_get_text(arena, info, "auth_password"));
	const char *options = arena_printf(
		arena,
		"json:{\"driver\":\"raw\",\"file\":{\"driver\":\"iscsi\",\"transport\":\"tcp\","
		"\"portal\":\"%s\",\"target\":\"%s\",\"lun\":%" PRId64 ",\"user\":\"%s\","
		"\"password-secret\":\"s\",\"initiator-name\":\"%s\"}}",
		json_get_text(arena, info, "target_portal"),
		json_get_text(arena, info, "target_iqn"), json_get_int(info, "target_lun", -1),
		json_get_text(arena, info, "auth_username"), identity);

	return run(RUN_ARGV("qemu-io", is_write ? "-n" : "-r", "--object", secret, "-c", command,
			    options),
		   NULL) == 0;
}

static bool iscsi_writes(const JsonDoc *info, const char *identity, char byte)
{
	return iscsi_io(info, identity, true, arena_printf(arena, "write -P %d 1M 4k", byte));
}

static bool iscsi_reads(const JsonDoc *info, const char *identity, char byte)
{
	return iscsi_io(info, identity, false, arena_printf(arena, "read -P %d 1M 4k", byte));
}

static int64_t iscsi_size(const JsonDoc *info, const char *identity)
{
	const char *found;
	char *out;

	if (run(RUN_ARGV("iscsi-readcapacity16", "-i", identity, iscsi_url(info)), &out))
		return -1;
	found = strstr(out, "Total size:");
	return found ? strtoll(found + strlen("Total size:"), NULL, 10) : -1;
}

static const Host iscsi_host = {
	.reaches = iscsi_reaches,
	.writes = iscsi_writes,
	.reads = iscsi_reads,
	.size = iscsi_size,
};

/* --- NVMe --- */

/* The number of the controller, or -1: we are not let in. */
static int nvme_connect(const JsonDoc *info, const char *identity)
{
	const char *wish = arena_printf(arena,
					"nqn=%s,transport=tcp,traddr=%s,trsvcid=%s,hostnqn=%s,"
					"hostid=%.8s-0000-4000-8000-000000000000,ctrl_loss_tmo=0",
					json_get_text(arena, info, "target_nqn"), portal.address,
					portal.port, identity, identity + strlen(identity) - 8);
	int fd = open("/dev/nvme-fabrics", O_RDWR | O_CLOEXEC);
	char said[128];
	ssize_t n;
	int number = -1;

	assert_true(fd >= 0);
	if (write(fd, wish, strlen(wish)) > 0) {
		n = read(fd, said, sizeof(said) - 1);
		assert_true(n > 0);
		said[n] = '\0';
		assert_non_null(str_after(said, "instance="));
		number = (int)strtol(said + strlen("instance="), NULL, 10);
	}
	assert_int_equal(close(fd), 0);
	return number;
}

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	assert_int_equal(close(fd), 0);
}

static const char *get(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		assert_int_equal(close(fd), 0);
	text[MAX(n, 0)] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return arena_strdup(arena, text);
}

/* "nvme0n1", and not "nvme0c1n1", which is one of several ways to it. */
static bool is_disk(const char *name)
{
	const char *rest = str_after(name, "nvme");

	return rest && rest[strspn(rest, "0123456789")] == 'n';
}

/* The disk that says it is this volume. */
static const char *nvme_look(const char *uuid)
{
	DIR *dir = opendir("/sys/block");
	const char *found = NULL;
	struct dirent *entry;

	assert_non_null(dir);
	while (!found && (entry = readdir(dir)))
		if (is_disk(entry->d_name) &&
		    str_eq(get(arena_printf(arena, "/sys/block/%s/uuid", entry->d_name)), uuid))
			found = arena_strdup(arena, entry->d_name);
	assert_int_equal(closedir(dir), 0);
	return found;
}

static const char *nvme_disk(const JsonDoc *info)
{
	const char *uuid = json_get_text(arena, info, "vol_uuid");
	int64_t end_ms = clock_mono_ms() + WAIT_MS;
	const char *name;

	assert_string_equal(json_get_text(arena, info, "cleat_identity"),
			    arena_printf(arena, "uuid:%s", uuid));
	while (!(name = nvme_look(uuid)) && clock_mono_ms() < end_ms)
		(void)poll(NULL, 0,
			   LOOK_MS); /* there is no event of it that a test could wait for */
	if (!name)
		fail_msg("there is no disk of volume %s", uuid);
	return name;
}

static void nvme_disconnect(int number)
{
	put(arena_printf(arena, "/sys/class/nvme/nvme%d/delete_controller", number), "1");
}

static bool nvme_reaches(const JsonDoc *info, const char *identity)
{
	int number = nvme_connect(info, identity);

	if (number < 0)
		return false;
	(void)nvme_disk(info);
	nvme_disconnect(number);
	return true;
}

/* Write a block of that byte, or see whether there is one. */
static bool nvme_block(const JsonDoc *info, const char *identity, char byte, bool is_write)
{
	_Alignas(BLOCK) char block[BLOCK], wanted[BLOCK];
	int number = nvme_connect(info, identity);
	bool good;
	int fd;

	if (number < 0)
		return false;
	fd = open(arena_printf(arena, "/dev/%s", nvme_disk(info)), O_RDWR | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	memset(wanted, byte, sizeof(wanted));
	if (is_write)
		good = pwrite(fd, wanted, BLOCK, MIB) == BLOCK && fsync(fd) == 0;
	else
		good = pread(fd, block, BLOCK, MIB) == BLOCK && memcmp(block, wanted, BLOCK) == 0;
	assert_int_equal(close(fd), 0);
	nvme_disconnect(number);
	return good;
}

static bool nvme_writes(const JsonDoc *info, const char *identity, char byte)
{
	return nvme_block(info, identity, byte, true);
}

static bool nvme_reads(const JsonDoc *info, const char *identity, char byte)
{
	return nvme_block(info, identity, byte, false);
}

static int64_t nvme_size(const JsonDoc *info, const char *identity)
{
	int number = nvme_connect(info, identity);
	int64_t sectors;

	if (number < 0)
		return -1;
	assert_true(str_parse_i64(get(arena_printf(arena, "/sys/block/%s/size", nvme_disk(info))),
				  &sectors));
	nvme_disconnect(number);
	return sectors * 512;
}

static const Host nvme_host = {
	.reaches = nvme_reaches,
	.writes = nvme_writes,
	.reads = nvme_reads,
	.size = nvme_size,
};

/* --- promises --- */

static void a_host_that_is_let_in_gets_in(void **state _unused_)
{
	const Made made = make();
	JsonDoc *info = publish(&made, one, false);

	assert_true(host->writes(info, one, 7));
	assert_true(host->reads(info, one, 7));
	assert_false(host->reads(info, one, 8));
	assert_false(host->reaches(info, two));
	unpublish(&made, one);
	assert_false(host->reaches(info, one));
	(void)json_doc_free(info);
	drop(&made);
}

static void everything_may_be_done_twice(void **state _unused_)
{
	const Made made = make();
	JsonDoc *info;

	unpublish(&made, one); /* never there */
	(void)json_doc_free(publish(&made, one, false));
	info = publish(&made, one, false);
	assert_true(host->reaches(info, one));
	unpublish(&made, one);
	unpublish(&made, one);
	assert_false(host->reaches(info, one));
	(void)json_doc_free(info);
	drop(&made);
}

static void each_host_is_let_in_by_itself(void **state _unused_)
{
	const Made made = make();
	JsonDoc *first = publish(&made, one, false);
	JsonDoc *second = publish(&made, two, false);

	assert_true(host->writes(first, one, 3));
	assert_true(host->reads(second, two, 3));
	unpublish(&made, one);
	assert_false(host->reaches(first, one));
	assert_true(host->reads(second, two, 3));
	unpublish(&made, two);
	assert_false(host->reaches(second, two));
	(void)json_doc_free(first);
	(void)json_doc_free(second);
	drop(&made);
}

static void volumes_do_not_know_of_each_other(void **state _unused_)
{
	const Made a = make(), b = make();
	JsonDoc *info_a = publish(&a, one, false);
	JsonDoc *info_b = publish(&b, one, false);

	assert_string_not_equal(json_get_text(arena, info_a, "cleat_identity"),
				json_get_text(arena, info_b, "cleat_identity"));
	assert_true(host->writes(info_a, one, 1));
	assert_true(host->writes(info_b, one, 2));
	assert_true(host->reads(info_a, one, 1));
	unpublish(&a, one);
	assert_true(host->reads(info_b, one, 2));
	unpublish(&b, one);
	(void)json_doc_free(info_a);
	(void)json_doc_free(info_b);
	drop(&a);
	drop(&b);
}

static void h17_who_may_only_read_cannot_write(void **state _unused_)
{
	const Made made = make();
	JsonDoc *writer = publish(&made, one, false);
	JsonDoc *reader = publish(&made, two, true);

	assert_true(host->writes(writer, one, 5));
	assert_false(host->writes(reader, two, 6));
	assert_true(host->reads(reader, two, 5));
	(void)json_doc_free(publish(&made, two, false)); /* as it may now */
	assert_true(host->writes(reader, two, 6));
	(void)json_doc_free(publish(&made, two, true));
	assert_false(host->writes(reader, two, 7));
	unpublish(&made, two);
	unpublish(&made, one);
	(void)json_doc_free(writer);
	(void)json_doc_free(reader);
	drop(&made);
}

/* A host that has just logged out may still be there. */
static void resize(const Made *made, int64_t size_bytes)
{
	int64_t end_ms = clock_mono_ms() + WAIT_MS;
	int r;

	while ((r = target_resize(target, &made->volume, size_bytes, &fault_)) == TARGET_IN_USE &&
	       clock_mono_ms() < end_ms)
		(void)poll(NULL, 0, LOOK_MS); /* likewise */
	must(r);
}

static void a_volume_that_grows_is_seen(void **state _unused_)
{
	const Made made = make();
	JsonDoc *info;

	resize(&made, 2 * SIZE_MIB * MIB); /* not served */
	info = publish(&made, one, false);
	assert_int_equal(host->size(info, one), SIZE_MIB * MIB);
	assert_int_equal(truncate(made.path, 2 * SIZE_MIB * MIB), 0);
	resize(&made, 2 * SIZE_MIB * MIB);
	assert_int_equal(host->size(info, one), 2 * SIZE_MIB * MIB);
	unpublish(&made, one);
	(void)json_doc_free(info);
	drop(&made);
}

static const struct CMUnitTest promises[] = {
	cmocka_unit_test(a_host_that_is_let_in_gets_in),
	cmocka_unit_test(everything_may_be_done_twice),
	cmocka_unit_test(each_host_is_let_in_by_itself),
	cmocka_unit_test(volumes_do_not_know_of_each_other),
	cmocka_unit_test(a_volume_that_grows_is_seen),
	cmocka_unit_test(h17_who_may_only_read_cannot_write), /* not nvmet, which cannot say so */
};

static const TargetDriver *driver_of(const char *name)
{
	static const TargetDriver *const drivers[] = {&target_tgt, &target_lio, &target_nvmet};

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_eq(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}

static bool open_target(int argc, char **argv)
{
	const TargetDriver *driver = argc > 2 ? driver_of(argv[1]) : NULL;
	bool is_nvme = driver == &target_nvmet;

	if (!driver || !target_portal_read(argv[2], arena, &portal))
		return false;
	host = is_nvme ? &nvme_host : &iscsi_host;
	one = is_nvme ? "nqn.2014-08.org.example:uuid:11111111" : "iqn.2026-11.net.example:one";
	two = is_nvme ? "nqn.2014-08.org.example:uuid:22222222" : "iqn.2026-11.net.example:two";
	config = (TargetConfig){
		.name = driver->name,
		.portals = &portal,
		.portal_count = 1,
		.prefix = is_nvme ? "nqn.2026-11.net.example:" : "iqn.2026-11.net.example:",
		.configfs = CONFIGFS,
		.control = argc > 3 ? argv[3] : NULL,
		.secret = "a secret of this test alone, long enough",
		.chap = !is_nvme,
	};
	return target_open(driver, &config, &target, &fault_) == 0;
}

int main(int argc, char **argv)
{
	int failed;

	if (getenv("CLEAT_TEST_DEBUG"))
		log_set_level(LOG_DEBUG);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	arena = arena_new();
	if (!mkdtemp(folder))
		return 1;
	if (!open_target(argc, argv)) {
		(void)fprintf(stderr, "%s\n", fault_.text); /* nobody left to tell */
		return 2;
	}
	failed = _cmocka_run_group_tests(config.name, promises,
					 ARRAY_SIZE(promises) - (host == &nvme_host), NULL, NULL);
	(void)target_close(target);
	(void)arena_free(arena);
	return failed || (rmdir(folder) && errno != ENOTEMPTY);
}
