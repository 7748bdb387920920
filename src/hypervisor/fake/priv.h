/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The insides that fake.c, disks.c (the slots), call.c (what is round them) and watch.c (the
 * thread) share.
 *
 * One lock guards everything that changes. The watcher alone calls on_event, without the lock.
 */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "contract/hypervisor.h"
#include "hypervisor/fake/domain.h"
#include "hypervisor/fake/mischief.h"

typedef struct Fake Fake;
typedef struct FakeEvent FakeEvent;

/* An event on its way; owns its texts. */
struct FakeEvent {
	HypervisorEvent event;
	char *domain_id;
	char *alias;
	FakeEvent *next;
};

struct Fake {
	int dir;
	char *path;
	Mischief mischief;
	HostTraits traits;
	void (*on_event)(void *ctx, const HypervisorEvent *event);
	void *ctx;

	pthread_t watcher;
	int wake;   /* eventfd: there are events, or it is over */
	int notify; /* inotify on the state directory */

	pthread_mutex_t lock;
	pthread_cond_t released; /* a guest let go of a disk, or went down */
	Map *domains;            /* id -> FakeDomain */
	Map *copies;             /* id -> FakeCopy */
	int64_t calls;
	FakeEvent *events;
	FakeEvent **events_end;
	bool over;
};

/* One call of a slot. */
typedef struct FakeCall {
	Fake *fake;
	const char *slot;
	bool lose_reply;
} FakeCall;

/* Takes the lock, which fake_call_end() lets go; 0, or the fault that the tests ordered. */
_must_use_ int fake_call_begin(FakeCall *call, void *self, const char *slot, Fault *f);
/* The result of the call, or that its reply was lost. */
_must_use_ int fake_call_end(const FakeCall *call, int r, Fault *f);

/* The slots of disks. */
int fake_attach_disk(void *self, const char *id, const DiskSpec *disk, Fault *f);
int fake_detach_disk(void *self, const char *id, const char *alias, bool resend, int64_t wait_ms,
		     Fault *f);
int fake_restore_disk(void *self, const char *id, const DiskSpec *disk, Fault *f);
int fake_find_disk(void *self, const char *id, const char *alias, DiskPresence *ret, Fault *f);
int fake_disk_addresses(void *self, const char *id, Arena *arena, DiskAddress **ret,
			size_t *ret_count, Fault *f);
int fake_change_medium(void *self, const char *id, const DiskSpec *disk, Fault *f);
int fake_resize_disk(void *self, const char *id, const char *alias, int64_t size_bytes, Fault *f);

int fake_detach_filesystem(void *self, const char *id, const char *alias, bool resend,
			   int64_t wait_ms, Fault *f);

/* filesystems.c */
int fake_attach_filesystem(void *self, const char *id, const FilesystemSpec *filesystem, Fault *f);
int fake_find_filesystem(void *self, const char *id, const char *alias, FilesystemPresence *ret,
			 Fault *f);

/* adopt.c */
int fake_list(void *self, Arena *arena, const char *const **ret_ids, size_t *ret_count, Fault *f);
int fake_inspect(void *self, const char *id_or_name, Arena *arena, DomainFacts *ret, Fault *f);
int fake_adopt(void *self, const char *id, Fault *f);
int fake_release_domain(void *self, const char *id, Fault *f);

/* copy.c */
int fake_copy_begin(void *self, const char *id, const char *alias, const DiskCopy *copy, Fault *f);
int fake_copy_look(void *self, const char *id, const char *name, Fault *f);
int fake_copy_cancel(void *self, const char *id, Fault *f);
void fake_copies_free(Map *copies);

/* mirror.c */
int fake_mirror_begin(void *self, const char *id, const char *alias, const DiskSpec *target,
		      Fault *f);
int fake_mirror_look(void *self, const char *id, const char *alias, const DiskSpec *target,
		     MirrorView *ret, Fault *f);
int fake_mirror_turn(void *self, const char *id, const char *alias, const DiskSpec *target,
		     Fault *f);
int fake_mirror_cancel(void *self, const char *id, const char *alias, Fault *f);
/* There is none, or it is given up; only the struct. */
void fake_mirror_forget(FakeDisk *disk);

bool fake_file_exists(const char *path);
bool fake_directory_exists(const char *path);
/* Likewise of a disk's source; what is on a network is taken to be there. */
bool fake_source_exists(const FakeDisk *disk);
const char *fake_noun(const FakeDisk *disk);

/* Begin and end of the thread that lets disks go, notices files, and tells events. */
_must_use_ int fake_watch_start(Fake *fake, Fault *f);
void fake_watch_stop(Fake *fake);

/* Queue an event; the lock is held. */
void fake_tell(Fake *fake, HypervisorEventKind kind, const FakeDomain *domain, const char *alias);

/* Everything below with the lock held. */

/* Write a line on the domain's console. */
void fake_console(const Fake *fake, const FakeDomain *domain, const char *format, ...)
	_printf_(3, 4);

/* The guest is down: what was live is so no more. Saves and tells. */
_must_use_ int fake_power_off(Fake *fake, FakeDomain *domain, DomainState state, Fault *f);

/* The guest lets go of a disk. Saves and tells. */
_must_use_ int fake_release(Fake *fake, FakeDomain *domain, FakeDisk *disk, Fault *f);
