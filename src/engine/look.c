/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Reality wins: a server's domain is compared with its rows, and the difference is mended. A look
 * runs in the server's lane, so that no operation is halfway; it is queued at start, by events,
 * and after an operation that failed. A look in a volume's lane mends its exports.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"

enum { PAUSE_FACTOR = 10 }; /* a look is in less of a hurry than a step */

static int look_load(Tx *tx, void *ctx, Fault *f)
{
	return step_load(tx, ctx, STEP_NEEDS_SERVER | STEP_NEEDS_DISKS | STEP_NEEDS_SHARES, f);
}

static int mend_domain(StepRun *run, DomainState *state, Fault *f)
{
	DomainSpec spec;
	int r;

	if (*state != DOMAIN_ABSENT || run->server->domain_name)
		return 0; /* what others have made is not ours to make */
	log_warning("srv=%s has no domain: defining it again", run->server->id);
	r = domain_spec_make(run, &spec, f);
	if (!r)
		r = hypervisor_define(run->config->hypervisor, &spec, f);
	*state = DOMAIN_OFF;
	return r;
}

static int mend_disk(StepRun *run, const ServerDisk *disk, DomainState state, Fault *f)
{
	DiskPresence seen;
	DiskSpec spec;
	int r;

	r = hypervisor_find_disk(run->config->hypervisor, run->server->id,
				 disk_alias(run->arena, disk->attachment), &seen, f);
	if (r)
		return r;
	if (seen.config && (seen.live || !domain_is_up(state)))
		return 0;
	log_warning("srv=%s vol=%s is attached, but not there (live=%d config=%d): plugging it in",
		    run->server->id, disk->volume->id, seen.live, seen.config);
	r = disk_spec_make(run, disk, &spec, f);
	if (!r)
		r = hypervisor_attach_disk(run->config->hypervisor, run->server->id, &spec, f);
	if (!r)
		drive_refresh(run);
	return r;
}

typedef struct PowerWork {
	StepRun *run;
	DomainState state;
	const DomainFacts *facts; /* of an adopted domain that is there */
	const char **silent;      /* ids of shares that nobody serves to the guest any more */
	size_t silent_count;
} PowerWork;

static int power_work(Tx *tx, void *ctx, Fault *f)
{
	PowerWork *work = ctx;
	const EngineConfig *config = work->run->config;
	const Server *server = work->run->server;
	int r = 0;

	if (server->domain_name)
		r = config->domain_seen(tx, work->run->arena, server->id, work->facts, f);
	if (!r)
		r = config->power_changed(tx, work->run->arena, server->id, work->state, f);
	for (size_t i = 0; !r && i < work->silent_count; i++)
		r = config->share_silent(tx, work->run->arena, server->id, work->silent[i], f);
	return r;
}

static int look_at_adopted(StepRun *run, DomainFacts *facts, PowerWork *work, Fault *f)
{
	int r = hypervisor_inspect(run->config->hypervisor, run->server->id, run->arena, facts, f);

	if (r == 0)
		work->facts = facts;
	return r == HYPERVISOR_NO_DOMAIN ? 0 : r;
}

static int look_at_domain(StepRun *run, PowerWork *work, DomainFacts *facts, Fault *f)
{
	int r = mend_domain(run, &work->state, f);
	Fault fault = {0};

	/* What it lacks beside its domain holds up a start, not what a guest that runs needs. */
	if (!r && guest_begins(run, &fault) < 0)
		log_warning("srv=%s lacks something beside its domain: %s", run->server->id,
			    fault.text);
	if (!r && run->server->domain_name)
		r = look_at_adopted(run, facts, work, f);
	for (size_t i = 0; !r && work->state != DOMAIN_ABSENT && i < run->disk_count; i++)
		r = mend_disk(run, &run->disks[i], work->state, f);
	return r;
}

static int look_at_share(StepRun *run, const ShareMapping *mapping, PowerWork *work, Fault *f)
{
	FilesystemPresence seen;
	int r = hypervisor_find_filesystem(run->config->hypervisor, run->server->id,
					   share_alias(run->arena, mapping), &seen, f);

	if (r || !seen.live || seen.served || mapping->status != SHARE_MAPPING_ACTIVE)
		return fault_unexpected(f, r);
	log_warning("srv=%s share=%s is served to the guest no more", run->server->id,
		    mapping->share_id);
	work->silent[work->silent_count++] = mapping->share_id;
	return 0;
}

/* Nothing stays mounted for a guest that is off, also that of a server in error. */
static int look_at_shares(StepRun *run, PowerWork *work, Fault *f)
{
	int r = 0;

	if (!domain_is_up(work->state))
		return shares_disconnect_act(run, f);
	work->silent = ARENA_ARRAY(run->arena, const char *, run->share_count + 1);
	for (size_t i = 0; !r && i < run->share_count; i++)
		r = look_at_share(run, run->shares[i].mapping, work, f);
	return r;
}

static int look(Engine *engine, StepRun *run, Fault *f)
{
	PowerWork work = {.run = run};
	DomainFacts facts;
	bool defined;
	int r;

	r = store_read(engine->config.store, look_load, run, f);
	if (!r && !run->server)
		return exports_look(run, run->operation->server_id, f); /* it may be a volume's */
	if (r || run->server->task_state == TASK_DELETING)
		return r;
	defined = server_has_domain(run->server);
	if (!defined && run->share_count == 0)
		return 0;
	r = hypervisor_state(engine->config.hypervisor, run->server->id, &work.state, f);
	if (!r && defined)
		r = look_at_domain(run, &work, &facts, f);
	if (!r)
		r = look_at_shares(run, &work, f);
	return r ? r : store_write(engine->config.store, power_work, &work, f);
}

void look_turn(Engine *engine, Task *task)
{
	Operation *subject;
	Fault f = {0};

	if (!task->arena)
		task->arena = arena_new();
	arena_reset(task->arena);
	subject = ARENA_NEW(task->arena, Operation);
	subject->server_id = task->lane->key;
	task->run = ARENA_NEW(task->arena, StepRun);
	task->run->config = &engine->config;
	task->run->uses = engine->uses;
	task->run->share_uses = engine->share_uses;
	task->run->arena = task->arena;
	task->run->operation = subject;
	if (look(engine, task->run, &f) == 0) {
		engine_over(task);
		return;
	}
	log_warning("%s=%s cannot be compared with what is there, again soon: %s",
		    task->run->server ? "srv" : "id", task->lane->key, f.text);
	if (!task->run->server && engine_step_back(task))
		return; /* a volume that cannot be exported can still be let go, or deleted */
	engine_park(task, clock_steady_us() + engine->config.times.retry_ms * PAUSE_FACTOR * 1000);
}

/* All servers. ----------------------------------------------------------------------------------
 */

typedef struct AllServers {
	Arena *arena;
	Server **servers;
	size_t count;
} AllServers;

static int load_servers(Tx *tx, void *ctx, Fault *f)
{
	AllServers *all = ctx;
	RecordQuery query = {0};

	record_where_text(&query, "vm_state", RECORD_NE, enum_name(&vm_state_names, VM_DELETED));
	return server_find(tx, all->arena, &query, &all->servers, &all->count, f);
}

static int report_strangers(Engine *engine, const AllServers *all, Map *known, Fault *f)
{
	const char *const *ids;
	size_t count;
	int r;

	for (size_t i = 0; i < all->count; i++)
		(void)map_put(known, all->servers[i]->id, all->servers[i]);
	r = hypervisor_list(engine->config.hypervisor, all->arena, &ids, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		if (!map_get(known, ids[i]))
			log_warning("domain %s belongs to no server", ids[i]);
	return r;
}

int look_at_all(Engine *engine, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(map_freep) Map *known = map_new();
	AllServers all = {.arena = arena};
	int r;

	r = store_read(engine->config.store, load_servers, &all, f);
	if (r)
		return r;
	(void)pthread_mutex_lock(&engine->lock);
	for (size_t i = 0; i < all.count; i++)
		lanes_look(engine, all.servers[i]->id);
	(void)pthread_mutex_unlock(&engine->lock);
	return report_strangers(engine, &all, known, f);
}
