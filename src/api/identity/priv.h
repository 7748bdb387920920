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
/* login-body.c: the body of POST /auth/tokens, and what it says; false after a reply. */
extern const JsonFields identity_login_fields;
_must_use_ bool identity_read_login(ApiRequest *r, Login *ret);
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

/*
 * Rows of what projects and users are made from and changed with. A wish has name, domain_id,
 * enabled and enabled_given; other members that are not ours are let pass, because clients send
 * objects as they got them.
 */
#define IDENTITY_NAME_ROW(Wish, name_flags, name_max)                                              \
	{                                                                                          \
		.name = "name", .type = JSON_TEXT, .format = JSON_FORMAT_NAME,                     \
		.flags = (name_flags), .offset = offsetof(Wish, name), .min = 1, .max = (name_max) \
	}
#define IDENTITY_TEXT_ROW(Wish, member, given, text_max)                                           \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.offset = offsetof(Wish, member), .present = JSON_PRESENT(Wish, given),            \
		.max = (text_max)                                                                  \
	}
#define IDENTITY_DOMAIN_ROW(Wish)                                                                  \
	{                                                                                          \
		.name = "domain_id", .type = JSON_TEXT, .flags = JSON_NULLABLE,                    \
		.offset = offsetof(Wish, domain_id), .max = 64                                     \
	}
#define IDENTITY_ENABLED_ROW(Wish)                                                                 \
	{                                                                                          \
		.name = "enabled", .type = JSON_BOOL, .offset = offsetof(Wish, enabled),           \
		.present = JSON_PRESENT(Wish, enabled_given)                                       \
	}
#define IDENTITY_OPEN_FIELDS(rows_, Wish)                                                          \
	((JsonFields){                                                                             \
		.rows = (rows_), .count = ARRAY_SIZE(rows_), .size = sizeof(Wish), .open = true})
/* The one member of a body. */
#define IDENTITY_OUTER_ROW(Body, member, fields_)                                                  \
	{                                                                                          \
		.name = #member, .type = JSON_OBJECT, .flags = JSON_REQUIRED,                      \
		.offset = offsetof(Body, member), .fields = (fields_)                              \
	}
/* False after a reply: there is one domain. */
_must_use_ bool identity_check_domain(ApiRequest *r, const char *domain_id);
/* The answer where there is nothing to show: 204, or what the result says. */
int identity_reply_nothing(ApiRequest *r, int result, Fault *f);

/* "catalog": […], for a project or none. */
void identity_out_catalog(ApiRequest *r, const char *project_id);

/* {"token": {…}}; with_catalog as the client asked. */
void identity_out_token(ApiRequest *r, const TokenView *view, bool with_catalog);
