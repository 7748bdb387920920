/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share.
 */
#pragma once

#include "base/str.h"
#include "client/client.h"
#include "client/curl.h"
#include "json/out.h"

enum { CLIENT_ERROR_TEXT = 1024 };

struct Client {
	ClientLogin login;
	const CurlCalls *calls;
	CURL *curl;
	Arena *arena;                               /* what lives as long as the client */
	char *token;                                /* NULL before the login */
	JsonDoc *token_doc;                         /* what came with it */
	const char *auth_base;                      /* the identity service, ending in /v3 */
	const char *endpoints[_CLIENT_SERVICE_MAX]; /* as they are found */
	const char *volume_header;                  /* the version that was agreed on, or NULL */
	int volume_minor;                           /* 3.N of it */
	char error[CLIENT_ERROR_TEXT];
};

/* One request and its answer. */
typedef struct Exchange {
	const char *method;
	const char *url;
	const char *body;
	const ClientUpload *upload;
	const char *const *headers; /* beyond the usual ones, ends with NULL; or NULL */
	unsigned status;
	Buf answer;
	char subject_token[512];
	char request_id[64];
} Exchange;

void exchange_done(Exchange *exchange);

/* transport.c: returns 0 whatever the status, or a fault. */
_must_use_ int client_exchange(Client *client, Exchange *exchange, Fault *f);

/* error.c: the outcome of a status (0 for success), with client->error set from the answer. */
int client_outcome(Client *client, const Exchange *exchange);
void client_set_error(Client *client, const char *format, ...) _printf_(2, 3);
/* The words in an error body of any dialect; "" when there are none. */
const char *client_error_words(Arena *arena, const char *body, size_t length);

/* login.c: log in, unless that was done. A token for a service whose address is known is enough. */
/* Whether requests to the service can be made: a login that was refused is not tried twice. */
bool client_has_token(const Client *client, ClientService service);
_must_use_ int client_need_token(Client *client, ClientService service, Fault *f);

/* catalog.c: 0 or CLIENT_NOT_FOUND. */
_must_use_ int client_endpoint(Client *client, ClientService service, const char **ret_url);

/* body.c: {"KEY": {…, open until body_end(). */
void body_begin(JsonOut *out, const char *key);
void body_end(JsonOut *out);
/* Members that are NULL or empty are left out. */
void body_text(JsonOut *out, const char *key, const char *text);
void body_map(JsonOut *out, const char *key, const JsonTextMap *map);
/* Send what was written; the text is freed. */
_must_use_ int body_send(Client *client, ClientRequest request, JsonOut *out, JsonDoc **ret,
			 Fault *f);
/* The id of what a call made; frees the document. */
_must_use_ int body_id(Arena *arena, JsonDoc *doc, const char *path, const char **ret_id, Fault *f);
