/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See mischief.h.
 */
#include "backend/fake/mischief.h"

#include <time.h>

#include "base/mem.h"
#include "base/str.h"

/* "always", "N", "N:fault" or "N:lost-reply". */
static bool read_fail(ExportMischief *mischief, const char *text)
{
	const char *colon = strchrnul(text, ':');
	_cleanup_(freep) char *number = mem_strndup(text, (size_t)(colon - text));

	if (str_eq(text, "always")) {
		mischief->fail_call = -1;
		return true;
	}
	mischief->lost_reply = str_eq(colon, ":lost-reply");
	return (!*colon || mischief->lost_reply || str_eq(colon, ":fault")) &&
	       str_parse_i64(number, &mischief->fail_call) && mischief->fail_call > 0;
}

int export_mischief_read(ExportMischief *mischief, Fault *f)
{
	const char *fail = getenv("CLEAT_FAKE_EXPORT_FAIL");
	const char *delay = getenv("CLEAT_FAKE_EXPORT_DELAY_MS");

	if (!str_empty(fail) && !read_fail(mischief, fail))
		return fault(f, -EINVAL, "CLEAT_FAKE_EXPORT_FAIL=%s makes no sense", fail);
	if (!str_empty(delay) &&
	    (!str_parse_i64(delay, &mischief->delay_ms) || mischief->delay_ms < 0))
		return fault(f, -EINVAL, "CLEAT_FAKE_EXPORT_DELAY_MS=%s makes no sense", delay);
	return 0;
}

bool export_mischief_strikes(ExportMischief *mischief)
{
	const struct timespec pause = {
		.tv_sec = mischief->delay_ms / 1000,
		.tv_nsec = mischief->delay_ms % 1000 * 1000000,
	};
	int64_t call = atomic_fetch_add(&mischief->calls, 1) + 1;

	if (mischief->delay_ms > 0)
		(void)nanosleep(&pause, NULL); /* cut short by a signal: also fine */
	return mischief->fail_call == -1 || mischief->fail_call == call;
}
