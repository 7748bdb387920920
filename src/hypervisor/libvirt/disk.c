/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Disks of a domain: what they have beyond any device (see device.c). They are put back after a
 * detach that gave up, change their media, and grow.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

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

static Device device_of(const DiskSpec *disk)
{
	return (Device){.kind = DEVICE_DISK, .alias = disk->alias, .target = disk->target};
}

static Device device_named(const char *alias)
{
	return (Device){.kind = DEVICE_DISK, .alias = alias};
}

int libvirt_attach_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	_cleanup_(freep) char *xml = disk_xml_text(disk, takes_direct_io(disk));
	const Device device = device_of(disk);

	return device_attach(self, id, &device, xml, f);
}

int libvirt_detach_disk(void *self, const char *id, const char *alias, bool resend, int64_t wait_ms,
			Fault *f)
{
	const Device device = device_named(alias);

	return device_detach(self, id, &device, resend, wait_ms, f);
}

int libvirt_find_disk(void *self, const char *id, const char *alias, DiskPresence *ret, Fault *f)
{
	const Device device = device_named(alias);

	return device_find(self, id, &device, ret, f);
}

int libvirt_restore_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	_cleanup_(freep) char *xml = disk_xml_text(disk, takes_direct_io(disk));
	const Device device = device_of(disk);
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DeviceLook seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	unplug_forget(self, id, disk->alias);
	r = device_look(domain, &device, arena, &seen, f);
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

int disk_live_target(virDomainPtr domain, const char *alias, Arena *arena, const char **ret,
		     Fault *f)
{
	const Device device = device_named(alias);
	DeviceLook seen;
	int r = device_look(domain, &device, arena, &seen, f);

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

	device_let_death_settle(domain);
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
		r = domain_read_xml(domain, 0, &xml, f);
	return r ? r : domain_xml_addresses(xml, arena, ret, ret_count, f);
}

/*
 * One place at a time, so that an emulator that refuses leaves a definition that is right. By
 * force: a guest that has the old medium mounted has locked the tray.
 */
int libvirt_change_medium(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	_cleanup_(freep) char *xml = disk_xml_text(disk, disk_direct_io(disk->path));
	const Device device = device_named(disk->alias);
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DeviceLook seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r == 0)
		r = device_look(domain, &device, arena, &seen, f);
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
	device_let_death_settle(domain);
	return r;
}

/* --- resize --- */

/*
 * libvirt names the disk by its target here; the look has just seen which target is the alias's,
 * and it stays so: a disk of a volume that is being extended is not detached.
 */
int libvirt_resize_disk(void *self, const char *id, const char *alias, int64_t size_bytes, Fault *f)
{
	const Device device = device_named(alias);
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DeviceLook seen;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r == 0)
		r = device_look(domain, &device, arena, &seen, f);
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
	device_let_death_settle(domain);
	/* Who is off by now sees the new size at the next start. */
	if (device_look(domain, &device, arena, &seen, NULL) == 0 && !seen.live.found)
		return HYPERVISOR_NO_DISK;
	return r;
}
