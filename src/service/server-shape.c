/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-shape.h.
 */
#include "service/server-shape.h"

#include "base/str.h"
#include "service/text-map.h"
#include "json/out.h"

#include <inttypes.h>

/* When a resize was begun, beside the members of a flavor. */
#define SINCE "since_us"

/* A member of a server that is part of its shape. */
typedef struct ShapeRow {
	const char *name;
	size_t offset;
	enum { SHAPE_TEXT, SHAPE_INT, SHAPE_ENUM } type;
	bool of_flavor;
} ShapeRow;

#define ROW(member, kind, flavor)                                                                  \
	{                                                                                          \
#member, offsetof(Server, member), kind, flavor                                    \
	}

static const ShapeRow rows[] = {
	ROW(flavor_id, SHAPE_TEXT, true),
	ROW(flavor_name, SHAPE_TEXT, true),
	ROW(ram_mib, SHAPE_INT, true),
	ROW(vcpus, SHAPE_INT, true),
	ROW(disk_gib, SHAPE_INT, true),
	ROW(ephemeral_gib, SHAPE_INT, true),
	ROW(swap_mib, SHAPE_INT, true),
	ROW(flavor_extra_specs, SHAPE_TEXT, true),
	ROW(old_flavor, SHAPE_TEXT, false),
	ROW(previous_state, SHAPE_ENUM, false),
	ROW(image_id, SHAPE_TEXT, false),
	ROW(image_properties, SHAPE_TEXT, false),
	ROW(kernel_id, SHAPE_TEXT, false),
	ROW(ramdisk_id, SHAPE_TEXT, false),
	ROW(kernel_args, SHAPE_TEXT, false),
	ROW(root_format, SHAPE_ENUM, false),
	ROW(rescue_image_id, SHAPE_TEXT, false),
	ROW(rescue_kernel_id, SHAPE_TEXT, false),
	ROW(rescue_ramdisk_id, SHAPE_TEXT, false),
	ROW(rescue_kernel_args, SHAPE_TEXT, false),
	ROW(rescue_format, SHAPE_ENUM, false),
};

static const char *value_print(Arena *arena, const Server *server, const ShapeRow *row)
{
	const char *member = (const char *)server + row->offset;

	switch (row->type) {
	case SHAPE_TEXT:
		return *(const char *const *)(const void *)member;
	case SHAPE_INT:
		return arena_printf(arena, "%" PRId64, *(const int64_t *)(const void *)member);
	case SHAPE_ENUM:
		return arena_printf(arena, "%d", *(const int *)(const void *)member);
	}
	return NULL;
}

/* What is not in the map is NULL; numbers are always there. */
static void value_restore(Server *server, const ShapeRow *row, const char *value)
{
	char *member = (char *)server + row->offset;
	int64_t number = 0;

	if (row->type == SHAPE_TEXT) {
		*(const char **)(void *)member = value;
		return;
	}
	if (!value || !str_parse_i64(value, &number))
		return;
	if (row->type == SHAPE_INT)
		*(int64_t *)(void *)member = number;
	else
		*(int *)(void *)member = (int)number;
}

static const char *print(Arena *arena, const Server *server, bool of_flavor, int64_t since_us)
{
	JsonPair pairs[ARRAY_SIZE(rows) + 1];
	JsonTextMap map = {.pairs = pairs};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = value_print(arena, server, &rows[i]);

		if (value && (rows[i].of_flavor || !of_flavor))
			pairs[map.count++] = (JsonPair){rows[i].name, value};
	}
	if (since_us)
		pairs[map.count++] = (JsonPair){SINCE, arena_printf(arena, "%" PRId64, since_us)};
	return json_print_text_map(arena, &map);
}

static void restore(Arena *arena, Server *server, bool of_flavor, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].of_flavor || !of_flavor)
			value_restore(server, &rows[i], text_map_value(arena, text, rows[i].name));
}

const char *server_shape(Arena *arena, const Server *server)
{
	return print(arena, server, false, 0);
}

const char *server_flavor_print(Arena *arena, const Server *server, int64_t now_us)
{
	return print(arena, server, true, now_us);
}

static int64_t number_of(Arena *arena, const char *text, const char *key)
{
	const char *value = text ? text_map_value(arena, text, key) : NULL;
	int64_t number = 0;

	return value && str_parse_i64(value, &number) ? number : 0;
}

int64_t server_resized_us(Arena *arena, const Server *server)
{
	return number_of(arena, server->old_flavor, SINCE);
}

void server_flavor_restore(Arena *arena, Server *server)
{
	restore(arena, server, true, server->old_flavor);
}

/* --- what its project is charged with --- */

ServerCharge server_charge(Arena *arena, const Server *server)
{
	const char *old = server->old_flavor;

	return (ServerCharge){
		.cores = MAX(server->vcpus, number_of(arena, old, "vcpus")),
		.ram_mib = MAX(server->ram_mib, number_of(arena, old, "ram_mib")),
	};
}

static int charge(Work *work, const Server *server, const char *resource, int64_t amount, Fault *f)
{
	QuotaUsage usage;
	int r = amount ? quota_add(work->tx, server->project_id, resource, amount, &usage, f) : 0;

	if (r != QUOTA_EXCEEDED)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){
		.resource = resource,
		.requested = amount,
		.used = usage.used,
		.limit = usage.limit,
	};
	return REFUSAL_QUOTA;
}

int server_charge_more(Work *work, const Server *server, ServerCharge from, Fault *f)
{
	ServerCharge to = server_charge(work->arena, server);
	int r = charge(work, server, "cores", to.cores - from.cores, f);

	return r ? r : charge(work, server, "ram", to.ram_mib - from.ram_mib, f);
}

int server_charge_less(Tx *tx, Arena *arena, const Server *server, ServerCharge from, Fault *f)
{
	ServerCharge to = server_charge(arena, server);
	QuotaUsage usage;
	int r;

	assert(to.cores <= from.cores && to.ram_mib <= from.ram_mib);
	r = quota_add(tx, server->project_id, "cores", to.cores - from.cores, &usage, f);
	if (!r)
		r = quota_add(tx, server->project_id, "ram", to.ram_mib - from.ram_mib, &usage, f);
	return fault_unexpected(f, r);
}

/* --- beginning and end --- */

int reshape_find(Work *work, const char *id, const Reshape *row, Server **ret, Fault *f)
{
	int r = service_find_server(work, id, ret, f);

	return r ? r : server_check(work, *ret, row->action, f);
}

int reshape_begin(Work *work, const Reshape *row, Server *server, const char *args,
		  const char *image_id, Fault *f)
{
	Operation operation = operation_for(work, server->id);
	int r;

	server->task_state = (int)row->task;
	server->updated_us = work->now_us;
	r = server_update(work->tx, server, f);
	if (r)
		return fault_unexpected(f, r);
	if (server_action_starts(row->action))
		r = server_shares_prepare(work, server, f);
	if (r)
		return r;
	operation.server_id = server->id;
	operation.image_id = image_id;
	operation.args = args;
	r = action_begin(work, server, server_action_name(row->action), row->event,
			 &operation.action_id, f);
	return r ? r
		 : operation_begin(work->tx, work->arena, service_operation(row->operation),
				   &operation, f);
}

int reshape_turned(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	ServerCharge charged;
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	charged = server_charge(arena, server);
	restore(arena, server, false, operation->args);
	r = server_charge_less(tx, arena, server, charged, f);
	return r ? r : fault_unexpected(f, server_update(tx, server, f));
}

int reshape_end(Tx *tx, Arena *arena, const Operation *operation, Server *server, VmState vm_state,
		PowerState power, Fault *f)
{
	int r;

	server_rest(server, vm_state, power);
	r = server_update(tx, server, f);
	if (!r)
		r = server_shares_rest(tx, arena, server, f);
	return r ? fault_unexpected(f, r) : action_finish(tx, arena, operation->action_id, NULL, f);
}

/*
 * All is as it was. But a share that was in the way of one start is in the way of the next: the
 * guest is left off, and the server is broken until the share is detached or found well again.
 */
int reshape_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason, Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	if (server_shares_are_named(reason))
		server_break(server, reason);
	else
		server_rest(server, (VmState)server->vm_state, (PowerState)server->power_state);
	r = server_shares_failed(tx, arena, server->id, reason, f);
	return r ? r : server_over(tx, arena, operation, server, reason, f);
}
