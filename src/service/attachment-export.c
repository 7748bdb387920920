/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Backends that have to let a host in, and keep it out again: operations in the volume's lane. The
 * row says `exported` from the commit that begins the first of them until nothing is left, so that
 * no export is ever without a row that knows of it.
 */
#include "base/str.h"
#include "service/attachment.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "json/out.h"

static int begin(Work *work, const char *kind, const Attachment *attachment, const char *args,
		 const char **ret_operation, Fault *f)
{
	Operation operation = operation_for(work, attachment->volume_id);
	int r;

	operation.volume_id = attachment->volume_id;
	operation.attachment_id = attachment->id;
	operation.args = args;
	r = operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
	*ret_operation = operation.id;
	return r;
}

int attachment_export(Work *work, const char *kind, int mode, const Attachment *attachment,
		      const char **ret_operation, Fault *f)
{
	JsonPair was = {.key = "mode", .value = enum_name(&attach_mode_names, mode)};
	JsonTextMap args = {.pairs = &was, .count = 1};
	int r = 0;

	if (attachment->connector)
		r = announce_volume(work, "connect-attachment", attachment->volume_id, f);
	if (r || !attachment->exported)
		return r;
	return begin(work, kind, attachment, json_print_text_map(work->arena, &args), ret_operation,
		     f);
}

int attachment_pending(Work *work, const Attachment *attachment, const char **ret_operation,
		       Fault *f)
{
	static const char *const active[] = {"doing", "undoing"};
	RecordQuery query = {0};
	Operation **found;
	size_t count;
	int r;

	*ret_operation = NULL;
	if (!attachment->exported && !attachment->mapping_id)
		return 0;
	record_where_texts(&query, "state", RECORD_IN, active, ARRAY_SIZE(active));
	record_where_text(&query, "attachment_id", RECORD_EQ, attachment->id);
	record_sort(&query, "created_us", true);
	r = operation_find(work->tx, work->arena, &query, &found, &count, f);
	if (!r && count > 0)
		*ret_operation = found[0]->id;
	return fault_unexpected(f, r);
}

/* The row of an operation that ends; NULL when it is gone. */
static int attachment_of_operation(Tx *tx, Arena *arena, const Operation *operation,
				   Attachment **ret, Fault *f)
{
	int r = attachment_get(tx, arena, operation->attachment_id, ret, f);

	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	*ret = NULL;
	return 0;
}

/* Nothing to write: it is attaching until the host says that it has the volume. */
int attachment_export_done(Tx *tx _unused_, Arena *arena _unused_,
			   const Operation *operation _unused_, Fault *f _unused_)
{
	return 0;
}

int create_attachment_failed(Tx *tx, Arena *arena, const Operation *operation,
			     const char *reason _unused_, Fault *f)
{
	Attachment *attachment;
	int r = attachment_of_operation(tx, arena, operation, &attachment, f);

	return r || !attachment ? r : attachment_remove(tx, arena, attachment, f);
}

/* Back to the reservation that it was, unless it is being taken away meanwhile. */
int update_attachment_failed(Tx *tx, Arena *arena, const Operation *operation,
			     const char *reason _unused_, Fault *f)
{
	const char *mode = text_map_value(arena, operation->args, "mode");
	Attachment *attachment;
	int r = attachment_of_operation(tx, arena, operation, &attachment, f);

	if (r || !attachment)
		return r;
	attachment_clear(attachment);
	attachment->mode = enum_value(&attach_mode_names, mode);
	r = attachment_move(tx, attachment, ATTACHMENT_EVENT_GIVE_BACK, f);
	if (r == REFUSAL_VOLUME_CONFLICT)
		r = attachment_update(tx, attachment, f);
	return r ? fault_unexpected(f, r) : volume_settle(tx, arena, attachment->volume_id, f);
}

int delete_attachment_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Attachment *attachment;
	int r = attachment_of_operation(tx, arena, operation, &attachment, f);

	return r || !attachment ? r : attachment_remove(tx, arena, attachment, f);
}

/* It takes too long; trying goes on. */
int delete_attachment_failed(Tx *tx, Arena *arena, const Operation *operation,
			     const char *reason _unused_, Fault *f)
{
	Attachment *attachment;
	int r = attachment_of_operation(tx, arena, operation, &attachment, f);

	if (r || !attachment)
		return r;
	r = attachment_move(tx, attachment, ATTACHMENT_EVENT_DISCONNECT_FAILED, f);
	if (!r)
		r = volume_settle(tx, arena, attachment->volume_id, f);
	if (!r)
		r = message_write(tx, arena, operation, MESSAGE_DETACH_VOLUME, f);
	return fault_unexpected(f, r);
}

/* Who waits for the end of a detach is told that it is gone; other ends say nothing of the kind. */
static int refuse_busy(Work *work, const Attachment *attachment)
{
	return work_refuse(work, REFUSAL_VOLUME_CONFLICT,
			   "Resource conflict: Volume attachment %s is %s: it cannot be deleted "
			   "before that is over.",
			   attachment->id, enum_name(&attach_status_names, attachment->status));
}

/* Nobody has to be asked. */
static int drop_at_once(Work *work, const Attachment *attachment, Fault *f)
{
	int r = attachment_remove(work->tx, work->arena, attachment, f);

	return r ? r : announce_volume(work, "drop-attachment", attachment->volume_id, f);
}

/* A server here has it: the guest is asked, as the compute service would. */
static int drop_mapping(Work *work, Attachment *attachment, const char **ret_operation, Fault *f)
{
	Volume *volume;
	Server *server;
	int r;

	r = attachment_pending(work, attachment, ret_operation, f);
	if (!r && *ret_operation && attachment->status != ATTACHMENT_DETACHING)
		return refuse_busy(work, attachment);
	if (r || *ret_operation)
		return r;
	r = server_get(work->tx, work->arena, attachment->server_id, &server, f);
	if (r == RECORD_NOT_FOUND)
		return drop_at_once(work, attachment, f);
	if (!r)
		r = volume_get(work->tx, work->arena, attachment->volume_id, &volume, f);
	if (r)
		return fault_unexpected(f, r);
	return detach_begin(work, server, volume, attachment, ret_operation, f);
}

int service_drop_attachment(Work *work, Attachment *attachment, const char **ret_operation,
			    Fault *f)
{
	int r;

	*ret_operation = NULL;
	if (attachment->mapping_id)
		return drop_mapping(work, attachment, ret_operation, f);
	if (!attachment->exported)
		return drop_at_once(work, attachment, f);
	if (attachment->status == ATTACHMENT_DETACHING ||
	    attachment->status == ATTACHMENT_ERROR_DETACHING) {
		r = attachment_pending(work, attachment, ret_operation, f);
		if (r || *ret_operation)
			return r;
	}
	r = attachment_move(work->tx, attachment, ATTACHMENT_EVENT_DISCONNECT, f);
	if (!r)
		r = volume_settle(work->tx, work->arena, attachment->volume_id, f);
	if (r)
		return fault_unexpected(f, r);
	return begin(work, "delete-attachment", attachment, NULL, ret_operation, f);
}
