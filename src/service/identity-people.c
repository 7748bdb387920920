/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Projects, users and the roles that tie them. Names are unique; whatever takes a right away takes
 * the tokens that carry it in the same transaction.
 */
#include "base/str.h"
#include "base/uuid.h"
#include "records/tables.h"
#include "service/identity.h"

static int refuse_exists(Work *work, const char *type, const char *name)
{
	work->refused.attribute = type;
	work->refused.value = name;
	return IDENTITY_EXISTS;
}

static int refuse_missing(Work *work, const char *type, const char *id)
{
	work->refused.attribute = type;
	work->refused.id = id;
	return IDENTITY_NOT_FOUND;
}

/* An outcome of a record function on an object that the caller named. */
static int from_record(Work *work, int r, const char *type, const char *id, Fault *f)
{
	return r == RECORD_NOT_FOUND ? refuse_missing(work, type, id) : fault_unexpected(f, r);
}

static int delete_of(Tx *tx, const RecordTable *table, const char *column, const char *id, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, column, RECORD_EQ, id);
	return fault_unexpected(f, record_delete_where(tx, table, &query, f));
}

static const char *new_id(Arena *arena)
{
	char id[HEX_ID_TEXT];

	uuid_new_hex(id);
	return arena_strdup(arena, id);
}

/* IDENTITY_EXISTS when another project than `id` has the name. */
static int check_project_name(Work *work, const char *name, const char *id, Fault *f)
{
	const IdentityName wanted = {.name = name, .domain_id = DEFAULT_DOMAIN_ID};
	Project *other;
	int r = identity_find_project(work->tx, work->arena, &wanted, &other, f);

	if (r == IDENTITY_NOT_FOUND || (r == 0 && str_eq(other->id, id)))
		return 0;
	return r ? r : refuse_exists(work, "project", name);
}

int identity_create_project(Work *work, Project *project, Fault *f)
{
	int r = check_project_name(work, project->name, NULL, f);

	if (r)
		return r;
	project->id = new_id(work->arena);
	project->created_us = work->now_us;
	return fault_unexpected(f, project_insert(work->tx, project, f));
}

int identity_update_project(Work *work, const Project *project, Fault *f)
{
	int r = check_project_name(work, project->name, project->id, f);

	if (r)
		return r;
	r = project_update(work->tx, project, f);
	if (r || project->enabled)
		return from_record(work, r, "project", project->id, f);
	return delete_of(work->tx, &token_table, "project_id", project->id, f);
}

int identity_delete_project(Work *work, const char *id, Fault *f)
{
	int r = project_delete(work->tx, id, f);

	if (r)
		return from_record(work, r, "project", id, f);
	r = delete_of(work->tx, &token_table, "project_id", id, f);
	if (r == 0)
		r = delete_of(work->tx, &assignment_table, "project_id", id, f);
	if (r == 0)
		r = delete_of(work->tx, &app_credential_table, "project_id", id, f);
	if (r == 0)
		r = delete_of(work->tx, &type_access_table, "project_id", id, f);
	return r ? r : delete_of(work->tx, &default_type_table, "id", id, f);
}

static int check_user_name(Work *work, const char *name, const char *id, Fault *f)
{
	const IdentityName wanted = {.name = name, .domain_id = DEFAULT_DOMAIN_ID};
	User *other;
	int r = identity_find_user(work->tx, work->arena, &wanted, &other, f);

	if (r == IDENTITY_NOT_FOUND || (r == 0 && str_eq(other->id, id)))
		return 0;
	return r ? r : refuse_exists(work, "user", name);
}

int identity_create_user(Work *work, User *user, Fault *f)
{
	int r = check_user_name(work, user->name, NULL, f);

	if (r)
		return r;
	user->id = new_id(work->arena);
	user->created_us = work->now_us;
	return fault_unexpected(f, user_insert(work->tx, user, f));
}

int identity_update_user(Work *work, const User *user, Fault *f)
{
	User *before;
	int r = check_user_name(work, user->name, user->id, f);

	if (r)
		return r;
	r = user_get(work->tx, work->arena, user->id, &before, f);
	if (r == 0)
		r = user_update(work->tx, user, f);
	if (r)
		return from_record(work, r, "user", user->id, f);
	if (user->enabled && str_eq(user->password_hash, before->password_hash))
		return 0;
	return identity_revoke_user(work->tx, user->id, f);
}

int identity_delete_user(Work *work, const char *id, Fault *f)
{
	int r = user_delete(work->tx, id, f);

	if (r)
		return from_record(work, r, "user", id, f);
	r = identity_revoke_user(work->tx, id, f);
	if (r == 0)
		r = delete_of(work->tx, &assignment_table, "user_id", id, f);
	return r ? r : delete_of(work->tx, &app_credential_table, "user_id", id, f);
}

static int check_both(Work *work, const char *user_id, const char *project_id, Fault *f)
{
	Project *project;
	User *user;
	int r = user_get(work->tx, work->arena, user_id, &user, f);

	if (r)
		return from_record(work, r, "user", user_id, f);
	r = project_get(work->tx, work->arena, project_id, &project, f);
	return from_record(work, r, "project", project_id, f);
}

static const char *assignment_id(Arena *arena, const char *user_id, const char *project_id)
{
	return arena_printf(arena, "%s/%s", user_id, project_id);
}

int identity_grant(Work *work, const char *user_id, const char *project_id, RoleSet roles, Fault *f)
{
	Assignment *old;
	Assignment assignment = {
		.id = assignment_id(work->arena, user_id, project_id),
		.user_id = user_id,
		.project_id = project_id,
		.roles = roles,
	};
	int r = check_both(work, user_id, project_id, f);

	if (r)
		return r;
	r = assignment_get(work->tx, work->arena, assignment.id, &old, f);
	if (r == RECORD_NOT_FOUND)
		return fault_unexpected(f, assignment_insert(work->tx, &assignment, f));
	if (r)
		return fault_unexpected(f, r);
	assignment.roles |= old->roles;
	return fault_unexpected(f, assignment_update(work->tx, &assignment, f));
}

int identity_ungrant(Work *work, const char *user_id, const char *project_id, RoleSet roles,
		     Fault *f)
{
	Assignment *assignment;
	int r = check_both(work, user_id, project_id, f);

	if (r)
		return r;
	r = assignment_get(work->tx, work->arena, assignment_id(work->arena, user_id, project_id),
			   &assignment, f);
	if (r == RECORD_NOT_FOUND || (r == 0 && !((RoleSet)assignment->roles & roles)))
		return refuse_missing(work, "role assignment", user_id);
	if (r)
		return fault_unexpected(f, r);
	assignment->roles &= ~(int64_t)roles;
	r = assignment->roles ? assignment_update(work->tx, assignment, f)
			      : assignment_delete(work->tx, assignment->id, f);
	if (r)
		return fault_unexpected(f, r);
	return identity_revoke_scope(work->tx, user_id, project_id, f);
}
