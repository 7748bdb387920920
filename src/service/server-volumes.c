/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The volumes of a server that leaves its host and comes back to it, all at once. While it is away
 * they are reserved for it: nobody else gets them, no host has them, and their names in the guest
 * stay theirs.
 */
#include "base/clock.h"
#include "base/str.h"
#include "service/priv.h"

/* One attachment of a server's volumes. */
typedef int Visit(Tx *tx, Arena *arena, Attachment *attachment, Fault *f);

static int for_each(Tx *tx, Arena *arena, const char *server_id, Visit *visit, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_server(tx, arena, server_id, &attachments, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		if (attachments[i]->mapping_id)
			r = visit(tx, arena, attachments[i], f);
	return fault_unexpected(f, r);
}

static int reserve(Tx *tx, Arena *arena, Attachment *attachment, Fault *f)
{
	const char *device = attachment->device;
	int r;

	attachment_clear(attachment);
	attachment->device = device;
	r = attachment_move(tx, attachment, ATTACHMENT_EVENT_SHELVE, f);
	return r ? r : volume_settle(tx, arena, attachment->volume_id, f);
}

int server_volumes_reserve(Tx *tx, Arena *arena, const char *server_id, Fault *f)
{
	return for_each(tx, arena, server_id, reserve, f);
}

/* What the guest got with its domain; a volume that an admin has changed is left alone. */
static int attach(Tx *tx, Arena *arena, Attachment *attachment, Fault *f)
{
	int r;

	if (attachment->status != ATTACHMENT_RESERVED)
		return 0;
	r = attachment_move(tx, attachment, ATTACHMENT_EVENT_CONNECT, f);
	return r ? r : attach_complete(tx, arena, attachment, f);
}

int server_volumes_attach(Tx *tx, Arena *arena, const char *server_id, Fault *f)
{
	return for_each(tx, arena, server_id, attach, f);
}

static int fill(Work *work, const Server *server, Attachment *attachment, Fault *f)
{
	const char *device = attachment->device;
	Volume *volume;
	int r = 0;

	if (!str_after(device, "/dev/"))
		r = attach_choose_device(work, server, &device, f);
	if (r)
		return r;
	r = volume_get(work->tx, work->arena, attachment->volume_id, &volume, f);
	if (!r)
		r = attach_fill(work, volume, server, device, attachment, f);
	if (r)
		return fault_unexpected(f, r);
	attachment->updated_us = work->now_us;
	return fault_unexpected(f, attachment_update(work->tx, attachment, f));
}

int server_volumes_fill(Work *work, const Server *server, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_server(work->tx, work->arena, server->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; !r && i < count; i++)
		if (attachments[i]->mapping_id)
			r = fill(work, server, attachments[i], f);
	return r;
}
