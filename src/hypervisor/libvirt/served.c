/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The programs that serve filesystems to guests, watched: libvirt starts a virtiofsd for each and
 * does not notice when it dies, while the guest then waits for answers for ever. Each is found by
 * the file that libvirt keeps of its process. Whoever has looked at one that lives is told when it
 * ends: a descriptor of the process becomes readable then, and is one more in libvirt's event loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

/* One that is watched; in host->served by its key. */
typedef struct Served {
	Host *host;
	char *key; /* "<domain id>/<alias>/<pid>" */
	char *id;
	char *alias;
	int fd; /* of the process */
	int handle;
} Served;

static void served_free(Served *served)
{
	closep(&served->fd);
	free(served->key);
	free(served->id);
	free(served->alias);
	free(served);
}

/* --- libvirt's pid files --- */

void run_path(const Host *host, const char *file, Buf *ret)
{
	if (host->embedded)
		buf_printf(ret, "%s/run/qemu/%s", host->root, file);
	else
		buf_printf(ret, "/run/libvirt/qemu/%s", file);
}

/* As libvirt names the file: by the domain's number, and 20 characters of its name. */
void served_path(const Host *host, virDomainPtr domain, const char *alias, Buf *ret)
{
	run_path(host, "", ret);
	buf_printf(ret, "%u-%.20s-%s-fs.pid", virDomainGetID(domain), virDomainGetName(domain),
		   alias);
}

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

bool run_pid(const Host *host, virDomainPtr domain, pid_t *ret)
{
	_cleanup_(buf_done) Buf path = {0};

	run_path(host, virDomainGetName(domain), &path);
	buf_add(&path, ".pid");
	return read_pid(buf_text(&path), ret);
}

/* --- watching --- */

/* On the event loop's thread. */
static void on_end(int handle, int fd _unused_, int events _unused_, void *opaque)
{
	Served *served = opaque;
	Host *host = served->host;

	(void)virEventRemoveHandle(handle); /* it is this one */
	pthread_mutex_lock(&host->lock);
	(void)map_remove(host->served, served->key); /* it is in our hands */
	pthread_mutex_unlock(&host->lock);
	events_send(host, (HypervisorEvent){
				  .kind = HYPERVISOR_FILESYSTEM_LOST,
				  .domain_id = served->id,
				  .alias = served->alias,
			  });
	served_free(served);
}

/*
 * With the lock held, so that the end is not told before it is in the map; libvirt's loop calls
 * nobody while it adds a handle.
 */
static void watch(Host *host, Served *served)
{
	bool known;

	pthread_mutex_lock(&host->lock);
	known = map_get(host->served, served->key);
	if (!known) {
		served->handle = virEventAddHandle(served->fd, VIR_EVENT_HANDLE_READABLE, on_end,
						   served, NULL);
		map_put(host->served, served->key, served);
	}
	pthread_mutex_unlock(&host->lock);
	if (known)
		served_free(served);
}

/* Also a process that nobody has waited for is dead. */
static bool is_alive(int fd)
{
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	return poll(&ended, 1, 0) == 0;
}

static Served *served_new(Host *host, const char *id, const char *alias, int fd, pid_t pid)
{
	Served *served = NEW(Served);
	Buf key = {0};

	buf_printf(&key, "%s/%s/%d", id, alias, (int)pid);
	*served = (Served){
		.host = host,
		.key = buf_take(&key),
		.id = mem_strdup(id),
		.alias = mem_strdup(alias),
		.fd = fd,
	};
	return served;
}

static bool look(Host *host, virDomainPtr domain, const char *id, const char *alias)
{
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(closep) int fd = -1;
	pid_t pid;

	served_path(host, domain, alias, &path);
	if (!read_pid(buf_text(&path), &pid))
		return true; /* nothing is known against it */
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return errno != ESRCH;
	if (!is_alive(fd))
		return false;
	watch(host, served_new(host, id, alias, TAKE_FD(fd), pid));
	return true;
}

bool served_look(Host *host, const char *id, const char *alias)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;

	return conn_domain(host, id, &domain, NULL) != 0 || look(host, domain, id, alias);
}

void served_stop(Host *host)
{
	pthread_mutex_lock(&host->lock);
	MAP_FOREACH (host->served, e)
		(void)virEventRemoveHandle(((Served *)map_value(e))->handle); /* if it is there */
	pthread_mutex_unlock(&host->lock);
}

void served_done(Host *host)
{
	MAP_FOREACH (host->served, e)
		served_free(map_value(e));
	map_free(host->served);
}
