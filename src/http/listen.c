/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Listening sockets and what they are called.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/str.h"
#include "http/http.h"

enum { BACKLOG = 1024 };

typedef union Address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	struct sockaddr_storage storage;
} Address;

static int socket_listen(const struct sockaddr *address, socklen_t size, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0)
		return fault(f, -errno, "socket: %m");
	if (address->sa_family != AF_UNIX &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return fault(f, -errno, "SO_REUSEADDR: %m");
	if (bind(fd, address, size) < 0)
		return fault(f, -errno, "bind: %m");
	if (listen(fd, BACKLOG) < 0)
		return fault(f, -errno, "listen: %m");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Remove a socket file that nobody listens to: what a killed daemon leaves behind. */
static void remove_stale(const struct sockaddr_un *address)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0 || lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(address->sun_path); /* bind() will tell when it is still there */
}

static int listen_local(const char *path, int *ret_fd, Fault *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return fault(f, -EINVAL, "socket path must have 1 to %zu bytes",
			     sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	remove_stale(&address);
	return socket_listen((struct sockaddr *)&address, sizeof(address), ret_fd, f);
}

static int listen_inet(const char *where, int *ret_fd, Fault *f)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	const char *colon = strrchr(where, ':');
	_cleanup_(freep) char *host = NULL;
	struct addrinfo *found;
	uint64_t port;
	size_t length;
	int r;

	if (!colon || colon == where || !str_parse_u64(colon + 1, &port) || port > 65535)
		return fault(f, -EINVAL, "not ADDRESS:PORT, [V6]:PORT or unix:PATH");
	length = (size_t)(colon - where);
	if (*where == '[' && where[length - 1] == ']')
		host = mem_strndup(where + 1, length - 2);
	else
		host = mem_strndup(where, length);
	r = getaddrinfo(host, colon + 1, &hints, &found);
	if (r)
		return fault(f, -EINVAL, "address: %s", gai_strerror(r));
	r = socket_listen(found->ai_addr, found->ai_addrlen, ret_fd, f);
	freeaddrinfo(found);
	return r;
}

int http_listen(const char *where, int *ret_fd, Fault *f)
{
	const char *path = str_after(where, "unix:");
	int r = path ? listen_local(path, ret_fd, f) : listen_inet(where, ret_fd, f);

	return r ? fault_context(f, "listen on '%s'", where), r : 0;
}

int http_listen_name(int fd, char *out, size_t size, Fault *f)
{
	Address address = {0};
	socklen_t length = sizeof(address);
	char text[INET6_ADDRSTRLEN];

	if (getsockname(fd, &address.any, &length) < 0)
		return fault(f, -errno, "getsockname: %m");
	switch (address.any.sa_family) {
	case AF_INET:
		(void)inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof(text)); /* fits */
		(void)snprintf(out, size, "%s:%u", text, ntohs(address.v4.sin_port));
		return 0;
	case AF_INET6:
		(void)inet_ntop(AF_INET6, &address.v6.sin6_addr, text, sizeof(text)); /* fits */
		(void)snprintf(out, size, "[%s]:%u", text, ntohs(address.v6.sin6_port));
		return 0;
	case AF_UNIX:
		(void)snprintf(out, size, "unix:%s", address.local.sun_path);
		return 0;
	default:
		return fault(f, -EAFNOSUPPORT, "not a socket that HTTP is spoken on");
	}
}

bool http_listen_is_local(int fd)
{
	Address address = {0};
	socklen_t length = sizeof(address);

	if (getsockname(fd, &address.any, &length) < 0)
		return false;
	switch (address.any.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
	default:
		return false;
	}
}
