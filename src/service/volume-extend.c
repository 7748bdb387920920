/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume grows: its quota and the intent in one transaction. The row keeps the old size until
 * the backend has the new one and the guests have been told; a growth that failed leaves the
 * volume as it was, unless nobody can say what size it has.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/str.h"
#include "service/capacity.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-quota.h"
#include "service/volume.h"
#include "json/out.h"

static int check_size(Work *work, const Volume *volume, int64_t size_gib, Fault *f)
{
	VolumeType *type;
	int r;

	if (size_gib <= volume->size_gib) {
		work->refused = (RefusalData){
			.value =
				arena_printf(work->arena,
					     "Invalid input received: New size for extend must be "
					     "greater than current "
					     "size. (current: %" PRId64 ", extended: %" PRId64 ").",
					     volume->size_gib, size_gib),
		};
		return REFUSAL_BAD_INPUT;
	}
	r = volume_type_get(work->tx, work->arena, volume->type_id, &type, f);
	if (r)
		return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
	return volume_check_type_size(work, type, size_gib);
}

static int mark_extending(Work *work, Volume *volume, bool live, Fault *f)
{
	work->refused = (RefusalData){
		.id = volume->id,
		.action = "extend",
		.value = enum_name(&volume_status_names, volume->status),
	};
	volume->previous_status = work->refused.value;
	return volume_move(work->tx, work->arena, volume,
			   live ? VOLUME_EVENT_EXTEND_LIVE : VOLUME_EVENT_EXTEND, f);
}

static int begin(Work *work, const Volume *volume, int64_t size_gib, Fault *f)
{
	Operation operation = operation_for(work, volume->id);
	JsonPair size = {
		.key = OPERATION_SIZE_GIB,
		.value = arena_printf(work->arena, "%" PRId64, size_gib),
	};

	operation.volume_id = volume->id;
	operation.args =
		json_print_text_map(work->arena, &(JsonTextMap){.pairs = &size, .count = 1});
	return operation_begin(work->tx, work->arena, service_operation("extend-volume"),
			       &operation, f);
}

int service_extend_volume(Work *work, const char *id, int64_t size_gib, bool live, Fault *f)
{
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = check_size(work, volume, size_gib, f);
	if (!r)
		r = mark_extending(work, volume, live, f);
	if (!r)
		r = volume_quota_take_growth(work, volume, size_gib - volume->size_gib, f);
	if (!r)
		r = capacity_take(work, volume->backend, size_gib - volume->size_gib, f);
	return r ? r : begin(work, volume, size_gib, f);
}

/* What the attachments that are there make of it, unless somebody gave it another status. */
static int leave(Tx *tx, Arena *arena, Volume *volume, VolumeEvent event, Fault *f)
{
	int r;

	volume->previous_status = NULL;
	r = volume_move(tx, arena, volume, event, f);
	return r > 0 ? fault_unexpected(f, volume_update(tx, volume, f)) : r;
}

static int wanted_gib(Arena *arena, const Operation *operation, int64_t *ret, Fault *f)
{
	const char *text = text_map_value(arena, operation->args, OPERATION_SIZE_GIB);

	if (!text || !str_parse_i64(text, ret))
		return fault(f, -EBADMSG, "operation %s does not say which size", operation->id);
	return 0;
}

int extend_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int64_t size_gib = 0;
	Volume *volume;
	int r;

	r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = wanted_gib(arena, operation, &size_gib, f);
	if (r)
		return fault_unexpected(f, r);
	volume->size_gib = size_gib;
	return leave(tx, arena, volume, VOLUME_EVENT_EXTENDED, f);
}

int extend_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	bool unsure = str_after(reason, OPERATION_UNSURE) != NULL;
	int64_t size_gib = 0;
	Volume *volume;
	int r;

	r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = wanted_gib(arena, operation, &size_gib, f);
	if (!r)
		r = volume_quota_give_growth(tx, arena, volume, size_gib - volume->size_gib, f);
	if (!r)
		r = capacity_give(tx, volume->backend, size_gib - volume->size_gib, f);
	if (!r)
		r = message_write(tx, arena, operation, MESSAGE_EXTEND_VOLUME, f);
	if (r)
		return fault_unexpected(f, r);
	return leave(tx, arena, volume, unsure ? VOLUME_EVENT_EXTEND_FAILED : VOLUME_EVENT_EXTENDED,
		     f);
}
