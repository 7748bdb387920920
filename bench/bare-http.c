/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libmicrohttpd with nothing behind it: one reply of N bytes for every request, made once. What
 * cleatd's GET of a volume is measured against.
 *
 *     bare-http BYTES [THREADS]     prints its port and serves until standard input ends
 */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
				  const char *path _unused_, const char *method _unused_,
				  const char *version _unused_, const char *bytes _unused_,
				  size_t *size _unused_, void **state)
{
	if (!*state) { /* a reply on the first call would close the connection */
		*state = cls;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, cls);
}

static struct MHD_Response *response_of(size_t size)
{
	char *body = mem_new(size);
	struct MHD_Response *response;

	memset(body, 'x', size);
	response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
	if (response)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					      "application/json");
	return response;
}

int main(int argc, char **argv)
{
	struct MHD_Response *response;
	struct MHD_Daemon *daemon;
	uint64_t size, threads = 2;
	char c;

	if (argc < 2 || !str_parse_u64(argv[1], &size) ||
	    (argc > 2 && !str_parse_u64(argv[2], &threads)))
		return 2;
	response = response_of(size);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request,
				  response, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)threads,
				  MHD_OPTION_CONNECTION_LIMIT, (unsigned)(125 * threads),
				  MHD_OPTION_END);
	if (!daemon)
		return 1;
	(void)printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	(void)fflush(stdout); /* whoever started this reads it */
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	MHD_stop_daemon(daemon);
	MHD_destroy_response(response);
	return 0;
}
