/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The same tests on every share backend: what src/contract/share-backend.h promises.
 *
 *     share-backend-contract directory|nfs none|image|quota [FOLDER]    in a folder of its own
 *     share-backend-contract cephfs CONF [FOLDER]    as client.admin of that cluster
 *
 * Files go through the path that connect() gives, as a guest's would. Nothing may be mounted in
 * the folder when all is over.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "backend/cephfs/cephfs.h"
#include "backend/directory/directory.h"
#include "backend/nfs/nfs.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "contract/share-backend.h"

#define GIB ((int64_t)1 << 30)
#define MIB ((int64_t)1 << 20)

/* A share a little smaller or larger than this is still one of its size. */
#define TOLERANCE (128 * MIB)

static char folder[128];
static ShareBackend *backend;
static Arena *arena;
static Fault fault_;

/* ---- a vocabulary ---- */

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

static bool has_access(ShareAccessType type)
{
	return share_backend_traits(backend)->access_types & 1U << type;
}

static Share share_of(int64_t size_gib)
{
	return (Share){
		.id = new_id(),
		.size_gib = size_gib,
		.protocol = has_access(SHARE_ACCESS_CEPHX) ? SHARE_CEPHFS : SHARE_NFS,
	};
}

static ShareSnapshot snapshot_of(const Share *share)
{
	return (ShareSnapshot){.id = new_id(), .share_id = share->id, .size_gib = share->size_gib};
}

static ShareRule rule_of(const Share *share, const char *ip, const char *cephx, int level)
{
	bool is_ip = has_access(SHARE_ACCESS_IP);

	return (ShareRule){
		.id = new_id(),
		.share_id = share->id,
		.type = is_ip ? SHARE_ACCESS_IP : SHARE_ACCESS_CEPHX,
		.access_to = is_ip ? ip : cephx,
		.level = level,
	};
}

/* The rule that lets this host in. */
static ShareRule *host_rule(const Share *share)
{
	ShareRule *rule = ARENA_NEW(arena, ShareRule);

	*rule = rule_of(share, "127.0.0.1", "cleat", SHARE_ACCESS_RW);
	return rule;
}

static void apply(const Share *share, ShareRule *rule)
{
	const ShareRule *const rules[] = {rule};
	ShareRuleResult result;

	must(share_backend_apply(backend, share, rules, 1, arena, &result, &fault_));
	assert_false(result.refused);
	if (rule->type == SHARE_ACCESS_CEPHX)
		assert_non_null(result.access_key);
	rule->access_key = result.access_key;
}

/* A share that this host is let in to, and the rule that does it. */
static Share made(int64_t size_gib, ShareRule **ret_rule)
{
	Share share = share_of(size_gib);

	must(share_backend_create(backend, &share, NULL, &fault_));
	*ret_rule = host_rule(&share);
	apply(&share, *ret_rule);
	return share;
}

static const char *connected(const Share *share, const ShareRule *rule, bool readonly)
{
	const char *path = NULL;
	struct stat st;

	must(share_backend_connect(backend, share, rule, readonly, arena, &path, &fault_));
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	return path;
}

static void disconnect(const Share *share, bool readonly)
{
	must(share_backend_disconnect(backend, share, readonly, &fault_));
}

static void gone(const Share *share)
{
	bool there = true;

	disconnect(share, false);
	disconnect(share, true);
	must(share_backend_remove(backend, share, &fault_));
	must(share_backend_exists(backend, share, &there, &fault_));
	assert_false(there);
}

static int open_file(const char *path, const char *name, int flags)
{
	return open(arena_printf(arena, "%s/%s", path, name), flags | O_CLOEXEC, 0644);
}

static void put(const char *path, const char *name, const char *text)
{
	int fd = open_file(path, name, O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0)
		fail_msg("%s/%s: %s", path, name, strerror(errno));
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(close(fd), 0);
}

static void assert_has(const char *path, const char *name, const char *text)
{
	char bytes[256] = "";
	int fd = open_file(path, name, O_RDONLY);

	if (fd < 0)
		fail_msg("%s/%s: %s", path, name, strerror(errno));
	assert_int_equal(read(fd, bytes, sizeof(bytes) - 1), strlen(text));
	assert_string_equal(bytes, text);
	assert_int_equal(close(fd), 0);
}

static void assert_lacks(const char *path, const char *name)
{
	assert_int_equal(open_file(path, name, O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
}

static void write_file(const Share *share, const ShareRule *rule, const char *text)
{
	put(connected(share, rule, false), "file", text);
	disconnect(share, false);
}

static void assert_file(const Share *share, const ShareRule *rule, const char *text)
{
	assert_has(connected(share, rule, false), "file", text);
	disconnect(share, false);
}

/*
 * Give up, or take back, the right to use more than a quota says. Emulators' file servers have not
 * got it, whatever a guest's root may do.
 */
static void be_a_guest(bool yes)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	assert_int_equal(syscall(SYS_capget, &head, sets), 0);
	if (yes)
		sets[0].effective &= ~(1U << CAP_SYS_RESOURCE);
	else
		sets[0].effective = sets[0].permitted;
	assert_int_equal(syscall(SYS_capset, &head, sets), 0);
}

/* Take blocks, by writing where they cannot be had otherwise. */
static bool take(int fd, int64_t at, int64_t n)
{
	static char bytes[MIB];

	if (fallocate(fd, 0, at, n) == 0)
		return true;
	if (errno != EOPNOTSUPP)
		return false;
	for (int64_t end = at + n; at < end; at += MIB)
		if (pwrite(fd, bytes, sizeof(bytes), at) != sizeof(bytes))
			return false;
	return fsync(fd) == 0; /* servers say no when they are sent it, not when it is written */
}

/* Fill a file until the share is full, or `max` bytes are there; says how many are. */
static int64_t fill(const char *path, const char *name, int64_t max)
{
	const int64_t step = 16 * MIB;
	int fd = open_file(path, name, O_WRONLY | O_CREAT);
	int64_t at = 0;

	assert_true(fd >= 0);
	be_a_guest(true);
	while (at < max && take(fd, at, step))
		at += step;
	be_a_guest(false);
	(void)close(fd); /* may say once more that it is full */
	return at;
}

/* Clients of a CephFS notice after some seconds that a share is full. */
static bool of_exact(const ShareBackendTraits *traits)
{
	return traits->sized && !str_eq(share_backend_name(backend), "cephfs");
}

/* ---- promises ---- */

static void a_share_comes_and_goes(void **state _unused_)
{
	Share share = share_of(1);
	ShareRule *rule = host_rule(&share);
	const ShareRule *const rules[] = {rule};
	ShareRuleResult result;
	const char *path = NULL;
	bool there = true;

	must(share_backend_exists(backend, &share, &there, &fault_));
	assert_false(there);
	rule->access_key = "AQBKSQdjAAAAABAAi+kPXX9Yd0xLNB0BxWRg4g==";
	assert_int_equal(share_backend_connect(backend, &share, rule, false, arena, &path, &fault_),
			 SHARE_BACKEND_NO_SHARE);
	assert_int_equal(share_backend_apply(backend, &share, rules, 1, arena, &result, &fault_),
			 SHARE_BACKEND_NO_SHARE);
	assert_int_equal(share_backend_resize(backend, &share, 2, &fault_), SHARE_BACKEND_NO_SHARE);
	disconnect(&share, false);
	disconnect(&share, true);
	must(share_backend_create(backend, &share, NULL, &fault_));
	must(share_backend_create(backend, &share, NULL, &fault_));
	must(share_backend_exists(backend, &share, &there, &fault_));
	assert_true(there);
	gone(&share);
	gone(&share);
}

static void a_location_names_the_share(void **state _unused_)
{
	Share first = share_of(1), second = share_of(1);
	ShareLocation *locations = NULL, *others = NULL;
	size_t count = 0;

	must(share_backend_locations(backend, &first, arena, &locations, &count, &fault_));
	must(share_backend_locations(backend, &second, arena, &others, &count, &fault_));
	assert_true(locations[0].preferred);
	assert_non_null(strstr(locations[0].path, first.id));
	assert_string_not_equal(locations[0].path, others[0].path);
}

static void what_is_written_stays(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);

	write_file(&share, rule, "text");
	must(share_backend_create(backend, &share, NULL, &fault_)); /* again: nothing is lost */
	apply(&share, rule);
	assert_file(&share, rule, "text");
	gone(&share);
}

static void shares_do_not_see_each_other(void **state _unused_)
{
	ShareRule *first_rule, *second_rule;
	Share first = made(1, &first_rule), second = made(1, &second_rule);
	const char *path;

	write_file(&first, first_rule, "mine");
	path = connected(&second, second_rule, false);
	assert_lacks(path, "file");
	gone(&first);
	put(path, "file", "still here");
	assert_has(path, "file", "still here");
	gone(&second);
}

static void connecting_is_repeated_and_undone(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);
	const char *path = connected(&share, rule, false);

	put(path, "file", "text");
	assert_string_equal(connected(&share, rule, false), path);
	assert_has(path, "file", "text");
	disconnect(&share, false);
	disconnect(&share, false);
	assert_file(&share, rule, "text");
	gone(&share);
}

static void nobody_writes_by_a_readonly_path(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);
	const char *readonly = connected(&share, rule, true);
	const char *path = connected(&share, rule, false);

	assert_string_not_equal(path, readonly);
	assert_string_equal(connected(&share, rule, true), readonly);
	put(path, "file", "text");
	assert_has(readonly, "file", "text");
	assert_int_equal(open_file(readonly, "file", O_WRONLY), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(open_file(readonly, "other", O_WRONLY | O_CREAT), -1);
	assert_int_equal(errno, EROFS);
	disconnect(&share, false);
	assert_has(readonly, "file", "text");
	disconnect(&share, true);
	disconnect(&share, true);
	gone(&share);
}

static void a_share_in_use_is_not_disconnected(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);
	int fd = open(connected(&share, rule, true), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(share_backend_disconnect(backend, &share, true, &fault_) < 0);
	assert_int_equal(close(fd), 0);
	disconnect(&share, true);
	gone(&share);
}

/* ---- rules ---- */

static void rules_are_applied_as_a_whole(void **state _unused_)
{
	Share share = share_of(1);
	const ShareRule one = rule_of(&share, "127.0.0.1", "cleat", SHARE_ACCESS_RW);
	const ShareRule two = rule_of(&share, "10.1.2.0/24", "alice", SHARE_ACCESS_RO);
	ShareRule odd = rule_of(&share, "carol", "carol", SHARE_ACCESS_RW);
	const ShareRule *const rules[] = {&one, &two, &odd};
	ShareRuleResult results[3];

	odd.type = SHARE_ACCESS_USER;
	must(share_backend_create(backend, &share, NULL, &fault_));
	for (size_t count = 0; count <= 3; count++) {
		must(share_backend_apply(backend, &share, rules, count, arena, results, &fault_));
		must(share_backend_apply(backend, &share, rules, count, arena, results, &fault_));
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(results[i].refused, i == 2);
			assert_int_equal(!!results[i].access_key,
					 i < 2 && has_access(SHARE_ACCESS_CEPHX));
		}
	}
	must(share_backend_apply(backend, &share, NULL, 0, arena, NULL, &fault_));
	gone(&share);
}

/* What users may write there must stay what it is: a name that somebody has, or nothing. */
static void no_rule_becomes_an_option(void **state _unused_)
{
	static const char *const hostile[] = {
		"10.0.0.1(rw,no_root_squash)",
		"*",
		"10.0.0.1 *(rw)",
		"10.0.0.1\n/ *(rw)",
		"--help",
		"-o",
		"client.admin",
		"a b",
		"a\" rw",
		"admin\nosd",
		"../../etc",
		"$(reboot)",
	};
	Share share = share_of(1);

	must(share_backend_create(backend, &share, NULL, &fault_));
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		const ShareRule rule = rule_of(&share, hostile[i], hostile[i], SHARE_ACCESS_RW);
		const ShareRule *const rules[] = {&rule};
		ShareRuleResult result;

		must(share_backend_apply(backend, &share, rules, 1, arena, &result, &fault_));
		if (!result.refused)
			fail_msg("\"%s\" is let in", hostile[i]);
	}
	gone(&share);
}

/* A server may remember for a while what it was told. */
static void a_share_goes_though_its_rules_were_changed_a_lot(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);

	write_file(&share, rule, "text");
	for (int i = 0; i < 6; i++) {
		must(share_backend_apply(backend, &share, NULL, 0, arena, NULL, &fault_));
		apply(&share, rule);
		assert_file(&share, rule, "text");
	}
	gone(&share);
}

/* ---- sizes ---- */

static void a_share_cannot_outgrow_its_size(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);
	const char *path = connected(&share, rule, false);
	int64_t bytes = fill(path, "large", 2 * GIB);

	assert_in_range(bytes, GIB - TOLERANCE, GIB + TOLERANCE);
	disconnect(&share, false);
	must(share_backend_resize(backend, &share, 2, &fault_));
	share.size_gib = 2;
	must(share_backend_resize(backend, &share, 2, &fault_));
	path = connected(&share, rule, false);
	bytes = fill(path, "large", 2 * GIB - TOLERANCE);
	assert_in_range(bytes, 2 * GIB - TOLERANCE, 2 * GIB);
	disconnect(&share, false);
	assert_int_equal(share_backend_resize(backend, &share, 1, &fault_),
			 SHARE_BACKEND_WOULD_LOSE);
	path = connected(&share, rule, false);
	assert_int_equal(truncate(arena_printf(arena, "%s/large", path), 0), 0);
	gone(&share);
}

static void assert_quota(const Share *share, const ShareRule *rule, int64_t size_gib)
{
	char text[24] = "";

	assert_true(getxattr(connected(share, rule, false), "ceph.quota.max_bytes", text,
			     sizeof(text) - 1) > 0);
	assert_string_equal(text, arena_printf(arena, "%" PRId64, size_gib * GIB));
	disconnect(share, false);
}

static void clients_know_the_size(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);

	assert_quota(&share, rule, 1);
	must(share_backend_resize(backend, &share, 3, &fault_));
	assert_quota(&share, rule, 3);
	must(share_backend_resize(backend, &share, 2, &fault_));
	assert_quota(&share, rule, 2);
	gone(&share);
}

static void a_share_shrinks_and_keeps_what_it_has(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(2, &rule);

	write_file(&share, rule, "text");
	must(share_backend_resize(backend, &share, 1, &fault_));
	must(share_backend_resize(backend, &share, 1, &fault_));
	share.size_gib = 1;
	assert_file(&share, rule, "text");
	if (of_exact(share_backend_traits(backend)))
		assert_in_range(fill(connected(&share, rule, false), "large", 2 * GIB),
				GIB - TOLERANCE, GIB + TOLERANCE);
	gone(&share);
}

static void a_share_grows_while_it_is_connected(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);
	const char *path = connected(&share, rule, false);

	put(path, "file", "text");
	must(share_backend_resize(backend, &share, 3, &fault_));
	share.size_gib = 3;
	assert_has(path, "file", "text");
	put(path, "other", "text");
	disconnect(&share, false);
	assert_file(&share, rule, "text");
	gone(&share);
}

static void capacity_makes_sense(void **state _unused_)
{
	int64_t total = -1, left = -1;

	must(share_backend_capacity(backend, &total, &left, &fault_));
	assert_true(total > 0 && left >= 0 && left <= total);
}

/* ---- snapshots ---- */

static void a_snapshot_keeps_what_was(void **state _unused_)
{
	ShareRule *rule, *copy_rule;
	Share share = made(1, &rule), copy = share_of(1);
	ShareSnapshot snapshot = snapshot_of(&share);

	assert_int_equal(share_backend_create(backend, &copy, &snapshot, &fault_),
			 SHARE_BACKEND_NO_SNAPSHOT);
	assert_int_equal(share_backend_revert(backend, &share, &snapshot, &fault_),
			 SHARE_BACKEND_NO_SNAPSHOT);
	write_file(&share, rule, "before");
	must(share_backend_snapshot(backend, &share, &snapshot, &fault_));
	write_file(&share, rule, "after");
	must(share_backend_snapshot(backend, &share, &snapshot, &fault_)); /* is there already */
	must(share_backend_create(backend, &copy, &snapshot, &fault_));
	copy_rule = host_rule(&copy);
	apply(&copy, copy_rule);
	assert_file(&copy, copy_rule, "before");
	assert_file(&share, rule, "after");
	must(share_backend_revert(backend, &share, &snapshot, &fault_));
	must(share_backend_revert(backend, &share, &snapshot, &fault_));
	apply(&share, rule);
	assert_file(&share, rule, "before");
	must(share_backend_snapshot_remove(backend, &share, &snapshot, &fault_));
	must(share_backend_snapshot_remove(backend, &share, &snapshot, &fault_));
	assert_file(&share, rule, "before");
	gone(&share);
	assert_file(&copy, copy_rule, "before");
	gone(&copy);
}

/* ---- what guests do ---- */

static void links_lead_nowhere(void **state _unused_)
{
	ShareRule *rule;
	Share share = made(1, &rule);
	ShareSnapshot snapshot = snapshot_of(&share);
	const char *path = connected(&share, rule, false);
	const char *outside = arena_printf(arena, "%s/outside", folder);
	struct stat before, after;

	put(folder, "outside", "mine");
	assert_int_equal(stat(outside, &before), 0);
	assert_int_equal(symlink(outside, arena_printf(arena, "%s/link", path)), 0);
	assert_int_equal(symlink(folder, arena_printf(arena, "%s/folder", path)), 0);
	assert_int_equal(symlink("../../..", arena_printf(arena, "%s/up", path)), 0);
	put(path, "a\nb -o suid", "odd");
	disconnect(&share, false);
	if (share_backend_traits(backend)->snapshots) {
		must(share_backend_snapshot(backend, &share, &snapshot, &fault_));
		must(share_backend_revert(backend, &share, &snapshot, &fault_));
		must(share_backend_snapshot_remove(backend, &share, &snapshot, &fault_));
	}
	must(share_backend_resize(backend, &share, 2, &fault_));
	gone(&share);
	assert_has(folder, "outside", "mine");
	assert_int_equal(stat(outside, &after), 0);
	assert_int_equal(before.st_mode, after.st_mode);
	assert_int_equal(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
	assert_int_equal(unlink(outside), 0);
}

/* ---- running them ---- */

/* A test, and of which backends it is asked. */
typedef struct Promise {
	struct CMUnitTest test;
	bool (*is_asked)(const ShareBackendTraits *traits);
} Promise;

static bool of_all(const ShareBackendTraits *traits _unused_)
{
	return true;
}

static bool of_late(const ShareBackendTraits *traits)
{
	return traits->sized && !of_exact(traits);
}

/* ext4 in an image grows while it is mounted only for those who have CAP_SYS_RESOURCE. */
static bool of_growing(const ShareBackendTraits *traits)
{
	return !traits->sized || !str_eq(share_backend_name(backend), "directory") ||
	       prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) == 1;
}

static bool of_snapshots(const ShareBackendTraits *traits)
{
	return traits->snapshots;
}

/* Where rules have an effect. */
static bool of_exporting(const ShareBackendTraits *traits _unused_)
{
	return !str_eq(share_backend_name(backend), "directory");
}

/* The cluster of ./check shares has no manager, and only managers count. */
static bool of_counting(const ShareBackendTraits *traits _unused_)
{
	return !str_eq(share_backend_name(backend), "cephfs");
}

static const Promise promises[] = {
	{cmocka_unit_test(a_share_comes_and_goes), of_all},
	{cmocka_unit_test(a_location_names_the_share), of_all},
	{cmocka_unit_test(what_is_written_stays), of_all},
	{cmocka_unit_test(shares_do_not_see_each_other), of_all},
	{cmocka_unit_test(connecting_is_repeated_and_undone), of_all},
	{cmocka_unit_test(nobody_writes_by_a_readonly_path), of_all},
	{cmocka_unit_test(a_share_in_use_is_not_disconnected), of_all},
	{cmocka_unit_test(rules_are_applied_as_a_whole), of_all},
	{cmocka_unit_test(no_rule_becomes_an_option), of_exporting},
	{cmocka_unit_test(a_share_goes_though_its_rules_were_changed_a_lot), of_exporting},
	{cmocka_unit_test(a_share_cannot_outgrow_its_size), of_exact},
	{cmocka_unit_test(clients_know_the_size), of_late},
	{cmocka_unit_test(a_share_shrinks_and_keeps_what_it_has), of_all},
	{cmocka_unit_test(a_share_grows_while_it_is_connected), of_growing},
	{cmocka_unit_test(capacity_makes_sense), of_counting},
	{cmocka_unit_test(a_snapshot_keeps_what_was), of_snapshots},
	{cmocka_unit_test(links_lead_nowhere), of_all},
};

static int check_promises(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(promises)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(promises); i++)
		if (promises[i].is_asked(share_backend_traits(backend)))
			tests[count++] = promises[i].test;
	return _cmocka_run_group_tests("share backend", tests, count, NULL, NULL);
}

static const ShareBackendDriver *const drivers[] = {&share_directory, &share_nfs, &share_cephfs};

static const ShareBackendDriver *driver_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_eq(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}

/* One that this machine cannot have is skipped, with its reason. */
static bool open_backend(const ShareBackendDriver *driver, const char *how)
{
	const ShareBackendConfig config = {
		.name = driver->name,
		.directory = arena_printf(arena, "%s/shares", folder),
		.mount_dir = arena_printf(arena, "%s/mounts", folder),
		.limit = how,
		.address = "127.0.0.1",
		.ceph_conf = how,
		.ceph_user = "admin",
	};
	int r = share_backend_open(driver, &config, &backend, &fault_);

	if (r)
		printf("1..0 # SKIP %s\n", fault_.text);
	return r == 0;
}

/* Nothing of the folder may be mounted. */
static bool is_unmounted(void)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	bool good = mounts != NULL;
	char line[4096];

	while (mounts && fgets(line, sizeof(line), mounts))
		if (strstr(line, folder)) {
			printf("# left behind: %s", line);
			good = false;
		}
	if (mounts)
		(void)fclose(mounts); /* was only read */
	return good;
}

/* What a backend keeps while it has no shares: empty directories. */
static bool remove_folder(void)
{
	static const char *const parts[] = {
		"shares/shares", "shares/images", "shares/snapshots",
		"shares/drafts", "shares/trash",  "shares/readonly",
		"shares",        "mounts",        "",
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (rmdir(arena_printf(arena, "%s/%s", folder, parts[i])) && errno != ENOENT) {
			printf("# left behind: %s: %s\n", parts[i], strerror(errno));
			return false;
		}
	return true;
}

int main(int argc, char **argv)
{
	const ShareBackendDriver *driver = argc > 2 ? driver_named(argv[1]) : NULL;
	bool good;

	if (!driver) {
		(void)fputs("usage: share-backend-contract BACKEND LIMIT|CONF [FOLDER]\n", stderr);
		return 2;
	}
	if (getenv("CLEAT_TEST_DEBUG"))
		log_set_level(LOG_DEBUG);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	arena = arena_new();
	(void)snprintf(folder, sizeof(folder), "%.100s/cleat-shares-XXXXXX",
		       argc > 3 ? argv[3] : "/tmp"); /* fits */
	if (!mkdtemp(folder))
		return 1;
	good = !open_backend(driver, argv[2]) || check_promises() == 0;
	backend = share_backend_close(backend);
	good = is_unmounted() && good;
	good = remove_folder() && good;
	arena = arena_free(arena);
	return !good;
}
