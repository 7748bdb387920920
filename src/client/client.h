/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A client of the HTTP APIs: log in, find the services in the catalog, call them. Speaks to cleatd
 * and to the services it stands for alike.
 *
 * One Client is one connection that is kept open; one thread uses it at a time. It logs in by
 * itself before the first call, and once more when its token has run out.
 *
 * Every call returns 0, a fault (the server cannot be reached, or what it says is not understood)
 * or a ClientOutcome (it answered, and said no); client_error() then has its words.
 */
#pragma once

#include "base/fault.h"
#include "json/json.h"

typedef struct Client Client;
typedef struct ClientLogin ClientLogin;
typedef struct ClientRequest ClientRequest;
typedef struct ClientUpload ClientUpload;

typedef enum ClientOutcome {
	CLIENT_NOT_FOUND = 1, /* 404, or no such service in the catalog */
	CLIENT_DENIED,        /* 401, 403: not logged in, or not allowed */
	CLIENT_REFUSED,       /* any other 4xx: the request is wrong, or not possible now */
	CLIENT_BROKEN,        /* 5xx: the server failed */
	CLIENT_AMBIGUOUS,     /* several things have that name */
} ClientOutcome;

typedef enum ClientService {
	CLIENT_IDENTITY,
	CLIENT_IMAGE,
	CLIENT_COMPUTE,
	CLIENT_VOLUME,
	CLIENT_SHARE, /* shared file systems */
	CLIENT_ADMIN, /* cleatd's own */
	_CLIENT_SERVICE_MAX,
} ClientService;

/* Who logs in, where and how; NULL for what is not known. The texts outlive the client. */
struct ClientLogin {
	const char *auth_url; /* with or without /v3; required unless nobody is asked, see below */
	const char *token;
	const char *username;
	const char *user_id;
	const char *password;
	const char *user_domain_name;
	const char *user_domain_id;
	const char *project_name;
	const char *project_id;
	const char *project_domain_name;
	const char *project_domain_id;
	const char *application_credential_id;
	const char *application_credential_name;
	const char *application_credential_secret;
	const char *region_name;
	const char *interface; /* public unless said otherwise */
	const char *cacert;    /* file with the authorities to trust instead of the system's */
	/* Of block storage, instead of the catalog's; with a token nobody else is asked. */
	const char *volume_endpoint;
	const char *traceparent; /* sent with each call: see base/trace.h */
	bool insecure;           /* do not check the server's certificate */
	int64_t timeout_ms;      /* of one call; 0: a minute */
};

/* Bytes to send as the body of a request. */
struct ClientUpload {
	int fd;
	int64_t size_bytes;
	void (*progress)(int64_t sent_bytes, int64_t size_bytes, void *ctx); /* or NULL */
	void *ctx;
};

struct ClientRequest {
	ClientService service;
	const char *method;
	const char *path;           /* below the endpoint, encoded: "/servers/detail?limit=5" */
	const char *body;           /* JSON, or NULL */
	const ClientUpload *upload; /* instead of a body, or NULL */
	const char *version;        /* a header instead of the service's usual one, or NULL */
};

_must_use_ int client_new(const ClientLogin *login, Client **ret, Fault *f);
Client *client_free(Client *client);
DEFINE_CLEANUP(Client, client_free)

/* Get a token now. For callers that want the token itself; calls do it by themselves. */
_must_use_ int client_login(Client *client, Fault *f);

/* After a login: the token, and the document that came with it ("token.user.id" and so on). */
const char *client_token(const Client *client);
const JsonDoc *client_token_doc(const Client *client);

/* *ret is NULL when the answer has no body; ret may be NULL when nobody looks at it. */
_must_use_ int client_call(Client *client, const ClientRequest *request, JsonDoc **ret, Fault *f);

/* What the server said when the last call ended in an outcome. */
const char *client_error(const Client *client);

/* Where a service is, as the catalog says; the text is the client's. */
_must_use_ int client_service_url(Client *client, ClientService service, const char **ret,
				  Fault *f);

/* Whether the catalog of the last login has a service; asks nobody. */
bool client_offers(Client *client, ClientService service);

/* The host and the port of a URL, in the arena; false when it is none. */
_must_use_ bool client_url_server(Arena *arena, const char *url, const char **ret_host,
				  const char **ret_port);

/* A text as one segment of a path or one value of a query. */
const char *client_escape(Client *client, Arena *arena, const char *text);
