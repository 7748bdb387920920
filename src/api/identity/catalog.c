/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The catalog: which service answers where. A row is published when its dialect is served. All
 * three interfaces have the same address, and there is one region.
 */
#include "api/identity/priv.h"

/* Ids end in 0; an endpoint's id is its service's with the interface's digit instead. */
typedef struct CatalogRow {
	const char *id;
	const char *type;
	const char *name;
	const char *dialect;
	const char *path;
	const char *description;
	bool in_project; /* addresses end in the project's id, as old clients expect */
} CatalogRow;

static const CatalogRow rows[] = {
	{
		.id = "c1ea70000000000000000000000c0de0",
		.type = "compute",
		.name = "compute",
		.dialect = "compute",
		.path = "/compute/v2.1",
		.description = "Servers and their volumes",
	},
	{
		.id = "c1ea70000000000000000000000b10c0",
		.type = "block-storage",
		.name = "block-storage",
		.dialect = "volume",
		.path = "/volume/v3",
		.description = "Volumes",
		.in_project = true,
	},
	{
		.id = "c1ea70000000000000000000000b1030",
		.type = "volumev3",
		.name = "volumev3",
		.dialect = "volume",
		.path = "/volume/v3",
		.description = "Volumes, by their older name",
		.in_project = true,
	},
	{
		.id = "c1ea70000000000000000000005a2e00",
		.type = "shared-file-system",
		.name = "shared-file-system",
		.dialect = "share",
		.path = "/share/v2",
		.description = "Shares",
	},
	{
		.id = "c1ea70000000000000000000005a2e20",
		.type = "sharev2",
		.name = "sharev2",
		.dialect = "share",
		.path = "/share/v2",
		.description = "Shares, by their older name",
	},
	{
		.id = "c1ea70000000000000000000001de000",
		.type = "identity",
		.name = "identity",
		.dialect = "identity",
		.path = "/identity/v3",
		.description = "Users, projects and tokens",
	},
	{
		.id = "c1ea70000000000000000000001a6e00",
		.type = "image",
		.name = "image",
		.dialect = "image",
		.path = "/image",
		.description = "Images to boot from",
	},
	{
		.id = "c1ea7000000000000000000000ad0100",
		.type = "cleat-admin",
		.name = "cleat-admin",
		.dialect = "admin",
		.path = "/admin/v1",
		.description = "Operations of this endpoint",
	},
};

static const char *const interfaces[] = {"public", "internal", "admin"};

static bool row_is_served(const ApiRequest *r, const CatalogRow *row)
{
	for (size_t i = 0; i < r->config->dialect_count; i++)
		if (strcmp(r->config->dialects[i]->name, row->dialect) == 0)
			return true;
	return false;
}

static const char *endpoint_id(Arena *arena, const CatalogRow *row, size_t interface)
{
	return arena_printf(arena, "%.31s%zu", row->id, interface + 1);
}

/* `project` is an id, or the template that stands for one; NULL leaves it out. */
static void out_endpoint_members(ApiRequest *r, const CatalogRow *row, size_t interface,
				 const char *project)
{
	JsonOut *out = &r->out;
	bool in_project = row->in_project && project;

	json_out_text(out, "id", endpoint_id(r->arena, row, interface));
	json_out_text(out, "interface", interfaces[interface]);
	json_out_text(out, "region", r->config->region);
	json_out_text(out, "region_id", r->config->region);
	json_out_printf(out, "url", "%s%s%s%s", api_base_url(r), row->path, in_project ? "/" : "",
			in_project ? project : "");
}

static void out_catalog_row(ApiRequest *r, const CatalogRow *row, const char *project_id)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_text(out, "id", row->id);
	json_out_text(out, "type", row->type);
	json_out_text(out, "name", row->name);
	json_out_list_begin(out, "endpoints");
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		json_out_begin(out, NULL);
		out_endpoint_members(r, row, i, project_id);
		json_out_end(out);
	}
	json_out_list_end(out);
	json_out_end(out);
}

void identity_out_catalog(ApiRequest *r, const char *project_id)
{
	json_out_list_begin(&r->out, "catalog");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (row_is_served(r, &rows[i]))
			out_catalog_row(r, &rows[i], project_id);
	json_out_list_end(&r->out);
}

/* A token without any scope has no catalog. */
static int show_catalog(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	if (!r->caller.roles)
		return identity_forbid(r);
	json_out_begin(&r->out, NULL);
	identity_out_catalog(r, r->caller.project_id);
	json_out_begin(&r->out, "links");
	json_out_null(&r->out, "next");
	json_out_printf(&r->out, "self", "%s/auth/catalog", api_prefix_url(r));
	json_out_null(&r->out, "previous");
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static void out_service(ApiRequest *r, const char *key, const CatalogRow *row)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", row->id);
	json_out_text(out, "type", row->type);
	json_out_text(out, "name", row->name);
	json_out_text(out, "description", row->description);
	json_out_bool(out, "enabled", true);
	identity_out_self(r, "services", row->id);
	json_out_end(out);
}

static void out_endpoint(ApiRequest *r, const char *key, const CatalogRow *row, size_t interface)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	out_endpoint_members(r, row, interface, "$(project_id)s");
	json_out_text(out, "service_id", row->id);
	json_out_bool(out, "enabled", true);
	identity_out_self(r, "endpoints", endpoint_id(r->arena, row, interface));
	json_out_end(out);
}

static bool query_allows(ApiRequest *r, const char *name, const char *value)
{
	const char *wanted = api_query(r, name);

	return str_empty(wanted) || strcmp(wanted, value) == 0;
}

static int list_services(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	identity_list_begin(r, "services");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (row_is_served(r, &rows[i]) && query_allows(r, "type", rows[i].type) &&
		    query_allows(r, "name", rows[i].name))
			out_service(r, NULL, &rows[i]);
	return identity_list_reply(r, false);
}

static int show_service(ApiRequest *r, Fault *f)
{
	const char *id = api_param(r, "service_id");

	(void)f; /* nothing here can fail */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!row_is_served(r, &rows[i]) || strcmp(rows[i].id, id) != 0)
			continue;
		json_out_begin(&r->out, NULL);
		out_service(r, "service", &rows[i]);
		json_out_end(&r->out);
		api_reply(r, 200);
		return 0;
	}
	return identity_not_found(r, "service", id);
}

static int list_endpoints(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	identity_list_begin(r, "endpoints");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!row_is_served(r, &rows[i]) || !query_allows(r, "service_id", rows[i].id) ||
		    !query_allows(r, "region_id", r->config->region))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(interfaces); j++)
			if (query_allows(r, "interface", interfaces[j]))
				out_endpoint(r, NULL, &rows[i], j);
	}
	return identity_list_reply(r, false);
}

static int show_endpoint(ApiRequest *r, Fault *f)
{
	const char *id = api_param(r, "endpoint_id");

	(void)f; /* nothing here can fail */
	for (size_t i = 0; i < ARRAY_SIZE(rows) * ARRAY_SIZE(interfaces); i++) {
		const CatalogRow *row = &rows[i / ARRAY_SIZE(interfaces)];
		size_t interface = i % ARRAY_SIZE(interfaces);

		if (!row_is_served(r, row) ||
		    strcmp(endpoint_id(r->arena, row, interface), id) != 0)
			continue;
		json_out_begin(&r->out, NULL);
		out_endpoint(r, "endpoint", row, interface);
		json_out_end(&r->out);
		api_reply(r, 200);
		return 0;
	}
	return identity_not_found(r, "endpoint", id);
}

static void out_region(ApiRequest *r, const char *key)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", r->config->region);
	json_out_text(out, "description", "");
	json_out_null(out, "parent_region_id");
	identity_out_self(r, "regions", r->config->region);
	json_out_end(out);
}

static int list_regions(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	identity_list_begin(r, "regions");
	out_region(r, NULL);
	return identity_list_reply(r, false);
}

static int show_region(ApiRequest *r, Fault *f)
{
	const char *id = api_param(r, "region_id");

	(void)f; /* nothing here can fail */
	if (strcmp(id, r->config->region) != 0)
		return identity_not_found(r, "region", id);
	json_out_begin(&r->out, NULL);
	out_region(r, "region");
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/auth/catalog",
		.policy = "identity:get_auth_catalog",
		.rule = API_RULE_ANY,
		.mode = API_PLAIN,
		.handle = show_catalog,
	},
	{
		.method = "GET",
		.pattern = "/services",
		.policy = "identity:list_services",
		.rule = API_RULE_ADMIN,
		.mode = API_PLAIN,
		.handle = list_services,
	},
	{
		.method = "GET",
		.pattern = "/services/{service_id}",
		.policy = "identity:get_service",
		.rule = API_RULE_ADMIN,
		.mode = API_PLAIN,
		.handle = show_service,
	},
	{
		.method = "GET",
		.pattern = "/endpoints",
		.policy = "identity:list_endpoints",
		.rule = API_RULE_ADMIN,
		.mode = API_PLAIN,
		.handle = list_endpoints,
	},
	{
		.method = "GET",
		.pattern = "/endpoints/{endpoint_id}",
		.policy = "identity:get_endpoint",
		.rule = API_RULE_ADMIN,
		.mode = API_PLAIN,
		.handle = show_endpoint,
	},
	{
		.method = "GET",
		.pattern = "/regions",
		.policy = "identity:list_regions",
		.rule = API_RULE_ANY,
		.mode = API_PLAIN,
		.handle = list_regions,
	},
	{
		.method = "GET",
		.pattern = "/regions/{region_id}",
		.policy = "identity:get_region",
		.rule = API_RULE_ANY,
		.mode = API_PLAIN,
		.handle = show_region,
	},
};
const ApiRoutes identity_catalog_routes = API_ROUTES(routes);
