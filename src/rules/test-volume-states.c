/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * docs/volume-states.md shows the tables of volume-status.c and attachment-status.c as they are.
 * REGEN=1 writes that part of it anew.
 */
#include "rules/attachment-status.h"
#include "rules/volume-status.h"
#include "tests/lib/machine.h"
#include "tests/lib/page.h"
#include "tests/lib/test.h"

#define MARK "<!-- From here on it is written by test-rules-volume-states. -->\n"

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

static bool volume_settles(int event)
{
	return volume_event_settles((VolumeEvent)event);
}

static const Machine volumes = {
	.title = "Volumes",
	.statuses = &volume_status_names,
	.events = &volume_event_names,
	.move = move_volume,
	.beside = "for multiattach also in",
	.settles = volume_settles,
	.everywhere = VOLUME_EVENT_FORCE_DELETE,
};

static const Machine attachments = {
	.title = "Attachments",
	.statuses = &attach_status_names,
	.events = &attachment_event_names,
	.move = move_attachment,
	.everywhere = ATTACHMENT_EVENT_DISCONNECT_FAILED,
};

TEST(the_page_shows_the_tables)
{
	_cleanup_(buf_done) Buf text = {0};

	machine_print(&text, &volumes);
	machine_print(&text, &attachments);
	page_check("volume-states.md", MARK, buf_text(&text), "test-rules-volume-states");
}
