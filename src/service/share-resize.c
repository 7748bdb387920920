/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A share grows or shrinks. The row keeps the old size until the backend has the new one. Growth is
 * charged with the request, and given back if nothing comes of it; what shrinks is given back at
 * the end. A share that holds more than it is to become stays as it was, and the user is told.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/str.h"
#include "service/message.h"
#include "service/share-priv.h"
#include "service/share-quota.h"
#include "service/share.h"
#include "service/text-map.h"
#include "json/out.h"

static int begin(Work *work, const Share *share, const char *kind, int64_t size_gib, Fault *f)
{
	Operation operation = share_operation(work, share);
	JsonPair size = {
		.key = OPERATION_SIZE_GIB,
		.value = arena_printf(work->arena, "%" PRId64, size_gib),
	};

	operation.args =
		json_print_text_map(work->arena, &(JsonTextMap){.pairs = &size, .count = 1});
	return operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
}

static int check_type_size(Work *work, const Share *share, int64_t size_gib, Fault *f)
{
	ShareType *type;
	int r = share_type_get(work->tx, work->arena, share->type_id, &type, f);

	if (r)
		return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
	return share_check_type_size(work, type, size_gib);
}

int service_extend_share(Work *work, const char *id, int64_t size_gib, Fault *f)
{
	Share *share;
	int r = service_find_live_share(work, id, "extend", &share, f);
	const char *status;

	if (r)
		return r;
	status = enum_name(&share_status_names, share->status);
	if (size_gib <= share->size_gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: New size for extend must be greater "
				   "than current size. (current: %" PRId64 ", extended: %" PRId64
				   ").",
				   share->size_gib, size_gib);
	r = check_type_size(work, share, size_gib, f);
	if (r)
		return r;
	r = share_move(work->tx, share, SHARE_EVENT_EXTEND, f);
	if (r > 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid share: Share %s status must be 'available' to extend, "
				   "but current status is: %s.",
				   share->id, status);
	if (!r)
		r = share_quota_take_growth(work, share, size_gib - share->size_gib, f);
	return r ? r : begin(work, share, "extend-share", size_gib, f);
}

int service_shrink_share(Work *work, const char *id, int64_t size_gib, Fault *f)
{
	Share *share;
	int r = service_find_live_share(work, id, "shrink", &share, f);
	const char *status;

	if (r)
		return r;
	status = enum_name(&share_status_names, share->status);
	if (size_gib <= 0 || size_gib >= share->size_gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: New size for shrink must be less than "
				   "current size and greater than 0 (current: %" PRId64
				   ", new: %" PRId64 ")",
				   share->size_gib, size_gib);
	r = check_type_size(work, share, size_gib, f);
	if (!r)
		r = share_check_free(work, share, SHARE_ACT_SHRINK, f);
	if (!r)
		r = share_move(work->tx, share, SHARE_EVENT_SHRINK, f);
	if (r == REFUSAL_SHARE_FORBIDDEN)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid share: Share %s status must in (available, "
				   "shrinking_possible_data_loss_error) to shrink, but current "
				   "status is: %s..",
				   share->id, status);
	return r ? r : begin(work, share, "shrink-share", size_gib, f);
}

static int wanted_gib(Arena *arena, const Operation *operation, int64_t *ret, Fault *f)
{
	const char *text = text_map_value(arena, operation->args, OPERATION_SIZE_GIB);

	if (!text || !str_parse_i64(text, ret))
		return fault(f, -EBADMSG, "operation %s does not say which size", operation->id);
	return 0;
}

/* The share of an operation, NULL if it is gone, and the size that it was to have. */
static int find_resized(Tx *tx, Arena *arena, const Operation *operation, Share **ret,
			int64_t *ret_gib, Fault *f)
{
	int r = share_of_operation(tx, arena, operation, ret, f);

	return r || !*ret ? r : wanted_gib(arena, operation, ret_gib, f);
}

/* It has the new size, in whatever status it is. */
static int take_size(Tx *tx, Arena *arena, const Operation *operation, Share *share,
		     int64_t size_gib, ShareEvent event, Fault *f)
{
	int r;

	share->size_gib = size_gib;
	r = share_update(tx, share, f);
	return r ? fault_unexpected(f, r) : share_settle(tx, arena, operation, event, f);
}

int extend_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int64_t size_gib = 0;
	Share *share;
	int r = find_resized(tx, arena, operation, &share, &size_gib, f);

	return r || !share
		       ? r
		       : take_size(tx, arena, operation, share, size_gib, SHARE_EVENT_EXTENDED, f);
}

int extend_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	int64_t size_gib = 0;
	Share *share;
	int r = find_resized(tx, arena, operation, &share, &size_gib, f);

	(void)reason; /* the operation keeps it, for operators */
	if (r || !share)
		return r;
	r = share_quota_give_growth(tx, share, size_gib - share->size_gib, f);
	if (!r)
		r = share_settle(tx, arena, operation, SHARE_EVENT_EXTEND_FAILED, f);
	return r ? r : message_write(tx, arena, operation, MESSAGE_EXTEND_SHARE, f);
}

int shrink_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int64_t size_gib = 0;
	Share *share;
	int r = find_resized(tx, arena, operation, &share, &size_gib, f);

	if (r || !share)
		return r;
	r = share_quota_give_growth(tx, share, share->size_gib - size_gib, f);
	return r ? r : take_size(tx, arena, operation, share, size_gib, SHARE_EVENT_SHRUNK, f);
}

int shrink_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	bool refused = str_after(reason, OPERATION_HOLDS_MORE) != NULL;
	int r = share_settle(tx, arena, operation,
			     refused ? SHARE_EVENT_SHRINK_REFUSED : SHARE_EVENT_SHRINK_FAILED, f);

	return r ? r
		 : message_write(tx, arena, operation,
				 refused ? MESSAGE_KEEP_SHARE_SIZE : MESSAGE_SHRINK_SHARE, f);
}
