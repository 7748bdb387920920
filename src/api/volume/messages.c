/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Messages to users: list, show, delete. Lists have pages and filters from 3.5 on.
 */
#include "api/volume/filters.h"
#include "service/message.h"

/* There is one level. */
static bool add_level(ApiRequest *r _unused_, RecordQuery *query, const char *value)
{
	if (!str_eq(value, "ERROR"))
		volume_filter_nothing(query);
	return true;
}

static const VolumeFilter filters[] = {
	{.name = "event_id", .column = "event_id"},
	{.name = "resource_type", .column = "resource_type"},
	{.name = "resource_uuid", .column = "resource_id"},
	{.name = "request_id", .column = "request_id"},
	{.name = "message_level", .kind = VOLUME_FILTER_CALL, .add = add_level},
	{0},
};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"guaranteed_until", "expires_us"},
	{"id", "id"},
	{"event_id", "event_id"},
	{"resource_type", "resource_type"},
	{"resource_uuid", "resource_id"},
	{"request_id", "request_id"},
	{0},
};

const VolumeListing message_listing = {
	.resource = "message",
	.links = "messages_links",
	.table = &message_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.no_marker = REFUSAL_NO_MESSAGE,
};

static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Message, id)},
	{.name = "event_id", .type = JSON_OUT_TEXT, .offset = offsetof(Message, event_id)},
	{.name = "user_message", .type = JSON_OUT_TEXT, .offset = offsetof(Message, text)},
	{.name = "resource_type",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Message, resource_type)},
	{.name = "resource_uuid", .type = JSON_OUT_TEXT, .offset = offsetof(Message, resource_id)},
	{.name = "request_id", .type = JSON_OUT_TEXT, .offset = offsetof(Message, request_id)},
	{.name = "created_at", .type = JSON_OUT_MICROS, .offset = offsetof(Message, created_us)},
	{.name = "guaranteed_until",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(Message, expires_us)},
};

static void out_message(ApiRequest *r, const char *key, const Message *message)
{
	JsonOutView view = {.version = r->version};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, reply, ARRAY_SIZE(reply), message, &view);
	json_out_text(&r->out, "message_level", "ERROR");
	api_out_links(r, &r->out, "messages", message->id);
	json_out_end(&r->out);
}

/* Before 3.5 a list is what there is, newest first, and the query says nothing. */
static bool read_list(ApiRequest *r, VolumeList *list)
{
	if (r->version >= V(5))
		return volume_list_read(r, list);
	record_where_text(&list->query, "project_id", RECORD_EQ, r->caller.project_id);
	record_sort(&list->query, "created_us", true);
	list->query.limit = LIMIT_LIST_PAGE;
	return true;
}

static int print_message(ApiRequest *r, const void *row, _unused_ Fault *f)
{
	out_message(r, NULL, row);
	return 0;
}

static int messages_list(ApiRequest *r, Fault *f)
{
	VolumeList list = {.listing = &message_listing};

	if (!read_list(r, &list))
		return 0;
	service_where_messages(&r->work, &list.query, MESSAGES_OF_VOLUMES);
	return volume_list_reply(r, &list, "messages", print_message, f);
}

static int message_show(ApiRequest *r, Fault *f)
{
	Message *message;
	int k = service_find_message(&r->work, MESSAGES_OF_VOLUMES, api_param(r, "message_id"),
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
	int k = service_delete_message(&r->work, MESSAGES_OF_VOLUMES, api_param(r, "message_id"),
				       f);

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
	 .since = V(3),
	 .handle = messages_list},
	{.method = "GET",
	 .pattern = "/messages/{message_id}",
	 .policy = "message:get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(3),
	 .handle = message_show},
	{.method = "DELETE",
	 .pattern = "/messages/{message_id}",
	 .policy = "message:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(3),
	 .handle = message_remove},
};
const ApiRoutes volume_message_routes = API_ROUTES(routes);
