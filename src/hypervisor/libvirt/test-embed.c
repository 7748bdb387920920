/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The embedded driver's folder: made once, kept, and refused when its name is too long.
 */
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
	_cleanup_(freep) char *uri = NULL;
	_cleanup_(freep) char *again = NULL;
	char text[1024];

	assert_non_null(mkdtemp(root));
	assert_int_equal(embed_prepare(root, &uri, NULL), 0);
	assert_string_equal(str_after(uri, "qemu:///embed?root="), root);
	buf_printf(&path, "%s/etc/qemu.conf", root);
	read_text(path.data, text, sizeof(text));
	assert_non_null(strstr(text, "stdio_handler = \"file\"\n"));
	assert_null(strstr(text, "cgroup_controllers"));

	fd = open(path.data, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, "mine", 4), 4);
	assert_int_equal(embed_prepare(root, &again, NULL), 0);
	read_text(path.data, text, sizeof(text));
	assert_string_equal(text, "mine");
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* A folder with a deep path, and characters that a URI has to quote, is opened by a short one. */
TEST(long_path)
{
	char top[] = "/tmp/cleat-embed-XXXXXX";
	_cleanup_(buf_done) Buf root = {0};
	_cleanup_(freep) char *uri = NULL;
	_cleanup_(freep) char *again = NULL;
	char there[256] = "";
	const char *link;

	if (geteuid() != 0)
		skip(); /* where links are made is the user's own affair */
	assert_non_null(mkdtemp(top));
	buf_printf(&root, "%s/%s", top, "a folder & its name of some fifty characters");
	assert_int_equal(embed_prepare(root.data, &uri, NULL), 0);
	link = str_after(uri, "qemu:///embed?root=");
	assert_non_null(link);
	assert_true(readlink(link, there, sizeof(there) - 1) > 0);
	assert_string_equal(there, root.data);
	assert_int_equal(embed_prepare(root.data, &again, NULL), 0);
	assert_string_equal(again, uri);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void write_status(const char *root, const char *name, const char *domstatus)
{
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(closep) int fd = -1;

	buf_printf(&path, "%s/run/qemu/%s.xml", root, name);
	fd = open(path.data, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "<!--\n-->\n\n%s\n  <monitor/>\n</domstatus>\n", domstatus) > 0);
}

static bool status_is_there(const char *root, const char *name)
{
	_cleanup_(buf_done) Buf path = {0};

	buf_printf(&path, "%s/run/qemu/%s.xml", root, name);
	return access(path.data, F_OK) == 0;
}

TEST(guests_that_never_began_are_forgotten)
{
	char root[] = "/tmp/cleat-embed-XXXXXX";
	_cleanup_(freep) char *uri = NULL;
	_cleanup_(buf_done) Buf path = {0};
	char running[128];

	assert_non_null(mkdtemp(root));
	buf_printf(&path, "%s/run", root);
	assert_int_equal(mkdir(path.data, 0700), 0);
	buf_add(&path, "/qemu");
	assert_int_equal(mkdir(path.data, 0700), 0);
	(void)snprintf(running, sizeof(running),
		       "<domstatus state='paused' reason='starting up' pid='%d'>", (int)getpid());
	write_status(root, "unborn", "<domstatus state='paused' reason='starting up' pid='0'>");
	write_status(root, "dead", "<domstatus state='paused' reason='starting up' pid='4194305'>");
	write_status(root, "alive", running);
	write_status(root, "running", "<domstatus state='running' reason='booted' pid='4194305'>");
	write_status(root, "strange", "<domstatus state='paused' reason='starting up'>");
	assert_int_equal(embed_prepare(root, &uri, NULL), 0);
	assert_false(status_is_there(root, "unborn"));
	assert_false(status_is_there(root, "dead"));
	assert_true(status_is_there(root, "alive"));
	assert_true(status_is_there(root, "running"));
	assert_true(status_is_there(root, "strange"));
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static bool settings_have(const char *root, const char *words)
{
	_cleanup_(buf_done) Buf path = {0};
	char text[4096] = "";
	FILE *file;

	buf_printf(&path, "%s/etc/qemu.conf", root);
	file = fopen(path.data, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	(void)fclose(file); /* it was only read */
	return strstr(text, words) != NULL;
}

TEST(the_sandbox_follows_the_setting_unless_somebody_wrote_the_file)
{
	static const char sandbox[] = "seccomp_sandbox = 0";
	char root[] = "/tmp/cleat-embed-XXXXXX";
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(freep) char *uri = NULL;
	FILE *file;

	assert_non_null(mkdtemp(root));
	assert_int_equal(embed_prepare(root, &uri, NULL), 0);
	assert_int_equal(embed_allow_programs(root, false, NULL), 0);
	assert_false(settings_have(root, sandbox));
	assert_int_equal(embed_allow_programs(root, true, NULL), 0);
	assert_true(settings_have(root, sandbox));
	assert_int_equal(embed_allow_programs(root, false, NULL), 0);
	assert_false(settings_have(root, sandbox));
	buf_printf(&path, "%s/etc/qemu.conf", root);
	file = fopen(path.data, "ae");
	assert_non_null(file);
	assert_true(fputs("max_files = 4096\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(embed_allow_programs(root, true, NULL), 0);
	assert_false(settings_have(root, sandbox));
	assert_true(settings_have(root, "max_files"));
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TEST(uri_is_quoted)
{
	char top[] = "/tmp/c&=?XXXXXX";
	_cleanup_(freep) char *uri = NULL;

	assert_non_null(mkdtemp(top));
	assert_int_equal(embed_prepare(top, &uri, NULL), 0);
	assert_non_null(str_after(uri, "qemu:///embed?root=/tmp/c%26%3D%3F"));
	assert_int_equal(nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}
