/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A share is forgotten and its data stays; and such data becomes a share again. A path says what is
 * meant: it has to be where the backend would export a share of that id, so that nothing but what
 * the backend itself has made can be taken.
 */
#include <inttypes.h>

#include "base/str.h"
#include "base/uuid.h"
#include "service/message.h"
#include "service/share-priv.h"
#include "service/share-quota.h"
#include "service/share.h"

int service_unmanage_share(Work *work, const char *id, Fault *f)
{
	size_t snapshots = 0;
	ShareStatus status;
	Share *share;
	int r = service_find_live_share(work, id, "unmanage", &share, f);

	if (!r)
		r = share_check_free(work, share, SHARE_ACT_UNMANAGE, f);
	if (!r)
		r = share_count_snapshots(work, share, &snapshots, f);
	if (r)
		return r;
	if (!share_status_move((ShareStatus)share->status, SHARE_EVENT_UNMANAGE, &status))
		return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
				   "Share with transitional state can not be unmanaged. Share "
				   "'%s' is in '%s' state.",
				   share->id, enum_name(&share_status_names, share->status));
	if (snapshots > 0)
		return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
				   "Share '%s' can not be unmanaged because it has '%zu' dependent "
				   "snapshot(s).",
				   share->id, snapshots);
	return share_remove(work->tx, work->arena, share, f); /* nothing is left to do for it */
}

/* The id that a path ends in. */
static bool id_of_path(const char *path, char id[static UUID_TEXT])
{
	const char *slash = strrchr(path, '/');

	return slash && uuid_canonical(slash + 1, id);
}

static int check_path(Work *work, const Share *share, const char *path, Fault *f)
{
	ShareLocation *locations = NULL;
	size_t count = 0;
	int r;

	r = share_backend_locations(work->settings->share_backend, share, work->arena, &locations,
				    &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		if (str_eq(locations[i].path, path))
			return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid share: export path %s is none of this back end's.", path);
}

static int check_wish(Work *work, const ShareManageWish *wish)
{
	if (!str_eq(wish->host, work->settings->share_host))
		return work_refuse(work, REFUSAL_NOT_THERE, "Service %s could not be found.",
				   wish->host);
	if (wish->size_gib <= 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid share: driver_options has to say its size in GiB.");
	return 0;
}

static int check_unknown(Work *work, const char *id, Fault *f)
{
	Share *there;
	int r = share_get(work->tx, work->arena, id, &there, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	return r ? r
		 : work_refuse(work, REFUSAL_SHARE_CONFLICT, "Share %s is managed already.", id);
}

static Share *share_make(Work *work, const ShareManageWish *wish, const char *id)
{
	Share *share = ARENA_NEW(work->arena, Share);

	*share = (Share){
		.id = arena_strdup(work->arena, id),
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.name = wish->name,
		.description = wish->description,
		.size_gib = wish->size_gib,
		.status = SHARE_MANAGE_STARTING,
		.rules_status = SHARE_RULES_ACTIVE,
		.availability_zone = work->settings->availability_zone,
		.metadata = "{}",
		.backend = share_backend_name(work->settings->share_backend),
		.host = work->settings->share_host,
		.is_public = wish->is_public,
		.created_us = work->now_us,
	};
	return share;
}

int service_manage_share(Work *work, const ShareManageWish *wish, Share **ret, Fault *f)
{
	char id[UUID_TEXT];
	ShareType *type = NULL;
	Operation operation;
	Share *share;
	int r = check_wish(work, wish);

	if (!r && !id_of_path(wish->export_path, id))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid share: export path %s does not end in the id of a "
				   "share.",
				   wish->export_path);
	if (!r)
		r = check_unknown(work, id, f);
	if (r)
		return r;
	share = share_make(work, wish, id);
	r = share_choose_protocol(work, wish->protocol, &share->protocol);
	if (!r)
		r = check_path(work, share, wish->export_path, f);
	if (!r)
		r = share_choose_type(work, wish->type, &type, f);
	if (r)
		return r;
	share->type_id = type->id;
	r = share_quota_take(work, share, f);
	if (!r)
		r = fault_unexpected(f, share_insert(work->tx, share, f));
	if (r)
		return r;
	*ret = share;
	operation = share_operation(work, share);
	return operation_begin(work->tx, work->arena, service_operation("manage-share"), &operation,
			       f);
}

int manage_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Share *share;
	int r = share_of_operation(tx, arena, operation, &share, f);

	if (r || !share)
		return r;
	r = share_write_exports(tx, arena, operation, f);
	return r ? r : share_settle(tx, arena, operation, SHARE_EVENT_MANAGED, f);
}

int manage_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	int r = share_settle(tx, arena, operation, SHARE_EVENT_MANAGE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	return r ? r : message_write(tx, arena, operation, MESSAGE_MANAGE_SHARE, f);
}
