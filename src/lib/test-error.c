/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Statuses have words, and faults and outcomes become statuses.
 */
#include <errno.h>

#include "base/str.h"
#include "lib/priv.h"
#include "tests/lib/test.h"

TEST(every_status_has_words_of_its_own)
{
	for (int i = CLEAT_OK; i <= CLEAT_NO_MOUNT; i++)
		for (int j = CLEAT_OK; j < i; j++)
			assert_string_not_equal(cleat_status_text(i), cleat_status_text(j));
	assert_string_equal(cleat_status_text(-1), "unknown");
	assert_string_equal(cleat_status_text(CLEAT_NO_MOUNT + 1), "unknown");
}

TEST(faults_keep_what_the_kernel_said)
{
	struct cleat_error error;
	Fault f = {0};

	(void)fault(&f, -EACCES, "no entry");
	assert_int_equal(lib_fault(&error, &f), CLEAT_NOT_PERMITTED);
	assert_int_equal(error.os_errno, EACCES);
	assert_string_equal(error.message, "no entry");
	f = (Fault){0};
	(void)fault(&f, -EIO, "broken");
	assert_int_equal(lib_fault(NULL, &f), CLEAT_SYSTEM);
}

TEST(outcomes_of_this_machine)
{
	LocalWork work = {.why = "held by dm-3"};
	struct cleat_error error;

	assert_int_equal(lib_local_failed(&error, &work, LOCAL_BUSY, NULL), CLEAT_BUSY);
	assert_string_equal(error.message, "held by dm-3");
	assert_int_equal(lib_local_failed(&error, NULL, LOCAL_WORKING, NULL), CLEAT_TIMEOUT);
	assert_int_equal(lib_local_failed(&error, &work, LOCAL_NO_MOUNT, NULL), CLEAT_NO_MOUNT);
}

TEST(long_words_are_cut)
{
	struct cleat_error error;
	char words[1000];

	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	(void)lib_fail(&error, CLEAT_SYSTEM, "%s", words);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
}
