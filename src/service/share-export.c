/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share-export.h.
 */
#include "service/share-export.h"

#include "base/str.h"
#include "base/uuid.h"
#include "records/tables.h"
#include "service/priv.h"
#include "service/share.h"
#include "service/text-map.h"
#include "json/out.h"

int service_find_share_export(Work *work, const char *share_id, const char *id, ShareExport **ret,
			      Fault *f)
{
	char canonical[UUID_TEXT];
	Share *share;
	int r = service_find_share(work, share_id, &share, f);

	if (r)
		return r;
	r = RECORD_NOT_FOUND;
	if (uuid_canonical(id, canonical))
		r = share_export_get(work->tx, work->arena, canonical, ret, f);
	if (r < 0)
		return r;
	if (r || !str_eq((*ret)->share_id, share->id))
		return work_refuse(work, REFUSAL_NOT_THERE,
				   "Export location %s could not be found.", id);
	if ((*ret)->admin_only && !caller_is_admin(work->caller)) {
		work->refused = (RefusalData){.value = "share_export_location:show"};
		return REFUSAL_DENIED;
	}
	return 0;
}

int service_list_share_exports(Work *work, const char *share_id, ShareExport ***ret,
			       size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};
	Share *share;
	int r = service_find_share(work, share_id, &share, f);

	if (r)
		return r;
	record_where_text(&query, "share_id", RECORD_EQ, share->id);
	if (!caller_is_admin(work->caller))
		record_where_int(&query, "admin_only", RECORD_EQ, false);
	record_sort(&query, "preferred", true);
	record_sort(&query, "created_us", false);
	return fault_unexpected(
		f, share_export_find(work->tx, work->arena, &query, ret, ret_count, f));
}

static int write_metadata(Work *work, const ShareExport *place, const char *metadata, Fault *f)
{
	ShareExport changed = *place;

	changed.metadata = metadata;
	changed.updated_us = work->now_us;
	return fault_unexpected(f, share_export_update(work->tx, &changed, f));
}

int service_merge_export_metadata(Work *work, const ShareExport *place, const JsonTextMap *set,
				  const char **ret, Fault *f)
{
	int r = share_check_metadata(work, set);

	if (r)
		return r;
	*ret = text_map_merge(work->arena, place->metadata, set);
	return write_metadata(work, place, *ret, f);
}

int service_replace_export_metadata(Work *work, const ShareExport *place, const JsonTextMap *all,
				    const char **ret, Fault *f)
{
	int r = share_check_metadata(work, all);

	if (r)
		return r;
	*ret = json_print_text_map(work->arena, all);
	return write_metadata(work, place, *ret, f);
}

int service_delete_export_metadata(Work *work, const ShareExport *place, const char *key, Fault *f)
{
	const char *left = text_map_without(work->arena, place->metadata, key);

	if (!left) {
		work->refused = (RefusalData){.id = place->id, .other = key};
		return REFUSAL_NO_METADATA_KEY;
	}
	return write_metadata(work, place, left, f);
}
