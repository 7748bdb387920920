/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The crash sweep: a child mounts or releases, and dies at its n-th touch of the world, for n = 1,
 * 2, 3… until it gets through; then the next plugin keeps what is left. Whatever n was: what was
 * acknowledged is there, the volume is attached exactly if somebody holds it, and the call can be
 * repeated. The world is touched by the calls below, which this program has in place of libc's and
 * of libcleat's. The same with a disk that is full at the n-th write.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "plugin/priv.h"
#include "plugin/test-place.h"

enum { DIED = 99, REFUSED = 98, TOUCHES_MAX = 100, PATIENCE_MS = 60 * 1000 };

/* What outlives the child. */
typedef struct World {
	bool here;
	bool busy; /* a container uses it */
	int acknowledged;
	const char *status; /* NULL: "available" */
	const char *mode;   /* NULL: "rw" */
	const char *fs;     /* that is to be made */
} World;

static World *world;
static int touches_left; /* until the end; 0: it does not come */
static int writes_left;  /* until one finds the disk full; 0: none does */

static void touch(void)
{
	if (touches_left > 0 && --touches_left == 0)
		_exit(DIED);
}

int fsync(int fd _unused_)
{
	if (writes_left > 0 && --writes_left == 0) {
		errno = ENOSPC;
		return -1;
	}
	return 0; /* the page cache outlives the process */
}

int renameat(int old_dir, const char *old, int new_dir, const char *new)
{
	touch();
	return (int)syscall(SYS_renameat2, old_dir, old, new_dir, new, 0);
}

int unlinkat(int dir, const char *name, int flags)
{
	touch();
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

/* --- libcleat and the service --- */

int cleat_local_attach(cleat_host *host _unused_, cleat_cloud *cloud _unused_, const char *volume,
		       const struct cleat_attach_options *options, cleat_disk **ret,
		       struct cleat_error *error _unused_)
{
	assert_string_equal(volume, "v1");
	assert_string_equal(options->mountpoint, "/mnt/data");
	world->fs = options->make_fs;
	touch();
	world->here = true;
	touch();
	*ret = NEW(cleat_disk);
	return CLEAT_OK;
}

int cleat_local_detach(cleat_host *host _unused_, cleat_cloud *cloud _unused_,
		       const char *volume _unused_, const char *attachment_id _unused_,
		       unsigned flags, int64_t timeout _unused_, struct cleat_error *error)
{
	assert_int_equal(flags, 0);
	assert_true(world->here);
	if (world->busy)
		return error->status = CLEAT_BUSY;
	touch();
	world->here = false;
	touch();
	return CLEAT_OK;
}

int cleat_list(cleat_host *host _unused_, cleat_disk ***ret, size_t *ret_count,
	       struct cleat_error *error _unused_)
{
	*ret_count = world->here;
	*ret = mem_new(sizeof(cleat_disk *));
	if (world->here) {
		(*ret)[0] = NEW(cleat_disk);
		(*ret)[0]->volume_id = "v1";
	}
	return CLEAT_OK;
}

void cleat_disk_free(cleat_disk *disk)
{
	free(disk);
}

void cleat_disks_free(cleat_disk **disks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(disks[i]);
	free(disks);
}

int volume_find(Call *call, Volume *ret)
{
	*ret = (Volume){
		.name = call->name,
		.id = "v1",
		.status = world->status ? world->status : "available",
		.options = {.fs = "ext4", .mode = world->mode ? world->mode : "rw"},
	};
	return 0;
}

int volume_wait(Call *call _unused_, Volume *volume _unused_)
{
	return 0;
}

/* --- calls --- */

static const PluginConfig config = {.mount_dir = "/mnt"};

static int play(TestPlace *place, int (*run)(Call *call), const char *id)
{
	const Machine machine = {.config = &config, .holders = place->holders};
	Session session = {0};
	Call call = {
		.machine = &machine,
		.session = &session,
		.arena = place->arena,
		.deadline_ms = clock_mono_ms() + PATIENCE_MS,
		.name = "data",
		.id = id,
	};

	return run(&call);
}

static const char *journey_id;

static void mount_once(TestPlace *place)
{
	if (play(place, mount_take, journey_id))
		_exit(REFUSED);
	world->acknowledged++;
}

static void release_once(TestPlace *place)
{
	if (play(place, mount_release, journey_id))
		_exit(REFUSED);
	world->acknowledged--;
}

/* How the child ended. */
static int run_child(TestPlace *place, void (*journey)(TestPlace *place), int touches, int writes)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		touches_left = touches;
		writes_left = writes;
		journey(place);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What the next plugin does first. */
static void keep(TestPlace *place)
{
	Record record = {0};
	int r;

	holders_close(place->holders);
	assert_int_equal(holders_open(place->folder, &place->holders, NULL), 0);
	r = holders_load(place->holders, place->arena, "data", &record, NULL);
	assert_true(r == 0 || r == HOLDERS_NONE);
	if (r == 0 && record.count == 0)
		assert_int_equal(play(place, mount_clear, NULL), 0);
}

/* It is here exactly if somebody holds it; who does. */
static Record look(TestPlace *place)
{
	Record record = {0};
	int r = holders_load(place->holders, place->arena, "data", &record, NULL);

	assert_true(r == 0 || r == HOLDERS_NONE);
	assert_int_equal(r == 0, record.count > 0);
	assert_int_equal(record.count > 0, world->here);
	return record;
}

static void world_make(void)
{
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	assert_true(world != MAP_FAILED);
}

typedef struct Sweep {
	int others; /* who hold it before: "other0" … */
	bool held;  /* so does the one who travels */
	void (*journey)(TestPlace *place);
	int touches_min;
} Sweep;

static void furnish(const Sweep *sweep, TestPlace *place)
{
	for (int i = 0; i < sweep->others; i++)
		assert_int_equal(play(place, mount_take, arena_printf(place->arena, "other%d", i)),
				 0);
	if (sweep->held)
		assert_int_equal(play(place, mount_take, "me"), 0);
	world->acknowledged = sweep->held;
}

static void check(const Sweep *sweep, TestPlace *place, int ended)
{
	bool mounts = sweep->journey == mount_once;
	Record record = look(place);

	assert_int_equal(world->acknowledged, sweep->held + (ended ? 0 : mounts ? 1 : -1));
	for (int i = 0; i < sweep->others; i++)
		assert_non_null(holders_find(&record, arena_printf(place->arena, "other%d", i)));
	if (ended == 0)
		assert_int_equal(holders_find(&record, "me") != NULL, mounts);
	if (sweep->held && mounts) /* as was acknowledged before */
		assert_non_null(holders_find(&record, "me"));
	if (ended == REFUSED && mounts)
		assert_int_equal(holders_find(&record, "me") != NULL, sweep->held);
	assert_int_equal(record.count, sweep->others + (holders_find(&record, "me") != NULL));

	/* Whether it had been done or not: it can be done again. */
	assert_int_equal(play(place, mounts ? mount_take : mount_release, "me"), 0);
	record = look(place);
	assert_int_equal(holders_find(&record, "me") != NULL, mounts);
	assert_int_equal(record.count, sweep->others + mounts);
}

static void sweep_run(const Sweep *sweep, int kind)
{
	int ended = kind, n;

	world_make();
	journey_id = "me";
	for (n = 1; ended == kind; n++) {
		TestPlace place = place_make();

		assert_true(n < TOUCHES_MAX);
		*world = (World){0};
		furnish(sweep, &place);
		ended = run_child(&place, sweep->journey, kind == DIED ? n : 0,
				  kind == REFUSED ? n : 0);
		assert_true(ended == 0 || ended == kind);
		keep(&place);
		check(sweep, &place, ended);
		place_done(&place);
	}
	assert_true(n > sweep->touches_min);
	assert_int_equal(munmap(world, sizeof(*world)), 0);
}

TEST(a_first_mount_dies_anywhere)
{
	sweep_run(&(Sweep){.journey = mount_once, .touches_min = 4}, DIED);
}

TEST(a_second_mount_dies_anywhere)
{
	sweep_run(&(Sweep){.others = 2, .journey = mount_once, .touches_min = 3}, DIED);
}

TEST(a_repeated_mount_dies_anywhere)
{
	sweep_run(&(Sweep){.held = true, .journey = mount_once, .touches_min = 2}, DIED);
}

TEST(the_last_release_dies_anywhere)
{
	sweep_run(&(Sweep){.held = true, .journey = release_once, .touches_min = 4}, DIED);
}

TEST(a_release_that_leaves_others_dies_anywhere)
{
	sweep_run(&(Sweep){.others = 1, .held = true, .journey = release_once, .touches_min = 1},
		  DIED);
}

TEST(a_full_disk_leaves_nothing_half)
{
	sweep_run(&(Sweep){.journey = mount_once, .touches_min = 3}, REFUSED);
	sweep_run(&(Sweep){.others = 1, .journey = mount_once, .touches_min = 1}, REFUSED);
	sweep_run(&(Sweep){.held = true, .journey = release_once, .touches_min = 2}, REFUSED);
}

TEST(somebody_who_is_not_known_releases_nothing)
{
	TestPlace place = place_make();

	world_make();
	assert_int_equal(play(&place, mount_release, "nobody"), 0);
	assert_int_equal(play(&place, mount_take, "me"), 0);
	assert_int_equal(play(&place, mount_release, "nobody"), 0);
	assert_true(world->here);
	assert_int_equal(play(&place, mount_clear, NULL), PLUGIN_REFUSED);
	assert_int_equal(play(&place, mount_release, "me"), 0);
	assert_false(world->here);
	assert_false(place_has(&place, "data.json"));
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}

TEST(what_another_way_attached_is_left_alone)
{
	TestPlace place = place_make();

	world_make();
	world->here = true;
	assert_int_equal(play(&place, mount_take, "me"), PLUGIN_REFUSED);
	assert_true(world->here);
	assert_false(place_has(&place, "data.json"));
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}

static const char *const taken[] = {"in-use", "attaching", "detaching", "reserved", "backing-up"};

TEST(what_is_not_free_is_refused_before_and_after_a_crash)
{
	TestPlace place = place_make();
	const Record begun = {.name = "data", .volume_id = "v1"};

	world_make();
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		world->status = taken[i];
		assert_int_equal(play(&place, mount_take, "me"), PLUGIN_REFUSED);
		assert_false(place_has(&place, "data.json"));
		/* Begun here, and another host was faster. */
		assert_int_equal(holders_save(place.holders, &begun, NULL), 0);
		assert_int_equal(play(&place, mount_take, "me"), PLUGIN_REFUSED);
		assert_false(world->here);
		assert_int_equal(play(&place, mount_clear, NULL), 0);
	}
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}

TEST(what_is_ours_is_gone_on_with_whatever_its_status)
{
	TestPlace place = place_make();
	const Record begun = {.name = "data", .volume_id = "v1"};

	world_make();
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		world->status = taken[i];
		world->here = true;
		assert_int_equal(holders_save(place.holders, &begun, NULL), 0);
		assert_int_equal(play(&place, mount_take, "me"), 0);
		assert_int_equal(play(&place, mount_take, "you"), 0);
		assert_int_equal(play(&place, mount_release, "me"), 0);
		assert_int_equal(play(&place, mount_release, "you"), 0);
	}
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}

TEST(who_only_reads_may_do_so_beside_others)
{
	TestPlace place = place_make();

	world_make();
	world->mode = "ro";
	world->status = "reserved";
	assert_int_equal(play(&place, mount_take, "me"), PLUGIN_REFUSED);
	world->status = "in-use";
	assert_int_equal(play(&place, mount_take, "me"), 0);
	assert_null(world->fs);
	assert_int_equal(play(&place, mount_release, "me"), 0);
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}

/* --- engines that did not hear --- */

static Holder look_at(TestPlace *place, const char *id)
{
	Record record = {0};
	const Holder *holder;

	assert_int_equal(holders_load(place->holders, place->arena, "data", &record, NULL), 0);
	holder = holders_find(&record, id);
	return holder ? *holder : (Holder){0};
}

/* As if its answer had gone out so long ago. */
static void age(TestPlace *place, const char *id, int64_t ms)
{
	Record record = {0};

	assert_int_equal(holders_load(place->holders, place->arena, "data", &record, NULL), 0);
	holders_find(&record, id)->unheard_ms -= ms;
	assert_int_equal(holders_save(place->holders, &record, NULL), 0);
}

static int hear(TestPlace *place, const char *id, int64_t mounted_ms)
{
	const Machine machine = {.config = &config, .holders = place->holders};
	Call call = {
		.machine = &machine,
		.arena = place->arena,
		.name = "data",
		.id = id,
		.mounted_ms = mounted_ms,
	};

	return mount_heard(&call);
}

TEST(who_stays_unheard_holds_nothing_after_a_while)
{
	TestPlace place = place_make();

	world_make();
	assert_int_equal(play(&place, mount_take, "me"), 0);
	assert_true(look_at(&place, "me").unheard_ms > 0);
	assert_int_equal(play(&place, mount_expire, NULL), 0);
	assert_non_null(look_at(&place, "me").id); /* not yet */
	age(&place, "me", PLUGIN_UNHEARD_MS);
	assert_int_equal(play(&place, mount_expire, NULL), 0);
	assert_null(look_at(&place, "me").id);
	assert_int_equal(play(&place, mount_clear, NULL), 0);
	assert_false(world->here);
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}

TEST(who_was_heard_of_stays)
{
	TestPlace place = place_make();
	int64_t mounted_ms;

	world_make();
	assert_int_equal(play(&place, mount_take, "me"), 0);
	mounted_ms = look_at(&place, "me").unheard_ms;
	assert_int_equal(hear(&place, "me", mounted_ms - 1), 0); /* of an earlier mount */
	assert_int_equal(look_at(&place, "me").unheard_ms, mounted_ms);
	assert_int_equal(hear(&place, "nobody", mounted_ms), 0);
	assert_int_equal(hear(&place, "me", mounted_ms), 0);
	assert_int_equal(look_at(&place, "me").unheard_ms, 0);
	/* Of two the one goes that was not heard of; asking again is a new beginning. */
	assert_int_equal(play(&place, mount_take, "you"), 0);
	age(&place, "you", PLUGIN_UNHEARD_MS);
	assert_int_equal(play(&place, mount_take, "you"), 0);
	assert_int_equal(play(&place, mount_expire, NULL), 0);
	assert_non_null(look_at(&place, "you").id);
	age(&place, "you", PLUGIN_UNHEARD_MS);
	assert_int_equal(play(&place, mount_expire, NULL), 0);
	assert_null(look_at(&place, "you").id);
	assert_non_null(look_at(&place, "me").id);
	assert_true(world->here);
	assert_int_equal(play(&place, mount_release, "me"), 0);
	assert_int_equal(hear(&place, "me", mounted_ms), 0); /* nothing is here */
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}

TEST(what_a_container_uses_stays_whoever_was_heard_of)
{
	TestPlace place = place_make();

	world_make();
	assert_int_equal(play(&place, mount_take, "me"), 0);
	age(&place, "me", PLUGIN_UNHEARD_MS);
	world->busy = true;
	assert_int_equal(play(&place, mount_expire, NULL), 0);
	assert_int_equal(play(&place, mount_clear, NULL), PLUGIN_REFUSED);
	assert_true(world->here);
	assert_int_equal(play(&place, mount_release, "me"), PLUGIN_REFUSED);
	world->busy = false;
	assert_int_equal(play(&place, mount_release, "me"), 0);
	assert_false(world->here);
	assert_false(place_has(&place, "data.json"));
	assert_int_equal(munmap(world, sizeof(*world)), 0);
	place_done(&place);
}
