/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers: what the body may say at each version, and what of it cannot be honoured here.
 */
#include "api/compute/priv.h"
#include "api/compute/server-mappings.h"
#include "api/compute/server-places.h"
#include "service/server.h"

typedef struct CreateFields {
	const char *name;
	const char *flavor_ref;
	const char *image_ref;
	const char *networks; /* JSON: a list, "auto" or "none" */
	const char *admin_pass;
	JsonTextMap metadata;
	const char *disk_config;
	const char *access_ipv4;
	const char *access_ipv6;
	JsonList personality;
	const char *availability_zone;
	JsonList mappings;
	JsonList mappings_v2;
	bool config_drive;
	const char *key_name;
	int64_t min_count;
	int64_t max_count;
	bool return_reservation_id;
	JsonList security_groups;
	const char *user_data;
	const char *description;
	JsonList tags;
	JsonList trusted_certs;
	const char *host;
	const char *hypervisor_hostname;
	const char *hostname;
} CreateFields;

typedef struct SecurityGroup {
	const char *name;
} SecurityGroup;

typedef struct CreateBody {
	const CreateFields *server;
	const char *hints;
} CreateBody;

static const JsonField security_group_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(SecurityGroup, name)},
};
static const JsonFields security_group_fields = JSON_FIELDS(security_group_rows, SecurityGroup);

static const JsonField create_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, name)},
	{.name = "flavorRef",
	 .type = JSON_TEXT_LOOSE,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = 2 * LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, flavor_ref)},
	{.name = "imageRef", .type = JSON_TEXT, .offset = offsetof(CreateFields, image_ref)},
	{.name = "networks",
	 .type = JSON_ANY,
	 .until = V(36),
	 .offset = offsetof(CreateFields, networks)},
	{.name = "networks",
	 .type = JSON_ANY,
	 .flags = JSON_REQUIRED,
	 .since = V(37),
	 .offset = offsetof(CreateFields, networks)},
	{.name = "adminPass",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, admin_pass)},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, metadata)},
	SERVER_LOOK_ROWS(CreateFields, disk_config, access_ipv4, access_ipv6),
	SERVER_FILES_ROW(CreateFields, personality),
	{.name = "availability_zone",
	 .type = JSON_TEXT,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, availability_zone)},
	{.name = "block_device_mapping",
	 .type = JSON_LIST,
	 .item = JSON_OBJECT,
	 .fields = &compute_mapping_legacy_fields,
	 .offset = offsetof(CreateFields, mappings)},
	{.name = "block_device_mapping_v2",
	 .type = JSON_LIST,
	 .item = JSON_OBJECT,
	 .fields = &compute_mapping_fields,
	 .offset = offsetof(CreateFields, mappings_v2)},
	{.name = "config_drive",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CreateFields, config_drive)},
	{.name = "key_name",
	 .type = JSON_TEXT,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, key_name)},
	{.name = "min_count",
	 .type = JSON_INT_LOOSE,
	 .min = 1,
	 .max = LIMIT_LIST_PAGE,
	 .offset = offsetof(CreateFields, min_count)},
	{.name = "max_count",
	 .type = JSON_INT_LOOSE,
	 .min = 1,
	 .max = LIMIT_LIST_PAGE,
	 .offset = offsetof(CreateFields, max_count)},
	{.name = "return_reservation_id",
	 .type = JSON_BOOL_LOOSE,
	 .offset = offsetof(CreateFields, return_reservation_id)},
	{.name = "security_groups",
	 .type = JSON_LIST,
	 .item = JSON_OBJECT,
	 .fields = &security_group_fields,
	 .offset = offsetof(CreateFields, security_groups)},
	{.name = "user_data",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_BASE64,
	 .max = LIMIT_USER_DATA_BYTES,
	 .offset = offsetof(CreateFields, user_data)},
	{.name = "description",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(19),
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, description)},
	{.name = "tags",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .since = V(52),
	 .max = LIMIT_TAGS,
	 .value_max = LIMIT_TAG_CHARS,
	 .offset = offsetof(CreateFields, tags)},
	{.name = "trusted_image_certificates",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(63),
	 .min = 1,
	 .max = 50,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, trusted_certs)},
	{.name = "host",
	 .type = JSON_TEXT,
	 .since = V(74),
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, host)},
	{.name = "hypervisor_hostname",
	 .type = JSON_TEXT,
	 .since = V(74),
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateFields, hypervisor_hostname)},
	SERVER_HOSTNAME_ROWS(CreateFields, hostname),
};
static const JsonFields create_fields = JSON_FIELDS(create_rows, CreateFields);

static const JsonField body_rows[] = {
	{.name = "server",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(CreateBody, server)},
	{.name = "os:scheduler_hints", .type = JSON_ANY, .offset = offsetof(CreateBody, hints)},
	{.name = "OS-SCH-HNT:scheduler_hints",
	 .type = JSON_ANY,
	 .offset = offsetof(CreateBody, hints)},
};
static const JsonFields body_fields = JSON_FIELDS(body_rows, CreateBody);

/* What is well-formed and yet refused; NULL when all is fine. */
static const char *complaint(ApiRequest *r, const CreateFields *fields, ServerWish *wish)
{
	const char *refused =
		compute_read_mappings(r, &fields->mappings_v2, &fields->mappings, &wish->disks);
	char canonical[UUID_TEXT];

	if (refused)
		return refused;
	if (!str_empty(fields->image_ref)) {
		if (!uuid_canonical(compute_last_segment(fields->image_ref), canonical))
			return "Invalid imageRef provided.";
		wish->image_id = arena_strdup(r->arena, canonical);
	}
	if (fields->min_count && fields->max_count && fields->min_count > fields->max_count)
		return "min_count must be <= max_count";
	if (fields->hostname && wish->count > 1)
		return "Unable to allocate a single hostname to multiple instances";
	return NULL;
}

static void out_security_group(ApiRequest *r, const char *name)
{
	json_out_begin(&r->out, NULL);
	if (name)
		json_out_text(&r->out, "name", name);
	json_out_end(&r->out);
}

static void out_security_groups(ApiRequest *r, const CreateFields *fields)
{
	const SecurityGroup *groups = fields->security_groups.items;

	json_out_list_begin(&r->out, "security_groups");
	for (size_t i = 0; i < fields->security_groups.count; i++)
		out_security_group(r, groups[i].name);
	if (!fields->security_groups.count)
		out_security_group(r, "default");
	json_out_list_end(&r->out);
}

static void reply_created(ApiRequest *r, const CreateFields *fields, const Server *server)
{
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "server");
	json_out_text(&r->out, "id", server->id);
	api_out_links(r, &r->out, "servers", server->id);
	json_out_text(&r->out, "OS-DCF:diskConfig", server->disk_config);
	out_security_groups(r, fields);
	json_out_text(&r->out, "adminPass",
		      fields->admin_pass ? fields->admin_pass : compute_new_password(r->arena));
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply_header(r, "Location",
			 arena_printf(r->arena, "%s/servers/%s", api_prefix_url(r), server->id));
	api_reply(r, 202);
}

/* Refusals that are worded otherwise here than elsewhere; the rest as it is. */
static int refuse_create(ApiRequest *r, int refusal, const ServerWish *wish)
{
	const char *message;

	if (refusal == REFUSAL_NO_IMAGE)
		return api_refuse(r, 400, "Can not find requested image");
	if (refusal == REFUSAL_NO_SERVER_GROUP)
		return api_refuse(r, 400, "Instance group %s could not be found.", wish->group_id);
	if (refusal == REFUSAL_NO_FLAVOR)
		return api_refuse(r, 400, "Flavor %s could not be found.", wish->flavor_id);
	if (refusal != REFUSAL_VOLUME_STATE)
		return refusal;
	(void)compute_dialect.refusal(r, REFUSAL_VOLUME_STATE, &message); /* 400 */
	return api_refuse(r, 400, "Invalid volume: %s", message);
}

static int server_create(ApiRequest *r, Fault *f)
{
	const CreateFields *fields = ((const CreateBody *)r->body)->server;
	const char *refused, *reservation;
	ServerWish wish = {
		.name = fields->name,
		.description = fields->description,
		.flavor_id = compute_last_segment(fields->flavor_ref),
		.metadata = fields->metadata,
		.tags = fields->tags.items,
		.tag_count = fields->tags.count,
		.user_data = fields->user_data,
		.files = fields->personality,
		.key_name = fields->key_name,
		.hostname = fields->hostname,
		.access_ipv4 = fields->access_ipv4,
		.access_ipv6 = fields->access_ipv6,
		.disk_config = fields->disk_config,
		.config_drive = fields->config_drive,
		.allow_multiattach = r->version >= V(60),
		.count = MAX(MAX(fields->max_count, fields->min_count), INT64_C(1)),
	};
	Server *server;
	int k;

	refused = complaint(r, fields, &wish);
	if (refused)
		return api_refuse(r, 400, "%s", refused);
	if (fields->trusted_certs.count)
		wish.trusted_certs = json_print_text_list(r->arena, fields->trusted_certs.items,
							  fields->trusted_certs.count);
	if (!compute_read_zone(r, fields->availability_zone, &wish) ||
	    !compute_check_destination(r, fields->host, fields->hypervisor_hostname) ||
	    !compute_read_networks(r, fields->networks, &wish.network) ||
	    !compute_read_hints(r, ((const CreateBody *)r->body)->hints, &wish))
		return 0;
	k = service_create_servers(&r->work, &wish, &server, &reservation, f);
	if (k)
		return refuse_create(r, k, &wish);
	if (!fields->return_reservation_id) {
		reply_created(r, fields, server);
		return 0;
	}
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "reservation_id", reservation);
	json_out_end(&r->out);
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers",
	 .policy = "os_compute_api:servers:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &body_fields,
	 .handle = server_create},
	{.method = "POST",
	 .pattern = COMPUTE_OLD_SERVERS,
	 .policy = "os_compute_api:servers:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(102),
	 .body = &body_fields,
	 .handle = server_create},
	{.method = "POST",
	 .pattern = "/os-volumes_boot", /* from when servers had no block devices */
	 .policy = "os_compute_api:servers:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(102),
	 .body = &body_fields,
	 .handle = server_create},
};
const ApiRoutes compute_server_create_routes = API_ROUTES(routes);
