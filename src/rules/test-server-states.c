/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * docs/server-states.md shows the table of server-action.c as it is. REGEN=1 writes that part of it
 * anew. tests/api/test_server_states.py reads it back and holds the API against it.
 */
#include "base/str.h"
#include "rules/server-action.h"
#include "tests/lib/page.h"
#include "tests/lib/test.h"

#define MARK "<!-- From here on it is written by test-rules-server-states. -->\n"

static bool is_allowed(ServerAction action, VmState vm_state, TaskState task)
{
	const Server server = {
		.vm_state = (int)vm_state, .task_state = (int)task, .launched_us = 1};
	RefusalData refused;

	return server_may(&server, action, false, &refused) == 0;
}

static bool is_allowed_somewhere(ServerAction action, TaskState task)
{
	for (VmState vm_state = 0; vm_state < _VM_STATE_MAX; vm_state++)
		if (is_allowed(action, vm_state, task))
			return true;
	return false;
}

/* Two actions of one name differ by what is said beside it. */
static void add_name(Buf *text, ServerAction action)
{
	buf_printf(text, "| %s%s", server_action_name(action),
		   action == SERVER_REBOOT_SOFT   ? " SOFT"
		   : action == SERVER_REBOOT_HARD ? " HARD"
						  : "");
}

static void add_states(Buf *text)
{
	buf_add(text, "\n## Where an action may find a server\n\n| action |");
	for (VmState state = 0; state < VM_DELETED; state++)
		buf_printf(text, " %s |", enum_name(&vm_state_names, (int)state));
	buf_add(text, "\n| --- |");
	for (VmState state = 0; state < VM_DELETED; state++)
		buf_add(text, " --- |");
	buf_add_char(text, '\n');
	for (ServerAction action = 0; action < _SERVER_ACTION_MAX; action++) {
		add_name(text, action);
		for (VmState state = 0; state < VM_DELETED; state++)
			buf_add(text, is_allowed(action, state, TASK_NONE) ? " | yes" : " | ");
		buf_add(text, " |\n");
	}
}

static void add_tasks(Buf *text)
{
	buf_add(text, "\n## What it may interrupt\n\nAll others want a server that is not busy.\n\n"
		      "| action | also while |\n| --- | --- |\n");
	for (ServerAction action = 0; action < _SERVER_ACTION_MAX; action++) {
		const char *between = "";

		for (TaskState task = TASK_NONE + 1; task < _TASK_STATE_MAX; task++) {
			if (!is_allowed_somewhere(action, task))
				continue;
			if (str_empty(between))
				add_name(text, action);
			buf_printf(text, "%s %s", str_empty(between) ? " |" : between,
				   enum_name(&task_state_names, (int)task));
			between = ",";
		}
		buf_add(text, str_empty(between) ? "" : " |\n");
	}
}

TEST(the_page_shows_the_table)
{
	_cleanup_(buf_done) Buf text = {0};

	add_states(&text);
	add_tasks(&text);
	page_check("server-states.md", MARK, buf_text(&text), "test-rules-server-states");
}
