/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Finding shares, and moving their status: what every use case of them begins and ends with.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/share-priv.h"
#include "service/share.h"

static int refuse_missing(Work *work, const char *id)
{
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_SHARE;
}

int service_find_share(Work *work, const char *id, Share **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	Share *share;
	int r;

	if (!uuid_canonical(id, canonical))
		return refuse_missing(work, id);
	r = share_get(work->tx, work->arena, canonical, &share, f);
	if (r < 0)
		return r;
	if (r || (!share->is_public && !work_sees(work, share->project_id)))
		return refuse_missing(work, id);
	*ret = share;
	return 0;
}

int service_find_own_share(Work *work, const char *id, Share **ret, Fault *f)
{
	int r = service_find_share(work, id, ret, f);

	if (r || work_sees(work, (*ret)->project_id))
		return r;
	work->refused = (RefusalData){.id = id};
	return REFUSAL_DENIED;
}

int service_find_live_share(Work *work, const char *id, const char *verb, Share **ret, Fault *f)
{
	int r = service_find_own_share(work, id, ret, f);

	if (r || (*ret)->scheduled_us == 0)
		return r;
	return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
			   "Cannot %s share '%s' since it has been soft deleted.", verb,
			   (*ret)->id);
}

void service_where_shares_visible(const Work *work, RecordQuery *query, bool with_public)
{
	if (with_public) {
		record_where_int(query, "is_public", RECORD_EQ, 1);
		record_or(query);
	}
	record_where_text(query, "project_id", RECORD_EQ, work->caller->project_id);
}

int share_move(Tx *tx, Share *share, ShareEvent event, Fault *f)
{
	ShareStatus status;

	if (!share_status_move((ShareStatus)share->status, event, &status))
		return REFUSAL_SHARE_FORBIDDEN;
	share->status = (int)status;
	share->updated_us = clock_now_us();
	return fault_unexpected(f, share_update(tx, share, f));
}

int share_of_operation(Tx *tx, Arena *arena, const Operation *operation, Share **ret, Fault *f)
{
	int r = share_get(tx, arena, operation->share_id, ret, f);

	if (r == RECORD_NOT_FOUND) {
		*ret = NULL;
		return 0;
	}
	return fault_unexpected(f, r);
}

int share_settle(Tx *tx, Arena *arena, const Operation *operation, ShareEvent event, Fault *f)
{
	Share *share;
	int r = share_of_operation(tx, arena, operation, &share, f);

	if (r || !share)
		return r;
	r = share_move(tx, share, event, f);
	return r > 0 ? 0 : r; /* an admin has said otherwise meanwhile */
}

const char *share_statuses_of(Arena *arena, ShareEvent event)
{
	uint64_t from = share_event_from(event);
	Buf text = {0};
	const char *ret;

	for (int i = 0; i < _SHARE_STATUS_MAX; i++)
		if (from >> i & 1)
			buf_printf(&text, "%s%s", from & ((UINT64_C(1) << i) - 1) ? ", " : "",
				   enum_name(&share_status_names, i));
	ret = arena_strdup(arena, buf_text(&text));
	buf_done(&text);
	return ret;
}
