/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Where a create request wants its server: networks, zone, host. There is one host, in one zone,
 * and no network has a name; so what is asked for by name is this host or does not exist.
 */
#include "api/compute/server-places.h"

#define FORCED_HOST "os_compute_api:servers:create:forced_host"
#define REQUESTED_DESTINATION "os_compute_api:servers:create:requested_destination"

typedef struct Network {
	const char *uuid;
	const char *port;
	const char *fixed_ip;
	const char *tag;
} Network;

typedef struct Networks {
	JsonList networks;
} Networks;

static const JsonField network_rows[] = {
	{.name = "uuid",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .offset = offsetof(Network, uuid)},
	{.name = "port",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Network, port)},
	{.name = "fixed_ip", .type = JSON_TEXT, .offset = offsetof(Network, fixed_ip)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .since = V(32),
	 .until = V(36),
	 .min = 1,
	 .max = LIMIT_TAG_CHARS,
	 .offset = offsetof(Network, tag)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .since = V(42),
	 .min = 1,
	 .max = LIMIT_TAG_CHARS,
	 .offset = offsetof(Network, tag)},
};
static const JsonFields network_fields = JSON_FIELDS(network_rows, Network);

static const JsonField list_rows[] = {
	{.name = "networks",
	 .type = JSON_LIST,
	 .item = JSON_OBJECT,
	 .fields = &network_fields,
	 .offset = offsetof(Networks, networks)},
};
static const JsonFields list_fields = JSON_FIELDS(list_rows, Networks);

static bool refuse(ApiRequest *r, const char *message)
{
	(void)api_refuse(r, 400, "%s", message); /* always 0 */
	return false;
}

static bool read_list(ApiRequest *r, const char *json, JsonList *ret)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	JsonProblem problem;
	void *networks;

	json = arena_printf(r->arena, "{\"networks\":%s}", json);
	if (json_parse(r->arena, json, strlen(json), &doc, NULL))
		return refuse(r, "Malformed request body"); /* a level too deep */
	if (json_decode(r->arena, doc, &list_fields, r->version, &networks, &problem))
		return refuse(r, api_problem_text(r, &problem));
	*ret = ((const Networks *)networks)->networks;
	return true;
}

/* Without any an older client gets the one interface that there is; a newer one says "none". */
bool compute_read_networks(ApiRequest *r, const char *json, bool *ret)
{
	const Network *first;
	JsonList list;

	*ret = !json || (r->version >= V(37) && str_eq(json, "\"auto\""));
	if (*ret || (r->version >= V(37) && str_eq(json, "\"none\"")))
		return true;
	if (!read_list(r, json, &list))
		return false;
	*ret = list.count == 0 && r->version < V(37);
	if (list.count == 0)
		return true;
	first = list.items;
	if (first->port)
		return refuse(
			r, arena_printf(r->arena, "Port id %s could not be found.", first->port));
	if (first->uuid)
		return refuse(
			r, arena_printf(r->arena, "Network %s could not be found.", first->uuid));
	return refuse(r, "Invalid input received: Bad network format: missing 'uuid'");
}

/* Clients name a host by its own name or by its hypervisor's, which is the same here. */
static bool check_host(ApiRequest *r, const char *host, const char *policy)
{
	if (!host)
		return true;
	if (!api_allows(r, API_RULE_ADMIN)) {
		(void)api_complain(r, API_DENIED, policy, NULL, NULL); /* always 0 */
		return false;
	}
	if (str_eq(host, r->config->settings->host))
		return true;
	return refuse(r, arena_printf(r->arena, "Compute host %s could not be found.", host));
}

/* "zone", or for admins "zone:host", "zone:host:node" or "zone::node". */
bool compute_read_zone(ApiRequest *r, const char *text, ServerWish *wish)
{
	char *zone, *host, *node = NULL;

	if (!text)
		return true;
	zone = arena_strdup(r->arena, text);
	host = strchr(zone, ':');
	if (host) {
		*host++ = '\0';
		node = strchr(host, ':');
	}
	if (node)
		*node++ = '\0';
	if (node && strchr(node, ':'))
		return refuse(r, "Invalid input received: Unable to parse availability_zone");
	if (!check_host(r, str_empty(host) ? NULL : host, FORCED_HOST) ||
	    !check_host(r, str_empty(node) ? NULL : node, FORCED_HOST))
		return false;
	if (!*zone)
		return true;
	if (!str_eq(zone, r->config->settings->availability_zone))
		return refuse(r, "The requested availability zone is not available");
	wish->availability_zone = zone;
	return true;
}

bool compute_check_destination(ApiRequest *r, const char *host, const char *node)
{
	return check_host(r, host, REQUESTED_DESTINATION) &&
	       check_host(r, node, REQUESTED_DESTINATION);
}
