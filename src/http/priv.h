/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What server.c and request.c share: a connection and the one request that it carries at a time.
 */
#pragma once

#include <microhttpd.h>

#include "base/str.h"
#include "base/uuid.h"
#include "http/head.h"
#include "http/http.h"
#include "http/watch.h"

typedef struct HttpConnection HttpConnection;

/*
 *           +------------- early reply ---------------+
 *           |                                         v
 * NONE -> HEAD -> BODY or STREAM -> SERVED ------> REPLIED -> NONE
 *           |            |                            ^
 *           +------------+-----> DROP ----------------+
 */
typedef enum RequestPhase {
	REQUEST_NONE,    /* the connection is idle */
	REQUEST_HEAD,    /* the request line is there */
	REQUEST_BODY,    /* the body is collected */
	REQUEST_STREAM,  /* the body goes to the sink */
	REQUEST_DROP,    /* the reply is known; the rest of the body is read for peace's sake */
	REQUEST_SERVED,  /* the application has it, perhaps suspended */
	REQUEST_REPLIED, /* libmicrohttpd has the reply */
} RequestPhase;

typedef struct ReplyHeader ReplyHeader;
struct ReplyHeader {
	ReplyHeader *next;
	const char *name;
	const char *value;
};

typedef struct Reply {
	bool given;
	unsigned status;
	char *body; /* malloc()ed */
	size_t length;
	ReplyHeader *headers; /* newest first */
} Reply;

struct HttpRequest {
	HttpServer *server;
	HttpConnection *connection;
	struct MHD_Connection *mhd;
	Arena *arena; /* the connection's, empty at each request's begin */
	RequestPhase phase;
	char id[UUID_TEXT + 4];
	const char *method;
	const char *path;
	const char *query_text;
	HttpParam *params;
	size_t param_count;
	HttpHead head;
	int64_t began_ms;
	Buf body;
	uint64_t received; /* bytes of the body so far */
	HttpSink sink;
	void *sink_ctx;
	void *state;
	Reply reply;
	bool admitted;  /* counted as running; the application may have seen it */
	bool suspended; /* only the HTTP thread looks at it */
	bool close;     /* the connection ends with the reply */
	bool delivered; /* so it did, and the client took it */
};

struct HttpConnection {
	HttpWatched watched;
	HttpRequest request;
	Arena *arena;
	bool linger; /* bytes may still come after our last word */
	char peer[112];
};

/* The server's, with all defaults filled in. */
const HttpConfig *http_config(const HttpRequest *req);

/* read.c: what is wrong with the head, for the client; NULL: nothing. Reads the query. */
const char *http_head_problem(HttpRequest *req, const char *version, bool nameless);
