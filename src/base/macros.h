/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attributes and the clean-up idiom that every room uses.
 *
 * Every owning local is declared with _cleanup_(x_freep) and initialised where it is declared;
 * ownership leaves with TAKE().
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _must_use_ __attribute__((warn_unused_result))
#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define _unused_ __attribute__((unused))
#define _export_ __attribute__((visibility("default")))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* The value of a pointer variable, which is NULL afterwards. */
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) *take_from_ = &(p);                                                  \
		__typeof__(p) taken_ = *take_from_;                                                \
		*take_from_ = NULL;                                                                \
		taken_;                                                                            \
	})

/* The descriptor in an int variable, which is -1 afterwards. */
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *take_from_ = &(fd);                                                           \
		int taken_ = *take_from_;                                                          \
		*take_from_ = -1;                                                                  \
		taken_;                                                                            \
	})

/* Define type_freep() for _cleanup_ from a free function that accepts NULL. */
#define DEFINE_CLEANUP(type, free_function)                                                        \
	_unused_ static inline void free_function##p(type **p)                                     \
	{                                                                                          \
		if (*p)                                                                            \
			(void)free_function(*p);                                                   \
	}

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing to do about a failing close of what we only read */
}
