/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An attachment comes to be: the volume is reserved, and connected in the same transaction when the
 * client says where it is to go. Whatever is refused leaves nothing behind.
 */
#include "base/str.h"
#include "service/attachment.h"
#include "service/priv.h"
#include "service/volume.h"

static int check_volume(Work *work, const Volume *volume)
{
	const char *status = enum_name(&volume_status_names, volume->status);

	if (!strstr(status, "error"))
		return 0;
	work->refused = (RefusalData){
		/* clients know the blank at the end */
		.value =
			arena_printf(work->arena,
				     "Invalid volume: Volume attachments can not be created if "
				     "the volume is in an error state. The Volume %s currently has "
				     "a status of: %s ",
				     volume->id, status)};
	return REFUSAL_BAD_INPUT;
}

/*
 * A server that has the volume gets another attachment of it while it moves to another host; the
 * volume's status does not change for that.
 */
static int check_move(Work *work, const Volume *volume, const char *server_id, bool *ret, Fault *f)
{
	Attachment **all;
	size_t count;
	int r;

	*ret = false;
	if (!server_id || (volume->status != VOLUME_IN_USE && volume->status != VOLUME_RESERVED))
		return 0;
	r = attachments_of_volume(work->tx, work->arena, volume->id, &all, &count, f);
	for (size_t i = 0; r == 0 && i < count; i++)
		*ret = *ret || str_eq(all[i]->server_id, server_id);
	return fault_unexpected(f, r);
}

static int refuse_reserve(Work *work, const Volume *volume)
{
	work->refused = (RefusalData){
		.id = volume->id,
		.action = volume->multiattach ? "reserve multiattach" : "reserve",
		.value = enum_name(&volume_status_names, volume->status),
	};
	return REFUSAL_VOLUME_STATE;
}

/* With a host to go to the volume is connected at once, and the row is written once. */
static int reserve(Work *work, Volume *volume, const char *server_id, bool connects, Fault *f)
{
	const Volume was = *volume;
	bool moves = false;
	VolumeStatus status;
	int r;

	r = volume_check_swap(work->tx, work->arena, volume, f);
	if (r)
		return r < 0 ? r : refuse_reserve(work, volume);
	if (volume_status_move(volume, VOLUME_EVENT_RESERVE, &status)) {
		r = check_move(work, volume, server_id, &moves, f);
		if (r)
			return r;
		if (!moves)
			return refuse_reserve(work, volume);
		return connects ? attachment_connect_volume(work, &was, volume, f) : 0;
	}
	if (!connects)
		return fault_unexpected(f, volume_move_from(work->tx, work->arena, &was, volume,
							    VOLUME_EVENT_RESERVE, f));
	volume->status = (int)status;
	return attachment_connect_volume(work, &was, volume, f);
}

static Attachment *attachment_make(Work *work, const AttachmentWish *wish, const Volume *volume)
{
	Attachment *attachment = ARENA_NEW(work->arena, Attachment);

	*attachment = (Attachment){
		.id = new_uuid(work->arena),
		.volume_id = volume->id,
		.project_id = volume->project_id,
		.server_id = wish->server_id,
		.status = ATTACHMENT_RESERVED,
		.mode = volume->readonly ? ATTACH_MODE_RO : (int)wish->mode,
		.boot_index = -1,
		.created_us = work->now_us,
		.updated_us = work->now_us,
	};
	return attachment;
}

int service_create_attachment(Work *work, const AttachmentWish *wish, Attachment **ret,
			      const char **ret_operation, Fault *f)
{
	Connector connector;
	Volume *volume;
	int r;

	*ret_operation = NULL;
	r = service_find_volume(work, wish->volume_id, &volume, f);
	if (!r)
		r = check_volume(work, volume);
	if (!r)
		r = connector_take(work, wish->connector, &connector);
	if (r)
		return r;
	*ret = attachment_make(work, wish, volume);
	if (connector.json) {
		r = attachment_prepare(work, volume, &connector, *ret, f);
		(*ret)->status = ATTACHMENT_ATTACHING;
	}
	if (!r)
		r = reserve(work, volume, wish->server_id, connector.json, f);
	if (r)
		return r;
	r = attachment_insert(work->tx, *ret, f);
	if (r)
		return fault_unexpected(f, r);
	return attachment_export(work, "create-attachment", (*ret)->mode, *ret, ret_operation, f);
}
