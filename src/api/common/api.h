/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The road that every API request takes: route, token, microversion, policy, body, then the
 * handler in a transaction, then the reply. Dialects (compute, volume, ...) are const tables over
 * this.
 *
 * A handler is one function. It runs
 *   API_READ   on the HTTP thread, in a snapshot (r->work.tx);
 *   API_WRITE  on the store's writer, in a write transaction; the reply goes out after the commit;
 *   API_WORK   on a worker, without a transaction, for what takes long (password hashes, consoles);
 *              it may call store_read() and store_write() itself;
 *   API_BULK   likewise, on workers of their own, for what moves and flushes gigabytes;
 *   API_PLAIN  on the HTTP thread, without a transaction.
 * It returns 0 after api_reply(), a Refusal with r->work.refused filled (the dialect words it), or
 * a fault (500 or 503 with the request id, logged once). A write handler may run twice when a batch
 * was rolled back: it must depend on nothing but its transaction.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "contract/depot.h"
#include "contract/hypervisor.h"
#include "contract/identity.h"
#include "contract/store.h"
#include "http/http.h"
#include "http/router.h"
#include "records/record.h"
#include "service/lockout.h"
#include "service/service.h"
#include "json/json.h"
#include "json/out.h"

typedef struct Api Api;
typedef struct Audit Audit;
typedef struct ApiConfig ApiConfig;
typedef struct ApiDialect ApiDialect;
typedef struct ApiRequest ApiRequest;
typedef struct ApiRoute ApiRoute;

typedef enum ApiMode { API_READ, API_WRITE, API_WORK, API_BULK, API_PLAIN } ApiMode;

/* Who may use a route, by role; use cases check the project. */
typedef enum ApiRule {
	API_RULE_OPEN,   /* no token needed */
	API_RULE_ANY,    /* any valid token, scoped or not */
	API_RULE_SCOPED, /* any token of a project */
	API_RULE_READER,
	API_RULE_MEMBER,
	API_RULE_MANAGER,
	API_RULE_ADMIN,
	API_RULE_SERVICE, /* service or admin */
} ApiRule;

/* What the road itself can find wrong with a request, before or beside any handler. */
typedef enum ApiComplaint {
	API_NO_ROUTE,
	API_NO_METHOD,      /* the path exists, with other methods */
	API_NOT_AT_VERSION, /* the route, or the action, belongs to other versions */
	API_BAD_REQUEST,    /* generic */
	API_VERSION_FORMAT, /* {1}: what was asked for */
	API_VERSION_RANGE,  /* {1} asked for, {2} least, {3} most */
	API_DENIED,         /* {1}: the policy's name */
	API_WRONG_PROJECT,  /* {1} of the path, {2} of the token */
	API_MEDIA_TYPE,
	API_MALFORMED,        /* not JSON, or an action's body without exactly one key */
	API_NO_ACTION,        /* {1}: the action's name */
	API_UNKNOWN_PARAM,    /* {1}: its name */
	API_BAD_INTEGER,      /* {1} query parameter, {2} its value */
	API_NEGATIVE_INTEGER, /* likewise, for "-1" and the like */
	API_NO_MARKER,        /* {1}: the marker */
	API_BUSY,             /* too much queued already */
	API_LATE,             /* what the request began goes on, but not in time; {1}: request id */
	API_UNAVAILABLE,      /* a fault that may pass: the disk is full, the store is away */
	API_BROKEN,           /* any other fault */
	_API_COMPLAINT_MAX,
} ApiComplaint;

/* How a dialect words a complaint. {1}, {2} and {3} stand for details. */
typedef struct ApiWord {
	ApiComplaint what;
	unsigned status;
	const char *text;
} ApiWord;

/* Microversions as one number: 2.59 is API_VERSION(2, 59). */
#define API_VERSION(major, minor) ((major)*1000 + (minor))

/* A query parameter that a route knows. */
typedef struct ApiParam {
	const char *name;
	int since;
	int until;
	ApiRule rule;       /* callers who lack it: the parameter is ignored */
	const char *format; /* NULL, or "integer": digits only, else 400 */
} ApiParam;

struct ApiRoute {
	const char *method;
	const char *pattern; /* below the dialect's prefix: "/servers/{server_id}" */
	const char *action;  /* for POST .../action: the one key of the body; else NULL */
	const char *policy;  /* name of the rule in a 403 text */
	ApiRule rule;
	ApiMode mode;
	int since;               /* 0: always */
	int until;               /* 0: still */
	const JsonFields *body;  /* NULL: the body is not looked at */
	const ApiParam *params;  /* ends with a row without name; NULL: none known */
	int strict_params_since; /* from this version unknown ones are 400; 0: as the dialect */
	int (*handle)(ApiRequest *r, Fault *f);
	/*
	 * For uploads: runs before the body comes, after token and policy, unlike a worker;
	 * sets a sink with http_set_sink(), or replies. `handle` then runs when all bytes are
	 * there.
	 */
	int (*stream)(ApiRequest *r, Fault *f);
	/* The request is over and r->upload is still set: the client went away. */
	void (*abandon)(ApiRequest *r);
};

/* The rows of one resource's file. */
typedef struct ApiRoutes {
	const ApiRoute *rows;
	size_t count;
} ApiRoutes;

#define API_ROUTES(table) ((ApiRoutes){.rows = (table), .count = ARRAY_SIZE(table)})

/* What the one entry of a document of versions says beyond the dialect's own numbers. */
typedef struct ApiVersionPage {
	const char *id;
	const char *updated;
	const char *described; /* an address */
	const char *type;      /* media type with its version */
} ApiVersionPage;

struct ApiDialect {
	const char *name;    /* "compute" */
	const char *service; /* "/compute": where `root` answers */
	const char *prefix;  /* "/compute/v2.1"; its own document is the pattern "/" */
	/* The list of versions; no token, no microversion. NULL: none. */
	const ApiRoute *root;
	const ApiVersionPage *page; /* for api_version_root and api_version_routes, or NULL */
	/* Likewise for all other paths below `service` and not below `prefix`. NULL: 404. */
	const ApiRoute *beside;
	/* Microversions; version_word NULL: the service has none. */
	const char *version_word;   /* "compute" in OpenStack-API-Version: compute 2.1 */
	const char *version_header; /* older header of its own, or NULL */
	/* false: the last item of that very word; true: the first item that contains the word, and
	 * a list without one is a bad request */
	bool version_first;
	/* Where both headers are there the older one counts; it knows no "latest". */
	bool older_first;
	int version_min;
	int version_max;
	int strict_params_since;        /* from here on no route takes unknown ones; 0: never */
	const char *media_type;         /* accepted beside application/json, or NULL */
	const char *vary;               /* one more Vary header, or NULL */
	bool echo_request_id;           /* x-compute-request-id too */
	bool project_segment;           /* paths may begin with /{project_id} */
	bool any_scope;                 /* rules do not ask for a project's token (identity) */
	const ApiRoutes *const *routes; /* one entry a resource; ends with NULL */
	/* Where it differs from the usual words; ends with a row without text. NULL: nowhere. */
	const ApiWord *words;
	const char *error_type; /* the Content-Type of an error; NULL: application/json */
	/* The body of an error. */
	void (*error_body)(JsonOut *out, unsigned status, const char *message);
	/*
	 * Status and text of a refusal; one switch without default. Text in r->arena. NULL: no
	 * handler of this dialect returns one.
	 */
	unsigned (*refusal)(ApiRequest *r, Refusal refusal, const char **ret_message);
	/* Text of a body problem; status is 400. NULL: the usual words of JSON schemas. */
	const char *(*problem)(ApiRequest *r, const JsonProblem *problem);
};

/* What becomes of a request from an address on the network of guests. */
typedef enum GuestVerdict {
	GUEST_WELCOME,
	GUEST_STRANGE, /* whoever it is does not have that address */
	GUEST_HASTY,   /* it has asked too often */
} GuestVerdict;

struct ApiConfig {
	Store *store;
	Identity *identity;
	Hypervisor *hypervisor; /* for consoles */
	Depot *depot;
	Engine *engine;   /* for /metrics */
	Lockout *lockout; /* failed logins */
	Audit *audit;     /* NULL: there is no trail */
	const ServiceSettings *settings;
	const char *public_url; /* "https://cloud.example.org", or NULL: from the request's Host */
	const char *region;
	/* For guests that are known by their addresses; NULL: there are none. */
	GuestVerdict (*judge_guest)(void *ctx, const char *address);
	void *guest_ctx;
	unsigned workers; /* for API_WORK; 0: 2 */
	int64_t wait_ms;  /* see api_wait_operation() */
	const ApiDialect *const *dialects;
	size_t dialect_count;
};

struct ApiRequest {
	HttpRequest *http;
	Arena *arena;
	const Api *api;
	const ApiConfig *config;
	const ApiDialect *dialect;
	const ApiRoute *route;
	RouterMatch match;
	int version;                 /* as API_VERSION() */
	const char *project_segment; /* as written in the path, or NULL */
	Caller caller;
	Work work;    /* tx is NULL in API_WORK and API_PLAIN */
	JsonDoc *doc; /* the parsed body, or NULL */
	void *body;   /* decoded by route->body, or NULL */
	void *upload; /* of a streaming route: its own state */
	void *kept;   /* what a handler leaves for the one that answers after a wait */
	JsonOut out;  /* the reply in the making */
};

_must_use_ int api_new(const ApiConfig *config, Api **ret, Fault *f);
Api *api_free(Api *api);
DEFINE_CLEANUP(Api, api_free)

/* What to give to http_server_start(). */
HttpApp api_http_app(Api *api);

/* A path parameter ("server_id") or the last query value of a name (NULL when absent). */
const char *api_param(const ApiRequest *r, const char *name);
const char *api_query(const ApiRequest *r, const char *name);

/* Send r->out (which may be empty: no body) with a status. */
void api_reply(ApiRequest *r, unsigned status);
/*
 * From a write handler, instead of a reply: the client is answered when the operation, which this
 * transaction has begun or found unfinished, is over. `then` answers; it runs in a transaction of
 * its own like a write handler. When the operation takes longer than ApiConfig.wait_ms the client
 * is told so (504) and it goes on without anybody waiting. Returns 0.
 */
int api_wait_operation(ApiRequest *r, const char *operation_id,
		       int (*then)(ApiRequest *r, Fault *f));
/* Send anything else; the bytes are taken over, the type is borrowed for good. */
void api_reply_bytes(ApiRequest *r, unsigned status, const char *type, char *bytes, size_t length);
/* The name is borrowed for good, the value is copied. */
void api_reply_header(ApiRequest *r, const char *name, const char *value);

/* Reply with an error in the dialect's form; returns 0, so that a handler can end with it. */
int api_refuse(ApiRequest *r, unsigned status, const char *format, ...) _printf_(3, 4);

/*
 * The body of an error as block storage and shares have it, for ApiDialect.error_body: an object of
 * one member, which is named by the status.
 */
void api_error_by_name(JsonOut *out, unsigned status, const char *message);

/* Reply with a complaint in the dialect's words; unused details are NULL. Returns 0. */
int api_complain(ApiRequest *r, ApiComplaint what, const char *one, const char *two,
		 const char *three);
/* A route's body that is an object whose keys are the client's own: the handler reads r->doc. */
extern const JsonFields api_any_object;
/* Read such a body by a table after all. False after a 400. */
_must_use_ bool api_decode(ApiRequest *r, const JsonFields *fields, void **ret);
/*
 * Read such a body by the table of a body that has it as its member `name`, as {"key": "value"} is
 * what "extra_specs" holds elsewhere. False after a 400.
 */
_must_use_ bool api_read_member(ApiRequest *r, const char *name, const JsonFields *fields,
				void **ret);
/* The usual words for a problem with a body, in the arena. */
const char *api_problem_text(ApiRequest *r, const JsonProblem *problem);
/* Whether the caller satisfies a rule. */
bool api_allows(const ApiRequest *r, ApiRule rule);

/* A document of versions with one entry, at the service's root and at the version's own page. */
extern const ApiRoute api_version_root;
extern const ApiRoutes api_version_routes;

/* "http://host:port" as the client sees it, then the dialect's prefix: ".../compute/v2.1". */
const char *api_base_url(ApiRequest *r);
const char *api_prefix_url(ApiRequest *r);

/* Print "links": self and bookmark of a resource ("servers", id) as the dialects do. */
void api_out_links(ApiRequest *r, JsonOut *out, const char *collection, const char *id);

/* Print "links" with the bookmark alone, as for an image inside a server. */
void api_out_bookmark(ApiRequest *r, JsonOut *out, const char *collection, const char *id);

/* 200 with {"metadata": {…}}; a stored map is JSON, or NULL for an empty one. Returns 0. */
int api_reply_map(ApiRequest *r, const char *json);
/*
 * 200 with {"meta": {key: value}} of a stored map. REFUSAL_NO_METADATA_KEY when it has no such key;
 * `missing` says whose it is.
 */
int api_reply_item(ApiRequest *r, const char *json, const char *key, RefusalData missing);

/* The audience bits of this caller for reply tables. */
enum {
	API_AUDIENCE_ADMIN = 1 << 0,
	API_AUDIENCE_SERVICE = 1 << 1,
	API_AUDIENCE_DETAIL = 1 << 2, /* show and detail, not create or update replies */
};
unsigned api_audience(const ApiRequest *r);

/*
 * Lists. Reads limit and marker (and offset) into a query; a bad one is replied to, and the
 * function returns false. limit is capped at LIMIT_LIST_PAGE; with limit=0 the query finds nothing.
 */
_must_use_ bool api_page(ApiRequest *r, RecordQuery *query);
/* The items of "a,b,c"; empty ones are left out. NULL when there is none. */
const char **api_comma_list(Arena *arena, const char *text, size_t *ret_count);

/*
 * A map in a query, {'key': 'value'} as Python or as JSON writes it. False when it is none, or has
 * more than `max` pairs.
 */
_must_use_ bool api_read_map(ApiRequest *r, const char *value, size_t max, JsonTextMap *ret);
/*
 * A pattern for one stored pair, "key":"value". Its quotes are not escaped, so that they stand for
 * the ends of key and value alone.
 */
const char *api_pair_pattern(const ApiRequest *r, const JsonPair *pair);

/* What clients call a column when they sort by it; a table ends with a row without a key. */
typedef struct ApiSortKey {
	const char *key;
	const char *column;
} ApiSortKey;

/* The column behind the first `length` bytes of a key, or NULL. */
const char *api_sort_column(const ApiSortKey *keys, const char *key, size_t length);
/* After a full page: print "<name>": [{"rel": "next", "href": …}]. */
void api_out_next(ApiRequest *r, JsonOut *out, const char *name, const char *last_id);
