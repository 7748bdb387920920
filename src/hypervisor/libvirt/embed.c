/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The folder of the embedded driver (qemu:///embed?root=FOLDER). No daemon runs; guests outlive
 * this process, and the next one that opens the folder finds them. One process at a time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxml/uri.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

/*
 * QEMU and what serves it meet at unix sockets in FOLDER/lib/qemu/domain-NUMBER-NAME, with at most
 * 20 characters of the name; a longer path cannot be bound. A filesystem's has the longest name.
 */
static const char socket_longest[] =
	"/lib/qemu/domain-1234567-12345678901234567890/ua-12345678-1234-1234-1234-fs.sock";

/*
 * There is no virtlogd, so QEMU writes consoles itself. libvirt leaves owners and labels alone:
 * the files are ours. cgroup_controllers is not set on purpose: with an empty list libvirt 9.0
 * crashes when a share is plugged.
 */
static const char qemu_conf[] = "# Written once by cleatd; changes are kept.\n"
				"stdio_handler = \"file\"\n"
				"security_driver = \"none\"\n"
				"user = \"root\"\n"
				"group = \"root\"\n"
				"dynamic_ownership = 0\n"
				"remember_owner = 0\n"
				"namespaces = [ ]\n";

static int make_directory(const char *path, Fault *f)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fault(f, -errno, "mkdir %s: %m", path);
	return 0;
}

/* All of it or nothing, also when the machine stops in the middle. */
static int write_file(const char *path, const char *text, size_t n, Fault *f)
{
	_cleanup_(buf_done) Buf aside = {0};
	_cleanup_(closep) int fd = -1;

	buf_printf(&aside, "%s.new", path);
	fd = open(aside.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault(f, -errno, "create %s: %m", aside.data);
	if (write(fd, text, n) != (ssize_t)n)
		return fault(f, errno ? -errno : -ENOSPC, "write %s: %m", aside.data);
	if (fsync(fd) < 0 || rename(aside.data, path) < 0)
		return fault(f, -errno, "write %s: %m", path);
	return 0;
}

static int write_settings(const char *root, Fault *f)
{
	_cleanup_(buf_done) Buf path = {0};
	int r;

	buf_printf(&path, "%s/etc", root);
	r = make_directory(path.data, f);
	if (r)
		return r;
	buf_add(&path, "/qemu.conf");
	if (access(path.data, F_OK) == 0)
		return 0;
	return write_file(path.data, qemu_conf, strlen(qemu_conf), f);
}

/*
 * An emulator that starts a program for its guest must not be in the sandbox that forbids it: the
 * kernel would kill it. Only a file that is ours from end to end is changed.
 */
static const char sandbox_off[] = "seccomp_sandbox = 0\n";

int embed_allow_programs(const char *root, bool allowed, Fault *f)
{
	enum { SETTINGS_MAX = 4096 };
	_cleanup_(buf_done) Buf path = {0}, with = {0};
	_cleanup_(closep) int fd = -1;
	char text[SETTINGS_MAX] = "";
	const char *wanted;

	buf_printf(&with, "%s%s", qemu_conf, sandbox_off);
	wanted = allowed ? with.data : qemu_conf;
	buf_printf(&path, "%s/etc/qemu.conf", root);
	fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return fault(f, -errno, "read %s: %m", path.data);
	if (str_eq(text, wanted) || (!str_eq(text, qemu_conf) && !str_eq(text, with.data)))
		return 0;
	return write_file(path.data, wanted, strlen(wanted), f);
}

/* --- what is known about the emulator --- */

/*
 * libvirt asks an emulator for its capabilities once, which takes four seconds, and keeps the
 * answer under the root. A new root is given what an earlier one learned on this machine; libvirt
 * checks it against the time stamps of the emulator and of itself, so it may be stale.
 */
static const char shared_cache[] = "/var/cache/cleat/qemu-capabilities";

static char *capabilities_path(const char *root)
{
	Buf path = {0};

	buf_printf(&path, "%s/cache/qemu/capabilities", root);
	return buf_take(&path);
}

/* mkdir -p; what cannot be made shows itself at the first use. */
static void make_path(const char *path)
{
	_cleanup_(freep) char *part = mem_strdup(path);

	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(part, 0755);
		*slash = '/';
	}
	(void)mkdir(part, 0700);
}

static bool is_capabilities(const struct dirent *entry)
{
	return str_ends(entry->d_name, ".xml");
}

static int copy_file(int from_dir, const char *name, const char *to)
{
	enum { CAPABILITIES_MAX = 4 * 1024 * 1024 };
	_cleanup_(closep) int fd = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(freep) char *bytes = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_size > CAPABILITIES_MAX)
		return -EINVAL;
	bytes = mem_new((size_t)st.st_size + 1);
	if (read(fd, bytes, (size_t)st.st_size) != st.st_size)
		return -EIO;
	buf_printf(&path, "%s/%s", to, name);
	return write_file(path.data, bytes, (size_t)st.st_size, NULL);
}

/* Copy what `to` does not have. A cache: what does not work costs time and nothing else. */
static void copy_capabilities(const char *from, const char *to)
{
	DIR *dir = opendir(from);
	struct dirent *entry;
	_cleanup_(closep) int target = -1;

	if (!dir)
		return;
	make_path(to);
	target = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (target >= 0 && (entry = readdir(dir)))
		if (is_capabilities(entry) && faccessat(target, entry->d_name, F_OK, 0) < 0)
			(void)copy_file(dirfd(dir), entry->d_name, to);
	(void)closedir(dir); /* it was only read */
}

void embed_keep_capabilities(const char *root)
{
	_cleanup_(freep) char *own = capabilities_path(root);

	copy_capabilities(own, shared_cache);
}

/* --- guests that never began --- */

/* The number after pid=' in the first element; -1 unless the guest was starting. */
static int64_t starting_pid(char *status)
{
	char *element = strstr(status, "<domstatus ");
	char *end = element ? strchr(element, '>') : NULL;
	char *pid, *quote;
	int64_t number;

	if (!end)
		return -1;
	*end = '\0';
	pid = strstr(element, "pid='");
	quote = pid ? strchr(pid + 5, '\'') : NULL;
	if (!quote || !strstr(element, "reason='starting up'"))
		return -1;
	*quote = '\0';
	return str_parse_i64(pid + 5, &number) ? number : -1;
}

static bool never_began(int dir, const char *name)
{
	_cleanup_(closep) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char head[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head) - 1);
	int64_t pid;

	if (n < 0)
		return false;
	head[n] = '\0';
	pid = starting_pid(head);
	return pid == 0 || (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

/*
 * libvirt writes down that it starts a guest before there is a QEMU. When this process is killed
 * just then, libvirt 9.0 finds a guest without a process at the next start, and never lets go of
 * it: not even destroying it works. Without that note the guest is off, which is the truth.
 */
static void forget_unborn(const char *root)
{
	_cleanup_(buf_done) Buf path = {0};
	struct dirent *entry;
	DIR *dir;

	buf_printf(&path, "%s/run/qemu", root);
	dir = opendir(path.data);
	if (!dir)
		return; /* no guest ever ran */
	while ((entry = readdir(dir)))
		if (str_ends(entry->d_name, ".xml") && never_began(dirfd(dir), entry->d_name))
			(void)unlinkat(dirfd(dir), entry->d_name, 0); /* libvirt tells if not */
	(void)closedir(dir);                                          /* it was only read */
}

/* --- the folder --- */

static char *embed_uri(const char *root)
{
	_cleanup_(buf_done) Buf uri = {0};
	xmlChar *escaped = xmlURIEscapeStr((const xmlChar *)root, (const xmlChar *)"/");

	if (!escaped)
		abort();
	buf_printf(&uri, "qemu:///embed?root=%s", (const char *)escaped);
	xmlFree(escaped);
	return buf_take(&uri);
}

/* The folder, or a shorter name for it. */
static int short_root(const char *root, char **ret, Fault *f)
{
	struct sockaddr_un address;

	if (strlen(root) + strlen(socket_longest) >= sizeof(address.sun_path))
		return shortcut_make(root, ret, f);
	*ret = mem_strdup(root);
	return 0;
}

int embed_prepare(const char *root, char **ret_uri, Fault *f)
{
	_cleanup_(freep) char *capabilities = capabilities_path(root);
	_cleanup_(freep) char *used = NULL;
	int r;

	r = make_directory(root, f);
	if (r)
		return r;
	r = write_settings(root, f);
	if (r)
		return r;
	r = short_root(root, &used, f);
	if (r)
		return r;
	copy_capabilities(shared_cache, capabilities);
	forget_unborn(root);
	*ret_uri = embed_uri(used);
	return 0;
}
