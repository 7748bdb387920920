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
	{.alias = "capabilities", .name = "Capabilities", .description = "Capabilities support."},
	{.alias = "encryption",
	 .name = "VolumeTypeEncryption",
	 .description = "Encryption support for volume types."},
	{.alias = "os-admin-actions",
	 .name = "AdminActions",
	 .description = "Enable admin actions."},
	{.alias = "os-availability-zone",
	 .name = "AvailabilityZones",
	 .description = "Describe Availability Zones."},
	{.alias = "os-extended-services",
	 .name = "ExtendedServices",
	 .description = "Extended services support."},
	{.alias = "os-extended-snapshot-attributes",
	 .name = "ExtendedSnapshotAttributes",
	 .description = "Extended SnapshotAttributes support."},
	{.alias = "os-hosts", .name = "Hosts", .description = "Admin-only host administration."},
	{.alias = "os-quota-class-sets",
	 .name = "QuotaClasses",
	 .description = "Quota classes management support."},
	{.alias = "os-quota-sets", .name = "Quotas", .description = "Quota management support."},
	{.alias = "os-services", .name = "Services", .description = "Services support."},
	{.alias = "os-snapshot-actions",
	 .name = "SnapshotActions",
	 .description = "Enable snapshot manager actions."},
	{.alias = "os-types-extra-specs",
	 .name = "TypesExtraSpecs",
	 .description = "Type extra specs support."},
	{.alias = "os-types-manage", .name = "TypesManage", .description = "Types manage support."},
	{.alias = "os-used-limits",
	 .name = "UsedLimits",
	 .description = "Provide data on limited resources that are being used."},
	{.alias = "os-vol-host-attr",
	 .name = "VolumeHostAttribute",
	 .description = "Expose host as an attribute of a volume."},
	{.alias = "os-vol-image-meta",
	 .name = "VolumeImageMetadata",
	 .description = "Show image metadata associated with the volume."},
	{.alias = "os-vol-mig-status-attr",
	 .name = "VolumeMigStatusAttribute",
	 .description = "Expose migration_status as an attribute of a volume."},
	{.alias = "os-vol-tenant-attr",
	 .name = "VolumeTenantAttribute",
	 .description = "Expose the internal project_id as an attribute of a volume."},
	{.alias = "os-volume-actions",
	 .name = "VolumeActions",
	 .description = "Enable volume actions."},
	{.alias = "os-volume-encryption-metadata",
	 .name = "VolumeEncryptionMetadata",
	 .description = "Volume encryption metadata retrieval support."},
	{.alias = "os-volume-transfer",
	 .name = "VolumeTransfer",
	 .description = "Volume transfer management support."},
	{.alias = "os-volume-type-access",
	 .name = "VolumeTypeAccess",
	 .description = "Volume type access support."},
	{.alias = "OS-SCH-HNT",
	 .name = "SchedulerHints",
	 .description = "Pass arbitrary key/value pairs to the scheduler."},
	{.alias = "qos-specs", .name = "Qos_specs_manage", .description = "QoS specs support."},
	{.alias = "scheduler-stats",
	 .name = "Scheduler_stats",
	 .description = "Scheduler stats support."},
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
