/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See mischief.h.
 */
#include "hypervisor/fake/mischief.h"

#include <errno.h>

#include "base/enum.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/domain.h"

static const char *const kinds[] = {
	[MISCHIEF_FAULT] = "fault",
	[MISCHIEF_BUSY] = "busy",
	[MISCHIEF_LOST_REPLY] = "lost-reply",
};
static_assert(ARRAY_SIZE(kinds) == _MISCHIEF_KIND_MAX, "a row for each");

/* "N" or "N:kind" */
static bool fail_parse(const char *text, Mischief *mischief)
{
	const char *colon = strchr(text, ':');
	_cleanup_(freep) char *number =
		mem_strndup(text, colon ? (size_t)(colon - text) : strlen(text));
	EnumNames names = ENUM_NAMES(kinds);
	int kind = colon ? enum_value(&names, colon + 1) : MISCHIEF_FAULT;

	if (kind < 0 || !str_parse_i64(number, &mischief->fail_call) || mischief->fail_call < 1)
		return false;
	mischief->kind = (MischiefKind)kind;
	return true;
}

/* "refuse" or "pending:MS" */
static bool detach_parse(const char *text, Mischief *mischief)
{
	const char *ms = str_after(text, "pending:");

	if (str_eq(text, "refuse")) {
		mischief->release = MISCHIEF_RELEASE_NEVER;
		return true;
	}
	mischief->release = MISCHIEF_RELEASE_LATER;
	return ms && str_parse_i64(ms, &mischief->release_ms) && mischief->release_ms >= 0;
}

static bool delay_parse(const char *text, Mischief *mischief)
{
	return str_parse_i64(text, &mischief->delay_ms) && mischief->delay_ms >= 0;
}

/* "MS" or "end" */
static bool mirror_parse(const char *text, Mischief *mischief)
{
	mischief->mirror_ends = str_eq(text, "end");
	return mischief->mirror_ends ||
	       (str_parse_i64(text, &mischief->mirror_ms) && mischief->mirror_ms >= 0);
}

static bool lack_parse(const char *text, Mischief *mischief)
{
	mischief->lacks = enum_value(&host_trait_names, text);
	return mischief->lacks >= 0;
}

static const struct {
	const char *variable;
	bool (*parse)(const char *text, Mischief *mischief);
} variables[] = {
	{.variable = "CLEAT_FAKE_FAIL", .parse = fail_parse},
	{.variable = "CLEAT_FAKE_DETACH", .parse = detach_parse},
	{.variable = "CLEAT_FAKE_DELAY_MS", .parse = delay_parse},
	{.variable = "CLEAT_FAKE_MIRROR", .parse = mirror_parse},
	{.variable = "CLEAT_FAKE_LACK", .parse = lack_parse},
};

int mischief_read(Mischief *ret, Fault *f)
{
	Mischief mischief = {.lacks = -1};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *text = getenv(variables[i].variable);

		if (!str_empty(text) && !variables[i].parse(text, &mischief))
			return fault(f, -EINVAL, "%s=%s makes no sense", variables[i].variable,
				     text);
	}
	*ret = mischief;
	return 0;
}
