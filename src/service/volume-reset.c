/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * os-reset_status: an admin overrules the state machine, for whatever it did not foresee. What
 * others rely on stays true all the same: an available volume is nobody's, what an operation is at
 * work on has no other future (and operations end), and a row is not dropped while what it stands
 * for may be mapped.
 */
#include "base/log.h"
#include "base/str.h"
#include "service/priv.h"
#include "service/volume-action.h"
#include "service/volume.h"

/* Whether the volume is in a passing status that an operation will end. */
static int is_worked_on(Work *work, const Volume *volume, bool *ret, Fault *f)
{
	static const char *const active[] = {"doing", "undoing"};
	static const unsigned passing = 1u << VOLUME_CREATING | 1u << VOLUME_DELETING |
					1u << VOLUME_ERROR_DELETING | 1u << VOLUME_EXTENDING |
					1u << VOLUME_DOWNLOADING | 1u << VOLUME_UPLOADING |
					1u << VOLUME_RETYPING | 1u << VOLUME_REVERTING;
	RecordQuery query = {0};
	int64_t count = 0;
	int r = 0;

	record_where_texts(&query, "state", RECORD_IN, active, ARRAY_SIZE(active));
	record_where_text(&query, "volume_id", RECORD_EQ, volume->id);
	if (passing & 1u << volume->status)
		r = record_count(work->tx, &operation_table, &query, &count, f);
	*ret = count > 0;
	return fault_unexpected(f, r);
}

static int drop_attachment(Work *work, const Attachment *attachment, Fault *f)
{
	if (attachment->mapping_id) {
		work->refused = (RefusalData){.id = attachment->server_id};
		return REFUSAL_SERVER_HAS_VOLUME;
	}
	if (attachment->exported) {
		work->refused = (RefusalData){
			.value = arena_printf(work->arena,
					      "Resource conflict: attachment %s may still be "
					      "connected on host %s: delete it first",
					      attachment->id,
					      attachment->host ? attachment->host : "(unknown)")};
		return REFUSAL_VOLUME_CONFLICT;
	}
	log_warning("req=%s vol=%s attachment=%s is dropped by an admin", work->request_id,
		    attachment->volume_id, attachment->id);
	return attachment_remove(work->tx, work->arena, attachment, f);
}

static int drop_all(Work *work, Attachment *const *attachments, size_t count, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = drop_attachment(work, attachments[i], f);
	return r;
}

static int reset_attach_status(Work *work, const char *volume_id, const char *wish, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	if (!wish)
		return 0;
	r = attachments_of_volume(work->tx, work->arena, volume_id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (str_eq(wish, "detached"))
		return drop_all(work, attachments, count, f);
	if (count == 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Cannot reset-state to attached because volume does not "
				   "have any attachments.");
	return 0;
}

/* What a status says of attachments has to be so. */
static int check_status(Work *work, const Volume *volume, int status, Fault *f)
{
	Attachment **attachments;
	size_t count;
	bool worked_on;
	int r;

	if (status == VOLUME_DELETING)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Cannot reset-state to deleting");
	r = is_worked_on(work, volume, &worked_on, f);
	if (r)
		return r;
	if (worked_on)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Cannot reset-state of a volume that an operation is at "
				   "work on: it ends by itself");
	r = attachments_of_volume(work->tx, work->arena, volume->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (status == VOLUME_IN_USE && count == 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Cannot reset-state to in-use because volume does not "
				   "have any attachments.");
	if (status == VOLUME_AVAILABLE && count > 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Cannot reset-state to available because volume has "
				   "attachments.");
	return 0;
}

int service_reset_volume(Work *work, const char *id, const VolumeReset *reset, Fault *f)
{
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = reset_attach_status(work, volume->id, reset->attach_status, f);
	if (!r)
		r = service_find_volume(work, id, &volume,
					f); /* the attachments may have moved it */
	if (!r && reset->status)
		r = check_status(work, volume, enum_value(&volume_status_names, reset->status), f);
	if (r)
		return r;
	if (reset->status) {
		volume->status = enum_value(&volume_status_names, reset->status);
		volume->held_us = 0;
	}
	if (reset->migration_status)
		volume->migration_status =
			str_eq(reset->migration_status, "none") ? NULL : reset->migration_status;
	volume->updated_us = work->now_us;
	log_warning("req=%s vol=%s is reset by an admin: %s", work->request_id, volume->id,
		    enum_name(&volume_status_names, volume->status));
	r = volume_update(work->tx, volume, f);
	return r ? fault_unexpected(f, r) : announce_volume(work, "reset-volume", volume->id, f);
}
