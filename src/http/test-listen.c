/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Listening sockets and their names.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/str.h"
#include "http/http.h"
#include "tests/lib/test.h"

TEST(loopback)
{
	_cleanup_(closep) int fd = -1, other = -1;
	char name[64];
	Fault f = {0};

	assert_int_equal(http_listen("127.0.0.1:0", &fd, &f), 0);
	assert_int_equal(http_listen_name(fd, name, sizeof(name), &f), 0);
	assert_non_null(str_after(name, "127.0.0.1:"));
	assert_true(http_listen_is_local(fd));
	assert_int_equal(http_listen(name, &other, &f), -EADDRINUSE);
	assert_non_null(strstr(f.text, name));
}

TEST(everywhere)
{
	_cleanup_(closep) int fd = -1;
	char name[64];
	Fault f = {0};

	assert_int_equal(http_listen("0.0.0.0:0", &fd, &f), 0);
	assert_int_equal(http_listen_name(fd, name, sizeof(name), &f), 0);
	assert_non_null(str_after(name, "0.0.0.0:"));
	assert_false(http_listen_is_local(fd));
}

TEST(version_6)
{
	_cleanup_(closep) int fd = -1;
	char name[64];
	Fault f = {0};

	if (http_listen("[::1]:0", &fd, &f) < 0)
		skip(); /* a machine without IPv6 */
	assert_int_equal(http_listen_name(fd, name, sizeof(name), &f), 0);
	assert_non_null(str_after(name, "[::1]:"));
	assert_true(http_listen_is_local(fd));
}

TEST(malformed)
{
	static const char *const rows[] = {
		"",    "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
		":80", "unix:",     "127.1.1:-1", "[::1]",       "[not]:80",
	};
	Fault f = {0};
	int fd = -1;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(http_listen(rows[i], &fd, &f), -EINVAL);
}

TEST(local_socket_replaces_a_stale_file)
{
	char dir[] = "/tmp/test-listen-XXXXXX", where[80], name[120];
	int fd = -1, second = -1;
	Fault f = {0};

	assert_non_null(mkdtemp(dir));
	(void)snprintf(where, sizeof(where), "unix:%s/s", dir);
	assert_int_equal(http_listen(where, &fd, &f), 0);
	assert_int_equal(http_listen_name(fd, name, sizeof(name), &f), 0);
	assert_string_equal(name, where);
	assert_true(http_listen_is_local(fd));
	assert_int_equal(http_listen(where, &second, &f), -EADDRINUSE);
	closep(&fd);
	assert_int_equal(http_listen(where, &second, &f), 0);
	closep(&second);
	assert_int_equal(unlink(where + 5), 0);
	assert_int_equal(rmdir(dir), 0);
}
