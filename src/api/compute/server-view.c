/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a server looks like: one reply table for all versions and audiences, and the status that
 * clients see, made from vm_state and task_state.
 */
#include <openssl/evp.h>

#include "api/compute/priv.h"
#include "model/domain.h"
#include "service/server.h"

/* Members that short replies (update, below 2.75) leave out, or lists. */
enum {
	AUDIENCE_FULL = 1 << 8,
	AUDIENCE_FULL_ADMIN = 1 << 9,
	AUDIENCE_SINGLE = 1 << 10,
	AUDIENCE_REBUILT = 1 << 11, /* shows the user's data to everybody, under another name */
	AUDIENCE_DATA = 1 << 12,
};

/* What the printers of single members need. */
typedef struct ServerView {
	ApiRequest *r;
	Attachment *const *attachments;
	size_t attachment_count;
	const char *password; /* new */
} ServerView;

static const char *const vm_statuses[] = {
	[VM_BUILDING] = "BUILD",
	[VM_ACTIVE] = "ACTIVE",
	[VM_STOPPED] = "SHUTOFF",
	[VM_PAUSED] = "PAUSED",
	[VM_SUSPENDED] = "SUSPENDED",
	[VM_RESIZED] = "VERIFY_RESIZE",
	[VM_RESCUED] = "RESCUE",
	[VM_SHELVED] = "SHELVED",
	[VM_SHELVED_OFFLOADED] = "SHELVED_OFFLOADED",
	[VM_SOFT_DELETED] = "SOFT_DELETED",
	[VM_ERROR] = "ERROR",
	[VM_DELETED] = "DELETED",
};
static_assert(ARRAY_SIZE(vm_statuses) == _VM_STATE_MAX, "a row for each");

/* What a task makes of the status of a server in one of these states. */
typedef struct TaskStatus {
	const char *status;
	TaskState task;
	unsigned vm_states;
} TaskStatus;

#define IN(state) (1u << (state))

static const TaskStatus task_statuses[] = {
	{"REBOOT", TASK_REBOOTING, IN(VM_ACTIVE)},
	{"HARD_REBOOT", TASK_REBOOTING_HARD, IN(VM_ACTIVE)},
	{"REBUILD", TASK_REBUILDING, IN(VM_ACTIVE) | IN(VM_STOPPED) | IN(VM_ERROR)},
	{"RESIZE", TASK_RESIZE_PREP, IN(VM_ACTIVE) | IN(VM_STOPPED)},
	{"RESIZE", TASK_RESIZE_FINISH, IN(VM_ACTIVE) | IN(VM_STOPPED)},
	{"REVERT_RESIZE", TASK_RESIZE_REVERTING, IN(VM_RESIZED)},
};

const char *compute_status(const Server *server)
{
	for (size_t i = 0; i < ARRAY_SIZE(task_statuses); i++)
		if ((int)task_statuses[i].task == server->task_state &&
		    task_statuses[i].vm_states & IN(server->vm_state))
			return task_statuses[i].status;
	return vm_statuses[server->vm_state];
}

void compute_status_states(const char *status, StatusStates *ret)
{
	unsigned states = 0;

	*ret = (StatusStates){0};
	for (size_t i = 0; i < ARRAY_SIZE(task_statuses); i++) {
		if (!str_eq_nocase(task_statuses[i].status, status))
			continue;
		ret->tasks[ret->task_count++] =
			enum_name(&task_state_names, (int)task_statuses[i].task);
		states |= task_statuses[i].vm_states;
	}
	for (int state = 0; state < _VM_STATE_MAX; state++)
		if (states & IN(state) || str_eq_nocase(vm_statuses[state], status))
			ret->states[ret->state_count++] = enum_name(&vm_state_names, state);
}

/* SHA-224 of both: the same for a project's servers on one host, and nothing more. */
const char *compute_host_id(Arena *arena, const char *project_id, const char *host)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned length = 0;
	const char *text;

	if (str_empty(host))
		return "";
	text = arena_printf(arena, "%s%s", project_id, host);
	if (EVP_Digest(text, strlen(text), digest, &length, EVP_sha224(), NULL) != 1)
		abort(); /* SHA-224 is always there */
	str_hex(digest, length, hex);
	return arena_strdup(arena, hex);
}

static void print_host_id(JsonOut *out, const char *key, const void *object, const void *context)
{
	const Server *server = object;
	const ServerView *view = context;

	json_out_text(out, key, compute_host_id(view->r->arena, server->project_id, server->host));
}

static void print_status(JsonOut *out, const char *key, const void *object,
			 const void *context _unused_)
{
	json_out_text(out, key, compute_status(object));
}

static void print_progress(JsonOut *out, const char *key, const void *object,
			   const void *context _unused_)
{
	static const char *const statuses[] = {"ACTIVE", "BUILD",         "REBUILD",
					       "RESIZE", "VERIFY_RESIZE", "MIGRATING"};
	const char *status = compute_status(object);

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (str_eq(status, statuses[i]))
			json_out_int(out, key, 0);
}

static void print_task_state(JsonOut *out, const char *key, const void *object,
			     const void *context _unused_)
{
	const Server *server = object;

	if (server->task_state == TASK_NONE)
		json_out_null(out, key);
	else
		json_out_text(out, key, enum_name(&task_state_names, server->task_state));
}

static void print_image(JsonOut *out, const char *key, const void *object, const void *context)
{
	const Server *server = object;
	const ServerView *view = context;

	if (!server->image_id) {
		json_out_text(out, key, "");
		return;
	}
	json_out_begin(out, key);
	json_out_text(out, "id", server->image_id);
	api_out_bookmark(view->r, out, "images", server->image_id);
	if (view->r->version >= V(98))
		json_out_raw(out, "properties",
			     server->image_properties ? server->image_properties : "{}");
	json_out_end(out);
}

static void print_flavor_link(JsonOut *out, const char *key, const void *object,
			      const void *context)
{
	const Server *server = object;
	const ServerView *view = context;

	json_out_begin(out, key);
	json_out_text(out, "id", server->flavor_id);
	api_out_bookmark(view->r, out, "flavors", server->flavor_id);
	json_out_end(out);
}

static const JsonOutField flavor_inside[] = {
	{.name = "vcpus", .type = JSON_OUT_INT, .offset = offsetof(Server, vcpus)},
	{.name = "ram", .type = JSON_OUT_INT, .offset = offsetof(Server, ram_mib)},
	{.name = "disk", .type = JSON_OUT_INT, .offset = offsetof(Server, disk_gib)},
	{.name = "ephemeral", .type = JSON_OUT_INT, .offset = offsetof(Server, ephemeral_gib)},
	{.name = "swap", .type = JSON_OUT_INT, .offset = offsetof(Server, swap_mib)},
	{.name = "original_name", .type = JSON_OUT_TEXT, .offset = offsetof(Server, flavor_name)},
	{.name = "extra_specs",
	 .type = JSON_OUT_MAP,
	 .offset = offsetof(Server, flavor_extra_specs)},
};

static void print_flavor_inside(JsonOut *out, const char *key, const void *object,
				const void *context _unused_)
{
	JsonOutView all = {0};

	json_out_begin(out, key);
	json_out_fields(out, flavor_inside, ARRAY_SIZE(flavor_inside), object, &all);
	json_out_end(out);
}

static void print_addresses(JsonOut *out, const char *key, const void *object, const void *context)
{
	const ServerView *view = context;

	compute_out_addresses(view->r, out, key, object, true);
}

/* Where it will be is not said before it is there. */
static void print_zone(JsonOut *out, const char *key, const void *object,
		       const void *context _unused_)
{
	const Server *server = object;
	bool known = server->vm_state != VM_BUILDING && server->availability_zone;

	json_out_text(out, key, known ? server->availability_zone : "");
}

static void print_config_drive(JsonOut *out, const char *key, const void *object,
			       const void *context _unused_)
{
	const Server *server = object;

	json_out_text(out, key, server->config_drive ? "True" : "");
}

static void print_fault(JsonOut *out, const char *key, const void *object, const void *context)
{
	const Server *server = object;
	const ServerView *view = context;

	if (!server->fault_code || (server->vm_state != VM_ERROR && server->vm_state != VM_DELETED))
		return;
	json_out_begin(out, key);
	json_out_int(out, "code", server->fault_code);
	json_out_date(out, "created", server->fault_us, CLOCK_SECONDS_Z);
	json_out_text(out, "message", server->fault_message);
	if (caller_is_admin(&view->r->caller) || server->fault_code != 500)
		json_out_text(out, "details", server->fault_message);
	json_out_end(out);
}

static void print_groups(JsonOut *out, const char *key, const void *object,
			 const void *context _unused_)
{
	const Server *server = object;

	json_out_list_begin(out, key);
	if (server->group_id)
		json_out_text(out, NULL, server->group_id);
	json_out_list_end(out);
}

static void print_certificates(JsonOut *out, const char *key, const void *object,
			       const void *context _unused_)
{
	const Server *server = object;

	json_out_raw(out, key, server->trusted_certs ? server->trusted_certs : "null");
}

static void print_instance_name(JsonOut *out, const char *key, const void *object,
				const void *context _unused_)
{
	const Server *server = object;

	json_out_printf(out, key, DOMAIN_NAME_FORMAT, server->id);
}

static void print_host_status(JsonOut *out, const char *key, const void *object,
			      const void *context _unused_)
{
	const Server *server = object;

	json_out_text(out, key, str_empty(server->host) ? "" : "UP");
}

static void print_password(JsonOut *out, const char *key, const void *object _unused_,
			   const void *context)
{
	const ServerView *view = context;

	json_out_text(out, key, view->password);
}

static void print_volumes(JsonOut *out, const char *key, const void *object _unused_,
			  const void *context)
{
	const ServerView *view = context;

	json_out_list_begin(out, key);
	for (size_t i = 0; i < view->attachment_count; i++) {
		const Attachment *attachment = view->attachments[i];

		json_out_begin(out, NULL);
		json_out_text(out, "id", attachment->volume_id);
		if (view->r->version >= V(3))
			json_out_bool(out, "delete_on_termination",
				      attachment->delete_on_termination);
		json_out_end(out);
	}
	json_out_list_end(out);
}

static const JsonOutField server_reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Server, id)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Server, name)},
	{.name = "status", .type = JSON_OUT_CALL, .print = print_status},
	{.name = "tenant_id", .type = JSON_OUT_TEXT, .offset = offsetof(Server, project_id)},
	{.name = "user_id", .type = JSON_OUT_TEXT, .offset = offsetof(Server, user_id)},
	{.name = "metadata", .type = JSON_OUT_MAP, .offset = offsetof(Server, metadata)},
	{.name = "hostId", .type = JSON_OUT_CALL, .print = print_host_id},
	{.name = "image", .type = JSON_OUT_CALL, .print = print_image},
	{.name = "flavor", .type = JSON_OUT_CALL, .until = V(46), .print = print_flavor_link},
	{.name = "flavor", .type = JSON_OUT_CALL, .since = V(47), .print = print_flavor_inside},
	{.name = "created", .type = JSON_OUT_SECONDS_Z, .offset = offsetof(Server, created_us)},
	{.name = "updated", .type = JSON_OUT_SECONDS_Z, .offset = offsetof(Server, updated_us)},
	{.name = "addresses", .type = JSON_OUT_CALL, .print = print_addresses},
	{.name = "accessIPv4",
	 .type = JSON_OUT_TEXT_EMPTY,
	 .offset = offsetof(Server, access_ipv4)},
	{.name = "accessIPv6",
	 .type = JSON_OUT_TEXT_EMPTY,
	 .offset = offsetof(Server, access_ipv6)},
	{.name = "OS-DCF:diskConfig",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Server, disk_config)},
	{.name = "progress", .type = JSON_OUT_CALL, .print = print_progress},
	{.name = "fault", .type = JSON_OUT_CALL, .print = print_fault},
	{.name = "locked",
	 .type = JSON_OUT_BOOL,
	 .since = V(9),
	 .offset = offsetof(Server, locked)},
	{.name = "description",
	 .type = JSON_OUT_TEXT,
	 .since = V(19),
	 .offset = offsetof(Server, description)},
	{.name = "tags", .type = JSON_OUT_LIST, .since = V(26), .offset = offsetof(Server, tags)},
	{.name = "trusted_image_certificates",
	 .type = JSON_OUT_CALL,
	 .since = V(63),
	 .print = print_certificates},
	{.name = "server_groups",
	 .type = JSON_OUT_CALL,
	 .since = V(71),
	 .audience = AUDIENCE_SINGLE,
	 .print = print_groups},
	{.name = "locked_reason",
	 .type = JSON_OUT_TEXT,
	 .since = V(73),
	 .offset = offsetof(Server, locked_reason)},
	{.name = "pinned_availability_zone",
	 .type = JSON_OUT_TEXT,
	 .since = V(96),
	 .offset = offsetof(Server, pinned_zone)},
	{.name = "scheduler_hints",
	 .type = JSON_OUT_MAP,
	 .since = V(100),
	 .offset = offsetof(Server, scheduler_hints)},
	{.name = "adminPass",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_REBUILT,
	 .print = print_password},
	{.name = "key_name",
	 .type = JSON_OUT_TEXT,
	 .since = V(54),
	 .until = V(74),
	 .audience = AUDIENCE_REBUILT,
	 .offset = offsetof(Server, key_name)},
	{.name = "user_data",
	 .type = JSON_OUT_TEXT,
	 .since = V(57),
	 .audience = AUDIENCE_REBUILT,
	 .offset = offsetof(Server, user_data)},
	{.name = "key_name",
	 .type = JSON_OUT_TEXT,
	 .audience = AUDIENCE_FULL,
	 .offset = offsetof(Server, key_name)},
	{.name = "config_drive",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_FULL,
	 .print = print_config_drive},
	{.name = "OS-EXT-AZ:availability_zone",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_FULL,
	 .print = print_zone},
	{.name = "OS-EXT-STS:vm_state",
	 .type = JSON_OUT_ENUM,
	 .audience = AUDIENCE_FULL,
	 .names = &vm_state_names,
	 .offset = offsetof(Server, vm_state)},
	{.name = "OS-EXT-STS:task_state",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_FULL,
	 .print = print_task_state},
	{.name = "OS-EXT-STS:power_state",
	 .type = JSON_OUT_INT,
	 .audience = AUDIENCE_FULL,
	 .offset = offsetof(Server, power_state)},
	{.name = "OS-SRV-USG:launched_at",
	 .type = JSON_OUT_MICROS,
	 .audience = AUDIENCE_FULL,
	 .offset = offsetof(Server, launched_us)},
	{.name = "OS-SRV-USG:terminated_at",
	 .type = JSON_OUT_MICROS,
	 .audience = AUDIENCE_FULL,
	 .offset = offsetof(Server, terminated_us)},
	{.name = "os-extended-volumes:volumes_attached",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_FULL,
	 .print = print_volumes},
	{.name = "OS-EXT-SRV-ATTR:host",
	 .type = JSON_OUT_TEXT,
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, host)},
	{.name = "OS-EXT-SRV-ATTR:hypervisor_hostname",
	 .type = JSON_OUT_TEXT,
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, host)},
	{.name = "OS-EXT-SRV-ATTR:instance_name",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_FULL_ADMIN,
	 .print = print_instance_name},
	{.name = "OS-EXT-SRV-ATTR:reservation_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(3),
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, reservation_id)},
	{.name = "OS-EXT-SRV-ATTR:launch_index",
	 .type = JSON_OUT_INT,
	 .since = V(3),
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, launch_index)},
	{.name = "OS-EXT-SRV-ATTR:hostname",
	 .type = JSON_OUT_TEXT,
	 .since = V(3),
	 .until = V(89),
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, hostname)},
	{.name = "OS-EXT-SRV-ATTR:hostname",
	 .type = JSON_OUT_TEXT,
	 .since = V(90),
	 .audience = AUDIENCE_FULL,
	 .offset = offsetof(Server, hostname)},
	{.name = "OS-EXT-SRV-ATTR:kernel_id",
	 .type = JSON_OUT_TEXT_EMPTY,
	 .since = V(3),
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, kernel_id)},
	{.name = "OS-EXT-SRV-ATTR:ramdisk_id",
	 .type = JSON_OUT_TEXT_EMPTY,
	 .since = V(3),
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, ramdisk_id)},
	{.name = "OS-EXT-SRV-ATTR:root_device_name",
	 .type = JSON_OUT_TEXT,
	 .since = V(3),
	 .audience = AUDIENCE_FULL_ADMIN,
	 .offset = offsetof(Server, root_device)},
	{.name = "OS-EXT-SRV-ATTR:user_data",
	 .type = JSON_OUT_TEXT,
	 .since = V(3),
	 .audience = AUDIENCE_DATA,
	 .offset = offsetof(Server, user_data)},
	{.name = "host_status",
	 .type = JSON_OUT_CALL,
	 .since = V(16),
	 .audience = AUDIENCE_FULL_ADMIN,
	 .print = print_host_status},
};

static void out_server(const ServerView *context, const char *key, const Server *server,
		       unsigned audience)
{
	ApiRequest *r = context->r;
	JsonOutView view = {.version = r->version, .audience = audience, .context = context};

	if (audience & AUDIENCE_FULL && caller_is_admin(&r->caller))
		view.audience |= audience & AUDIENCE_REBUILT ? AUDIENCE_FULL_ADMIN
							     : AUDIENCE_FULL_ADMIN | AUDIENCE_DATA;
	json_out_begin(&r->out, key);
	json_out_fields(&r->out, server_reply, ARRAY_SIZE(server_reply), server, &view);
	api_out_links(r, &r->out, "servers", server->id);
	json_out_end(&r->out);
}

static int out_single(ServerView *context, const char *key, const Server *server, unsigned audience,
		      Fault *f)
{
	ApiRequest *r = context->r;
	Attachment **attachments;
	int k;

	if (audience & AUDIENCE_FULL) {
		k = attachments_of_server(r->work.tx, r->arena, server->id, &attachments,
					  &context->attachment_count, f);
		if (k)
			return fault_unexpected(f, k);
		context->attachments = attachments;
	}
	out_server(context, key, server, audience | AUDIENCE_SINGLE);
	return 0;
}

int compute_out_server(ApiRequest *r, const char *key, const Server *server, bool full, Fault *f)
{
	ServerView context = {.r = r};

	return out_single(&context, key, server, full ? AUDIENCE_FULL : 0, f);
}

int compute_out_rebuilt(ApiRequest *r, const char *key, const Server *server, const char *password,
			Fault *f)
{
	ServerView context = {.r = r, .password = password};
	unsigned audience = r->version >= V(75) ? AUDIENCE_FULL : 0;

	return out_single(&context, key, server, audience | AUDIENCE_REBUILT, f);
}

/* The attachments of these servers, those of one server side by side and oldest first. */
static int find_attachments(ApiRequest *r, Server *const *servers, size_t count, Attachment ***ret,
			    size_t *ret_count, Fault *f)
{
	const char **ids = ARENA_ARRAY(r->arena, const char *, count);
	RecordQuery query = {0};

	for (size_t i = 0; i < count; i++)
		ids[i] = servers[i]->id;
	record_where_texts(&query, "server_id", RECORD_IN, ids, count);
	record_where_text(&query, "mapping_id", RECORD_NE, NULL);
	record_where_text(&query, "replaces", RECORD_EQ, NULL); /* not before it is there */
	record_sort(&query, "server_id", false);
	record_sort(&query, "created_us", false);
	return fault_unexpected(f,
				attachment_find(r->work.tx, r->arena, &query, ret, ret_count, f));
}

/* The part of the attachments that is one server's. */
static void attachments_slice(Attachment *const *all, size_t count, const char *server_id,
			      ServerView *view)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(all[middle]->server_id, server_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	view->attachments = all + low;
	view->attachment_count = 0;
	while (low < count && str_eq(all[low++]->server_id, server_id))
		view->attachment_count++;
}

int compute_out_servers(ApiRequest *r, Server *const *servers, size_t count, Fault *f)
{
	ServerView context = {.r = r};
	Attachment **attachments;
	size_t attachment_count;
	int k;

	k = find_attachments(r, servers, count, &attachments, &attachment_count, f);
	if (k)
		return k;
	for (size_t i = 0; i < count; i++) {
		attachments_slice(attachments, attachment_count, servers[i]->id, &context);
		out_server(&context, NULL, servers[i], AUDIENCE_FULL);
	}
	return 0;
}

int compute_server(ApiRequest *r, Server **ret, Fault *f)
{
	return service_find_server(&r->work, api_param(r, "server_id"), ret, f);
}

int compute_server_or_past(ApiRequest *r, Server **ret, Fault *f)
{
	return service_find_server_or_past(&r->work, api_param(r, "server_id"), ret, f);
}
