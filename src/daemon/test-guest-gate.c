/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Addresses are let in as long as their hardware address is the one made from them, and as often
 * as leaves room for others.
 */
#include "daemon/guest-gate.h"
#include "host/test-tree.h"
#include "tests/lib/test.h"

#define SECOND_US INT64_C(1000000)

static const GuestNetwork network = {
	.bridge = "br0",
	.subnet = 0x0a140000,
	.mask = 0xffffff00,
};

TEST(only_the_machine_that_has_the_address_is_let_in)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(guest_gate_freep) GuestGate *gate = guest_gate_new(&network, &tree->host);

	tree_file(tree, "/proc/net/arp",
		  "IP address HW type Flags HW address Mask Device\n"
		  "10.20.0.5 0x1 0x2 52:c1:0a:14:00:05 * br0\n"
		  "10.20.0.6 0x1 0x2 52:c1:0a:14:00:05 * br0\n"
		  "10.20.0.7 0x1 0x2 52:c1:0a:14:00:07 * br1\n");
	assert_int_equal(guest_gate_judge(gate, "10.20.0.5", 1), GUEST_WELCOME);
	assert_int_equal(guest_gate_judge(gate, "10.20.0.6", 1), GUEST_STRANGE);
	assert_int_equal(guest_gate_judge(gate, "10.20.0.7", 1), GUEST_STRANGE);
	assert_int_equal(guest_gate_judge(gate, "10.20.0.8", 1), GUEST_STRANGE);
	tree_remove(tree, "/proc");
	assert_int_equal(guest_gate_judge(gate, "10.20.0.5", 1), GUEST_STRANGE);
}

TEST(other_networks_are_strange)
{
	_cleanup_(guest_gate_freep) GuestGate *gate = guest_gate_new(&network, NULL);

	assert_int_equal(guest_gate_judge(gate, "10.20.0.5", 1), GUEST_WELCOME);
	assert_int_equal(guest_gate_judge(gate, "10.20.1.5", 1), GUEST_STRANGE);
	assert_int_equal(guest_gate_judge(gate, "local", 1), GUEST_STRANGE);
	assert_int_equal(guest_gate_judge(gate, "::1", 1), GUEST_STRANGE);
}

static unsigned let_in(GuestGate *gate, const char *address, unsigned asked, int64_t now_us)
{
	unsigned count = 0;

	for (unsigned i = 0; i < asked; i++)
		count += guest_gate_judge(gate, address, now_us) == GUEST_WELCOME;
	return count;
}

TEST(one_that_asks_too_often_waits_alone)
{
	_cleanup_(guest_gate_freep) GuestGate *gate = guest_gate_new(&network, NULL);
	int64_t now = 1000 * SECOND_US;

	assert_int_equal(let_in(gate, "10.20.0.5", 1000, now), GUEST_BURST);
	assert_int_equal(guest_gate_judge(gate, "10.20.0.5", now), GUEST_HASTY);
	assert_int_equal(let_in(gate, "10.20.0.6", 10, now), 10);
	assert_int_equal(let_in(gate, "10.20.0.5", 1000, now + SECOND_US), GUEST_RATE);
	assert_int_equal(let_in(gate, "10.20.0.5", 1000, now + 3600 * SECOND_US), GUEST_BURST);
}
