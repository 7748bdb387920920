/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Addresses that go into answers. They must be reachable from the client, so they are made from
 * the configured public address, else from the Host that the client used.
 */
#include "api/common/priv.h"

/* Hosts are letters, digits, and what ports and IPv6 need; anything else is nobody's address. */
static bool host_is_plain(const char *host)
{
	return !str_empty(host) &&
	       strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"
			    "%") == strlen(host);
}

const char *api_base_url(ApiRequest *r)
{
	ApiCall *call = call_of(r);
	const char *host;

	if (r->config->public_url)
		return r->config->public_url;
	if (!call->base_url) {
		host = http_header(r->http, "Host");
		call->base_url = arena_printf(r->arena, "%s://%s", http_scheme(r->http),
					      host_is_plain(host) ? host : "localhost");
	}
	return call->base_url;
}

const char *api_prefix_url(ApiRequest *r)
{
	return arena_printf(r->arena, "%s%s", api_base_url(r), r->dialect->prefix);
}

static void out_link(ApiRequest *r, JsonOut *out, const char *rel, const char *prefix,
		     const char *resource)
{
	const char *project = r->project_segment;

	json_out_begin(out, NULL);
	json_out_text(out, "rel", rel);
	json_out_printf(out, "href", "%s%s%s%s/%s", api_base_url(r), prefix, project ? "/" : "",
			project ? project : "", resource);
	json_out_end(out);
}

void api_out_links(ApiRequest *r, JsonOut *out, const char *collection, const char *id)
{
	const char *resource = arena_printf(r->arena, "%s/%s", collection, id);

	json_out_list_begin(out, "links");
	out_link(r, out, "self", r->dialect->prefix, resource);
	out_link(r, out, "bookmark", r->dialect->service, resource);
	json_out_list_end(out);
}

void api_out_bookmark(ApiRequest *r, JsonOut *out, const char *collection, const char *id)
{
	json_out_list_begin(out, "links");
	out_link(r, out, "bookmark", r->dialect->service,
		 arena_printf(r->arena, "%s/%s", collection, id));
	json_out_list_end(out);
}

/* The query as it was sent, without the marker; an offset was for the first page. */
static void add_query(ApiRequest *r, Buf *url)
{
	size_t count;
	const HttpParam *sent = http_query(r->http, &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(sent[i].name, "marker") == 0 || strcmp(sent[i].name, "offset") == 0)
			continue;
		buf_printf(url, "%s=%s&", http_encode(r->arena, sent[i].name),
			   http_encode(r->arena, sent[i].value));
	}
}

void api_out_next(ApiRequest *r, JsonOut *out, const char *name, const char *last_id)
{
	Buf url = {0};

	buf_printf(&url, "%s%s?", api_base_url(r), http_path(r->http));
	add_query(r, &url);
	buf_printf(&url, "marker=%s", http_encode(r->arena, last_id));
	json_out_list_begin(out, name);
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "next");
	json_out_text(out, "href", buf_text(&url));
	json_out_end(out);
	json_out_list_end(out);
	buf_done(&url);
}
