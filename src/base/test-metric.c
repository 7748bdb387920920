/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What Prometheus reads: buckets that add up, units, and labels that nobody can break out of.
 */
#include "base/metric.h"
#include "tests/lib/test.h"

TEST(a_value_falls_into_the_first_bucket_that_holds_it)
{
	Histogram h = {0};

	histogram_add(&h, &histogram_counts, 1);
	histogram_add(&h, &histogram_counts, 2);
	histogram_add(&h, &histogram_counts, 3);
	histogram_add(&h, &histogram_counts, -5);
	histogram_add(&h, &histogram_counts, 1000000);
	assert_int_equal(h.buckets[0], 2); /* 1, and what was below 0 */
	assert_int_equal(h.buckets[1], 1);
	assert_int_equal(h.buckets[2], 1);
	assert_int_equal(h.buckets[13], 1);
	assert_int_equal(h.sum, 1000006);
	assert_int_equal(histogram_count(&h), 5);
}

TEST(a_histogram_is_shown_with_buckets_that_hold_those_before)
{
	const HistogramScale scale = {.bounds = {100, 2500, 1000000}, .unit = 1000000};
	_cleanup_(buf_done) Buf text = {0};
	_cleanup_(buf_done) Buf labels = {0};
	Histogram h = {0};

	histogram_add(&h, &scale, 99);
	histogram_add(&h, &scale, 100);
	histogram_add(&h, &scale, 2000);
	histogram_add(&h, &scale, 3000000);
	metric_label(&labels, "call", "define");
	metric_histogram(&text, "x_seconds", &labels, &scale, &h);
	assert_string_equal(buf_text(&text), "x_seconds_bucket{call=\"define\",le=\"0.0001\"} 2\n"
					     "x_seconds_bucket{call=\"define\",le=\"0.0025\"} 3\n"
					     "x_seconds_bucket{call=\"define\",le=\"1\"} 3\n"
					     "x_seconds_bucket{call=\"define\",le=\"+Inf\"} 4\n"
					     "x_seconds_sum{call=\"define\"} 3.002199\n"
					     "x_seconds_count{call=\"define\"} 4\n");
}

TEST(a_label_cannot_be_left_by_what_it_holds)
{
	_cleanup_(buf_done) Buf labels = {0};

	metric_label(&labels, "a", "x\"} 1\n\\");
	metric_label(&labels, "b", NULL);
	assert_string_equal(buf_text(&labels), "a=\"x\\\"} 1\\n\\\\\",b=\"\"");
}

TEST(single_numbers_have_their_units)
{
	_cleanup_(buf_done) Buf text = {0};

	metric_head(&text, "age_seconds", "gauge", "How old.");
	metric_micros(&text, "age_seconds", NULL, 1500000);
	metric_micros(&text, "age_seconds", NULL, -1);
	metric_int(&text, "n", NULL, -3);
	assert_string_equal(buf_text(&text), "# HELP age_seconds How old.\n"
					     "# TYPE age_seconds gauge\n"
					     "age_seconds 1.5\n"
					     "age_seconds 0\n"
					     "n -3\n");
}
