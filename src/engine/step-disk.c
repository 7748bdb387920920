/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that put a volume into a server and take it out again. Connecting the volume to this host
 * belongs to it: it is as cheap to repeat as to look up, and so attaching is one step, one commit.
 *
 * Taking out needs the guest: it is asked once, a worker waits for a moment, then the operation
 * is parked until the hypervisor says that the disk is gone, or until it is time to ask again.
 * A detach that gives up puts the disk back into the definition, which the first request took it
 * out of.
 */
#include "engine/priv.h"

#include <inttypes.h>

enum { COPY_PAUSE_MS = 100 };

static ServerDisk subject(const StepRun *run)
{
	return (ServerDisk){.attachment = run->attachment, .volume = run->volume};
}

static bool subject_is_complete(const StepRun *run)
{
	return run->server && run->volume && run->attachment;
}

int disk_plug_act(StepRun *run, Fault *f)
{
	ServerDisk disk = subject(run);
	DiskSpec spec;
	int r;

	if (!subject_is_complete(run))
		return step_give_up(f, "the server or the volume is gone");
	if (run->volume->copies > 0) { /* it has to hold still */
		run->later_us = run->now_us + COPY_PAUSE_MS * INT64_C(1000);
		return STEP_LATER;
	}
	r = disk_spec_make(run, &disk, &spec, f);
	if (r)
		return r;
	r = hypervisor_attach_disk(run->config->hypervisor, run->server->id, &spec, f);
	if (r == HYPERVISOR_NO_DOMAIN)
		return step_give_up(f, "the server has no domain");
	if (r == HYPERVISOR_REFUSED)
		return STEP_GIVE_UP; /* in the emulator's words */
	if (r == 0)
		drive_refresh(run);
	return fault_unexpected(f, r);
}

int disk_plug_probe(StepRun *run, bool *ret, Fault *f)
{
	DomainState state;
	DiskPresence presence;
	int r;

	*ret = false;
	if (!subject_is_complete(run))
		return 0;
	r = hypervisor_state(run->config->hypervisor, run->server->id, &state, f);
	if (!r)
		r = hypervisor_find_disk(run->config->hypervisor, run->server->id,
					 disk_alias(run->arena, run->attachment), &presence, f);
	if (r)
		return fault_unexpected(f, r);
	/* Whether the config drive tells of it already cannot be seen: acting again writes it. */
	*ret = presence.config && (presence.live || !domain_is_up(state)) &&
	       !drive_is_wanted(run->server);
	return 0;
}

/* The driver may have said more. */
static int give_up_refused(Fault *f)
{
	static const char text[] = "the guest refused to release the disk";

	if (f->code)
		(void)fault_context(f, "%s", text); /* the code is not of interest */
	else
		(void)fault(f, -ECANCELED, "%s", text);
	return STEP_GIVE_UP;
}

static int disconnect(StepRun *run, Fault *f)
{
	ServerDisk disk = subject(run);

	return run->volume ? volume_let_go(run, &disk, f) : 0;
}

/* Ask, or only look when an event and not the clock brought us here. */
static int release(StepRun *run, bool ask, Fault *f)
{
	const EngineTimes *times = &run->config->times;
	int r = hypervisor_detach_disk(run->config->hypervisor, run->server->id,
				       disk_alias(run->arena, run->attachment), ask,
				       times->unplug_wait_ms, f);

	switch (r) {
	case 0:
	case HYPERVISOR_NO_DISK:
	case HYPERVISOR_NO_DOMAIN:
		drive_refresh(run);
		return disconnect(run, f);
	case HYPERVISOR_PENDING:
		run->counted = ask;
		run->later_us = ask ? run->now_us + times->unplug_retry_ms * 1000
				    : run->operation->not_before_us;
		return STEP_LATER;
	case HYPERVISOR_REFUSED:
		return give_up_refused(f);
	default:
		return fault_unexpected(f, r);
	}
}

static bool is_due(const StepRun *run)
{
	return run->now_us >= run->operation->not_before_us;
}

int disk_unplug_act(StepRun *run, Fault *f)
{
	bool ask = is_due(run);
	int r;

	if (!subject_is_complete(run))
		return 0;
	if (!ask || run->step->attempts < run->config->times.unplug_tries)
		return release(run, ask, f);
	r = release(run, false, f);
	if (r == STEP_LATER)
		return step_give_up(f, "the guest did not release the disk in %" PRId64 " tries",
				    run->step->attempts);
	return r;
}

int disk_unplug_undo(StepRun *run, Fault *f)
{
	ServerDisk disk = subject(run);
	DiskSpec spec;
	int r;

	if (!subject_is_complete(run))
		return 0;
	r = disk_spec_make(run, &disk, &spec, f);
	if (r)
		return r;
	r = hypervisor_restore_disk(run->config->hypervisor, run->server->id, &spec, f);
	if (r == HYPERVISOR_NO_DISK) /* it let go after all, too late: the rows say attached */
		r = hypervisor_attach_disk(run->config->hypervisor, run->server->id, &spec, f);
	return r == HYPERVISOR_NO_DOMAIN ? 0 : fault_unexpected(f, r);
}

/* The guest may have taken the disk already: there is no end to asking it back. */
int disk_plug_undo(StepRun *run, Fault *f)
{
	int r;

	if (!run->server || !run->attachment)
		return 0;
	r = release(run, is_due(run), f);
	if (r != STEP_GIVE_UP)
		return r;
	run->counted = true;
	run->later_us = run->now_us + run->config->times.unplug_retry_ms * 1000;
	return STEP_LATER;
}
