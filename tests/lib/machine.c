/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See machine.h.
 */
#include "tests/lib/machine.h"

static int status_count(const Machine *machine)
{
	return machine->status_count ? machine->status_count : machine->statuses->count;
}

/* --- the diagram --- */

/* Mermaid's names have no dashes. */
static void add_node(Buf *text, const char *name)
{
	for (; *name; name++)
		buf_add_char(text, *name == '-' ? '_' : *name);
}

static void add_edge(Buf *text, const Machine *machine, int from, int to)
{
	bool first = true;

	for (int event = 0; event < machine->events->count; event++) {
		if (event == machine->everywhere || machine->move(from, event, false) != to)
			continue;
		if (first) {
			buf_add(text, "    ");
			add_node(text, enum_name(machine->statuses, from));
			buf_add(text, " --> ");
			add_node(text, enum_name(machine->statuses, to));
			buf_add(text, " : ");
		}
		buf_printf(text, "%s%s", first ? "" : ", ", enum_name(machine->events, event));
		first = false;
	}
	if (!first)
		buf_add_char(text, '\n');
}

static void add_diagram(Buf *text, const Machine *machine)
{
	buf_add(text, "```mermaid\nstateDiagram-v2\n    [*] --> ");
	add_node(text, enum_name(machine->statuses, 0));
	buf_add_char(text, '\n');
	for (int from = 0; from < status_count(machine); from++)
		for (int to = 0; to < status_count(machine); to++)
			if (from != to)
				add_edge(text, machine, from, to);
	buf_add(text, "```\n\n");
}

/* --- the table --- */

typedef bool Pick(const Machine *machine, int status, int event);

static bool is_allowed(const Machine *machine, int status, int event)
{
	int to = machine->move(status, event, false);

	return to >= 0 && to != status;
}

static bool is_allowed_beside(const Machine *machine, int status, int event)
{
	return machine->move(status, event, false) < 0 && machine->move(status, event, true) >= 0;
}

static bool is_silent(const Machine *machine, int status, int event)
{
	return machine->move(status, event, false) == status;
}

/* The statuses that are picked; or, when they are the most, those that are not. */
static void add_set(Buf *text, const Machine *machine, int event, Pick *pick)
{
	int picked = 0, count = status_count(machine);
	const char *between = "";
	bool rest;

	for (int status = 0; status < count; status++)
		picked += pick(machine, status, event);
	rest = picked > count * 2 / 3;
	buf_add(text, rest && picked < count ? " any but" : rest ? " any" : "");
	for (int status = 0; status < count; status++) {
		if (pick(machine, status, event) == rest)
			continue;
		buf_printf(text, "%s %s", between, enum_name(machine->statuses, status));
		between = ",";
	}
	buf_add(text, " |");
}

static void add_result(Buf *text, const Machine *machine, int event)
{
	for (int status = 0; status < status_count(machine); status++) {
		if (!is_allowed(machine, status, event))
			continue;
		buf_printf(text, " %s",
			   enum_name(machine->statuses, machine->move(status, event, false)));
		break;
	}
	if (machine->settles && machine->settles(event))
		buf_add(text, ", settled");
	buf_add(text, " |");
}

static void add_table(Buf *text, const Machine *machine)
{
	buf_add(text, "| event | allowed in |");
	if (machine->beside)
		buf_printf(text, " %s |", machine->beside);
	buf_add(text, " becomes | says nothing in |\n");
	buf_printf(text, "| --- | --- |%s --- | --- |\n", machine->beside ? " --- |" : "");
	for (int event = 0; event < machine->events->count; event++) {
		buf_printf(text, "| %s |", enum_name(machine->events, event));
		add_set(text, machine, event, is_allowed);
		if (machine->beside)
			add_set(text, machine, event, is_allowed_beside);
		add_result(text, machine, event);
		add_set(text, machine, event, is_silent);
		buf_add_char(text, '\n');
	}
}

void machine_print(Buf *text, const Machine *machine)
{
	buf_printf(text, "\n## %s\n\n", machine->title);
	add_diagram(text, machine);
	if (machine->everywhere >= 0)
		buf_printf(text, "Not drawn: *%s*, allowed nearly everywhere.\n\n",
			   enum_name(machine->events, machine->everywhere));
	add_table(text, machine);
}
