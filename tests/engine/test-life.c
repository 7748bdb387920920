/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Operations from the request to their end, and what guests do on their own.
 */
#include "tests/engine/house.h"

#include <fcntl.h>

#include "base/clock.h"
#include "engine/priv.h"
#include "rules/refusal.h"
#include "service/message.h"
#include "service/server.h"
#include "store/sqlite/sqlite.h"
#include "tests/lib/test.h"

static void enter(House *h)
{
	house_make(h);
	house_enter(h);
}

static void enter_with_server(House *h)
{
	enter(h);
	assert_int_equal(house_create_server(h), 0);
	house_settle(h);
	assert_int_equal(house_server(h)->vm_state, VM_ACTIVE);
}

static void leave(House *h)
{
	house_settle(h);
	house_check(h);
	house_leave(h);
	house_remove(h);
	(void)unsetenv("CLEAT_FAKE_DETACH");
}

TEST(a_server_is_built_powered_and_deleted)
{
	House h = {0};

	enter_with_server(&h);
	assert_int_equal(house_stop(&h), 0);
	assert_int_equal(house_server(&h)->task_state, TASK_POWERING_OFF);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_STOPPED);
	assert_int_equal(house_server(&h)->power_state, POWER_SHUTDOWN);
	house_check(&h);
	assert_int_equal(house_stop(&h), REFUSAL_SERVER_STATE);
	assert_int_equal(house_start(&h), 0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_ACTIVE);
	assert_int_equal(house_reboot(&h, false), 0);
	house_settle(&h);
	assert_int_equal(house_reboot(&h, true), 0);
	house_settle(&h);
	assert_string_equal(house_last_action(&h)->action, "reboot");
	assert_int_equal(house_last_action(&h)->result, ACTION_SUCCESS);
	house_check(&h);
	assert_int_equal(house_delete_server(&h), 0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_DELETED);
	assert_int_equal(house_count(&h, "SELECT SUM(used) FROM quotas"), 0);
	leave(&h);
}

TEST(a_volume_goes_in_and_out)
{
	House h = {0};

	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	house_check(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_IN_USE);
	assert_string_equal(house_attachment(&h)->device, "/dev/vdb");
	assert_int_equal(house_attach(&h), REFUSAL_VOLUME_ATTACHED);
	assert_int_equal(house_detach(&h), 0);
	house_settle(&h);
	assert_null(house_attachment(&h));
	assert_int_equal(house_detach(&h), REFUSAL_NO_ATTACHMENT);
	leave(&h);
}

TEST(a_stopped_server_takes_and_gives_volumes)
{
	House h = {0};

	enter_with_server(&h);
	assert_int_equal(house_stop(&h), 0);
	house_settle(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	house_check(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_IN_USE);
	assert_int_equal(house_start(&h), 0);
	house_settle(&h);
	house_check(&h);
	assert_int_equal(house_stop(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	leave(&h);
}

static void wait_until_parked(House *h)
{
	int64_t end_ms = clock_mono_ms() + 60000;

	while (!house_count(h, "SELECT COUNT(*) FROM operations WHERE not_before_us > 0") ||
	       engine_status(h->engine).running) {
		assert_true(clock_mono_ms() < end_ms);
		clock_sleep_ms(1);
	}
}

TEST(a_slow_guest_is_waited_for_without_a_worker)
{
	House h = {.times = {.unplug_wait_ms = 10, .unplug_retry_ms = 60000}};

	(void)setenv("CLEAT_FAKE_DETACH", "pending:3000", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	wait_until_parked(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_DETACHING);
	assert_int_equal(house_detach(&h), REFUSAL_VOLUME_NOT_DETACHABLE);
	house_settle(&h); /* by the event: the next request would come in a minute */
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	leave(&h);
}

TEST(a_reset_overtakes_what_waits_for_the_guest)
{
	House h = {.times = {.unplug_wait_ms = 10, .unplug_retry_ms = 60000, .overtake_ms = 50}};

	(void)setenv("CLEAT_FAKE_DETACH", "pending:600000", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	wait_until_parked(&h);
	assert_int_equal(house_reboot(&h, true), 0);
	house_settle(&h); /* the guest would have let go in ten minutes */
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	assert_int_equal(house_server(&h)->vm_state, VM_ACTIVE);
	assert_int_equal(house_server(&h)->power_state, POWER_RUNNING);
	leave(&h);
}

TEST(a_guest_that_stands_still_goes_on_to_let_go)
{
	House h = {.times = {.unplug_wait_ms = 10, .unplug_retry_ms = 60000, .overtake_ms = 50}};

	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_pause(&h), 0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_PAUSED);
	assert_int_equal(house_detach(&h), 0);
	wait_until_parked(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_DETACHING);
	assert_int_equal(house_unpause(&h), 0);
	house_settle(&h); /* the guest would be asked again in a minute */
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	assert_int_equal(house_server(&h)->vm_state, VM_ACTIVE);
	assert_int_equal(house_server(&h)->power_state, POWER_RUNNING);
	leave(&h);
}

TEST(a_detach_that_waits_goes_on_after_a_restart)
{
	House h = {.times = {.unplug_wait_ms = 10, .unplug_retry_ms = 200}};

	(void)setenv("CLEAT_FAKE_DETACH", "pending:100000", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	wait_until_parked(&h);
	house_leave(&h);
	(void)unsetenv("CLEAT_FAKE_DETACH");
	house_enter(&h);
	house_settle(&h); /* the guest is asked again, and obeys now */
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	assert_string_equal(house_last_action(&h)->action, "detach_volume");
	leave(&h);
}

/* As if all that is in the journal had been written an hour later than it is now. */
static int shift_work(Tx *tx, void *ctx, Fault *f)
{
	static const char *const statements[] = {
		"UPDATE operations SET created_us = created_us + 3600000000, "
		"not_before_us = not_before_us + 3600000000, "
		"deadline_us = deadline_us + 3600000000",
		"UPDATE steps SET started_us = started_us + 3600000000",
	};

	(void)ctx; /* nothing to know */
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		int r = store_query(tx, statements[i], STORE_NO_VALUES, NULL, NULL, f);

		if (r)
			return fault_unexpected(f, r);
	}
	return 0;
}

static void set_clock_back(const House *h)
{
	char path[128];
	StoreConfig config = {.location = path};
	Store *store;
	Fault f = {0};

	(void)snprintf(path, sizeof(path), "%s/db", h->directory);
	assert_int_equal(store_open(&store_sqlite, &config, &store, &f), 0);
	assert_int_equal(store_write(store, shift_work, NULL, &f), 0);
	store_close(store);
}

TEST(a_clock_that_was_set_back_between_two_lives_holds_up_nothing)
{
	House h = {.times = {.unplug_wait_ms = 1, .retry_max_ms = 20}};

	(void)setenv("CLEAT_FAKE_DETACH", "pending:100000", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	wait_until_parked(&h);
	house_leave(&h);
	set_clock_back(&h);
	(void)unsetenv("CLEAT_FAKE_DETACH");
	house_enter(&h);
	house_settle(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	/* What comes now is ordered behind what came then. */
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM operations WHERE kind = "
					 "'attach-volume' AND created_us > (SELECT created_us FROM "
					 "operations WHERE kind = 'detach-volume')"),
			 1);
	leave(&h);
}

TEST(a_guest_that_never_releases_keeps_the_volume)
{
	House h = {.times = {.unplug_wait_ms = 5, .unplug_retry_ms = 20, .unplug_tries = 3}};

	(void)setenv("CLEAT_FAKE_DETACH", "pending:100000", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_IN_USE);
	assert_int_equal(house_last_action(&h)->result, ACTION_ERROR);
	assert_string_equal(house_last_action(&h)->details,
			    "the guest did not release the disk in 3 tries");
	leave(&h);
}

/* It has been without its disk for a moment. */
static bool guest_has_disk_again(House *h)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *console;
	DiskPresence seen;
	Fault f = {0};

	assert_int_equal(hypervisor_console(h->hypervisor, h->server_id, 4096, arena, &console, &f),
			 0);
	if (!strstr(console, "is gone"))
		return false;
	assert_int_equal(hypervisor_find_disk(h->hypervisor, h->server_id,
					      arena_printf(arena, "ua-%s", house_attachment(h)->id),
					      &seen, &f),
			 0);
	return seen.live && seen.config;
}

/* It was asked, and that cannot be taken back: the disk is plugged in again. */
TEST(a_guest_that_obeys_after_a_detach_gave_up_has_the_volume)
{
	House h = {.times = {.unplug_wait_ms = 1, .unplug_retry_ms = 5, .unplug_tries = 1}};

	/* While it stands still the detach gives up; then it goes on for a while. */
	(void)setenv("CLEAT_FAKE_DETACH", "pending:700", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_pause(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_IN_USE);
	assert_int_equal(house_unpause(&h), 0);
	house_settle(&h);
	for (int64_t end_ms = clock_mono_ms() + 20000; !guest_has_disk_again(&h);) {
		assert_true(clock_mono_ms() < end_ms);
		clock_sleep_ms(2);
	}
	house_check(&h);
	leave(&h);
}

TEST(a_guest_that_refuses_is_told_at_once)
{
	House h = {0};

	(void)setenv("CLEAT_FAKE_DETACH", "refuse", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_IN_USE);
	assert_string_equal(house_last_action(&h)->details,
			    "the guest refused to release the disk");
	leave(&h);
}

TEST(an_attach_that_cannot_work_is_undone)
{
	House h = {0};
	char path[192];

	enter_with_server(&h);
	(void)snprintf(path, sizeof(path), "%s/volumes/%s.raw", h.directory, HOUSE_VOLUME);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_null(house_attachment(&h));
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	assert_string_equal(house_last_action(&h)->message, "Error");
	leave(&h);
}

TEST(a_build_that_fails_says_why_and_leaves_nothing)
{
	House h = {0};
	Fault f = {0};

	enter(&h);
	assert_int_equal(depot_remove(h.depot, HOUSE_IMAGE, &f), 0);
	assert_int_equal(house_create_server(&h), 0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_ERROR);
	assert_int_equal(house_server(&h)->fault_code, 500);
	assert_non_null(strstr(house_server(&h)->fault_message, HOUSE_IMAGE));
	house_check(&h);
	assert_int_equal(house_delete_server(&h), 0);
	house_settle(&h);
	assert_int_equal(house_count(&h, "SELECT SUM(used) FROM quotas"), 0);
	leave(&h);
}

TEST(deleting_a_server_cancels_what_waits)
{
	House h = {.times = {.unplug_wait_ms = 5, .unplug_retry_ms = 60000}};

	(void)setenv("CLEAT_FAKE_DETACH", "pending:100000", 1);
	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_detach(&h), 0);
	assert_int_equal(house_delete_server(&h), 0);
	assert_int_equal(house_delete_server(&h), 0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_DELETED);
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	leave(&h);
}

TEST(deleting_a_server_that_is_being_built)
{
	House h = {0};

	enter(&h);
	assert_int_equal(house_create_server(&h), 0);
	assert_int_equal(house_delete_server(&h), 0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_DELETED);
	leave(&h);
}

static void guest_does(House *h, const char *what)
{
	char path[192];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/domains/%s.%s", h->directory, h->server_id, what);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

static void wait_for_stop(House *h)
{
	int64_t end_ms = clock_mono_ms() + 60000;

	while (house_server(h)->vm_state != VM_STOPPED && clock_mono_ms() < end_ms)
		clock_sleep_ms(5);
	assert_int_equal(house_server(h)->vm_state, VM_STOPPED);
}

TEST(guests_that_act_by_themselves_are_followed)
{
	House h = {0};

	enter_with_server(&h);
	guest_does(&h, "poweroff");
	wait_for_stop(&h);
	assert_int_equal(house_server(&h)->power_state, POWER_SHUTDOWN);
	assert_int_equal(house_start(&h), 0);
	house_settle(&h);
	guest_does(&h, "crash");
	wait_for_stop(&h);
	assert_int_equal(house_server(&h)->power_state, POWER_CRASHED);
	leave(&h);
}

static void remove_domains(House *h)
{
	char path[192];

	(void)snprintf(path, sizeof(path), "%s/domains/%s.json", h->directory, h->server_id);
	assert_int_equal(unlink(path), 0);
}

TEST(a_domain_that_was_lost_is_made_again)
{
	House h = {0};

	enter_with_server(&h);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	house_leave(&h);
	remove_domains(&h);
	house_enter(&h);
	wait_for_stop(&h);
	house_settle(&h);
	house_check(&h);
	assert_int_equal(house_start(&h), 0);
	house_settle(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_IN_USE);
	leave(&h);
}

static int run_two_reboots(Work *work, House *h, Fault *f)
{
	int r = service_power_server(work, h->server_id, SERVER_REBOOT_HARD, f);

	return r ? r : service_power_server(work, h->server_id, SERVER_REBOOT_HARD, f);
}

/* Else what is asked for between the two would lose its task to the second. */
TEST(a_server_rests_when_its_last_hard_reboot_is_over)
{
	House h = {0};

	setenv("CLEAT_FAKE_DELAY_MS", "20", 1);
	house_make(&h);
	house_enter(&h);
	unsetenv("CLEAT_FAKE_DELAY_MS");
	assert_int_equal(house_create_server(&h), 0);
	house_settle(&h);
	assert_int_equal(house_visit(&h, run_two_reboots), 0);
	while (house_count(&h, "SELECT COUNT(*) FROM operations WHERE state = 'doing'"))
		assert_int_equal(
			house_count(&h, "SELECT COUNT(*) FROM operations WHERE state = 'doing' AND "
					"(SELECT task_state FROM servers) <> 'rebooting_hard'"),
			0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->task_state, TASK_NONE);
	assert_int_equal(house_server(&h)->vm_state, VM_ACTIVE);
	house_leave(&h);
	house_remove(&h);
}

TEST(old_operations_are_forgotten)
{
	House h = {0};
	Fault f = {0};
	bool more = true;

	enter_with_server(&h);
	assert_int_equal(prune(h.store, 1, &more, &f), 0);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM operations"), 1);
	assert_int_equal(prune(h.store, INT64_MAX, &more, &f), 0);
	assert_false(more);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM operations"), 0);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM steps"), 0);
	leave(&h);
}

/* Their time is over, all of a sudden. */
static int age_messages(Tx *tx, void *ctx, Fault *f)
{
	RecordQuery all = {0};
	Message **messages;
	size_t count;
	int r = message_find(tx, ctx, &all, &messages, &count, f);

	for (size_t i = 0; r == 0 && i < count; i++) {
		messages[i]->expires_us = clock_now_us();
		r = message_update(tx, messages[i], f);
	}
	return r;
}

TEST(a_message_about_a_failure_stays_for_its_time)
{
	House h = {0};
	Fault f = {0};
	char path[192];

	enter_with_server(&h);
	(void)snprintf(path, sizeof(path), "%s/volumes/%s.raw", h.directory, HOUSE_VOLUME);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(house_attach(&h), 0);
	house_settle(&h);
	assert_int_equal(house_volume(&h)->status, VOLUME_AVAILABLE);
	assert_int_equal(store_write(h.store, message_prune, NULL, &f), 0);
	assert_int_equal(
		house_count(&h, "SELECT COUNT(*) FROM messages WHERE resource_id = '" HOUSE_VOLUME
				"' AND request_id IS NOT NULL"),
		1);
	assert_int_equal(store_write(h.store, age_messages, h.arena, &f), 0);
	assert_int_equal(store_write(h.store, message_prune, NULL, &f), 0);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM messages"), 0);
	leave(&h);
}
