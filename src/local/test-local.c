/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The flow of one volume after the other. Holds H-3, H-9, H-10, H-11, H-18, H-22, H-23, H-30, H-41
 * and H-44 as far as they are a matter of records; connectors hold their own part.
 */
#include "local/test-fake.h"
#include "run/script.h"

TEST(a_volume_comes_and_goes_without_a_trace)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	assert_int_equal(record.state, LOCAL_CONNECTED);
	assert_string_equal(record.identity, "id:sda");
	assert_true(place_linked(&place, &record));
	assert_true(place_has(&place, "/world/session-t1"));
	assert_int_equal(place_records(&place, &records), 1);
	assert_string_equal(records[0]->attachment_id, record.attachment_id);

	assert_int_equal(local_disconnect(place.work, &record, false, NULL), 0);
	assert_int_equal(record.state, LOCAL_RELEASING);
	assert_int_equal(local_forget(place.work, &record, NULL), 0);
	place.work = local_end(place.work);
	assert_false(place_linked(&place, &record));
	assert_false(place_has(&place, "/sys/block/sda/identity"));
	assert_false(place_has(&place, "/world/session-t1"));
	assert_int_equal(place_records(&place, &records), 0);
	assert_int_equal(rmdir(tree_place(place.tree, "/state/locks")), 0);
	assert_int_equal(rmdir(tree_place(place.tree, "/state/targets")), 0);
	assert_int_equal(rmdir(tree_place(place.tree, "/state/records")), 0);
}

TEST(secrets_reach_no_record)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	ConnectorDisk disk;

	assert_int_equal(
		place_attach(&place, "t1", "sda", ",\"keyring\":\"k\",\"lun\":1", &record, &disk),
		0);
	assert_int_equal(place_records(&place, &records), 1);
	assert_null(strstr(records[0]->info, "hush"));
	assert_null(strstr(records[0]->info, "keyring"));
	assert_non_null(strstr(records[0]->info, "\"lun\":1"));
}

TEST(h3_a_device_with_another_identity_is_not_taken_away)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	tree_file(place.tree, "/sys/block/sda/identity", "id:stranger");
	assert_int_equal(local_verify(place.work, &record, &disk, NULL), LOCAL_WRONG_DISK);
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), LOCAL_WRONG_DISK);
	assert_true(place_has(&place, "/sys/block/sda/identity"));
	assert_int_equal(record.state, LOCAL_DISCONNECTING);
}

TEST(h3_a_detach_says_that_force_leaves_the_other_device_alone)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	tree_file(place.tree, "/sys/block/sda/identity", "id:stranger");
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), LOCAL_WRONG_DISK);
	assert_non_null(strstr(place.work->why, "nothing was taken away"));
	assert_non_null(strstr(place.work->why, "with force the record ends"));
}

/* As a later release may leave one, or a disk that lost a block. */
static void spoil_info(Place *place, LocalRecord *record, const char *type, const char *info)
{
	record->type = type;
	record->info = info;
	assert_true(place_linked(place, record));
}

TEST(a_record_that_no_connector_understands_ends_by_force_alone)
{
	static const struct {
		const char *type, *info, *why;
	} rows[] = {
		{"fake", "{\"target\":7}", "no target"}, {"fake", "not JSON", "no target"},
		{"of-tomorrow", "{}", "no connector"},   {NULL, "{}", "no connector"},
		{"fake", NULL, "no connection_info"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(place_done) Place place = place_make();
		LocalRecord record;
		ConnectorDisk disk;
		int r;

		assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
		spoil_info(&place, &record, rows[i].type, rows[i].info);
		r = local_disconnect(place.work, &record, false, NULL);
		assert_true(r == LOCAL_BAD_INFO || r == LOCAL_NO_TRANSPORT);
		assert_non_null(strstr(place.work->why, rows[i].why));
		assert_non_null(strstr(place.work->why, "with force the record ends"));
		assert_int_equal(record.state, LOCAL_CONNECTED);
		assert_int_equal(local_recover(place.work, &record, NULL), r);
		assert_int_equal(local_disconnect(place.work, &record, true, NULL), 0);
		assert_non_null(strstr(place.work->why, "id:sda may still be on this host"));
		assert_int_equal(record.state, LOCAL_RELEASING);
		assert_false(place_linked(&place, &record));
		assert_true(place_has(&place, "/sys/block/sda/identity")); /* not touched */
		assert_int_equal(local_forget(place.work, &record, NULL), 0);
	}
}

TEST(what_has_no_path_for_a_while_is_not_taken_away)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	tree_file(place.tree, "/world/pathless-sda", "");
	assert_int_equal(local_recover(place.work, &record, NULL), LOCAL_NO_PATH);
	assert_int_equal(local_verify(place.work, &record, &disk, NULL), LOCAL_NO_PATH);
	assert_int_equal(record.state, LOCAL_CONNECTED);
	assert_true(place_linked(&place, &record));
	assert_string_equal(place_log(&place), "");
	tree_remove(place.tree, "/world/pathless-sda");
	assert_int_equal(local_recover(place.work, &record, NULL), 0);
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), 0);
	assert_int_equal(record.state, LOCAL_RELEASING);
}

TEST(h9_a_detach_flushes_without_being_told_the_device)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord **records, record;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", ",\"block\":true", &record, &disk), 0);
	assert_string_equal(disk.path, "/dev/sda");
	assert_int_equal(place_records(&place, &records), 1);
	assert_int_equal(run_script_play("$ blockdev --flushbufs */dev/sda\n", NULL), 0);
	assert_int_equal(local_disconnect(place.work, records[0], false, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
	assert_string_equal(place_log(&place), "disconnect sda");
}

TEST(h10_what_cannot_be_flushed_stays_connected_unless_forced)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	tree_file(place.tree, "/world/unflushed-sda", "");
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), LOCAL_UNFLUSHED);
	assert_int_equal(record.state, LOCAL_CONNECTED);
	assert_string_equal(record.last_error, "unflushed");
	assert_true(place_linked(&place, &record));
	assert_int_equal(local_disconnect(place.work, &record, true, NULL), 0);
	assert_string_equal(place.work->why, "unflushed data may be lost");
	assert_int_equal(record.state, LOCAL_RELEASING);
}

TEST(h11_what_is_used_stays_connected)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	tree_file(place.tree, "/world/busy-sda", "");
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), LOCAL_BUSY);
	assert_string_equal(place.work->why, "busy");
	assert_int_equal(place_records(&place, &records), 1);
	assert_int_equal(records[0]->state, LOCAL_CONNECTED);
	assert_true(place_linked(&place, &record));
	assert_true(place_has(&place, "/sys/block/sda/identity"));
}

TEST(h18_after_a_reboot_there_is_nothing_to_take_away)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	/* Somebody else has logged in since: that session is not ours. */
	place_reboot(&place);
	assert_int_equal(place_records(&place, &records), 1);
	(void)place_begin(&place, "sda");
	assert_int_equal(local_recover(place.work, records[0], NULL), 0);
	assert_int_equal(records[0]->state, LOCAL_RELEASING);
	assert_true(place_has(&place, "/world/session-t1"));
}

TEST(h22_what_volumes_share_goes_with_the_last)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord a, b;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &a, &disk), 0);
	assert_int_equal(place_attach(&place, "t1", "sdb", "", &b, &disk), 0);
	(void)place_begin(&place, "sda");
	assert_int_equal(local_disconnect(place.work, &a, false, NULL), 0);
	assert_string_equal(place_log(&place), "disconnect sda keep");
	assert_true(place_has(&place, "/world/session-t1"));
	assert_true(place_has(&place, "/sys/block/sdb/identity"));
	/* It was made for the first one, and that is not forgotten with it. */
	assert_int_equal(local_forget(place.work, &a, NULL), 0);
	(void)place_begin(&place, "sdb");
	assert_int_equal(local_disconnect(place.work, &b, false, NULL), 0);
	assert_false(place_has(&place, "/world/session-t1"));
}

TEST(h22_what_others_made_is_never_taken_down)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;

	tree_file(place.tree, "/world/session-t1", "");
	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), 0);
	assert_true(place_has(&place, "/world/session-t1"));
}

TEST(h23_a_volume_that_is_attached_twice_stays_until_the_last)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord a, b;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &a, &disk), 0);
	assert_int_equal(place_attach(&place, "t1", "sda", "", &b, &disk), 0);
	assert_int_equal(local_disconnect(place.work, &a, false, NULL), 0);
	assert_true(place_has(&place, "/sys/block/sda/identity"));
	assert_int_equal(local_disconnect(place.work, &b, false, NULL), 0);
	assert_false(place_has(&place, "/sys/block/sda/identity"));
	assert_false(place_has(&place, "/world/session-t1"));
}

TEST(h30_the_connector_is_kept_with_the_attachment)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	LocalWork *work = place_begin(&place, "sda");

	record = (LocalRecord){.endpoint = "c/p", .connector = "{\"initiator\":\"iqn.1993:a\"}"};
	assert_int_equal(local_reserve(work, &record, NULL), 0);
	assert_int_equal(place_records(&place, &records), 1);
	assert_string_equal(records[0]->connector, "{\"initiator\":\"iqn.1993:a\"}");
	assert_int_equal(records[0]->state, LOCAL_RESERVING);
}

TEST(h41_a_detach_goes_by_what_was_stored)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	ConnectorDisk disk;
	LocalOffer moved;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	moved = offer_of(place.work->arena, "t2", "sdz", "");
	assert_int_equal(local_connect(place.work, &record, &moved, &disk, NULL), LOCAL_WRONG_DISK);
	assert_int_equal(place_records(&place, &records), 1);
	assert_string_equal(records[0]->target, "t1");
	assert_int_equal(local_disconnect(place.work, records[0], false, NULL), 0);
	assert_false(place_has(&place, "/sys/block/sda/identity"));
}

TEST(h44_connecting_and_disconnecting_twice_changes_nothing_more)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;
	LocalOffer offer;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	offer = offer_of(place.work->arena, "t1", "sda", "");
	assert_int_equal(local_connect(place.work, &record, &offer, &disk, NULL), 0);
	assert_int_equal(record.state, LOCAL_CONNECTED);
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), 0);
	assert_int_equal(local_disconnect(place.work, &record, false, NULL), 0);
	assert_string_equal(place_log(&place), "disconnect sda");
}

TEST(h44_what_vanished_is_connected_again)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record;
	ConnectorDisk disk;
	LocalOffer offer;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	tree_remove(place.tree, "/sys/block/sda");
	offer = offer_of(place.work->arena, "t1", "sda", "");
	assert_int_equal(local_connect(place.work, &record, &offer, &disk, NULL), 0);
	assert_true(place_has(&place, "/sys/block/sda/identity"));
}

TEST(h2_another_volume_after_a_reboot_is_refused_and_taken_away)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	ConnectorDisk disk;
	LocalOffer offer;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	place_reboot(&place);
	tree_file(place.tree, "/sys/block/sda/identity", "id:stranger");
	assert_int_equal(place_records(&place, &records), 1);
	(void)place_begin(&place, "sda");
	offer = offer_of(place.work->arena, "t1", "sda", "");
	assert_int_equal(local_connect(place.work, records[0], &offer, &disk, NULL),
			 LOCAL_WRONG_DISK);
	assert_int_equal(records[0]->state, LOCAL_RELEASING);
	assert_false(place_has(&place, "/sys/block/sda/identity"));
	assert_false(place_linked(&place, &record));
}

TEST(an_attach_that_fails_leaves_nothing)
{
	static const struct {
		const char *file;
		int result;
	} cases[] = {
		{"/world/refused-sda", LOCAL_NO_PATH},
		{"/world/missing-sda", LOCAL_NO_DISK},
		{"/world/broken-sda", -EIO},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(place_done) Place place = place_make();
		LocalRecord record, **records;
		ConnectorDisk disk;

		tree_file(place.tree, cases[i].file, "");
		assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk),
				 cases[i].result);
		assert_int_equal(place_records(&place, &records), 1);
		assert_int_equal(records[0]->state, LOCAL_RELEASING);
		assert_false(place_has(&place, "/world/session-t1"));
		assert_false(place_has(&place, "/sys/block/sda/identity"));
		assert_false(place_linked(&place, &record));
	}
}

TEST(an_attach_that_fails_hurts_no_other_volume_of_the_target)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord a, b;
	ConnectorDisk disk;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &a, &disk), 0);
	tree_file(place.tree, "/world/missing-sdb", "");
	assert_int_equal(place_attach(&place, "t1", "sdb", "", &b, &disk), LOCAL_NO_DISK);
	assert_true(place_has(&place, "/world/session-t1"));
	assert_true(place_has(&place, "/sys/block/sda/identity"));
}

TEST(an_offer_that_makes_no_sense_is_refused)
{
	static const char *const infos[] = {
		"",
		"[]",
		"{}",
		"{\"driver_volume_type\":5}",
		"{\"driver_volume_type\":\"fake\"}",
		"{\"driver_volume_type\":\"fake\",\"data\":7}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		_cleanup_(place_done) Place place = place_make();
		LocalWork *work = place_begin(&place, "sda");
		LocalRecord record = {.endpoint = "c/p"};
		LocalOffer offer = offer_of(work->arena, "t1", "sda", "");
		ConnectorDisk disk;

		offer.info = infos[i];
		assert_int_equal(local_reserve(work, &record, NULL), 0);
		assert_int_equal(local_connect(work, &record, &offer, &disk, NULL), LOCAL_BAD_INFO);
		assert_non_null(work->why);
		assert_int_equal(record.state, LOCAL_RELEASING);
	}
}

TEST(a_type_without_a_connector_and_a_hostile_id_are_refused)
{
	_cleanup_(place_done) Place place = place_make();
	LocalWork *work = place_begin(&place, "sda");
	LocalRecord record = {.endpoint = "c/p"}, other = {.endpoint = "c/p"};
	LocalOffer offer = offer_of(work->arena, "t1", "sda", "");
	ConnectorDisk disk;

	offer.info = "{\"driver_volume_type\":\"scaleio\"}";
	assert_int_equal(local_reserve(work, &record, NULL), 0);
	assert_int_equal(local_connect(work, &record, &offer, &disk, NULL), LOCAL_NO_TRANSPORT);
	assert_string_equal(work->why, "there is no connector for volumes of type scaleio");
	offer = offer_of(work->arena, "t1", "sda", "");
	offer.attachment_id = "../../etc/passwd";
	assert_int_equal(local_reserve(work, &other, NULL), 0);
	assert_int_equal(local_connect(work, &other, &offer, &disk, NULL), LOCAL_BAD_INFO);
}

TEST(a_volume_that_is_too_small_is_the_wrong_one)
{
	_cleanup_(place_done) Place place = place_make();
	LocalWork *work = place_begin(&place, "sda");
	LocalRecord record = {.endpoint = "c/p"};
	LocalOffer offer = offer_of(work->arena, "t1", "sda", "");
	ConnectorDisk disk;

	offer.size_bytes = 2048;
	assert_int_equal(local_reserve(work, &record, NULL), 0);
	assert_int_equal(local_connect(work, &record, &offer, &disk, NULL), LOCAL_WRONG_DISK);
	assert_int_equal(record.state, LOCAL_RELEASING);
	assert_false(place_has(&place, "/sys/block/sda/identity"));
}

TEST(enforced_multipath_is_refused_where_the_host_has_none)
{
	_cleanup_(place_done) Place place = place_make();
	LocalWork *work = place_begin(&place, "sda");
	LocalRecord record = {.endpoint = "c/p", .multipath = true, .enforce = true};
	const LocalOffer offer = offer_of(work->arena, "t1", "sda", "");
	ConnectorDisk disk;

	assert_int_equal(local_reserve(work, &record, NULL), 0);
	assert_int_equal(local_connect(work, &record, &offer, &disk, NULL), LOCAL_NO_TRANSPORT);
	assert_string_equal(work->why,
			    "Multipathing is enforced but the host doesn't support multipathing.");
}

TEST(growing_is_told_and_recorded)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord record, **records;
	ConnectorDisk disk;
	int64_t size = 0;

	assert_int_equal(place_attach(&place, "t1", "sda", "", &record, &disk), 0);
	tree_file(place.tree, "/world/small-sda", "");
	assert_int_equal(local_extend(place.work, &record, 4096, &size, NULL), LOCAL_NOT_GROWN);
	tree_remove(place.tree, "/world/small-sda");
	assert_int_equal(local_extend(place.work, &record, 4096, &size, NULL), 0);
	assert_int_equal(size, 4096);
	assert_int_equal(place_records(&place, &records), 1);
	assert_int_equal(records[0]->size_bytes, 4096);
}

TEST(a_record_that_cannot_be_read_is_not_passed_over)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord **records;
	size_t count;
	Fault f = {0};

	tree_file(place.tree, "/state/records/x.json", "{\"format\":1,\"id\":");
	assert_true(local_list(place.local, place.tree->arena, &records, &count, &f) < 0);
	assert_non_null(strstr(f.text, "x.json"));
	assert_non_null(strstr(f.text, "move the file away"));
}

TEST(what_was_never_a_record_is_swept_away)
{
	_cleanup_(place_done) Place place = place_make();

	tree_file(place.tree, "/state/records/" BOOT_ID ".json.tmp", "{");
	local_close(place_open_again(&place));
	assert_false(place_has(&place, "/state/records/" BOOT_ID ".json.tmp"));
}
