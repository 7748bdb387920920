/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Finding a service in the catalog that came with the token.
 */
#include "client/priv.h"

enum { TYPES_MAX = 3 };

typedef struct ServiceRow {
	const char *types[TYPES_MAX]; /* the official type, then aliases in the order of trust */
	const char *version;          /* put behind an endpoint that names none */
} ServiceRow;

static const ServiceRow services[] = {
	[CLIENT_IDENTITY] = {.types = {"identity"}, .version = "/v3"},
	[CLIENT_IMAGE] = {.types = {"image"}, .version = "/v2"},
	[CLIENT_COMPUTE] = {.types = {"compute"}, .version = "/v2.1"},
	[CLIENT_VOLUME] = {.types = {"block-storage", "volumev3"}, .version = "/v3"},
	[CLIENT_SHARE] = {.types = {"shared-file-system", "sharev2"}, .version = "/v2"},
	[CLIENT_ADMIN] = {.types = {"cleat-admin"}, .version = "/v1"},
};
static_assert(ARRAY_SIZE(services) == _CLIENT_SERVICE_MAX, "a row for every service");

/* "public" also when written the old way, as "publicURL". */
static bool same_interface(const char *wanted, const char *found)
{
	const char *rest = found ? str_after(wanted, found) : NULL;

	return rest && (*rest == '\0' || str_eq(rest, "URL"));
}

/* The URL of the right endpoint of one catalog entry, or NULL. */
static const char *entry_url(const Client *client, const char *entry)
{
	const ClientLogin *login = &client->login;
	const char *interface = login->interface ? login->interface : "public";
	const JsonDoc *doc = client->token_doc;
	Arena *arena = client->arena;
	int64_t count = json_get_count(doc, arena_printf(arena, "%s.endpoints", entry));

	for (int64_t i = 0; i < count; i++) {
		const char *at = arena_printf(arena, "%s.endpoints.%d", entry, (int)i);
		const char *region =
			json_get_text(arena, doc, arena_printf(arena, "%s.region", at));

		if (login->region_name && !str_eq(region, login->region_name))
			continue;
		if (same_interface(
			    interface,
			    json_get_text(arena, doc, arena_printf(arena, "%s.interface", at))))
			return json_get_text(arena, doc, arena_printf(arena, "%s.url", at));
	}
	return NULL;
}

static const char *type_url(const Client *client, const char *type)
{
	const JsonDoc *doc = client->token_doc;
	int64_t count = json_get_count(doc, "token.catalog");

	for (int64_t i = 0; i < count; i++) {
		const char *entry = arena_printf(client->arena, "token.catalog.%d", (int)i);
		const char *found = json_get_text(client->arena, doc,
						  arena_printf(client->arena, "%s.type", entry));
		const char *url = str_eq(found, type) ? entry_url(client, entry) : NULL;

		if (url)
			return url;
	}
	return NULL;
}

/* Whether a part of the path is v and a digit. */
static bool names_version(const char *url)
{
	for (const char *p = strstr(url, "/v"); p; p = strstr(p + 1, "/v"))
		if (p[2] >= '0' && p[2] <= '9')
			return true;
	return false;
}

/* Where cleatd has its own API when the catalog does not say: beside its identity service. */
static const char *admin_beside_identity(const Client *client)
{
	size_t length = strlen(client->auth_base) - strlen("/v3");
	const char *base = arena_strndup(client->arena, client->auth_base, length);

	if (str_ends(base, "/identity"))
		base = arena_strndup(client->arena, base, length - strlen("/identity"));
	return arena_printf(client->arena, "%s/admin", base);
}

bool client_offers(Client *client, ClientService service)
{
	const char *url;

	return client->token_doc && client_endpoint(client, service, &url) == 0;
}

int client_endpoint(Client *client, ClientService service, const char **ret_url)
{
	const ServiceRow *row = &services[service];
	const char *url = NULL;
	size_t length;

	if (client->endpoints[service]) {
		*ret_url = client->endpoints[service];
		return 0;
	}
	if (service == CLIENT_VOLUME)
		url = client->login.volume_endpoint;
	for (size_t i = 0; i < TYPES_MAX && row->types[i] && !url; i++)
		url = type_url(client, row->types[i]);
	if (!url && service == CLIENT_IDENTITY)
		url = client->auth_base; /* an unscoped token has no catalog */
	if (!url && service == CLIENT_ADMIN)
		url = admin_beside_identity(client);
	if (!url) {
		client_set_error(client,
				 "the catalog has no %s service for interface %s%s%s; is a project "
				 "named in the login?",
				 row->types[0],
				 client->login.interface ? client->login.interface : "public",
				 client->login.region_name ? " in region " : "",
				 client->login.region_name ? client->login.region_name : "");
		return CLIENT_NOT_FOUND;
	}
	length = strlen(url);
	while (length > 0 && url[length - 1] == '/')
		length--;
	url = arena_strndup(client->arena, url, length);
	client->endpoints[service] =
		arena_printf(client->arena, "%s%s", url, names_version(url) ? "" : row->version);
	*ret_url = client->endpoints[service];
	return 0;
}
