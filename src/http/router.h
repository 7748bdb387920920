/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From method and path to a row of somebody's const table.
 *
 * Patterns are paths with {name} segments: "/servers/{server_id}/action". A literal segment wins
 * over a {name}. Build once, then match from any thread.
 */
#pragma once

#include "base/arena.h"

enum { ROUTER_PARAMS_MAX = 8 };

typedef struct Router Router;

typedef enum RouterOutcome {
	ROUTER_NO_PATH = 1,
	ROUTER_NO_METHOD, /* the path exists with other methods */
} RouterOutcome;

typedef struct RouterMatch {
	const void *row;
	const void *chain; /* where router_next() looks; not for others */
	size_t count;
	struct {
		const char *name;
		const char *value; /* percent-decoded, in the arena */
	} params[ROUTER_PARAMS_MAX];
} RouterMatch;

Router *router_new(void);
Router *router_free(Router *router);
DEFINE_CLEANUP(Router, router_free)

/*
 * Texts are borrowed for good. Several rows for one method and pattern (rows of different API
 * versions) are chained in the order added: see router_next(). Asserts that such patterns name
 * their segments alike.
 */
void router_add(Router *router, const char *method, const char *pattern, const void *row);

/* A trailing slash is ignored. HEAD falls back to GET. */
_must_use_ int router_match(const Router *router, Arena *arena, const char *method,
			    const char *path, RouterMatch *ret);

/* The row added after this one for the same method and pattern, or NULL. */
const void *router_next(const RouterMatch *match, const void *row);

/* The value of a path parameter; asserts that the pattern has it. */
const char *router_param(const RouterMatch *match, const char *name);
