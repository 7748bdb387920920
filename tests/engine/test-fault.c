/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The n-th call of the hypervisor fails, or works and says that it failed, for n = 1, 2, 3 ...
 * Whatever comes of the requests: afterwards rows and world agree, and all can be taken apart.
 */
#include "tests/engine/house.h"

#include "tests/lib/test.h"

enum { CALLS_MAX = 45 };

static void story(House *h)
{
	(void)house_create_server(h);
	house_settle(h);
	house_check(h);
	if (house_server(h)->vm_state == VM_ACTIVE) {
		(void)house_attach(h);
		house_settle(h);
		house_check(h);
		(void)house_stop(h);
		house_settle(h);
		(void)house_start(h);
		house_settle(h);
		house_check(h);
		(void)house_detach(h);
		house_settle(h);
		house_check(h);
		(void)house_reboot(h, true);
		house_settle(h);
	}
	assert_int_equal(house_delete_server(h), 0);
	house_settle(h);
	house_check(h);
	assert_int_equal(house_server(h)->vm_state, VM_DELETED);
	assert_int_equal(house_volume(h)->status, VOLUME_AVAILABLE);
}

static void sweep(const char *kind)
{
	for (int n = 1; n <= CALLS_MAX; n++) {
		House h = {.times = {.retry_ms = 5, .retry_max_ms = 20}};
		char order[32];

		(void)snprintf(order, sizeof(order), "%d:%s", n, kind);
		house_make(&h);
		(void)setenv("CLEAT_FAKE_FAIL", order, 1);
		house_enter(&h);
		story(&h);
		house_leave(&h);
		house_remove(&h);
		(void)unsetenv("CLEAT_FAKE_FAIL");
	}
}

TEST(each_call_fails_once)
{
	sweep("fault");
}

TEST(each_call_works_and_says_it_failed)
{
	sweep("lost-reply");
}
