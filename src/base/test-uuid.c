/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * UUIDs: the spellings users write, and those that are none.
 */
#include <sys/wait.h>

#include "base/uuid.h"
#include "tests/lib/test.h"

TEST(new_ones_are_canonical_and_differ)
{
	char a[UUID_TEXT], b[UUID_TEXT], c[UUID_TEXT];

	uuid_new(a);
	uuid_new(b);
	assert_string_not_equal(a, b);
	assert_true(uuid_canonical(a, c));
	assert_string_equal(a, c);
	assert_int_equal(a[14], '4'); /* the version, and the variant */
	assert_non_null(strchr("89ab", a[19]));
}

TEST(a_text_has_one_uuid)
{
	char a[UUID_TEXT], b[UUID_TEXT], c[UUID_TEXT];

	uuid_of_text("host@file", a);
	uuid_of_text("host@file", b);
	assert_string_equal(a, b);
	assert_true(uuid_canonical(a, c));
	assert_string_equal(a, c);
	assert_int_equal(a[14], '5');
	uuid_of_text("host@lvm", b);
	assert_string_not_equal(a, b);
}

TEST(accepts_loose_spellings)
{
	static const char *const spellings[] = {
		"0C9A7B3E-9F53-4B0F-9A1B-6E0B7F0A1C2D",
		"0c9a7b3e9f534b0f9a1b6e0b7f0a1c2d",
		"{0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2d}",
		"urn:uuid:0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2d",
	};
	char out[UUID_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		assert_true(uuid_canonical(spellings[i], out));
		assert_string_equal(out, "0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2d");
	}
}

TEST(refuses_what_is_none)
{
	char out[UUID_TEXT];

	assert_false(uuid_canonical("", out));
	assert_false(uuid_canonical(NULL, out));
	assert_false(uuid_canonical("0c9a7b3e9f534b0f9a1b6e0b7f0a1c2", out));
	assert_false(uuid_canonical("0c9a7b3e9f534b0f9a1b6e0b7f0a1c2d0", out));
	assert_false(uuid_canonical("zc9a7b3e9f534b0f9a1b6e0b7f0a1c2d", out));
}

TEST(a_forked_child_makes_ids_of_its_own)
{
	char ours[UUID_TEXT], theirs[UUID_TEXT];
	int ends[2];
	pid_t child;

	uuid_new(ours);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		uuid_new(theirs);
		_exit(write(ends[1], theirs, UUID_TEXT) == UUID_TEXT ? 0 : 1);
	}
	uuid_new(ours);
	assert_int_equal(read(ends[0], theirs, UUID_TEXT), UUID_TEXT);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_string_not_equal(ours, theirs);
	closep(&ends[0]);
	closep(&ends[1]);
}
