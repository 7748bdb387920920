/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the shares of a server make of it: actions that they forbid, and what becomes of them when
 * its power changes.
 *
 * ShareMapping.connected is true from the transaction that asks for a guest to be started until one
 * that comes after the share was let go of: who finds it true has something to let go of.
 */
#include "service/server-shares.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "rules/share-mapping-status.h"
#include "rules/share-rule-state.h"
#include "service/priv.h"
#include "service/share-access.h"

typedef struct Mappings {
	ShareMapping **items;
	size_t count;
} Mappings;

static int load(Tx *tx, Arena *arena, const char *server_id, Mappings *ret, Fault *f)
{
	return fault_unexpected(
		f, share_mappings_of_server(tx, arena, server_id, &ret->items, &ret->count, f));
}

/* What is being attached or detached has an operation that reckons with the power as it is. */
static int check_changing(Work *work, const Server *server, ServerAction action,
			  const Mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const ShareMapping *mapping = mappings->items[i];

		if (share_mapping_is_changing((ShareMappingStatus)mapping->status))
			return work_refuse(work, REFUSAL_SERVER_CONFLICT,
					   "Cannot '%s' instance %s while its share %s is %s",
					   server_action_name(action), server->id,
					   mapping->share_id,
					   enum_name(&share_mapping_status_names, mapping->status));
	}
	return 0;
}

int server_check(Work *work, const Server *server, ServerAction action, Fault *f)
{
	Mappings mappings = {0};
	int r;

	r = load(work->tx, work->arena, server->id, &mappings, f);
	if (!r && mappings.count)
		r = server_may_with_shares(action, &work->refused);
	if (!r)
		r = server_may(server, action, caller_is_admin(work->caller), &work->refused);
	if (!r && server_action_is_power(action))
		r = check_changing(work, server, action, &mappings);
	return r;
}

static int find_rule(Work *work, const ShareMapping *mapping, ShareRule **ret, Fault *f)
{
	int r = RECORD_NOT_FOUND;

	*ret = NULL;
	if (mapping->rule_id)
		r = share_rule_get(work->tx, work->arena, mapping->rule_id, ret, f);
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

static bool is_good(const ShareRule *rule)
{
	return rule && share_rule_lets_in((ShareRuleState)rule->state);
}

int server_share_allow(Work *work, Share *share, ShareMapping *mapping, bool *ret_ready, Fault *f)
{
	int r = share_access_for_host(work, share, mapping, ret_ready, f);

	return r == REFUSAL_SHARE_CONFLICT ? REFUSAL_SERVER_CONFLICT : r;
}

/* An admin may have taken the host's access away, or it was never there. */
static int renew(Work *work, ShareMapping *mapping, Fault *f)
{
	Operation by = operation_for(work, mapping->server_id);
	ShareRule *rule;
	Share *share;
	bool ready;
	int r = find_rule(work, mapping, &rule, f);

	if (r || is_good(rule))
		return r;
	r = share_get(work->tx, work->arena, mapping->share_id, &share, f);
	if (r == RECORD_NOT_FOUND)
		return 0; /* whoever connects it will say so */
	if (!r)
		r = server_share_allow(work, share, mapping, &ready, f);
	if (!r && !ready)
		r = share_rules_begin(work->tx, work->arena, &by, share->id, mapping->rule_id, f);
	return r;
}

static int prepare(Work *work, ShareMapping *mapping, Fault *f)
{
	int r = renew(work, mapping, f);

	if (r)
		return r;
	mapping->connected = true;
	mapping->updated_us = work->now_us;
	return fault_unexpected(f, share_mapping_update(work->tx, mapping, f));
}

int server_shares_prepare(Work *work, const Server *server, Fault *f)
{
	Mappings mappings;
	int r = load(work->tx, work->arena, server->id, &mappings, f);

	for (size_t i = 0; !r && i < mappings.count; i++)
		r = prepare(work, mappings.items[i], f);
	return r;
}

int share_mapping_move(Tx *tx, ShareMapping *mapping, ShareMappingEvent event, Fault *f)
{
	mapping->status =
		(int)share_mapping_status_move((ShareMappingStatus)mapping->status, event);
	mapping->updated_us = clock_now_us();
	return fault_unexpected(f, share_mapping_update(tx, mapping, f));
}

int server_shares_rest(Tx *tx, Arena *arena, const Server *server, Fault *f)
{
	bool on = server->power_state != POWER_SHUTDOWN;
	Mappings mappings;
	int r = load(tx, arena, server->id, &mappings, f);

	for (size_t i = 0; !r && i < mappings.count; i++) {
		ShareMapping *mapping = mappings.items[i];

		mapping->connected = mapping->connected && on;
		r = share_mapping_move(tx, mapping,
				       mapping->connected ? SHARE_MAPPING_EVENT_CONNECTED
							  : SHARE_MAPPING_EVENT_DISCONNECTED,
				       f);
	}
	return r;
}

int server_shares_seen(Tx *tx, Arena *arena, const char *server_id, bool on, Fault *f)
{
	Mappings mappings;
	int r = load(tx, arena, server_id, &mappings, f);

	for (size_t i = 0; !r && i < mappings.count; i++) {
		ShareMapping *mapping = mappings.items[i];

		if (!mapping->connected)
			continue;
		mapping->connected = on;
		r = share_mapping_move(
			tx, mapping,
			on ? SHARE_MAPPING_EVENT_SEEN_ON : SHARE_MAPPING_EVENT_SEEN_OFF, f);
	}
	return r;
}

bool server_plugs(const Work *work, const Server *server)
{
	return work->settings->share_hotplug && server->vm_state == VM_ACTIVE;
}

int service_share_silent(Tx *tx, Arena *arena, const char *server_id, const char *share_id,
			 Fault *f)
{
	Mappings mappings;
	int r = load(tx, arena, server_id, &mappings, f);

	for (size_t i = 0; !r && i < mappings.count; i++)
		if (str_eq(mappings.items[i]->share_id, share_id))
			r = share_mapping_move(tx, mappings.items[i], SHARE_MAPPING_EVENT_FAILED,
					       f);
	return r;
}

bool server_shares_are_named(const char *reason)
{
	return str_after(reason, OPERATION_SHARE) != NULL;
}

int server_shares_failed(Tx *tx, Arena *arena, const char *server_id, const char *reason, Fault *f)
{
	const char *name = str_after(reason, OPERATION_SHARE);
	Mappings mappings;
	int r = load(tx, arena, server_id, &mappings, f);

	for (size_t i = 0; !r && name && i < mappings.count; i++)
		if (str_after(name, mappings.items[i]->share_id))
			r = share_mapping_move(tx, mappings.items[i], SHARE_MAPPING_EVENT_FAILED,
					       f);
	return r;
}

int server_has_shares(Work *work, const Server *server, bool *ret, Fault *f)
{
	Mappings mappings = {0};
	int r = load(work->tx, work->arena, server->id, &mappings, f);

	*ret = mappings.count > 0;
	return r;
}

/* The backend is told by an operation of its own, as long as that takes. */
int share_mapping_forget(Tx *tx, Arena *arena, const Operation *by, const ShareMapping *mapping,
			 Fault *f)
{
	bool changed = false;
	int r = share_mapping_delete(tx, mapping->id, f);

	if (!r)
		r = share_access_release(tx, arena, mapping, &changed, f);
	if (!r && changed)
		r = share_rules_begin(tx, arena, by, mapping->share_id, mapping->rule_id, f);
	return fault_unexpected(f, r);
}

int server_shares_forget(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Mappings mappings;
	int r = load(tx, arena, operation->server_id, &mappings, f);

	for (size_t i = 0; !r && i < mappings.count; i++)
		r = share_mapping_forget(tx, arena, operation, mappings.items[i], f);
	return r;
}

/* Finding them.
 * ----------------------------------------------------------------------------------- */

int service_find_share_server(Work *work, const char *id, const char *policy, Server **ret,
			      Fault *f)
{
	char canonical[UUID_TEXT];
	Server *server;
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = server_get(work->tx, work->arena, canonical, &server, f);
	if (r < 0)
		return r;
	work->refused = (RefusalData){.id = id, .value = policy};
	if (r || server->vm_state == VM_DELETED)
		return REFUSAL_NO_SERVER;
	if (!work_sees(work, server->project_id))
		return REFUSAL_DENIED;
	*ret = server;
	return 0;
}

int service_find_share_mapping(Work *work, const Server *server, const char *share_id,
			       ShareMapping **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	Mappings mappings;
	int r = load(work->tx, work->arena, server->id, &mappings, f);

	if (r)
		return r;
	for (size_t i = 0; uuid_canonical(share_id, canonical) && i < mappings.count; i++)
		if (str_eq(mappings.items[i]->share_id, canonical)) {
			*ret = mappings.items[i];
			return 0;
		}
	return work_refuse(work, REFUSAL_NOT_THERE, "Share %s could not be found.", share_id);
}
