/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The log: one line of key=value words on stderr, or the journal's native form under systemd.
 * Thread-safe. Rooms below the engine log at debug only and return faults instead.
 *
 * Each room can have a level of its own; which room a line is of, the name of its file tells.
 */
#pragma once

#include "base/macros.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR } LogLevel;

/* The level of that name; false: there is none. */
bool log_level_parse(const char *name, LogLevel *ret);

/* Lines below the level are dropped. The default is LOG_INFO. */
void log_set_level(LogLevel level);

/*
 * Levels for single rooms, "engine=debug hypervisor=warning" with blanks or commas between; a room
 * stands for those below it as well, and the last one that fits counts. False: the text is not of
 * that form, or names too many; nothing has changed. Before there are other threads.
 */
bool log_set_rooms(const char *text);

/* What the macros below stand on; `file` is __FILE__. */
bool log_is_on(const char *file, LogLevel level);
void log_line(const char *file, LogLevel level, const char *format, ...) _printf_(3, 4);

/* A line that somebody has asked for, whatever the levels are. */
void log_always(LogLevel level, const char *format, ...) _printf_(2, 3);

#define log_enabled(level) log_is_on(__FILE__, (level))

/* The text of the line without time and level; keys such as req= op= vol= srv= go into it. */
#define log_write(level, ...) log_line(__FILE__, (level), __VA_ARGS__)

#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_enabled(LOG_DEBUG))                                                        \
			log_write(LOG_DEBUG, __VA_ARGS__);                                         \
	} while (0)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
