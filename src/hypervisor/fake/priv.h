/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The insides that fake.c (the slots) and watch.c (the thread) share.
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
	void (*on_event)(void *ctx, const HypervisorEvent *event);
	void *ctx;

	pthread_t watcher;
	int wake;   /* eventfd: there are events, or it is over */
	int notify; /* inotify on the state directory */

	pthread_mutex_t lock;
	pthread_cond_t released; /* a guest let go of a disk, or went down */
	Map *domains;            /* id -> FakeDomain */
	int64_t calls;
	FakeEvent *events;
	FakeEvent **events_end;
	bool over;
};

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
