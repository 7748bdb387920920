/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See control.h. What is sent may hold a password: it is wiped, and never part of a fault.
 */
#include "target/tgt/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/str.h"

enum {
	WAIT_S = 20,
	PARAMS_MAX = 1000,           /* tgtd's buffer has 1024 bytes */
	REPLY_MAX = 64 * 1024 * 1024 /* a thousand targets take about a MiB */
};

typedef struct Header {
	uint32_t mode;
	uint32_t op;
	char driver[64];
	uint32_t length; /* of all, with the text and its NUL */
	int32_t tid;
	uint64_t session;
	uint64_t lun;
	uint32_t connection;
	uint32_t host;
	uint32_t device_type;
	uint32_t account_type;
	uint32_t pack;
	uint32_t force;
} Header;

static_assert(sizeof(Header) == 120, "the layout is tgtd's");

typedef struct Reply {
	uint32_t error;
	uint32_t length; /* of all */
} Reply;

static int connect_to(const char *path, int *ret_fd, Fault *f)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return fault(f, -ENAMETOOLONG, "%s is too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)))
		return fault(f, -errno, "a socket for tgtd: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		bool dead = errno == ECONNREFUSED;
		int r = fault(f, -errno, "tgtd does not answer at %s: %s", path, strerror(errno));

		return dead ? TGT_DEAD : r;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int send_all(int fd, const void *bytes, size_t length, Fault *f)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t n = send(fd, p, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault(f, -errno, "ask tgtd: %s", strerror(errno));
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

static int receive_all(int fd, void *bytes, size_t length, Fault *f)
{
	char *p = bytes;

	while (length > 0) {
		ssize_t n = recv(fd, p, length, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault(f, -errno, "tgtd does not reply: %s", strerror(errno));
		if (n == 0)
			return fault(f, -ECONNRESET, "tgtd has hung up");
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

static int send_request(int fd, const TgtRequest *request, Fault *f)
{
	const size_t length = request->params ? strlen(request->params) + 1 : 0;
	char message[sizeof(Header) + PARAMS_MAX];
	Header header = {
		.mode = (uint32_t)request->mode,
		.op = (uint32_t)request->op,
		.driver = "iscsi",
		.length = (uint32_t)(sizeof(Header) + length),
		.tid = request->tid ? (int32_t)request->tid : -1,
		.session = request->session,
		.lun = request->lun ? request->lun : UINT64_MAX,
		.connection = request->connection,
		.force = request->force,
	};
	int r;

	if (length > PARAMS_MAX)
		return fault(f, -E2BIG, "that is too long for tgtd");
	memcpy(message, &header, sizeof(header));
	if (length)
		memcpy(message + sizeof(header), request->params, length);
	r = send_all(fd, message, header.length, f);
	explicit_bzero(message, sizeof(message));
	return r;
}

static int receive_reply(int fd, Arena *arena, const char **ret, Fault *f)
{
	Reply reply;
	size_t length;
	char *text;
	int r = receive_all(fd, &reply, sizeof(reply), f);

	if (r)
		return r;
	if (reply.error) {
		(void)fault(f, -EINVAL, "tgtd refuses (error %u)", reply.error);
		return TGT_REFUSED;
	}
	if (reply.length < sizeof(reply) || reply.length > REPLY_MAX)
		return fault(f, -EPROTO, "tgtd's reply has %u bytes", reply.length);
	length = reply.length - sizeof(reply);
	text = arena_alloc(arena, length + 1);
	r = receive_all(fd, text, length, f);
	if (r)
		return r;
	text[length] = '\0';
	if (ret)
		*ret = text;
	return 0;
}

int tgt_ask(const char *socket_path, const TgtRequest *request, Arena *arena, const char **ret,
	    Fault *f)
{
	_cleanup_(closep) int fd = -1;
	int r = connect_to(socket_path, &fd, f);

	if (r == 0)
		r = send_request(fd, request, f);
	return r ? r : receive_reply(fd, arena, ret, f);
}
