/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that let the host of an attachment reach a volume, and keep it out again. Both may be
 * repeated, so that neither needs a probe.
 */
#include "engine/priv.h"

int volume_export_act(StepRun *run, Fault *f)
{
	if (!run->volume || !run->attachment)
		return step_give_up(f, "the attachment is gone");
	return fault_unexpected(
		f, backend_export(run->config->backend, run->volume, run->attachment, f));
}

/* A row goes only after its export: where there is none, nothing is exported. */
int volume_unexport_act(StepRun *run, Fault *f)
{
	if (!run->volume || !run->attachment)
		return 0;
	return fault_unexpected(
		f, backend_unexport(run->config->backend, run->volume, run->attachment, f));
}
