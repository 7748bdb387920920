/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A share comes to be: the row in creating, its quota and the intent in one transaction; the
 * operation makes it on the backend and finds out where it can be mounted from, and its end makes
 * the share available, or error.
 *
 * A copy of a snapshot is made in a lane of its own. What it is copied from is there until then:
 * a snapshot is not deleted while shares are made from it, nor a share that has snapshots.
 */
#include <ctype.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/str.h"
#include "service/message.h"
#include "service/share-priv.h"
#include "service/share-quota.h"
#include "service/share-snapshot.h"
#include "service/share-type.h"
#include "service/share.h"
#include "service/text-map.h"
#include "json/out.h"

/* What a share is to be made from, and what that says of it. */
typedef struct ShareSource {
	ShareSnapshot *snapshot; /* NULL: it begins empty */
	Share *share;            /* the snapshot's */
} ShareSource;

static const char *upper_case(Arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *c = copy; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return copy;
}

int share_choose_protocol(Work *work, const char *wish, int *ret)
{
	unsigned known = share_backend_traits(work->settings->share_backend)->protocols;
	const char *text = upper_case(work->arena, wish), *list = NULL;
	int protocol = enum_value(&share_protocol_names, text);

	if (protocol >= 0 && known & 1u << protocol) {
		*ret = protocol;
		return 0;
	}
	for (int i = 0; i < _SHARE_PROTOCOL_MAX; i++)
		if (known & 1u << i)
			list = arena_printf(work->arena, "%s%s'%s'", list ? list : "",
					    list ? ", " : "", enum_name(&share_protocol_names, i));
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid input received: Invalid share protocol provided: %s. It is "
			   "either disabled or unsupported. Available protocols: [%s].",
			   text, list);
}

static int find_source(Work *work, const ShareWish *wish, ShareSource *ret, Fault *f)
{
	ShareType *type = NULL;
	int r;

	if (!wish->snapshot_id)
		return 0;
	r = service_find_share_snapshot(work, wish->snapshot_id, &ret->snapshot, f);
	if (r)
		return r;
	r = share_get(work->tx, work->arena, ret->snapshot->share_id, &ret->share, f);
	if (!r)
		r = share_type_get(work->tx, work->arena, ret->share->type_id, &type, f);
	if (r)
		return fault_unexpected(f, r);
	if (!share_type_can(work->arena, type, SHARE_TYPE_FROM_SNAPSHOT))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "A new share may not be created from snapshot '%s', because the "
				   "snapshot's parent share does not have that capability.",
				   ret->snapshot->id);
	if (ret->snapshot->status != SHARE_SNAPSHOT_AVAILABLE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid share snapshot: Snapshot status must be 'available'.");
	return 0;
}

static int check_size(Work *work, const ShareWish *wish, const ShareSource *source, int64_t *ret)
{
	int64_t size = wish->size_gib;

	if (size == 0 && source->snapshot)
		size = source->snapshot->size_gib;
	if (size <= 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Share size '%" PRId64 "' must be an "
				   "integer and greater than 0.",
				   size);
	if (source->snapshot && size < source->snapshot->size_gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Share size '%" PRId64 "' must be equal "
				   "or greater than snapshot size.",
				   size);
	*ret = size;
	return 0;
}

int share_choose_type(Work *work, const char *wish, ShareType **ret, Fault *f)
{
	int r = service_choose_share_type(work, wish, ret, f);

	if (r)
		return r;
	if (share_type_can(work->arena, *ret, SHARE_TYPE_SERVERS))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Share network must be set when the "
				   "driver_handles_share_servers is true.");
	return 0;
}

int share_check_type_size(Work *work, const ShareType *type, int64_t size_gib)
{
	const char *least = text_map_value(work->arena, type->extra_specs, SHARE_TYPE_MIN_SIZE);
	const char *most = text_map_value(work->arena, type->extra_specs, SHARE_TYPE_MAX_SIZE);
	int64_t bound;

	if (least && str_parse_i64(least, &bound) && size_gib < bound)
		return work_refuse(
			work, REFUSAL_BAD_INPUT,
			"Invalid input received: Specified share size of '%" PRId64
			"' is less than the minimum required size of '%s' for share type "
			"'%s'.",
			size_gib, least, type->name);
	if (most && str_parse_i64(most, &bound) && size_gib > bound)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Specified share size of '%" PRId64
				   "' is greater than the maximum allowable size of '%s' for share "
				   "type '%s'.",
				   size_gib, most, type->name);
	return 0;
}

/* As a copy is like what it was copied from, it is of the same type unless another one is asked
 * for. */
static int choose_type(Work *work, const ShareWish *wish, const ShareSource *source,
		       ShareType **ret, Fault *f)
{
	const char *inherited = source->share ? source->share->type_id : NULL;

	return share_choose_type(work, wish->type ? wish->type : inherited, ret, f);
}

/* What can be said no to without a look at any row. */
static int check_wish(Work *work, const ShareWish *wish)
{
	if (wish->availability_zone &&
	    !str_eq(wish->availability_zone, work->settings->availability_zone))
		return work_refuse(work, REFUSAL_NOT_THERE,
				   "Availability zone %s could not be found.",
				   wish->availability_zone);
	if (wish->is_public && !caller_is_admin(work->caller))
		return work_refuse(
			work, REFUSAL_SHARE_FORBIDDEN,
			"User is not authorized to set 'is_public' to True in the request.");
	return wish->metadata ? share_check_metadata(work, wish->metadata) : 0;
}

static Share *share_make(Work *work, const ShareWish *wish, const ShareSource *source)
{
	static const JsonTextMap nothing = {0};
	Share *share = ARENA_NEW(work->arena, Share);

	*share = (Share){
		.id = new_uuid(work->arena),
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.name = wish->name,
		.description = wish->description,
		.status = source->snapshot ? SHARE_CREATING_FROM_SNAPSHOT : SHARE_CREATING,
		.rules_status = SHARE_RULES_ACTIVE,
		.snapshot_id = source->snapshot ? source->snapshot->id : NULL,
		.availability_zone = work->settings->availability_zone,
		.metadata = json_print_text_map(work->arena,
						wish->metadata ? wish->metadata : &nothing),
		.backend = share_backend_name(work->settings->share_backend),
		.host = work->settings->share_host,
		.mount_point_name = wish->mount_point_name,
		.is_public = wish->is_public,
		.created_us = work->now_us,
	};
	return share;
}

Operation share_operation(const Work *work, const Share *share)
{
	Operation operation = operation_for(work, share->id);

	operation.share_id = share->id;
	return operation;
}

static int begin(Work *work, const Share *share, Fault *f)
{
	Operation operation = share_operation(work, share);

	operation.snapshot_id = share->snapshot_id;
	return operation_begin(
		work->tx, work->arena,
		service_operation(share->snapshot_id ? "copy-share" : "create-share"), &operation,
		f);
}

int service_create_share(Work *work, const ShareWish *wish, Share **ret, Fault *f)
{
	ShareSource source = {0};
	ShareType *type = NULL;
	Share *share;
	int r = check_wish(work, wish);

	if (!r)
		r = find_source(work, wish, &source, f);
	if (r)
		return r;
	share = share_make(work, wish, &source);
	r = check_size(work, wish, &source, &share->size_gib);
	if (!r)
		r = share_choose_protocol(work, wish->protocol, &share->protocol);
	if (!r)
		r = choose_type(work, wish, &source, &type, f);
	if (!r)
		r = share_check_type_size(work, type, share->size_gib);
	if (r)
		return r;
	share->type_id = type->id;
	r = share_quota_take(work, share, f);
	if (!r)
		r = fault_unexpected(f, share_insert(work->tx, share, f));
	if (!r)
		r = begin(work, share, f);
	*ret = share;
	return r;
}

int share_write_exports(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	JsonTextMap found = json_text_map(arena, operation->args);
	int64_t now_us = clock_now_us();
	int r = 0;

	for (size_t i = 0; !r && i < found.count; i++) {
		const char *key = found.pairs[i].key;
		const ShareExport export = {
			.id = new_uuid(arena),
			.share_id = operation->share_id,
			.path = found.pairs[i].value,
			.preferred = str_ends(key, OPERATION_EXPORT_PREFERRED),
			.admin_only = str_ends(key, OPERATION_EXPORT_ADMIN),
			.metadata = "{}",
			.created_us = now_us,
		};

		if (str_after(key, OPERATION_EXPORT))
			r = share_export_insert(tx, &export, f);
	}
	return fault_unexpected(f, r);
}

int create_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Share *share;
	int r = share_of_operation(tx, arena, operation, &share, f);

	if (r || !share)
		return r;
	r = share_write_exports(tx, arena, operation, f);
	return r ? r : share_settle(tx, arena, operation, SHARE_EVENT_MADE, f);
}

int create_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	bool full = str_after(reason, OPERATION_NO_ROOM) != NULL;
	int r = share_settle(tx, arena, operation, SHARE_EVENT_MAKE_FAILED, f);

	return r ? r
		 : message_write(tx, arena, operation,
				 full ? MESSAGE_PLACE_SHARE : MESSAGE_CREATE_SHARE, f);
}
