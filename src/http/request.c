/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the application sees of a request, and the reply that it leaves. The reply goes to
 * libmicrohttpd in server.c, always on the request's HTTP thread.
 */
#include "base/str.h"
#include "http/peer.h"
#include "http/priv.h"

Arena *http_arena(HttpRequest *req)
{
	return req->arena;
}

const char *http_request_id(const HttpRequest *req)
{
	return req->id;
}

const char *http_method(const HttpRequest *req)
{
	return req->method;
}

const char *http_path(const HttpRequest *req)
{
	return req->path;
}

const char *http_query_text(const HttpRequest *req)
{
	return req->query_text;
}

const char *http_header(const HttpRequest *req, const char *name)
{
	return MHD_lookup_connection_value(req->mhd, MHD_HEADER_KIND, name);
}

const char *http_body(const HttpRequest *req, size_t *ret_length)
{
	*ret_length = req->body.length;
	return buf_text(&req->body);
}

static enum MHD_Result add_forwarded(void *cls, enum MHD_ValueKind kind _unused_, const char *name,
				     const char *value)
{
	Buf *all = cls;

	if (value && str_eq_nocase(name, "X-Forwarded-For"))
		buf_printf(all, "%s%s", all->length ? "," : "", value);
	return MHD_YES;
}

const char *http_peer(const HttpRequest *req)
{
	const char *proxies = http_config(req)->proxies, *peer = req->connection->peer;
	_cleanup_(buf_done) Buf all = {0};

	if (!proxies)
		return peer;
	(void)MHD_get_connection_values(req->mhd, MHD_HEADER_KIND, add_forwarded, &all);
	return http_forwarded_peer(req->arena, proxies, peer, buf_text(&all));
}

const HttpParam *http_query(const HttpRequest *req, size_t *ret_count)
{
	*ret_count = req->param_count;
	return req->params;
}

const char *http_query_value(const HttpRequest *req, const char *name)
{
	for (size_t i = req->param_count; i > 0; i--)
		if (str_eq(req->params[i - 1].name, name))
			return req->params[i - 1].value;
	return NULL;
}

void http_set_state(HttpRequest *req, void *state)
{
	req->state = state;
}

bool http_delivered(const HttpRequest *req)
{
	return req->delivered;
}

void *http_state(const HttpRequest *req)
{
	return req->state;
}

void http_set_sink(HttpRequest *req, HttpSink sink, void *ctx)
{
	assert(req->phase == REQUEST_HEAD);
	req->sink = sink;
	req->sink_ctx = ctx;
}

void http_reply(HttpRequest *req, unsigned status, const char *content_type, char *body,
		size_t length)
{
	assert(!req->reply.given && req->phase != REQUEST_REPLIED);
	req->reply.given = true;
	req->reply.status = status;
	req->reply.body = body;
	req->reply.length = body ? length : 0;
	if (content_type)
		http_reply_header(req, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
}

void http_reply_header(HttpRequest *req, const char *name, const char *value)
{
	ReplyHeader *header = ARENA_NEW(req->arena, ReplyHeader);

	header->name = arena_strdup(req->arena, name);
	header->value = arena_strdup(req->arena, value);
	header->next = req->reply.headers;
	req->reply.headers = header;
}

void http_suspend(HttpRequest *req)
{
	assert(req->phase == REQUEST_SERVED && !req->suspended);
	req->suspended = true;
	MHD_suspend_connection(req->mhd);
}

void http_resume(HttpRequest *req)
{
	assert(req->reply.given);
	MHD_resume_connection(req->mhd);
}
