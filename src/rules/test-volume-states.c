/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * docs/volume-states.md shows the tables of volume-status.c and attachment-status.c as they are.
 * REGEN=1 writes that part of it anew.
 */
#include "base/str.h"
#include "rules/attachment-status.h"
#include "rules/volume-status.h"
#include "tests/lib/page.h"
#include "tests/lib/test.h"

#define MARK "<!-- From here on it is written by test-rules-volume-states. -->\n"

/* What an event makes of a status; the status itself where it says nothing, -1 where refused. */
typedef struct Machine {
	const char *title;
	const EnumNames *statuses;
	const EnumNames *events;
	int (*move)(int status, int event, bool multiattach);
	bool multiattach; /* there is a second column for it */
	int everywhere;   /* an event that the diagram leaves out; -1: none */
} Machine;

static int move_volume(int status, int event, bool multiattach)
{
	const Volume volume = {.status = status, .multiattach = multiattach};
	VolumeStatus to;

	return volume_status_move(&volume, (VolumeEvent)event, &to) ? -1 : (int)to;
}

static int move_attachment(int status, int event, bool multiattach)
{
	AttachStatus to;

	(void)multiattach; /* an attachment is one server's */
	return attachment_status_move((AttachStatus)status, (AttachmentEvent)event, &to) ? -1
											 : (int)to;
}

static const Machine volumes = {
	.title = "Volumes",
	.statuses = &volume_status_names,
	.events = &volume_event_names,
	.move = move_volume,
	.multiattach = true,
	.everywhere = VOLUME_EVENT_FORCE_DELETE,
};

static const Machine attachments = {
	.title = "Attachments",
	.statuses = &attach_status_names,
	.events = &attachment_event_names,
	.move = move_attachment,
	.everywhere = ATTACHMENT_EVENT_DISCONNECT_FAILED,
};

/* The diagram. -----------------------------------------------------------------------------------
 */

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
	for (int from = 0; from < machine->statuses->count; from++)
		for (int to = 0; to < machine->statuses->count; to++)
			if (from != to)
				add_edge(text, machine, from, to);
	buf_add(text, "```\n\n");
}

/* The table. -------------------------------------------------------------------------------------
 */

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
	int picked = 0, count = machine->statuses->count;
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
	for (int status = 0; status < machine->statuses->count; status++) {
		if (!is_allowed(machine, status, event))
			continue;
		buf_printf(text, " %s",
			   enum_name(machine->statuses, machine->move(status, event, false)));
		break;
	}
	if (machine == &volumes && volume_event_settles((VolumeEvent)event))
		buf_add(text, ", settled");
	buf_add(text, " |");
}

static void add_table(Buf *text, const Machine *machine)
{
	buf_printf(text, "| event | allowed in |%s becomes | says nothing in |\n",
		   machine->multiattach ? " for multiattach also in |" : "");
	buf_printf(text, "| --- | --- |%s --- | --- |\n", machine->multiattach ? " --- |" : "");
	for (int event = 0; event < machine->events->count; event++) {
		buf_printf(text, "| %s |", enum_name(machine->events, event));
		add_set(text, machine, event, is_allowed);
		if (machine->multiattach)
			add_set(text, machine, event, is_allowed_beside);
		add_result(text, machine, event);
		add_set(text, machine, event, is_silent);
		buf_add_char(text, '\n');
	}
}

static void add_machine(Buf *text, const Machine *machine)
{
	buf_printf(text, "\n## %s\n\n", machine->title);
	add_diagram(text, machine);
	if (machine->everywhere >= 0)
		buf_printf(text, "Not drawn: *%s*, allowed nearly everywhere.\n\n",
			   enum_name(machine->events, machine->everywhere));
	add_table(text, machine);
}

TEST(the_page_shows_the_tables)
{
	_cleanup_(buf_done) Buf text = {0};

	add_machine(&text, &volumes);
	add_machine(&text, &attachments);
	page_check("volume-states.md", MARK, buf_text(&text), "test-rules-volume-states");
}
