/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Use cases of the embedded identity: logging in, issuing and revoking tokens, users, projects,
 * roles and application credentials. There is one domain, "default".
 *
 * A token row is complete, so that validation is one point read. Therefore whatever takes rights
 * away deletes, in the same transaction, every token row that carries them.
 */
#pragma once

#include "model/identity.h"
#include "service/lockout.h"
#include "service/service.h"

/* How long the table of tokens may hold rows that have expired. */
enum { TOKEN_PRUNE_S = 600 };

#define TOKEN_PREFIX "cleat_"

typedef enum IdentityRefusal {
	IDENTITY_WRONG = 1700,     /* not authenticated; one word for every reason */
	IDENTITY_LOCKED,           /* too many failures; .limit: seconds to wait */
	IDENTITY_CROWD,            /* likewise, of all who share the address */
	IDENTITY_CREDENTIAL_SCOPE, /* an application credential cannot ask for a scope */
	IDENTITY_TOKEN_SCOPE,      /* nor can a token that came from one */
	IDENTITY_SYSTEM_RESCOPE,   /* a system token cannot become a project's */
	IDENTITY_FORBIDDEN,        /* .action is the rule's name */
	IDENTITY_NOT_FOUND,        /* .attribute is the type ("project"), .id what was asked for */
	IDENTITY_EXISTS,           /* .attribute is the type, .value the name */
	IDENTITY_BAD_INPUT,        /* .value is the whole sentence */
} IdentityRefusal;

/* An object by id, or by name in the domain. */
typedef struct IdentityName {
	const char *id;
	const char *name;
	const char *domain_id;
	const char *domain_name;
} IdentityName;

typedef enum LoginMethod { LOGIN_PASSWORD, LOGIN_TOKEN, LOGIN_CREDENTIAL } LoginMethod;

typedef enum LoginScopeKind {
	LOGIN_SCOPE_DEFAULT, /* the user's default project, or unscoped */
	LOGIN_SCOPE_NONE,
	LOGIN_SCOPE_PROJECT,
	LOGIN_SCOPE_DOMAIN,
	LOGIN_SCOPE_SYSTEM,
} LoginScopeKind;

/* What a client says to get a token. */
typedef struct Login {
	LoginMethod method;
	IdentityName user;
	const char *password;
	const char *token; /* of method token */
	const char *credential_id;
	const char *credential_name; /* with user */
	const char *secret;
	LoginScopeKind scope;
	IdentityName project;
	const char *source; /* address the client comes from */
} Login;

/* A token and what its description needs. */
typedef struct TokenView {
	Token *token;
	User *user;
	Project *project;          /* NULL: not scoped to one */
	AppCredential *credential; /* NULL: from none */
} TokenView;

typedef struct LoginDesk {
	Store *store;
	Lockout *lockout;
	const ServiceSettings *settings;
	Arena *arena;
	RefusalData *refused; /* what is told beside an outcome */
} LoginDesk;

/*
 * Check what was said and issue a token. Takes long: runs on a worker, in transactions of its own.
 * 0, IDENTITY_WRONG, IDENTITY_LOCKED, IDENTITY_CROWD, IDENTITY_CREDENTIAL_SCOPE,
 * IDENTITY_TOKEN_SCOPE or IDENTITY_SYSTEM_RESCOPE.
 */
_must_use_ int identity_login(const LoginDesk *desk, const Login *login, const char **ret_token,
			      TokenView *ret, Fault *f);

/* A token's view by the hash of what the client holds; IDENTITY_NOT_FOUND when it is not valid. */
_must_use_ int identity_token_view(Tx *tx, Arena *arena, const char *token_id, int64_t now_us,
				   TokenView *ret, Fault *f);
_must_use_ int identity_revoke(Tx *tx, const char *token_id, Fault *f);
/* StoreWork without context: delete what has expired. */
_must_use_ int identity_prune(Tx *tx, void *ctx, Fault *f);
/* Delete every token of a user, or those of one of its projects (and its system tokens). */
_must_use_ int identity_revoke_user(Tx *tx, const char *user_id, Fault *f);
_must_use_ int identity_revoke_scope(Tx *tx, const char *user_id, const char *project_id, Fault *f);

/* Find by id or name; IDENTITY_NOT_FOUND. */
_must_use_ int identity_find_user(Tx *tx, Arena *arena, const IdentityName *name, User **ret,
				  Fault *f);
_must_use_ int identity_find_project(Tx *tx, Arena *arena, const IdentityName *name, Project **ret,
				     Fault *f);
/* The roles of a user in a project, not expanded; none when there is no assignment. */
_must_use_ int identity_roles(Tx *tx, Arena *arena, const char *user_id, const char *project_id,
			      RoleSet *ret, Fault *f);

/* What a token with these roles and this scope is issued for. */
typedef struct TokenGrant {
	const User *user;
	const char *project_id;
	RoleSet roles;
	bool system;
	const char *methods;
	const char *audit_parent;
	const AppCredential *credential;
	int64_t expires_us;
} TokenGrant;

/* Write a token row; *ret_token is the only copy of what the client will hold. */
_must_use_ int identity_issue(Tx *tx, Arena *arena, const TokenGrant *grant, const char **ret_token,
			      const char **ret_token_id, Fault *f);

/* Projects. `project` needs name; id and created_us are filled. 0, IDENTITY_EXISTS. */
_must_use_ int identity_create_project(Work *work, Project *project, Fault *f);
_must_use_ int identity_update_project(Work *work, const Project *project, Fault *f);
_must_use_ int identity_delete_project(Work *work, const char *id, Fault *f);

/* Users, likewise; the password is hashed already. */
_must_use_ int identity_create_user(Work *work, User *user, Fault *f);
_must_use_ int identity_update_user(Work *work, const User *user, Fault *f);
_must_use_ int identity_delete_user(Work *work, const char *id, Fault *f);

/* Add or take roles of a user in a project. 0, IDENTITY_NOT_FOUND. */
_must_use_ int identity_grant(Work *work, const char *user_id, const char *project_id,
			      RoleSet roles, Fault *f);
_must_use_ int identity_ungrant(Work *work, const char *user_id, const char *project_id,
				RoleSet roles, Fault *f);

/* A user's own new password; takes long. 0, IDENTITY_WRONG, IDENTITY_LOCKED, IDENTITY_CROWD. */
_must_use_ int identity_change_password(const LoginDesk *desk, const char *user_id,
					const char *source, const char *old_password,
					const char *new_password, Fault *f);

/*
 * Application credentials, for the caller and its project. `credential` needs name; roles 0 means
 * all of the caller's. 0, IDENTITY_EXISTS, IDENTITY_FORBIDDEN or IDENTITY_BAD_INPUT.
 */
_must_use_ int identity_create_credential(Work *work, AppCredential *credential, const char *secret,
					  Fault *f);
/* 0 or IDENTITY_NOT_FOUND. Its tokens die with it. */
_must_use_ int identity_delete_credential(Work *work, const char *user_id, const char *id,
					  Fault *f);

/*
 * What a new store begins with: project and user "admin" with its role, and user "service". Does
 * nothing when there is a user. *ret_password is the admin's new one, or NULL.
 */
_must_use_ int identity_begin(Store *store, Arena *arena, const char **ret_password, Fault *f);

/* A new password for a user, who is enabled again; 0 or IDENTITY_NOT_FOUND. */
_must_use_ int identity_reset_password(Store *store, Arena *arena, const char *user,
				       const char **ret_password, Fault *f);

/* A user with a password and roles in a project. */
typedef struct IdentitySeed {
	const char *user;
	const char *password;
	const char *project;
	RoleSet roles;
} IdentitySeed;

_must_use_ int identity_is_empty(Store *store, bool *ret, Fault *f);
/* Make the users and projects that are not there yet; what is there keeps its password. */
_must_use_ int identity_seed(Store *store, Arena *arena, const IdentitySeed *seeds, size_t count,
			     Fault *f);
