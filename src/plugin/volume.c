/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The volumes of the service that have a name here: those whose metadata say so. What was made by a
 * plugin carries a mark beside it, and how it is used. All hosts see the same, and none keeps it.
 */
#include "base/clock.h"
#include "base/str.h"
#include "client/storage.h"
#include "plugin/priv.h"

#define KEY_NAME "cleat:plugin"
#define KEY_MADE "cleat:made"
#define KEY_FS "cleat:fs"
#define KEY_MODE "cleat:mode"
#define KEY_MULTIPATH "cleat:multipath"
#define FS_DEFAULT "ext4"

enum { POLL_FIRST_MS = 20, POLL_LONGEST_MS = 1000, PAIRS_MAX = 5 };

static const char *metadata_of(Call *call, const ClientItem *item, const char *key)
{
	return client_item_text(call->arena, item, arena_printf(call->arena, "metadata.%s", key));
}

static Volume volume_of(Call *call, const ClientItem *item)
{
	const char *fs = metadata_of(call, item, KEY_FS);
	const char *mode = metadata_of(call, item, KEY_MODE);
	bool made = str_eq(metadata_of(call, item, KEY_MADE), "true");

	/* In what somebody else made, a file system is made only if he was told to have one. */
	return (Volume){
		.name = metadata_of(call, item, KEY_NAME),
		.id = client_item_text(call->arena, item, "id"),
		.status = client_item_text(call->arena, item, "status"),
		.created_at = client_item_text(call->arena, item, "created_at"),
		.options = {.fs = fs || !made ? fs : FS_DEFAULT,
			    .mode = mode ? mode : "rw",
			    .multipath = str_eq(metadata_of(call, item, KEY_MULTIPATH), "true")},
		.made = made,
		.shared = json_get_bool(item->doc,
					client_item_path(call->arena, item, "multiattach"), false),
	};
}

/* What is being deleted is as good as gone. */
static bool counts(const Volume *volume)
{
	return volume->id && volume->status && !str_eq(volume->status, "deleting");
}

/* Volumes that fit the query and have a name here, or a certain one. */
static int list(Call *call, const char *query, const char *name, Volume **ret, size_t *ret_count)
{
	_cleanup_(client_list_done) ClientList items = {0};
	Volume *volumes = NULL;
	size_t count = 0;
	Fault f = {0};
	int r = client_list(call->session->client, call->arena, CLIENT_VOLUMES, query, &items, &f);

	if (r)
		return call_client_failed(call, r, &f);
	for (size_t i = 0; i < items.count; i++) {
		const Volume volume = volume_of(call, &items.items[i]);

		if (!counts(&volume) || !volume.name || !options_name_valid(volume.name) ||
		    (name && !str_eq(volume.name, name)))
			continue;
		volumes = arena_grow(call->arena, volumes, count, sizeof(*volumes));
		volumes[count++] = volume;
	}
	*ret = volumes;
	*ret_count = count;
	return 0;
}

int volume_list(Call *call, Volume **ret, size_t *ret_count)
{
	return list(call, NULL, NULL, ret, ret_count);
}

/* Those of the call's name. */
static int find_all(Call *call, Volume **ret, size_t *ret_count)
{
	const char *filter = arena_printf(call->arena, "{'%s': '%s'}", KEY_NAME, call->name);
	const char *query = arena_printf(call->arena, "metadata=%s",
					 client_escape(call->session->client, call->arena, filter));
	int r = list(call, query, call->name, ret, ret_count);

	if (r)
		return r;
	return *ret_count > 0 ? 0
			      : call_say(call, PLUGIN_NONE, "there is no volume %s", call->name);
}

int volume_find(Call *call, Volume *ret)
{
	Volume *volumes;
	size_t count;
	int r = find_all(call, &volumes, &count);

	if (r)
		return r;
	if (count > 1)
		return call_say(call, PLUGIN_REFUSED,
				"%zu volumes of the service are called %s: %s and %s", count,
				call->name, volumes[0].id, volumes[1].id);
	*ret = volumes[0];
	return 0;
}

/* --- making and dropping --- */

static JsonTextMap metadata_for(const Call *call, bool made, JsonPair pairs[static PAIRS_MAX])
{
	const Options *options = &call->options;
	const char *fs = options->fs || !made ? options->fs : FS_DEFAULT;
	size_t count = 0;

	pairs[count++] = (JsonPair){KEY_NAME, call->name};
	if (fs)
		pairs[count++] = (JsonPair){KEY_FS, fs};
	pairs[count++] = (JsonPair){KEY_MODE, options->mode};
	pairs[count++] = (JsonPair){KEY_MULTIPATH, options->multipath ? "true" : "false"};
	if (made)
		pairs[count++] = (JsonPair){KEY_MADE, "true"};
	return (JsonTextMap){.pairs = pairs, .count = count};
}

/* A volume that somebody has called the same is his, and two of one name would confuse him. */
static int check_strangers(Call *call)
{
	_cleanup_(client_list_done) ClientList items = {0};
	Arena *arena = call->arena;
	const char *query = arena_printf(arena, "name=%s", call->name);
	Fault f = {0};
	int r = client_list(call->session->client, arena, CLIENT_VOLUMES, query, &items, &f);

	if (r)
		return call_client_failed(call, r, &f);
	for (size_t i = 0; i < items.count; i++) {
		const Volume volume = volume_of(call, &items.items[i]);
		const char *name = client_item_text(arena, &items.items[i], "name");

		if (counts(&volume) && str_eq(name, call->name))
			return call_say(call, PLUGIN_REFUSED,
					"the service has a volume %s that is not the plugin's: "
					"use it by the option volume=%s, or take another name",
					call->name, volume.id);
	}
	return 0;
}

/* All hosts agree on it. Who sees only his own was first. */
static bool is_older(const Volume *a, const Volume *b)
{
	int order = strcmp(a->created_at ? a->created_at : "", b->created_at ? b->created_at : "");

	return order ? order < 0 : strcmp(a->id, b->id) < 0;
}

/* Several hosts may have made one at once: the oldest stays, and each deletes only his own. */
static int settle(Call *call, const char *id, Volume *ret)
{
	Volume *volumes = NULL, *own = NULL;
	size_t count = 0;
	Fault f = {0};
	int r = find_all(call, &volumes, &count);

	if (r)
		return r;
	*ret = volumes[0];
	for (size_t i = 0; i < count; i++) {
		if (is_older(&volumes[i], ret))
			*ret = volumes[i];
		if (str_eq(volumes[i].id, id))
			own = &volumes[i];
	}
	if (!own || str_eq(ret->id, id))
		return 0;
	r = volume_wait(call, own); /* services do not delete what is being made */
	if (r && r != PLUGIN_REFUSED && r != PLUGIN_NONE)
		return r;
	r = client_delete(call->session->client, call->arena, CLIENT_VOLUMES, id, &f);
	return r && r != CLIENT_NOT_FOUND ? call_client_failed(call, r, &f) : 0;
}

int volume_make(Call *call, Volume *ret)
{
	JsonPair pairs[PAIRS_MAX];
	const JsonTextMap metadata = metadata_for(call, true, pairs);
	const ClientVolumeWish wish = {
		.name = call->name,
		.type = call->options.type,
		.size_gib = call->options.size_gib ? call->options.size_gib
						   : call->machine->config->size_gib,
		.metadata = &metadata,
	};
	const char *id;
	Fault f = {0};
	int r = check_strangers(call);

	if (r)
		return r;
	r = client_volume_create(call->session->client, call->arena, &wish, &id, &f);
	return r ? call_client_failed(call, r, &f) : settle(call, id, ret);
}

static int show(Call *call, const char *id, Volume *ret)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Fault f = {0};
	int r = client_show(call->session->client, call->arena, CLIENT_VOLUMES, id, &item, &f);

	if (r)
		return call_client_failed(call, r, &f);
	*ret = volume_of(call, &item);
	return 0;
}

int volume_adopt(Call *call, Volume *ret)
{
	JsonPair pairs[PAIRS_MAX];
	const JsonTextMap metadata = metadata_for(call, false, pairs);
	Volume volume = {0};
	Fault f = {0};
	int r = show(call, call->options.volume, &volume);

	if (r)
		return r;
	if (volume.name)
		return call_say(call, PLUGIN_REFUSED, "volume %s is called %s already",
				call->options.volume, volume.name);
	r = client_map_set(call->session->client, call->arena, CLIENT_VOLUMES, volume.id,
			   "metadata", &metadata, &f);
	return r ? call_client_failed(call, r, &f) : volume_find(call, ret);
}

int volume_wait(Call *call, Volume *volume)
{
	int64_t pause_ms = POLL_FIRST_MS;
	int r;

	while (str_eq(volume->status, "creating")) {
		if (clock_mono_ms() + pause_ms > call->deadline_ms)
			return call_say(call, PLUGIN_LATE, "volume %s is still being made",
					volume->id);
		clock_sleep_ms(pause_ms);
		pause_ms = MIN(pause_ms * 2, POLL_LONGEST_MS);
		r = show(call, volume->id, volume);
		if (r)
			return r;
	}
	if (str_eq(volume->status, "error"))
		return call_say(call, PLUGIN_REFUSED,
				"volume %s of the service is in error: remove it", volume->id);
	return 0;
}

int volume_drop(Call *call, const Volume *volume)
{
	/* The name goes last: until then it can be dropped once more. */
	static const char *const keys[] = {KEY_FS, KEY_MODE, KEY_MULTIPATH, KEY_NAME};
	Client *client = call->session->client;
	Fault f = {0};
	int r = 0;

	if (volume->made)
		r = client_delete(client, call->arena, CLIENT_VOLUMES, volume->id, &f);
	for (size_t i = 0; !volume->made && i < ARRAY_SIZE(keys); i++) {
		r = client_map_unset(client, call->arena, CLIENT_VOLUMES, volume->id, "metadata",
				     keys[i], &f);
		if (r && r != CLIENT_NOT_FOUND)
			break;
	}
	return r && r != CLIENT_NOT_FOUND ? call_client_failed(call, r, &f) : 0;
}
