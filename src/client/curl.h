/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libcurl, loaded when it is first needed. It brings some thirty libraries with it, which take a
 * program that asks nobody anything (`cleat get-connector`, a program that only connects volumes by
 * libcleat) longer than all that it does.
 */
#pragma once

#include <curl/curl.h>

#include "base/fault.h"

/* The functions that are used, by their names without "curl_". */
typedef struct CurlCalls {
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_free) *free;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_reset) *easy_reset;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_header) *easy_header;
	__typeof__(curl_easy_escape) *easy_escape;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
	__typeof__(curl_url) *url;
	__typeof__(curl_url_set) *url_set;
	__typeof__(curl_url_get) *url_get;
	__typeof__(curl_url_cleanup) *url_cleanup;
} CurlCalls;

/* The same for all threads, and for good. A fault where it is not installed. */
_must_use_ int curl_load(const CurlCalls **ret, Fault *f);
