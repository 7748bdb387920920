/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots of disks. Like a real emulator the fake refuses a disk whose file is not there or whose
 * place in the guest is taken, and keeps two sights of a disk: the running guest's and the
 * definition's.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/str.h"
#include "hypervisor/fake/priv.h"

static int domain_attach(Fake *fake, const char *id, const DiskSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	disk = fake_domain_disk(domain, spec->alias);
	if (!disk) {
		if (fake_domain_has_target(domain, spec->target, false) ||
		    (spec->path && !fake_file_exists(spec->path))) {
			(void)fault(f, -EINVAL, "%s cannot be %s of %s",
				    spec->path ? spec->path : spec->alias, spec->target, id);
			return HYPERVISOR_REFUSED;
		}
		disk = fake_domain_add_disk(domain, spec);
	}
	if (fake_domain_runs(domain) && !disk->live) {
		disk->live = true;
		fake_console(fake, domain, "disk %s is %s", disk->target, disk->path);
	}
	disk->config = true;
	return fake_domain_save(domain, fake->dir, f);
}

int fake_attach_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "attach_disk", f);

	if (!r)
		r = domain_attach(self, id, disk, f);
	return fake_call_end(&call, r, f);
}

/* Ask the running guest to let go, as the tests want it to behave. */
static int disk_ask(Fake *fake, FakeDomain *domain, FakeDisk *disk, Fault *f)
{
	switch (fake->mischief.release) {
	case MISCHIEF_RELEASE_AT_ONCE:
		if (domain->state == DOMAIN_PAUSED) { /* when it goes on */
			disk->release_us = clock_steady_us();
			return fake_domain_save(domain, fake->dir, f);
		}
		return fake_release(fake, domain, disk, f);
	case MISCHIEF_RELEASE_LATER:
		disk->release_us = clock_steady_us() + fake->mischief.release_ms * 1000;
		return fake_domain_save(domain, fake->dir, f);
	case MISCHIEF_RELEASE_NEVER:
		fake_console(fake, domain, "%s %s stays", fake_noun(disk), disk->target);
		fake_tell(fake, HYPERVISOR_DISK_REFUSED, domain, disk->alias);
		return HYPERVISOR_REFUSED;
	}
	abort();
}

/* Wait until nobody has the disk any more; the lock is let go meanwhile. */
static int disk_wait(Fake *fake, const char *id, const char *alias, int64_t wait_ms)
{
	int64_t end_us = clock_mono_us() + wait_ms * 1000;
	struct timespec end = {.tv_sec = end_us / 1000000, .tv_nsec = end_us % 1000000 * 1000};
	int r = 0;

	for (;;) {
		const FakeDomain *domain = map_get(fake->domains, id);

		if (!domain)
			return HYPERVISOR_NO_DOMAIN;
		if (!fake_domain_disk(domain, alias))
			return 0;
		if (r == ETIMEDOUT)
			return HYPERVISOR_PENDING;
		r = pthread_cond_timedwait(&fake->released, &fake->lock, &end);
	}
}

typedef struct DetachWish {
	const char *id;
	const char *alias;
	bool resend;
	int64_t wait_ms;
} DetachWish;

static int domain_detach(Fake *fake, const DetachWish *wish, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, wish->id);
	FakeDisk *disk = domain ? fake_domain_disk(domain, wish->alias) : NULL;
	bool first;
	int r;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk)
		return HYPERVISOR_NO_DISK;
	first = disk->config;
	disk->config = false;
	if (!disk->live)
		fake_domain_prune(domain);
	r = fake_domain_save(domain, fake->dir, f);
	if (r)
		return r;
	disk = fake_domain_disk(domain, wish->alias);
	if (!disk)
		return 0;
	if (first || wish->resend) {
		r = disk_ask(fake, domain, disk, f);
		if (r)
			return r;
	}
	return disk_wait(fake, wish->id, wish->alias, wish->wait_ms);
}

static int detach(Fake *fake, const char *slot, const DetachWish *wish, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, fake, slot, f);

	if (!r)
		r = domain_detach(fake, wish, f);
	return fake_call_end(&call, r, f);
}

int fake_detach_disk(void *self, const char *id, const char *alias, bool resend, int64_t wait_ms,
		     Fault *f)
{
	DetachWish wish = {.id = id, .alias = alias, .resend = resend, .wait_ms = wait_ms};

	return detach(self, "detach_disk", &wish, f);
}

/* A guest lets go of both in the same ways. */
int fake_detach_filesystem(void *self, const char *id, const char *alias, bool resend,
			   int64_t wait_ms, Fault *f)
{
	DetachWish wish = {.id = id, .alias = alias, .resend = resend, .wait_ms = wait_ms};

	return detach(self, "detach_filesystem", &wish, f);
}

static int domain_restore(Fake *fake, const char *id, const DiskSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk = domain ? fake_domain_disk(domain, spec->alias) : NULL;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk)
		return HYPERVISOR_NO_DISK;
	disk->config = true; /* what the guest was asked cannot be taken back */
	return fake_domain_save(domain, fake->dir, f);
}

int fake_restore_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "restore_disk", f);

	if (!r)
		r = domain_restore(self, id, disk, f);
	return fake_call_end(&call, r, f);
}

int fake_find_disk(void *self, const char *id, const char *alias, DiskPresence *ret, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "find_disk", f);

	if (!r) {
		const FakeDomain *domain = map_get(call.fake->domains, id);
		const FakeDisk *disk = domain ? fake_domain_disk(domain, alias) : NULL;

		*ret = (DiskPresence){
			.live = disk && disk->live,
			.config = disk && disk->config,
		};
	}
	return fake_call_end(&call, r, f);
}

/* A place for each, as a machine would give it: by the order of names on the bus. */
static DiskAddress address_of(const FakeDisk *disk, Arena *arena)
{
	bool virtio = str_after(disk->target, "vd") != NULL;
	size_t length = strlen(disk->target);

	return (DiskAddress){
		.alias = arena_strdup(arena, disk->alias),
		.bus = virtio ? "virtio" : "scsi",
		.pci = virtio ? arena_printf(arena, "0000:%02zx:%02x.0", length - 2,
					     (unsigned)(disk->target[length - 1] - 'a') + 4)
			      : NULL,
	};
}

int fake_disk_addresses(void *self, const char *id, Arena *arena, DiskAddress **ret,
			size_t *ret_count, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "disk_addresses", f);

	if (!r) {
		const FakeDomain *domain = map_get(call.fake->domains, id);
		size_t n = 0;

		*ret = ARENA_ARRAY(arena, DiskAddress, domain ? domain->disks.count + 1 : 1);
		if (!domain)
			r = HYPERVISOR_NO_DOMAIN;
		for (size_t i = 0; domain && i < domain->disks.count; i++)
			if (!domain->disks.items[i]->filesystem &&
			    (domain->disks.items[i]->live || !fake_domain_runs(domain)))
				(*ret)[n++] = address_of(domain->disks.items[i], arena);
		*ret_count = n;
	}
	return fake_call_end(&call, r, f);
}

static int domain_change_medium(Fake *fake, const char *id, const DiskSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk = domain ? fake_domain_disk(domain, spec->alias) : NULL;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk)
		return HYPERVISOR_NO_DISK;
	if (!fake_file_exists(spec->path)) {
		(void)fault(f, -ENOENT, "%s cannot be in %s of %s", spec->path, disk->target, id);
		return HYPERVISOR_REFUSED;
	}
	fake_domain_set_source(disk, spec);
	fake_console(fake, domain, "disk %s is %s", disk->target, disk->path);
	return fake_domain_save(domain, fake->dir, f);
}

int fake_change_medium(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "change_medium", f);

	if (!r)
		r = domain_change_medium(self, id, disk, f);
	return fake_call_end(&call, r, f);
}

static int domain_resize(Fake *fake, const char *id, const char *alias, int64_t size_bytes,
			 Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk = domain ? fake_domain_disk(domain, alias) : NULL;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk || !disk->live)
		return HYPERVISOR_NO_DISK;
	disk->size_bytes = size_bytes;
	fake_console(fake, domain, "disk %s has %lld bytes", disk->target, (long long)size_bytes);
	return fake_domain_save(domain, fake->dir, f);
}

int fake_resize_disk(void *self, const char *id, const char *alias, int64_t size_bytes, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "resize_disk", f);

	if (!r)
		r = domain_resize(self, id, alias, size_bytes, f);
	return fake_call_end(&call, r, f);
}
