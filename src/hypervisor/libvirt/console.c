/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The serial console: a file that QEMU writes and we read the end of. What is in it is the
 * guest's, so any bytes at all, and any number of them: where no virtlogd keeps the file small,
 * its beginning is turned into a hole from time to time. That takes no byte from under QEMU,
 * which appends, and leaves the end as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

enum {
	TRIM_EVERY_MS = 20 * 1000,
	TRIM_KEEP_BYTES = 1024 * 1024,
};

/* Bytes of the UTF-8 character at the start of s, or 0 when there is none. */
static size_t character(const char *s, size_t n)
{
	for (size_t length = 1; length <= MIN(n, 4); length++)
		if (str_utf8_valid(s, length))
			return length;
	return 0;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

char *console_text(Arena *arena, const char *bytes, size_t n)
{
	char *text = arena_alloc(arena, n + 1);
	size_t at = 0, length = 0, step;

	while (at < MIN(n, 3) && is_continuation(bytes[at]))
		at++;
	while (at < n) {
		step = bytes[at] ? character(bytes + at, n - at) : 0;
		if (step)
			memcpy(text + length, bytes + at, step);
		else
			text[length] = '?';
		length += MAX(step, 1);
		at += MAX(step, 1);
	}
	text[length] = '\0';
	return text;
}

/* The last bytes of a file; no file, no bytes. */
static int read_end(const char *path, size_t bytes_max, Arena *arena, const char **ret, Fault *f)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	off_t from;
	struct stat st;
	char *bytes;
	ssize_t n;

	*ret = "";
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fault(f, -errno, "console %s: %m", path);
	if (!S_ISREG(st.st_mode) || bytes_max == 0)
		return 0;
	from = MAX(st.st_size - (off_t)bytes_max, 0);
	bytes = arena_alloc(arena, bytes_max);
	n = pread(fd, bytes, MIN(bytes_max, (size_t)(st.st_size - from)), from);
	if (n < 0)
		return fault(f, -errno, "console %s: %m", path);
	*ret = console_text(arena, bytes, (size_t)n);
	return 0;
}

int libvirt_console(void *self, const char *id, size_t bytes_max, Arena *arena, const char **ret,
		    Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(freep) char *xml = NULL;
	const char *path = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	xml = virDomainGetXMLDesc(domain, 0);
	if (!xml)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "read the XML of %s", id);
	r = domain_xml_console(xml, arena, &path, f);
	if (r)
		return r;
	*ret = "";
	return path ? read_end(path, bytes_max, arena, ret, f) : 0;
}

int console_trim(const char *path, int64_t keep_bytes)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_blocks * 512 <= 2 * keep_bytes)
		return 0;
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, st.st_size - keep_bytes))
		return -errno;
	return 0;
}

static void trim_domain(virDomainPtr domain)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(freep) char *xml = virDomainGetXMLDesc(domain, 0);
	const char *path = NULL;
	int r;

	if (!xml || domain_xml_console(xml, arena, &path, NULL) || !path)
		return;
	r = console_trim(path, TRIM_KEEP_BYTES);
	if (r < 0)
		log_debug("libvirt: trim %s: %s", path, strerror(-r));
}

static void trim_all(int timer _unused_, void *opaque)
{
	_cleanup_(conn_freep) virConnectPtr conn = NULL;
	_cleanup_(freep) virDomainPtr *domains = NULL;
	int n;

	if (conn_get(opaque, &conn, NULL))
		return;
	n = virConnectListAllDomains(conn, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
	for (int i = 0; i < n; i++) {
		trim_domain(domains[i]);
		(void)virDomainFree(domains[i]); /* drops our reference */
	}
}

int console_trim_start(Host *host, Fault *f)
{
	host->trim_timer = virEventAddTimeout(TRIM_EVERY_MS, trim_all, host, NULL);
	return host->trim_timer < 0 ? virt_fault(f, "timer for consoles") : 0;
}

void console_trim_stop(Host *host)
{
	(void)virEventRemoveTimeout(host->trim_timer); /* it was added */
}
