/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See doors.h. One thread waits for all doors; a connection is handed to the HTTP server under the
 * name of the server that the door belongs to.
 */
#include "daemon/doors.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/un.h>

#include "api/metadata/metadata-api.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"

typedef struct Door {
	char server_id[UUID_TEXT];
	int fd;
} Door;

struct Doors {
	char *folder;
	int epoll_fd;
	int end_fd; /* readable: the thread ends */
	HttpServer *server;
	pthread_t thread;
	bool serving;
	pthread_mutex_t lock; /* guards doors */
	VEC(Door) doors;
};

static char *door_path(const char *folder, const char *server_id)
{
	Buf path = {0};

	buf_printf(&path, "%s/%s.door", folder, server_id);
	return buf_take(&path);
}

int doors_new(const char *folder, Doors **ret, Fault *f)
{
	Doors *doors = NEW(Doors);

	doors->folder = mem_strdup(folder);
	pthread_mutex_init(&doors->lock, NULL);
	doors->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	doors->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (doors->epoll_fd < 0 || doors->end_fd < 0 ||
	    epoll_ctl(doors->epoll_fd, EPOLL_CTL_ADD, doors->end_fd,
		      &(struct epoll_event){.events = EPOLLIN, .data.fd = doors->end_fd}) < 0) {
		int r = fault(f, -errno, "epoll: %m");

		doors_free(doors);
		return r;
	}
	*ret = doors;
	return 0;
}

Doors *doors_free(Doors *doors)
{
	if (!doors)
		return NULL;
	if (doors->serving) {
		(void)eventfd_write(doors->end_fd, 1); /* the counter is far from full */
		pthread_join(doors->thread, NULL);
	}
	VEC_FOREACH (&doors->doors, i)
		closep(&doors->doors.items[i].fd);
	vec_done(&doors->doors);
	closep(&doors->epoll_fd);
	closep(&doors->end_fd);
	pthread_mutex_destroy(&doors->lock);
	free(doors->folder);
	free(doors);
	return NULL;
}

/* With the lock held. */
static Door *door_find(Doors *doors, const char *server_id)
{
	VEC_FOREACH (&doors->doors, i)
		if (str_eq(doors->doors.items[i].server_id, server_id))
			return &doors->doors.items[i];
	return NULL;
}

static int door_open(Doors *doors, const char *server_id, Fault *f)
{
	_cleanup_(freep) char *path = door_path(doors->folder, server_id);
	_cleanup_(closep) int fd = -1;
	_cleanup_(buf_done) Buf where = {0};
	Door door = {.fd = -1};
	int r;

	buf_printf(&where, "unix:%s", path);
	r = http_listen(where.data, &fd, f);
	if (r)
		return fault_unexpected(f, r);
	if (epoll_ctl(doors->epoll_fd, EPOLL_CTL_ADD, fd,
		      &(struct epoll_event){.events = EPOLLIN, .data.fd = fd}) < 0)
		return fault(f, -errno, "epoll: %m");
	(void)snprintf(door.server_id, sizeof(door.server_id), "%s", server_id); /* it is a uuid */
	door.fd = TAKE_FD(fd);
	vec_push(&doors->doors, door);
	return 0;
}

void doors_add(Doors *doors, const char *server_id)
{
	Fault f = {0};

	pthread_mutex_lock(&doors->lock);
	if (!door_find(doors, server_id) && door_open(doors, server_id, &f) < 0)
		log_warning("srv=%s has no way to its metadata: %s", server_id, f.text);
	pthread_mutex_unlock(&doors->lock);
}

void doors_remove(Doors *doors, const char *server_id)
{
	_cleanup_(freep) char *path = door_path(doors->folder, server_id);
	Door *door;

	pthread_mutex_lock(&doors->lock);
	door = door_find(doors, server_id);
	if (door) {
		closep(&door->fd); /* which takes it out of the epoll set */
		*door = doors->doors.items[--doors->doors.count];
	}
	pthread_mutex_unlock(&doors->lock);
	(void)unlink(path); /* it may not be there */
}

/* Somebody is at the door, unless it was removed meanwhile. */
static void door_answer(Doors *doors, int fd)
{
	char peer[sizeof(METADATA_GUEST_PEER) + UUID_TEXT] = "";
	int client = -1;
	Fault f = {0};

	pthread_mutex_lock(&doors->lock);
	VEC_FOREACH (&doors->doors, i) {
		const Door *door = &doors->doors.items[i];

		if (door->fd != fd)
			continue;
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		(void)snprintf(peer, sizeof(peer), METADATA_GUEST_PEER "%s",
			       door->server_id); /* fits */
		break;
	}
	pthread_mutex_unlock(&doors->lock);
	if (client >= 0 && http_server_take(doors->server, client, peer, &f) < 0)
		log_warning("%s is not served: %s", peer, f.text);
}

static void *doors_main(void *ctx)
{
	Doors *doors = ctx;
	struct epoll_event event;

	for (;;) {
		int n = epoll_wait(doors->epoll_fd, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return NULL;
		if (n == 1 && event.data.fd == doors->end_fd)
			return NULL;
		if (n == 1)
			door_answer(doors, event.data.fd);
	}
}

int doors_serve(Doors *doors, HttpServer *server, Fault *f)
{
	doors->server = server;
	if (pthread_create(&doors->thread, NULL, doors_main, doors) != 0)
		return fault(f, -EAGAIN, "no thread for the doors of guests");
	doors->serving = true;
	return 0;
}

/* --- the other side --- */

const char *doors_command(const Doors *doors, Arena *arena, const char *server_id)
{
	_cleanup_(freep) char *path = door_path(doors->folder, server_id);
	char self[256] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

	/* QEMU splits it at commas, and then as a shell would. */
	if (n <= 0 || self[strspn(self, plain)] || path[strspn(path, plain)])
		return NULL;
	return arena_printf(arena, "%s --relay %s", self, path);
}

static bool copy_some(int from, int to)
{
	char bytes[4096];
	ssize_t n = read(from, bytes, sizeof(bytes));

	for (ssize_t done = 0; done < n;) {
		ssize_t written = write(to, bytes + done, (size_t)(n - done));

		if (written < 0)
			return false;
		done += written;
	}
	return n > 0;
}

int doors_relay(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd ends[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				{.fd = fd, .events = POLLIN}};

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return 1;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return 1;
	for (;;) {
		if (poll(ends, ARRAY_SIZE(ends), -1) < 0 && errno != EINTR)
			return 1;
		if (ends[1].revents && !copy_some(fd, STDOUT_FILENO))
			return 0;
		if (ends[0].revents && !copy_some(STDIN_FILENO, fd)) {
			(void)shutdown(fd, SHUT_WR); /* the answer may still come */
			ends[0].fd = -1;
		}
	}
}
