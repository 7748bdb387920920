/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume comes to be: the row in creating, its quota and the intent in one transaction; the
 * operation makes it on the backend and its end makes the volume available, or error.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/str.h"
#include "rules/volume-status.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/service-state.h"
#include "service/volume-quota.h"
#include "service/volume.h"
#include "json/out.h"

static int refuse_input(Work *work, const char *sentence)
{
	work->refused = (RefusalData){.value = sentence};
	return REFUSAL_BAD_INPUT;
}

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
		.size_gib = wish->size_gib,
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

int service_create_volume(Work *work, const VolumeWish *wish, Volume **ret, Fault *f)
{
	Operation operation;
	VolumeType *type;
	Volume *volume;
	int r;

	if (wish->availability_zone &&
	    !str_eq(wish->availability_zone, work->settings->availability_zone))
		return refuse_input(work,
				    arena_printf(work->arena, "Availability zone '%s' is invalid.",
						 wish->availability_zone));
	r = service_choose_volume_type(work, wish->type, &type, f);
	if (!r)
		r = volume_check_type_size(work, type, wish->size_gib);
	if (!r)
		r = service_type_may_make(work, type, f);
	if (r)
		return r;
	volume = volume_make(work, wish, type);
	r = volume_quota_take(work, volume, f);
	if (r)
		return r;
	operation = operation_for(work, volume->id);
	operation.volume_id = volume->id;
	r = volume_place(work, volume, &operation, f);
	if (r == 0)
		r = fault_unexpected(f, volume_insert(work->tx, volume, f));
	if (r)
		return r;
	*ret = volume;
	return volume->status == VOLUME_ERROR
		       ? 0
		       : operation_begin(work->tx, work->arena, service_operation("create-volume"),
					 &operation, f);
}

/* The end of the operation, either way. A volume that is gone is fine. */
static int volume_made(Tx *tx, Arena *arena, const Operation *operation, VolumeEvent event,
		       Fault *f)
{
	VolumeStatus status;
	Volume *volume;
	int r;

	r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (volume_status_move(volume, event, &status))
		return 0; /* it was given another status meanwhile */
	volume->status = (int)status;
	volume->updated_us = clock_now_us();
	return fault_unexpected(f, volume_update(tx, volume, f));
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
