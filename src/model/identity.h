/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who is calling: users, projects, roles, tokens, and the Caller that the rest of the house sees.
 * Texts are borrowed from the arena that the record was loaded into. Identifiers are 32 hex digits.
 */
#pragma once

#include "base/enum.h"

#define DEFAULT_DOMAIN_ID "default"
#define DEFAULT_DOMAIN_NAME "Default"

/* Roles by rising power; a stronger one implies the weaker of the first four. */
typedef enum Role {
	ROLE_READER,
	ROLE_MEMBER,
	ROLE_MANAGER,
	ROLE_ADMIN,
	ROLE_SERVICE,
	_ROLE_MAX,
} Role;

extern const EnumNames role_names;

/* A set of roles: bit 1 << Role. */
typedef unsigned RoleSet;

/* The set with everything that its roles imply (admin > manager > member > reader). */
RoleSet role_set_expand(RoleSet roles);

static inline bool role_set_has(RoleSet roles, Role role)
{
	return roles & (1u << role);
}

typedef struct Project {
	const char *id;
	const char *name;
	const char *description;
	bool enabled;
	int64_t created_us;
} Project;

typedef struct User {
	const char *id;
	const char *name;
	const char *description;
	const char *email;
	const char *default_project_id; /* or NULL */
	const char *password_hash;
	bool enabled;
	int64_t created_us;
} User;

/* Which roles a user has in a project. */
typedef struct Assignment {
	const char *id; /* "<user>/<project>" */
	const char *user_id;
	const char *project_id;
	int64_t roles; /* RoleSet, not expanded */
} Assignment;

/* An issued token; only the hash of what the client holds is known. */
typedef struct Token {
	const char *id; /* hex SHA-256 of the token */
	const char *user_id;
	const char *project_id; /* NULL: unscoped */
	int64_t roles;          /* RoleSet, expanded */
	const char *methods;    /* "password", "token,password" ... */
	const char *audit_id;
	const char *audit_parent; /* first of the chain, or NULL */
	const char *app_credential_id;
	bool restricted; /* from a restricted application credential */
	bool system;     /* system scope */
	int64_t issued_us;
	int64_t expires_us;
} Token;

typedef struct AppCredential {
	const char *id;
	const char *name;
	const char *description;
	const char *user_id;
	const char *project_id;
	const char *secret_hash; /* hex SHA-256: the secret is random and long */
	int64_t roles;
	bool unrestricted;
	int64_t expires_us; /* 0: never */
	int64_t created_us;
} AppCredential;

/* The authenticated caller of one request. */
typedef struct Caller {
	const char *user_id;
	const char *project_id;      /* NULL when the token is not scoped to a project */
	RoleSet roles;               /* expanded */
	bool service_request;        /* a valid service token came along */
	const char *service_user_id; /* whose it is, or NULL */
	const char *token_id;        /* hash of the token, for rescoping and revocation */
} Caller;

static inline bool caller_is_admin(const Caller *caller)
{
	return role_set_has(caller->roles, ROLE_ADMIN);
}
