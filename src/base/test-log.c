/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Levels of rooms, and lines that nobody can forge.
 */
#include "base/log.h"
#include "base/mem.h"
#include "tests/lib/test.h"

static void forget(void)
{
	log_set_level(LOG_INFO);
	assert_true(log_set_rooms(""));
}

TEST(a_room_has_its_own_level_and_so_have_those_below_it)
{
	assert_true(log_set_rooms("engine=debug, hypervisor=warning hypervisor/fake=debug"));
	assert_true(log_is_on("../src/engine/mark.c", LOG_DEBUG));
	assert_false(log_is_on("../src/engineer/mark.c", LOG_DEBUG));
	assert_false(log_is_on("../src/service/server.c", LOG_DEBUG));
	assert_true(log_is_on("../src/service/server.c", LOG_INFO));
	assert_false(log_is_on("../src/hypervisor/libvirt/conn.c", LOG_INFO));
	assert_true(log_is_on("../src/hypervisor/libvirt/conn.c", LOG_WARNING));
	assert_true(log_is_on("../src/hypervisor/fake/fake.c", LOG_DEBUG));
	forget();
	assert_false(log_is_on("../src/engine/mark.c", LOG_DEBUG));
}

TEST(a_room_may_be_quieter_than_the_rest)
{
	assert_true(log_set_rooms("engine=error"));
	log_set_level(LOG_DEBUG);
	assert_false(log_is_on("../src/engine/mark.c", LOG_WARNING));
	assert_true(log_is_on("../src/engine/mark.c", LOG_ERROR));
	assert_true(log_is_on("../src/service/server.c", LOG_DEBUG));
	forget();
}

#define SEVENTEEN                                                                                  \
	"a=info,a=info,a=info,a=info,a=info,a=info,a=info,a=info,a=info,a=info,a=info,a=info,"     \
	"a=info,a=info,a=info,a=info,a=info"

TEST(what_is_no_list_of_rooms_changes_nothing)
{
	static const char *const wrong[] = {
		"engine",
		"engine=loud",
		"=debug",
		"engine=debug,service",
		"a-room-with-a-name-that-is-far-too-long=debug",
		SEVENTEEN,
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(log_set_rooms(wrong[i]));
	assert_false(log_is_on("../src/engine/mark.c", LOG_DEBUG));
}

TEST(a_clients_text_cannot_forge_a_line)
{
	_cleanup_(closep) int saved = dup(STDERR_FILENO);
	char got[256] = "";
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_info("name=%s", "x\n2026 error forged");
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	assert_true(read(ends[0], got, sizeof(got) - 1) > 0);
	close(ends[0]);
	close(ends[1]);
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
	assert_non_null(strstr(got, "name=x 2026 error forged"));
}

TEST(what_somebody_asked_for_is_written_at_any_level)
{
	_cleanup_(closep) int saved = dup(STDERR_FILENO);
	char got[256] = "";
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_set_level(LOG_ERROR);
	log_info("silenced");
	log_always(LOG_INFO, "name=%s", "wanted");
	log_set_level(LOG_INFO);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	assert_true(read(ends[0], got, sizeof(got) - 1) > 0);
	close(ends[0]);
	close(ends[1]);
	assert_null(strstr(got, "silenced"));
	assert_non_null(strstr(got, "info name=wanted"));
}
