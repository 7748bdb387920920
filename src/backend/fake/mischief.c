/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See mischief.h.
 */
#include "backend/fake/mischief.h"

#include "base/clock.h"
#include "base/enum.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	TIMEOUT_MS = 300,
	BROKEN_CALLS = 5, /* the attempts that a step has */
	NAME_BYTES = 64,
};

static const char *const kinds[] = {
	[SPOILT_NONE] = "none", [SPOILT_FAULT] = "fault",     [SPOILT_LOST_REPLY] = "lost-reply",
	[SPOILT_FULL] = "full", [SPOILT_TIMEOUT] = "timeout", [SPOILT_BROKEN] = "broken",
};
static_assert(ARRAY_SIZE(kinds) == _SPOILT_MAX, "a name for each");

/* "always", "N" or "N:kind". */
static bool read_fail(CallMischief *mischief, const char *text, unsigned allowed)
{
	const char *colon = strchrnul(text, ':');
	_cleanup_(freep) char *number = mem_strndup(text, (size_t)(colon - text));
	EnumNames names = ENUM_NAMES(kinds);
	int kind = *colon ? enum_value(&names, colon + 1) : SPOILT_FAULT;

	if (kind < 0 || !(allowed & 1U << kind))
		return false;
	mischief->kind = (Spoilt)kind;
	if (str_eq(text, "always")) {
		mischief->call = -1;
		return true;
	}
	return str_parse_i64(number, &mischief->call) && mischief->call > 0;
}

static bool read_delay(CallMischief *mischief, const char *text)
{
	return str_parse_i64(text, &mischief->delay_ms) && mischief->delay_ms >= 0;
}

int call_mischief_read(CallMischief *mischief, const char *prefix, unsigned allowed, Fault *f)
{
	char name[NAME_BYTES];
	const char *text;

	(void)pthread_mutex_init(&mischief->lock, NULL);       /* does not fail on Linux */
	(void)snprintf(name, sizeof(name), "%s_FAIL", prefix); /* fits: a name of ours */
	text = getenv(name);
	if (!str_empty(text) && !read_fail(mischief, text, allowed))
		return fault(f, -EINVAL, "%s=%s makes no sense", name, text);
	(void)snprintf(name, sizeof(name), "%s_DELAY_MS", prefix); /* fits, too */
	text = getenv(name);
	if (!str_empty(text) && !read_delay(mischief, text))
		return fault(f, -EINVAL, "%s=%s makes no sense", name, text);
	return 0;
}

static Spoilt choose(CallMischief *mischief, const char *slot)
{
	if (mischief->call == -1 || ++mischief->calls == mischief->call) {
		mischief->slot = slot;
		mischief->broken = mischief->kind == SPOILT_BROKEN ? BROKEN_CALLS - 1 : 0;
		return mischief->kind;
	}
	if (!mischief->broken || !str_eq(mischief->slot, slot))
		return SPOILT_NONE;
	mischief->broken--;
	return SPOILT_BROKEN;
}

Spoilt call_mischief_strike(CallMischief *mischief, const char *slot)
{
	Spoilt spoilt;

	(void)pthread_mutex_lock(&mischief->lock);
	spoilt = choose(mischief, slot);
	(void)pthread_mutex_unlock(&mischief->lock);
	clock_sleep_ms(mischief->delay_ms + (spoilt == SPOILT_TIMEOUT ? TIMEOUT_MS : 0));
	if (spoilt != SPOILT_NONE)
		log_warning("call=%s is made to end in %s", slot, kinds[spoilt]);
	return spoilt;
}

int call_answer(Spoilt spoilt, const char *slot, int r, int full, Fault *f)
{
	switch (spoilt) {
	case SPOILT_NONE:
		return r;
	case SPOILT_TIMEOUT:
		return fault(f, -ETIMEDOUT, "%s was made to time out", slot);
	case SPOILT_FULL:
		if (full)
			return full;
		break;
	case SPOILT_FAULT:
	case SPOILT_LOST_REPLY:
	case SPOILT_BROKEN:
	case _SPOILT_MAX:
		break;
	}
	return fault(f, -EIO, "%s was made to fail", slot);
}
