/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A swap has a point of no return, and what is before it turns back. Where a call did its work and
 * its answer was lost, the engine does not know on which side of that point it is: it has to look.
 */
#include "base/clock.h"
#include "tests/engine/house.h"
#include "tests/lib/test.h"

enum { CALLS_MAX = 40, WAIT_MS = 120 * 1000, RETRY_MS = 60000 };

/* A server with a volume, of a daemon that does not run any more. */
static void make_house(House *h)
{
	h->times = (EngineTimes){.retry_ms = RETRY_MS};
	house_make(h);
	house_enter(h);
	assert_int_equal(house_create_server(h), 0);
	house_settle(h);
	assert_int_equal(house_attach(h), 0);
	house_settle(h);
	house_leave(h);
}

static void enter_with(House *h, const char *variable, const char *value)
{
	assert_int_equal(setenv(variable, value, 1), 0);
	house_enter(h);
	assert_int_equal(unsetenv(variable), 0);
	house_look(h);
}

/* Until it is over, or a step waits after a failure. */
static bool wait_over(House *h)
{
	int64_t end_ms = clock_mono_ms() + WAIT_MS;

	for (;;) {
		if (!house_count(h, "SELECT COUNT(*) FROM operations WHERE state = 'doing'"))
			return true;
		if (house_count(h, "SELECT COUNT(*) FROM steps WHERE last_error IS NOT NULL"))
			return false;
		assert_true(clock_mono_ms() < end_ms);
		clock_sleep_ms(1);
	}
}

/* Whether it has happened; the rows are of one mind. */
static bool is_swapped(House *h)
{
	bool swapped = house_volume(h)->status == VOLUME_AVAILABLE;
	int64_t done = house_count(h, "SELECT COUNT(*) FROM operations WHERE kind = 'swap-volume' "
				      "AND state = 'done' AND progress = 100");

	assert_int_equal(house_volume(h)->status, swapped ? VOLUME_AVAILABLE : VOLUME_IN_USE);
	assert_int_equal(house_spare_status(h), swapped ? VOLUME_IN_USE : VOLUME_AVAILABLE);
	assert_int_equal(done, swapped);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM attachments WHERE status <> "
					"'attached' OR replaces IS NOT NULL"),
			 0);
	return swapped;
}

TEST(a_swap_hands_over_the_place)
{
	House h = {0};

	make_house(&h);
	house_enter(&h);
	assert_int_equal(house_swap(&h), 0);
	assert_int_equal(house_swap(&h), REFUSAL_BAD_INPUT); /* both are taken */
	house_settle(&h);
	assert_true(is_swapped(&h));
	assert_int_equal(house_last_action(&h)->result, ACTION_SUCCESS);
	assert_int_equal(house_cancel(&h), 0); /* nothing is left to cancel */
	house_leave(&h);
	house_remove(&h);
}

TEST(a_swap_that_is_cancelled_turns_back)
{
	House h = {0};

	make_house(&h);
	enter_with(&h, "CLEAT_FAKE_MIRROR", "3600000");
	assert_int_equal(house_swap(&h), 0);
	assert_int_equal(house_cancel(&h), 0);
	house_settle(&h);
	assert_false(is_swapped(&h));
	assert_string_equal(house_last_action(&h)->details, "cancelled");
	house_leave(&h);
	house_remove(&h);
}

static int take_spare_work(Tx *tx, void *ctx _unused_, Fault *f)
{
	const Attachment other = {
		.id = "44444444-4444-4444-8444-444444444444",
		.volume_id = HOUSE_SPARE,
		.project_id = "p",
		.status = ATTACHMENT_ATTACHED,
		.mode = ATTACH_MODE_RW,
		.boot_index = -1,
	};

	return attachment_insert(tx, &other, f);
}

/* The request looks before it writes. Should somebody get between all the same, nothing is lost. */
TEST(what_another_has_is_not_written_over)
{
	House h = {0};
	Engine *engine;
	Fault f = {0};

	make_house(&h);
	house_enter(&h);
	house_look(&h);
	engine = h.engine;
	h.engine = NULL; /* it is not told yet */
	assert_int_equal(house_swap(&h), 0);
	assert_int_equal(store_write(h.store, take_spare_work, NULL, &f), 0);
	h.engine = engine;
	engine_wake(engine);
	house_settle(&h);
	assert_int_equal(house_last_action(&h)->result, ACTION_ERROR);
	assert_string_equal(house_last_action(&h)->details,
			    "volume " HOUSE_SPARE " has another attachment");
	assert_int_equal(house_volume(&h)->status, VOLUME_IN_USE);
	assert_int_equal(house_spare_status(&h), VOLUME_IN_USE);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM attachments"), 2);
	house_leave(&h);
	house_remove(&h);
}

/*
 * Each call once does its work and says that it failed, and before it is made again the swap is
 * cancelled. What has turned is not undone, and what has not does not turn any more.
 */
TEST(what_has_turned_stays_turned)
{
	size_t turned = 0, kept = 0;

	for (int call = 1; call <= CALLS_MAX; call++) {
		House h = {0};
		char text[32];
		bool over;

		(void)snprintf(text, sizeof(text), "%d:lost-reply", call); /* fits */
		make_house(&h);
		enter_with(&h, "CLEAT_FAKE_FAIL", text);
		assert_int_equal(house_swap(&h), 0);
		over = wait_over(&h);
		if (!over) {
			assert_int_equal(house_cancel(&h), 0);
			house_settle(&h);
			if (is_swapped(&h))
				turned++;
			else
				kept++;
		}
		house_leave(&h);
		house_remove(&h);
		if (over && kept && turned)
			break;
	}
	/* By the call that turns, and by those before it. */
	assert_true(turned >= 1);
	assert_true(kept >= 3);
}
