/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attaching and detaching the old way: the client asks how to reach the volume, connects it by
 * itself and then says that it has it; and the other way round. Every call may be repeated.
 */
#include "base/str.h"
#include "service/attachment-guard.h"
#include "service/attachment.h"
#include "service/connection-info.h"
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

static int find_unmaintained(Work *work, const char *id, const char *action, Volume **ret, Fault *f)
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
			    Fault *f)
{
	const Attachment attachment = {
		.id = new_uuid(work->arena),
		.volume_id = volume->id,
		.project_id = volume->project_id,
		.server_id = wish->instance_id,
		.status = ATTACHMENT_ATTACHED,
		.mode = (int)wish->mode,
		.device = wish->mountpoint,
		.host = wish->host,
		.boot_index = -1,
		.created_us = work->now_us,
		.updated_us = work->now_us,
		.attached_us = work->now_us,
		.legacy = true,
	};

	return fault_unexpected(f, attachment_insert(work->tx, &attachment, f));
}

int service_legacy_attach(Work *work, const char *id, const LegacyAttachWish *wish, Fault *f)
{
	Attachment **others;
	Volume *volume;
	size_t count;
	int r;

	r = find_unmaintained(work, id, "os-attach maintenance", &volume, f);
	if (r)
		return r;
	r = attachments_of_volume(work->tx, work->arena, volume->id, &others, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		if (others[i]->status == ATTACHMENT_ATTACHED && is_same_client(others[i], wish))
			return volume_settle(work->tx, work->arena, volume->id, f);
	if (count > 0 && !volume->multiattach)
		return refuse_input(work, "Invalid volume: volume is already attached and "
					  "multiple attachments are not enabled");
	r = check_mode(work, volume, wish->mode);
	if (r)
		return r;
	volume->admin_metadata = attached_metadata(work->arena, volume, wish->mode);
	r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_ATTACH, f);
	if (r > 0)
		return refuse_state(work, volume, "os-attach");
	return r ? r : write_attachment(work, volume, wish, f);
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

	r = find_unmaintained(work, id, "os-detach maintenance", &volume, f);
	if (!r)
		r = attachment_guard(work, volume, attachment_id, &attachment, f);
	if (!r)
		r = check_named(work, volume, attachment_id, f);
	if (r)
		return r;
	if (!attachment) /* gone already */
		return volume_settle(work->tx, work->arena, volume->id, f);
	return service_drop_attachment(work, volume, attachment, &operation, f);
}

/* Connections. ------------------------------------------------------------------------------------
 */

int service_initialize_connection(Work *work, const char *id, const char *connector_json,
				  const char **ret, Fault *f)
{
	Attachment nobody = {.id = "", .boot_index = -1};
	Connector connector;
	const char *flat;
	Volume *volume;
	int mode, r;

	r = find_unmaintained(work, id, "os-initialize_connection maintenance", &volume, f);
	if (!r)
		r = connector_read(work, connector_json, &connector);
	if (!r)
		r = connector_check(work, &connector);
	if (r)
		return r;
	if (backend_traits(work->settings->backend)->exports)
		return refuse_input(work, "Invalid input received: this backend lets hosts in by "
					  "attachments only.");
	mode = enum_value(&attach_mode_names,
			  text_map_value(work->arena, volume->admin_metadata, "attached_mode"));
	nobody.volume_id = volume->id;
	nobody.connector = connector.json;
	nobody.mode = (int)attachment_mode(volume, mode < 0 ? ATTACH_MODE_NULL : (AttachMode)mode,
					   &connector);
	r = connection_info_make(work, volume, &nobody, &connector, &flat, f);
	if (r)
		return r;
	*ret = connection_info_nested(work->arena, flat);
	return 0;
}

int service_terminate_connection(Work *work, const char *id, Fault *f)
{
	Attachment *attachment;
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = attachment_guard(work, volume, NULL, &attachment, f);
	return r ? r : service_unreserve_volume(work, id, f);
}
