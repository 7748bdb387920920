/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-group.h. A server names its group; the group keeps no list.
 */
#include "service/server-group.h"

#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"

#define ANTI_AFFINITY "anti-affinity"

static int refuse_quota(Work *work, const char *resource, int64_t requested,
			const QuotaUsage *usage)
{
	work->refused = (RefusalData){
		.resource = resource,
		.requested = requested,
		.used = usage->used,
		.limit = usage->limit,
	};
	return REFUSAL_QUOTA;
}

int service_create_server_group(Work *work, const ServerGroupWish *wish, ServerGroup **ret,
				Fault *f)
{
	ServerGroup *group = ARENA_NEW(work->arena, ServerGroup);
	QuotaUsage usage;
	int r;

	*group = (ServerGroup){
		.id = new_uuid(work->arena),
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.name = wish->name,
		.policy = wish->policy,
		.max_per_host = wish->max_per_host,
		.created_us = work->now_us,
	};
	r = quota_add(work->tx, group->project_id, "server_groups", 1, &usage, f);
	if (r == QUOTA_EXCEEDED)
		return refuse_quota(work, "server_groups", 1, &usage);
	if (!r)
		r = server_group_insert(work->tx, group, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = group;
	return 0;
}

int service_find_server_group(Work *work, const char *id, ServerGroup **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = server_group_get(work->tx, work->arena, canonical, ret, f);
	if (r < 0)
		return r;
	if (r == 0 && work_sees(work, (*ret)->project_id))
		return 0;
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_SERVER_GROUP;
}

static void member_query(RecordQuery *query, const char *group_id)
{
	record_where_text(query, "group_id", RECORD_EQ, group_id);
	record_where_text(query, "vm_state", RECORD_NE, enum_name(&vm_state_names, VM_DELETED));
	record_sort(query, "created_us", false);
}

int service_server_group_members(Work *work, const ServerGroup *group, Server ***ret,
				 size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	member_query(&query, group->id);
	return fault_unexpected(f, server_find(work->tx, work->arena, &query, ret, ret_count, f));
}

int service_delete_server_group(Work *work, const char *id, Fault *f)
{
	RecordQuery query = {0};
	ServerGroup *group;
	QuotaUsage usage;
	Server **members;
	size_t count;
	int r;

	r = service_find_server_group(work, id, &group, f);
	if (r)
		return r;
	record_where_text(&query, "group_id", RECORD_EQ, group->id);
	r = server_find(work->tx, work->arena, &query, &members, &count, f);
	for (size_t i = 0; r == 0 && i < count; i++) {
		members[i]->group_id = NULL;
		r = server_update(work->tx, members[i], f);
	}
	if (!r)
		r = server_group_delete(work->tx, group->id, f);
	if (!r)
		r = quota_add(work->tx, group->project_id, "server_groups", -1, &usage, f);
	return fault_unexpected(f, r);
}

int service_join_server_group(Work *work, const char *id, int64_t count, bool *ret_fits, Fault *f)
{
	RecordQuery query = {0};
	ServerGroup *group;
	QuotaUsage usage;
	int64_t members, most;
	int r;

	r = service_find_server_group(work, id, &group, f);
	if (r)
		return r;
	member_query(&query, group->id);
	r = record_count(work->tx, &server_table, &query, &members, f);
	if (!r)
		r = quota_get(work->tx, group->project_id, "server_group_members", &usage, f);
	if (r)
		return fault_unexpected(f, r);
	usage.used = members;
	if (usage.limit >= 0 && members + count > usage.limit)
		return refuse_quota(work, "server_group_members", count, &usage);
	most = group->max_per_host ? group->max_per_host : 1;
	*ret_fits = !str_eq(group->policy, ANTI_AFFINITY) || members + count <= most;
	return 0;
}
