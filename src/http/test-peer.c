/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who is believed about whom: only proxies of ours, and only what they added.
 */
#include "http/peer.h"

#include "tests/lib/test.h"

TEST(proxies_are_believed_others_are_not)
{
	static const struct {
		const char *proxies, *peer, *forwarded, *wanted;
	} rows[] = {
		{"10.0.0.1", "10.0.0.1", "192.0.2.7", "192.0.2.7"},
		{"10.0.0.1", "10.0.0.2", "192.0.2.7", "10.0.0.2"},
		{"10.0.0.1", "10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "10.0.0.1", "1.2.3.4, 192.0.2.7", "192.0.2.7"}, /* the client lies */
		{"10.0.0.1, 10.0.0.2", "10.0.0.1", "192.0.2.7,10.0.0.2", "192.0.2.7"},
		{"10.0.0.1", "10.0.0.1", "192.0.2.7, 10.0.0.2", "10.0.0.2"},
		{"10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"},
		{"10.0.0.1", "10.0.0.1", "192.0.2.7, unknown", "10.0.0.1"},
		{"10.0.0.1", "10.0.0.1", "192.0.2.7:4711", "10.0.0.1"},
		{"10.0.0.1", "10.0.0.1", " 2001:db8::7\t", "2001:db8::7"},
		{"10.0.0.1", "::ffff:10.0.0.1", "192.0.2.7", "192.0.2.7"},
		{"2001:db8:0::1", "2001:db8::1", "192.0.2.7", "192.0.2.7"},
		{"local", "local", "192.0.2.7", "192.0.2.7"},
		{"local", "10.0.0.1", "192.0.2.7", "10.0.0.1"},
		{"10.0.0.1", "10.0.0.1", "local", "10.0.0.1"},
		{"10.0.0.1", "10.0.0.1", ",", "10.0.0.1"},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *got = http_forwarded_peer(arena, rows[i].proxies, rows[i].peer,
						      rows[i].forwarded);

		if (strcmp(got, rows[i].wanted) != 0)
			fail_msg("row %zu: %s", i, got);
	}
}

TEST(lists_of_proxies_are_checked)
{
	assert_true(http_proxies_valid("10.0.0.1"));
	assert_true(http_proxies_valid("10.0.0.1, ::1 ,local"));
	assert_false(http_proxies_valid(""));
	assert_false(http_proxies_valid("10.0.0.1,"));
	assert_false(http_proxies_valid(",10.0.0.1"));
	assert_false(http_proxies_valid("10.0.0.0/8"));
	assert_false(http_proxies_valid("proxy.example.org"));
	assert_false(http_proxies_valid("10.0.0.1 10.0.0.2"));
}
