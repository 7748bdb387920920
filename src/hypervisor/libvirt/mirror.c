/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A disk of a running guest moves to another place: a block copy of libvirt's, which ends in a
 * pivot.
 *
 * A write is done when both places have it, once all is copied: so a guest that writes faster than
 * the copy proceeds cannot keep it from getting there. The job is transient, as a domain that has a
 * definition may have no other; it lives in the emulator, and libvirt finds it again when this
 * process or libvirtd begins anew.
 *
 * How things stand is read from the domain's XML each time: where the disk is, whether a mirror is
 * there and of what place, and whether it is ready ("yes"), turning ("pivot") or being given up
 * ("abort"). A guest that is off has no jobs; its disk is what the definition says.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

enum { CANCEL_WAIT_MS = 10 * 1000, CANCEL_POLL_MS = 50 };

/* Returns 0, HYPERVISOR_NO_DOMAIN or a fault. */
static int look(virDomainPtr domain, const char *alias, unsigned flags, Arena *arena,
		DiskPlace *ret, Fault *f)
{
	_cleanup_(freep) char *xml = virDomainGetXMLDesc(domain, flags);

	if (!xml)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "read the XML of a domain");
	return domain_xml_find_place(xml, alias, arena, ret, f);
}

static const char *place_of(const DiskSpec *disk)
{
	return disk->network ? disk->network->name : disk->path;
}

static MirrorState state_of(const DiskPlace *seen, const DiskSpec *target)
{
	if (!seen->found)
		return MIRROR_NONE;
	if (str_eq(seen->place, place_of(target)))
		return MIRROR_TURNED;
	if (!str_eq(seen->mirror, place_of(target)))
		return MIRROR_NONE;
	return str_eq(seen->ready, "yes") ? MIRROR_READY : MIRROR_COPYING;
}

/* What is there is never told as all of it before it is ready. */
static int percent_of(virDomainPtr domain, const char *disk)
{
	virDomainBlockJobInfo info = {0};

	if (virDomainGetBlockJobInfo(domain, disk, &info, 0) != 1 || info.end == 0)
		return 0; /* it has just ended, or just begun */
	return (int)MIN(info.cur * 100 / info.end, 99ULL);
}

int libvirt_mirror_look(void *self, const char *id, const char *alias, const DiskSpec *target,
			MirrorView *ret, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DiskPlace seen = {0};
	int r;

	r = conn_domain(self, id, &domain, f);
	if (!r)
		r = look(domain, alias, 0, arena, &seen, f);
	if (r && r != HYPERVISOR_NO_DOMAIN)
		return r;
	*ret = (MirrorView){.state = state_of(&seen, target)};
	if (ret->state == MIRROR_COPYING)
		ret->percent = percent_of(domain, seen.target);
	return 0;
}

/* Whatever mirror the disk has: end it, and wait until it is gone. */
static int cancel(virDomainPtr domain, const char *alias, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int64_t end_ms = clock_mono_ms() + CANCEL_WAIT_MS;
	DiskPlace seen;
	int r;

	for (;;) {
		r = look(domain, alias, 0, arena, &seen, f);
		if (r || !seen.mirror)
			return r;
		if (clock_mono_ms() >= end_ms)
			return fault(f, -EBUSY, "a mirror of %s does not end", alias);
		if (virDomainBlockJobAbort(domain, seen.target, 0) < 0)
			clock_sleep_ms(CANCEL_POLL_MS); /* the next look tells */
	}
}

int libvirt_mirror_cancel(void *self, const char *id, const char *alias, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (!r)
		r = cancel(domain, alias, f);
	return r == HYPERVISOR_NO_DOMAIN ? 0 : r;
}

int libvirt_mirror_begin(void *self, const char *id, const char *alias, const DiskSpec *target,
			 Fault *f)
{
	const unsigned flags = VIR_DOMAIN_BLOCK_COPY_REUSE_EXT |
			       VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB |
			       VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES;
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(freep) char *xml = NULL;
	const char *name;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (!r)
		r = disk_live_target(domain, alias, arena, &name, f);
	if (!r)
		r = cancel(domain, alias, f);
	if (r)
		return r;
	xml = disk_xml_text(target, !target->path || disk_direct_io(target->path));
	if (virDomainBlockCopy(domain, name, xml, NULL, 0, flags) == 0)
		return 0;
	r = virt_fault(f, "mirror %s", alias);
	if (virt_error_is_refusal() && !virt_error_emulator_gone())
		r = HYPERVISOR_REFUSED;
	return disk_died(domain, alias) ? HYPERVISOR_NO_DISK : r;
}

/*
 * The definition has what the next start shall use: libvirt has put the new place there, not the
 * new serial.
 */
static int define_target(virDomainPtr domain, const DiskSpec *target, Arena *arena, Fault *f)
{
	_cleanup_(freep) char *xml = NULL;
	DiskPlace seen;
	int r;

	r = look(domain, target->alias, VIR_DOMAIN_XML_INACTIVE, arena, &seen, f);
	if (r || !seen.found ||
	    (str_eq(seen.place, place_of(target)) && str_eq(seen.serial, target->serial)))
		return r;
	xml = disk_xml_text(target, !target->path || disk_direct_io(target->path));
	if (virDomainUpdateDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_CONFIG) < 0)
		return virt_fault(f, "define %s anew", target->alias);
	return 0;
}

/* r is what the attempt came to; what counts is what is seen now. */
static int conclude(virDomainPtr domain, const DiskSpec *target, int r, Arena *arena, Fault *f)
{
	DiskPlace seen;
	int k = look(domain, target->alias, 0, arena, &seen, r ? NULL : f);

	if (k)
		return k < 0 && r ? r : k;
	switch (state_of(&seen, target)) {
	case MIRROR_NONE:
		return HYPERVISOR_NO_DISK;
	case MIRROR_COPYING:
		return HYPERVISOR_PENDING;
	case MIRROR_READY:
		return r ? r : HYPERVISOR_PENDING;
	case MIRROR_TURNED:
	case _MIRROR_STATE_MAX:
		break;
	}
	return define_target(domain, target, arena, f);
}

int libvirt_mirror_turn(void *self, const char *id, const char *alias, const DiskSpec *target,
			Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DiskPlace seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (!r)
		r = look(domain, alias, 0, arena, &seen, f);
	if (r)
		return r;
	if (state_of(&seen, target) == MIRROR_READY &&
	    virDomainBlockJobAbort(domain, seen.target, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) < 0) {
		r = virt_fault(f, "turn %s", alias);
		if (virt_error_emulator_gone())
			(void)power_wait_off(domain); /* the look shows what came of it */
	}
	return conclude(domain, target, r, arena, f);
}
