/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attaching and detaching the old way: the client, who has connected the volume by itself
 * (volume-connection.c), says that it has it, and that it has let go. Every call may be repeated.
 */
#include "base/str.h"
#include "service/attachment-guard.h"
#include "service/attachment.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-action.h"
#include "service/volume.h"

static int refuse_state(Work *work, const Volume *volume, const char *action)
{
	work->refused = (RefusalData){
		.id = volume->id,
		.action = action,
		.value = enum_name(&volume_status_names, volume->status),
	};
	return REFUSAL_VOLUME_STATE;
}

static int refuse_input(Work *work, const char *sentence)
{
	work->refused = (RefusalData){.value = sentence};
	return REFUSAL_BAD_INPUT;
}

int volume_find_unmaintained(Work *work, const char *id, const char *action, Volume **ret, Fault *f)
{
	int r = service_find_volume(work, id, ret, f);

	if (r)
		return r;
	return (*ret)->status == VOLUME_MAINTENANCE ? refuse_state(work, *ret, action) : 0;
}

/* os-attach. --------------------------------------------------------------------------------------
 */

static bool is_same_client(const Attachment *attachment, const LegacyAttachWish *wish)
{
	if (wish->instance_id)
		return str_eq(attachment->server_id, wish->instance_id);
	return !attachment->server_id && str_eq(attachment->host, wish->host);
}

static int check_mode(Work *work, const Volume *volume, AttachMode mode)
{
	const char *name = enum_name(&attach_mode_names, (int)mode);
	const char *before = text_map_value(work->arena, volume->admin_metadata, "attached_mode");

	if (volume->status == VOLUME_ATTACHING && before && !str_eq(before, name))
		return refuse_input(work, "Invalid volume: being attached by different mode");
	if (volume->readonly && mode != ATTACH_MODE_RO)
		return refuse_input(work, arena_printf(work->arena,
						       "Invalid attaching mode '%s' for volume %s.",
						       name, volume->id));
	return 0;
}

static const char *attached_metadata(Arena *arena, const Volume *volume, AttachMode mode)
{
	JsonPair pairs[] = {
		{.key = "attached_mode", .value = enum_name(&attach_mode_names, (int)mode)},
		{.key = "readonly", .value = "False"},
	};
	bool has_flag = text_map_value(arena, volume->admin_metadata, "readonly");
	JsonTextMap set = {.pairs = pairs, .count = has_flag ? 1 : 2};

	return text_map_merge(arena, volume->admin_metadata, &set);
}

static int write_attachment(Work *work, const Volume *volume, const LegacyAttachWish *wish,
			    Attachment *connected, Fault *f)
{
	Attachment attachment = {
		.id = new_uuid(work->arena),
		.volume_id = volume->id,
		.project_id = volume->project_id,
		.boot_index = -1,
		.created_us = work->now_us,
		.legacy = true,
	};
	Attachment *row = connected ? connected : &attachment;

	row->server_id = wish->instance_id;
	row->status = ATTACHMENT_ATTACHED;
	row->mode = (int)wish->mode;
	row->device = wish->mountpoint;
	row->host = wish->host ? wish->host : row->host;
	row->updated_us = row->attached_us = work->now_us;
	return fault_unexpected(f, connected ? attachment_update(work->tx, row, f)
					     : attachment_insert(work->tx, row, f));
}

int service_legacy_attach(Work *work, const char *id, const LegacyAttachWish *wish, Fault *f)
{
	Attachment **others, *connected;
	Volume *volume;
	size_t count;
	int r;

	r = volume_find_unmaintained(work, id, "os-attach maintenance", &volume, f);
	if (r)
		return r;
	r = attachments_of_volume(work->tx, work->arena, volume->id, &others, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		if (others[i]->status == ATTACHMENT_ATTACHED && is_same_client(others[i], wish))
			return volume_settle(work->tx, work->arena, volume->id, f);
	connected = connection_of_client(volume, others, count, wish->host);
	if (count > (connected ? 1 : 0) && !volume->multiattach)
		return refuse_input(work, "Invalid volume: volume is already attached and "
					  "multiple attachments are not enabled");
	r = check_mode(work, volume, wish->mode);
	if (r)
		return r;
	volume->admin_metadata = attached_metadata(work->arena, volume, wish->mode);
	r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_ATTACH, f);
	if (r > 0)
		return refuse_state(work, volume, "os-attach");
	if (!r)
		r = write_attachment(work, volume, wish, connected, f);
	return r ? r : announce_volume(work, "legacy-attach", volume->id, f);
}

/* os-detach. --------------------------------------------------------------------------------------
 */

static int check_named(Work *work, const Volume *volume, const char *attachment_id, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	if (attachment_id)
		return 0;
	r = attachments_of_volume(work->tx, work->arena, volume->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count > 1)
		return refuse_input(work, "Invalid volume: Detach volume failed: More than one "
					  "attachment, but no attachment_id provided.");
	return 0;
}

int service_legacy_detach(Work *work, const char *id, const char *attachment_id, Fault *f)
{
	const char *operation; /* goes on after the answer */
	Attachment *attachment;
	Volume *volume;
	int r;

	r = volume_find_unmaintained(work, id, "os-detach maintenance", &volume, f);
	if (!r)
		r = attachment_guard(work, volume, attachment_id, &attachment, f);
	if (!r)
		r = check_named(work, volume, attachment_id, f);
	if (r)
		return r;
	if (!attachment) /* gone already */
		return volume_settle(work->tx, work->arena, volume->id, f);
	return service_drop_attachment(work, attachment, &operation, f);
}
