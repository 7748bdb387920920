/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The small resources that clients ask for on their way: availability zones and extensions.
 */
#include "api/volume/priv.h"

typedef struct Extension {
	const char *alias;
	const char *name;
	const char *description;
} Extension;

/* What of the extensions of old is served; clients look for the aliases. */
static const Extension extensions[] = {
	{.alias = "os-availability-zone",
	 .name = "AvailabilityZones",
	 .description = "Describe Availability Zones."},
	{.alias = "os-quota-sets", .name = "Quotas", .description = "Quota management support."},
	{.alias = "os-types-extra-specs",
	 .name = "TypesExtraSpecs",
	 .description = "Type extra specs support."},
	{.alias = "os-used-limits",
	 .name = "UsedLimits",
	 .description = "Provide data on limited resources that are being used."},
	{.alias = "os-vol-host-attr",
	 .name = "VolumeHostAttribute",
	 .description = "Expose host as an attribute of a volume."},
	{.alias = "os-vol-mig-status-attr",
	 .name = "VolumeMigStatusAttribute",
	 .description = "Expose migration_status as an attribute of a volume."},
	{.alias = "os-vol-tenant-attr",
	 .name = "VolumeTenantAttribute",
	 .description = "Expose the internal project_id as an attribute of a volume."},
};

static int zones_list(ApiRequest *r, Fault *f _unused_)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "availabilityZoneInfo");
	json_out_begin(out, NULL);
	json_out_text(out, "zoneName", r->config->settings->availability_zone);
	json_out_raw(out, "zoneState", "{\"available\":true}");
	json_out_end(out);
	json_out_list_end(out);
	json_out_end(out);
	api_reply(r, 200);
	return 0;
}

static void out_extension(ApiRequest *r, const char *key, const Extension *extension)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "alias", extension->alias);
	json_out_text(out, "name", extension->name);
	json_out_text(out, "description", extension->description);
	json_out_text(out, "updated", "2013-04-18T00:00:00+00:00");
	json_out_list_begin(out, "links");
	json_out_list_end(out);
	json_out_end(out);
}

static int extensions_list(ApiRequest *r, Fault *f _unused_)
{
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "extensions");
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
		out_extension(r, NULL, &extensions[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int extension_show(ApiRequest *r, Fault *f _unused_)
{
	const char *alias = api_param(r, "alias");

	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
		if (!str_eq(extensions[i].alias, alias))
			continue;
		json_out_begin(&r->out, NULL);
		out_extension(r, "extension", &extensions[i]);
		json_out_end(&r->out);
		api_reply(r, 200);
		return 0;
	}
	return api_complain(r, API_NO_ROUTE, NULL, NULL, NULL);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-availability-zone",
	 .policy = "volume:availability_zone_list",
	 .rule = API_RULE_SCOPED,
	 .mode = API_PLAIN,
	 .handle = zones_list},
	{.method = "GET",
	 .pattern = "/extensions",
	 .policy = "volume_extension:list_extensions",
	 .rule = API_RULE_SCOPED,
	 .mode = API_PLAIN,
	 .handle = extensions_list},
	{.method = "GET",
	 .pattern = "/extensions/{alias}",
	 .policy = "volume_extension:list_extensions",
	 .rule = API_RULE_SCOPED,
	 .mode = API_PLAIN,
	 .handle = extension_show},
};
const ApiRoutes volume_small_routes = API_ROUTES(routes);
