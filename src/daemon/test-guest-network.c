/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What [network] says is understood, and what does not go together is told.
 */
#include "daemon/guest-network.h"

#include "tests/lib/test.h"

static Config config_of(const char *subnet)
{
	return (Config){
		.hypervisor = "libvirt",
		.network_name = "guests",
		.network_bridge = "br0",
		.network_subnet = subnet,
	};
}

static void check_wrong(const Config *config, const char *reason)
{
	GuestNetwork network;
	Fault f = {0};

	assert_true(guest_network_read(config, 0, &network, &f) < 0);
	if (!strstr(f.text, reason))
		fail_msg("'%s' is not in '%s'", reason, f.text);
}

TEST(a_network_is_read)
{
	Config config = config_of("10.20.0.0/22");
	GuestNetwork network;
	Fault f = {0};

	config.network_range = "10.20.1.0 - 10.20.3.250";
	config.network_gateway = "10.20.0.1";
	config.network_dns = "10.20.0.53, 9.9.9.9";
	config.network_filter = "clean-traffic";
	assert_int_equal(guest_network_read(&config, 0x0a140002, &network, &f), 0);
	assert_string_equal(network.name, "guests");
	assert_string_equal(network.bridge, "br0");
	assert_string_equal(network.filter, "clean-traffic");
	assert_int_equal(network.subnet, 0x0a140000);
	assert_int_equal(network.mask, 0xfffffc00);
	assert_int_equal(network.first, 0x0a140100);
	assert_int_equal(network.last, 0x0a1403fa);
	assert_int_equal(network.gateway, 0x0a140001);
	assert_int_equal(network.host, 0x0a140002);
	assert_int_equal(network.dns_count, 2);
	assert_int_equal(network.dns[1], 0x09090909);
}

TEST(this_host_is_the_gateway_where_it_is_there)
{
	Config config = config_of("10.20.0.0/24");
	GuestNetwork network;
	Fault f = {0};

	assert_int_equal(guest_network_read(&config, 0x0a140001, &network, &f), 0);
	assert_int_equal(network.gateway, 0x0a140001);
	assert_int_equal(network.first, 0x0a140000);
	assert_int_equal(network.last, 0x0a1400ff);
	assert_int_equal(guest_network_read(&config, 0x0a150001, &network, &f), 0);
	assert_int_equal(network.gateway, 0);
	assert_int_equal(network.host, 0);
}

TEST(subnets_that_are_none_are_told)
{
	static const char *const shapes[] = {"10.20.0.0",      "10.20.0.0/8",  "10.20.0.0/31",
					     "10.20.0/24",     "10.20.0.0/x",  "::/64",
					     "10.20.0.0/24/1", "10.20.0.0/-1", ""};
	Config config;

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		config = config_of(shapes[i]);
		check_wrong(&config, "is not like 10.20.0.0/24");
	}
	config = config_of(NULL);
	check_wrong(&config, "needs a subnet");
	config = config_of("10.20.0.1/24");
	check_wrong(&config, "has bits behind its prefix");
	config = config_of("0.0.0.0/16");
	check_wrong(&config, "has no addresses of hosts");
	config = config_of("224.0.0.0/16");
	check_wrong(&config, "has no addresses of hosts");
	config = config_of("169.254.0.0/16");
	check_wrong(&config, "which is of the metadata service");
}

TEST(what_lies_outside_is_told)
{
	static const char *const ranges[] = {"10.20.0.5", "10.20.0.9-10.20.0.5",
					     "10.20.1.5-10.20.1.9", "10.20.0.5-10.20.1.5", "a-b"};
	static const char *const servers[] = {"", "a", "1.1.1.1,", "1.1.1.1 2.2.2.2",
					      "1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4"};
	Config config = config_of("10.20.0.0/24");

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		config.network_range = ranges[i];
		check_wrong(&config, "is not FIRST-LAST");
	}
	config.network_range = NULL;
	config.network_gateway = "10.21.0.1";
	check_wrong(&config, "gateway 10.21.0.1 is not an address of the subnet");
	config.network_gateway = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		config.network_dns = servers[i];
		check_wrong(&config, "is not 1 to 3 addresses");
	}
	config.network_dns = NULL;
	config.network_bridge = "a-name-that-is-too-long";
	check_wrong(&config, "is not the name of a network device");
}

TEST(a_bridge_has_to_be_there)
{
	Config config = config_of("10.20.0.0/24");
	GuestNetwork network;
	Fault f = {0};

	config.network_bridge = "lo";
	assert_true(guest_network_open(&config, &network, &f) < 0);
	assert_non_null(strstr(f.text, "there is no bridge lo on this host"));
	config.hypervisor = "fake";
	assert_true(guest_network_open(&config, &network, &f) < 0);
	assert_non_null(strstr(f.text, "has no address in subnet 10.20.0.0/24"));
	config.network_subnet = "127.0.0.0/24";
	assert_int_equal(guest_network_open(&config, &network, &f), 0);
	assert_int_equal(network.gateway, 0x7f000001);
}
