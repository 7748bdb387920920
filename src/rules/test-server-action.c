/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every action in every state of a server, held against the contract's lists; and disk names.
 */
#include "rules/server-action.h"

#include "tests/lib/test.h"

#define END -1

/* What the contract lists, by action. */
static const struct {
	int vm_states[8];
	int task_states[8];
} allowed[_SERVER_ACTION_MAX] = {
	[SERVER_ATTACH_VOLUME] = {{VM_ACTIVE, VM_PAUSED, VM_STOPPED, VM_RESIZED, VM_SOFT_DELETED,
				   VM_SHELVED, VM_SHELVED_OFFLOADED, END},
				  {TASK_NONE, END}},
	[SERVER_DETACH_VOLUME] = {{VM_ACTIVE, VM_PAUSED, VM_STOPPED, VM_RESIZED, VM_SOFT_DELETED,
				   VM_SHELVED, VM_SHELVED_OFFLOADED, END},
				  {TASK_NONE, END}},
	[SERVER_START] = {{VM_STOPPED, END}, {TASK_NONE, END}},
	[SERVER_STOP] = {{VM_ACTIVE, VM_ERROR, END}, {TASK_NONE, END}},
	[SERVER_REBOOT_SOFT] = {{VM_ACTIVE, END}, {TASK_NONE, END}},
	[SERVER_REBOOT_HARD] = {{VM_ACTIVE, VM_STOPPED, VM_PAUSED, VM_SUSPENDED, VM_ERROR, END},
				{TASK_NONE, TASK_REBOOTING, TASK_REBOOTING_HARD, TASK_PAUSING,
				 TASK_UNPAUSING, TASK_SUSPENDING, TASK_RESUMING, END}},
	[SERVER_SWAP_VOLUME] = {{VM_ACTIVE, VM_PAUSED, VM_RESIZED, END}, {TASK_NONE, END}},
	[SERVER_ATTACH_SHARE] = {{VM_STOPPED, END}, {TASK_NONE, END}},
	[SERVER_DETACH_SHARE] = {{VM_STOPPED, VM_ERROR, END}, {TASK_NONE, END}},
	[SERVER_PAUSE] = {{VM_ACTIVE, END}, {TASK_NONE, END}},
	[SERVER_UNPAUSE] = {{VM_PAUSED, END}, {TASK_NONE, END}},
	[SERVER_SUSPEND] = {{VM_ACTIVE, END}, {TASK_NONE, END}},
	[SERVER_RESUME] = {{VM_SUSPENDED, END}, {TASK_NONE, END}},
	[SERVER_SHELVE] = {{VM_ACTIVE, VM_STOPPED, VM_PAUSED, VM_SUSPENDED, END}, {TASK_NONE, END}},
	[SERVER_SHELVE_OFFLOAD] = {{VM_SHELVED, END}, {TASK_NONE, END}},
	[SERVER_UNSHELVE] = {{VM_SHELVED, VM_SHELVED_OFFLOADED, END}, {TASK_NONE, END}},
	[SERVER_RESIZE] = {{VM_ACTIVE, VM_STOPPED, END}, {TASK_NONE, END}},
	[SERVER_CONFIRM_RESIZE] = {{VM_RESIZED, END}, {TASK_NONE, END}},
	[SERVER_REVERT_RESIZE] = {{VM_RESIZED, END}, {TASK_NONE, END}},
	[SERVER_REBUILD] = {{VM_ACTIVE, VM_STOPPED, VM_ERROR, END}, {TASK_NONE, END}},
	[SERVER_RESCUE] = {{VM_ACTIVE, VM_STOPPED, VM_ERROR, END}, {TASK_NONE, END}},
	[SERVER_UNRESCUE] = {{VM_RESCUED, END}, {TASK_NONE, END}},
	[SERVER_CREATE_IMAGE] = {{VM_ACTIVE, VM_STOPPED, VM_PAUSED, VM_SUSPENDED, END},
				 {TASK_NONE, END}},
	[SERVER_MIGRATE] = {{VM_ACTIVE, VM_STOPPED, END}, {TASK_NONE, END}},
	[SERVER_LIVE_MIGRATE] = {{VM_ACTIVE, VM_PAUSED, END}, {TASK_NONE, END}},
	[SERVER_EVACUATE] = {{VM_ACTIVE, VM_STOPPED, VM_ERROR, END}, {TASK_NONE, END}},
	[SERVER_RESTORE] = {{VM_SOFT_DELETED, END}, {TASK_NONE, END}},
};

static bool listed(const int *list, int value)
{
	for (; *list != END; list++)
		if (*list == value)
			return true;
	return false;
}

static void check(ServerAction action, int vm_state, int task_state)
{
	Server server = {
		.id = "s", .vm_state = vm_state, .task_state = task_state, .launched_us = 1};
	RefusalData data = {0};
	int r = server_may(&server, action, false, &data);

	if (action == SERVER_DELETE) {
		assert_int_equal(r, 0);
		return;
	}
	if (!listed(allowed[action].vm_states, vm_state)) {
		assert_int_equal(r, REFUSAL_SERVER_STATE);
		assert_string_equal(data.attribute, "vm_state");
		assert_string_equal(data.value, enum_name(&vm_state_names, vm_state));
	} else if (!listed(allowed[action].task_states, task_state)) {
		assert_int_equal(r, REFUSAL_SERVER_STATE);
		assert_string_equal(data.attribute, "task_state");
		assert_string_equal(data.value, enum_name(&task_state_names, task_state));
	} else {
		assert_int_equal(r, 0);
	}
	if (r) {
		assert_string_equal(data.id, "s");
		assert_string_equal(data.action, server_action_name(action));
	}
}

TEST(every_action_in_every_state)
{
	for (int action = 0; action < _SERVER_ACTION_MAX; action++)
		for (int vm_state = 0; vm_state < _VM_STATE_MAX; vm_state++)
			for (int task_state = 0; task_state < _TASK_STATE_MAX; task_state++)
				check((ServerAction)action, vm_state, task_state);
}

TEST(a_server_that_never_ran)
{
	Server server = {.id = "s", .vm_state = VM_ACTIVE};
	RefusalData data = {0};

	assert_int_equal(server_may(&server, SERVER_ATTACH_VOLUME, true, &data),
			 REFUSAL_SERVER_STATE);
	assert_string_equal(data.attribute, "launched_at");
}

TEST(a_lock_holds_everybody_but_admins)
{
	Server server = {.id = "s", .vm_state = VM_ACTIVE, .locked = true, .launched_us = 1};
	RefusalData data = {0};

	for (int action = 0; action < _SERVER_ACTION_MAX; action++)
		assert_int_equal(server_may(&server, (ServerAction)action, false, &data),
				 REFUSAL_SERVER_LOCKED);
	assert_int_equal(server_may(&server, SERVER_DELETE, true, &data), 0);
	assert_int_equal(server_may(&server, SERVER_ATTACH_VOLUME, true, &data), 0);
}

/* What would write its definition or its disks anew, or take it away, is not done. */
TEST(an_adopted_domain_stays_its_owners)
{
	static const int refused[] = {
		SERVER_SHELVE,       SERVER_SHELVE_OFFLOAD, SERVER_UNSHELVE,
		SERVER_RESIZE,       SERVER_CONFIRM_RESIZE, SERVER_REVERT_RESIZE,
		SERVER_REBUILD,      SERVER_RESCUE,         SERVER_UNRESCUE,
		SERVER_CREATE_IMAGE, SERVER_MIGRATE,        SERVER_LIVE_MIGRATE,
		SERVER_EVACUATE,     SERVER_RESTORE,        SERVER_DELETE,
		SERVER_ATTACH_SHARE, SERVER_DETACH_SHARE,   END,
	};
	Server server = {.id = "s", .vm_state = VM_ACTIVE, .domain_name = "d", .launched_us = 1};
	RefusalData data = {0};

	for (int action = 0; action < _SERVER_ACTION_MAX; action++) {
		int r = server_may(&server, (ServerAction)action, true, &data);

		assert_int_equal(r == REFUSAL_SERVER_ADOPTED, listed(refused, action));
		if (r == REFUSAL_SERVER_ADOPTED)
			assert_string_equal(data.action, server_action_name((ServerAction)action));
	}
}

/* The contract's list: a virtio-fs guest can be neither moved nor saved, nor made anew. */
TEST(what_a_server_with_shares_cannot)
{
	static const int conflicts[] = {SERVER_SUSPEND,
					SERVER_SHELVE,
					SERVER_RESIZE,
					SERVER_MIGRATE,
					SERVER_LIVE_MIGRATE,
					SERVER_EVACUATE,
					END};

	for (int action = 0; action < _SERVER_ACTION_MAX; action++) {
		RefusalData data = {0};
		int r = server_may_with_shares((ServerAction)action, &data);
		int expected = listed(conflicts, action)  ? REFUSAL_SERVER_CONFLICT
			       : action == SERVER_REBUILD ? REFUSAL_BAD_INPUT
							  : REFUSAL_NONE;

		assert_int_equal(r, expected);
		if (r)
			assert_string_equal(
				data.value,
				"Feature not supported with instances that have shares.");
	}
}

TEST(disk_names)
{
	char name[DEVICE_NAME_TEXT];

	device_name(0, name);
	assert_string_equal(name, "/dev/vda");
	device_name(25, name);
	assert_string_equal(name, "/dev/vdz");
	device_name(26, name);
	assert_string_equal(name, "/dev/vdaa");
	device_name(26 + 26 * 26, name);
	assert_string_equal(name, "/dev/vdaaa");
}

TEST(the_first_free_letter_is_used_again)
{
	const char *taken[] = {"/dev/vda", NULL, "/dev/vdc"};
	char name[DEVICE_NAME_TEXT];

	device_name_free(taken, ARRAY_SIZE(taken), name);
	assert_string_equal(name, "/dev/vdb");
	device_name_free(NULL, 0, name);
	assert_string_equal(name, "/dev/vda");
	device_name_free_on("scsi", taken, ARRAY_SIZE(taken), name);
	assert_string_equal(name, "/dev/sda");
	device_name_free_on("virtio", taken, ARRAY_SIZE(taken), name);
	assert_string_equal(name, "/dev/vdb");
}

TEST(some_is_also_done_to_a_guest_that_runs)
{
	Server server = {.id = "s", .vm_state = VM_ACTIVE, .launched_us = 1};
	RefusalData data = {0};

	assert_int_equal(server_may_hot(&server, SERVER_ATTACH_SHARE, false, &data), 0);
	server.task_state = TASK_REBOOTING;
	assert_int_equal(server_may_hot(&server, SERVER_ATTACH_SHARE, false, &data),
			 REFUSAL_SERVER_STATE);
	assert_string_equal(data.attribute, "task_state");
	server = (Server){.id = "s", .vm_state = VM_STOPPED, .launched_us = 1};
	assert_int_equal(server_may_hot(&server, SERVER_ATTACH_SHARE, false, &data),
			 REFUSAL_SERVER_STATE);
	assert_string_equal(data.attribute, "vm_state");
	server = (Server){.id = "s", .vm_state = VM_ACTIVE, .launched_us = 1, .locked = true};
	assert_int_equal(server_may_hot(&server, SERVER_DETACH_SHARE, false, &data),
			 REFUSAL_SERVER_LOCKED);
}
