/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Users, projects and roles, looked up as clients name them: by id, or by name with the domain.
 */
#include "base/str.h"
#include "records/tables.h"
#include "service/identity.h"

static bool is_our_domain(const IdentityName *name)
{
	if (name->domain_id)
		return strcmp(name->domain_id, DEFAULT_DOMAIN_ID) == 0;
	return str_eq(name->domain_name, DEFAULT_DOMAIN_NAME);
}

/* One row by name, or IDENTITY_NOT_FOUND. */
static int find_by_name(Tx *tx, Arena *arena, const RecordTable *table, const char *name,
			void **ret, Fault *f)
{
	RecordQuery query = {.limit = 1};
	RecordList rows;
	int r;

	record_where_text(&query, "name", RECORD_EQ, name);
	r = record_find(tx, arena, table, &query, &rows, f);
	if (r)
		return fault_unexpected(f, r);
	if (rows.count == 0)
		return IDENTITY_NOT_FOUND;
	*ret = rows.records[0];
	return 0;
}

static int find_row(Tx *tx, Arena *arena, const RecordTable *table, const IdentityName *name,
		    void **ret, Fault *f)
{
	int r;

	if (!name->id) {
		if (!name->name || !is_our_domain(name))
			return IDENTITY_NOT_FOUND;
		return find_by_name(tx, arena, table, name->name, ret, f);
	}
	r = record_get(tx, arena, table, name->id, ret, f);
	return r == RECORD_NOT_FOUND ? IDENTITY_NOT_FOUND : fault_unexpected(f, r);
}

int identity_find_user(Tx *tx, Arena *arena, const IdentityName *name, User **ret, Fault *f)
{
	return find_row(tx, arena, &user_table, name, (void **)ret, f);
}

int identity_find_project(Tx *tx, Arena *arena, const IdentityName *name, Project **ret, Fault *f)
{
	return find_row(tx, arena, &project_table, name, (void **)ret, f);
}

int identity_roles(Tx *tx, Arena *arena, const char *user_id, const char *project_id, RoleSet *ret,
		   Fault *f)
{
	Assignment *assignment;
	int r = assignment_get(tx, arena, arena_printf(arena, "%s/%s", user_id, project_id),
			       &assignment, f);

	if (r != 0 && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	*ret = r == 0 ? (RoleSet)assignment->roles : 0;
	return 0;
}
