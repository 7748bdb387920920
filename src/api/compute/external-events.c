/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /os-server-external-events: what other services tell about servers. Each event has its own
 * outcome; the reply is 207 when one of them came to nothing.
 */
#include "api/compute/priv.h"
#include "service/server-event.h"

typedef struct EventFields {
	const char *name;
	const char *server_id;
	const char *status;
	const char *tag;
} EventFields;

typedef struct EventsBody {
	JsonList events;
} EventsBody;

#define NETWORK_NAMES                                                                              \
	"network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted"

static const char *const names_1[] = {NETWORK_NAMES, NULL};
static const char *const names_51[] = {NETWORK_NAMES, "volume-extended", NULL};
static const char *const names_76[] = {NETWORK_NAMES, "volume-extended", "power-update", NULL};
static const char *const names_82[] = {NETWORK_NAMES, "volume-extended", "power-update",
				       "accelerator-request-bound", NULL};
static const char *const names_93[] = {NETWORK_NAMES,     "volume-extended",
				       "power-update",    "accelerator-request-bound",
				       "volume-reimaged", NULL};
static const char *const statuses[] = {"failed", "completed", "in-progress", NULL};

#define NAME_ROW(first, last, names)                                                               \
	{                                                                                          \
		.name = "name", .type = JSON_TEXT, .flags = JSON_REQUIRED, .since = (first),       \
		.until = (last), .choices = (names), .offset = offsetof(EventFields, name)         \
	}

static const JsonField event_rows[] = {
	NAME_ROW(0, V(50), names_1),
	NAME_ROW(V(51), V(75), names_51),
	NAME_ROW(V(76), V(81), names_76),
	NAME_ROW(V(82), V(92), names_82),
	NAME_ROW(V(93), 0, names_93),
	{.name = "server_uuid",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(EventFields, server_id)},
	{.name = "status",
	 .type = JSON_TEXT,
	 .choices = statuses,
	 .offset = offsetof(EventFields, status)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(EventFields, tag)},
};
static const JsonFields event_fields = JSON_FIELDS(event_rows, EventFields);

static const JsonField body_rows[] = {
	{.name = "events",
	 .type = JSON_LIST,
	 .item = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .fields = &event_fields,
	 .offset = offsetof(EventsBody, events)},
};
static const JsonFields body_fields = JSON_FIELDS(body_rows, EventsBody);

static unsigned event_code(ServerEventOutcome outcome)
{
	switch (outcome) {
	case SERVER_EVENT_TAKEN:
		return 200;
	case SERVER_EVENT_NO_TAG:
		return 400;
	case SERVER_EVENT_NO_SERVER:
		return 404;
	case SERVER_EVENT_NO_HOST:
		return 422;
	}
	return 500;
}

static void out_event(ApiRequest *r, const EventFields *event, unsigned code)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "name", event->name);
	json_out_text(&r->out, "server_uuid", event->server_id);
	json_out_text(&r->out, "status",
		      code != 200     ? "failed"
		      : event->status ? event->status
				      : "completed");
	if (event->tag)
		json_out_text(&r->out, "tag", event->tag);
	json_out_int(&r->out, "code", code);
	json_out_end(&r->out);
}

static int take_event(ApiRequest *r, const EventFields *fields, unsigned *ret_code, Fault *f)
{
	bool network = str_after(fields->name, "network-") != NULL;
	const ServerEvent event = {
		.name = fields->name,
		.server_id = fields->server_id,
		.tag = fields->tag,
		.needs_tag = !network,
		.is_volume_extended = str_eq(fields->name, "volume-extended"),
	};
	ServerEventOutcome outcome;
	int k = service_take_server_event(&r->work, &event, &outcome, f);

	if (k == 0)
		*ret_code = event_code(outcome);
	return k;
}

static int events_create(ApiRequest *r, Fault *f)
{
	const EventsBody *body = r->body;
	const EventFields *events = body->events.items;
	unsigned status = 200;

	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "events");
	for (size_t i = 0; i < body->events.count; i++) {
		unsigned code;
		int k = take_event(r, &events[i], &code, f);

		if (k)
			return k;
		if (code != 200)
			status = 207;
		out_event(r, &events[i], code);
	}
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/os-server-external-events",
	 .policy = "os_compute_api:os-server-external-events:create",
	 .rule = API_RULE_SERVICE,
	 .mode = API_WRITE,
	 .body = &body_fields,
	 .handle = events_create},
};
const ApiRoutes compute_external_event_routes = API_ROUTES(routes);
