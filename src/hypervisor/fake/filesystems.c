/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots of filesystems. The fake keeps them beside its disks, whose ways they share: it refuses
 * one whose directory is not there or whose tag is taken, and a guest lets go of it as of a disk.
 */
#include <errno.h>

#include "base/str.h"
#include "hypervisor/fake/priv.h"

static int domain_attach(Fake *fake, const char *id, const FilesystemSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	disk = fake_domain_disk(domain, spec->alias);
	if (!disk) {
		if (fake_domain_has_target(domain, spec->tag, true) ||
		    !fake_directory_exists(spec->path)) {
			(void)fault(f, -EINVAL, "%s cannot be %s of %s", spec->path, spec->tag, id);
			return HYPERVISOR_REFUSED;
		}
		disk = fake_domain_add_filesystem(domain, spec);
	}
	if (fake_domain_runs(domain) && !disk->live) {
		disk->live = true;
		disk->unserved = false;
		fake_console(fake, domain, "filesystem %s is %s", disk->target, disk->path);
	}
	disk->config = true;
	disk->release_us = 0;
	return fake_domain_save(domain, fake->dir, f);
}

int fake_attach_filesystem(void *self, const char *id, const FilesystemSpec *filesystem, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "attach_filesystem", f);

	if (!r)
		r = domain_attach(self, id, filesystem, f);
	return fake_call_end(&call, r, f);
}

int fake_find_filesystem(void *self, const char *id, const char *alias, FilesystemPresence *ret,
			 Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "find_filesystem", f);

	if (!r) {
		const FakeDomain *domain = map_get(call.fake->domains, id);
		const FakeDisk *disk = domain ? fake_domain_disk(domain, alias) : NULL;

		*ret = (FilesystemPresence){
			.live = disk && disk->live,
			.config = disk && disk->config,
			.served = disk && disk->live && !disk->unserved,
		};
	}
	return fake_call_end(&call, r, f);
}
