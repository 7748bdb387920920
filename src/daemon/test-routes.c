/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every route of every dialect, and which role may use it, against tests/api/routes.txt: a route
 * that opens to more people than before has to change that file. REGEN=1 writes it anew.
 */
#include <stdio.h>

#include "base/str.h"
#include "daemon/wire.h"
#include "tests/lib/test.h"

typedef struct Persona {
	const char *name;
	RoleSet roles;
	bool scoped;
} Persona;

static const Persona personas[] = {
	{.name = "unscoped"},
	{.name = "reader", .roles = 1u << ROLE_READER, .scoped = true},
	{.name = "member", .roles = 1u << ROLE_MEMBER, .scoped = true},
	{.name = "manager", .roles = 1u << ROLE_MANAGER, .scoped = true},
	{.name = "service", .roles = 1u << ROLE_SERVICE, .scoped = true},
	{.name = "admin", .roles = 1u << ROLE_ADMIN, .scoped = true},
	{.name = "system", .roles = 1u << ROLE_ADMIN},
};

static void add_personas(Buf *text, const ApiDialect *dialect, const ApiRoute *route)
{
	if (route->rule == API_RULE_OPEN) {
		buf_add(text, " everybody");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(personas); i++) {
		const ApiRequest r = {
			.dialect = dialect,
			.caller =
				{
					.roles = role_set_expand(personas[i].roles),
					.project_id = personas[i].scoped ? "p" : NULL,
				},
		};

		if (api_allows(&r, route->rule))
			buf_printf(text, " %s", personas[i].name);
	}
}

static void add_route(Buf *text, const ApiDialect *dialect, const ApiRoute *route)
{
	buf_printf(text, "%s %s %s%s%s:", dialect->name, route->method, route->pattern,
		   route->action ? " " : "", route->action ? route->action : "");
	add_personas(text, dialect, route);
	buf_add_char(text, '\n');
}

static void for_each_route(void (*visit)(Buf *, const ApiDialect *, const ApiRoute *), Buf *text)
{
	for (size_t i = 0; i < daemon_dialect_count; i++)
		for (const ApiRoutes *const *table = daemon_dialects[i]->routes; *table; table++)
			for (size_t j = 0; j < (*table)->count; j++)
				visit(text, daemon_dialects[i], &(*table)->rows[j]);
}

static void check_row(Buf *text, const ApiDialect *dialect, const ApiRoute *route)
{
	(void)text; /* nothing is printed */
	print_message("# %s %s %s\n", dialect->name, route->method, route->pattern);
	assert_non_null(route->handle);
	assert_int_equal(route->pattern[0], '/');
	assert_true(route->rule <= API_RULE_ANY || route->policy); /* said in a refusal */
	assert_true(!route->until || route->until >= route->since);
	assert_true(!route->action || strcmp(route->method, "POST") == 0);
}

TEST(rows_are_whole)
{
	for_each_route(check_row, NULL);
}

/* The golden file, beside the sources that this was compiled from. */
static const char *golden_path(Arena *arena)
{
	const char *file = __FILE__;

	return arena_printf(arena, "%.*s../../tests/api/routes.txt",
			    (int)(strrchr(file, '/') + 1 - file), file);
}

TEST(nobody_may_more_than_the_table_says)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *path = golden_path(arena);
	bool regen = getenv("REGEN") != NULL;
	FILE *file = fopen(path, regen ? "w" : "r");
	char *wanted;
	Buf text = {0};

	assert_non_null(file);
	for_each_route(add_route, &text);
	if (regen) {
		assert_true(fputs(buf_text(&text), file) >= 0);
	} else {
		wanted = arena_alloc(arena, 1024 * 1024);
		assert_true(fread(wanted, 1, 1024 * 1024 - 1, file) > 0);
		assert_string_equal(buf_text(&text), wanted);
	}
	assert_int_equal(fclose(file), 0);
	buf_done(&text);
}
