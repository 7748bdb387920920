/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The process ends right after its n-th commit, for n = 1, 2, 3 ... and another one enters the
 * same house: every operation comes to an end, rows and world agree, and all can be taken apart.
 */
#include "tests/engine/house.h"

#include <sys/wait.h>

#include "tests/lib/test.h"

enum { COMMITS_MAX = 40, DIED = 9 };

static void story(House *h)
{
	(void)house_create_server(h);
	house_settle(h);
	(void)house_attach(h);
	house_settle(h);
	(void)house_stop(h);
	house_settle(h);
	(void)house_start(h);
	house_settle(h);
	(void)house_detach(h);
	house_settle(h);
	(void)house_delete_server(h);
	house_settle(h);
}

/* True when the story came to its end before it died. */
static bool die_inside(House *h)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		house_enter(h);
		story(h);
		house_leave(h);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == DIED);
	return WEXITSTATUS(status) == 0;
}

static void find_server(House *h)
{
	Fault f = {0};
	const char *const *ids;
	size_t count;

	assert_int_equal(hypervisor_list(h->hypervisor, h->arena, &ids, &count, &f), 0);
	assert_true(count <= 1);
	if (count)
		(void)snprintf(h->server_id, sizeof(h->server_id), "%s", ids[0]);
}

static void clear_up(House *h)
{
	house_enter(h);
	house_settle(h);
	find_server(h);
	house_check(h);
	if (*h->server_id)
		assert_int_equal(house_delete_server(h), 0);
	house_settle(h);
	house_check(h);
	assert_int_equal(house_volume(h)->status, VOLUME_AVAILABLE);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM servers WHERE vm_state <> 'deleted'"),
			 0);
	assert_int_equal(house_count(h, "SELECT SUM(used) FROM quotas"), 0);
	house_leave(h);
}

TEST(death_after_each_commit)
{
	bool finished = false;

	for (int n = 1; n <= COMMITS_MAX && !finished; n++) {
		House h = {.times = {.retry_ms = 5, .retry_max_ms = 20}};

		house_make(&h);
		h.die_at = n + h.commits;
		finished = die_inside(&h);
		h.die_at = 0;
		clear_up(&h);
		house_remove(&h);
	}
	assert_true(finished);
}
