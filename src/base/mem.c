/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See mem.h.
 */
#include "base/mem.h"

static void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

void *mem_new(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *mem_resize(void *old, size_t size)
{
	return checked(realloc(old, size ? size : 1));
}

char *mem_strdup(const char *text)
{
	return checked(strdup(text));
}

char *mem_strndup(const char *text, size_t length)
{
	return checked(strndup(text, length));
}
