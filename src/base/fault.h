/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A fault says that something broke: a negative errno plus a text and the place that said so.
 * It travels up unchanged; callers may put context in front. Outcomes (> 0) are not faults.
 */
#pragma once

#include <errno.h>

#include "base/macros.h"

enum { FAULT_TEXT_MAX = 512 };

typedef struct Fault Fault;
struct Fault {
	int code;         /* negative errno, 0 while there is none */
	const char *file; /* where it was raised */
	int line;
	char text[FAULT_TEXT_MAX];
};

/* A fault is never 0, also when errno was: callers, the compiler and the analyzers may rely on 0
 * meaning that the out-parameters are written. */
static inline int fault_negative(int code)
{
	return code < 0 ? code : -EIO;
}

/* Record a fault and return its code. `f` may be NULL when nobody wants the text. */
#define fault(f, code, ...)                                                                        \
	fault_negative(fault_raise((f), (code), __FILE__, __LINE__, __VA_ARGS__))
int fault_raise(Fault *f, int code, const char *file, int line, const char *format, ...)
	_printf_(5, 6);

/* Put "text: " in front of what is recorded. Returns f->code. */
int fault_context(Fault *f, const char *format, ...) _printf_(2, 3);

/* Pass a fault or 0 on; an outcome that cannot happen here becomes a fault. */
#define fault_unexpected(f, r) fault_from_result((f), (r), __FILE__, __LINE__)
int fault_from_outcome(Fault *f, int r, const char *file, int line);

static inline int fault_from_result(Fault *f, int r, const char *file, int line)
{
	return r > 0 ? fault_negative(fault_from_outcome(f, r, file, line)) : r;
}
