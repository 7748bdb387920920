/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Ports and LUNs in all their forms; H-21: hostile or broken data is refused.
 */
#include "base/str.h"
#include "connector/fc/info.h"
#include "tests/lib/test.h"

static Arena *arena;

static const FcInfo *parse(const char *text)
{
	ConnectorCall call;
	void *info = NULL;
	Fault f = {0};
	int r;

	arena = arena_free(arena);
	arena = arena_new();
	call = (ConnectorCall){.arena = arena};
	r = fc_info_parse(&call, text, &info, &f);
	assert_true(r == 0 || r == CONNECTOR_BAD_INFO);
	assert_true((r == 0) == (call.why == NULL));
	return r ? NULL : info;
}

/* What had to be taken. */
static const FcInfo *good(const FcInfo *info)
{
	static const FcInfo nothing;

	if (!info)
		fail_msg("it is refused");
	return info ? info : &nothing;
}

static void forget(void)
{
	arena = arena_free(arena);
}

TEST(one_port_or_several)
{
	const FcInfo *info = parse("{\"target_wwn\": \"500A098280FEEBA5\", \"target_lun\": 3, "
				   "\"initiator_target_map\": {}}");

	info = good(info);
	assert_int_equal(info->target_count, 1);
	assert_string_equal(info->targets[0].wwpn, "500a098280feeba5");
	assert_int_equal(info->targets[0].lun, 3);
	info = parse("{\"target_wwn\": [\"0x500a098280feeba5\", \"500a098290feeba5\"], "
		     "\"target_lun\": \"3\"}");
	info = good(info);
	assert_int_equal(info->target_count, 2);
	assert_string_equal(info->targets[1].wwpn, "500a098290feeba5");
	assert_int_equal(info->targets[1].lun, 3);
	info = parse("{\"target_wwns\": [\"500a098280feeba5\", \"500a098290feeba5\"], "
		     "\"target_luns\": [1, 2]}");
	info = good(info);
	assert_int_equal(info->targets[1].lun, 2);
	forget();
}

TEST(luns_are_counted_as_the_array_presents_them)
{
	static const struct {
		const char *mode;
		int64_t lun, is;
	} cases[] = {
		{"transparent", 300, 300}, {"SAM", 300, 300},       {"SAM2", 255, 255},
		{"SAM2", 256, 16640},      {"SAM3-flat", 0, 16384},
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const FcInfo *info;

		(void)snprintf(text, sizeof(text),
			       "{\"target_wwn\": \"500a098280feeba5\", \"target_lun\": %d, "
			       "\"addressing_mode\": \"%s\"}",
			       (int)cases[i].lun, cases[i].mode); /* fits */
		info = parse(text);
		info = good(info);
		assert_int_equal(info->targets[0].lun, cases[i].is);
	}
	forget();
}

TEST(h21_hostile_and_broken_data_is_refused)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{\"target_lun\": 1}",
		"{\"target_wwn\": \"500a098280feeba5\"}",
		"{\"target_wwn\": \"500a098280feeba\", \"target_lun\": 1}",
		"{\"target_wwn\": \"500a098280feeba55\", \"target_lun\": 1}",
		"{\"target_wwn\": \"500a098280feeb;5\", \"target_lun\": 1}",
		"{\"target_wwn\": {\"0\": \"500a098280feeba5\"}, \"target_lun\": 1}",
		"{\"target_wwn\": [], \"target_lun\": 1}",
		"{\"target_wwn\": [1], \"target_lun\": 1}",
		"{\"target_wwn\": 5, \"target_lun\": 1}",
		"{\"target_wwn\": \"500a098280feeba5\", \"target_lun\": -1}",
		"{\"target_wwn\": \"500a098280feeba5\", \"target_lun\": 16384}",
		"{\"target_wwn\": \"500a098280feeba5\", \"target_luns\": [1, 2]}",
		("{\"target_wwn\": \"500a098280feeba5\", \"target_lun\": 1, "
		 "\"addressing_mode\": \"x\"}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (parse(wrong[i]))
			fail_msg("taken: %s", wrong[i]);
	forget();
}
