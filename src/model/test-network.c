/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Addresses come back as they were written, and each has a hardware address of its own.
 */
#include "model/network.h"

#include "tests/lib/test.h"

TEST(addresses_come_back)
{
	static const char *const texts[] = {"10.20.0.5", "192.168.255.1", "0.0.0.0",
					    "255.255.255.255"};
	char text[IPV4_TEXT];
	uint32_t address;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_true(ipv4_read(texts[i], &address));
		assert_string_equal(ipv4_text(address, text), texts[i]);
	}
	assert_true(ipv4_read("1.2.3.4", &address));
	assert_int_equal(address, 0x01020304);
}

TEST(what_is_no_address_is_told)
{
	static const char *const texts[] = {"",           "10.20.0",    "10.20.0.256",
					    "10.20.0.5 ", "::1",        "10.20.0.5/8",
					    "host",       "10.020.0.5", "0x0a.0.0.1"};
	uint32_t address;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(ipv4_read(texts[i], &address));
}

TEST(hardware_addresses_are_made_from_addresses)
{
	char mac[DOMAIN_MAC_TEXT];

	assert_string_equal(ipv4_mac("10.20.0.5", mac), "52:c1:0a:14:00:05");
	assert_string_equal(ipv4_mac("192.168.1.254", mac), "52:c1:c0:a8:01:fe");
}

TEST(a_server_without_an_address_has_one_of_its_id)
{
	Server server = {.id = "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"};
	char mac[DOMAIN_MAC_TEXT];

	assert_string_equal(server_mac(&server, mac), "52:54:00:5f:1c:9f");
	server.address = "10.20.0.5";
	assert_string_equal(server_mac(&server, mac), "52:c1:0a:14:00:05");
}
