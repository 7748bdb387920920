/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Filesystems of a domain, plugged in and let go like any device (see device.c), and the programs
 * that serve them.
 *
 * libvirt starts a virtiofsd for each when the domain starts or the filesystem is plugged in, and
 * does not notice when it dies: the guest then waits for answers for ever, until it is started
 * anew. So its process is looked for, by the file that libvirt keeps of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

/* Where libvirt keeps its pid files when it is not embedded. */
static const char system_run[] = "/run/libvirt/qemu";

static Device device_named(const char *alias)
{
	return (Device){.kind = DEVICE_FILESYSTEM, .alias = alias};
}

int filesystem_check(const FilesystemSpec *filesystem, Fault *f)
{
	return filesystem_path_usable(filesystem->path)
		       ? 0
		       : fault(f, -EINVAL, "share %s: virtiofsd cannot be told the path %s",
			       filesystem->tag, filesystem->path);
}

int libvirt_attach_filesystem(void *self, const char *id, const FilesystemSpec *filesystem,
			      Fault *f)
{
	const Host *host = self;
	_cleanup_(freep) char *xml = filesystem_xml_text(filesystem, &host->filesystems);
	const Device device = {
		.kind = DEVICE_FILESYSTEM,
		.alias = filesystem->alias,
		.target = filesystem->tag,
	};
	int r = filesystem_check(filesystem, f);

	if (r)
		return r;
	return device_attach(self, id, &device, xml, f);
}

int libvirt_detach_filesystem(void *self, const char *id, const char *alias, bool resend,
			      int64_t wait_ms, Fault *f)
{
	const Device device = device_named(alias);

	return device_detach(self, id, &device, resend, wait_ms, f);
}

/* --- who serves it --- */

/* As libvirt names the file: by the domain's number, and 20 characters of its name. */
static char *pid_path(const Host *host, virDomainPtr domain, const char *alias)
{
	Buf path = {0};

	if (host->embedded)
		buf_printf(&path, "%s/run/qemu", host->root);
	else
		buf_add(&path, system_run);
	buf_printf(&path, "/%u-%.20s-%s-fs.pid", virDomainGetID(domain), virDomainGetName(domain),
		   alias);
	return buf_take(&path);
}

/* False where there is no such file: the domain is off, or on another host. */
static bool read_pid(const char *path, pid_t *ret)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	int64_t pid;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	if (!str_parse_i64(text, &pid) || pid <= 1 || pid > INT32_MAX)
		return false;
	*ret = (pid_t)pid;
	return true;
}

/* Also a process that nobody has waited for is dead. */
static bool is_alive(pid_t pid)
{
	_cleanup_(closep) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return errno != ESRCH;
	return poll(&ended, 1, 0) == 0;
}

static bool is_served(Host *host, const char *id, const char *alias)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(freep) char *path = NULL;
	pid_t pid;

	if (conn_domain(host, id, &domain, NULL))
		return true; /* nothing is known against it */
	path = pid_path(host, domain, alias);
	return !read_pid(path, &pid) || is_alive(pid);
}

int libvirt_find_filesystem(void *self, const char *id, const char *alias, FilesystemPresence *ret,
			    Fault *f)
{
	const Device device = device_named(alias);
	DiskPresence seen;
	int r = device_find(self, id, &device, &seen, f);

	if (r)
		return r;
	*ret = (FilesystemPresence){
		.live = seen.live,
		.config = seen.config,
		.served = seen.live && is_served(self, id, alias),
	};
	return 0;
}
