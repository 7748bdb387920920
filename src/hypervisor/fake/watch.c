/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The thread of the fake. It sleeps until a guest has to let go of a disk, a file appears in the
 * state directory, or there is an event to tell.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "hypervisor/fake/priv.h"

DEFINE_CLEANUP(DIR, closedir)

/* What the suffix of a file tells a guest to do. */
static const struct {
	const char *suffix;
	DomainState state; /* _DOMAIN_STATE_MAX: none, its filesystems are left alone */
} orders[] = {
	{.suffix = ".poweroff", .state = DOMAIN_OFF},
	{.suffix = ".crash", .state = DOMAIN_CRASHED},
	{.suffix = ".unserve", .state = _DOMAIN_STATE_MAX},
};

static void watch_wake(const Fake *fake)
{
	uint64_t one = 1;

	/* Fails only when the counter is full: then the thread is awake anyway. */
	if (write(fake->wake, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN);
}

void fake_tell(Fake *fake, HypervisorEventKind kind, const FakeDomain *domain, const char *alias)
{
	FakeEvent *told = NEW(FakeEvent);

	told->domain_id = mem_strdup(domain->id);
	told->alias = alias ? mem_strdup(alias) : NULL;
	told->event = (HypervisorEvent){
		.kind = kind,
		.domain_id = told->domain_id,
		.alias = told->alias,
		.state = domain->state,
	};
	*fake->events_end = told;
	fake->events_end = &told->next;
	watch_wake(fake);
}

/* Take the events that wait; the lock is held. */
static FakeEvent *events_take(Fake *fake)
{
	FakeEvent *events = TAKE(fake->events);

	fake->events_end = &fake->events;
	return events;
}

/* Tell events (without the lock) or, where nobody listens any more, drop them. */
static void events_tell(const Fake *fake, FakeEvent *events, bool drop)
{
	while (events) {
		FakeEvent *told = events;

		events = told->next;
		if (!drop && fake->on_event)
			fake->on_event(fake->ctx, &told->event);
		free(told->domain_id);
		free(told->alias);
		free(told);
	}
}

/* Let go of what is due. Returns when the next disk is, or 0. */
static int64_t domain_release_due(Fake *fake, FakeDomain *domain, int64_t now_us)
{
	int64_t next_us = 0;

	if (domain->state == DOMAIN_PAUSED)
		return 0;
	for (size_t i = domain->disks.count; i-- > 0;) {
		FakeDisk *disk = domain->disks.items[i];
		Fault f = {0};

		if (!disk->live || disk->release_us == 0)
			continue;
		if (disk->release_us > now_us)
			next_us = next_us ? MIN(next_us, disk->release_us) : disk->release_us;
		else if (fake_release(fake, domain, disk, &f))
			log_debug("hypervisor=fake srv=%s: %s", domain->id, f.text);
	}
	return next_us;
}

/* How long to sleep, in milliseconds; -1: until something happens. */
static int release_due(Fake *fake)
{
	int64_t now_us = clock_steady_us(), next_us = 0;

	MAP_FOREACH (fake->domains, e) {
		int64_t due_us = domain_release_due(fake, map_value(e), now_us);

		if (due_us)
			next_us = next_us ? MIN(next_us, due_us) : due_us;
	}
	if (!next_us)
		return -1;
	return (int)MIN((next_us - now_us) / 1000 + 1, (int64_t)60 * 1000);
}

/* What answers the guest about its filesystems dies; the guest notices nothing but silence. */
static int domain_unserve(Fake *fake, FakeDomain *domain, Fault *f)
{
	VEC_FOREACH (&domain->disks, i) {
		FakeDisk *disk = domain->disks.items[i];

		if (!disk->filesystem || !disk->live)
			continue;
		disk->unserved = true;
		fake_console(fake, domain, "filesystem %s is silent", disk->target);
		fake_tell(fake, HYPERVISOR_FILESYSTEM_LOST, domain, disk->alias);
	}
	return fake_domain_save(domain, fake->dir, f);
}

static int order_obey(Fake *fake, FakeDomain *domain, DomainState order, Fault *f)
{
	return order == _DOMAIN_STATE_MAX ? domain_unserve(fake, domain, f)
					  : fake_power_off(fake, domain, order, f);
}

/* A file tells a guest to do something; other files are none of our business. */
static void file_noticed(Fake *fake, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		char id[UUID_TEXT] = "";
		FakeDomain *domain;
		Fault f = {0};

		if (!str_ends(name, orders[i].suffix) || strlen(name) < UUID_TEXT - 1)
			continue;
		memcpy(id, name, UUID_TEXT - 1);
		(void)unlinkat(fake->dir, name, 0); /* whoever made it may take it back */
		domain = map_get(fake->domains, id);
		if (!domain || !fake_domain_runs(domain))
			continue;
		if (order_obey(fake, domain, orders[i].state, &f))
			log_debug("hypervisor=fake srv=%s: %s", id, f.text);
	}
}

/* Files that were put there while no daemon ran: the guest did it all the same. */
static int files_scan(Fake *fake, Fault *f)
{
	_cleanup_(closedirp) DIR *list = opendir(fake->path);
	const struct dirent *entry;

	if (!list)
		return fault(f, -errno, "list %s: %s", fake->path, strerror(errno));
	while ((entry = readdir(list)))
		file_noticed(fake, entry->d_name);
	return 0;
}

static void files_read(Fake *fake)
{
	_Alignas(struct inotify_event) char bytes[4096];
	ssize_t n;

	while ((n = read(fake->notify, bytes, sizeof(bytes))) > 0)
		for (char *at = bytes; at < bytes + n;) {
			struct inotify_event event;

			memcpy(&event, at, sizeof(event));
			if (event.len > 0)
				file_noticed(fake, at + sizeof(event));
			at += sizeof(event) + event.len;
		}
}

static void *watch_run(void *ctx)
{
	Fake *fake = ctx;
	struct pollfd fds[] = {
		{.fd = fake->wake, .events = POLLIN},
		{.fd = fake->notify, .events = POLLIN},
	};

	for (;;) {
		FakeEvent *events;
		uint64_t count;
		int timeout_ms;
		bool over;

		(void)pthread_mutex_lock(&fake->lock); /* of the default kind: cannot fail */
		files_read(fake);
		timeout_ms = release_due(fake);
		events = events_take(fake);
		over = fake->over;
		(void)pthread_mutex_unlock(&fake->lock);

		events_tell(fake, events, over);
		if (over)
			return NULL;
		(void)poll(fds, ARRAY_SIZE(fds), timeout_ms); /* EINTR: just look around */
		if (read(fake->wake, &count, sizeof(count)) < 0)
			assert(errno == EAGAIN);
	}
}

int fake_watch_start(Fake *fake, Fault *f)
{
	int r;

	fake->events_end = &fake->events;
	fake->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fake->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fake->wake < 0 || fake->notify < 0)
		return fault(f, -errno, "eventfd or inotify: %s", strerror(errno));
	if (inotify_add_watch(fake->notify, fake->path, IN_CREATE | IN_MOVED_TO) < 0)
		return fault(f, -errno, "watch %s: %s", fake->path, strerror(errno));
	r = files_scan(fake, f);
	if (r)
		return r;
	r = pthread_create(&fake->watcher, NULL, watch_run, fake);
	return r ? fault(f, -r, "start a thread: %s", strerror(r)) : 0;
}

void fake_watch_stop(Fake *fake)
{
	(void)pthread_mutex_lock(&fake->lock);
	fake->over = true;
	(void)pthread_mutex_unlock(&fake->lock);
	watch_wake(fake);
	(void)pthread_join(fake->watcher, NULL); /* it is ours and runs */
}
