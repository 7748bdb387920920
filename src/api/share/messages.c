/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Messages to users about shares: list, show, delete. Those about volumes are elsewhere.
 */
#include "api/share/list.h"
#include "service/message.h"

/* There is one level. */
static int add_level(ApiRequest *r _unused_, RecordQuery *query, const char *value,
		     Fault *f _unused_)
{
	if (!str_eq(value, "ERROR"))
		share_filter_nothing(query);
	return 0;
}

/* An event id ends with the numbers of what was done and of what was wrong with it. */
static int add_action(ApiRequest *r, RecordQuery *query, const char *value, Fault *f _unused_)
{
	record_where_text(
		query, "event_id", RECORD_MATCH,
		arena_printf(r->arena, "_%s_[0-9]+$", record_pattern_quote(r->arena, value)));
	return 0;
}

static int add_detail(ApiRequest *r, RecordQuery *query, const char *value, Fault *f _unused_)
{
	record_where_text(query, "event_id", RECORD_MATCH,
			  arena_printf(r->arena, "_%s$", record_pattern_quote(r->arena, value)));
	return 0;
}

static const ShareFilter filters[] = {
	{.name = "resource_type", .column = "resource_type"},
	{.name = "resource_id", .column = "resource_id"},
	{.name = "request_id", .column = "request_id"},
	{.name = "message_level", .kind = SHARE_FILTER_CALL, .add = add_level},
	{.name = "action_id", .kind = SHARE_FILTER_CALL, .add = add_action},
	{.name = "detail_id", .kind = SHARE_FILTER_CALL, .add = add_detail},
	{.name = "created_since",
	 .column = "created_us",
	 .kind = SHARE_FILTER_SINCE,
	 .since = V(52)},
	{.name = "created_before",
	 .column = "created_us",
	 .kind = SHARE_FILTER_UNTIL,
	 .since = V(52)},
	{0},
};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"expires_at", "expires_us"},
	{"id", "id"},
	{"project_id", "project_id"},
	{"request_id", "request_id"},
	{"resource_type", "resource_type"},
	{"resource_id", "resource_id"},
	{"action_id", "event_id"},
	{"detail_id", "event_id"},
	{0},
};

static const ShareListing listing = {
	.links = "messages_links",
	.table = &message_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.count_since = API_VERSION(3, 0), /* never */
};

/* The index-th number from the end of "SHARE_001_002". */
static void out_number(JsonOut *out, const char *key, Arena *arena, const char *event_id,
		       unsigned index)
{
	const char *end = event_id + strlen(event_id), *start = end;

	for (unsigned i = 0; i <= index && start > event_id; i++) {
		end = i ? start - 1 : end;
		for (start = end; start > event_id && start[-1] != '_'; start--)
			;
	}
	json_out_text(out, key, arena_strndup(arena, start, (size_t)(end - start)));
}

static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Message, id)},
	{.name = "project_id", .type = JSON_OUT_TEXT, .offset = offsetof(Message, project_id)},
	{.name = "request_id", .type = JSON_OUT_TEXT, .offset = offsetof(Message, request_id)},
	{.name = "resource_type",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Message, resource_type)},
	{.name = "resource_id", .type = JSON_OUT_TEXT, .offset = offsetof(Message, resource_id)},
	{.name = "user_message", .type = JSON_OUT_TEXT, .offset = offsetof(Message, text)},
	{.name = "created_at", .type = JSON_OUT_MICROS, .offset = offsetof(Message, created_us)},
	{.name = "expires_at", .type = JSON_OUT_MICROS, .offset = offsetof(Message, expires_us)},
};

static void out_message(ApiRequest *r, const char *key, const Message *message)
{
	const JsonOutView view = {.version = r->version};
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_fields(out, reply, ARRAY_SIZE(reply), message, &view);
	json_out_text(out, "message_level", "ERROR");
	out_number(out, "action_id", r->arena, message->event_id, 1);
	out_number(out, "detail_id", r->arena, message->event_id, 0);
	api_out_links(r, out, "messages", message->id);
	json_out_end(out);
}

static int messages_list(ApiRequest *r, Fault *f)
{
	ShareList list = {.listing = &listing};
	int k;

	service_where_messages(&r->work, &list.query, MESSAGES_OF_SHARES);
	if (!share_asks_for_all(r, "all_tenants"))
		record_where_text(&list.query, "project_id", RECORD_EQ, r->caller.project_id);
	if (!share_list_read(r, &list, &k, f))
		return k;
	k = share_list_find(r, &list, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "messages");
	for (size_t i = 0; i < list.rows.count; i++)
		out_message(r, NULL, list.rows.records[i]);
	json_out_list_end(&r->out);
	k = share_list_end(r, &list, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int message_show(ApiRequest *r, Fault *f)
{
	Message *message;
	int k = service_find_message(&r->work, MESSAGES_OF_SHARES, api_param(r, "message_id"),
				     &message, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	out_message(r, "message", message);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int message_remove(ApiRequest *r, Fault *f)
{
	int k = service_delete_message(&r->work, MESSAGES_OF_SHARES, api_param(r, "message_id"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/messages",
	 .policy = "message:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(37),
	 .handle = messages_list},
	{.method = "GET",
	 .pattern = "/messages/{message_id}",
	 .policy = "message:get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(37),
	 .handle = message_show},
	{.method = "DELETE",
	 .pattern = "/messages/{message_id}",
	 .policy = "message:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(37),
	 .handle = message_remove},
};
const ApiRoutes share_message_routes = API_ROUTES(routes);
