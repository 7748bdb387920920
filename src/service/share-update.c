/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What users may change of a share at any time: its name, its description, who sees it, its
 * metadata; and its status, by admins.
 */
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "service/share-priv.h"
#include "service/share.h"
#include "service/text-map.h"
#include "json/out.h"

enum { KEY_MAX = 255, VALUE_MAX = 1023 };

static int write_share(Work *work, Share *share, Fault *f)
{
	share->updated_us = work->now_us;
	return fault_unexpected(f, share_update(work->tx, share, f));
}

int service_change_share(Work *work, const char *id, const ShareChange *change, Share **ret,
			 Fault *f)
{
	Share *share;
	int r = service_find_live_share(work, id, "update", &share, f);

	if (r)
		return r;
	if (change->has_is_public && change->is_public && !share->is_public &&
	    !caller_is_admin(work->caller))
		return work_refuse(
			work, REFUSAL_SHARE_FORBIDDEN,
			"User is not authorized to set 'is_public' to True in the request.");
	if (change->has_name)
		share->name = change->name;
	if (change->has_description)
		share->description = change->description;
	if (change->has_is_public)
		share->is_public = change->is_public;
	*ret = share;
	return write_share(work, share, f);
}

/* What its end makes of the status nobody may say before. */
static int check_idle(Work *work, const Share *share, Fault *f)
{
	static const char *const active[] = {"doing", "undoing"};
	RecordQuery query = {0};
	int64_t count = 0;
	int r;

	if (!share_status_passes((ShareStatus)share->status) &&
	    share->status != SHARE_ERROR_DELETING)
		return 0;
	record_where_texts(&query, "state", RECORD_IN, active, ARRAY_SIZE(active));
	record_where_text(&query, "share_id", RECORD_EQ, share->id);
	record_where_text(&query, "kind", RECORD_NE, "apply-share-rules");
	r = record_count(work->tx, &operation_table, &query, &count, f);
	if (r || count == 0)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_SHARE_CONFLICT,
			   "An operation is at work on share %s: its status '%s' ends by itself.",
			   share->id, enum_name(&share_status_names, share->status));
}

int service_reset_share(Work *work, const char *id, ShareStatus status, Fault *f)
{
	Share *share;
	int r = service_find_own_share(work, id, &share, f);

	if (!r)
		r = check_idle(work, share, f);
	if (r)
		return r;
	log_warning("req=%s share=%s is reset by an admin: %s", work->request_id, share->id,
		    enum_name(&share_status_names, (int)status));
	share->status = (int)status;
	return write_share(work, share, f);
}

/* --- metadata --- */

int share_check_metadata(Work *work, const JsonTextMap *metadata)
{
	for (size_t i = 0; i < metadata->count; i++) {
		size_t key = str_utf8_length(metadata->pairs[i].key);
		size_t value = str_utf8_length(metadata->pairs[i].value);

		if (key == 0)
			return work_refuse(work, REFUSAL_BAD_INPUT,
					   "Metadata property key is blank.");
		if (key > KEY_MAX)
			return work_refuse(work, REFUSAL_BAD_INPUT,
					   "Metadata property key is greater than 255 characters.");
		if (value == 0)
			return work_refuse(work, REFUSAL_BAD_INPUT,
					   "Metadata property value is blank.");
		if (value > VALUE_MAX)
			return work_refuse(
				work, REFUSAL_BAD_INPUT,
				"Metadata property value is greater than 1023 characters.");
	}
	if (metadata->count > LIMIT_METADATA_ITEMS)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "A resource may not have more than %d items of metadata.",
				   LIMIT_METADATA_ITEMS);
	return 0;
}

static int set_metadata(Work *work, Share *share, const char *json, const char **ret, Fault *f)
{
	JsonTextMap map = json_text_map(work->arena, json);
	int r = share_check_metadata(work, &map);

	if (r)
		return r;
	share->metadata = json;
	*ret = json;
	return write_share(work, share, f);
}

int service_merge_share_metadata(Work *work, const char *id, const JsonTextMap *set,
				 const char **ret, Fault *f)
{
	Share *share;
	int r = service_find_own_share(work, id, &share, f);

	return r ? r
		 : set_metadata(work, share, text_map_merge(work->arena, share->metadata, set), ret,
				f);
}

int service_replace_share_metadata(Work *work, const char *id, const JsonTextMap *all,
				   const char **ret, Fault *f)
{
	Share *share;
	int r = service_find_own_share(work, id, &share, f);

	return r ? r : set_metadata(work, share, json_print_text_map(work->arena, all), ret, f);
}

int service_delete_share_metadata(Work *work, const char *id, const char *key, Fault *f)
{
	const char *left, *ignored;
	Share *share;
	int r = service_find_own_share(work, id, &share, f);

	if (r)
		return r;
	left = text_map_without(work->arena, share->metadata, key);
	if (left)
		return set_metadata(work, share, left, &ignored, f);
	work->refused = (RefusalData){.id = share->id, .other = key};
	return REFUSAL_NO_METADATA_KEY;
}
