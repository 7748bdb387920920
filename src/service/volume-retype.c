/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume gets another type. Its bytes stay where they are, as there is one backend: nothing in
 * the world has to move, and the volume is retyping for no longer than this transaction takes.
 */
#include "base/str.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-quota.h"
#include "service/volume-type.h"
#include "service/volume.h"

static int refuse_retype(Work *work)
{
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid volume: Retype needs volume to be in available or in-use "
			   "state, not be part of an active migration or a consistency group, "
			   "requested type has to be different that the one from the volume, and "
			   "for in-use volumes front-end qos specs cannot change.");
}

static int check_multiattach(Work *work, const Volume *volume, const VolumeType *to)
{
	if (service_type_is_multiattach(work->arena, to) == volume->multiattach ||
	    volume->status == VOLUME_AVAILABLE)
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid input received: Invalid volume_type passed, retypes affecting "
			   "multiattach are only allowed on available volumes, the specified "
			   "volume however currently has a status of: %s.",
			   enum_name(&volume_status_names, volume->status));
}

/* Whether the front end has a part in a type's QoS; a type without QoS leaves it alone. */
static int has_front_end_qos(Work *work, const VolumeType *type, bool *ret, Fault *f)
{
	QosSpec *qos;
	int r;

	*ret = false;
	if (!type->qos_id)
		return 0;
	r = qos_spec_get(work->tx, work->arena, type->qos_id, &qos, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	*ret = !str_eq(qos->consumer, "back-end");
	return 0;
}

/* A guest that has the volume keeps the limits that it was given. */
static int check_qos(Work *work, const Volume *volume, const VolumeType *from, const VolumeType *to,
		     Fault *f)
{
	bool before = false, after = false;
	int r;

	if (volume->status == VOLUME_AVAILABLE || str_eq(from->qos_id, to->qos_id))
		return 0;
	r = has_front_end_qos(work, from, &before, f);
	if (!r)
		r = has_front_end_qos(work, to, &after, f);
	if (r)
		return r;
	return before || after ? refuse_retype(work) : 0;
}

static int check(Work *work, const Volume *volume, const VolumeType *from, const VolumeType *to,
		 Fault *f)
{
	const char *backend = text_map_value(work->arena, to->extra_specs, "volume_backend_name");
	int r = volume_check_type_size(work, to, volume->size_gib);

	if (!r)
		r = check_multiattach(work, volume, to);
	if (!r)
		r = service_type_may_make(work, to, f);
	if (r)
		return r;
	if (backend && !str_eq(backend, work->settings->backend_name))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Volume type %s is for another backend, "
				   "and volumes do not move between backends.",
				   to->name);
	if (str_eq(from->id, to->id))
		return refuse_retype(work);
	return check_qos(work, volume, from, to, f);
}

/* What the volume and its snapshots count for moves to the other type. */
static int give_quota(Work *work, const Volume *volume, Snapshot **snapshots, size_t count,
		      Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = snapshot_quota_give(work->tx, work->arena, volume, snapshots[i], f);
	return r ? r : volume_quota_give(work->tx, work->arena, volume, f);
}

static int take_quota(Work *work, const Volume *volume, Snapshot **snapshots, size_t count,
		      Fault *f)
{
	int r = volume_quota_take(work, volume, f);

	for (size_t i = 0; !r && i < count; i++)
		r = snapshot_quota_take(work, volume, snapshots[i], f);
	return r;
}

static int change_type(Work *work, Volume *volume, const VolumeType *to, Fault *f)
{
	Snapshot **snapshots;
	size_t count;
	int r;

	r = snapshots_of_volume(work->tx, work->arena, volume->id, &snapshots, &count, f);
	if (!r)
		r = give_quota(work, volume, snapshots, count, f);
	if (r)
		return fault_unexpected(f, r);
	volume->type_id = to->id;
	volume->type_name = to->name;
	volume->multiattach = service_type_is_multiattach(work->arena, to);
	r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_RETYPED, f);
	if (r)
		return fault_unexpected(f, r);
	r = take_quota(work, volume, snapshots, count, f);
	return r ? r : announce_volume(work, "retype-volume", volume->id, f);
}

int service_retype_volume(Work *work, const char *id, const char *type, Fault *f)
{
	VolumeType *from, *to;
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = service_choose_volume_type(work, type, &to, f);
	if (!r)
		r = fault_unexpected(
			f, volume_type_get(work->tx, work->arena, volume->type_id, &from, f));
	if (!r)
		r = check(work, volume, from, to, f);
	if (r)
		return r;
	r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_RETYPE, f);
	if (r > 0)
		return refuse_retype(work);
	return r ? r : change_type(work, volume, to, f);
}
