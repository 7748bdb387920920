/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What tests may ask for by environment, and what makes no sense.
 */
#include "hypervisor/fake/mischief.h"

#include "tests/lib/test.h"

static int read_with(const char *variable, const char *value, Mischief *ret)
{
	Fault f = {0};
	int r;

	*ret = (Mischief){0};
	assert_int_equal(setenv(variable, value, 1), 0);
	r = mischief_read(ret, &f);
	assert_int_equal(unsetenv(variable), 0);
	assert_true(r == 0 || strstr(f.text, variable));
	return r;
}

TEST(nothing_is_asked_by_default)
{
	Mischief mischief = {.fail_call = 7};
	Fault f = {0};

	assert_int_equal(mischief_read(&mischief, &f), 0);
	assert_int_equal(mischief.fail_call, 0);
	assert_int_equal(mischief.release, MISCHIEF_RELEASE_AT_ONCE);
	assert_int_equal(mischief.delay_ms, 0);
}

TEST(the_call_to_fail_and_how)
{
	Mischief m;

	assert_int_equal(read_with("CLEAT_FAKE_FAIL", "3", &m), 0);
	assert_int_equal(m.fail_call, 3);
	assert_int_equal(m.kind, MISCHIEF_FAULT);
	assert_int_equal(read_with("CLEAT_FAKE_FAIL", "12:lost-reply", &m), 0);
	assert_int_equal(m.fail_call, 12);
	assert_int_equal(m.kind, MISCHIEF_LOST_REPLY);
	assert_int_equal(read_with("CLEAT_FAKE_FAIL", "1:busy", &m), 0);
	assert_int_equal(m.kind, MISCHIEF_BUSY);
}

TEST(how_guests_let_go)
{
	Mischief m;

	assert_int_equal(read_with("CLEAT_FAKE_DETACH", "refuse", &m), 0);
	assert_int_equal(m.release, MISCHIEF_RELEASE_NEVER);
	assert_int_equal(read_with("CLEAT_FAKE_DETACH", "pending:250", &m), 0);
	assert_int_equal(m.release, MISCHIEF_RELEASE_LATER);
	assert_int_equal(m.release_ms, 250);
}

TEST(how_mirrors_do)
{
	Mischief m;

	assert_int_equal(read_with("CLEAT_FAKE_MIRROR", "250", &m), 0);
	assert_int_equal(m.mirror_ms, 250);
	assert_false(m.mirror_ends);
	assert_int_equal(read_with("CLEAT_FAKE_MIRROR", "end", &m), 0);
	assert_true(m.mirror_ends);
}

TEST(nonsense_is_refused)
{
	static const char *const rows[][2] = {
		{"CLEAT_FAKE_FAIL", "0"},          {"CLEAT_FAKE_FAIL", "x"},
		{"CLEAT_FAKE_FAIL", "1:often"},    {"CLEAT_FAKE_FAIL", "-1"},
		{"CLEAT_FAKE_FAIL", ":busy"},      {"CLEAT_FAKE_DETACH", "never"},
		{"CLEAT_FAKE_DETACH", "pending:"}, {"CLEAT_FAKE_DETACH", "pending:-1"},
		{"CLEAT_FAKE_DELAY_MS", "soon"},   {"CLEAT_FAKE_MIRROR", "-1"},
	};
	Mischief m;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(read_with(rows[i][0], rows[i][1], &m) < 0);
}
