/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See log.h. One write(2) a line, so that lines of several threads do not mix.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/str.h"

enum { ROOMS_MAX = 16, ROOM_TEXT = 32 };

typedef struct RoomLevel {
	char room[ROOM_TEXT];
	LogLevel level;
} RoomLevel;

static _Atomic LogLevel usual = LOG_INFO;
static _Atomic LogLevel lowest = LOG_INFO; /* of all that are set */
static RoomLevel rooms[ROOMS_MAX];
static size_t room_count;

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARNING] = "warning",
	[LOG_ERROR] = "error",
};

/* What journald reads from a service's stderr as the priority. */
static const char *const level_prefixes[] = {
	[LOG_DEBUG] = "<7>",
	[LOG_INFO] = "<6>",
	[LOG_WARNING] = "<4>",
	[LOG_ERROR] = "<3>",
};

bool log_level_parse(const char *name, LogLevel *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
		if (str_eq(name, level_names[i])) {
			*ret = (LogLevel)i;
			return true;
		}
	return false;
}

static void find_lowest(void)
{
	LogLevel least = atomic_load(&usual);

	for (size_t i = 0; i < room_count; i++)
		least = MIN(least, rooms[i].level);
	atomic_store(&lowest, least);
}

void log_set_level(LogLevel level)
{
	atomic_store(&usual, level);
	find_lowest();
}

/* One "room=level" of so many bytes. */
static bool room_parse(const char *text, size_t length, RoomLevel *ret)
{
	char word[ROOM_TEXT + sizeof("=warning")] = "";
	char *sign;

	if (length >= sizeof(word))
		return false;
	memcpy(word, text, length);
	sign = strchr(word, '=');
	if (!sign || sign == word || sign - word >= ROOM_TEXT)
		return false;
	*sign = '\0';
	memcpy(ret->room, word, (size_t)(sign - word) + 1);
	return log_level_parse(sign + 1, &ret->level);
}

bool log_set_rooms(const char *text)
{
	static const char between[] = " ,";
	RoomLevel parsed[ROOMS_MAX];
	size_t count = 0;

	for (text += strspn(text, between); *text; text += strspn(text, between)) {
		const size_t length = strcspn(text, between);

		if (count == ROOMS_MAX || !room_parse(text, length, &parsed[count]))
			return false;
		count++;
		text += length;
	}
	memcpy(rooms, parsed, count * sizeof(*parsed));
	room_count = count;
	find_lowest();
	return true;
}

/* Whether a file, "../src/engine/mark.c", is in a room or one below it. */
static bool file_is_in(const char *file, const char *room)
{
	const char *source = strstr(file, "src/");
	const char *rest = source ? str_after(source + strlen("src/"), room) : NULL;

	return rest && *rest == '/';
}

bool log_is_on(const char *file, LogLevel level)
{
	if (level < atomic_load_explicit(&lowest, memory_order_relaxed))
		return false;
	for (size_t i = room_count; i-- > 0;)
		if (file_is_in(file, rooms[i].room))
			return level >= rooms[i].level;
	return level >= atomic_load_explicit(&usual, memory_order_relaxed);
}

static void add_head(Buf *line, LogLevel level)
{
	char now[CLOCK_TEXT_MAX];

	if (getenv("JOURNAL_STREAM"))
		buf_add(line, level_prefixes[level]);
	else
		buf_printf(line, "%s %s ", clock_format(clock_now_us(), CLOCK_MICROS, now),
			   level_names[level]);
}

_printf_(2, 0) static void put_line(LogLevel level, const char *format, va_list ap)
{
	_cleanup_(buf_done) Buf line = {0};
	size_t head;

	add_head(&line, level);
	head = line.length;
	buf_vprintf(&line, format, ap);
	for (char *p = line.data + head; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' '; /* a client's text must not forge a line */
	buf_add_char(&line, '\n');
	if (write(STDERR_FILENO, line.data, line.length) < 0)
		return; /* nowhere left to complain */
}

void log_line(const char *file, LogLevel level, const char *format, ...)
{
	va_list ap;

	if (!log_is_on(file, level))
		return;
	va_start(ap, format);
	put_line(level, format, ap);
	va_end(ap);
}

void log_always(LogLevel level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put_line(level, format, ap);
	va_end(ap);
}
