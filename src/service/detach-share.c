/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A share leaves a server: it is detaching from the moment of the request; the operation takes it
 * from the guest if that runs, lets go of it on this host, and its end takes the host's access away
 * and the mapping with it.
 */
#include "base/str.h"
#include "notify/notify.h"
#include "rules/mount-wish.h"
#include "rules/share-mapping-status.h"
#include "service/priv.h"
#include "service/server-shares.h"
#include "service/share-access.h"

#define NAME "detach_share"
#define EVENT "compute_deny_share"
#define CONNECTED "detach-share-connected"

/* NULL: there is nothing to do for it but to go. */
static const char *kind_of(const ShareMapping *mapping, bool changed)
{
	if (mapping->connected)
		return CONNECTED;
	return changed ? "detach-share" : NULL;
}

static Operation operation_of(Work *work, const ShareMapping *mapping, const char *action_id)
{
	Operation operation = operation_for(work, mapping->server_id);

	operation.server_id = mapping->server_id;
	operation.share_id = mapping->share_id;
	operation.share_mapping_id = mapping->id;
	operation.action_id = action_id;
	return operation;
}

static int begin(Work *work, const char *kind, const ShareMapping *mapping, const char *action_id,
		 Fault *f)
{
	Operation operation = operation_of(work, mapping, action_id);

	return operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
}

static int forget(Tx *tx, Arena *arena, const char *mapping_id, const char *action_id, Fault *f)
{
	int r = share_mapping_delete(tx, mapping_id, f);

	return r ? fault_unexpected(f, r) : action_finish(tx, arena, action_id, NULL, f);
}

/* Others are told as of an operation. */
static int detach_at_once(Work *work, const ShareMapping *mapping, const char *action_id, Fault *f)
{
	Operation operation = operation_of(work, mapping, action_id);
	int r;

	operation.kind = "detach-share";
	r = notify_phase(work->tx, work->arena, &operation, NOTIFY_START, NULL, f);
	if (!r)
		r = forget(work->tx, work->arena, mapping->id, action_id, f);
	return r ? r : notify_phase(work->tx, work->arena, &operation, NOTIFY_END, NULL, f);
}

/* Who may still use the share has his access until it is certain that he does not. */
static int forget_connected(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	ShareMapping *mapping;
	int r = share_mapping_get(tx, arena, operation->share_mapping_id, &mapping, f);

	if (!r)
		r = share_mapping_forget(tx, arena, operation, mapping, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, NULL, f);
}

static int detach(Work *work, const Server *server, ShareMapping *mapping, Fault *f)
{
	const char *action_id, *kind;
	bool changed = false;
	int r;

	r = share_mapping_move(work->tx, mapping, SHARE_MAPPING_EVENT_DETACH, f);
	if (!r && !mapping->connected)
		r = share_access_release(work->tx, work->arena, mapping, &changed, f);
	if (!r)
		r = action_begin(work, server, NAME, EVENT, &action_id, f);
	if (r)
		return fault_unexpected(f, r);
	kind = kind_of(mapping, changed);
	return kind ? begin(work, kind, mapping, action_id, f)
		    : detach_at_once(work, mapping, action_id, f);
}

int service_detach_share(Work *work, const Server *server, const char *share_id,
			 const char *mount_point, Fault *f)
{
	bool is_admin = caller_is_admin(work->caller);
	ShareMapping *mapping;
	int r;

	r = server_plugs(work, server)
		    ? server_may_hot(server, SERVER_DETACH_SHARE, is_admin, &work->refused)
		    : server_may(server, SERVER_DETACH_SHARE, is_admin, &work->refused);
	if (!r)
		r = service_find_share_mapping(work, server, share_id, &mapping, f);
	if (r)
		return r;
	if (mount_point && !mount_points_are_same(mount_point, mapping->mount_point))
		return work_refuse(work, REFUSAL_BAD_INPUT, "mount_point does not match");
	return mapping->status == SHARE_MAPPING_DETACHING ? 0 : detach(work, server, mapping, f);
}

/* The rules of the share, as far as the operation was about them. */
static int settle_rules(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return fault_unexpected(f, share_rules_settle(tx, arena, operation, f));
}

int detach_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r;

	if (str_eq(operation->kind, CONNECTED))
		return forget_connected(tx, arena, operation, f);
	r = settle_rules(tx, arena, operation, f);
	return r ? r : forget(tx, arena, operation->share_mapping_id, operation->action_id, f);
}

/* Its owner sees that it is still there, and may ask again. */
int detach_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	ShareMapping *mapping;
	int r = settle_rules(tx, arena, operation, f);

	if (!r)
		r = share_mapping_get(tx, arena, operation->share_mapping_id, &mapping, f);
	if (!r && !mapping->connected)
		r = share_access_fail(tx, arena, mapping, f);
	if (!r)
		r = share_mapping_move(tx, mapping, SHARE_MAPPING_EVENT_DETACH_FAILED, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, reason, f);
}
