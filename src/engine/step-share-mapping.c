/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The shares of a server: connected to this host before its guest starts, let go of when it is off.
 * What goes wrong with one begins with OPERATION_SHARE and its id, which the rows need to know.
 */
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"
#include "rules/share-rule-state.h"
#include "json/out.h"

enum { RULE_WAIT_MS = 200 };

static int cannot(const ServerShare *share, const char *what, int r, Fault *f)
{
	if (r == SHARE_BACKEND_NO_SHARE) {
		(void)fault(f, -ENOENT, "the backend has no such share");
		r = STEP_GIVE_UP;
	} else {
		r = fault_unexpected(f, r);
	}
	(void)fault_context(f, OPERATION_SHARE "%s cannot be %s", share->mapping->share_id, what);
	return r;
}

/*
 * Whether the rule that lets this host in is in effect. 0, STEP_LATER while it is being made so,
 * or STEP_GIVE_UP.
 */
static int check_rule(StepRun *run, const ServerShare *share, Fault *f)
{
	const ShareRule *rule = share->rule;

	if (!rule || rule->state == SHARE_RULE_ACTIVE)
		return 0;
	if (!share_rule_lets_in((ShareRuleState)rule->state))
		return step_give_up(
			f, OPERATION_SHARE "%s cannot be connected: its access rule is %s",
			share->mapping->share_id, enum_name(&share_rule_state_names, rule->state));
	run->later_us = run->now_us + RULE_WAIT_MS * INT64_C(1000);
	return STEP_LATER;
}

const char *share_alias(Arena *arena, const ShareMapping *mapping)
{
	char alias[FILESYSTEM_ALIAS_TEXT];

	return arena_strdup(arena, filesystem_alias(mapping->id, alias));
}

static int connect_one(StepRun *run, const ServerShare *share, FilesystemSpec *ret, Fault *f)
{
	const char *path;
	int r;

	if (!share->share)
		return step_give_up(f, OPERATION_SHARE "%s cannot be connected: it is gone",
				    share->mapping->share_id);
	r = check_rule(run, share, f);
	if (r)
		return r;
	r = share_use(run, share->share, share->mapping, share->rule, &path, f);
	if (r)
		return cannot(share, "connected", r, f);
	*ret = (FilesystemSpec){
		.alias = share_alias(run->arena, share->mapping),
		.tag = share->mapping->tag,
		.path = path,
	};
	return 0;
}

int shares_connect(StepRun *run, Fault *f)
{
	FilesystemSpec *specs = ARENA_ARRAY(run->arena, FilesystemSpec, run->share_count + 1);

	for (size_t i = 0; i < run->share_count; i++) {
		int r = connect_one(run, &run->shares[i], &specs[i], f);

		if (r)
			return r;
	}
	run->filesystems = specs;
	run->filesystem_count = run->share_count;
	return 0;
}

int shares_disconnect_act(StepRun *run, Fault *f)
{
	for (size_t i = 0; i < run->share_count; i++) {
		const ServerShare *share = &run->shares[i];
		int r = share->share ? share_let_go(run, share->share, share->mapping, f) : 0;

		if (r)
			return cannot(share, "disconnected", r, f);
	}
	return 0;
}

int let_go_act(StepRun *run, Fault *f)
{
	int r = volume_disconnect_act(run, f);

	return r ? r : shares_disconnect_act(run, f);
}

/* Ask the guest, where it runs, or only look when an event and not the clock brought us here. */
static int release(StepRun *run, const ShareMapping *mapping, Fault *f)
{
	const EngineTimes *times = &run->config->times;
	bool ask = run->now_us >= run->operation->not_before_us;
	int r = hypervisor_detach_filesystem(run->config->hypervisor, run->operation->server_id,
					     share_alias(run->arena, mapping), ask,
					     times->unplug_wait_ms, f);

	switch (r) {
	case 0:
	case HYPERVISOR_NO_DISK:
	case HYPERVISOR_NO_DOMAIN:
		return 0;
	case HYPERVISOR_PENDING:
		run->counted = ask;
		run->later_us = ask ? run->now_us + times->unplug_retry_ms * 1000
				    : run->operation->not_before_us;
		return STEP_LATER;
	case HYPERVISOR_REFUSED:
		if (f->code) /* in the driver's words */
			return STEP_GIVE_UP;
		return step_give_up(f, OPERATION_SHARE "%s is not released by the guest",
				    mapping->share_id);
	default:
		return fault_unexpected(f, r);
	}
}

static int release_all(StepRun *run, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < run->share_count; i++)
		r = release(run, run->shares[i].mapping, f);
	if (!r && run->server)
		drive_refresh(run);
	return r;
}

/*
 * A guest that runs is asked where that may be. A server in error may have a guest all the same,
 * who keeps what he has until he is off.
 */
static int leave_guest(StepRun *run, Fault *f)
{
	DomainState state;
	int r = hypervisor_state(run->config->hypervisor, run->operation->server_id, &state, f);

	if (r || !domain_is_up(state))
		return fault_unexpected(f, r);
	if (!run->server || run->server->vm_state != VM_ACTIVE)
		return step_give_up(f, "the server's guest still has the share");
	return release_all(run, f);
}

int share_disconnect_act(StepRun *run, Fault *f)
{
	int r = run->share_count ? leave_guest(run, f) : 0;

	return r ? r : shares_disconnect_act(run, f);
}

static int plug(StepRun *run, const ServerShare *share, Fault *f)
{
	FilesystemSpec spec;
	int r = connect_one(run, share, &spec, f);

	if (!r)
		r = hypervisor_attach_filesystem(run->config->hypervisor, run->server->id, &spec,
						 f);
	if (r == HYPERVISOR_NO_DOMAIN)
		return step_give_up(f, "the server has no domain");
	return r == HYPERVISOR_REFUSED ? STEP_GIVE_UP : r; /* in the emulator's words */
}

/* A guest that has gone off meanwhile is given nothing: its next start does. */
int share_plug_act(StepRun *run, Fault *f)
{
	DomainState state = DOMAIN_OFF;
	int r = 0;

	if (run->server)
		r = hypervisor_state(run->config->hypervisor, run->server->id, &state, f);
	for (size_t i = 0; !r && domain_is_up(state) && i < run->share_count; i++)
		r = plug(run, &run->shares[i], f);
	if (!r && run->server)
		drive_refresh(run);
	return r;
}

/* Told to the end of the operation, which leaves the share with the server. */
static int keep(StepRun *run, const char *why)
{
	JsonPair kept = {.key = OPERATION_KEPT, .value = arena_strdup(run->arena, why)};
	const JsonTextMap found = {.pairs = &kept, .count = 1};

	log_warning("op=%s srv=%s keeps a share: %s", run->operation->id, run->operation->server_id,
		    why);
	run->found = json_print_text_map(run->arena, &found);
	return 0;
}

/*
 * The guest may have taken it already. One that does not give it back has it until it is off, or
 * until a detach: nobody waits for that with an operation that has failed.
 */
int share_plug_undo(StepRun *run, Fault *f)
{
	int r = release_all(run, f);

	if (!r)
		r = shares_disconnect_act(run, f);
	if (!r)
		return 0;
	if (r != STEP_GIVE_UP && run->step->attempts + 1 < step_row(STEP_SHARE_PLUG)->attempts)
		return r;
	return keep(run, r == STEP_LATER ? "its guest does not release it" : f->text);
}

/* What does not work now is done by the look that follows, which tries until it does. */
void shares_let_go(StepRun *run)
{
	Fault f = {0};

	if (shares_disconnect_act(run, &f))
		log_warning("op=%s srv=%s %s", run->operation->id, run->operation->server_id,
			    f.text);
}
