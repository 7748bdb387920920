/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every address that servers may have is tried once, and nobody else's is.
 */
#include "rules/guest-address.h"

#include "base/str.h"
#include "tests/lib/test.h"

/* 10.20.0.0/24, with the gateway at .1, this host at .2 and a name server at .53. */
static const GuestNetwork network = {
	.subnet = 0x0a140000,
	.mask = 0xffffff00,
	.first = 0x0a140000,
	.last = 0x0a1400ff,
	.gateway = 0x0a140001,
	.host = 0x0a140002,
	.dns = {0x0a140035, 0x08080808},
	.dns_count = 2,
};

/* How often each address of a /24 comes; returns how many come at all. */
static size_t try_all(const GuestNetwork *net, uint32_t seed, unsigned times[static 256])
{
	char batch[GUEST_ADDRESS_BATCH][IPV4_TEXT];
	size_t count, all = 0;

	for (uint32_t tried = 0; (count = guest_address_candidates(net, seed, tried, batch));
	     tried += GUEST_ADDRESS_BATCH)
		for (size_t i = 0; i < count; i++, all++) {
			uint32_t address = 0;

			assert_true(ipv4_read(batch[i], &address));
			assert_int_equal(address & net->mask, net->subnet);
			times[address & 0xff]++;
		}
	return all;
}

TEST(each_is_tried_once)
{
	static const uint32_t seeds[] = {0, 1, 77, 255, 256, 0xffffffff};

	for (size_t s = 0; s < ARRAY_SIZE(seeds); s++) {
		unsigned times[256] = {0};

		assert_int_equal(try_all(&network, seeds[s], times), 256 - 5);
		for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
			bool others = i == 0 || i == 1 || i == 2 || i == 0x35 || i == 255;

			assert_int_equal(times[i], others ? 0 : 1);
		}
	}
}

TEST(a_range_is_kept)
{
	GuestNetwork some = network;
	unsigned times[256] = {0};

	some.first = 0x0a140064;
	some.last = 0x0a140066;
	assert_int_equal(try_all(&some, 1234567, times), 3);
	assert_int_equal(times[0x64] + times[0x65] + times[0x66], 3);
}

TEST(servers_begin_at_different_places)
{
	char one[GUEST_ADDRESS_BATCH][IPV4_TEXT], other[GUEST_ADDRESS_BATCH][IPV4_TEXT];
	uint32_t a = guest_address_seed("5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11");
	uint32_t b = guest_address_seed("5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c12");

	assert_int_not_equal(a, b);
	assert_int_equal(a, guest_address_seed("5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"));
	assert_true(guest_address_candidates(&network, 10, 0, one) > 0);
	assert_true(guest_address_candidates(&network, 11, 0, other) > 0);
	assert_string_not_equal(one[0], other[0]);
}
