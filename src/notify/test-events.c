/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of events: whole, without doublets, and as docs/notifications.md shows it.
 */
#include "notify/events.h"

#include "base/str.h"
#include "tests/lib/page.h"
#include "tests/lib/test.h"

#define MARK "```\nwhat happens              what is told\n"

static const char *const voice_words[] = {
	[VOICE_COMPUTE] = "nova-compute:HOST",   [VOICE_COMPUTE_API] = "nova-api:HOST",
	[VOICE_COMPUTE_LEGACY] = "compute.HOST", [VOICE_VOLUME] = "volume.HOST@BACKEND",
	[VOICE_VOLUME_API] = "volume.HOST",      [VOICE_SNAPSHOT] = "snapshot.HOST@BACKEND",
	[VOICE_SHARE] = "share.HOST@BACKEND",
};
static_assert(ARRAY_SIZE(voice_words) == _NOTIFY_VOICE_MAX, "a row for each");

static void add_phases(Buf *text, unsigned phases)
{
	if (phases & NOTIFY_START)
		buf_add(text, " start");
	if (phases & (NOTIFY_GOING | NOTIFY_END))
		buf_add(text, " end");
	if (phases & NOTIFY_ERROR)
		buf_add(text, " error");
}

TEST(the_page_shows_the_table)
{
	Buf text = {0};

	for (size_t i = 0; i < notify_event_count; i++) {
		const NotifyEvent *event = &notify_events[i];

		buf_printf(&text, "%-25s %-32s", event->cause, event->name);
		if (event->bare)
			buf_add(&text, " (once)");
		else
			add_phases(&text, event->phases);
		buf_printf(&text, " | %s\n", voice_words[event->voice]);
	}
	buf_add(&text, "```\n");
	page_check("notifications.md", MARK, buf_text(&text), "notify/test-notify-events");
	buf_done(&text);
}

TEST(nothing_is_told_twice)
{
	for (size_t i = 0; i < notify_event_count; i++)
		for (size_t j = i + 1; j < notify_event_count; j++)
			if (str_eq(notify_events[i].cause, notify_events[j].cause) &&
			    str_eq(notify_events[i].name, notify_events[j].name))
				assert_int_equal(notify_events[i].phases & notify_events[j].phases,
						 0);
}

TEST(an_end_is_told_once)
{
	for (size_t i = 0; i < notify_event_count; i++) {
		unsigned phases = notify_events[i].phases;

		assert_int_not_equal(phases, 0);
		assert_true(!(phases & NOTIFY_GOING) || !(phases & NOTIFY_END));
		assert_true(!notify_events[i].bare || phases == NOTIFY_END);
	}
}

TEST(types_of_events)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const NotifyEvent event = {.name = "volume.delete"};
	const NotifyEvent once = {.name = "instance.lock", .bare = true};

	assert_string_equal(notify_event_type(arena, &event, NOTIFY_START), "volume.delete.start");
	assert_string_equal(notify_event_type(arena, &event, NOTIFY_GOING), "volume.delete.end");
	assert_string_equal(notify_event_type(arena, &event, NOTIFY_END), "volume.delete.end");
	assert_string_equal(notify_event_type(arena, &event, NOTIFY_ERROR), "volume.delete.error");
	assert_string_equal(notify_event_type(arena, &once, NOTIFY_END), "instance.lock");
}
