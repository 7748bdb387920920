/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume comes to be: the row in creating, its quota and the intent in one transaction; the
 * operation makes it on the backend and its end makes the volume available, or error.
 */
#include "base/clock.h"
#include "base/str.h"
#include "rules/volume-status.h"
#include "service/capacity.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/service-state.h"
#include "service/volume-quota.h"
#include "service/volume-source.h"
#include "service/volume.h"
#include "json/out.h"

static Volume *volume_make(Work *work, const VolumeWish *wish, const VolumeType *type)
{
	static const JsonTextMap nothing = {0};
	Volume *volume = ARENA_NEW(work->arena, Volume);

	*volume = (Volume){
		.id = new_uuid(work->arena),
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.name = wish->name,
		.description = wish->description,
		.status = VOLUME_CREATING,
		.availability_zone = work->settings->availability_zone,
		.type_id = type->id,
		.type_name = type->name,
		.metadata = json_print_text_map(work->arena,
						wish->metadata ? wish->metadata : &nothing),
		.backend = work->settings->backend_name,
		.host = work->settings->volume_host,
		.format = (int)work->settings->volume_format,
		.multiattach = service_type_is_multiattach(work->arena, type),
		.created_us = work->now_us,
	};
	return volume;
}

/* Where an admin has switched a service off there is no place: error, and a message that says so.
 */
static int volume_place(Work *work, Volume *volume, const Operation *operation, Fault *f)
{
	bool placed;
	int r = service_states_place(work, &placed, f);

	if (r || placed)
		return r;
	volume->status = VOLUME_ERROR;
	return message_write(work->tx, work->arena, operation, MESSAGE_PLACE_VOLUME, f);
}

/* As a clone is a copy, it is of the same type unless another one is asked for. */
static int choose_type(Work *work, const VolumeWish *wish, const VolumeSource *source,
		       VolumeType **ret, Fault *f)
{
	const char *inherited = source->volume ? source->volume->type_id : NULL;
	int r = service_choose_volume_type(work, wish->type ? wish->type : inherited, ret, f);

	return r ? r : service_type_may_make(work, *ret, f);
}

/* Write the row and, where there is a place for the volume, the operation that makes it. */
static int volume_begin(Work *work, const VolumeSource *source, Volume *volume, Fault *f)
{
	Operation operation = operation_for(work, volume->id);
	int r;

	operation.volume_id = volume->id;
	r = volume_place(work, volume, &operation, f);
	if (r == 0)
		r = fault_unexpected(f, volume_insert(work->tx, volume, f));
	if (r || volume->status == VOLUME_ERROR)
		return r;
	return volume_source_begin(work, source, volume, f);
}

int service_create_volume(Work *work, const VolumeWish *wish, Volume **ret, Fault *f)
{
	VolumeSource source = {0};
	int64_t size_gib = 0;
	VolumeType *type;
	Volume *volume;
	int r;

	if (wish->availability_zone &&
	    !str_eq(wish->availability_zone, work->settings->availability_zone))
		return work_refuse(work, REFUSAL_BAD_INPUT, "Availability zone '%s' is invalid.",
				   wish->availability_zone);
	r = volume_source_find(work, wish, &source, f);
	if (!r)
		r = volume_source_size(work, wish, &source, &size_gib);
	if (!r)
		r = choose_type(work, wish, &source, &type, f);
	if (!r)
		r = volume_check_type_size(work, type, size_gib);
	if (r)
		return r;
	volume = volume_make(work, wish, type);
	volume->size_gib = size_gib;
	volume_source_apply(work, &source, volume);
	r = volume_quota_take(work, volume, f);
	if (!r)
		r = capacity_take(work, volume->backend, volume->size_gib, f);
	if (!r)
		r = volume_begin(work, &source, volume, f);
	if (!r)
		*ret = volume;
	return r;
}

int volume_made(Tx *tx, Arena *arena, const Operation *operation, VolumeEvent event, Fault *f)
{
	Volume *volume, was;
	int r;

	r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	was = *volume;
	volume->updated_us = clock_now_us();
	if (event == VOLUME_EVENT_MADE) {
		volume->launched_us = volume->updated_us;
		volume->bootable = volume->bootable || operation->image_id;
	}
	/* To whom it is reserved for, perhaps. */
	r = volume_move_from(tx, arena, &was, volume, event, f);
	if (r > 0) /* it has another status meanwhile */
		r = volume_update(tx, volume, f);
	return fault_unexpected(f, r);
}

int create_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return volume_made(tx, arena, operation, VOLUME_EVENT_MADE, f);
}

int create_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	int r = volume_made(tx, arena, operation, VOLUME_EVENT_MAKE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	return r ? r : message_write(tx, arena, operation, MESSAGE_CREATE_VOLUME, f);
}
