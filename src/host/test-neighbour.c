/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the kernel's table of neighbours says of one address on one device.
 */
#include "host/host.h"
#include "host/test-tree.h"
#include "tests/lib/test.h"

#define TABLE                                                                                      \
	"IP address       HW type     Flags       HW address            Mask     Device\n"         \
	"10.20.0.55       0x1         0x2         52:c1:0a:14:00:37     *        br0\n"            \
	"10.20.0.6        0x1         0x0         00:00:00:00:00:00     *        br0\n"            \
	"10.20.0.5        0x1         0x2         02:00:00:00:00:01     *        eth0\n"           \
	"10.20.0.5        0x1         0x6         52:c1:0a:14:00:05     *        br0\n"            \
	"short\n"

static int find(Tree *tree, const char *device, const char *address, char mac[static HOST_MAC_TEXT])
{
	Fault f = {0};

	return host_neighbour(&tree->host, device, address, mac, &f);
}

TEST(an_address_is_looked_up_on_its_device)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	char mac[HOST_MAC_TEXT];

	tree_file(tree, "/proc/net/arp", TABLE);
	assert_int_equal(find(tree, "br0", "10.20.0.5", mac), 0);
	assert_string_equal(mac, "52:c1:0a:14:00:05");
	assert_int_equal(find(tree, "eth0", "10.20.0.5", mac), 0);
	assert_string_equal(mac, "02:00:00:00:00:01");
	assert_int_equal(find(tree, "br0", "10.20.0.55", mac), 0);
	assert_string_equal(mac, "52:c1:0a:14:00:37");
}

TEST(who_has_not_answered_is_not_there)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	char mac[HOST_MAC_TEXT] = "untouched";

	tree_file(tree, "/proc/net/arp", TABLE);
	assert_int_equal(find(tree, "br0", "10.20.0.6", mac), HOST_NONE);
	assert_int_equal(find(tree, "br0", "10.20.0.7", mac), HOST_NONE);
	assert_int_equal(find(tree, "br", "10.20.0.5", mac), HOST_NONE);
	assert_int_equal(find(tree, "br0", "IP", mac), HOST_NONE);
	assert_string_equal(mac, "untouched");
}

TEST(a_table_that_cannot_be_read_is_a_fault)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	char mac[HOST_MAC_TEXT];

	assert_true(find(tree, "br0", "10.20.0.5", mac) < 0);
}
