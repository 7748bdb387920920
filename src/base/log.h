/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The log: one line of key=value words on stderr, or the journal's native form under systemd.
 * Thread-safe. Rooms below the engine log at debug only and return faults instead.
 */
#pragma once

#include "base/macros.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR } LogLevel;

/* Lines below the level are dropped. The default is LOG_INFO. */
void log_set_level(LogLevel level);
bool log_enabled(LogLevel level);

/* The text of the line without time and level; keys such as req= op= vol= srv= go into it. */
void log_write(LogLevel level, const char *format, ...) _printf_(2, 3);

#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_enabled(LOG_DEBUG))                                                        \
			log_write(LOG_DEBUG, __VA_ARGS__);                                         \
	} while (0)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
