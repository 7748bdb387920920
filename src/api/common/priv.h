/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Insides shared by the files of this room: the Api, and a call, which is a request on its road.
 *
 * A step of the road returns true to go on; false says that the call has its answer in status and
 * out. Nothing is sent before the road ends: a write that is rolled back forgets its answer.
 */
#pragma once

#include "api/common/api.h"
#include "api/common/worker.h"
#include "base/metric.h"

enum { API_HEADERS_MAX = 12, API_STATUSES_MAX = 28 };

typedef struct ApiPath ApiPath;
typedef struct ApiService ApiService;
typedef struct ApiStats ApiStats;
typedef struct ApiCall ApiCall;

/* What was answered on all rows of one method, pattern and action. */
struct ApiStats {
	const ApiRoute *row; /* the first of them; NULL: paths that lead nowhere */
	Histogram took;      /* histogram_times */
	atomic_uint_fast64_t answers[API_STATUSES_MAX]; /* see stats.c */
};

/* What a router's row leads to. */
struct ApiPath {
	const ApiRoute *row;
	ApiStats *stats;
};

/* A dialect with its routes, ready to be matched, and what it has answered so far. */
struct ApiService {
	const ApiDialect *dialect;
	Router *router;
	ApiPath *paths;
	ApiStats *stats; /* the first is that of paths that lead nowhere */
	size_t stats_count;
};

/* Immutable after api_new(), but for the counters and the pool. */
struct Api {
	ApiConfig config;
	WorkerPool *workers;
	WorkerPool *bulk;     /* so that uploads do not keep logins waiting */
	ApiService *services; /* the port itself is the last one */
	size_t service_count;
};

struct ApiCall {
	ApiRequest r; /* first: handlers know the call by it */
	Api *api;
	ApiService *service;
	const ApiPath *path;      /* NULL: none was found */
	int64_t began_us;         /* of clock_mono_us() */
	const char *version_text; /* for the version headers; NULL: none are sent */
	const char *base_url;
	/* The answer in the making. */
	unsigned status; /* 0: none yet */
	const char *type;
	char *bytes; /* instead of r.out */
	size_t length;
	struct {
		const char *name;
		const char *value;
	} headers[API_HEADERS_MAX];
	size_t header_count;
	bool admitted; /* token, version and rule were fine */
	/* The handler that runs, and the one that is to answer after a wait, if any. */
	int (*handle)(ApiRequest *r, Fault *f);
	int (*then)(ApiRequest *r, Fault *f);
	EngineWatch watch;
	WorkerItem item;
	StoreJob job; /* its fault serves all modes */
};

static inline ApiCall *call_of(const ApiRequest *r)
{
	union {
		const ApiRequest *request;
		ApiCall *call;
	} cast = {.request = r};

	return cast.call;
}

/* route.c: find the dialect and the route; the answer is a complaint when there is none. */
_must_use_ bool route_find(ApiCall *call);
/* The service's root or the page beside it: open to all, without a microversion. */
bool route_is_page(const ApiRequest *r);
/* The row of the matched chain for this version (and action); complains when there is none. */
_must_use_ bool route_choose(ApiCall *call, const char *action);

/* version.c */
_must_use_ bool version_settle(ApiCall *call);
void version_headers(ApiCall *call);

/* auth.c */
_must_use_ bool auth_admit(ApiCall *call);
_must_use_ bool auth_allow(ApiCall *call);

/* body.c */
_must_use_ bool body_take(ApiCall *call);
_must_use_ bool body_parse(ApiCall *call);
_must_use_ bool body_decode(ApiCall *call);
_must_use_ bool params_check(ApiCall *call);
/* False after a complaint: a query parameter that is no number. */
bool param_check_integer(ApiRequest *r, const char *name, const char *value);

/* reply.c */
void reply_reset(ApiCall *call);
void reply_fault(ApiCall *call, const Fault *f);
void reply_refusal(ApiCall *call, Refusal refusal);
void reply_send(ApiCall *call);

/* stats.c: room for what a service's routes will answer, and the counting. */
void stats_init(ApiService *service);
void stats_done(ApiService *service);
void stats_count(const ApiCall *call, unsigned status);
/* As text for Prometheus. */
void stats_show(const Api *api, Buf *text);

/* trail.c: a request that changes something, or was to, has its answer. */
void trail_add(const ApiCall *call);

/* metrics.c: the page of numbers. */
_must_use_ int metrics_show(ApiRequest *r, Fault *f);

/* The routes of the port itself: "/", /healthz, /metrics. */
extern const ApiDialect port_dialect;
