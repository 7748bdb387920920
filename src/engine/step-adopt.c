/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that take a domain which others have made under management, and give it back. Both only
 * set a mark: that its definition and its disks stay as they are is the point of it.
 */
#include "engine/priv.h"

int domain_adopt_act(StepRun *run, Fault *f)
{
	int r = hypervisor_adopt(run->config->hypervisor, run->operation->server_id, f);

	if (r == HYPERVISOR_NO_DOMAIN)
		return step_give_up(f, "the domain is gone");
	if (r == HYPERVISOR_REFUSED)
		return STEP_GIVE_UP; /* in the driver's words */
	return fault_unexpected(f, r);
}

/* A domain that has become our own is none to give back. */
static int give_back(StepRun *run, Fault *f)
{
	int r = hypervisor_release(run->config->hypervisor, run->operation->server_id, f);

	return r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_REFUSED ? 0 : fault_unexpected(f, r);
}

int domain_adopt_undo(StepRun *run, Fault *f)
{
	return give_back(run, f);
}

/* Volumes in it would be freed while a guest has them, which nobody would manage any more. */
int domain_release_act(StepRun *run, Fault *f)
{
	DomainState state;
	int r;

	r = hypervisor_state(run->config->hypervisor, run->operation->server_id, &state, f);
	if (r)
		return fault_unexpected(f, r);
	if (state != DOMAIN_ABSENT && run->disk_count > 0)
		return step_give_up(f, "volumes are attached to the server");
	return give_back(run, f);
}

int domain_release_undo(StepRun *run, Fault *f)
{
	int r = hypervisor_adopt(run->config->hypervisor, run->operation->server_id, f);

	return r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_REFUSED ? 0 : fault_unexpected(f, r);
}
