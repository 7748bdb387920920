/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What names a trace, and what does not.
 */
#include "base/trace.h"
#include "tests/lib/test.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

TEST(what_names_a_trace)
{
	assert_true(trace_is_parent("00-" TRACE "-" SPAN "-01"));
	assert_true(trace_is_parent("00-" TRACE "-" SPAN "-ff"));
}

TEST(what_names_none)
{
	static const char *const texts[] = {
		"",
		"00",
		"01-" TRACE "-" SPAN "-01",
		"00-" TRACE "-" SPAN "-01-",
		"00-" TRACE "-" SPAN "-0A",
		"00-" TRACE "_" SPAN "-01",
		"00-" TRACE "-" SPAN "-\r\n",
		"00-00000000000000000000000000000000-" SPAN "-01",
		"00-" TRACE "-0000000000000000-01",
	};

	assert_false(trace_is_parent(NULL));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(trace_is_parent(texts[i]));
}
