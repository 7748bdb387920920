/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The embedded driver's folder: made once, kept, and refused when its name is too long.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/str.h"
#include "hypervisor/libvirt/priv.h"
#include "tests/lib/test.h"

static void read_text(const char *path, char *text, size_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, size - 1);
	assert_true(n >= 0);
	text[n] = '\0';
}

static int remove_one(const char *path, const struct stat *st _unused_, int type _unused_,
		      struct FTW *where _unused_)
{
	return remove(path);
}

TEST(settings_are_written_once)
{
	char root[] = "/tmp/cleat-embed-XXXXXX";
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(closep) int fd = -1;
	char text[1024];

	assert_non_null(mkdtemp(root));
	assert_int_equal(embed_prepare(root, NULL), 0);
	buf_printf(&path, "%s/etc/qemu.conf", root);
	read_text(path.data, text, sizeof(text));
	assert_non_null(strstr(text, "stdio_handler = \"file\"\n"));
	assert_null(strstr(text, "cgroup_controllers"));

	fd = open(path.data, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, "mine", 4), 4);
	assert_int_equal(embed_prepare(root, NULL), 0);
	read_text(path.data, text, sizeof(text));
	assert_string_equal(text, "mine");
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TEST(long_path)
{
	char root[200] = "/";
	Fault f = {0};

	memset(root + 1, 'a', sizeof(root) - 2);
	assert_int_equal(embed_prepare(root, &f), -ENAMETOOLONG);
	assert_non_null(strstr(f.text, "too long for QEMU's sockets"));
}

TEST(uri_is_quoted)
{
	_cleanup_(freep) char *plain = embed_uri("/var/lib/cleat/libvirt");
	_cleanup_(freep) char *odd = embed_uri("/srv/a b&c=d?");

	assert_string_equal(plain, "qemu:///embed?root=/var/lib/cleat/libvirt");
	assert_string_equal(odd, "qemu:///embed?root=/srv/a%20b%26c%3Dd%3F");
}
