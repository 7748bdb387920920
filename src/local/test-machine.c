/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Machines that were copied. Holds H-29 as far as a machine can know it by itself.
 */
#include "local/test-fake.h"

#define UUID_FILE "/sys/class/dmi/id/product_uuid"
#define FIRST "11111111-2222-4333-8444-555555555555\n"
#define SECOND "66666666-7777-4888-8999-aaaaaaaaaaaa\n"

static void name_it(Place *place, const char *uuid, const char *initiator, const char *nqn)
{
	tree_file(place->tree, UUID_FILE, uuid);
	tree_file(place->tree, "/etc/iscsi/initiatorname.iscsi",
		  arena_printf(place->tree->arena, "InitiatorName=%s\n", initiator));
	tree_file(place->tree, "/etc/nvme/hostnqn", nqn);
}

static int reserve(Place *place)
{
	LocalRecord record = {.endpoint = "c/p", .connector = "{}", .mode = "rw"};
	LocalWork *work = place_begin(place, "sda");
	int r = local_reserve(work, &record, NULL);

	if (r == 0)
		assert_int_equal(local_forget(work, &record, NULL), 0);
	return r;
}

TEST(h29_a_copy_of_a_machine_attaches_nothing)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord **records;

	name_it(&place, FIRST, "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
	name_it(&place, SECOND, "iqn.a", "nqn.b");
	assert_int_equal(reserve(&place), LOCAL_COPIED);
	assert_non_null(strstr(place.work->why, "iqn.a"));
	assert_non_null(strstr(place.work->why, "/state/records/machine"));
	name_it(&place, SECOND, "iqn.b", "nqn.a");
	assert_int_equal(reserve(&place), LOCAL_COPIED);
	assert_non_null(strstr(place.work->why, "nqn.a"));
	assert_int_equal(place_records(&place, &records), 0);
}

TEST(h29_a_machine_with_names_of_its_own_attaches)
{
	_cleanup_(place_done) Place place = place_make();

	name_it(&place, FIRST, "iqn.a", "nqn.a");
	for (int i = 0; i < 2; i++)
		assert_int_equal(reserve(&place), 0);
	name_it(&place, FIRST, "iqn.b", "nqn.a"); /* it may change them */
	assert_int_equal(reserve(&place), 0);
	name_it(&place, SECOND, "iqn.c", "nqn.c"); /* a copy that was told who it is */
	assert_int_equal(reserve(&place), 0);
	name_it(&place, FIRST, "iqn.c", "nqn.b");
	assert_int_equal(reserve(&place), LOCAL_COPIED);
}

TEST(h29_what_is_not_known_stands_in_nobodys_way)
{
	_cleanup_(place_done) Place place = place_make();

	name_it(&place, "", "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
	assert_false(place_has(&place, "/state/records/machine"));
	tree_file(place.tree, "/state/records/machine", "{");
	name_it(&place, FIRST, "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
	tree_remove(place.tree, "/state/records/machine"); /* the other one is no more */
	name_it(&place, SECOND, "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
}
