/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From a path to a dialect and a row of its tables.
 *
 * A dialect answers below its prefix, and with its list of versions at the root of its service; it
 * may have one more page for all other paths of the service.
 * Where a dialect's paths may begin with a project, that segment is taken off before matching: it
 * is hex digits and hyphens only, which no literal segment is.
 */
#include "api/common/priv.h"

/* The rest of a path behind a prefix that ends at a segment's end, or NULL. */
static const char *path_below(const char *path, const char *prefix)
{
	const char *rest = str_after(path, prefix);

	return rest && (*rest == '/' || !*rest) ? rest : NULL;
}

static bool path_is_root(const char *path, const char *service)
{
	const char *rest = path_below(path, service);

	return rest && (!*rest || strcmp(rest, "/") == 0);
}

/* Take "/<project>" off the front of a path below the prefix. */
static const char *strip_project(ApiRequest *r, const char *rest)
{
	size_t length;

	if (!r->dialect->project_segment || *rest != '/')
		return rest;
	length = strspn(rest + 1, "0123456789abcdef-");
	if (length == 0 || (rest[1 + length] != '/' && rest[1 + length]))
		return rest;
	r->project_segment = arena_strndup(r->arena, rest + 1, length);
	return rest + 1 + length;
}

static bool match_rest(ApiCall *call, const char *rest)
{
	ApiRequest *r = &call->r;
	int outcome = router_match(call->service->router, r->arena, http_method(r->http),
				   *rest ? rest : "/", &r->match);

	if (outcome) {
		(void)api_complain(r, outcome == ROUTER_NO_METHOD ? API_NO_METHOD : API_NO_ROUTE,
				   NULL, NULL, NULL);
		return false;
	}
	call->path = r->match.row;
	r->route = call->path->row;
	return true;
}

/* A page outside the prefix, which has neither parameters nor other methods. */
static bool match_page(ApiCall *call, const ApiRoute *page)
{
	ApiRequest *r = &call->r;
	const char *method = http_method(r->http);

	if (!page || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)) {
		(void)api_complain(r, page ? API_NO_METHOD : API_NO_ROUTE, NULL, NULL, NULL);
		return false;
	}
	r->route = page;
	return true;
}

bool route_is_page(const ApiRequest *r)
{
	return r->route == r->dialect->root || r->route == r->dialect->beside;
}

bool route_find(ApiCall *call)
{
	ApiRequest *r = &call->r;
	const char *path = http_path(r->http);

	for (size_t i = 0; i < call->api->service_count; i++) {
		ApiService *service = &call->api->services[i];
		const char *rest = path_below(path, service->dialect->prefix);

		call->service = service;
		r->dialect = service->dialect;
		if (rest)
			return match_rest(call, strip_project(r, rest));
		if (path_is_root(path, service->dialect->service))
			return match_page(call, r->dialect->root);
		if (path_below(path, service->dialect->service))
			return match_page(call, r->dialect->beside);
	}
	(void)api_complain(r, API_NO_ROUTE, NULL, NULL, NULL);
	return false;
}

static bool row_has_version(const ApiRoute *row, int version)
{
	return version >= row->since && (!row->until || version <= row->until);
}

bool route_choose(ApiCall *call, const char *action)
{
	ApiRequest *r = &call->r;
	const ApiPath *path = call->path;
	bool known = false;

	if (route_is_page(r))
		return true;
	for (; path; path = router_next(&r->match, path)) {
		if (action && !str_eq(path->row->action, action))
			continue;
		known = true;
		if (!row_has_version(path->row, r->version))
			continue;
		call->path = path;
		r->route = path->row;
		return true;
	}
	(void)api_complain(r, known ? API_NOT_AT_VERSION : API_NO_ACTION, action, NULL, NULL);
	return false;
}
