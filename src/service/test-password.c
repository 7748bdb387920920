/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Password hashes: right, wrong, nobody's, and longer than libcrypt's own limit.
 */
#include "service/password.h"

#include "base/limits.h"
#include "base/str.h"
#include "tests/lib/test.h"

TEST(only_the_right_one_matches)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *hash = NULL;
	const char *again = NULL;

	assert_int_equal(password_hash(arena, "open sesame", &hash, NULL), 0);
	assert_non_null(str_after(hash, "$y$"));
	assert_true(password_matches("open sesame", hash));
	assert_false(password_matches("open Sesame", hash));
	assert_false(password_matches("", hash));
	assert_false(password_matches("open sesame", NULL));
	assert_false(password_matches("open sesame", "not a hash"));
	assert_int_equal(password_hash(arena, "open sesame", &again, NULL), 0);
	assert_string_not_equal(hash, again);
}

TEST(long_ones_are_not_cut)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char *password = arena_alloc(arena, LIMIT_PASSWORD_BYTES + 1);
	const char *hash = NULL;

	memset(password, 'a', LIMIT_PASSWORD_BYTES);
	assert_int_equal(password_hash(arena, password, &hash, NULL), 0);
	assert_true(password_matches(password, hash));
	password[LIMIT_PASSWORD_BYTES - 1] = 'b';
	assert_false(password_matches(password, hash));
}
