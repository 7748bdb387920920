/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libcurl comes when it is asked for, whole and once.
 */
#include <dlfcn.h>

#include "base/str.h"
#include "client/client.h"
#include "client/curl.h"
#include "tests/lib/test.h"

static bool is_loaded(void)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOLOAD | RTLD_LAZY);

	if (library)
		(void)dlclose(library); /* it stays, if only for those that had it before */
	return library;
}

TEST(it_is_there_for_whoever_asks_and_not_before)
{
	const CurlCalls *first = NULL, *second = NULL;
	Fault f = {0};

	assert_false(is_loaded());
	assert_int_equal(curl_load(&first, &f), 0);
	assert_true(is_loaded());
	assert_int_equal(curl_load(&second, &f), 0);
	assert_ptr_equal(first, second);
}

TEST(each_function_is_the_one_of_its_name)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(client_freep) Client *client = NULL;
	const ClientLogin login = {.auth_url = "http://127.0.0.1:1/v3"};
	const char *host = NULL, *port = NULL;
	Fault f = {0};

	assert_int_equal(client_new(&login, &client, &f), 0);
	assert_string_equal(client_escape(client, arena, "a b/c"), "a%20b%2Fc");
	assert_true(client_url_server(arena, "https://[::1]/identity", &host, &port));
	assert_string_equal(host, "::1");
	assert_string_equal(port, "443");
	assert_false(client_url_server(arena, "://", &host, &port));
}
