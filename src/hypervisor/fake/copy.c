/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Copies of disks of running guests. No guest writes here, so any moment is as good as another:
 * the bytes are copied at once, and the copy is pending until it was looked at, as one by an
 * emulator would be. Like there, nobody remembers it over the end of the daemon.
 */
#include "base/str.h"
#include "hypervisor/fake/priv.h"
#include "run/run.h"

enum { COPY_MS = 60 * 1000 };

typedef struct FakeCopy {
	char *name;
	bool looked;
} FakeCopy;

static void copy_forget(Map *copies, const char *id)
{
	FakeCopy *copy = map_remove(copies, id);

	if (copy)
		free(copy->name);
	free(copy);
}

void fake_copies_free(Map *copies)
{
	MAP_FOREACH (copies, e) {
		FakeCopy *copy = map_value(e);

		free(copy->name);
		free(copy);
	}
	(void)map_free(copies); /* NULL */
}

static int domain_copy(Fake *fake, const char *id, const char *alias, const DiskCopy *copy,
		       Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk = domain ? fake_domain_disk(domain, alias) : NULL;
	FakeCopy *begun;
	RunSpec spec = {.timeout_ms = COPY_MS};
	int r;

	copy_forget(fake->copies, id);
	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk || !disk->live)
		return HYPERVISOR_NO_DISK;
	spec.argv = RUN_ARGV("cp", "--sparse=always", "--", disk->path, copy->path);
	r = run_checked(&spec, NULL, f);
	if (r)
		return r;
	begun = NEW(FakeCopy);
	begun->name = mem_strdup(copy->name);
	(void)map_put(fake->copies, id, begun); /* there is none */
	fake_console(fake, domain, "disk %s is being copied", disk->target);
	return 0;
}

int fake_copy_begin(void *self, const char *id, const char *alias, const DiskCopy *copy, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "copy_begin", f);

	if (!r)
		r = domain_copy(self, id, alias, copy, f);
	return fake_call_end(&call, r, f);
}

static int copy_look(Fake *fake, const char *id, const char *name)
{
	FakeCopy *copy = map_get(fake->copies, id);

	if (!copy || !str_eq(copy->name, name))
		return HYPERVISOR_NO_DISK;
	if (!copy->looked) {
		copy->looked = true;
		return HYPERVISOR_PENDING;
	}
	copy_forget(fake->copies, id);
	return 0;
}

int fake_copy_look(void *self, const char *id, const char *name, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "copy_look", f);

	if (!r)
		r = copy_look(self, id, name);
	return fake_call_end(&call, r, f);
}

int fake_copy_cancel(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "copy_cancel", f);

	if (!r)
		copy_forget(call.fake->copies, id);
	return fake_call_end(&call, r, f);
}
