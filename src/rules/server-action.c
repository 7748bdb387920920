/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-action.h. The states come first, then the task, then whether it ever ran: that is the
 * order in which clients are told.
 */
#include "rules/server-action.h"

#include "base/str.h"

typedef struct ActionRow {
	const char *name;
	unsigned vm_states;
	unsigned task_states;
	bool any; /* whatever its states */
	bool launched;
	bool adopted;        /* also to a domain that others have made: nothing of theirs changes */
	bool power;          /* starts or ends the guest */
	Refusal with_shares; /* of a server that has any; REFUSAL_NONE: it may */
} ActionRow;

#define IN(state) (1u << (state))

#define CAN_HOLD_VOLUMES                                                                           \
	(IN(VM_ACTIVE) | IN(VM_PAUSED) | IN(VM_STOPPED) | IN(VM_RESIZED) | IN(VM_SOFT_DELETED) |   \
	 IN(VM_SHELVED) | IN(VM_SHELVED_OFFLOADED))

#define AT_REST IN(TASK_NONE)

/* What a hard reboot may end: another reboot, or a change of power that hangs. */
#define MAY_HANG                                                                                   \
	(AT_REST | IN(TASK_REBOOTING) | IN(TASK_REBOOTING_HARD) | IN(TASK_PAUSING) |               \
	 IN(TASK_UNPAUSING) | IN(TASK_SUSPENDING) | IN(TASK_RESUMING))

static const ActionRow actions[] = {
	[SERVER_ATTACH_VOLUME] = {"attach_volume", CAN_HOLD_VOLUMES, AT_REST, .launched = true,
				  .adopted = true},
	[SERVER_DETACH_VOLUME] = {"detach_volume", CAN_HOLD_VOLUMES, AT_REST, .launched = true,
				  .adopted = true},
	[SERVER_SWAP_VOLUME] = {"swap_volume", IN(VM_ACTIVE) | IN(VM_PAUSED) | IN(VM_RESIZED),
				AT_REST, .launched = true, .adopted = true},
	/* Only a definition that is written anew can have them. */
	[SERVER_ATTACH_SHARE] = {"create share", IN(VM_STOPPED), AT_REST, .launched = true},
	[SERVER_DETACH_SHARE] = {"delete share", IN(VM_STOPPED) | IN(VM_ERROR), AT_REST,
				 .launched = true},
	[SERVER_START] = {"start", IN(VM_STOPPED), AT_REST, .launched = true, .adopted = true,
			  .power = true},
	[SERVER_STOP] = {"stop", IN(VM_ACTIVE) | IN(VM_ERROR), AT_REST, .launched = true,
			 .adopted = true, .power = true},
	[SERVER_REBOOT_SOFT] = {"reboot", IN(VM_ACTIVE), AT_REST, .launched = true, .adopted = true,
				.power = true},
	[SERVER_REBOOT_HARD] = {"reboot",
				IN(VM_ACTIVE) | IN(VM_STOPPED) | IN(VM_PAUSED) | IN(VM_SUSPENDED) |
					IN(VM_ERROR),
				MAY_HANG, .launched = true, .adopted = true, .power = true},
	[SERVER_PAUSE] = {"pause", IN(VM_ACTIVE), AT_REST, .launched = true, .adopted = true},
	[SERVER_UNPAUSE] = {"unpause", IN(VM_PAUSED), AT_REST, .launched = true, .adopted = true},
	[SERVER_SUSPEND] = {"suspend", IN(VM_ACTIVE), AT_REST, .launched = true, .adopted = true,
			    .with_shares = REFUSAL_SERVER_CONFLICT},
	[SERVER_RESUME] = {"resume", IN(VM_SUSPENDED), AT_REST, .launched = true, .adopted = true},
	[SERVER_SHELVE] = {"shelve",
			   IN(VM_ACTIVE) | IN(VM_STOPPED) | IN(VM_PAUSED) | IN(VM_SUSPENDED),
			   AT_REST, .launched = true, .with_shares = REFUSAL_SERVER_CONFLICT},
	[SERVER_SHELVE_OFFLOAD] = {"shelveOffload", IN(VM_SHELVED), AT_REST, .launched = true},
	[SERVER_UNSHELVE] = {"unshelve", IN(VM_SHELVED) | IN(VM_SHELVED_OFFLOADED), AT_REST,
			     .launched = true},
	[SERVER_RESIZE] = {"resize", IN(VM_ACTIVE) | IN(VM_STOPPED), AT_REST, .launched = true,
			   .with_shares = REFUSAL_SERVER_CONFLICT},
	[SERVER_CONFIRM_RESIZE] = {"confirmResize", IN(VM_RESIZED), AT_REST, .launched = true},
	[SERVER_REVERT_RESIZE] = {"revertResize", IN(VM_RESIZED), AT_REST, .launched = true},
	[SERVER_REBUILD] = {"rebuild", IN(VM_ACTIVE) | IN(VM_STOPPED) | IN(VM_ERROR), AT_REST,
			    .launched = true, .with_shares = REFUSAL_BAD_INPUT},
	[SERVER_RESCUE] = {"rescue", IN(VM_ACTIVE) | IN(VM_STOPPED) | IN(VM_ERROR), AT_REST,
			   .launched = true, .power = true},
	[SERVER_UNRESCUE] = {"unrescue", IN(VM_RESCUED), AT_REST, .launched = true, .power = true},
	[SERVER_CREATE_IMAGE] = {"createImage",
				 IN(VM_ACTIVE) | IN(VM_STOPPED) | IN(VM_PAUSED) | IN(VM_SUSPENDED),
				 AT_REST, .launched = true},
	[SERVER_MIGRATE] = {"migrate", IN(VM_ACTIVE) | IN(VM_STOPPED), AT_REST, .launched = true,
			    .with_shares = REFUSAL_SERVER_CONFLICT},
	[SERVER_LIVE_MIGRATE] = {"os-migrateLive", IN(VM_ACTIVE) | IN(VM_PAUSED), AT_REST,
				 .launched = true, .with_shares = REFUSAL_SERVER_CONFLICT},
	[SERVER_EVACUATE] = {"evacuate", IN(VM_ACTIVE) | IN(VM_STOPPED) | IN(VM_ERROR), AT_REST,
			     .launched = true, .with_shares = REFUSAL_SERVER_CONFLICT},
	[SERVER_RESTORE] = {"restore", IN(VM_SOFT_DELETED), AT_REST, .launched = true,
			    .power = true},
	[SERVER_DELETE] = {.name = "delete", .any = true},
};
static_assert(ARRAY_SIZE(actions) == _SERVER_ACTION_MAX, "a row for each");

const char *server_action_name(ServerAction action)
{
	return actions[action].name;
}

bool server_is_shelved(const Server *server)
{
	return server->vm_state == VM_SHELVED || server->vm_state == VM_SHELVED_OFFLOADED;
}

static int refuse(const Server *server, const ActionRow *row, const char *attribute,
		  const char *value, RefusalData *ret)
{
	*ret = (RefusalData){
		.id = server->id,
		.action = row->name,
		.attribute = attribute,
		.value = value,
	};
	return REFUSAL_SERVER_STATE;
}

int server_refuse_vm_state(const Server *server, ServerAction action, RefusalData *ret)
{
	return refuse(server, &actions[action], "vm_state",
		      enum_name(&vm_state_names, server->vm_state), ret);
}

/* `vm_states` in the place of the row's. */
static int may(const Server *server, ServerAction action, unsigned vm_states, bool is_admin,
	       RefusalData *ret)
{
	const ActionRow *row = &actions[action];

	if (server->locked && !is_admin) {
		*ret = (RefusalData){.id = server->id};
		return REFUSAL_SERVER_LOCKED;
	}
	if (server->domain_name && !row->adopted) {
		*ret = (RefusalData){.id = server->id, .action = row->name};
		return REFUSAL_SERVER_ADOPTED;
	}
	if (row->any)
		return 0;
	if (!(vm_states & IN(server->vm_state)))
		return server_refuse_vm_state(server, action, ret);
	if (!(row->task_states & IN(server->task_state)))
		return refuse(server, row, "task_state",
			      enum_name(&task_state_names, server->task_state), ret);
	if (row->launched && !server->launched_us)
		return refuse(server, row, "launched_at", "None", ret);
	return 0;
}

int server_may(const Server *server, ServerAction action, bool is_admin, RefusalData *ret)
{
	return may(server, action, actions[action].vm_states, is_admin, ret);
}

int server_may_hot(const Server *server, ServerAction action, bool is_admin, RefusalData *ret)
{
	return may(server, action, IN(VM_ACTIVE), is_admin, ret);
}

bool server_action_is_power(ServerAction action)
{
	return actions[action].power;
}

bool server_action_starts(ServerAction action)
{
	return actions[action].power && action != SERVER_STOP;
}

int server_may_with_shares(ServerAction action, RefusalData *ret)
{
	const ActionRow *row = &actions[action];

	if (row->with_shares)
		*ret = (RefusalData){
			.action = row->name,
			.value = "Feature not supported with instances that have shares.",
		};
	return (int)row->with_shares;
}

bool disk_bus_is_known(const char *bus)
{
	return str_eq(bus, "virtio") || str_eq(bus, "scsi") || str_eq(bus, "sata");
}

static void name_with(const char *prefix, unsigned index, char out[static DEVICE_NAME_TEXT])
{
	char letters[8];
	size_t n = sizeof(letters) - 1;

	letters[n] = '\0';
	for (index++; index > 0; index = (index - 1) / 26)
		letters[--n] = (char)('a' + (index - 1) % 26);
	(void)snprintf(out, DEVICE_NAME_TEXT, "/dev/%s%s", prefix, letters + n);
}

void device_name(unsigned index, char out[static DEVICE_NAME_TEXT])
{
	name_with("vd", index, out);
}

static bool is_taken(const char *name, const char *const *taken, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, taken[i]))
			return true;
	return false;
}

void device_name_free_on(const char *bus, const char *const *taken, size_t count,
			 char out[static DEVICE_NAME_TEXT])
{
	const char *prefix = !bus || str_eq(bus, "virtio") ? "vd" : "sd";
	unsigned index = 0;

	do
		name_with(prefix, index++, out);
	while (is_taken(out, taken, count));
}

void device_name_free(const char *const *taken, size_t count, char out[static DEVICE_NAME_TEXT])
{
	device_name_free_on(NULL, taken, count, out);
}
