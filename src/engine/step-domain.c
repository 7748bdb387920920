/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps on domains. Every start writes the definition anew from the rows, so that a start mends
 * whatever was different before it; but not that of a domain that others have made.
 */
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"

/* Guests that boot do not hear the first request; one that powers off says so by an event. */
enum { SHUTDOWN_RETRY_MS = 10 * 1000 };

static int no_server(Fault *f)
{
	return step_give_up(f, "the server is gone");
}

int guest_begins(const StepRun *run, Fault *f)
{
	const EngineConfig *config = run->config;

	return config->guest_begins ? config->guest_begins(config->guest_ctx, run->server, f) : 0;
}

static void guest_gone(const StepRun *run)
{
	if (run->config->guest_gone)
		run->config->guest_gone(run->config->guest_ctx, run->operation->server_id);
}

int domain_define_act(StepRun *run, Fault *f)
{
	DomainSpec spec;
	int r;

	if (!run->server)
		return no_server(f);
	if (run->server->domain_name) /* adopted: it is defined, and not by us */
		return 0;
	r = domain_spec_make(run, &spec, f);
	if (r)
		return r;
	return fault_unexpected(f, hypervisor_define(run->config->hypervisor, &spec, f));
}

int domain_undefine_act(StepRun *run, Fault *f)
{
	const char *id = run->operation->server_id;
	int r = hypervisor_undefine(run->config->hypervisor, id, f);

	if (r == 0 || r == HYPERVISOR_NO_DOMAIN) {
		drive_sweep(run);
		guest_gone(run);
	}
	return r == HYPERVISOR_NO_DOMAIN ? 0 : fault_unexpected(f, r);
}

int domain_start_act(StepRun *run, Fault *f)
{
	DomainState state;
	int r;

	if (!run->server)
		return no_server(f);
	r = hypervisor_state(run->config->hypervisor, run->server->id, &state, f);
	if (r)
		return fault_unexpected(f, r);
	if (state == DOMAIN_RUNNING)
		return 0;
	if (state == DOMAIN_PAUSED) /* a start that was cut short: its guest never ran */
		r = domain_destroy_act(run, f);
	if (!r)
		r = shares_connect(run, f);
	if (!r)
		r = domain_define_act(run, f);
	if (!r && drive_is_wanted(run->server))
		r = drive_write(run, f);
	if (!r)
		r = guest_begins(run, f);
	if (r)
		return r;
	drive_sweep(run);
	return fault_unexpected(f, hypervisor_start(run->config->hypervisor, run->server->id, f));
}

int domain_start_undo(StepRun *run, Fault *f)
{
	int r = domain_destroy_act(run, f);

	if (!r)
		shares_let_go(run);
	return r;
}

int domain_start_probe(StepRun *run, bool *ret, Fault *f)
{
	DomainState state = DOMAIN_ABSENT;
	int r = hypervisor_state(run->config->hypervisor, run->operation->server_id, &state, f);

	*ret = state == DOMAIN_RUNNING;
	return fault_unexpected(f, r);
}

int domain_destroy_act(StepRun *run, Fault *f)
{
	const char *id = run->operation->server_id;
	int r = hypervisor_destroy(run->config->hypervisor, id, f);

	return r == HYPERVISOR_NO_DOMAIN ? 0 : fault_unexpected(f, r);
}

static int ask_to_power_off(StepRun *run, Fault *f)
{
	int r = hypervisor_shutdown(run->config->hypervisor, run->operation->server_id, f);

	if (r == HYPERVISOR_UNSUPPORTED || r == HYPERVISOR_NO_DOMAIN)
		return 0; /* its time runs all the same */
	return fault_unexpected(f, r);
}

/* A guest that is paused or saved hears nothing, and may have data that it did not write yet. */
static int wake_to_power_off(StepRun *run, DomainState state, Fault *f)
{
	if (state == DOMAIN_RUNNING)
		return 0;
	return fault_unexpected(
		f, hypervisor_start(run->config->hypervisor, run->operation->server_id, f));
}

/* The guest has until the end of its time, which is counted from the step's start. */
int domain_shutdown_act(StepRun *run, Fault *f)
{
	int64_t end_us = run->step->started_us + run->config->times.shutdown_ms * 1000;
	DomainState state;
	int r;

	r = hypervisor_state(run->config->hypervisor, run->operation->server_id, &state, f);
	if (r)
		return fault_unexpected(f, r);
	if (!domain_is_up(state) && state != DOMAIN_SAVED)
		return 0;
	if (run->now_us >= end_us)
		return domain_destroy_act(run, f);
	run->later_us = run->operation->not_before_us;
	if (run->now_us >= run->later_us) { /* else an event brought us here */
		r = wake_to_power_off(run, state, f);
		if (!r)
			r = ask_to_power_off(run, f);
		run->later_us = MIN(end_us, run->now_us + SHUTDOWN_RETRY_MS * INT64_C(1000));
	}
	return r ? r : STEP_LATER;
}

/* Whether a server of that state runs when it is at rest again. */
static bool is_to_run(const Server *server)
{
	if (server->vm_state == VM_RESIZED)
		return server->previous_state != VM_STOPPED;
	return server->vm_state != VM_STOPPED || server->task_state == TASK_RESCUING;
}

int domain_on_act(StepRun *run, Fault *f)
{
	if (!run->server)
		return no_server(f);
	return is_to_run(run->server) ? domain_start_act(run, f) : domain_define_act(run, f);
}

/* Off, as its rows say; the disk of a rescue that they know nothing of goes. */
static int leave_off(StepRun *run, Fault *f)
{
	int r = domain_define_act(run, f);

	return r || is_rescued(run->server) ? r : rescue_delete_act(run, f);
}

/*
 * A guest that does not come up again is off, as a look at it will find. A share that was in the
 * way would be so again.
 */
int domain_off_undo(StepRun *run, Fault *f)
{
	int r;

	if (!run->server || run->server->task_state == TASK_DELETING)
		return 0;
	if (str_after(run->operation->last_error, OPERATION_SHARE))
		r = leave_off(run, f);
	else
		r = run->server->power_state == POWER_RUNNING ? domain_start_act(run, f)
							      : domain_define_act(run, f);
	if (r == 0 || run->step->attempts + 1 < step_row(STEP_DOMAIN_OFF)->attempts)
		return r;
	log_warning("op=%s srv=%s is not put back on: %s", run->operation->id, run->server->id,
		    f->text);
	return 0;
}

/* A guest that cannot be asked is switched off and on. */
int domain_reboot_act(StepRun *run, Fault *f)
{
	int r = hypervisor_reboot(run->config->hypervisor, run->operation->server_id, f);

	if (r == HYPERVISOR_NO_DOMAIN)
		return step_give_up(f, "the server has no domain");
	if (r != HYPERVISOR_UNSUPPORTED)
		return fault_unexpected(f, r);
	r = domain_destroy_act(run, f);
	return r ? r : domain_start_act(run, f);
}

static int no_guest(Fault *f)
{
	return step_give_up(f, "the server does not run");
}

int domain_pause_act(StepRun *run, Fault *f)
{
	int r = hypervisor_pause(run->config->hypervisor, run->operation->server_id, f);

	if (r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_UNSUPPORTED)
		return no_guest(f);
	return fault_unexpected(f, r);
}

int domain_save_act(StepRun *run, Fault *f)
{
	int r = hypervisor_save(run->config->hypervisor, run->operation->server_id, f);

	if (r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_UNSUPPORTED)
		return no_guest(f);
	return fault_unexpected(f, r);
}

/* A guest that is neither paused nor saved any more has lost its memory; starting is not this. */
int domain_resume_act(StepRun *run, Fault *f)
{
	DomainState state;
	int r;

	r = hypervisor_state(run->config->hypervisor, run->operation->server_id, &state, f);
	if (r || state == DOMAIN_RUNNING)
		return fault_unexpected(f, r);
	if (state != DOMAIN_PAUSED && state != DOMAIN_SAVED)
		return no_guest(f);
	r = hypervisor_start(run->config->hypervisor, run->operation->server_id, f);
	return r == HYPERVISOR_NO_DOMAIN ? no_guest(f) : fault_unexpected(f, r);
}
