/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connections of old: a client asks how its host reaches a volume before it says that it has it.
 *
 * Where hosts reach a volume without more ado, the answer is computed and nothing is written. Where
 * the backend has to let the host in, no export may be without a row that knows of it: so there is
 * an attachment from the first question on, attaching and marked as legacy, found again by its
 * connector. os-attach completes it, os-terminate_connection takes it away, and so does time when
 * the client never comes back.
 */
#include "base/log.h"
#include "base/str.h"
#include "service/attachment-guard.h"
#include "service/attachment.h"
#include "service/connection-info.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-action.h"
#include "service/volume.h"

enum { RELEASE_BATCH = 100 };

static int conflict(Work *work, const char *sentence, const char *volume_id)
{
	work->refused =
		(RefusalData){.value = arena_printf(work->arena, "Resource conflict: volume %s %s",
						    volume_id, sentence)};
	return REFUSAL_VOLUME_CONFLICT;
}

static bool is_unfinished(const Attachment *attachment)
{
	return attachment->legacy && attachment->status == ATTACHMENT_ATTACHING;
}

Attachment *connection_of_client(const Volume *volume, Attachment *const *attachments, size_t count,
				 const char *host)
{
	Attachment *found = NULL;
	size_t unfinished = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_unfinished(attachments[i]))
			continue;
		if (host && str_eq(attachments[i]->host, host))
			return attachments[i];
		found = attachments[i];
		unfinished++;
	}
	return unfinished == 1 && (!volume->multiattach || !host) ? found : NULL;
}

/* The mode that the volume is attached in, if it is attached the old way already. */
static AttachMode mode_so_far(Work *work, const Volume *volume)
{
	int mode = enum_value(&attach_mode_names,
			      text_map_value(work->arena, volume->admin_metadata, "attached_mode"));

	return mode < 0 ? ATTACH_MODE_NULL : (AttachMode)mode;
}

/* Nobody has to be let in: how it would be, for an attachment that there is not. */
static int tell(Work *work, const Volume *volume, const Connector *connector, const char **ret,
		Fault *f)
{
	Attachment nobody = {
		.id = "",
		.volume_id = volume->id,
		.connector = connector->json,
		.mode = (int)attachment_mode(volume, mode_so_far(work, volume), connector),
	};
	int r = connection_info_make(work, volume, connector, &nobody, f);

	*ret = nobody.connection_info;
	return r;
}

/* What is there for that host already. */
static Attachment *choose(Attachment *const *attachments, size_t count, const Connector *connector)
{
	for (size_t i = 0; i < count; i++) {
		const Attachment *it = attachments[i];

		if (it->mapping_id || !it->connector)
			continue;
		if (str_eq(it->connector, connector->json) ||
		    (it->legacy && connector->host && str_eq(it->host, connector->host)))
			return attachments[i];
	}
	return NULL;
}

static int refuse_reserve(Work *work, const Volume *volume)
{
	work->refused = (RefusalData){
		.id = volume->id,
		.action = volume->multiattach ? "os-reserve multiattach" : "os-reserve",
		.value = enum_name(&volume_status_names, volume->status),
	};
	return REFUSAL_VOLUME_STATE;
}

/* A new attachment; the volume is held for it, unless the client has done so before. */
static int begin(Work *work, Volume *volume, const Connector *connector, Attachment **ret, Fault *f)
{
	Attachment *attachment = ARENA_NEW(work->arena, Attachment);
	int r = 0;

	if (volume->multiattach || volume->held_us == 0)
		r = volume_hold(work->tx, work->arena, volume, VOLUME_EVENT_HOLD, f);
	if (r)
		return r == REFUSAL_VOLUME_STATE ? refuse_reserve(work, volume) : r;
	*attachment = (Attachment){
		.id = new_uuid(work->arena),
		.volume_id = volume->id,
		.project_id = volume->project_id,
		.status = ATTACHMENT_ATTACHING,
		.mode = (int)mode_so_far(work, volume),
		.boot_index = -1,
		.created_us = work->now_us,
		.updated_us = work->now_us,
		.legacy = true,
	};
	r = attachment_fill(work, volume, connector, attachment, f);
	attachment->attached_us = 0;
	attachment->exported = true;
	if (!r)
		r = attachment_insert(work->tx, attachment, f);
	*ret = attachment;
	return fault_unexpected(f, r);
}

/* Let the host in, if it is not yet. */
static int let_in(Work *work, Volume *volume, const Connector *connector, Attachment **ret,
		  const char **ret_operation, Fault *f)
{
	Attachment **all;
	size_t count;
	int r;

	r = attachments_of_volume(work->tx, work->arena, volume->id, &all, &count, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = choose(all, count, connector);
	if (!*ret && count > 0 && !volume->multiattach)
		return conflict(work, "is connected for somebody else", volume->id);
	if (!*ret) {
		r = begin(work, volume, connector, ret, f);
		return r ? r
			 : attachment_export(work, "create-attachment", ATTACH_MODE_NULL, *ret,
					     ret_operation, f);
	}
	if ((*ret)->status == ATTACHMENT_DETACHING || (*ret)->status == ATTACHMENT_ERROR_DETACHING)
		return conflict(work, "is being disconnected from that host", volume->id);
	return attachment_pending(work, *ret, ret_operation, f);
}

int service_initialize_connection(Work *work, const char *id, const char *connector_json,
				  const char **ret, const char **ret_operation, Fault *f)
{
	Attachment *attachment;
	Connector connector;
	const char *flat;
	Volume *volume;
	int r;

	*ret_operation = NULL;
	r = volume_find_unmaintained(work, id, "os-initialize_connection maintenance", &volume, f);
	if (!r)
		r = connector_read(work, connector_json, &connector);
	if (!r)
		r = connector_check(work, volume, &connector);
	if (r)
		return r;
	if (backend_traits(work->settings->backend)->exports) {
		r = let_in(work, volume, &connector, &attachment, ret_operation, f);
		flat = r ? NULL : attachment->connection_info;
	} else {
		r = tell(work, volume, &connector, &flat, f);
	}
	if (r)
		return r;
	*ret = connection_info_nested(work->arena, flat);
	return 0;
}

int service_terminate_connection(Work *work, const char *id, const char *connector_json, Fault *f)
{
	const char *operation; /* goes on after the answer */
	Attachment *attachment;
	Connector connector;
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = connector_read(work, connector_json, &connector);
	if (!r)
		r = attachment_guard(work, volume, NULL, &attachment, f);
	if (r)
		return r;
	if (attachment && is_unfinished(attachment) &&
	    (!connector.json || str_eq(connector.json, attachment->connector)))
		return service_drop_attachment(work, attachment, &operation, f);
	r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_UNHOLD, f);
	return fault_unexpected(f, r);
}

static int release(Tx *tx, Arena *arena, Attachment *attachment, Fault *f)
{
	Operation operation = {
		.lane = attachment->volume_id,
		.volume_id = attachment->volume_id,
		.attachment_id = attachment->id,
		.project_id = attachment->project_id,
	};
	int r = attachment_move(tx, attachment, ATTACHMENT_EVENT_DISCONNECT, f);

	log_warning("vol=%s attachment=%s host=%s was never completed: taken away",
		    attachment->volume_id, attachment->id, attachment->host);
	if (!r)
		r = volume_settle(tx, arena, attachment->volume_id, f);
	if (!r)
		r = operation_begin(tx, arena, service_operation("delete-attachment"), &operation,
				    f);
	return fault_unexpected(f, r);
}

int service_release_connections(Tx *tx, Arena *arena, int64_t before_us, bool *ret_more, Fault *f)
{
	RecordQuery query = {.limit = RELEASE_BATCH};
	Attachment **attachments;
	size_t count;
	int r;

	record_where_int(&query, "legacy", RECORD_GT, 0);
	record_where_text(&query, "status", RECORD_EQ,
			  enum_name(&attach_status_names, ATTACHMENT_ATTACHING));
	record_where_int(&query, "created_us", RECORD_LT, before_us);
	r = attachment_find(tx, arena, &query, &attachments, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		r = release(tx, arena, attachments[i], f);
	*ret_more = !r && count == RELEASE_BATCH;
	return fault_unexpected(f, r);
}
