/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Programs that serve filesystems, and of which libvirt does not know. It starts one before it
 * tells the emulator of the filesystem, and writes it down after that. When the process that embeds
 * the driver is killed in between, the program goes on, keeps the share open, and is in the way of
 * the next one. Each holds a lock on the file that libvirt keeps of its process; so it is known,
 * whatever has become of the number in that file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

enum { END_MS = 5000 };

/* Who holds the lock on that file; 0: nobody. */
static pid_t lock_holder(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

/* Its helpers end with it. */
static void end_process(int process, pid_t pid, const char *file)
{
	struct pollfd ended = {.fd = process, .events = POLLIN};

	log_warning("process %d serves a filesystem that no guest has: it is ended (%s)", (int)pid,
		    file);
	if (syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0) == 0)
		(void)poll(&ended, 1, END_MS); /* who needs it to be gone will see */
}

static void end_holder(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(closep) int process = -1;
	pid_t pid;

	if (fd < 0)
		return;
	pid = lock_holder(fd);
	if (pid <= 1)
		return;
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process >= 0 && lock_holder(fd) == pid) /* it is still that process */
		end_process(process, pid, path);
}

static bool guest_has(virDomainPtr domain, const char *alias)
{
	const Device device = {.kind = DEVICE_FILESYSTEM, .alias = alias};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DeviceLook seen;

	return device_look(domain, &device, arena, &seen, NULL) != 0 || seen.live.found;
}

void stray_end(Host *host, const char *id, const char *alias)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(buf_done) Buf path = {0};

	if (conn_domain(host, id, &domain, NULL))
		return;
	served_path(host, domain, alias, &path);
	if (access(buf_text(&path), F_OK) == 0 && !guest_has(domain, alias))
		end_holder(buf_text(&path));
}

void strays_end(const Host *host, virDomainPtr domain)
{
	_cleanup_(buf_done) Buf part = {0};
	_cleanup_(buf_done) Buf path = {0};
	const struct dirent *entry;
	DIR *dir;

	run_path(host, "", &path);
	buf_printf(&part, "-%.20s-ua-", virDomainGetName(domain));
	dir = opendir(buf_text(&path));
	while (dir && (entry = readdir(dir))) {
		if (!strstr(entry->d_name, buf_text(&part)) || !str_ends(entry->d_name, "-fs.pid"))
			continue;
		path.length = 0;
		run_path(host, entry->d_name, &path);
		end_holder(buf_text(&path));
	}
	if (dir)
		(void)closedir(dir);
}
