/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Machines that were copied. Holds H-29 as far as a machine can know it by itself.
 */
#include "local/test-fake.h"

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

	place_name(&place, FIRST_UUID, "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
	place_name(&place, SECOND_UUID, "iqn.a", "nqn.b");
	assert_int_equal(reserve(&place), LOCAL_COPIED);
	assert_non_null(strstr(place.work->why, "iqn.a"));
	assert_non_null(strstr(place.work->why, "/state/records/machine"));
	place_name(&place, SECOND_UUID, "iqn.b", "nqn.a");
	assert_int_equal(reserve(&place), LOCAL_COPIED);
	assert_non_null(strstr(place.work->why, "nqn.a"));
	assert_int_equal(place_records(&place, &records), 0);
}

TEST(h29_a_machine_with_names_of_its_own_attaches)
{
	_cleanup_(place_done) Place place = place_make();

	place_name(&place, FIRST_UUID, "iqn.a", "nqn.a");
	for (int i = 0; i < 2; i++)
		assert_int_equal(reserve(&place), 0);
	place_name(&place, FIRST_UUID, "iqn.b", "nqn.a"); /* it may change them */
	assert_int_equal(reserve(&place), 0);
	place_name(&place, SECOND_UUID, "iqn.c", "nqn.c"); /* a copy that was told who it is */
	assert_int_equal(reserve(&place), 0);
	place_name(&place, FIRST_UUID, "iqn.c", "nqn.b");
	assert_int_equal(reserve(&place), LOCAL_COPIED);
}

TEST(h29_what_is_not_known_stands_in_nobodys_way)
{
	_cleanup_(place_done) Place place = place_make();

	place_name(&place, "", "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
	assert_false(place_has(&place, "/state/records/machine"));
	tree_file(place.tree, "/state/records/machine", "{");
	place_name(&place, FIRST_UUID, "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
	tree_remove(place.tree, "/state/records/machine"); /* the other one is no more */
	place_name(&place, SECOND_UUID, "iqn.a", "nqn.a");
	assert_int_equal(reserve(&place), 0);
}

TEST(h29_records_of_another_machine_are_nobodys_to_end)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;

	place_name(&place, FIRST_UUID, "iqn.a", "nqn.a");
	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	place_name(&place, SECOND_UUID, "iqn.b", "nqn.b"); /* a copy with names of its own */
	assert_int_equal(local_check_machine(place.work, NULL), LOCAL_COPIED);
	assert_non_null(strstr(place.work->why, "/state/records"));
	assert_int_equal(local_check_machine(place.work, NULL), LOCAL_COPIED);
	place_name(&place, FIRST_UUID, "iqn.b", "nqn.b");
	assert_int_equal(local_check_machine(place.work, NULL), 0);
}
