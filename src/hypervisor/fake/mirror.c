/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Mirrors of disks. No guest writes here, so the bytes are copied when the disk turns; until then a
 * mirror is a record with a time at which it is ready. Like an emulator's it is the domain's, and
 * outlives the daemon but not the guest.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/str.h"
#include "hypervisor/fake/priv.h"
#include "run/run.h"

enum { COPY_MS = 60 * 1000 };

static FakeDisk *find(const Fake *fake, const char *id, const char *alias)
{
	const FakeDomain *domain = map_get(fake->domains, id);

	return domain ? fake_domain_disk(domain, alias) : NULL;
}

void fake_mirror_forget(FakeDisk *disk)
{
	free(disk->mirror);
	disk->mirror = NULL;
	disk->mirror_begun_us = 0;
	disk->mirror_ready_us = 0;
}

static int begin(Fake *fake, const char *id, const char *alias, const DiskSpec *target, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk = find(fake, id, alias);

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk || !disk->live)
		return HYPERVISOR_NO_DISK;
	if (!fake_file_exists(target->path)) {
		(void)fault(f, -EINVAL, "there is no %s to copy to", target->path);
		return HYPERVISOR_REFUSED;
	}
	fake_mirror_forget(disk);
	fake_console(fake, domain, "disk %s is being mirrored", disk->target);
	if (!fake->mischief.mirror_ends) {
		disk->mirror = mem_strdup(target->path);
		disk->mirror_begun_us = clock_steady_us();
		disk->mirror_ready_us = disk->mirror_begun_us + fake->mischief.mirror_ms * 1000;
	}
	return fake_domain_save(domain, fake->dir, f);
}

int fake_mirror_begin(void *self, const char *id, const char *alias, const DiskSpec *target,
		      Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "mirror_begin", f);

	if (!r)
		r = begin(self, id, alias, target, f);
	return fake_call_end(&call, r, f);
}

static MirrorView view(const FakeDisk *disk, const DiskSpec *target)
{
	int64_t now_us = clock_steady_us();

	if (!disk)
		return (MirrorView){.state = MIRROR_NONE};
	if (str_eq(disk->path, target->path))
		return (MirrorView){.state = MIRROR_TURNED};
	if (!str_eq(disk->mirror, target->path))
		return (MirrorView){.state = MIRROR_NONE};
	if (now_us >= disk->mirror_ready_us)
		return (MirrorView){.state = MIRROR_READY};
	return (MirrorView){
		.state = MIRROR_COPYING,
		.percent = (int)((now_us - disk->mirror_begun_us) * 100 /
				 (disk->mirror_ready_us - disk->mirror_begun_us)),
	};
}

int fake_mirror_look(void *self, const char *id, const char *alias, const DiskSpec *target,
		     MirrorView *ret, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "mirror_look", f);

	if (!r)
		*ret = view(find(call.fake, id, alias), target);
	return fake_call_end(&call, r, f);
}

static int turn(Fake *fake, const char *id, const char *alias, const DiskSpec *target, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk = find(fake, id, alias);
	RunSpec copy = {.timeout_ms = COPY_MS};
	MirrorState state;
	int r;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk)
		return HYPERVISOR_NO_DISK;
	state = view(disk, target).state;
	if (state == MIRROR_TURNED)
		return 0;
	if (state != MIRROR_READY)
		return state == MIRROR_COPYING ? HYPERVISOR_PENDING : HYPERVISOR_NO_DISK;
	copy.argv = RUN_ARGV("cp", "--sparse=always", "--", disk->path, target->path);
	r = run_checked(&copy, NULL, f);
	if (r)
		return r;
	fake_mirror_forget(disk);
	fake_domain_set_source(disk, target);
	fake_console(fake, domain, "disk %s is %s", disk->target, disk->path);
	return fake_domain_save(domain, fake->dir, f);
}

int fake_mirror_turn(void *self, const char *id, const char *alias, const DiskSpec *target,
		     Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "mirror_turn", f);

	if (!r)
		r = turn(self, id, alias, target, f);
	return fake_call_end(&call, r, f);
}

static int cancel(Fake *fake, const char *id, const char *alias, Fault *f)
{
	FakeDisk *disk = find(fake, id, alias);

	if (!disk || !disk->mirror)
		return 0;
	fake_mirror_forget(disk);
	return fake_domain_save(map_get(fake->domains, id), fake->dir, f);
}

int fake_mirror_cancel(void *self, const char *id, const char *alias, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "mirror_cancel", f);

	if (!r)
		r = cancel(self, id, alias, f);
	return fake_call_end(&call, r, f);
}
