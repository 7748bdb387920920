/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Operations that overtake their lane: deleting a server, and resetting it.
 *
 * A call to the hypervisor lasts as long as an emulator takes to answer, and one that hangs never
 * does. Everything in the server's lane waits behind that call, also what its owner does about it.
 * So when such an operation has waited for some seconds behind others, a thread of its own pulls
 * the plug, which is its first step in any case: without its emulator the call fails, the lane
 * moves on, and the operation finds the domain off.
 *
 * Unpausing a server is less: what waits in the lane may be a guest that stands still and is to
 * let go of a disk. It is let go on in the same way, and that is all.
 *
 * Whoever waits stands in the list in the order of its time, as all wait equally long.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"

struct Overtaker {
	Overtaker *next;
	char *server_id; /* and the lane */
	char id[UUID_TEXT];
	int64_t due_us;
	bool wakes; /* else it pulls the plug */
};

static void overtaker_free(Overtaker *overtaker)
{
	free(overtaker->server_id);
	free(overtaker);
}

static void enqueue(Engine *engine, Overtaker *overtaker)
{
	Overtaker **last = &engine->overtakers;

	overtaker->due_us = clock_steady_us() + engine->config.times.overtake_ms * 1000;
	overtaker->next = NULL;
	while (*last)
		last = &(*last)->next;
	*last = overtaker;
	(void)pthread_cond_signal(&engine->overtake_cond);
}

void overtake_later(Engine *engine, const Operation *operation)
{
	const OperationKind *kind = operation_kind(&engine->config, operation->kind);
	Overtaker *overtaker;

	if (!kind || !(kind->overtakes || kind->wakes) || !operation->server_id ||
	    !lanes_waits(engine, operation->lane, operation->id))
		return;
	overtaker = NEW(Overtaker);
	overtaker->server_id = mem_strdup(operation->server_id);
	overtaker->wakes = kind->wakes;
	memcpy(overtaker->id, operation->id, strlen(operation->id) + 1);
	enqueue(engine, overtaker);
}

/* Called and left with the lock held. */
static void pull_plug(Engine *engine, const Overtaker *overtaker)
{
	Fault f = {0};

	(void)pthread_mutex_unlock(&engine->lock);
	log_warning("op=%s srv=%s waits behind others: pulling the plug", overtaker->id,
		    overtaker->server_id);
	if (hypervisor_destroy(engine->config.hypervisor, overtaker->server_id, &f))
		log_warning("op=%s srv=%s cannot be stopped, again soon: %s", overtaker->id,
			    overtaker->server_id, f.text);
	(void)pthread_mutex_lock(&engine->lock);
}

/* 0 also when the guest does not stand still. */
static int resume_paused(Hypervisor *hypervisor, const char *id, Fault *f)
{
	DomainState state;
	int r = hypervisor_state(hypervisor, id, &state, f);

	if (!r && state == DOMAIN_PAUSED)
		r = hypervisor_start(hypervisor, id, f);
	return r;
}

/* Called and left with the lock held. */
static void wake_guest(Engine *engine, const Overtaker *overtaker)
{
	Fault f = {0};

	(void)pthread_mutex_unlock(&engine->lock);
	log_info("op=%s srv=%s waits behind others: letting the guest go on", overtaker->id,
		 overtaker->server_id);
	if (resume_paused(engine->config.hypervisor, overtaker->server_id, &f))
		log_warning("op=%s srv=%s cannot go on, again soon: %s", overtaker->id,
			    overtaker->server_id, f.text);
	(void)pthread_mutex_lock(&engine->lock);
}

/* The first one's time has come. */
static void overtake(Engine *engine)
{
	Overtaker *overtaker = engine->overtakers;

	engine->overtakers = overtaker->next;
	if (!lanes_waits(engine, overtaker->server_id, overtaker->id)) {
		overtaker_free(overtaker);
		return;
	}
	if (overtaker->wakes)
		wake_guest(engine, overtaker);
	else
		pull_plug(engine, overtaker);
	enqueue(engine, overtaker); /* until it waits no more */
}

void *overtake_main(void *ctx)
{
	Engine *engine = ctx;

	(void)pthread_mutex_lock(&engine->lock);
	while (!engine->stopping) {
		if (!engine->overtakers)
			(void)pthread_cond_wait(&engine->overtake_cond, &engine->lock);
		else if (engine->overtakers->due_us > clock_steady_us())
			engine_wait(engine, &engine->overtake_cond, engine->overtakers->due_us);
		else
			overtake(engine);
	}
	(void)pthread_mutex_unlock(&engine->lock);
	return NULL;
}

void overtake_done(Engine *engine)
{
	Overtaker *next;

	for (Overtaker *overtaker = engine->overtakers; overtaker; overtaker = next) {
		next = overtaker->next;
		overtaker_free(overtaker);
	}
	engine->overtakers = NULL;
}
