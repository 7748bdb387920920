/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Domains that others have made. A test makes one by writing its file, with the owner "foreign",
 * before the daemon starts.
 */
#include <errno.h>

#include "base/str.h"
#include "hypervisor/fake/priv.h"

int fake_list(void *self, Arena *arena, const char *const **ret_ids, size_t *ret_count, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "list", f);

	if (!r) {
		const char **ids =
			ARENA_ARRAY(arena, const char *, map_count(call.fake->domains) + 1);
		size_t n = 0;

		MAP_FOREACH (call.fake->domains, e) {
			const FakeDomain *domain = map_value(e);

			if (domain->owner != DOMAIN_FOREIGN)
				ids[n++] = arena_strdup(arena, map_key(e));
		}
		*ret_ids = ids;
		*ret_count = n;
	}
	return fake_call_end(&call, r, f);
}

static FakeDomain *find_domain(const Fake *fake, const char *id_or_name)
{
	FakeDomain *found = map_get(fake->domains, id_or_name);

	MAP_FOREACH (fake->domains, e) {
		FakeDomain *domain = map_value(e);

		if (!found && str_eq(domain->name, id_or_name))
			found = domain;
	}
	return found;
}

static void disks_facts(const FakeDomain *domain, Arena *arena, DomainFacts *ret)
{
	DomainDisk *disks = ARENA_ARRAY(arena, DomainDisk, domain->disks.count + 1);

	VEC_FOREACH (&domain->disks, i) {
		const FakeDisk *disk = domain->disks.items[i];

		if (disk->filesystem || (!disk->live && fake_domain_runs(domain)))
			continue;
		disks[ret->disk_count++] = (DomainDisk){
			.alias = arena_strdup(arena, disk->alias),
			.target = arena_strdup(arena, disk->target),
			.bus = "virtio",
			.device = "disk",
			.type = "file",
			.source = disk->path[0] ? arena_strdup(arena, disk->path) : NULL,
		};
	}
	ret->disks = disks;
}

int fake_inspect(void *self, const char *id_or_name, Arena *arena, DomainFacts *ret, Fault *f)
{
	const FakeDomain *domain;
	FakeCall call;
	int r = fake_call_begin(&call, self, "inspect", f);

	domain = r ? NULL : find_domain(self, id_or_name);
	if (!r && !domain)
		r = HYPERVISOR_NO_DOMAIN;
	if (!r) {
		*ret = (DomainFacts){
			.id = arena_strdup(arena, domain->id),
			.name = arena_strdup(arena, domain->name),
			.owner = domain->owner,
			.state = domain->state,
			.defined = true,
			.ram_mib = domain->ram_mib,
			.vcpus = domain->vcpus,
		};
		disks_facts(domain, arena, ret);
	}
	return fake_call_end(&call, r, f);
}

static int domain_give(Fake *fake, const char *id, DomainOwner owner, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (domain->owner == DOMAIN_OWN) {
		(void)fault(f, -EINVAL, "it is our own");
		return HYPERVISOR_REFUSED;
	}
	domain->owner = owner;
	return fake_domain_save(domain, fake->dir, f);
}

int fake_adopt(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "adopt", f);

	if (!r)
		r = domain_give(self, id, DOMAIN_ADOPTED, f);
	return fake_call_end(&call, r, f);
}

int fake_release_domain(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "release", f);

	if (!r)
		r = domain_give(self, id, DOMAIN_FOREIGN, f);
	return fake_call_end(&call, r, f);
}
