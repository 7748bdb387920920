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

static _Atomic LogLevel lowest = LOG_INFO;

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

void log_set_level(LogLevel level)
{
	atomic_store(&lowest, level);
}

bool log_enabled(LogLevel level)
{
	return level >= atomic_load_explicit(&lowest, memory_order_relaxed);
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

void log_write(LogLevel level, const char *format, ...)
{
	_cleanup_(buf_done) Buf line = {0};
	va_list ap;
	size_t head;

	if (!log_enabled(level))
		return;
	add_head(&line, level);
	head = line.length;
	va_start(ap, format);
	buf_vprintf(&line, format, ap);
	va_end(ap);
	for (char *p = line.data + head; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' '; /* a client's text must not forge a line */
	buf_add_char(&line, '\n');
	if (write(STDERR_FILENO, line.data, line.length) < 0)
		return; /* nowhere left to complain */
}
