/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What users may change of a volume at any time: its name, its description, its metadata and that
 * of the image it was made from.
 */
#include "base/limits.h"
#include "base/str.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-action.h"
#include "service/volume.h"
#include "json/out.h"

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
	int r;

	volume->updated_us = work->now_us;
	r = volume_update(work->tx, volume, f);
	return r ? fault_unexpected(f, r) : announce_volume(work, "update-volume", volume->id, f);
}

/* Set the whole map, unless it is too large. */
static int set_map(Work *work, const char **map_of, const char *json)
{
	JsonTextMap map = json_text_map(work->arena, json);

	if (map.count > LIMIT_METADATA_ITEMS) {
		work->refused = (RefusalData){
			.resource = "metadata_items",
			.requested = (int64_t)map.count,
			.limit = LIMIT_METADATA_ITEMS,
		};
		return REFUSAL_QUOTA;
	}
	*map_of = json;
	return 0;
}

int service_change_volume(Work *work, const char *id, const VolumeChange *change, Volume **ret,
			  Fault *f)
{
	Volume *volume;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (r)
		return r;
	if (volume->status == VOLUME_MAINTENANCE)
		return refuse_state(work, volume, "update");
	if (change->has_name)
		volume->name = change->name;
	if (change->has_description)
		volume->description = change->description;
	if (change->metadata) {
		r = set_map(work, &volume->metadata,
			    json_print_text_map(work->arena, change->metadata));
		if (r)
			return r;
	}
	*ret = volume;
	return write_volume(work, volume, f);
}

/* A volume whose metadata may change now. */
static int find_for_metadata(Work *work, const char *id, const char *action, Volume **ret, Fault *f)
{
	int r = service_find_volume(work, id, ret, f);

	if (r)
		return r;
	if ((*ret)->status == VOLUME_MAINTENANCE || (*ret)->status == VOLUME_UPLOADING)
		return refuse_state(work, *ret, action);
	return 0;
}

static int change_metadata(Work *work, Volume *volume, const char *json, const char **ret, Fault *f)
{
	int r = set_map(work, &volume->metadata, json);

	if (r)
		return r;
	*ret = volume->metadata;
	return write_volume(work, volume, f);
}

int service_merge_volume_metadata(Work *work, const char *id, const JsonTextMap *set,
				  const char **ret, Fault *f)
{
	Volume *volume;
	int r = find_for_metadata(work, id, "set metadata", &volume, f);

	if (r)
		return r;
	return change_metadata(work, volume, text_map_merge(work->arena, volume->metadata, set),
			       ret, f);
}

int service_replace_volume_metadata(Work *work, const char *id, const JsonTextMap *all,
				    const char **ret, Fault *f)
{
	Volume *volume;
	int r = find_for_metadata(work, id, "set metadata", &volume, f);

	if (r)
		return r;
	return change_metadata(work, volume, json_print_text_map(work->arena, all), ret, f);
}

int service_delete_volume_metadata(Work *work, const char *id, const char *key, Fault *f)
{
	const char *left;
	Volume *volume;
	int r = find_for_metadata(work, id, "delete metadata", &volume, f);

	if (r)
		return r;
	left = text_map_without(work->arena, volume->metadata, key);
	if (!left) {
		work->refused = (RefusalData){.id = volume->id, .other = key};
		return REFUSAL_NO_METADATA_KEY;
	}
	volume->metadata = left;
	return write_volume(work, volume, f);
}

int service_set_image_metadata(Work *work, const char *id, const JsonTextMap *set, const char **ret,
			       Fault *f)
{
	Volume *volume;
	int r = find_for_metadata(work, id, "set metadata", &volume, f);

	if (r)
		return r;
	r = set_map(work, &volume->image_metadata,
		    text_map_merge(work->arena, volume->image_metadata, set));
	if (r)
		return r;
	*ret = volume->image_metadata;
	return write_volume(work, volume, f);
}

int service_unset_image_metadata(Work *work, const char *id, const char *key, Fault *f)
{
	const char *left;
	Volume *volume;
	int r = find_for_metadata(work, id, "delete metadata", &volume, f);

	if (r)
		return r;
	left = text_map_without(work->arena, volume->image_metadata, key);
	if (!left) {
		work->refused = (RefusalData){.id = volume->id, .attribute = "image", .other = key};
		return REFUSAL_NO_METADATA_KEY;
	}
	volume->image_metadata = left;
	return write_volume(work, volume, f);
}
