/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Filesystems of a domain, plugged in and let go like any device (see device.c).
 *
 * libvirt 9.0 puts the virtiofsd of a filesystem that is plugged into a running guest into the
 * guest's control group; where that has none it crashes, and this process with it when it is
 * embedded. Then nothing is plugged in.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

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

static bool read_groups(const char *process, char *text, size_t n)
{
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(closep) int fd = -1;
	ssize_t length;

	buf_printf(&path, "/proc/%s/cgroup", process);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, n - 1);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}

/* False when its emulator runs in the same groups as this process, which embeds libvirt. */
static bool has_groups(Host *host, const char *id)
{
	enum { GROUPS_MAX = 4096 };
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	char own[GROUPS_MAX], its[GROUPS_MAX], number[16];
	pid_t pid;

	if (!host->embedded || conn_domain(host, id, &domain, NULL) || !run_pid(host, domain, &pid))
		return true; /* it does not run, or it is another process that would crash */
	(void)snprintf(number, sizeof(number), "%d", (int)pid); /* fits */
	return !read_groups("self", own, sizeof(own)) || !read_groups(number, its, sizeof(its)) ||
	       !str_eq(own, its);
}

int libvirt_attach_filesystem(void *self, const char *id, const FilesystemSpec *filesystem,
			      Fault *f)
{
	Host *host = self;
	_cleanup_(freep) char *xml = filesystem_xml_text(filesystem, &host->filesystems);
	const Device device = {
		.kind = DEVICE_FILESYSTEM,
		.alias = filesystem->alias,
		.target = filesystem->tag,
	};
	int r = filesystem_check(filesystem, f);

	if (r)
		return r;
	if (!has_groups(self, id)) {
		(void)fault(f, -EOPNOTSUPP, "the guest has no control group of its own");
		return HYPERVISOR_REFUSED;
	}
	stray_end(host, id, filesystem->alias);
	return device_attach(host, id, &device, xml, f);
}

int libvirt_detach_filesystem(void *self, const char *id, const char *alias, bool resend,
			      int64_t wait_ms, Fault *f)
{
	const Device device = device_named(alias);
	int r = device_detach(self, id, &device, resend, wait_ms, f);

	if (r == HYPERVISOR_NO_DISK)
		stray_end(self, id, alias);
	return r;
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
		.served = seen.live && served_look(self, id, alias),
	};
	return 0;
}
