/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Answers: what a handler says is kept in the call until the road ends, and only then sent.
 */
#include <errno.h>

#include "api/common/priv.h"
#include "base/log.h"
#include "base/mem.h"

void reply_reset(ApiCall *call)
{
	json_out_done(&call->r.out);
	call->r.out = (JsonOut){0};
	free(TAKE(call->bytes));
	call->length = 0;
	call->type = NULL;
	call->status = 0;
	call->header_count = 0;
}

void api_reply(ApiRequest *r, unsigned status)
{
	ApiCall *call = call_of(r);

	assert(!call->status);
	call->status = status;
}

void api_reply_bytes(ApiRequest *r, unsigned status, const char *type, char *bytes, size_t length)
{
	ApiCall *call = call_of(r);

	api_reply(r, status);
	call->type = type;
	call->bytes = bytes;
	call->length = length;
}

void api_reply_header(ApiRequest *r, const char *name, const char *value)
{
	ApiCall *call = call_of(r);

	assert(call->header_count < API_HEADERS_MAX);
	call->headers[call->header_count].name = name;
	call->headers[call->header_count].value = arena_strdup(r->arena, value);
	call->header_count++;
}

static int refuse_text(ApiRequest *r, unsigned status, const char *message)
{
	reply_reset(call_of(r));
	r->dialect->error_body(&r->out, status, message);
	api_reply(r, status);
	call_of(r)->type = r->dialect->error_type;
	if (status == 413)
		api_reply_header(r, "Retry-After", "0");
	return 0;
}

int api_refuse(ApiRequest *r, unsigned status, const char *format, ...)
{
	const char *message;
	va_list ap;

	va_start(ap, format);
	message = arena_vprintf(r->arena, format, ap);
	va_end(ap);
	return refuse_text(r, status, message);
}

void api_error_by_name(JsonOut *out, unsigned status, const char *message)
{
	static const struct {
		unsigned status;
		const char *key;
	} keys[] = {
		{400, "badRequest"},         {401, "unauthorized"}, {403, "forbidden"},
		{404, "itemNotFound"},       {405, "badMethod"},    {409, "conflictingRequest"},
		{413, "overLimit"},          {415, "badMediaType"}, {501, "notImplemented"},
		{503, "serviceUnavailable"},
	};
	const char *key = "computeFault";

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].status == status)
			key = keys[i].key;
	json_out_begin(out, NULL);
	json_out_begin(out, key);
	json_out_int(out, "code", status);
	json_out_text(out, "message", message);
	if (status == 413)
		json_out_text(out, "retryAfter", "0");
	json_out_end(out);
	json_out_end(out);
}

/* The words that most dialects share; one row a complaint. */
static const ApiWord usual_words[] = {
	[API_NO_ROUTE] = {.status = 404, .text = "The resource could not be found."},
	[API_NO_METHOD] = {.status = 404, .text = "The resource could not be found."},
	[API_NOT_AT_VERSION] = {.status = 404, .text = "The resource could not be found."},
	[API_BAD_REQUEST] =
		{.status = 400,
		 .text = "The server could not comply with the request since it is either "
			 "malformed or otherwise incorrect."},
	[API_VERSION_FORMAT] =
		{.status = 400,
		 .text = "API Version String {1} is of invalid format. Must be of format "
			 "MajorNum.MinorNum."},
	[API_VERSION_RANGE] =
		{.status = 406,
		 .text = "Version {1} is not supported by the API. Minimum is {2} and "
			 "maximum is {3}."},
	[API_DENIED] = {.status = 403, .text = "Policy doesn't allow {1} to be performed."},
	[API_WRONG_PROJECT] = {.status = 400, .text = "Malformed request url"},
	[API_MEDIA_TYPE] = {.status = 415, .text = "Unsupported Content-Type"},
	[API_MALFORMED] = {.status = 400, .text = "Malformed request body"},
	[API_NO_ACTION] = {.status = 400, .text = "There is no such action: {1}"},
	[API_UNKNOWN_PARAM] =
		{.status = 400,
		 .text = "Additional properties are not allowed ('{1}' was unexpected)"},
	[API_BAD_INTEGER] =
		{.status = 400,
		 .text = "Invalid input for query parameters {1}. Value: {2}. '{2}' does not "
			 "match '^[0-9]*$'"},
	[API_NEGATIVE_INTEGER] =
		{.status = 400,
		 .text = "Invalid input for query parameters {1}. Value: {2}. '{2}' does "
			 "not match '^[0-9]*$'"},
	[API_NO_MARKER] = {.status = 400, .text = "marker [{1}] not found"},
	[API_BUSY] = {.status = 503,
		      .text = "Too many requests of this kind are waiting. Try again."},
	[API_LATE] = {.status = 504,
		      .text = "The request takes longer than usual and goes on. Ask again. "
			      "Request id: {1}"},
	[API_UNAVAILABLE] = {.status = 503,
			     .text = "The service cannot do this now. Request id: {1}"},
	[API_BROKEN] =
		{.status = 500,
		 .text = "The server has either erred or is incapable of performing the requested "
			 "operation. Request id: {1}"},
};
static_assert(ARRAY_SIZE(usual_words) == _API_COMPLAINT_MAX, "a row for each");

static const ApiWord *find_word(const ApiDialect *dialect, ApiComplaint what)
{
	for (const ApiWord *word = dialect->words; word && word->text; word++)
		if (word->what == what)
			return word;
	return &usual_words[what];
}

int api_complain(ApiRequest *r, ApiComplaint what, const char *one, const char *two,
		 const char *three)
{
	const ApiWord *word = find_word(r->dialect, what);
	const char *const details[] = {one, two, three};
	Buf text = {0};

	for (const char *p = word->text; *p; p++) {
		if (p[0] == '{' && p[1] >= '1' && p[1] <= '3' && p[2] == '}') {
			const char *detail = details[p[1] - '1'];

			buf_add(&text, detail ? detail : "");
			p += 2;
		} else {
			buf_add_char(&text, *p);
		}
	}
	(void)refuse_text(r, word->status, arena_strdup(r->arena, buf_text(&text)));
	buf_done(&text);
	return 0;
}

/* Faults that may pass by themselves or when somebody makes room. */
static bool fault_may_pass(int code)
{
	return code == -ENOSPC || code == -EIO || code == -EBUSY || code == -EAGAIN ||
	       code == -ETIMEDOUT || code == -EDQUOT;
}

void reply_fault(ApiCall *call, const Fault *f)
{
	ApiRequest *r = &call->r;
	const char *id = http_request_id(r->http);

	log_error("req=%s method=%s path=%s fault=%d at=%s:%d text=\"%s\"", id,
		  http_method(r->http), http_path(r->http), f->code, f->file ? f->file : "?",
		  f->line, f->text);
	(void)api_complain(r, fault_may_pass(f->code) ? API_UNAVAILABLE : API_BROKEN, id, NULL,
			   NULL);
}

void reply_refusal(ApiCall *call, Refusal refusal)
{
	ApiRequest *r = &call->r;
	const char *message = "";
	unsigned status = r->dialect->refusal(r, refusal, &message);

	(void)refuse_text(r, status, message);
}

static void send_headers(ApiCall *call)
{
	HttpRequest *http = call->r.http;
	const ApiDialect *dialect = call->r.dialect;
	const char *id = http_request_id(http);

	http_reply_header(http, "x-openstack-request-id", id);
	if (dialect->echo_request_id)
		http_reply_header(http, "x-compute-request-id", id);
	if (dialect->vary)
		http_reply_header(http, "Vary", dialect->vary);
	version_headers(call);
	for (size_t i = 0; i < call->header_count; i++)
		http_reply_header(http, call->headers[i].name, call->headers[i].value);
}

void reply_send(ApiCall *call)
{
	HttpRequest *http = call->r.http;

	assert(call->status);
	stats_count(call, call->status);
	if (call->api->config.audit)
		trail_add(call);
	send_headers(call);
	if (!call->bytes && call->r.out.buf.length > 0) {
		call->bytes = json_out_take(&call->r.out, &call->length);
		if (!call->type)
			call->type = "application/json";
	}
	http_reply(http, call->status, call->type, TAKE(call->bytes), call->length);
}
