/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A call's microversion: asked for in its headers, said again in those of the answer. Answers made
 * before the version was settled (401, unrouted paths, an ill-formed version) carry none; a refused
 * version is said back as it was asked for.
 */
#include "api/common/priv.h"
#include "api/common/version.h"

static const char *version_text(Arena *arena, int version)
{
	return arena_printf(arena, "%d.%d", version / 1000, version % 1000);
}

bool version_settle(ApiCall *call)
{
	ApiRequest *r = &call->r;
	const ApiDialect *dialect = r->dialect;
	const char *older = NULL;
	VersionWish wish;
	int outcome;

	if (!dialect->version_word || route_is_page(r))
		return true;
	if (dialect->version_header)
		older = http_header(r->http, dialect->version_header);
	outcome = version_negotiate(dialect, r->arena,
				    http_header(r->http, "OpenStack-API-Version"), older, &wish);
	r->version = wish.version;
	if (outcome == 0) {
		call->version_text = version_text(r->arena, wish.version);
		return true;
	}
	r->version = dialect->version_min;
	if (outcome == VERSION_NO_ITEM) {
		(void)api_complain(r, API_BAD_REQUEST, NULL, NULL, NULL);
	} else if (outcome == VERSION_MALFORMED) {
		(void)api_complain(r, API_VERSION_FORMAT, wish.text, NULL, NULL);
	} else {
		call->version_text = wish.text;
		(void)api_complain(r, API_VERSION_RANGE, wish.text,
				   version_text(r->arena, dialect->version_min),
				   version_text(r->arena, dialect->version_max));
	}
	return false;
}

void version_headers(ApiCall *call)
{
	const ApiDialect *dialect = call->r.dialect;

	if (!call->version_text)
		return;
	http_reply_header(
		call->r.http, "OpenStack-API-Version",
		arena_printf(call->r.arena, "%s %s", dialect->version_word, call->version_text));
	http_reply_header(call->r.http, "Vary", "OpenStack-API-Version");
	if (dialect->version_header) {
		http_reply_header(call->r.http, dialect->version_header, call->version_text);
		http_reply_header(call->r.http, "Vary", dialect->version_header);
	}
}
