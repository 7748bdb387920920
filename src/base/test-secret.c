/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Secrets: their alphabet and length, that they differ, and published digests.
 */
#include "base/secret.h"
#include "tests/lib/test.h"

TEST(secrets_are_url_safe_and_differ)
{
	char one[SECRET_TEXT_MAX];
	char two[SECRET_TEXT_MAX];

	secret_new(64, one);
	secret_new(64, two);
	assert_int_equal(strlen(one), 86);
	assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_"),
			 86);
	assert_string_not_equal(one, two);
	secret_new(32, one);
	assert_int_equal(strlen(one), 43);
}

TEST(hash_is_sha256)
{
	char hash[SECRET_HASH_TEXT];

	secret_hash("abc", hash);
	assert_string_equal(hash,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* The second test case of RFC 4231. */
TEST(hmac_is_that_of_sha256)
{
	char hash[SECRET_HASH_TEXT];

	secret_hmac("Jefe", "what do ya want for nothing?", hash);
	assert_string_equal(hash,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(equal_means_equal)
{
	assert_true(secret_equal("", ""));
	assert_true(secret_equal("abc", "abc"));
	assert_false(secret_equal("abc", "abd"));
	assert_false(secret_equal("abc", "abcd"));
}
