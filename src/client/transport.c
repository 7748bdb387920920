/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libcurl, and every choice about it: timeouts, certificates, no redirects, only HTTP, a bound on
 * answers. One handle is kept, so that the connection is.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "client/priv.h"

enum {
	CONNECT_MS = 10 * 1000,
	CALL_MS = 60 * 1000,
	STALLED_S = 30,
	STALLED_BYTES_PER_S = 1,
	ANSWER_BYTES_MAX = 64 * 1024 * 1024,
};

void exchange_done(Exchange *exchange)
{
	buf_done(&exchange->answer);
}

int client_new(const ClientLogin *login, Client **ret, Fault *f)
{
	_cleanup_(client_freep) Client *client = NEW(Client);
	_cleanup_(freep) char *base = mem_strdup(login->auth_url ? login->auth_url : "");
	size_t length = strlen(base);
	int r;

	while (length > 0 && base[length - 1] == '/')
		base[--length] = '\0';
	client->login = *login;
	client->arena = arena_new();
	client->auth_base =
		arena_printf(client->arena, "%s%s", base, str_ends(base, "/v3") ? "" : "/v3");
	r = curl_load(&client->calls, f);
	if (r)
		return r;
	client->curl = client->calls->easy_init();
	if (!client->curl)
		return fault(f, -EIO, "libcurl cannot be used");
	*ret = TAKE(client);
	return 0;
}

Client *client_free(Client *client)
{
	if (!client)
		return NULL;
	if (client->curl)
		client->calls->easy_cleanup(client->curl);
	json_doc_free(client->token_doc);
	free(client->token);
	arena_free(client->arena);
	free(client);
	return NULL;
}

const char *client_escape(Client *client, Arena *arena, const char *text)
{
	char *escaped = client->calls->easy_escape(client->curl, text, 0);
	const char *copy = arena_strdup(arena, escaped ? escaped : "");

	client->calls->free(escaped);
	return copy;
}

static const char *url_part(const CurlCalls *calls, Arena *arena, CURLU *url, CURLUPart part)
{
	char *text = NULL;
	const char *copy = NULL;

	if (calls->url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
		copy = arena_strdup(arena, text);
	calls->free(text);
	return copy;
}

/* "[2001:db8::1]" without its brackets. */
static const char *without_brackets(Arena *arena, const char *host)
{
	size_t length = strlen(host);

	return *host == '[' && length > 2 ? arena_strndup(arena, host + 1, length - 2) : host;
}

bool client_url_server(Arena *arena, const char *url, const char **ret_host, const char **ret_port)
{
	const char *host = NULL, *port = NULL;
	const CurlCalls *calls;
	CURLU *parsed;

	if (curl_load(&calls, NULL))
		return false;
	parsed = calls->url();
	if (parsed && calls->url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
		host = url_part(calls, arena, parsed, CURLUPART_HOST);
		port = url_part(calls, arena, parsed, CURLUPART_PORT);
	}
	calls->url_cleanup(parsed);
	if (!host || !port)
		return false;
	*ret_host = without_brackets(arena, host);
	*ret_port = port;
	return true;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *ctx)
{
	Buf *answer = ctx;

	if (answer->length + size * count > ANSWER_BYTES_MAX)
		return 0;
	buf_append(answer, bytes, size * count);
	return size * count;
}

static size_t give_upload(char *bytes, size_t size, size_t count, void *ctx)
{
	const ClientUpload *upload = ctx;
	ssize_t n = read(upload->fd, bytes, size * count);

	return n < 0 ? CURL_READFUNC_ABORT : (size_t)n;
}

static int show_progress(void *ctx, curl_off_t down_size, curl_off_t down, curl_off_t up_size,
			 curl_off_t up)
{
	const ClientUpload *upload = ctx;

	(void)down_size; /* only uploads are long */
	(void)down;
	(void)up_size; /* curl knows it late */
	upload->progress(up, upload->size_bytes, upload->ctx);
	return 0;
}

/* What holds for every exchange. */
static void set_rules(Client *client)
{
	const ClientLogin *login = &client->login;
	const CurlCalls *calls = client->calls;
	CURL *curl = client->curl;
	long checked = login->insecure ? 0 : 1;

	calls->easy_reset(curl); /* keeps the connection */
	calls->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	calls->easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L); /* a token goes to no other place */
	calls->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	calls->easy_setopt(curl, CURLOPT_USERAGENT, "cleat/" CLEAT_VERSION);
	calls->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	calls->easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, checked);
	calls->easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, checked ? 2L : 0L);
	if (login->cacert)
		calls->easy_setopt(curl, CURLOPT_CAINFO, login->cacert);
}

/* An upload may take as long as it moves; anything else has an end. */
static void set_body(Client *client, const Exchange *exchange)
{
	const ClientUpload *upload = exchange->upload;
	const CurlCalls *calls = client->calls;
	CURL *curl = client->curl;

	if (upload) {
		calls->easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		calls->easy_setopt(curl, CURLOPT_READFUNCTION, give_upload);
		calls->easy_setopt(curl, CURLOPT_READDATA, upload);
		calls->easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload->size_bytes);
		calls->easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALLED_BYTES_PER_S);
		calls->easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
		if (upload->progress) {
			calls->easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
			calls->easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_progress);
			calls->easy_setopt(curl, CURLOPT_XFERINFODATA, upload);
		}
		return;
	}
	if (exchange->body)
		calls->easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->body);
	calls->easy_setopt(curl, CURLOPT_TIMEOUT_MS,
			   (long)(client->login.timeout_ms ? client->login.timeout_ms : CALL_MS));
}

static struct curl_slist *header_list(const Client *client, const Exchange *exchange)
{
	_cleanup_(buf_done) Buf token = {0}, trace = {0};
	struct curl_slist *list = NULL;

	list = client->calls->slist_append(list, "Accept: application/json");
	list = client->calls->slist_append(list, "Expect:"); /* no round trip before a body */
	if (exchange->upload)
		list = client->calls->slist_append(list, "Content-Type: application/octet-stream");
	else if (exchange->body)
		list = client->calls->slist_append(list, "Content-Type: application/json");
	if (client->token) {
		buf_printf(&token, "X-Auth-Token: %s", client->token);
		list = client->calls->slist_append(list, token.data);
	}
	if (client->login.traceparent) {
		buf_printf(&trace, "traceparent: %s", client->login.traceparent);
		list = client->calls->slist_append(list, trace.data);
	}
	for (const char *const *header = exchange->headers; header && *header; header++)
		list = client->calls->slist_append(list, *header);
	return list;
}

static void copy_header(Client *client, const char *name, char *out, size_t size)
{
	struct curl_header *header;

	*out = '\0';
	if (client->calls->easy_header(client->curl, name, 0, CURLH_HEADER, -1, &header) ==
	    CURLHE_OK)
		(void)snprintf(out, size, "%s", header->value); /* cut is fine */
}

int client_exchange(Client *client, Exchange *exchange, Fault *f)
{
	int64_t start_ms = clock_mono_ms();
	struct curl_slist *headers;
	const CurlCalls *calls = client->calls;
	CURL *curl = client->curl;
	long status = 0;
	CURLcode r;

	set_rules(client);
	set_body(client, exchange);
	headers = header_list(client, exchange);
	calls->easy_setopt(curl, CURLOPT_URL, exchange->url);
	calls->easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange->method);
	calls->easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	calls->easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	calls->easy_setopt(curl, CURLOPT_WRITEDATA, &exchange->answer);
	r = calls->easy_perform(curl);
	calls->slist_free_all(headers);
	if (r != CURLE_OK)
		return fault(f, -EIO, "%s: %s", exchange->url, calls->easy_strerror(r));
	calls->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	exchange->status = (unsigned)status;
	copy_header(client, "X-Subject-Token", exchange->subject_token,
		    sizeof(exchange->subject_token));
	copy_header(client, "x-openstack-request-id", exchange->request_id,
		    sizeof(exchange->request_id));
	log_debug("%s %s: %ld in %lld ms %s", exchange->method, exchange->url, status,
		  (long long)(clock_mono_ms() - start_ms), exchange->request_id);
	return 0;
}
