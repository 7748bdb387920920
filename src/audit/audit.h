/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The audit trail. The words are those of CADF (DMTF DSP0262) where it has them: eventType,
 * action, outcome, initiator, target, observer. All that one request brought about carries its
 * request id.
 *
 * Telling never waits: a thread of the trail's own writes the lines, each by one write(2) to a file
 * that is only appended to. A line that cannot be written, or one too many that waits, is logged as
 * lost, and nothing else fails. Thread-safe.
 *
 * The names are long because libaudit, which libvirt links, has the short ones.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/operation.h"

typedef struct Audit Audit;
typedef struct AuditRequest AuditRequest;
typedef struct AuditParam AuditParam;

/* A segment of a path that named something: "server_id" and its value. */
struct AuditParam {
	const char *name;
	const char *value;
};

/* A request that was answered. Texts may be NULL unless it is said. */
struct AuditRequest {
	int64_t now_us; /* of clock_now_us() */
	const char *request_id;
	const char *global_id;       /* what the client calls the whole of what it does */
	const char *traceparent;     /* of W3C Trace Context */
	const char *service;         /* "compute"; never NULL */
	const char *method;          /* never NULL */
	const char *pattern;         /* of the route, "/servers/{server_id}/action"; never NULL */
	const char *action;          /* the key of an action's body */
	const char *path;            /* as it was asked for, without the query */
	const char *peer;            /* the client's address */
	const char *agent;           /* what the client calls itself */
	const char *user_id;         /* whose token came along */
	const char *project_id;      /* of that token */
	const char *service_user_id; /* who acted for that user, with a service token */
	const AuditParam *params;
	size_t param_count;
	const char *created_id; /* of what the answer is about, where the path does not name it */
	unsigned status;        /* of the answer */
	bool goes_on;           /* an operation was begun */
};

/* `where` is "journal" or an absolute path; `host` is the observer's name. */
_must_use_ int audit_trail_open(const char *where, const char *host, Audit **ret, Fault *f);
Audit *audit_trail_close(Audit *audit);
DEFINE_CLEANUP(Audit, audit_trail_close)

void audit_trail_request(Audit *audit, const AuditRequest *request);
/* An operation that is over. */
void audit_trail_operation(Audit *audit, const Operation *operation, int64_t now_us);
