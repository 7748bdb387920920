/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Tags of a server (2.26): a sorted set, whole or one by one.
 */
#include "api/compute/priv.h"
#include "service/server.h"

typedef struct TagsBody {
	JsonList tags;
} TagsBody;

static const JsonField tags_rows[] = {
	{.name = "tags",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_TAGS,
	 .value_max = LIMIT_TAG_CHARS,
	 .offset = offsetof(TagsBody, tags)},
};
static const JsonFields tags_fields = JSON_FIELDS(tags_rows, TagsBody);

static int reply_tags(ApiRequest *r, const Server *server)
{
	json_out_begin(&r->out, NULL);
	json_out_raw(&r->out, "tags", server->tags ? server->tags : "[]");
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* Where a tag is in the server's list; count when it is not. */
static size_t find_tag(const char *const *tags, size_t count, const char *tag)
{
	size_t i = 0;

	while (i < count && !str_eq(tags[i], tag))
		i++;
	return i;
}

static int no_tag(ApiRequest *r)
{
	return api_refuse(r, 404, "Server %s has no tag '%s'", api_param(r, "server_id"),
			  api_param(r, "tag"));
}

static int tags_list(ApiRequest *r, Fault *f)
{
	Server *server;
	int k = compute_server(r, &server, f);

	return k ? k : reply_tags(r, server);
}

static int tags_replace(ApiRequest *r, Fault *f)
{
	const TagsBody *body = r->body;
	Server *server;
	int k = service_replace_server_tags(&r->work, api_param(r, "server_id"), body->tags.items,
					    body->tags.count, &server, f);

	return k ? k : reply_tags(r, server);
}

static int tags_clear(ApiRequest *r, Fault *f)
{
	Server *server;
	int k = service_replace_server_tags(&r->work, api_param(r, "server_id"), NULL, 0, &server,
					    f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static int tag_check(ApiRequest *r, Fault *f)
{
	const char *const *tags;
	Server *server;
	size_t count;
	int k;

	k = compute_server(r, &server, f);
	if (k)
		return k;
	tags = json_text_list(r->arena, server->tags, &count);
	if (find_tag(tags, count, api_param(r, "tag")) == count)
		return no_tag(r);
	api_reply(r, 204);
	return 0;
}

static const char *bad_tag(const char *tag)
{
	if (str_empty(tag) || str_utf8_length(tag) > LIMIT_TAG_CHARS)
		return "is too short or too long: 1 to 60 characters are allowed";
	return strpbrk(tag, ",/") ? "does not match '^[^,/]*$'" : NULL;
}

static int tag_add(ApiRequest *r, Fault *f)
{
	const char *tag = api_param(r, "tag"), *bad = bad_tag(tag);
	const char *const *tags;
	const char **more;
	Server *server;
	size_t count;
	int k;

	if (bad)
		return api_refuse(r, 400,
				  "Invalid input for field/attribute tag. Value: %s. '%s' %s", tag,
				  tag, bad);
	k = compute_server(r, &server, f);
	if (k)
		return k;
	tags = json_text_list(r->arena, server->tags, &count);
	if (find_tag(tags, count, tag) < count) {
		api_reply(r, 204);
		return 0;
	}
	if (count >= LIMIT_TAGS)
		return api_refuse(r, 400, "The number of tags exceeded the per-server limit %d",
				  LIMIT_TAGS);
	more = ARENA_ARRAY(r->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		more[i] = tags[i];
	more[count] = tag;
	k = service_replace_server_tags(&r->work, server->id, more, count + 1, &server, f);
	if (k)
		return k;
	api_reply_header(r, "Location",
			 arena_printf(r->arena, "%s/servers/%s/tags/%s", api_prefix_url(r),
				      server->id, http_encode(r->arena, tag)));
	api_reply(r, 201);
	return 0;
}

static int tag_remove(ApiRequest *r, Fault *f)
{
	const char *const *tags;
	const char **fewer;
	Server *server;
	size_t count, gone, n = 0;
	int k;

	k = compute_server(r, &server, f);
	if (k)
		return k;
	tags = json_text_list(r->arena, server->tags, &count);
	gone = find_tag(tags, count, api_param(r, "tag"));
	if (gone == count)
		return no_tag(r);
	fewer = ARENA_ARRAY(r->arena, const char *, count);
	for (size_t i = 0; i < count; i++)
		if (i != gone)
			fewer[n++] = tags[i];
	k = service_replace_server_tags(&r->work, server->id, fewer, n, &server, f);
	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}/tags",
	 .policy = "os_compute_api:os-server-tags:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(26),
	 .handle = tags_list},
	{.method = "PUT",
	 .pattern = "/servers/{server_id}/tags",
	 .policy = "os_compute_api:os-server-tags:update_all",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(26),
	 .body = &tags_fields,
	 .handle = tags_replace},
	{.method = "DELETE",
	 .pattern = "/servers/{server_id}/tags",
	 .policy = "os_compute_api:os-server-tags:delete_all",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(26),
	 .handle = tags_clear},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/tags/{tag}",
	 .policy = "os_compute_api:os-server-tags:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(26),
	 .handle = tag_check},
	{.method = "PUT",
	 .pattern = "/servers/{server_id}/tags/{tag}",
	 .policy = "os_compute_api:os-server-tags:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(26),
	 .handle = tag_add},
	{.method = "DELETE",
	 .pattern = "/servers/{server_id}/tags/{tag}",
	 .policy = "os_compute_api:os-server-tags:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(26),
	 .handle = tag_remove},
};
const ApiRoutes compute_server_tag_routes = API_ROUTES(routes);
