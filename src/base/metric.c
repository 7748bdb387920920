/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See metric.h.
 */
#include "base/metric.h"

#include <inttypes.h>

const HistogramScale histogram_times = {
	.bounds = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
		   1000000, 2500000, 5000000, 10000000, 30000000, 60000000},
	.unit = 1000000,
};

const HistogramScale histogram_counts = {
	.bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096},
	.unit = 1,
};

static size_t scale_length(const HistogramScale *scale)
{
	size_t n = 0;

	while (n < HISTOGRAM_BOUNDS_MAX && scale->bounds[n])
		n++;
	return n;
}

void histogram_add(Histogram *histogram, const HistogramScale *scale, int64_t value)
{
	const uint64_t counted = value > 0 ? (uint64_t)value : 0;
	size_t i = 0;

	while (i < HISTOGRAM_BOUNDS_MAX && scale->bounds[i] && counted > scale->bounds[i])
		i++;
	atomic_fetch_add_explicit(&histogram->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&histogram->sum, counted, memory_order_relaxed);
}

static uint64_t bucket(const Histogram *histogram, size_t i)
{
	return atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
}

uint64_t histogram_count(const Histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= HISTOGRAM_BOUNDS_MAX; i++)
		count += bucket(histogram, i);
	return count;
}

void metric_label(Buf *labels, const char *name, const char *value)
{
	buf_printf(labels, "%s%s=\"", labels->length ? "," : "", name);
	for (const char *p = value ? value : ""; *p; p++) {
		if (*p == '\\' || *p == '"')
			buf_add_char(labels, '\\');
		if (*p == '\n')
			buf_add(labels, "\\n");
		else
			buf_add_char(labels, *p);
	}
	buf_add_char(labels, '"');
}

void metric_head(Buf *text, const char *name, const char *type, const char *help)
{
	buf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* The name, a suffix of it, the labels and one more of them. */
static void add_name(Buf *text, const char *name, const char *suffix, const Buf *labels,
		     const char *more)
{
	const char *first = labels ? buf_text(labels) : "";

	buf_printf(text, "%s%s", name, suffix);
	if (*first || *more)
		buf_printf(text, "{%s%s%s}", first, *first && *more ? "," : "", more);
	buf_add_char(text, ' ');
}

void metric_int(Buf *text, const char *name, const Buf *labels, int64_t value)
{
	add_name(text, name, "", labels, "");
	buf_printf(text, "%" PRId64 "\n", value);
}

/* In shown units, with no more digits than it takes; a unit is 1 or a million. */
static void add_shown(Buf *text, uint64_t value, uint32_t unit)
{
	char digits[16];
	size_t n;

	buf_printf(text, "%" PRIu64, value / unit);
	if (value % unit == 0)
		return;
	(void)snprintf(digits, sizeof(digits), ".%06" PRIu64, value % unit); /* fits */
	for (n = strlen(digits); digits[n - 1] == '0'; n--)
		digits[n - 1] = '\0';
	buf_add(text, digits);
}

void metric_micros(Buf *text, const char *name, const Buf *labels, int64_t value)
{
	add_name(text, name, "", labels, "");
	add_shown(text, value > 0 ? (uint64_t)value : 0, histogram_times.unit);
	buf_add_char(text, '\n');
}

static void add_bucket(Buf *text, const char *name, const Buf *labels, const char *bound,
		       uint64_t below)
{
	_cleanup_(buf_done) Buf label = {0};

	metric_label(&label, "le", bound);
	add_name(text, name, "_bucket", labels, buf_text(&label));
	buf_printf(text, "%" PRIu64 "\n", below);
}

void metric_histogram(Buf *text, const char *name, const Buf *labels, const HistogramScale *scale,
		      const Histogram *histogram)
{
	const size_t count = scale_length(scale);
	uint64_t below = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_(buf_done) Buf bound = {0};

		below += bucket(histogram, i);
		add_shown(&bound, scale->bounds[i], scale->unit);
		add_bucket(text, name, labels, buf_text(&bound), below);
	}
	below += bucket(histogram, count);
	add_bucket(text, name, labels, "+Inf", below);
	add_name(text, name, "_sum", labels, "");
	add_shown(text, atomic_load_explicit(&histogram->sum, memory_order_relaxed), scale->unit);
	buf_add_char(text, '\n');
	add_name(text, name, "_count", labels, "");
	buf_printf(text, "%" PRIu64 "\n",
		   below); /* what the buckets hold, also while others count */
}
