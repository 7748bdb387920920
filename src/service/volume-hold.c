/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Holds: os-reserve and os-begin_detaching put a volume into a passing status on the word of a
 * client, who leaves no record of itself. So the volume remembers since when it is held, and a hold
 * that nobody follows up is given back: see docs/volume-states.md.
 */
#include "base/log.h"
#include "base/str.h"
#include "service/priv.h"
#include "service/volume-action.h"
#include "service/volume.h"

enum { RELEASE_BATCH = 100 };

static int refuse_reserve(Work *work, const Volume *volume)
{
	work->refused = (RefusalData){
		.id = volume->id,
		.action = volume->multiattach ? "os-reserve multiattach" : "os-reserve",
		.value = enum_name(&volume_status_names, volume->status),
	};
	return REFUSAL_VOLUME_STATE;
}

int service_reserve_volume(Work *work, const char *id, Fault *f)
{
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = volume_hold(work->tx, work->arena, volume, VOLUME_EVENT_HOLD, f);
	return r == REFUSAL_VOLUME_STATE ? refuse_reserve(work, volume) : r;
}

/* An event that is never refused. */
static int move(Work *work, const char *id, VolumeEvent event, Fault *f)
{
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (r)
		return r;
	return fault_unexpected(f, volume_move(work->tx, work->arena, volume, event, f));
}

int service_unreserve_volume(Work *work, const char *id, Fault *f)
{
	return move(work, id, VOLUME_EVENT_UNHOLD, f);
}

int service_roll_detaching(Work *work, const char *id, Fault *f)
{
	return move(work, id, VOLUME_EVENT_ROLL_DETACHING, f);
}

static bool is_migrating(const Volume *volume)
{
	return !str_empty(volume->migration_status) &&
	       !str_eq(volume->migration_status, "success") &&
	       !str_eq(volume->migration_status, "error");
}

/* 0, a fault, or REFUSAL_VOLUME_NOT_DETACHABLE when nobody has it. */
static int check_attached(Work *work, const Volume *volume, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_volume(work->tx, work->arena, volume->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		if (attachments[i]->status == ATTACHMENT_ATTACHED)
			return 0;
	return REFUSAL_VOLUME_NOT_DETACHABLE;
}

int service_begin_detaching(Work *work, const char *id, Fault *f)
{
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (r || is_migrating(volume))
		return r;
	r = check_attached(work, volume, f);
	if (!r)
		r = volume_hold(work->tx, work->arena, volume, VOLUME_EVENT_BEGIN_DETACHING, f);
	if (r > 0)
		work->refused = (RefusalData){.id = volume->id};
	return r;
}

int service_release_holds(Tx *tx, Arena *arena, int64_t before_us, bool *ret_more, Fault *f)
{
	RecordQuery query = {.limit = RELEASE_BATCH};
	Volume **volumes;
	size_t count;
	int r;

	record_where_int(&query, "held_us", RECORD_GT, 0);
	record_where_int(&query, "held_us", RECORD_LT, before_us);
	r = volume_find(tx, arena, &query, &volumes, &count, f);
	for (size_t i = 0; !r && i < count; i++) {
		log_warning("vol=%s was held and never followed up: given back", volumes[i]->id);
		r = volume_settle(tx, arena, volumes[i]->id, f);
	}
	*ret_more = !r && count == RELEASE_BATCH;
	return fault_unexpected(f, r);
}
