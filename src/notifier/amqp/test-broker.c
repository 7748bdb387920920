/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Addresses of brokers, as operators write them.
 */
#include "notifier/amqp/broker.h"

#include "tests/lib/test.h"

static BrokerAddress address;

static int read_address(Arena *arena, const char *url, Fault *f)
{
	address = (BrokerAddress){0};
	return broker_address_read(url, arena, &address, f);
}

static void assert_address(const char *host, int port, const char *vhost, bool tls)
{
	assert_string_equal(address.host, host);
	assert_int_equal(address.port, port);
	assert_string_equal(address.vhost, vhost);
	assert_int_equal(address.tls, tls);
}

TEST(addresses_as_operators_write_them)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Fault f = {0};

	assert_int_equal(read_address(arena, "amqp://cleat:pa%2Fss@mq.example:5673/cloud", &f), 0);
	assert_address("mq.example", 5673, "cloud", false);
	assert_string_equal(address.user, "cleat");
	assert_string_equal(address.password, "pa/ss");
	assert_int_equal(read_address(arena, "rabbit://u:p@127.0.0.1:5672/", &f), 0);
	assert_address("127.0.0.1", 5672, "/", false);
	assert_int_equal(read_address(arena, "amqps://u:p@mq.example", &f), 0);
	assert_address("mq.example", 5671, "/", true);
}

TEST(what_is_no_address_is_not_repeated)
{
	static const char *const urls[] = {
		"http://u:secret@host/",
		"amqp://u:secret@a,amqp://b/",
		"rabbit://u:secret@h/?ssl=1",
		"amqp://u:secret@host:port/",
		"u:secret@host",
		"",
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		Fault f = {0};

		assert_true(read_address(arena, urls[i], &f) < 0);
		assert_null(strstr(f.text, "secret"));
	}
}
