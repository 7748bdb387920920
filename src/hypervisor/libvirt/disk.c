/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Disks of a domain: plugged in, let go, put back, looked for.
 *
 * A disk has two places: the running guest (live) and the definition that the next start uses
 * (config). It is known by its alias in both; libvirt would also take a target name, and then
 * detach whatever disk has that name.
 *
 * The rule of every slot here: look where the disk is, do what is missing, look again; a new disk
 * is nowhere, which needs no look as libvirt checks it. Between two looks the guest may power off,
 * QEMU may be killed, the guest may let a disk go late: what is missing then is worked out anew,
 * never concluded from an error or from an event.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

/* What was seen at one look. */
typedef struct Look {
	bool running;
	DiskSeen live; /* nothing found while it does not run */
	DiskSeen config;
} Look;

bool disk_direct_io(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 || errno != EINVAL;
}

/* What is not on this host does not go through its page cache. */
static bool takes_direct_io(const DiskSpec *disk)
{
	return !disk->path || disk_direct_io(disk->path);
}

static int read_xml(virDomainPtr domain, unsigned flags, char **ret, Fault *f)
{
	char *xml = virDomainGetXMLDesc(domain, flags);

	if (!xml)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "read the XML of a domain");
	*ret = xml;
	return 0;
}

/* Returns 0, HYPERVISOR_NO_DOMAIN or a fault. `target` may be NULL. */
static int look(virDomainPtr domain, const char *alias, const char *target, Arena *arena, Look *ret,
		Fault *f)
{
	_cleanup_(freep) char *now = NULL;
	_cleanup_(freep) char *next = NULL;
	Look seen = {0};
	int r;

	r = read_xml(domain, 0, &now, f);
	if (r)
		return r;
	r = domain_xml_find_disk(now, alias, target, arena, &seen.live, f);
	if (r)
		return r;
	seen.running = seen.live.running;
	if (!seen.running) {
		/* What was read is the definition itself. */
		*ret = (Look){.config = seen.live};
		return 0;
	}
	r = read_xml(domain, VIR_DOMAIN_XML_INACTIVE, &next, f);
	if (r == 0)
		r = domain_xml_find_disk(next, alias, target, arena, &seen.config, f);
	if (r == 0)
		*ret = seen;
	return r;
}

/* Where a disk is missing, as flags for libvirt. */
static unsigned missing(const Look *seen)
{
	return (seen->running && !seen->live.found ? VIR_DOMAIN_AFFECT_LIVE : 0) |
	       (!seen->config.found ? VIR_DOMAIN_AFFECT_CONFIG : 0);
}

static const char *target_user(const Look *seen, unsigned where)
{
	if (where & VIR_DOMAIN_AFFECT_LIVE && seen->live.target_user)
		return seen->live.target_user;
	return where & VIR_DOMAIN_AFFECT_CONFIG ? seen->config.target_user : NULL;
}

/*
 * The emulator may have died under a call; libvirt notices in a moment. What a later look sees
 * must not be the domain that is already dead.
 */
static void let_death_settle(virDomainPtr domain)
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

	if (virt_error_is_refusal())
		result = HYPERVISOR_REFUSED;
	let_death_settle(domain);
	return result;
}

/*
 * Plug the disk in wherever it is missing, as long as that gets anywhere: after a failure the
 * guest may be off (then the definition is enough), or half of it may be done.
 *
 * The first attempt takes it that the disk is nowhere. libvirt refuses an alias or a target that is
 * taken before it does anything, so that looking costs time only when there is something to see.
 * `*ret_before` is what was there at first. Returns 0, HYPERVISOR_NO_DOMAIN, HYPERVISOR_REFUSED, a
 * fault.
 */
static int plug(virDomainPtr domain, const DiskSpec *disk, Arena *arena, Look *ret_before, Fault *f)
{
	_cleanup_(freep) char *xml = disk_xml_text(disk, takes_direct_io(disk));
	int active = virDomainIsActive(domain);
	Look seen = {.running = active == 1};
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
			(void)fault(f, -EEXIST, "target %s is taken by %s", disk->target,
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
		result = plug_failure(domain, disk->alias, f);
		r = look(domain, disk->alias, disk->target, arena, &seen, NULL);
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
static bool unplug_added(Host *host, virDomainPtr domain, const char *id, const char *alias,
			 const Look *before)
{
	enum { UNDO_WAIT_MS = 5000 };
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Look seen;

	if (look(domain, alias, NULL, arena, &seen, NULL))
		return false;
	if (seen.config.found && !before->config.found)
		(void)unplug_from(domain, alias, VIR_DOMAIN_AFFECT_CONFIG); /* looked at below */
	if (seen.live.found && !before->live.found) {
		unplug_begin(host, id, alias);
		(void)unplug_from(domain, alias, VIR_DOMAIN_AFFECT_LIVE); /* looked at below */
		(void)unplug_wait(host, id, alias, UNDO_WAIT_MS);
		unplug_forget(host, id, alias);
	}
	if (look(domain, alias, NULL, arena, &seen, NULL))
		return false;
	return seen.live.found <= before->live.found && seen.config.found <= before->config.found;
}

int libvirt_attach_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Look before = {0};
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	r = plug(domain, disk, arena, &before, f);
	if (r == 0 || r == HYPERVISOR_NO_DOMAIN)
		return r;
	if (!unplug_added(self, domain, id, disk->alias, &before)) {
		(void)fault_context(f, "half attached"); /* the text that is there */
		return -EIO;
	}
	return r;
}

int libvirt_restore_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	_cleanup_(freep) char *xml = disk_xml_text(disk, takes_direct_io(disk));
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Look seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	unplug_forget(self, id, disk->alias);
	r = look(domain, disk->alias, disk->target, arena, &seen, f);
	if (r)
		return r;
	if (seen.config.found)
		return 0;
	if (!seen.live.found)
		return HYPERVISOR_NO_DISK;
	if (virDomainAttachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_CONFIG) < 0)
		return virt_fault(f, "put %s back", disk->alias);
	return 0;
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
static int conclude(Host *host, virDomainPtr domain, const char *id, const char *alias, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	UnplugState state = unplug_state(host, id, alias);
	Look seen;
	int r;

	r = look(domain, alias, NULL, arena, &seen, f);
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

int libvirt_detach_disk(void *self, const char *id, const char *alias, bool resend, int64_t wait_ms,
			Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Look seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	r = look(domain, alias, NULL, arena, &seen, f);
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
	if (must_ask(self, id, alias, resend)) {
		r = ask_guest(self, domain, id, alias, f);
		if (r)
			return r;
	}
	(void)unplug_wait(self, id, alias, wait_ms); /* the domain is what counts */
	return conclude(self, domain, id, alias, f);
}

int libvirt_find_disk(void *self, const char *id, const char *alias, DiskPresence *ret, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Look seen = {0};
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r == 0)
		r = look(domain, alias, NULL, arena, &seen, f);
	if (r && r != HYPERVISOR_NO_DOMAIN)
		return r;
	*ret = (DiskPresence){.live = seen.live.found, .config = seen.config.found};
	return 0;
}

int disk_live_target(virDomainPtr domain, const char *alias, Arena *arena, const char **ret,
		     Fault *f)
{
	Look seen;
	int r = look(domain, alias, NULL, arena, &seen, f);

	if (r)
		return r;
	if (!seen.live.found)
		return HYPERVISOR_NO_DISK;
	*ret = seen.live.target;
	return 0;
}

bool disk_died(virDomainPtr domain, const char *alias)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *target;

	let_death_settle(domain);
	return disk_live_target(domain, alias, arena, &target, NULL) == HYPERVISOR_NO_DISK;
}

/* --- where, and what is in it --- */

int libvirt_disk_addresses(void *self, const char *id, Arena *arena, DiskAddress **ret,
			   size_t *ret_count, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(freep) char *xml = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r == 0)
		r = read_xml(domain, 0, &xml, f);
	return r ? r : domain_xml_addresses(xml, arena, ret, ret_count, f);
}

/*
 * One place at a time, so that an emulator that refuses leaves a definition that is right. By
 * force: a guest that has the old medium mounted has locked the tray.
 */
int libvirt_change_medium(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	_cleanup_(freep) char *xml = disk_xml_text(disk, disk_direct_io(disk->path));
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Look seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r == 0)
		r = look(domain, disk->alias, NULL, arena, &seen, f);
	if (r)
		return r;
	if (!seen.live.found && !seen.config.found)
		return HYPERVISOR_NO_DISK;
	if (seen.config.found &&
	    virDomainUpdateDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_CONFIG) < 0)
		return virt_fault(f, "change what is in %s", disk->alias);
	if (!seen.live.found ||
	    virDomainUpdateDeviceFlags(
		    domain, xml, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_DEVICE_MODIFY_FORCE) == 0)
		return 0;
	r = virt_fault(f, "change what is in %s", disk->alias);
	if (virt_error_is_refusal())
		r = HYPERVISOR_REFUSED;
	let_death_settle(domain);
	return r;
}

/* --- resize --- */

/*
 * libvirt names the disk by its target here; the look has just seen which target is the alias's,
 * and it stays so: a disk of a volume that is being extended is not detached.
 */
int libvirt_resize_disk(void *self, const char *id, const char *alias, int64_t size_bytes, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Look seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r == 0)
		r = look(domain, alias, NULL, arena, &seen, f);
	if (r)
		return r;
	if (!seen.live.found)
		return HYPERVISOR_NO_DISK;
	if (virDomainBlockResize(domain, seen.live.target, (unsigned long long)size_bytes,
				 VIR_DOMAIN_BLOCK_RESIZE_BYTES) == 0)
		return 0;
	r = virt_fault(f, "resize %s", alias);
	if (virt_error_is_refusal())
		r = HYPERVISOR_REFUSED;
	let_death_settle(domain);
	/* Who is off by now sees the new size at the next start. */
	if (look(domain, alias, NULL, arena, &seen, NULL) == 0 && !seen.live.found)
		return HYPERVISOR_NO_DISK;
	return r;
}
