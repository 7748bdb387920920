/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Numbers for Prometheus: histograms that any thread may count into without waiting, and the text
 * format (exposition format 0.0.4) in which all kinds of numbers are shown.
 *
 * A histogram that is all zero is ready for use. What is read while others count may lack their
 * last counts, never more.
 */
#pragma once

#include <stdatomic.h>

#include "base/str.h"

enum { HISTOGRAM_BOUNDS_MAX = 18 };

/* The upper bounds of buckets, and how many of the counted units make one of the shown ones. */
typedef struct HistogramScale {
	uint32_t bounds[HISTOGRAM_BOUNDS_MAX]; /* rising; 0: no more */
	uint32_t unit;
} HistogramScale;

/* Counted in microseconds, shown in seconds: 100 us to a minute. */
extern const HistogramScale histogram_times;
/* Counts of things: 1 to 4096. */
extern const HistogramScale histogram_counts;

typedef struct Histogram {
	atomic_uint_fast64_t
		buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* each alone; the last: above all */
	atomic_uint_fast64_t sum;
} Histogram;

/* Negative values count as 0. */
void histogram_add(Histogram *histogram, const HistogramScale *scale, int64_t value);
uint64_t histogram_count(const Histogram *histogram);

/*
 * Labels of one sample, in a Buf of their own that may begin empty. The value is escaped; the name
 * is one that Prometheus takes.
 */
void metric_label(Buf *labels, const char *name, const char *value);

/* Once before the samples of one name. The type is "counter", "gauge" or "histogram". */
void metric_head(Buf *text, const char *name, const char *type, const char *help);
/* `labels` may be NULL: none. */
void metric_int(Buf *text, const char *name, const Buf *labels, int64_t value);
/* Shown in units of a million: microseconds become seconds. */
void metric_micros(Buf *text, const char *name, const Buf *labels, int64_t value);
void metric_histogram(Buf *text, const char *name, const Buf *labels, const HistogramScale *scale,
		      const Histogram *histogram);
