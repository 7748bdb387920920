/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any path and query: refused, or clean text that survives being encoded and decoded again; and
 * through the router, which must say the same of a path with and without its last slash.
 */
#include "base/limits.h"
#include "base/str.h"
#include "http/router.h"
#include "http/uri.h"
#include "tests/fuzz/fuzz.h"

static void check_text(Arena *arena, const char *text)
{
	if (!str_utf8_valid(text, strlen(text)) ||
	    !str_eq(http_decode(arena, http_encode(arena, text)), text))
		abort();
}

static Router *router_small(void)
{
	static const char *const patterns[] = {
		"/", "/a", "/a/{x}", "/a/b/c", "/a/{x}/c/{y}", "/{x}/{y}/{z}",
	};
	Router *router = router_new();

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		router_add(router, i % 2 ? "POST" : "GET", patterns[i], patterns[i]);
	return router;
}

static void check_route(Arena *arena, const Router *router, const char *path)
{
	RouterMatch match = {0}, slashed = {0};
	const char *longer = arena_printf(arena, "%s/", path);
	int r = router_match(router, arena, "HEAD", path, &match);

	if (*path && !str_ends(path, "/") &&
	    router_match(router, arena, "HEAD", longer, &slashed) != r)
		abort();
	if (r == 0 && match.row != slashed.row && slashed.row)
		abort();
	for (size_t i = 0; i < match.count; i++)
		check_text(arena, match.params[i].value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(router_freep) Router *router = router_small();
	const char *text = arena_strndup(arena, (const char *)data, size);
	const char *query = strchr(text, '?');
	const char *path = query ? arena_strndup(arena, text, (size_t)(query - text)) : text;
	size_t count = 0;
	HttpParam *params;

	check_route(arena, router, path);
	if (http_uri_path_valid(arena, path))
		check_text(arena, http_decode(arena, path));
	if (!query || !http_uri_query(arena, query + 1, &params, &count))
		return 0;
	if (count > LIMIT_HTTP_QUERY_PARAMS)
		abort();
	for (size_t i = 0; i < count; i++) {
		check_text(arena, params[i].name);
		check_text(arena, params[i].value);
	}
	return 0;
}
