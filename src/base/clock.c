/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See clock.h. All dates are UTC: no time zone rules live here.
 */
#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define US_PER_S INT64_C(1000000)

static int64_t read_us(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t); /* cannot fail for these clocks */
	return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

static int64_t steady_ahead_us; /* of the monotonic clock */

static void steady_begin(void)
{
	steady_ahead_us = clock_now_us() - clock_mono_us();
}

int64_t clock_steady_us(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, steady_begin); /* fails for bad arguments only */
	return clock_mono_us() + steady_ahead_us;
}

/* A number with leading zeros and what follows it; returns where to go on. */
static char *put_number(char *at, int64_t number, int digits, const char *after)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		at[i] = (char)('0' + number % 10);
	at += digits;
	while (*after)
		*at++ = *after++;
	*at = '\0';
	return at;
}

/* By hand, because each answer has several dates and strftime() takes a microsecond. */
const char *clock_format(int64_t us, ClockFormat format, char out[static CLOCK_TEXT_MAX])
{
	time_t seconds = (time_t)(us / US_PER_S);
	struct tm tm;
	char *at = out;

	if (!gmtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	at = put_number(at, (int64_t)tm.tm_year + 1900, 4, "-");
	at = put_number(at, (int64_t)tm.tm_mon + 1, 2, "-");
	at = put_number(at, tm.tm_mday, 2, "T");
	at = put_number(at, tm.tm_hour, 2, ":");
	at = put_number(at, tm.tm_min, 2, ":");
	switch (format) {
	case CLOCK_SECONDS_Z:
		(void)put_number(at, tm.tm_sec, 2, "Z");
		break;
	case CLOCK_MICROS:
		at = put_number(at, tm.tm_sec, 2, ".");
		(void)put_number(at, us % US_PER_S, 6, "");
		break;
	case CLOCK_MICROS_Z:
		(void)put_number(at, tm.tm_sec, 2, ".000000Z");
		break;
	}
	return out;
}

/* "" or Z, or +hh:mm / -hh:mm as seconds east of UTC. */
static bool parse_zone(const char *p, int64_t *ret_offset)
{
	int hours, minutes, n = 0;

	*ret_offset = 0;
	if (!*p || strcmp(p, "Z") == 0)
		return true;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &n) != 2 ||
	    p[1 + n] || hours > 14 || minutes > 59)
		return false;
	*ret_offset = (*p == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

bool clock_parse(const char *text, int64_t *ret_us)
{
	struct tm tm = {0};
	int64_t fraction = 0, scale = US_PER_S, offset;
	const char *p;

	p = strptime(text, "%Y-%m-%d", &tm);
	if (!p || (*p != 'T' && *p != ' '))
		return false;
	p = strptime(p + 1, "%H:%M:%S", &tm);
	if (!p)
		return false;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++)
			if (scale > 1) {
				scale /= 10;
				fraction += (*p - '0') * scale;
			}
	if (!parse_zone(p, &offset))
		return false;
	*ret_us = ((int64_t)timegm(&tm) - offset) * US_PER_S + fraction;
	return true;
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}
