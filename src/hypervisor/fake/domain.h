/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A domain of the fake: what a real emulator would know of it, and the file that remembers it.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "base/mem.h"
#include "model/domain.h"

typedef struct FakeDisk FakeDisk;
typedef struct FakeDomain FakeDomain;

/* A disk, or a filesystem, which shares all that can become of a disk. */
struct FakeDisk {
	char *alias;
	char *target; /* a filesystem's tag */
	char *path;   /* or "nbd:<name there>"; "": nothing is in it */
	bool filesystem;
	bool readonly;      /* the guest may only read it */
	bool unserved;      /* nobody answers the guest about it any more */
	char *serial;       /* or NULL */
	bool live;          /* the running guest has it */
	bool config;        /* the next start will have it */
	int64_t size_bytes; /* what the guest was told when it grew; 0: it did not */
	int64_t release_us; /* when the guest lets go of it; 0: it was not asked */
	char *mirror;       /* the other place that it is being copied to, or NULL */
	int64_t mirror_begun_us;
	int64_t mirror_ready_us;
};

struct FakeDomain {
	char *id;
	char *name;
	char *kernel_path; /* or NULL */
	DomainOwner owner;
	int64_t ram_mib;
	int64_t vcpus;
	DomainState state;
	VEC(FakeDisk *) disks;
};

FakeDomain *fake_domain_new(const char *id);
FakeDomain *fake_domain_free(FakeDomain *domain);
DEFINE_CLEANUP(FakeDomain, fake_domain_free)

FakeDisk *fake_domain_disk(const FakeDomain *domain, const char *alias);
/* Whether something of that kind has that target. */
bool fake_domain_has_target(const FakeDomain *domain, const char *target, bool filesystem);
/* Add a disk that nobody sees yet. */
FakeDisk *fake_domain_add_disk(FakeDomain *domain, const DiskSpec *spec);
FakeDisk *fake_domain_add_filesystem(FakeDomain *domain, const FilesystemSpec *spec);
/* The disk is what the spec says from now on; its alias and target stay. */
void fake_domain_set_source(FakeDisk *disk, const DiskSpec *spec);
/* Forget the disks that neither the guest nor the definition has. */
void fake_domain_prune(FakeDomain *domain);

static inline bool fake_domain_runs(const FakeDomain *domain)
{
	return domain_is_up(domain->state);
}

/* Keep the domain in <id>.json of a directory; the file is whole at any time. */
_must_use_ int fake_domain_save(const FakeDomain *domain, int dir, Fault *f);
_must_use_ int fake_domain_load(int dir, const char *id, FakeDomain **ret, Fault *f);
