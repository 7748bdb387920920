/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What may be done to a server in which state, and how its disks are named.
 */
#pragma once

#include "base/macros.h"
#include "model/server.h"
#include "rules/refusal.h"

typedef enum ServerAction {
	SERVER_ATTACH_VOLUME,
	SERVER_DETACH_VOLUME,
	SERVER_SWAP_VOLUME,
	SERVER_ATTACH_SHARE,
	SERVER_DETACH_SHARE,
	SERVER_START,
	SERVER_STOP,
	SERVER_REBOOT_SOFT,
	SERVER_REBOOT_HARD,
	SERVER_PAUSE,
	SERVER_UNPAUSE,
	SERVER_SUSPEND,
	SERVER_RESUME,
	SERVER_SHELVE,
	SERVER_SHELVE_OFFLOAD,
	SERVER_UNSHELVE,
	SERVER_RESIZE,
	SERVER_CONFIRM_RESIZE,
	SERVER_REVERT_RESIZE,
	SERVER_REBUILD,
	SERVER_RESCUE,
	SERVER_UNRESCUE,
	SERVER_CREATE_IMAGE,
	SERVER_MIGRATE,
	SERVER_LIVE_MIGRATE,
	SERVER_EVACUATE,
	SERVER_RESTORE,
	SERVER_DELETE,
	_SERVER_ACTION_MAX,
} ServerAction;

/* The name that texts and instance actions use: "attach_volume", "reboot". */
const char *server_action_name(ServerAction action);

/* Whether a server is shelved, offloaded or not: older clients may not attach to those. */
bool server_is_shelved(const Server *server);

/* Refuse an action for the server's vm_state, in the words of REFUSAL_SERVER_STATE. */
int server_refuse_vm_state(const Server *server, ServerAction action, RefusalData *ret);

/*
 * Whether the lock and the states of a server allow an action, and whether it may be done to a
 * domain that is not ours. 0, REFUSAL_SERVER_LOCKED, REFUSAL_SERVER_ADOPTED or
 * REFUSAL_SERVER_STATE, with *ret filled.
 */
_must_use_ int server_may(const Server *server, ServerAction action, bool is_admin,
			  RefusalData *ret);
/* Likewise of what is done to a server while its guest runs, and only then. */
_must_use_ int server_may_hot(const Server *server, ServerAction action, bool is_admin,
			      RefusalData *ret);

/* Whether it starts or ends the guest of a server, so that its shares come or go; or starts it. */
bool server_action_is_power(ServerAction action);
bool server_action_starts(ServerAction action);

/*
 * Refuse, in the contract's words, an action for which a server may have no shares: their guests
 * cannot be moved or saved. To be asked before server_may() where it has any. 0,
 * REFUSAL_SERVER_CONFLICT or, of a rebuild, REFUSAL_BAD_INPUT.
 */
_must_use_ int server_may_with_shares(ServerAction action, RefusalData *ret);

enum { DEVICE_NAME_TEXT = 16 };

/* The index-th disk's name: "/dev/vda", ... "/dev/vdz", "/dev/vdaa". */
void device_name(unsigned index, char out[static DEVICE_NAME_TEXT]);

/* Whether disks can be on that bus here. */
bool disk_bus_is_known(const char *bus);

/* The first of these names that none of `taken` has; NULL entries are skipped. */
void device_name_free(const char *const *taken, size_t count, char out[static DEVICE_NAME_TEXT]);
/* Likewise on a bus, which may give other names: "/dev/sda". NULL: the usual one. */
void device_name_free_on(const char *bus, const char *const *taken, size_t count,
			 char out[static DEVICE_NAME_TEXT]);
