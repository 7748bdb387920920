/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a volume is marked with: bootable, read-only.
 */
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

static int write_volume(Work *work, Volume *volume, Fault *f)
{
	volume->updated_us = work->now_us;
	return fault_unexpected(f, volume_update(work->tx, volume, f));
}

int service_set_volume_bootable(Work *work, const char *id, bool bootable, Fault *f)
{
	Volume *volume;
	int r = service_find_volume(work, id, &volume, f);

	if (r)
		return r;
	volume->bootable = bootable;
	return write_volume(work, volume, f);
}

int service_set_volume_readonly(Work *work, const char *id, bool readonly, Fault *f)
{
	JsonPair pair = {.key = "readonly", .value = readonly ? "True" : "False"};
	const JsonTextMap set = {.pairs = &pair, .count = 1};
	Volume *volume;
	int r = service_find_volume(work, id, &volume, f);

	if (r)
		return r;
	if (volume->status != VOLUME_AVAILABLE)
		return refuse_state(work, volume, "update readonly flag");
	volume->readonly = readonly;
	volume->admin_metadata = text_map_merge(work->arena, volume->admin_metadata, &set);
	return write_volume(work, volume, f);
}
