/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See curl.h. The library is known by its soname, so another one is never taken for it; each
 * function has the type that the header gave it.
 */
#include "client/curl.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "base/str.h"

#define LIBRARY "libcurl.so.4"

typedef struct Symbol {
	const char *name;
	size_t offset;
} Symbol;

static const Symbol symbols[] = {
	{.name = "curl_global_init", .offset = offsetof(CurlCalls, global_init)},
	{.name = "curl_free", .offset = offsetof(CurlCalls, free)},
	{.name = "curl_easy_init", .offset = offsetof(CurlCalls, easy_init)},
	{.name = "curl_easy_reset", .offset = offsetof(CurlCalls, easy_reset)},
	{.name = "curl_easy_setopt", .offset = offsetof(CurlCalls, easy_setopt)},
	{.name = "curl_easy_perform", .offset = offsetof(CurlCalls, easy_perform)},
	{.name = "curl_easy_getinfo", .offset = offsetof(CurlCalls, easy_getinfo)},
	{.name = "curl_easy_header", .offset = offsetof(CurlCalls, easy_header)},
	{.name = "curl_easy_escape", .offset = offsetof(CurlCalls, easy_escape)},
	{.name = "curl_easy_strerror", .offset = offsetof(CurlCalls, easy_strerror)},
	{.name = "curl_easy_cleanup", .offset = offsetof(CurlCalls, easy_cleanup)},
	{.name = "curl_slist_append", .offset = offsetof(CurlCalls, slist_append)},
	{.name = "curl_slist_free_all", .offset = offsetof(CurlCalls, slist_free_all)},
	{.name = "curl_url", .offset = offsetof(CurlCalls, url)},
	{.name = "curl_url_set", .offset = offsetof(CurlCalls, url_set)},
	{.name = "curl_url_get", .offset = offsetof(CurlCalls, url_get)},
	{.name = "curl_url_cleanup", .offset = offsetof(CurlCalls, url_cleanup)},
};
static_assert(ARRAY_SIZE(symbols) * sizeof(void *) == sizeof(CurlCalls), "a row for each function");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CurlCalls calls;
static Fault why; /* its code is 0 when all is there */

static void load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		(void)fault(&why, -ENOENT, "libcurl cannot be loaded: %s", dlerror());
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void **call = (void **)((char *)&calls + symbols[i].offset);

		*call = dlsym(library, symbols[i].name); /* as POSIX has it */
		if (!*call) {
			(void)fault(&why, -ENOENT, "libcurl is too old: it has no %s",
				    symbols[i].name);
			return;
		}
	}
	if (calls.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		(void)fault(&why, -EIO, "libcurl cannot be used");
}

int curl_load(const CurlCalls **ret, Fault *f)
{
	if (pthread_once(&once, load) != 0)
		return fault(f, -EIO, "libcurl cannot be loaded");
	if (why.code)
		return fault(f, why.code, "%s", why.text);
	*ret = &calls;
	return 0;
}
