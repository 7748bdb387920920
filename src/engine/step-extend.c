/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that make a volume larger: first where it is kept, then in the guests that have it.
 *
 * A qcow2 file that a guest has open may be written by its emulator alone. So it does not grow in
 * the first step but through the guest, and the second step ends with a look at the file: a guest
 * that powers off in between is then no case of its own.
 *
 * What has grown does not shrink: there is nothing to undo. A failure that leaves open whether the
 * volume has grown says so (OPERATION_UNSURE).
 */
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"
#include "json/json.h"

#include <inttypes.h>

#define GIB ((int64_t)1 << 30)

/*
 * The size that the operation asks for; where it asks for none, or the volume has grown beyond that
 * meanwhile, the volume's: no disk ever becomes smaller. 0: the record cannot be read.
 */
static int64_t wanted_gib(const StepRun *run)
{
	JsonTextMap args = json_text_map(run->arena, run->operation->args);
	int64_t gib = 0;

	for (size_t i = 0; i < args.count; i++)
		if (str_eq(args.pairs[i].key, OPERATION_SIZE_GIB) &&
		    !str_parse_i64(args.pairs[i].value, &gib))
			return 0;
	return MAX(gib, run->volume->size_gib);
}

static int grow(StepRun *run, Fault *f)
{
	int64_t gib = wanted_gib(run);
	int r;

	if (!gib)
		return step_give_up(f, "the new size is missing");
	r = backend_extend(run->config->backend, run->volume, gib, f);
	if (r == BACKEND_FULL)
		return step_give_up(f, "there is no room for a volume of %" PRId64 " GiB", gib);
	if (r == BACKEND_NO_VOLUME)
		return step_give_up(f, "the volume has no data");
	if (r)
		r = fault_context(f, OPERATION_UNSURE "the volume has grown");
	return r;
}

/* Whether an emulator has the file open and so grows it itself. */
static int is_grown_by_guest(StepRun *run, bool *ret, Fault *f)
{
	*ret = false;
	if (run->volume->format != DISK_FORMAT_QCOW2)
		return 0;
	for (size_t i = 0; i < run->disk_count && !*ret; i++) {
		const Attachment *attachment = run->disks[i].attachment;
		DiskPresence presence;
		int r = hypervisor_find_disk(run->config->hypervisor, attachment->server_id,
					     disk_alias(run->arena, attachment), &presence, f);

		if (r)
			return fault_unexpected(f, r);
		*ret = presence.live;
	}
	return 0;
}

int volume_extend_act(StepRun *run, Fault *f)
{
	bool by_guest = false;
	int r;

	if (!run->volume)
		return step_give_up(f, "the volume is gone");
	r = is_grown_by_guest(run, &by_guest, f);
	if (r)
		return r;
	return by_guest ? 0 : grow(run, f);
}

static bool is_last_attempt(const StepRun *run)
{
	return run->step->attempts + 1 >= step_row(STEP_DISK_RESIZE)->attempts;
}

/*
 * Tell one guest. Where the volume has grown already, a guest that cannot be told does not make
 * that untrue: it sees the new size at its next start.
 */
static int tell_guest(StepRun *run, const Attachment *attachment, Fault *f)
{
	bool must = run->volume->format == DISK_FORMAT_QCOW2;
	int r = hypervisor_resize_disk(run->config->hypervisor, attachment->server_id,
				       disk_alias(run->arena, attachment), wanted_gib(run) * GIB,
				       f);

	if (r == 0 || r == HYPERVISOR_NO_DISK || r == HYPERVISOR_NO_DOMAIN)
		return 0;
	if (r == HYPERVISOR_REFUSED && must)
		return STEP_GIVE_UP; /* in the emulator's words */
	if (must)
		return fault_context(f, OPERATION_UNSURE "the volume has grown");
	if (r < 0 && !is_last_attempt(run))
		return r;
	log_warning("op=%s vol=%s srv=%s the guest does not see the new size before it starts "
		    "again: %s",
		    run->operation->id, run->volume->id, attachment->server_id, f->text);
	return 0;
}

int disk_resize_act(StepRun *run, Fault *f)
{
	if (!run->volume)
		return 0;
	if (!wanted_gib(run))
		return step_give_up(f, "the new size is missing");
	for (size_t i = 0; i < run->disk_count; i++) {
		int r = tell_guest(run, run->disks[i].attachment, f);

		if (r)
			return r;
	}
	return grow(run, f);
}
