/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Faults: text, place, context, and outcomes that turn into faults.
 */
#include "base/fault.h"

#include <errno.h>

#include "tests/lib/test.h"

TEST(keeps_code_text_and_place)
{
	Fault f = {0};

	assert_int_equal(fault(&f, -EIO, "login to %s", "here"), -EIO);
	assert_int_equal(f.code, -EIO);
	assert_string_equal(f.text, "login to here");
	assert_non_null(strstr(f.file, "test-fault.c"));
	assert_int_equal(fault_context(&f, "target %d", 3), -EIO);
	assert_string_equal(f.text, "target 3: login to here");
}

TEST(long_texts_are_cut)
{
	char text[2 * FAULT_TEXT_MAX];
	Fault f = {0};

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(fault(&f, -EIO, "%s", text), -EIO);
	assert_int_equal(strlen(f.text), FAULT_TEXT_MAX - 1);
	assert_int_equal(fault_context(&f, "%s", text), -EIO);
}

TEST(outcomes_become_faults_only_when_unexpected)
{
	Fault f = {0};

	assert_int_equal(fault_unexpected(&f, 0), 0);
	assert_int_equal(fault_unexpected(&f, -ENOENT), -ENOENT);
	assert_int_equal(fault_unexpected(&f, 3), -EPROTO);
	assert_int_equal(fault(NULL, -EIO, "nobody listens"), -EIO);
}
