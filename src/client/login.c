/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Getting a token, and calls that carry it. A token that has run out shows as 401: then one new
 * login and one repetition, except where the body cannot be sent twice. The same for 406, by which
 * an older block storage service says that it is asked in words that are too new.
 */
#include "client/priv.h"

#include <errno.h>

#include "base/mem.h"
#include "client/connection.h"
#include "json/out.h"

/*
 * Versions that calls are written for: compute since 2025, block storage since 2021, shared file
 * systems since 2023 have them.
 */
static const char *const service_headers[] = {
	[CLIENT_IDENTITY] = NULL,
	[CLIENT_IMAGE] = NULL,
	[CLIENT_COMPUTE] = "OpenStack-API-Version: compute 2.100",
	[CLIENT_VOLUME] = "OpenStack-API-Version: volume 3.66",
	[CLIENT_SHARE] = "X-OpenStack-Manila-API-Version: 2.82",
	[CLIENT_ADMIN] = NULL,
};
static_assert(ARRAY_SIZE(service_headers) == _CLIENT_SERVICE_MAX, "a row for every service");

/* {"id": …} or {"name": …}; the domain "default" when neither is known. */
static void put_domain(JsonOut *out, const char *id, const char *name)
{
	json_out_begin(out, "domain");
	if (name && !id)
		json_out_text(out, "name", name);
	else
		json_out_text(out, "id", id ? id : "default");
	json_out_end(out);
}

static void put_user_members(JsonOut *out, const ClientLogin *login)
{
	if (login->user_id) {
		json_out_text(out, "id", login->user_id);
		return;
	}
	json_out_text(out, "name", login->username ? login->username : "");
	put_domain(out, login->user_domain_id, login->user_domain_name);
}

static void put_method(JsonOut *out, const char *method)
{
	json_out_list_begin(out, "methods");
	json_out_text(out, NULL, method);
	json_out_list_end(out);
	json_out_begin(out, method);
}

static void put_identity(JsonOut *out, const ClientLogin *login)
{
	if (login->token) {
		put_method(out, "token");
		json_out_text(out, "id", login->token);
	} else if (login->application_credential_secret) {
		put_method(out, "application_credential");
		json_out_text(out, "secret", login->application_credential_secret);
		if (login->application_credential_id) {
			json_out_text(out, "id", login->application_credential_id);
		} else {
			json_out_text(out, "name", login->application_credential_name);
			json_out_begin(out, "user");
			put_user_members(out, login);
			json_out_end(out);
		}
	} else {
		put_method(out, "password");
		json_out_begin(out, "user");
		put_user_members(out, login);
		json_out_text(out, "password", login->password ? login->password : "");
		json_out_end(out);
	}
	json_out_end(out);
}

/* An application credential carries its own scope, and may not name one. */
static bool has_scope(const ClientLogin *login)
{
	return (login->project_id || login->project_name) &&
	       (login->token || !login->application_credential_secret);
}

static void put_scope(JsonOut *out, const ClientLogin *login)
{
	bool own = login->project_domain_id || login->project_domain_name;

	json_out_begin(out, "scope");
	json_out_begin(out, "project");
	if (login->project_id) {
		json_out_text(out, "id", login->project_id);
	} else {
		json_out_text(out, "name", login->project_name);
		put_domain(out, own ? login->project_domain_id : login->user_domain_id,
			   own ? login->project_domain_name : login->user_domain_name);
	}
	json_out_end(out);
	json_out_end(out);
}

static char *login_body(const ClientLogin *login)
{
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_begin(&out, "auth");
	json_out_begin(&out, "identity");
	put_identity(&out, login);
	json_out_end(&out);
	if (has_scope(login))
		put_scope(&out, login);
	json_out_end(&out);
	json_out_end(&out);
	return json_out_take(&out, NULL);
}

/* Keep the token that an exchange brought. */
static int take_token(Client *client, const Exchange *exchange, Fault *f)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	if (json_parse(client->arena, buf_text(&exchange->answer), exchange->answer.length, &doc,
		       NULL) ||
	    json_get_count(doc, "token") < 0 || str_empty(exchange->subject_token))
		return fault(f, -EPROTO, "%s: this does not look like an identity service",
			     exchange->url);
	free(client->token);
	client->token = mem_strdup(exchange->subject_token);
	json_doc_free(client->token_doc);
	client->token_doc = TAKE(doc);
	memset(client->endpoints, 0, sizeof(client->endpoints));
	return 0;
}

int client_login(Client *client, Fault *f)
{
	const ClientLogin *login = &client->login;
	const char *url = arena_printf(client->arena, "%s/auth/tokens", client->auth_base);
	_cleanup_(freep) char *body = NULL;
	_cleanup_(exchange_done) Exchange exchange = {.url = url};
	const char *subject[] = {NULL, NULL};
	int r;

	free(TAKE(client->token));
	if (login->token && !has_scope(login)) {
		/* It has its scope: only its document is missing. */
		exchange.method = "GET";
		subject[0] = arena_printf(client->arena, "X-Subject-Token: %s", login->token);
		exchange.headers = subject;
		client->token = mem_strdup(login->token);
	} else {
		exchange.method = "POST";
		exchange.body = body = login_body(login);
	}
	r = client_exchange(client, &exchange, f);
	if (r)
		return r;
	r = client_outcome(client, &exchange);
	if (r == 0 && login->token && !has_scope(login))
		(void)snprintf(exchange.subject_token, sizeof(exchange.subject_token), "%s",
			       login->token); /* a longer one cannot have been accepted */
	return r ? r : take_token(client, &exchange, f);
}

const char *client_token(const Client *client)
{
	return client->token;
}

const JsonDoc *client_token_doc(const Client *client)
{
	return client->token_doc;
}

static int call_once(Client *client, const ClientRequest *request, Exchange *exchange, Fault *f)
{
	const char *agreed = request->service == CLIENT_VOLUME ? client->volume_header : NULL;
	const char *const headers[] = {
		request->version ? request->version
		: agreed         ? agreed
				 : service_headers[request->service],
		NULL,
	};
	_cleanup_(buf_done) Buf url = {0};
	const char *endpoint;
	int r;

	r = client_endpoint(client, request->service, &endpoint);
	if (r)
		return r;
	buf_printf(&url, "%s%s", endpoint, request->path);
	*exchange = (Exchange){
		.method = request->method,
		.url = url.data,
		.body = request->body,
		.upload = request->upload,
		.headers = headers,
	};
	r = client_exchange(client, exchange, f);
	return r ? r : client_outcome(client, exchange);
}

/* A token and where to go with it are enough. */
static bool needs_no_login(const Client *client, ClientService service)
{
	const ClientLogin *login = &client->login;

	return service == CLIENT_VOLUME && login->volume_endpoint && login->token;
}

bool client_has_token(const Client *client, ClientService service)
{
	return client->token_doc || needs_no_login(client, service);
}

int client_need_token(Client *client, ClientService service, Fault *f)
{
	if (!needs_no_login(client, service))
		return client->token_doc ? 0 : client_login(client, f);
	if (!client->token)
		client->token = mem_strdup(client->login.token);
	return 0;
}

int client_service_url(Client *client, ClientService service, const char **ret, Fault *f)
{
	int r = client_need_token(client, service, f);

	return r ? r : client_endpoint(client, service, ret);
}

/* Whether an answer says that the usual version is newer than the service; asked only once. */
static bool is_too_new(const Client *client, const ClientRequest *request, const Exchange *exchange)
{
	return exchange->status == 406 && request->service == CLIENT_VOLUME && !request->version &&
	       !client->volume_header;
}

/* What a first answer asks for: a new login, or older words. False: it is the last answer. */
static bool is_asked_again(Client *client, const ClientRequest *request, const Exchange *exchange,
			   int *ret_r, Fault *f)
{
	int minor;

	if (request->upload)
		return false;
	if (exchange->status == 401 && !client->login.token)
		*ret_r = client_login(client, f);
	else if (is_too_new(client, request, exchange))
		*ret_r = client_volume_agree(client, &minor, f);
	else
		return false;
	return true;
}

int client_call(Client *client, const ClientRequest *request, JsonDoc **ret, Fault *f)
{
	_cleanup_(exchange_done) Exchange exchange = {0};
	int r;

	r = client_need_token(client, request->service, f);
	if (r)
		return r;
	r = call_once(client, request, &exchange, f);
	if (r > 0 && is_asked_again(client, request, &exchange, &r, f)) {
		exchange_done(&exchange);
		if (r)
			return r;
		r = call_once(client, request, &exchange, f);
	}
	if (r)
		return r;
	if (ret)
		*ret = NULL;
	if (!ret || exchange.answer.length == 0)
		return 0;
	if (json_parse(client->arena, exchange.answer.data, exchange.answer.length, ret, NULL))
		return fault(f, -EPROTO, "%s %s: the answer is not JSON", request->method,
			     request->path);
	return 0;
}
