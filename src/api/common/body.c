/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the client sent beside the path: the body by the route's field table, and the query
 * parameters by the route's list of them.
 */
#include <ctype.h>

#include "api/common/priv.h"
#include "base/limits.h"

/* Whether a Content-Type names a media type, with whatever parameters. */
static bool media_type_is(const char *header, const char *type)
{
	size_t length = strlen(type);

	if (strncasecmp(header, type, length) != 0)
		return false;
	return !header[length] || header[length] == ';' || isspace((unsigned char)header[length]);
}

const JsonFields api_any_object = {.size = 1, .open = true};

bool body_take(ApiCall *call)
{
	ApiRequest *r = &call->r;
	const char *header = http_header(r->http, "Content-Type");

	if (str_empty(header) || media_type_is(header, "application/json") ||
	    media_type_is(header, "text/plain"))
		return true;
	if (r->dialect->media_type && media_type_is(header, r->dialect->media_type))
		return true;
	(void)api_complain(r, API_MEDIA_TYPE, NULL, NULL, NULL);
	return false;
}

bool body_parse(ApiCall *call)
{
	ApiRequest *r = &call->r;
	size_t length;
	const char *bytes = http_body(r->http, &length);

	if (bytes && json_parse(r->arena, bytes, length, &r->doc, NULL) == 0)
		return true;
	(void)api_complain(r, API_MALFORMED, NULL, NULL, NULL);
	return false;
}

/* A JSON text without its quotes, of which a long one has only the first; other values as is. */
static const char *unquoted(Arena *arena, const char *json)
{
	size_t length = strlen(json);

	if (*json != '"')
		return json;
	return arena_strndup(arena, json + 1, length - (str_ends(json + 1, "\"") ? 2 : 1));
}

const char *api_problem_text(ApiRequest *r, const JsonProblem *problem)
{
	if (problem->top_level)
		return problem->reason;
	return arena_printf(r->arena, "Invalid input for field/attribute %s. Value: %s. %s",
			    problem->field, unquoted(r->arena, problem->value), problem->reason);
}

static bool decode(ApiRequest *r, const JsonDoc *doc, const JsonFields *fields, void **ret)
{
	JsonProblem problem;

	if (json_decode(r->arena, doc, fields, r->version, ret, &problem) == 0)
		return true;
	(void)api_refuse(r, 400, "%s",
			 r->dialect->problem ? r->dialect->problem(r, &problem)
					     : api_problem_text(r, &problem));
	return false;
}

bool body_decode(ApiCall *call)
{
	ApiRequest *r = &call->r;

	return decode(r, r->doc, r->route->body, &r->body);
}

bool api_decode(ApiRequest *r, const JsonFields *fields, void **ret)
{
	return decode(r, r->doc, fields, ret);
}

bool api_read_member(ApiRequest *r, const char *name, const JsonFields *fields, void **ret)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *json =
		arena_printf(r->arena, "{\"%s\":%s}", name, json_get_raw(r->arena, r->doc, ""));

	if (json_parse(r->arena, json, strlen(json), &doc, NULL) == 0)
		return decode(r, doc, fields, ret);
	(void)api_complain(r, API_MALFORMED, NULL, NULL, NULL); /* one level too deep */
	return false;
}

static const ApiParam *find_param(const ApiRequest *r, const char *name)
{
	for (const ApiParam *param = r->route->params; param && param->name; param++)
		if (strcmp(param->name, name) == 0 && r->version >= param->since &&
		    (!param->until || r->version <= param->until))
			return param;
	return NULL;
}

static bool is_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

bool param_check_integer(ApiRequest *r, const char *name, const char *value)
{
	if (is_digits(value))
		return true;
	(void)api_complain(
		r, value[0] == '-' && is_digits(value + 1) ? API_NEGATIVE_INTEGER : API_BAD_INTEGER,
		name, value, NULL);
	return false;
}

static bool is_strict(const ApiRequest *r, int since)
{
	return since && r->version >= since;
}

bool params_check(ApiCall *call)
{
	ApiRequest *r = &call->r;
	const ApiRoute *route = r->route;
	bool strict = is_strict(r, route->strict_params_since) ||
		      is_strict(r, r->dialect->strict_params_since);
	size_t count;
	const HttpParam *sent = http_query(r->http, &count);

	for (size_t i = 0; i < count; i++) {
		const ApiParam *param = find_param(r, sent[i].name);

		if (!param && strict) {
			(void)api_complain(r, API_UNKNOWN_PARAM, sent[i].name, NULL, NULL);
			return false;
		}
		if (param && str_eq(param->format, "integer") && api_allows(r, param->rule) &&
		    !param_check_integer(r, sent[i].name, sent[i].value))
			return false;
	}
	return true;
}

const char *api_param(const ApiRequest *r, const char *name)
{
	return router_param(&r->match, name);
}

const char *api_query(const ApiRequest *r, const char *name)
{
	const ApiParam *param = find_param(r, name);

	if (param && !api_allows(r, param->rule))
		return NULL;
	return http_query_value(r->http, name);
}
