/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the driver says to LVM's tools and makes of their answers, by scripted replies. What needs
 * a device is tested with real ones: tests/contract/backend.c, in a guest.
 */
#include <errno.h>

#include "backend/lvm/priv.h"
#include "base/str.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define SNAP_ID "11111111-2222-4333-8444-555555555555"

/* Transcripts of the tools' reports. */
#define GROUP_ASKED "$ lvm vgs --config * --reportformat json --units b --nosuffix --options * vg\n"
#define GROUP(size, free, extent)                                                                  \
	GROUP_ASKED                                                                                \
	"< {\"report\": [{\"vg\": [{\"vg_size\":\"" size "\", \"vg_free\":\"" free                 \
	"\", \"vg_extent_size\":\"" extent "\"}]}]}\n"
#define POOL(type, zero)                                                                           \
	"$ lvm lvs --config * --reportformat json --units b --nosuffix --options *segtype* "       \
	"--select lv_name=pool vg\n"                                                               \
	"< {\"report\": [{\"lv\": [{\"lv_size\":\"10737418240\", \"data_percent\":\"25.00\", "     \
	"\"segtype\":\"" type "\", \"zero\":\"" zero "\"}]}]}\n"
#define ASKED(name)                                                                                \
	"$ lvm lvs --config * --reportformat json --units b --nosuffix --options lv_size,*"        \
	" --select lv_name=" name " vg\n"
#define NOT_THERE(name) ASKED(name) "< {\"report\": [{\"lv\": []}]}\n"
#define THERE_AS(name, size, tags, pool, active, open)                                             \
	ASKED(name)                                                                                \
	"< {\"report\": [{\"lv\": [{\"lv_size\":\"" size "\", \"lv_tags\":\"" tags                 \
	"\", \"pool_lv\":\"" pool "\", \"lv_active\":\"" active "\", \"lv_device_open\":\"" open   \
	"\"}]}]}\n"
#define THERE(name, size, tags) THERE_AS(name, size, tags, "pool", "", "")

#define VOLUME "volume-" ID
#define SNAP "snap-" SNAP_ID
#define ONE_GIB "1073741824"
#define TWO_GIB "2147483648"
#define MAKE_THIN                                                                                  \
	"$ lvm lvcreate --config * --yes --type thin --thinpool vg/pool --virtualsize " ONE_GIB    \
	"b --name " VOLUME " --addtag cleat --addtag cleat --setactivationskip n --activate n\n"

static const Volume volume = {.id = ID, .format = DISK_FORMAT_RAW, .size_gib = 1};
static const Snapshot snapshot = {.id = SNAP_ID, .volume_id = ID, .size_gib = 1};
static Fault fault_;

static int open_with(const char *script, const char *group, const char *pool, Backend **ret)
{
	const BackendConfig config = {
		.name = "lvm",
		.directory = "/",
		.volume_group = group,
		.thin_pool = pool,
	};

	fault_ = (Fault){0};
	assert_int_equal(run_script_play(script, &fault_), 0);
	return backend_open(pool ? &backend_lvm_thin : &backend_lvm_thick, &config, ret, &fault_);
}

/* A thin backend, and what it says next. */
static Backend *thin(const char *script)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Backend *backend = NULL;
	const char *all =
		arena_printf(arena, "%s%s%s", GROUP("21474836480", "1073741824", "4194304"),
			     POOL("thin-pool", "zero"), script);

	assert_int_equal(open_with(all, "vg", "pool", &backend), 0);
	return backend;
}

/* All of the script was said. */
static void over(Backend *backend)
{
	Fault f = {0};

	if (run_script_end(&f))
		fail_msg("%s", f.text);
	(void)backend_close(backend);
}

static void check_no_open(const char *script, const char *group, const char *pool,
			  const char *reason)
{
	Backend *backend = NULL;

	assert_true(open_with(script, group, pool, &backend) < 0);
	assert_null(backend);
	if (!strstr(fault_.text, reason))
		fail_msg("\"%s\" does not say \"%s\"", fault_.text, reason);
	over(NULL);
}

TEST(what_cannot_be_used_is_refused_at_open)
{
	check_no_open("", NULL, NULL, "name of a volume group");
	check_no_open("", "-x", NULL, "name of a volume group");
	check_no_open("", "vg/../x", NULL, "name of a volume group");
	check_no_open("", "vg", "a b", "name of a volume group");
	check_no_open(GROUP_ASKED "! Volume group \"vg\" not found\nexit 5\n", "vg", NULL,
		      "Volume group \"vg\" not found");
	check_no_open(GROUP_ASKED "< nonsense\n", "vg", NULL, "no JSON");
	check_no_open(GROUP("1", "1", "3221225472"), "vg", NULL, "do not add up to one GiB");
	check_no_open(GROUP("1", "1", "4194304") POOL("linear", ""), "vg", "pool", "no thin pool");
	check_no_open(GROUP("1", "1", "4194304") POOL("thin-pool", ""), "vg", "pool",
		      "does not zero");
}

TEST(capacity_is_that_of_the_group_or_the_pool)
{
	Backend *backend = thin("");
	int64_t total = 0, left = 0;

	assert_int_equal(backend_capacity(backend, &total, &left, &fault_), 0);
	assert_int_equal(total, INT64_C(10737418240));
	assert_int_equal(left, INT64_C(8053063680));
	assert_true(backend_traits(backend)->thin && backend_traits(backend)->atomic);
	over(backend);
	assert_int_equal(
		open_with(GROUP("21474836480", "1073741824", "4194304"), "vg", NULL, &backend), 0);
	assert_int_equal(backend_capacity(backend, &total, &left, &fault_), 0);
	assert_int_equal(total, INT64_C(21474836480));
	assert_int_equal(left, INT64_C(1073741824));
	assert_false(backend_traits(backend)->thin || backend_traits(backend)->atomic);
	over(backend);
}

TEST(a_thin_volume_is_made_once)
{
	Backend *backend = thin(NOT_THERE(VOLUME) MAKE_THIN THERE(VOLUME, ONE_GIB, "cleat"));

	assert_int_equal(backend_create(backend, &volume, &fault_), 0);
	assert_int_equal(backend_create(backend, &volume, &fault_), 0);
	over(backend);
}

TEST(no_room_is_an_outcome)
{
	Backend *backend =
		thin(NOT_THERE(VOLUME) MAKE_THIN
		     "! Cannot create new thin volume, free space in thin pool vg/pool reached "
		     "threshold.\nexit 5\n" THERE(
			     VOLUME, ONE_GIB, "cleat") "$ lvm lvextend --config * --size " TWO_GIB
						       "b vg/" VOLUME "\n"
						       "! Insufficient free space: 256 extents "
						       "needed, but only 4 available\nexit 5\n");

	assert_int_equal(backend_create(backend, &volume, &fault_), BACKEND_FULL);
	assert_int_equal(backend_extend(backend, &volume, 2, &fault_), BACKEND_FULL);
	over(backend);
}

TEST(what_is_not_ours_is_never_touched)
{
	Backend *backend = thin(THERE(VOLUME, ONE_GIB, "") THERE(VOLUME, ONE_GIB, "mine,cleaty")
					THERE_AS(VOLUME, ONE_GIB, "cleat", "other", "", "")
						THERE(SNAP, ONE_GIB, ""));

	assert_int_equal(backend_remove(backend, &volume, &fault_), -EPERM);
	assert_non_null(strstr(fault_.text, "was not made by this service"));
	assert_int_equal(backend_extend(backend, &volume, 2, &fault_), -EPERM);
	assert_int_equal(backend_remove(backend, &volume, &fault_), -EPERM);
	assert_int_equal(backend_snapshot_remove(backend, &volume, &snapshot, &fault_), -EPERM);
	over(backend);
}

TEST(a_draft_is_not_there_and_is_begun_anew)
{
	Backend *backend = thin(
		THERE(VOLUME, ONE_GIB, "cleat,cleat.draft") THERE(VOLUME, ONE_GIB,
								  "cleat,cleat.draft")
			THERE(VOLUME, ONE_GIB, "cleat.draft,cleat") "$ lvm lvremove --config * "
								    "--yes vg/" VOLUME "\n");
	_cleanup_(arena_freep) Arena *arena = arena_new();
	BackendPath path = {0};
	bool there = true;

	assert_int_equal(backend_exists(backend, &volume, &there, &fault_), 0);
	assert_false(there);
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &fault_),
			 BACKEND_NO_VOLUME);
	assert_int_equal(backend_remove(backend, &volume, &fault_), 0);
	over(backend);
}

TEST(a_thin_volume_grows)
{
	Backend *backend = thin(THERE(
		VOLUME, ONE_GIB, "cleat") "$ lvm lvextend --config * --size " TWO_GIB "b vg/" VOLUME
					  "\n" THERE(VOLUME, TWO_GIB, "cleat") NOT_THERE(VOLUME));

	assert_int_equal(backend_extend(backend, &volume, 2, &fault_), 0);
	assert_int_equal(backend_extend(backend, &volume, 2, &fault_), 0);
	assert_int_equal(backend_extend(backend, &volume, 2, &fault_), BACKEND_NO_VOLUME);
	over(backend);
}

TEST(what_has_grown_and_may_hold_old_data_is_not_shown)
{
	Backend *backend = thin(THERE(VOLUME, TWO_GIB, "cleat,cleat.zero=" ONE_GIB)
					THERE(VOLUME, TWO_GIB, "cleat"));
	_cleanup_(arena_freep) Arena *arena = arena_new();
	BackendPath path = {0};

	assert_int_equal(backend_connect(backend, &volume, arena, &path, &fault_), -EBUSY);
	/* Neither is one whose size the record does not know. */
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &fault_), -EMEDIUMTYPE);
	over(backend);
}

TEST(a_thin_copy_is_a_draft_until_it_has_its_size)
{
	Volume larger = {.id = SNAP_ID, .format = DISK_FORMAT_RAW, .size_gib = 2};
	const BackendSource source = {.volume = &volume};
	Backend *backend = thin(NOT_THERE("volume-" SNAP_ID) THERE(
		VOLUME, ONE_GIB,
		"cleat") "$ lvm lvcreate --config * --yes --type thin --name volume-" SNAP_ID
			 " --addtag cleat --addtag cleat.draft --setactivationskip n --activate n "
			 "vg/" VOLUME "\n" THERE(
				 "volume-" SNAP_ID, ONE_GIB,
				 "cleat,cleat.draft") "$ lvm lvextend --config * --size " TWO_GIB
						      "b vg/volume-" SNAP_ID "\n" THERE(
							      "volume-" SNAP_ID, TWO_GIB,
							      "cleat,cleat.draft") "$ lvm lvchange "
										   "--config * "
										   "--deltag "
										   "cleat.draft "
										   "vg/"
										   "volume-" SNAP_ID
										   "\n");

	assert_int_equal(backend_copy(backend, &source, &larger, &fault_), 0);
	over(backend);
}

TEST(a_thin_snapshot_is_one_command)
{
	Backend *backend = thin(NOT_THERE(SNAP) THERE(
		VOLUME, ONE_GIB, "cleat") "$ lvm lvcreate --config * --yes --type thin --name " SNAP
					  " --addtag cleat --addtag cleat --setactivationskip n "
					  "--activate n vg/" VOLUME
					  "\n" THERE(SNAP, ONE_GIB, "cleat")
						  THERE(SNAP, ONE_GIB, "cleat") NOT_THERE(SNAP)
							  NOT_THERE(VOLUME));

	assert_int_equal(backend_snapshot(backend, &volume, &snapshot, &fault_), 0);
	assert_int_equal(backend_snapshot(backend, &volume, &snapshot, &fault_), 0);
	assert_int_equal(backend_snapshot(backend, &volume, &snapshot, &fault_), BACKEND_NO_VOLUME);
	over(backend);
}

TEST(going_back_replaces_a_thin_volume_also_after_a_crash)
{
	Backend *backend = thin(
		/* the crash was between the removal and the new name */
		NOT_THERE(VOLUME) THERE(SNAP, ONE_GIB, "cleat")
			THERE("back-" ID, ONE_GIB, "cleat") "$ lvm lvrename --config * vg/back-" ID
							    " vg/" VOLUME "\n");

	assert_int_equal(backend_revert(backend, &volume, &snapshot, &fault_), 0);
	over(backend);
}

TEST(the_connection_is_local)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Backend *backend = thin("");
	const Attachment attachment = {0};
	const char *text = NULL;

	assert_int_equal(
		backend_connection_info(backend, &volume, &attachment, arena, &text, &fault_), 0);
	assert_non_null(strstr(text, "\"device_path\":\"/dev/vg/" VOLUME "\""));
	over(backend);
}

#define ACTIVE(open) THERE_AS(VOLUME, ONE_GIB, "cleat", "pool", "active", open)
#define SETTLES "$ udevadm settle --timeout=5\n"

static bool deactivates(const char *script)
{
	const Lvm lvm = {.group = (char[]){"vg"}, .pool = (char[]){"pool"}};
	Lv lv = lv_volume(&lvm, &volume);
	Fault f = {0};

	assert_int_equal(run_script_play(script, &f), 0);
	assert_int_equal(lv_deactivate(&lvm, &lv, &f), 0);
	assert_int_equal(run_script_end(&f), 0);
	return !lv.active;
}

TEST(what_only_udev_looks_into_is_deactivated)
{
	assert_true(
		deactivates(ACTIVE("") "$ lvm lvchange --config * --activate n vg/" VOLUME "\n"));
	assert_true(deactivates(ACTIVE("open") SETTLES ACTIVE("") "$ lvm lvchange --config * "
								  "--activate n vg/" VOLUME "\n"));
	assert_true(deactivates(ACTIVE("open") SETTLES "exit 1\n" ACTIVE(
		"") "$ lvm lvchange --config * --activate n vg/" VOLUME "\n"));
}

TEST(what_a_guest_has_open_stays_active)
{
	assert_false(deactivates(ACTIVE("open") SETTLES ACTIVE("open")));
}
