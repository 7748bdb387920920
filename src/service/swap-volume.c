/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume takes another one's place in a server. From the request on the old one is detaching and
 * the new one attaching, each with an attachment; the new one's says whose place it takes, and is
 * no device of the server's before it has it. The server's mapping stays the same: its id, device,
 * tag and whatever else was said of it go over to the new volume's attachment.
 *
 * The guest's disk keeps the name that it was plugged in by: Attachment.disk_id.
 */
#include "service/swap.h"

#include "base/str.h"
#include "notify/notify.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/server.h"
#include "service/volume.h"
#include "json/out.h"

typedef struct Swap {
	Server *server;
	Volume *old;
	Volume *new;
	Attachment *mapping; /* of the old one */
} Swap;

static int find_new(Work *work, const char *id, Volume **ret, Fault *f)
{
	int r = service_find_volume(work, id, ret, f);

	if (r != REFUSAL_NO_VOLUME)
		return r;
	return work_refuse(work, REFUSAL_BAD_INPUT, "Volume %s could not be found.", id);
}

static int check_caller(Work *work, const Volume *old)
{
	if (!work->settings->swap_by_services || role_set_has(work->caller->roles, ROLE_SERVICE))
		return 0;
	work->refused = (RefusalData){.id = old->id};
	return REFUSAL_SWAP_BY_SERVICES;
}

static int find_mapping(Work *work, const Swap *swap, Attachment **ret, Fault *f)
{
	int r = attachment_of(work->tx, work->arena, swap->server->id, swap->old->id, ret, f);

	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid volume: Old volume is attached to a different instance.");
}

static int check_new(Work *work, const Swap *swap, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r = attachments_of_volume(work->tx, work->arena, swap->new->id, &attachments, &count,
				      f);

	if (r)
		return fault_unexpected(f, r);
	if (count > 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: New volume must be detached in order to swap.");
	if (!str_eq(swap->new->project_id, swap->server->project_id))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: New volume belongs to another project than the "
				   "server.");
	if (swap->new->readonly && !swap->old->readonly)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: New volume is read-only.");
	if (swap->new->size_gib < swap->old->size_gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: New volume must be the same size or larger.");
	return 0;
}

/* What others write to it would not reach the new one. */
static int check_writers(Work *work, const Swap *swap, Fault *f)
{
	Attachment **attachments;
	size_t count, writers = 0;
	int r = attachments_of_volume(work->tx, work->arena, swap->old->id, &attachments, &count,
				      f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		writers += attachments[i]->mode != ATTACH_MODE_RO;
	if (writers <= 1)
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Swapping multi-attach volumes with more than one read/write attachment "
			   "is not supported.");
}

static int swap_find(Work *work, const SwapWish *wish, Swap *ret, Fault *f)
{
	int r;

	r = service_find_server(work, wish->server_id, &ret->server, f);
	if (!r)
		r = service_find_volume(work, wish->old_id, &ret->old, f);
	if (!r)
		r = check_caller(work, ret->old);
	if (!r)
		r = find_new(work, wish->new_id, &ret->new, f);
	if (!r)
		r = server_may(ret->server, SERVER_SWAP_VOLUME, caller_is_admin(work->caller),
			       &work->refused);
	if (!r)
		r = find_mapping(work, ret, &ret->mapping, f);
	return r;
}

static int release_old(Work *work, const Swap *swap, Fault *f)
{
	int r = attachment_move(work->tx, swap->mapping, ATTACHMENT_EVENT_BEGIN_DETACHING, f);

	if (!r)
		r = volume_move(work->tx, work->arena, swap->old, VOLUME_EVENT_BEGIN_DETACHING, f);
	if (r > 0)
		work->refused = (RefusalData){
			.id = swap->old->id,
			.value = enum_name(&volume_status_names, swap->old->status),
		};
	return r;
}

/* All that is the mapping's, and not the volume's. */
static void take_mapping(Attachment *to, const Attachment *from)
{
	to->mapping_id = from->mapping_id;
	to->device = from->device;
	to->tag = from->tag;
	to->delete_on_termination = from->delete_on_termination;
	to->boot_index = from->boot_index;
	to->disk_bus = from->disk_bus;
	to->device_type = from->device_type;
	to->disk_id = from->disk_id ? from->disk_id : from->id;
	to->created_us = from->created_us; /* lists keep their order */
}

static int take_new(Work *work, const Swap *swap, Attachment **ret, Fault *f)
{
	Attachment *attachment = ARENA_NEW(work->arena, Attachment);
	int r = attach_reserve(work, swap->new, f);

	if (r)
		return r;
	*attachment = (Attachment){
		.id = new_uuid(work->arena),
		.volume_id = swap->new->id,
		.project_id = swap->new->project_id,
		.server_id = swap->server->id,
		.status = ATTACHMENT_ATTACHING,
		.mode = ATTACH_MODE_NULL,
		.replaces = swap->mapping->id,
		.updated_us = work->now_us,
	};
	take_mapping(attachment, swap->mapping);
	r = attach_fill(work, swap->new, swap->server, swap->mapping->device, attachment, f);
	if (!r)
		r = fault_unexpected(f, attachment_insert(work->tx, attachment, f));
	*ret = attachment;
	return r;
}

static int begin(Work *work, const Swap *swap, const Attachment *attachment, Fault *f)
{
	JsonPair old = {.key = NOTIFY_OLD_VOLUME, .value = swap->old->id};
	const JsonTextMap args = {.pairs = &old, .count = 1};
	Operation operation = operation_for(work, swap->server->id);
	int r;

	operation.server_id = swap->server->id;
	operation.volume_id = swap->new->id;
	operation.attachment_id = attachment->id;
	operation.args = json_print_text_map(work->arena, &args);
	r = action_begin(work, swap->server, server_action_name(SERVER_SWAP_VOLUME),
			 "compute_swap_volume", &operation.action_id, f);
	if (r)
		return r;
	return operation_begin(work->tx, work->arena, service_operation("swap-volume"), &operation,
			       f);
}

int service_swap_volume(Work *work, const SwapWish *wish, Fault *f)
{
	Attachment *attachment;
	Swap swap = {0};
	int r;

	r = swap_find(work, wish, &swap, f);
	if (!r)
		r = check_new(work, &swap, f);
	if (!r)
		r = release_old(work, &swap, f);
	if (!r)
		r = check_writers(work, &swap, f);
	if (!r)
		r = take_new(work, &swap, &attachment, f);
	return r ? r : begin(work, &swap, attachment, f);
}

/* --- how it ends --- */

/* What was changed about the mapping meanwhile holds. */
static int hand_over(Tx *tx, Arena *arena, Attachment *attachment, Fault *f)
{
	Attachment *old;
	int r;

	r = attachment_get(tx, arena, attachment->replaces, &old, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	if (!r) {
		take_mapping(attachment, old);
		r = attachment_remove(tx, arena, old, f);
		if (r)
			return r;
	}
	attachment->replaces = NULL;
	return fault_unexpected(f, attachment_move(tx, attachment, ATTACHMENT_EVENT_COMPLETE, f));
}

static int complete(Tx *tx, Arena *arena, const char *volume_id, Fault *f)
{
	Volume *volume;
	int r;

	r = volume_get(tx, arena, volume_id, &volume, f);
	if (!r)
		r = volume_move(tx, arena, volume, VOLUME_EVENT_COMPLETE, f);
	/* An admin may have changed it, or taken it away. */
	return r == REFUSAL_VOLUME_STATE || r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

int swap_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Attachment *attachment;
	int r;

	r = attachment_get(tx, arena, operation->attachment_id, &attachment, f);
	if (!r)
		r = hand_over(tx, arena, attachment, f);
	if (!r)
		r = complete(tx, arena, attachment->volume_id, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, NULL, f);
}

static int keep_old(Tx *tx, Arena *arena, const char *id, Fault *f)
{
	Attachment *old;
	int r;

	r = attachment_get(tx, arena, id, &old, f);
	if (!r)
		r = attachment_move(tx, old, ATTACHMENT_EVENT_ROLL_DETACHING, f);
	if (!r)
		r = volume_settle(tx, arena, old->volume_id, f);
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

int swap_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
		       Fault *f)
{
	Attachment *attachment;
	int r;

	r = attachment_get(tx, arena, operation->attachment_id, &attachment, f);
	if (!r && attachment->replaces)
		r = keep_old(tx, arena, attachment->replaces, f);
	if (!r)
		r = attachment_remove(tx, arena, attachment, f);
	if (!r)
		r = message_write(tx, arena, operation, MESSAGE_SWAP_VOLUME, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, reason, f);
}
