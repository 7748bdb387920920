/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See call-times.h. A slot gets its place when it is called first.
 */
#include "contract/call-times.h"

static bool place_is_of(_Atomic(const char *) *place, const char *slot)
{
	const char *holder = NULL;

	return atomic_compare_exchange_strong(place, &holder, slot) || str_eq(holder, slot);
}

void call_times_add(CallTimes *times, const char *slot, int64_t us, bool is_fault)
{
	for (size_t i = 0; i < CALL_TIMES_MAX; i++) {
		if (!place_is_of(&times->calls[i].slot, slot))
			continue;
		histogram_add(&times->calls[i].took, &histogram_times, us);
		if (is_fault)
			atomic_fetch_add_explicit(&times->calls[i].faults, 1, memory_order_relaxed);
		return;
	}
}

/* The label of a place's slot; false: nobody has it yet. */
static bool place_label(const CallTimes *times, size_t i, Buf *ret)
{
	const char *slot = atomic_load(&times->calls[i].slot);

	if (slot)
		metric_label(ret, "call", slot);
	return slot;
}

void call_times_show(Buf *text, const char *name, const char *about, const CallTimes *times)
{
	_cleanup_(buf_done) Buf seconds = {0};
	_cleanup_(buf_done) Buf faults = {0};
	_cleanup_(buf_done) Buf help = {0};

	buf_printf(&seconds, "%s_seconds", name);
	buf_printf(&help, "How long %s took.", about);
	metric_head(text, seconds.data, "histogram", help.data);
	for (size_t i = 0; i < CALL_TIMES_MAX; i++) {
		_cleanup_(buf_done) Buf label = {0};

		if (place_label(times, i, &label))
			metric_histogram(text, seconds.data, &label, &histogram_times,
					 &times->calls[i].took);
	}
	buf_printf(&faults, "%s_faults_total", name);
	help.length = 0;
	buf_printf(&help, "How many of %s failed.", about);
	metric_head(text, faults.data, "counter", help.data);
	for (size_t i = 0; i < CALL_TIMES_MAX; i++) {
		_cleanup_(buf_done) Buf label = {0};

		if (place_label(times, i, &label))
			metric_int(text, faults.data, &label,
				   (int64_t)atomic_load_explicit(&times->calls[i].faults,
								 memory_order_relaxed));
	}
}
