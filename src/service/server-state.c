/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The states a server is left in by the end of an operation, and by what its guest does alone.
 */
#include "base/clock.h"
#include "service/priv.h"

enum { FAULT_CODE = 500 };

void server_rest(Server *server, VmState vm_state, PowerState power)
{
	server->vm_state = (int)vm_state;
	server->power_state = power;
	if (server->task_state != TASK_DELETING && server->task_state != TASK_REBOOTING_HARD)
		server->task_state = TASK_NONE;
	server->updated_us = clock_now_us();
	if (vm_state != VM_SHELVED)
		server->shelved_us = 0;
	else if (!server->shelved_us)
		server->shelved_us = clock_steady_us();
}

void server_break(Server *server, const char *reason)
{
	server_rest(server, VM_ERROR, POWER_NONE);
	server->fault_code = FAULT_CODE;
	server->fault_message = reason;
	server->fault_us = server->updated_us;
}

bool server_follow(Server *server, DomainState state)
{
	int vm_state = server->vm_state;
	int64_t power = server->power_state;
	bool lives = vm_state == VM_ACTIVE || vm_state == VM_PAUSED || vm_state == VM_STOPPED ||
		     vm_state == VM_SUSPENDED;

	switch (state) {
	case DOMAIN_RUNNING:
		power = POWER_RUNNING;
		vm_state = lives ? VM_ACTIVE : vm_state;
		break;
	case DOMAIN_PAUSED:
		power = POWER_PAUSED;
		vm_state = lives ? VM_PAUSED : vm_state;
		break;
	case DOMAIN_CRASHED:
		power = POWER_CRASHED;
		vm_state = lives ? VM_STOPPED : vm_state;
		break;
	case DOMAIN_SAVED:
		power = POWER_SUSPENDED;
		vm_state = lives ? VM_SUSPENDED : vm_state;
		break;
	case DOMAIN_ABSENT:
	case DOMAIN_OFF:
	case _DOMAIN_STATE_MAX:
		/* A crash stays visible until somebody does something about it. */
		power = power == POWER_CRASHED ? power : POWER_SHUTDOWN;
		vm_state = lives ? VM_STOPPED : vm_state;
		break;
	}
	if (vm_state == server->vm_state && power == server->power_state)
		return false;
	server->vm_state = vm_state;
	server->power_state = power;
	return true;
}

int service_power_changed(Tx *tx, Arena *arena, const char *server_id, DomainState state, Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, server_id, &server, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (server->vm_state == VM_DELETED || server->vm_state == VM_BUILDING ||
	    server->task_state != TASK_NONE)
		return 0;
	r = server_shares_seen(tx, arena, server_id, domain_is_up(state), f);
	if (r || server->vm_state == VM_ERROR || !server_follow(server, state))
		return r;
	server->updated_us = clock_now_us();
	return fault_unexpected(f, server_update(tx, server, f));
}
