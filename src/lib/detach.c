/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat_local_detach(): this machine first, then the service, then the record; a call that was
 * interrupted is gone on with by the next one.
 */
#include "base/log.h"
#include "base/str.h"
#include "lib/local.h"

enum { DETACH_MS = 3 * 60 * 1000 };

/* The id of a volume: what the service says, or what was given where it has no such volume. */
static int volume_id_of(Side *side, const char *volume, const char **ret)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Client *client = side->cloud->client;
	Fault f = {0};
	int r = client_find(client, side->arena, CLIENT_VOLUMES, volume, &item, &f);

	if (r == CLIENT_NOT_FOUND) {
		*ret = volume; /* deleted behind us, perhaps: this machine may still have it */
		return CLEAT_OK;
	}
	if (r)
		return lib_client_failed(side->error, client, r, &f);
	*ret = client_item_text(side->arena, &item, "id");
	return CLEAT_OK;
}

static int choose_record(Side *side, const char *volume, const char *attachment_id,
			 LocalRecord **ret)
{
	LocalRecord **records, *found = NULL;
	size_t count;
	Fault f = {0};
	int r = local_find(side->work, attachment_id, &records, &count, &f);

	if (r)
		return lib_local_failed(side->error, side->work, r, &f);
	for (size_t i = 0; i < count; i++) {
		if (!str_eq(records[i]->endpoint, side->endpoint))
			continue;
		if (found)
			return lib_fail(side->error, CLEAT_AMBIGUOUS,
					"volume %s has more than one attachment to this host: "
					"name the one to detach",
					volume);
		found = records[i];
	}
	if (!found)
		return lib_fail(side->error, CLEAT_NOT_FOUND,
				"volume %s is not attached to this host", volume);
	*ret = found;
	return CLEAT_OK;
}

/* The volume is in use as before. What the detach failed at counts, not whether this is heard. */
static void roll_back(Side *side, const LocalRecord *record)
{
	Fault f = {0};
	int r = client_volume_hold(side->cloud->client, side->arena, record->volume_id,
				   CLIENT_ROLL_DETACHING, &f);

	if (r)
		log_debug("volume %s stays detaching at the service: %s", record->volume_id,
			  r < 0 ? f.text : client_error(side->cloud->client));
}

/* A legacy service is told before and after; on failure it is told that nothing happened. */
static int detach_record(Side *side, LocalRecord *record, bool force)
{
	Client *client = side->cloud->client;
	bool legacy = side_is_legacy(side, record);
	Fault f = {0};
	int r = legacy ? client_volume_hold(client, side->arena, record->volume_id,
					    CLIENT_BEGIN_DETACHING, &f)
		       : 0;

	if (r && r != CLIENT_REFUSED && r != CLIENT_NOT_FOUND) /* refused: it is detaching */
		return lib_client_failed(side->error, client, r, &f);
	r = side_undo(side, record, force);
	if (r && legacy && record->state == LOCAL_CONNECTED)
		roll_back(side, record);
	return r;
}

int cleat_local_detach(cleat_host *host, cleat_cloud *cloud, const char *volume,
		       const char *attachment_id, unsigned flags, int64_t timeout,
		       struct cleat_error *error)
{
	struct cleat_error own = {0};
	Side side = {
		.host = host, .cloud = cloud, .arena = arena_new(), .error = error ? error : &own};
	const char *volume_id = NULL;
	LocalRecord *record = NULL;
	int r = side_open(&side);

	if (r == CLEAT_OK)
		r = volume_id_of(&side, volume, &volume_id);
	if (r == CLEAT_OK)
		r = side_begin(&side, volume_id, lib_deadline(timeout, DETACH_MS));
	if (r == CLEAT_OK)
		r = choose_record(&side, volume, attachment_id, &record);
	if (r == CLEAT_OK)
		r = detach_record(&side, record, flags & CLEAT_FORCE);
	side_done(&side);
	return r;
}
