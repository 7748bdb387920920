/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A share becomes a server's: checks, mapping, this host's access with its locks, and intent in one
 * transaction; the operation waits until the backend lets the host in. The guest gets the share
 * with its next start; where the operator wants it so, one that runs gets it at once.
 */
#include "base/limits.h"
#include "base/str.h"
#include "base/uuid.h"
#include "notify/notify.h"
#include "rules/mount-wish.h"
#include "rules/share-mapping-status.h"
#include "service/host-traits.h"
#include "service/priv.h"
#include "service/server-shares.h"
#include "service/share-access.h"
#include "service/share.h"
#include "service/text-map.h"

#define NAME "attach_share"
#define EVENT "compute_allow_share"

typedef struct ShareAttachPlan {
	const Server *server;
	const ShareAttachWish *wish;
	Share *share;
	const char *tag;
	const char *export_path;
	bool readonly;
	bool hot; /* the guest runs, and gets it at once */
} ShareAttachPlan;

static int find_share(Work *work, ShareAttachPlan *plan, Fault *f)
{
	const char *id = plan->wish->share_id;
	int r = service_find_share(work, id, &plan->share, f);

	if (r == REFUSAL_NO_SHARE)
		return work_refuse(work, REFUSAL_NOT_THERE, "Share %s could not be found.", id);
	if (r)
		return r;
	if (plan->share->status != SHARE_AVAILABLE)
		return work_refuse(work, REFUSAL_SERVER_CONFLICT,
				   "Share %s is in '%s' instead of 'available' status.", id,
				   enum_name(&share_status_names, plan->share->status));
	if (plan->share->scheduled_us)
		return work_refuse(work, REFUSAL_SERVER_CONFLICT, "Share %s has been soft deleted.",
				   id);
	return 0;
}

/* The preferred export, else the first: what users see of it. */
static int choose_export(Work *work, ShareAttachPlan *plan, Fault *f)
{
	ShareExport **exports;
	size_t count;
	int r = share_exports_of(work->tx, work->arena, plan->share->id, &exports, &count, f);

	if (r)
		return fault_unexpected(f, r);
	if (!count)
		return work_refuse(work, REFUSAL_SERVER_CONFLICT,
				   "Share %s export location is missing.", plan->share->id);
	plan->export_path = exports[0]->path;
	for (size_t i = count; i-- > 0;)
		if (exports[i]->preferred)
			plan->export_path = exports[i]->path;
	return 0;
}

static int check_mount(Work *work, ShareAttachPlan *plan)
{
	const char *point = plan->wish->mount_point, *options = plan->wish->mount_options;

	if (point && !mount_point_fits(point))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input for field/attribute mount_point. It must be an "
				   "absolute path of at most %d bytes without '..'.",
				   MOUNT_POINT_MAX);
	if (options && !mount_options_fit(options, &plan->readonly))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input for field/attribute mount_options. It must be "
				   "a list of ro, rw, noatime, nodev, nosuid, noexec and "
				   "vers=<version>.");
	return 0;
}

/* One share once, one tag once, one mount point once; and an end to them. */
static int check_others(Work *work, const ShareAttachPlan *plan, Fault *f)
{
	const char *point = plan->wish->mount_point;
	ShareMapping **others;
	size_t count;
	int r = share_mappings_of_server(work->tx, work->arena, plan->server->id, &others, &count,
					 f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++) {
		if (str_eq(others[i]->share_id, plan->share->id) ||
		    str_eq(others[i]->tag, plan->tag))
			return work_refuse(work, REFUSAL_SERVER_CONFLICT,
					   "Share '%s' or tag '%s' already associated to this "
					   "server.",
					   plan->share->id, plan->tag);
		if (point && mount_points_are_same(others[i]->mount_point, point))
			return work_refuse(work, REFUSAL_SERVER_CONFLICT,
					   "Mount point '%s' already associated to this server.",
					   point);
	}
	if (count >= LIMIT_SERVER_SHARES)
		return work_refuse(work, REFUSAL_SERVER_CONFLICT,
				   "The maximum allowed number of shares (%d) of a single instance "
				   "has been reached.",
				   LIMIT_SERVER_SHARES);
	return 0;
}

static int check(Work *work, ShareAttachPlan *plan, Fault *f)
{
	bool is_admin = caller_is_admin(work->caller);
	int r = plan->hot ? server_may_hot(plan->server, SERVER_ATTACH_SHARE, is_admin,
					   &work->refused)
			  : server_may(plan->server, SERVER_ATTACH_SHARE, is_admin, &work->refused);

	if (!r && !host_gives_shares(work->settings->host_traits))
		return work_refuse(work, REFUSAL_SERVER_CONFLICT,
				   "Feature not supported because either compute or instance are "
				   "not configured correctly.");
	if (!r)
		r = find_share(work, plan, f);
	if (!r)
		r = choose_export(work, plan, f);
	if (!r)
		r = check_mount(work, plan);
	return r ? r : check_others(work, plan, f);
}

static ShareMapping *mapping_make(Work *work, const ShareAttachPlan *plan)
{
	ShareMapping *mapping = ARENA_NEW(work->arena, ShareMapping);

	*mapping = (ShareMapping){
		.id = new_uuid(work->arena),
		.server_id = plan->server->id,
		.share_id = plan->share->id,
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.status = SHARE_MAPPING_ATTACHING,
		.tag = plan->tag,
		.export_path = plan->export_path,
		.mount_point = plan->wish->mount_point,
		.mount_options = plan->wish->mount_options,
		.readonly = plan->readonly,
		.connected = plan->hot,
		.created_us = work->now_us,
		.updated_us = work->now_us,
	};
	return mapping;
}

/* Others are told as of an operation. */
static int attach_at_once(Work *work, Operation *operation, ShareMapping *mapping, Fault *f)
{
	int r;

	operation->kind = "attach-share";
	r = notify_phase(work->tx, work->arena, operation, NOTIFY_START, NULL, f);
	if (!r)
		r = share_mapping_move(work->tx, mapping, SHARE_MAPPING_EVENT_ALLOWED, f);
	if (!r)
		r = notify_phase(work->tx, work->arena, operation, NOTIFY_END, NULL, f);
	return r ? r : action_finish(work->tx, work->arena, operation->action_id, NULL, f);
}

/* Where the host is let in already there is nothing to wait for. */
static int begin(Work *work, const Server *server, ShareMapping *mapping, bool ready, Fault *f)
{
	Operation operation = operation_for(work, server->id);
	int r;

	r = action_begin(work, server, NAME, EVENT, &operation.action_id, f);
	if (r)
		return r;
	operation.server_id = server->id;
	operation.share_id = mapping->share_id;
	operation.share_mapping_id = mapping->id;
	if (ready)
		return attach_at_once(work, &operation, mapping, f);
	return operation_begin(work->tx, work->arena, service_operation("attach-share"), &operation,
			       f);
}

/* The backend is told by an operation of its own, for which that of the server waits. */
static int begin_plug(Work *work, const Server *server, ShareMapping *mapping, bool ready, Fault *f)
{
	Operation operation = operation_for(work, server->id);
	int r = 0;

	if (!ready)
		r = share_rules_begin(work->tx, work->arena, &operation, mapping->share_id,
				      mapping->rule_id, f);
	if (!r)
		r = action_begin(work, server, NAME, EVENT, &operation.action_id, f);
	if (r)
		return fault_unexpected(f, r);
	operation.server_id = server->id;
	operation.share_id = mapping->share_id;
	operation.share_mapping_id = mapping->id;
	return operation_begin(work->tx, work->arena, service_operation("plug-share"), &operation,
			       f);
}

int service_attach_share(Work *work, const Server *server, const ShareAttachWish *wish,
			 ShareMapping **ret, Fault *f)
{
	ShareAttachPlan plan = {.server = server, .wish = wish, .hot = server_plugs(work, server)};
	ShareMapping *mapping;
	bool ready;
	int r;

	plan.tag = wish->tag ? wish->tag : wish->share_id;
	r = check(work, &plan, f);
	if (r)
		return r;
	mapping = mapping_make(work, &plan);
	r = server_share_allow(work, plan.share, mapping, &ready, f);
	if (r)
		return r;
	r = share_mapping_insert(work->tx, mapping, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = mapping;
	return plan.hot ? begin_plug(work, server, mapping, ready, f)
			: begin(work, server, mapping, ready, f);
}

/* Whether the backend lets this host in: it may have refused the one rule. */
static int check_rule(Tx *tx, Arena *arena, const ShareMapping *mapping, const char **ret_problem,
		      Fault *f)
{
	ShareRule *rule;
	int r;

	if (!mapping->rule_id)
		return 0;
	r = share_rule_get(tx, arena, mapping->rule_id, &rule, f);
	if (r == RECORD_NOT_FOUND || (!r && rule->state == SHARE_RULE_ERROR))
		*ret_problem = "the share's backend has refused the access of this host";
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

/* A mapping that is gone is fine. */
static int settle(Tx *tx, Arena *arena, const Operation *operation, const char *problem, Fault *f)
{
	ShareMapping *mapping;
	int r;

	r = share_mapping_get(tx, arena, operation->share_mapping_id, &mapping, f);
	if (!r && !problem)
		r = check_rule(tx, arena, mapping, &problem, f);
	if (!r && problem)
		r = share_access_fail(tx, arena, mapping, f);
	if (!r)
		r = share_mapping_move(tx, mapping,
				       problem ? SHARE_MAPPING_EVENT_ALLOW_FAILED
					       : SHARE_MAPPING_EVENT_ALLOWED,
				       f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, problem, f);
}

int attach_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r = share_rules_settle(tx, arena, operation, f);

	return r ? fault_unexpected(f, r) : settle(tx, arena, operation, NULL, f);
}

int attach_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	int r = share_rules_settle(tx, arena, operation, f);

	return r ? fault_unexpected(f, r) : settle(tx, arena, operation, reason, f);
}

/* A guest that went off meanwhile has let go of it: ShareMapping.connected is false then. */
int plug_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	ShareMapping *mapping;
	int r = share_mapping_get(tx, arena, operation->share_mapping_id, &mapping, f);

	if (!r)
		r = share_mapping_move(tx, mapping, SHARE_MAPPING_EVENT_ALLOWED, f);
	if (!r && mapping->connected)
		r = share_mapping_move(tx, mapping, SHARE_MAPPING_EVENT_CONNECTED, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, NULL, f);
}

/* What a guest has taken and keeps is connected, and let go of with the guest's end. */
int plug_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
		      Fault *f)
{
	const char *kept = text_map_value(arena, operation->args, OPERATION_KEPT);
	ShareMapping *mapping;
	int r = share_mapping_get(tx, arena, operation->share_mapping_id, &mapping, f);

	if (kept)
		reason = arena_printf(arena,
				      "%s; until it is off or the share is detached the "
				      "server has it all the same: %s",
				      reason, kept);
	if (!r) {
		mapping->connected = kept != NULL;
		r = share_mapping_move(tx, mapping, SHARE_MAPPING_EVENT_ALLOW_FAILED, f);
	}
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, reason, f);
}
