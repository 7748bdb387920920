/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Devices of a domain, disks and filesystems: plugged in, let go, looked for.
 *
 * A device has two places: the running guest (live) and the definition that the next start uses
 * (config). It is known by its alias in both; libvirt would also take a disk's target name, and
 * then detach whatever disk has that name.
 *
 * The rule of every call here: look where the device is, do what is missing, look again; a new one
 * is nowhere, which needs no look as libvirt checks it. Between two looks the guest may power off,
 * QEMU may be killed, the guest may let a device go late: what is missing then is worked out anew,
 * never concluded from an error or from an event.
 */
#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

int domain_read_xml(virDomainPtr domain, unsigned flags, char **ret, Fault *f)
{
	char *xml = virDomainGetXMLDesc(domain, flags);

	if (!xml)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "read the XML of a domain");
	*ret = xml;
	return 0;
}

int device_look(virDomainPtr domain, const Device *device, Arena *arena, DeviceLook *ret, Fault *f)
{
	_cleanup_(freep) char *now = NULL;
	_cleanup_(freep) char *next = NULL;
	DeviceLook seen = {0};
	int r;

	r = domain_read_xml(domain, 0, &now, f);
	if (r)
		return r;
	r = domain_xml_find_device(now, device, arena, &seen.live, f);
	if (r)
		return r;
	seen.running = seen.live.running;
	if (!seen.running) {
		/* What was read is the definition itself. */
		*ret = (DeviceLook){.config = seen.live};
		return 0;
	}
	r = domain_read_xml(domain, VIR_DOMAIN_XML_INACTIVE, &next, f);
	if (r == 0)
		r = domain_xml_find_device(next, device, arena, &seen.config, f);
	if (r == 0)
		*ret = seen;
	return r;
}

/* Where a device is missing, as flags for libvirt. */
static unsigned missing(const DeviceLook *seen)
{
	return (seen->running && !seen->live.found ? VIR_DOMAIN_AFFECT_LIVE : 0) |
	       (!seen->config.found ? VIR_DOMAIN_AFFECT_CONFIG : 0);
}

static const char *target_user(const DeviceLook *seen, unsigned where)
{
	if (where & VIR_DOMAIN_AFFECT_LIVE && seen->live.target_user)
		return seen->live.target_user;
	return where & VIR_DOMAIN_AFFECT_CONFIG ? seen->config.target_user : NULL;
}

/*
 * The emulator may have died under a call; libvirt notices in a moment. What a later look sees
 * must not be the domain that is already dead.
 */
void device_let_death_settle(virDomainPtr domain)
{
	if (virt_error_emulator_gone())
		(void)power_wait_off(domain); /* the next look shows what came of it */
}

/* --- attach --- */

enum { PLUG_FAILED = 1 };

/* Returns 0, PLUG_FAILED with libvirt's error, or a fault when what was in the way has just gone.
 */
static int plug_into(virDomainPtr domain, const char *xml, unsigned where, Fault *f)
{
	if (virDomainAttachDeviceFlags(domain, xml, where) == 0)
		return 0;
	if (!virt_error_left_over())
		return PLUG_FAILED;
	if (orphans_remove(domain))
		return fault(f, -EBUSY, "an interrupted attach was in the way");
	return virDomainAttachDeviceFlags(domain, xml, where) == 0 ? 0 : PLUG_FAILED;
}

/* What libvirt's last error means; what it may have left behind has settled then. */
static int plug_failure(virDomainPtr domain, const char *alias, Fault *f)
{
	int result = virt_fault(f, "attach %s", alias);

	if (virt_error_no_slot())
		(void)fault_context(f, "no slot is left until the server is started anew");
	if (virt_error_is_refusal())
		result = HYPERVISOR_REFUSED;
	device_let_death_settle(domain);
	return result;
}

/*
 * Plug the device in wherever it is missing, as long as that gets anywhere: after a failure the
 * guest may be off (then the definition is enough), or half of it may be done.
 *
 * The first attempt takes it that the device is nowhere. libvirt refuses an alias or a target that
 * is taken before it does anything, so that looking costs time only when there is something to see.
 * `*ret_before` is what was there at first. Returns 0, HYPERVISOR_NO_DOMAIN, HYPERVISOR_REFUSED, a
 * fault.
 */
static int plug(virDomainPtr domain, const Device *device, const char *xml, DeviceLook *ret_before,
		Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int active = virDomainIsActive(domain);
	DeviceLook seen = {.running = active == 1};
	unsigned where, tried = 0;
	bool was_taken;
	int result = 0;
	int r;

	*ret_before = seen;
	if (active < 0)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "state of a domain");
	for (;;) {
		where = missing(&seen);
		if (target_user(&seen, where)) {
			(void)fault(f, -EEXIST, "target %s is taken by %s", device->target,
				    target_user(&seen, where));
			return HYPERVISOR_REFUSED;
		}
		if (!where || where == tried)
			return where ? result : 0;
		r = plug_into(domain, xml, where, f);
		if (r != PLUG_FAILED)
			return r;
		was_taken = !tried && virt_error_is_taken();
		tried = where;
		result = plug_failure(domain, device->alias, f);
		r = device_look(domain, device, arena, &seen, NULL);
		if (r)
			return r < 0 ? result : r;
		if (was_taken)
			*ret_before = seen;
	}
}

static int unplug_from(virDomainPtr domain, const char *alias, unsigned where)
{
	return virDomainDetachDeviceAlias(domain, alias, where);
}

/* All or nothing: take out what plug() put in. False when something stays. */
static bool unplug_added(Host *host, virDomainPtr domain, const char *id, const Device *device,
			 const DeviceLook *before)
{
	enum { UNDO_WAIT_MS = 5000 };
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *alias = device->alias;
	DeviceLook seen;

	if (device_look(domain, device, arena, &seen, NULL))
		return false;
	if (seen.config.found && !before->config.found)
		(void)unplug_from(domain, alias, VIR_DOMAIN_AFFECT_CONFIG); /* looked at below */
	if (seen.live.found && !before->live.found) {
		unplug_begin(host, id, alias);
		(void)unplug_from(domain, alias, VIR_DOMAIN_AFFECT_LIVE); /* looked at below */
		(void)unplug_wait(host, id, alias, UNDO_WAIT_MS);
		unplug_forget(host, id, alias);
	}
	if (device_look(domain, device, arena, &seen, NULL))
		return false;
	return seen.live.found <= before->live.found && seen.config.found <= before->config.found;
}

int device_attach(Host *host, const char *id, const Device *device, const char *xml, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	DeviceLook before = {0};
	int r;

	r = conn_domain(host, id, &domain, f);
	if (r)
		return r;
	r = plug(domain, device, xml, &before, f);
	if (r == 0 || r == HYPERVISOR_NO_DOMAIN)
		return r;
	if (!unplug_added(host, domain, id, device, &before)) {
		(void)fault_context(f, "half attached"); /* the text that is there */
		return -EIO;
	}
	return r;
}

/* --- detach --- */

/*
 * Ask the guest to let go. The call by alias returns at once; libvirt's event, or the domain's
 * XML, tells the end. Returns 0 when it was asked or need not be, HYPERVISOR_REFUSED, or a fault.
 */
static int ask_guest(Host *host, virDomainPtr domain, const char *id, const char *alias, Fault *f)
{
	int r;

	unplug_begin(host, id, alias);
	if (unplug_from(domain, alias, VIR_DOMAIN_AFFECT_LIVE) == 0)
		return 0;
	/* A second request while the first one is under way is an error, and no harm. */
	if (virt_error_unplug_pending())
		return 0;
	if (virt_error_no_device() || virt_error_no_domain()) {
		unplug_forget(host, id, alias); /* no event will come */
		return 0;
	}
	r = virt_fault(f, "detach %s", alias);
	if (virt_error_emulator_gone())
		return power_wait_off(domain) ? 0 : r;
	unplug_forget(host, id, alias);
	return virt_error_is_refusal() ? HYPERVISOR_REFUSED : r;
}

/* What became of a request, once waiting is over; r is the result so far. */
static int conclude(Host *host, virDomainPtr domain, const char *id, const Device *device, Fault *f)
{
	const char *alias = device->alias;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	UnplugState state = unplug_state(host, id, alias);
	DeviceLook seen;
	int r;

	r = device_look(domain, device, arena, &seen, f);
	if (r)
		return r;
	if (!seen.live.found) {
		unplug_forget(host, id, alias);
		return 0;
	}
	if (state != UNPLUG_REFUSED)
		return HYPERVISOR_PENDING;
	unplug_forget(host, id, alias);
	(void)fault(f, -EBUSY, "the guest refused to release %s", alias);
	return HYPERVISOR_REFUSED;
}

/*
 * An event that says released may be older than a request that followed it, and is no proof:
 * asking is right unless a request is known to be open.
 */
static bool must_ask(Host *host, const char *id, const char *alias, bool resend)
{
	UnplugState state = unplug_state(host, id, alias);

	return resend || state == UNPLUG_UNKNOWN || state == UNPLUG_RELEASED;
}

int device_detach(Host *host, const char *id, const Device *device, bool resend, int64_t wait_ms,
		  Fault *f)
{
	const char *alias = device->alias;
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DeviceLook seen;
	int r;

	r = conn_domain(host, id, &domain, f);
	if (r)
		return r;
	r = device_look(domain, device, arena, &seen, f);
	if (r)
		return r;
	if (seen.running && !seen.live.found)
		(void)orphans_remove(domain); /* nothing follows that could be mistaken */
	if (!seen.live.found && !seen.config.found)
		return HYPERVISOR_NO_DISK;
	/* The definition first: whatever happens then, the next start is without it. */
	if (seen.config.found && unplug_from(domain, alias, VIR_DOMAIN_AFFECT_CONFIG) < 0 &&
	    !virt_error_no_device())
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "take %s out", alias);
	if (!seen.live.found)
		return 0;
	if (must_ask(host, id, alias, resend)) {
		r = ask_guest(host, domain, id, alias, f);
		if (r)
			return r;
	}
	(void)unplug_wait(host, id, alias, wait_ms); /* the domain is what counts */
	return conclude(host, domain, id, device, f);
}

int device_find(Host *host, const char *id, const Device *device, DiskPresence *ret, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DeviceLook seen = {0};
	int r;

	r = conn_domain(host, id, &domain, f);
	if (r == 0)
		r = device_look(domain, device, arena, &seen, f);
	if (r && r != HYPERVISOR_NO_DOMAIN)
		return r;
	*ret = (DiskPresence){.live = seen.live.found, .config = seen.config.found};
	return 0;
}
