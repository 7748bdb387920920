/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Dates: the three printed forms, and what is read.
 */
#include "base/clock.h"
#include "tests/lib/test.h"

TEST(prints_each_form)
{
	char text[CLOCK_TEXT_MAX];
	int64_t us = INT64_C(1543474207770785);

	assert_string_equal(clock_format(0, CLOCK_MICROS, text), "1970-01-01T00:00:00.000000");
	assert_string_equal(clock_format(us, CLOCK_SECONDS_Z, text), "2018-11-29T06:50:07Z");
	assert_string_equal(clock_format(us, CLOCK_MICROS, text), "2018-11-29T06:50:07.770785");
	assert_string_equal(clock_format(us, CLOCK_MICROS_Z, text), "2018-11-29T06:50:07.000000Z");
}

TEST(reads_what_clients_write)
{
	int64_t us = 0;

	assert_true(clock_parse("2018-11-29T06:50:07.770785", &us));
	assert_int_equal(us, INT64_C(1543474207770785));
	assert_true(clock_parse("2018-11-29 06:50:07Z", &us));
	assert_int_equal(us, INT64_C(1543474207000000));
	assert_true(clock_parse("2018-11-29T07:50:07+01:00", &us));
	assert_int_equal(us, INT64_C(1543474207000000));
}

TEST(refuses_the_rest)
{
	int64_t us = 7;

	assert_false(clock_parse("", &us));
	assert_false(clock_parse("yesterday", &us));
	assert_false(clock_parse("2018-11-29", &us));
	assert_false(clock_parse("2018-13-29T00:00:00", &us));
	assert_false(clock_parse("2018-11-29T06:50:07x", &us));
	assert_false(clock_parse("2018-11-29T06:50:07+99:00", &us));
	assert_int_equal(us, 7);
}
