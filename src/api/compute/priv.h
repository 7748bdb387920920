/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the compute dialect share.
 */
#pragma once

#include "api/common/api.h"
#include "api/compute/compute.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/uuid.h"
#include "records/tables.h"
#include "service/server.h"

#define V(minor) API_VERSION(2, minor)

/* Up to 2.102 servers can be made and seen under this name, too. */
#define COMPUTE_OLD_SERVERS "/os-volumes_boot"

extern const ApiRoutes compute_flavor_routes;
extern const ApiRoutes compute_flavor_spec_routes;
extern const ApiRoutes compute_flavor_access_routes;
extern const ApiRoutes compute_server_routes;
extern const ApiRoutes compute_server_list_routes;
extern const ApiRoutes compute_server_create_routes;
extern const ApiRoutes compute_server_action_routes;
extern const ApiRoutes compute_server_power_routes;
extern const ApiRoutes compute_server_shelve_routes;
extern const ApiRoutes compute_server_admin_routes;
extern const ApiRoutes compute_server_image_routes;
extern const ApiRoutes compute_server_rebuild_routes;
extern const ApiRoutes compute_server_rescue_routes;
extern const ApiRoutes compute_server_resize_routes;
extern const ApiRoutes compute_server_share_routes;
extern const ApiRoutes compute_server_metadata_routes;
extern const ApiRoutes compute_server_tag_routes;
extern const ApiRoutes compute_attachment_routes;
extern const ApiRoutes compute_attachment_update_routes;
extern const ApiRoutes compute_swap_routes;
extern const ApiRoutes compute_instance_action_routes;
extern const ApiRoutes compute_topology_routes;
extern const ApiRoutes compute_server_group_routes;
extern const ApiRoutes compute_quota_routes;
extern const ApiRoutes compute_keypair_routes;
extern const ApiRoutes compute_hypervisor_routes;
extern const ApiRoutes compute_host_routes;
extern const ApiRoutes compute_external_event_routes;
extern const ApiRoutes compute_usage_routes;
extern const ApiRoutes compute_console_routes;
extern const ApiRoutes compute_small_routes;
extern const ApiRoutes compute_address_routes;

/* The id of one of the daemon's services ("nova-compute"). */
const char *compute_service_id(const ApiRequest *r, const char *binary);

/* What tells hosts apart to those who may not know their names; "" for no host. In the arena. */
const char *compute_host_id(Arena *arena, const char *project_id, const char *host);

/*
 * The scheduler hints of a create request (JSON; NULL: none), as servers show them from 2.100 on,
 * and the group that they name. False after a refusal.
 */
_must_use_ bool compute_read_hints(ApiRequest *r, const char *json, ServerWish *wish);

/* A server that the caller may see, for resources below it; REFUSAL_NO_SERVER. */
_must_use_ int compute_server(ApiRequest *r, Server **ret, Fault *f);

/* The same, deleted ones included, for the history of a server. */
_must_use_ int compute_server_or_past(ApiRequest *r, Server **ret, Fault *f);

/* The volume of the path gives its place in the server to another one: 202, or a refusal. */
_must_use_ int compute_swap_volume(ApiRequest *r, const char *new_id, Fault *f);
/* The reply to an action that was taken up: 202; or what came of it instead. */
_must_use_ int compute_accepted(ApiRequest *r, int k);

/* Print one flavor, as the create, show and detail replies do. */
void compute_out_flavor(ApiRequest *r, const char *key, const Flavor *flavor);

/* Print one server in full. `full` leaves nothing out; update replies are shorter below 2.75. */
_must_use_ int compute_out_server(ApiRequest *r, const char *key, const Server *server, bool full,
				  Fault *f);

/* Where a server is found, as a member of `out`; `full` leaves nothing out. */
void compute_out_addresses(ApiRequest *r, JsonOut *out, const char *key, const Server *server,
			   bool full);

/* Print a server as the reply to its rebuild shows it. */
_must_use_ int compute_out_rebuilt(ApiRequest *r, const char *key, const Server *server,
				   const char *password, Fault *f);

/* A reference may be a whole URL; its last segment counts. */
const char *compute_last_segment(const char *reference);
/* For those who gave none; in the arena. */
const char *compute_new_password(Arena *arena);

/* Print servers in full as the items of a list. */
_must_use_ int compute_out_servers(ApiRequest *r, Server *const *servers, size_t count, Fault *f);

/* The status that clients see ("ACTIVE", "REBOOT" ...). */
const char *compute_status(const Server *server);

/*
 * What was changed when, as "changes-since" and, from 2.66 on, "changes-before" ask; *ret_any: they
 * ask something. False after a refusal.
 */
_must_use_ bool compute_query_changes(ApiRequest *r, RecordQuery *query, bool *ret_any);

/* What lists of servers may be asked for; the query of such a request, or false after a refusal. */
extern const ApiParam compute_server_list_params[];
_must_use_ bool compute_server_query(ApiRequest *r, RecordQuery *query);

/* The names of the states that a status filter asks for; no states: there is no such status. */
typedef struct StatusStates {
	const char *states[_VM_STATE_MAX];
	size_t state_count;
	const char *tasks[_TASK_STATE_MAX]; /* one of these too, if there are any */
	size_t task_count;
} StatusStates;

void compute_status_states(const char *status, StatusStates *ret);

/* What a server may be given when it is made, changed or rebuilt; the members of its struct. */
extern const char *const compute_disk_configs[];

#define SERVER_LOOK_ROWS(Type, disk_config_, ipv4, ipv6)                                           \
	{.name = "OS-DCF:diskConfig",                                                              \
	 .type = JSON_TEXT,                                                                        \
	 .choices = compute_disk_configs,                                                          \
	 .offset = offsetof(Type, disk_config_)},                                                  \
		{.name = "accessIPv4",                                                             \
		 .type = JSON_TEXT,                                                                \
		 .format = JSON_FORMAT_IPV4,                                                       \
		 .offset = offsetof(Type, ipv4)},                                                  \
	{                                                                                          \
		.name = "accessIPv6", .type = JSON_TEXT, .format = JSON_FORMAT_IPV6,               \
		.offset = offsetof(Type, ipv6)                                                     \
	}

extern const JsonFields compute_file_fields;
#define SERVER_FILES_ROW(Type, member)                                                             \
	{                                                                                          \
		.name = "personality", .type = JSON_LIST, .item = JSON_OBJECT, .until = V(56),     \
		.fields = &compute_file_fields, .offset = offsetof(Type, member)                   \
	}

#define SERVER_HOSTNAME_ROWS(Type, member)                                                         \
	{.name = "hostname",                                                                       \
	 .type = JSON_TEXT,                                                                        \
	 .format = JSON_FORMAT_HOSTNAME,                                                           \
	 .since = V(90),                                                                           \
	 .until = V(93),                                                                           \
	 .min = 2,                                                                                 \
	 .max = 63,                                                                                \
	 .offset = offsetof(Type, member)},                                                        \
	{                                                                                          \
		.name = "hostname", .type = JSON_TEXT, .format = JSON_FORMAT_FQDN, .since = V(94), \
		.min = 2, .max = LIMIT_NAME_CHARS, .offset = offsetof(Type, member)                \
	}
