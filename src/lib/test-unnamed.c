/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Reservations that carry no name of ours, because there is no compute service to be asked about
 * it: which of them are ended when their answer was lost, and which are left.
 */
#include "base/clock.h"
#include "lib/test-both.h"

#define BARE(id)                                                                                   \
	"{\"id\":\"" id "\",\"instance\":null,\"status\":\"reserved\",\"volume_id\":\"" VOLUME "\"}"
#define OTHERS                                                                                     \
	"{\"id\":\"a-1\",\"instance\":\"a server\",\"status\":\"reserved\"},"                      \
	"{\"id\":\"a-2\",\"instance\":null,\"status\":\"attached\"}"
#define LIST_ROW(bodies)                                                                           \
	{                                                                                          \
		.request = "GET /v3/p1/attachments/detail?volume_id=" VOLUME "*", .status = 200,   \
		.body = "{\"attachments\":[" bodies "]}"                                           \
	}
/* The reservation is made, and its answer lost behind the service. */
#define LOST_ROW                                                                                   \
	{                                                                                          \
		.request = "POST /v3/p1/attachments", .status = 504, .body = ""                    \
	}
#define CHANGED_ROW(text)                                                                          \
	{                                                                                          \
		.request = "GET /v3/p1/volumes/" VOLUME, .status = 200, .body = (text)             \
	}

enum { CHANGED_BYTES = 200 };

/* The volume changed last so many seconds ago. */
static const char *changed_before(int64_t seconds, char out[static CHANGED_BYTES])
{
	char date[CLOCK_TEXT_MAX];

	(void)snprintf(out, CHANGED_BYTES,
		       "{\"volume\":{\"id\":\"" VOLUME "\",\"updated_at\":\"%s\"}}",
		       clock_format(clock_now_us() - seconds * 1000000, CLOCK_SECONDS_Z, date));
	return out;
}

TEST(a_reservation_whose_answer_was_lost_is_ended)
{
	char changed[CHANGED_BYTES];
	const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		LOST_ROW,
		LIST_ROW(OTHERS "," BARE(ATTACHMENT)),
		CHANGED_ROW(changed_before(0, changed)),
		DELETE_ROW,
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_UNAVAILABLE);
	assert_null(strstr(both.error.message, "not undone"));
	expect_clean(&both);
	both_end(&both);
}

TEST(a_reservation_that_was_not_made_is_not_looked_for_any_longer)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW, LOST_ROW,
					     LIST_ROW(OTHERS)};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_UNAVAILABLE);
	expect_clean(&both);
	both_end(&both);
}

/* What may be another's stays, and so does the record: a recovery looks again. */
static void expect_left(const HttpScriptRow *rows, size_t count)
{
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, count);
	assert_int_equal(attach(&both, &disk), CLEAT_UNAVAILABLE);
	assert_non_null(strstr(both.error.message, ATTACHMENT));
	assert_int_equal(record_count(&both), 1);
	both_end(&both);
}

TEST(a_reservation_that_may_be_another_s_is_left_and_named)
{
	char now[CHANGED_BYTES], then[CHANGED_BYTES];
	const HttpScriptRow two[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		LOST_ROW,
		LIST_ROW(BARE("a-3") "," BARE(ATTACHMENT)),
		CHANGED_ROW(changed_before(0, now)),
	};
	const HttpScriptRow older[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		LOST_ROW,
		LIST_ROW(BARE(ATTACHMENT)),
		CHANGED_ROW(changed_before(3600, then)),
	};

	expect_left(two, ARRAY_SIZE(two));
	expect_left(older, ARRAY_SIZE(older));
}
