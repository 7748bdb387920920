/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share: answers, and the printers of small objects.
 */
#pragma once

#include "api/identity/identity.h"
#include "records/tables.h"
#include "service/identity.h"

/* The rows of each resource's file. */
extern const ApiRoutes identity_token_routes;
extern const ApiRoutes identity_catalog_routes;
extern const ApiRoutes identity_self_routes;
extern const ApiRoutes identity_project_routes;
extern const ApiRoutes identity_user_routes;
extern const ApiRoutes identity_role_routes;
extern const ApiRoutes identity_assignment_routes;
extern const ApiRoutes identity_credential_routes;

/* Word a result that is not 0: an IdentityRefusal is replied to (and 0 returned), a fault passes.
 */
int identity_answer(ApiRequest *r, const RefusalData *refused, int result, Fault *f);
/* Where this request may log in; what it is refused with goes to r->work.refused. */
LoginDesk identity_desk(ApiRequest *r);
/* The common refusals, ready made; return 0. */
int identity_unauthorized(ApiRequest *r, const char *message);
int identity_forbid(ApiRequest *r);
int identity_not_found(ApiRequest *r, const char *type, const char *id);
int identity_expecting(ApiRequest *r, const char *part, const char *where);

static inline bool identity_is_admin(const ApiRequest *r)
{
	return role_set_has(r->caller.roles, ROLE_ADMIN);
}

/* Lists: {"<plural>": [ … ], "links": {…}}; `truncated` when not all is there. */
void identity_list_begin(ApiRequest *r, const char *plural);
int identity_list_reply(ApiRequest *r, bool truncated);
/* Filters that all lists know. False when nothing can match: another domain than ours. */
_must_use_ bool identity_list_filter(ApiRequest *r, RecordQuery *query);

void identity_out_role(ApiRequest *r, const char *key, Role role);
/* "links": {"self": "<prefix>/<collection>/<id>"}. */
void identity_out_self(ApiRequest *r, const char *collection, const char *id);
/* "<key>": {"id": …, "name": …}, of the one domain. */
void identity_out_domain(JsonOut *out, const char *key);
void identity_out_project(ApiRequest *r, const char *key, const Project *project);
/* Fixed ids of the fixed roles. */
const char *identity_role_id(Role role);
/* By id; -1 when there is none. */
int identity_role_by_id(const char *id);

/* "catalog": […], for a project or none. */
void identity_out_catalog(ApiRequest *r, const char *project_id);

/* {"token": {…}}; with_catalog as the client asked. */
void identity_out_token(ApiRequest *r, const TokenView *view, bool with_catalog);
