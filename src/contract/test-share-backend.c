/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the wrappers let through: documented outcomes do, others become faults, and so do answers
 * that no client could use.
 */
#include "contract/share-backend.h"

#include <semaphore.h>
#include <stdatomic.h>

#include <errno.h>

#include "tests/lib/test.h"

#define ID "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"
#define OTHER_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"

static int answer;              /* of the next call */
static const char *answer_path; /* of connect and locations */
static size_t answer_count;     /* of locations */
static bool is_open;

static int mock_open(const ShareBackendConfig *config _unused_, void **ret, Fault *f)
{
	static int self;

	if (answer < 0)
		return fault(f, answer, "no such place");
	is_open = true;
	*ret = &self;
	return 0;
}

static void mock_close(void *self _unused_)
{
	is_open = false;
}

static void mock_describe(void *self _unused_, ShareBackendTraits *traits)
{
	traits->sized = true;
}

static int mock_create(void *self _unused_, const Share *share _unused_,
		       const ShareSnapshot *from _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_remove(void *self _unused_, const Share *share _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_exists(void *self _unused_, const Share *share _unused_, bool *ret,
		       Fault *f _unused_)
{
	*ret = true;
	return answer;
}

static int mock_resize(void *self _unused_, const Share *share _unused_, int64_t size_gib _unused_,
		       Fault *f _unused_)
{
	return answer;
}

static int mock_locations(void *self _unused_, const Share *share _unused_, Arena *arena,
			  ShareLocation **ret, size_t *ret_count, Fault *f _unused_)
{
	*ret = ARENA_NEW(arena, ShareLocation);
	(*ret)->path = answer_path;
	*ret_count = answer_count;
	return answer;
}

static int mock_apply(void *self _unused_, const Share *share _unused_,
		      const ShareRule *const *rules _unused_, size_t count _unused_,
		      Arena *arena _unused_, ShareRuleResult *results _unused_, Fault *f)
{
	return answer < 0 ? fault(f, answer, "no rules") : answer;
}

static int mock_connect(void *self _unused_, const Share *share _unused_,
			const ShareRule *rule _unused_, bool readonly _unused_,
			Arena *arena _unused_, const char **ret, Fault *f)
{
	*ret = answer_path;
	return answer < 0 ? fault(f, answer, "no mount") : answer;
}

static int mock_disconnect(void *self _unused_, const Share *share _unused_, bool readonly _unused_,
			   Fault *f _unused_)
{
	return answer;
}

static int mock_capacity(void *self _unused_, int64_t *ret_total_bytes, int64_t *ret_free_bytes,
			 Fault *f _unused_)
{
	*ret_total_bytes = 2;
	*ret_free_bytes = 1;
	return answer;
}

/* A file system whose server is gone: the second question hangs until the end of the test. */
static sem_t asked, let_go;
static atomic_int questions;

static int hanging_capacity(void *self _unused_, int64_t *ret_total_bytes, int64_t *ret_free_bytes,
			    Fault *f _unused_)
{
	if (atomic_fetch_add(&questions, 1) > 0) {
		(void)sem_post(&asked);
		while (sem_wait(&let_go)) /* interrupted */
			;
	}
	*ret_total_bytes = 2000;
	*ret_free_bytes = 1000;
	return 0;
}

static int mock_snapshot(void *self _unused_, const Share *share _unused_,
			 const ShareSnapshot *snapshot _unused_, Fault *f _unused_)
{
	return answer;
}

#define MOCK_SLOTS                                                                                 \
	.size = sizeof(ShareBackendDriver), .open = mock_open, .close = mock_close,                \
	.describe = mock_describe, .create = mock_create, .remove = mock_remove,                   \
	.exists = mock_exists, .resize = mock_resize, .locations = mock_locations,                 \
	.apply = mock_apply, .connect = mock_connect, .disconnect = mock_disconnect

static const ShareBackendDriver plain = {
	.name = "plain",
	.traits = {.protocols = 1U << SHARE_NFS},
	MOCK_SLOTS,
	.capacity = mock_capacity,
};

static const ShareBackendDriver hanging = {
	.name = "hanging",
	.traits = {.protocols = 1U << SHARE_NFS, .capacity_waits = true},
	MOCK_SLOTS,
	.capacity = hanging_capacity,
};

static const ShareBackendDriver snapping = {
	.name = "snapping",
	.traits = {.protocols = 1U << SHARE_NFS, .snapshots = true},
	MOCK_SLOTS,
	.capacity = mock_capacity,
	.snapshot = mock_snapshot,
	.snapshot_remove = mock_snapshot,
	.revert = mock_snapshot,
};

static const Share share = {.id = ID, .size_gib = 1, .protocol = SHARE_NFS};
static const ShareSnapshot snapshot = {.id = OTHER_ID, .share_id = ID};
static const ShareRule rule = {.id = OTHER_ID, .share_id = ID, .access_to = "10.0.0.1"};

static ShareBackend *backend_make(const ShareBackendDriver *driver)
{
	ShareBackendConfig config = {.name = "mock", .mount_dir = "/nowhere"};
	ShareBackend *backend = NULL;
	Fault f = {0};

	answer = 0;
	answer_count = 1;
	answer_path = "host:/path";
	assert_int_equal(share_backend_open(driver, &config, &backend, &f), 0);
	return backend;
}

TEST(a_backend_needs_an_absolute_place_for_mounts)
{
	ShareBackendConfig config = {.name = "mock", .mount_dir = "mounts"};
	ShareBackend *backend = NULL;
	Fault f = {0};

	assert_int_equal(share_backend_open(&plain, &config, &backend, &f), -EINVAL);
	config.mount_dir = NULL;
	assert_int_equal(share_backend_open(&plain, &config, &backend, &f), -EINVAL);
	config.mount_dir = "/nowhere";
	answer = -ENOENT;
	assert_int_equal(share_backend_open(&plain, &config, &backend, &f), -ENOENT);
	assert_string_equal(f.text, "backend mock: open: no such place");
	assert_null(backend);
}

TEST(traits_are_the_drivers_as_amended)
{
	ShareBackend *backend = backend_make(&snapping);

	assert_string_equal(share_backend_name(backend), "mock");
	assert_true(share_backend_traits(backend)->snapshots);
	assert_true(share_backend_traits(backend)->sized);
	assert_true(is_open);
	assert_null(share_backend_close(backend));
	assert_false(is_open);
}

/* Which outcomes, in the order of the enum, each call lets through. */
#define CHECK_OUTCOMES(call, ...)                                                                  \
	do {                                                                                       \
		static const bool allowed[] = {__VA_ARGS__};                                       \
		for (size_t i_ = 0; i_ < ARRAY_SIZE(allowed); i_++) {                              \
			answer = SHARE_BACKEND_FULL + (int)i_;                                     \
			assert_int_equal(call, allowed[i_] ? answer : -EPROTO);                    \
		}                                                                                  \
		answer = SHARE_BACKEND_WOULD_LOSE + 1;                                             \
		assert_true((call) < 0);                                                           \
		answer = -EIO;                                                                     \
		assert_int_equal(call, -EIO);                                                      \
		answer = 0;                                                                        \
		assert_int_equal(call, 0);                                                         \
	} while (0)

TEST(documented_outcomes_pass_and_others_are_faults)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ShareBackend *backend = backend_make(&snapping);
	const ShareRule *rules[] = {&rule};
	ShareRuleResult results[1];
	bool there;
	Fault f = {0};

	CHECK_OUTCOMES(share_backend_create(backend, &share, NULL, &f), true, false, true, false);
	CHECK_OUTCOMES(share_backend_remove(backend, &share, &f), false, false, false, false);
	CHECK_OUTCOMES(share_backend_exists(backend, &share, &there, &f), false, false, false,
		       false);
	CHECK_OUTCOMES(share_backend_resize(backend, &share, 2, &f), true, true, false, true);
	CHECK_OUTCOMES(share_backend_apply(backend, &share, rules, 1, arena, results, &f), false,
		       true, false, false);
	CHECK_OUTCOMES(share_backend_disconnect(backend, &share, true, &f), false, false, false,
		       false);
	CHECK_OUTCOMES(share_backend_snapshot(backend, &share, &snapshot, &f), true, true, false,
		       false);
	CHECK_OUTCOMES(share_backend_snapshot_remove(backend, &share, &snapshot, &f), false, false,
		       false, false);
	CHECK_OUTCOMES(share_backend_revert(backend, &share, &snapshot, &f), true, true, true,
		       false);
	(void)share_backend_close(backend);
}

TEST(a_driver_without_snapshots_says_so)
{
	ShareBackend *backend = backend_make(&plain);
	Fault f = {0};

	assert_int_equal(share_backend_snapshot(backend, &share, &snapshot, &f), -EOPNOTSUPP);
	assert_int_equal(share_backend_revert(backend, &share, &snapshot, &f), -EOPNOTSUPP);
	assert_int_equal(share_backend_create(backend, &share, &snapshot, &f), -EOPNOTSUPP);
	assert_int_equal(share_backend_snapshot_remove(backend, &share, &snapshot, &f), 0);
	(void)share_backend_close(backend);
}

TEST(a_location_is_a_line_that_clients_can_use)
{
	static const char *const bad[] = {"", "nothing", "host:/a\nb", "host:/a\tb", "h:/\x7f"};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ShareBackend *backend = backend_make(&plain);
	ShareLocation *locations = NULL;
	size_t count = 0;
	Fault f = {0};

	assert_int_equal(share_backend_locations(backend, &share, arena, &locations, &count, &f),
			 0);
	assert_int_equal(count, 1);
	assert_string_equal(locations->path, "host:/path");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		answer_path = bad[i];
		assert_int_equal(
			share_backend_locations(backend, &share, arena, &locations, &count, &f),
			-EPROTO);
	}
	answer_count = 0;
	assert_int_equal(share_backend_locations(backend, &share, arena, &locations, &count, &f),
			 -EPROTO);
	(void)share_backend_close(backend);
}

TEST(a_connected_share_is_an_absolute_path)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ShareBackend *backend = backend_make(&plain);
	const char *path = NULL;
	Fault f = {0};

	answer_path = "/mounts/" ID;
	assert_int_equal(share_backend_connect(backend, &share, &rule, false, arena, &path, &f), 0);
	assert_string_equal(path, "/mounts/" ID);
	answer_path = "mounts/" ID;
	assert_int_equal(share_backend_connect(backend, &share, NULL, false, arena, &path, &f),
			 -EPROTO);
	answer_path = NULL;
	assert_int_equal(share_backend_connect(backend, &share, NULL, false, arena, &path, &f),
			 -EPROTO);
	(void)share_backend_close(backend);
}

TEST(room_is_told_while_the_backend_hangs)
{
	ShareBackend *backend;
	int64_t total = 0, left = 0;
	Fault f = {0};

	assert_int_equal(sem_init(&asked, 0, 0), 0);
	assert_int_equal(sem_init(&let_go, 0, 0), 0);
	backend = backend_make(&hanging);
	assert_int_equal(share_backend_remove(backend, &share, &f), 0); /* worth a look */
	assert_int_equal(share_backend_capacity(backend, &total, &left, &f), 0);
	while (sem_wait(&asked)) /* interrupted */
		;
	assert_int_equal(share_backend_capacity(backend, &total, &left, &f), 0);
	assert_int_equal(total, 2000);
	assert_int_equal(left, 1000);
	for (int i = 0; i < 100; i++) /* more looks than there can be */
		(void)sem_post(&let_go);
	assert_null(share_backend_close(backend));
	(void)sem_destroy(&asked);
	(void)sem_destroy(&let_go);
}
