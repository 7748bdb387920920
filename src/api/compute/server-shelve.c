/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: shelve, shelveOffload, unshelve. Where an unshelved server shall go
 * can be said since 2.77 by a zone, since 2.91 by a host as well.
 */
#include "api/compute/priv.h"
#include "service/server.h"

#define HOST_POLICY "os_compute_api:os-shelve:unshelve_to_host"

typedef struct PlaceFields {
	const char *zone;
	bool has_zone;
	const char *host;
} PlaceFields;

typedef struct UnshelveBody {
	const PlaceFields *place;
} UnshelveBody;

static const JsonField zone_rows[] = {
	{.name = "availability_zone",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .format = JSON_FORMAT_NAME,
	 .min = 1,
	 .max = 255,
	 .offset = offsetof(PlaceFields, zone)},
};
static const JsonFields zone_fields = JSON_FIELDS(zone_rows, PlaceFields);

static const JsonField place_rows[] = {
	{.name = "availability_zone",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = 255,
	 .offset = offsetof(PlaceFields, zone),
	 .present = JSON_PRESENT(PlaceFields, has_zone)},
	{.name = "host", .type = JSON_TEXT, .max = 255, .offset = offsetof(PlaceFields, host)},
};
static const JsonFields place_fields = JSON_FIELDS(place_rows, PlaceFields);

#define UNSHELVE_ROW(table)                                                                        \
	{                                                                                          \
		.name = "unshelve", .type = JSON_OBJECT, .flags = JSON_REQUIRED | JSON_NULLABLE,   \
		.fields = &(table), .offset = offsetof(UnshelveBody, place)                        \
	}

static const JsonField zone_body_rows[] = {UNSHELVE_ROW(zone_fields)};
static const JsonFields zone_body_fields = JSON_FIELDS(zone_body_rows, UnshelveBody);

static const JsonField place_body_rows[] = {UNSHELVE_ROW(place_fields)};
static const JsonFields place_body_fields = JSON_FIELDS(place_body_rows, UnshelveBody);

static int shelve(ApiRequest *r, Fault *f)
{
	return compute_accepted(r, service_shelve_server(&r->work, api_param(r, "server_id"), f));
}

static int offload(ApiRequest *r, Fault *f)
{
	return compute_accepted(r, service_offload_server(&r->work, api_param(r, "server_id"), f));
}

static int unshelve(ApiRequest *r, Fault *f)
{
	const UnshelveBody *body = r->body;
	UnshelveWish wish = {.server_id = api_param(r, "server_id")};

	if (body && body->place) {
		wish.zone = body->place->zone;
		wish.any_zone = body->place->has_zone && !body->place->zone;
		wish.host = body->place->host;
	}
	if (wish.host && !api_allows(r, API_RULE_ADMIN))
		return api_complain(r, API_DENIED, HOST_POLICY, NULL, NULL);
	return compute_accepted(r, service_unshelve_server(&r->work, &wish, f));
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "shelve",
	 .policy = "os_compute_api:os-shelve:shelve",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = shelve},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "shelveOffload",
	 .policy = "os_compute_api:os-shelve:shelve_offload",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = offload},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "unshelve",
	 .policy = "os_compute_api:os-shelve:unshelve",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(76),
	 .handle = unshelve},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "unshelve",
	 .policy = "os_compute_api:os-shelve:unshelve",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(77),
	 .until = V(90),
	 .body = &zone_body_fields,
	 .handle = unshelve},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "unshelve",
	 .policy = "os_compute_api:os-shelve:unshelve",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(91),
	 .body = &place_body_fields,
	 .handle = unshelve},
};
const ApiRoutes compute_server_shelve_routes = API_ROUTES(routes);
