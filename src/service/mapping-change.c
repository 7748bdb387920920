/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a server's mapping of a volume says is changed: whether the volume goes with its server, and
 * nothing else. No state and no lock says no, and no host hears of it. Clients send back what they
 * have read: members that cannot change have to be what they are.
 */
#include "service/attach.h"

#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/server.h"

static bool is_same_id(const char *said, const char *id)
{
	char canonical[UUID_TEXT];

	return !said || (uuid_canonical(said, canonical) && str_eq(canonical, id));
}

static int refuse_member(Work *work, const char *name)
{
	return work_refuse(work, REFUSAL_BAD_INPUT, "The %s property is not mutable", name);
}

static int check_members(Work *work, const MappingWish *wish, const Attachment *attachment)
{
	if (!is_same_id(wish->said_id, attachment->volume_id))
		return refuse_member(work, "id");
	if (!is_same_id(wish->said_server_id, attachment->server_id))
		return refuse_member(work, "serverId");
	if (wish->has_device && !str_eq(wish->said_device, attachment->device))
		return refuse_member(work, "device");
	if (wish->said_tag && !str_eq(wish->said_tag, attachment->tag))
		return refuse_member(work, "tag");
	return 0;
}

int service_change_mapping(Work *work, const MappingWish *wish, Fault *f)
{
	char canonical[UUID_TEXT];
	Attachment *attachment;
	Server *server;
	int r;

	r = service_find_server(work, wish->server_id, &server, f);
	if (r)
		return r;
	r = uuid_canonical(wish->volume_id, canonical)
		    ? attachment_of(work->tx, work->arena, server->id, canonical, &attachment, f)
		    : RECORD_NOT_FOUND;
	if (r == RECORD_NOT_FOUND)
		return work_refuse(work, REFUSAL_NOT_THERE,
				   "No volume Block Device Mapping with id %s.", wish->volume_id);
	if (r)
		return fault_unexpected(f, r);
	r = check_members(work, wish, attachment);
	if (r || !wish->has_delete_on_termination)
		return r;
	attachment->delete_on_termination = wish->delete_on_termination;
	attachment->updated_us = work->now_us;
	return fault_unexpected(f, attachment_update(work->tx, attachment, f));
}
