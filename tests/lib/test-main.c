/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Runs every registered test of one program under cmocka, in the order of the source file.
 */
#include "tests/lib/test.h"

#include <assert.h>

enum { TESTS_MAX = 512 };

static TestCase *first;
static TestCase **last = &first;

void test_register(TestCase *test)
{
	*last = test;
	last = &test->next;
}

static void run_one(void **state)
{
	const TestCase *test = *state;

	test->run();
}

int main(void)
{
	static struct CMUnitTest units[TESTS_MAX];
	size_t n = 0;

	for (TestCase *test = first; test; test = test->next) {
		assert(n < TESTS_MAX);
		units[n++] = (struct CMUnitTest){
			.name = test->name,
			.test_func = run_one,
			.initial_state = test,
		};
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("tests", units, n, NULL, NULL);
}
