/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots of the fake. Each is a short function between call_begin() and call_end(): they count
 * the call, do the mischief that was asked for, and hold the lock.
 *
 * Like a real emulator the fake refuses a disk whose file is not there or whose place in the guest
 * is taken, and keeps two sights of a disk: the running guest's and the definition's.
 */
#include "hypervisor/fake/fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "hypervisor/fake/priv.h"

DEFINE_CLEANUP(DIR, closedir)

/* ---- what a domain goes through; all with the lock held ---- */

static void console_name(const char *id, char out[static UUID_TEXT + 16])
{
	(void)snprintf(out, UUID_TEXT + 16, "%s.console", id); /* fits: ids are checked */
}

void fake_console(const Fake *fake, const FakeDomain *domain, const char *format, ...)
{
	char name[UUID_TEXT + 16], now[CLOCK_TEXT_MAX];
	_cleanup_(closep) int fd = -1;
	va_list ap;

	console_name(domain->id, name);
	fd = openat(fake->dir, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return; /* a guest does not stop when nobody hears it */
	(void)dprintf(fd, "[%s] cleat fake console: ",
		      clock_format(clock_now_us(), CLOCK_SECONDS_Z, now));
	va_start(ap, format);
	(void)vdprintf(fd, format, ap);
	va_end(ap);
	(void)dprintf(fd, "\n");
}

int fake_power_off(Fake *fake, FakeDomain *domain, DomainState state, Fault *f)
{
	domain->state = state;
	VEC_FOREACH (&domain->disks, i) {
		domain->disks.items[i]->live = false;
		domain->disks.items[i]->release_us = 0;
	}
	fake_domain_prune(domain);
	fake_console(fake, domain, "%s", state == DOMAIN_CRASHED ? "crashed" : "powered off");
	fake_tell(fake, HYPERVISOR_DOMAIN_STATE, domain, NULL);
	(void)pthread_cond_broadcast(&fake->released);
	return fake_domain_save(domain, fake->dir, f);
}

int fake_release(Fake *fake, FakeDomain *domain, FakeDisk *disk, Fault *f)
{
	disk->live = false;
	disk->release_us = 0;
	fake_console(fake, domain, "disk %s is gone", disk->target);
	fake_tell(fake, HYPERVISOR_DISK_GONE, domain, disk->alias);
	fake_domain_prune(domain);
	(void)pthread_cond_broadcast(&fake->released);
	return fake_domain_save(domain, fake->dir, f);
}

/* Power on: the guest sees the disks of the definition. */
static int domain_power_on(Fake *fake, FakeDomain *domain, Fault *f)
{
	domain->state = DOMAIN_RUNNING;
	fake_console(fake, domain, "booting %s%s%s", domain->name,
		     domain->kernel_path ? " with kernel " : "",
		     domain->kernel_path ? domain->kernel_path : "");
	VEC_FOREACH (&domain->disks, i) {
		FakeDisk *disk = domain->disks.items[i];

		disk->live = disk->config;
		disk->release_us = 0;
		if (disk->live)
			fake_console(fake, domain, "disk %s is %s", disk->target, disk->path);
	}
	fake_domain_prune(domain);
	fake_console(fake, domain, "login:");
	fake_tell(fake, HYPERVISOR_DOMAIN_STATE, domain, NULL);
	return fake_domain_save(domain, fake->dir, f);
}

static bool file_exists(const char *path)
{
	return access(path, R_OK) == 0;
}

/* ---- round every call ---- */

typedef struct Call {
	Fake *fake;
	const char *slot;
	bool lose_reply;
} Call;

/* Takes the lock; 0, or the fault that the tests ordered. */
static int call_begin(Call *call, void *self, const char *slot, Fault *f)
{
	Fake *fake = self;

	*call = (Call){.fake = fake, .slot = slot};
	if (fake->mischief.delay_ms)
		clock_sleep_ms(fake->mischief.delay_ms);
	(void)pthread_mutex_lock(&fake->lock);
	if (++fake->calls != fake->mischief.fail_call)
		return 0;
	switch (fake->mischief.kind) {
	case MISCHIEF_FAULT:
		return fault(f, -EIO, "%s was made to fail", slot);
	case MISCHIEF_BUSY:
		return fault(f, -EBUSY, "%s was made to be busy", slot);
	case MISCHIEF_LOST_REPLY:
		call->lose_reply = true;
		return 0;
	case _MISCHIEF_KIND_MAX:
		break;
	}
	abort();
}

static int call_end(const Call *call, int r, Fault *f)
{
	(void)pthread_mutex_unlock(&call->fake->lock);
	if (call->lose_reply && r >= 0)
		return fault(f, -EIO, "the reply of %s was made to get lost", call->slot);
	return r;
}

/* ---- definitions and power ---- */

/* Disks of the old definition that the new one does not name stay with the guest alone. */
static void domain_set_disks(FakeDomain *domain, const DomainSpec *spec)
{
	VEC_FOREACH (&domain->disks, i)
		domain->disks.items[i]->config = false;
	for (size_t i = 0; i < spec->disk_count; i++) {
		FakeDisk *disk = fake_domain_disk(domain, spec->disks[i].alias);

		if (!disk)
			disk = fake_domain_add_disk(domain, &spec->disks[i]);
		disk->config = true;
	}
	fake_domain_prune(domain);
}

static int domain_define(Fake *fake, const DomainSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, spec->id);

	if (!domain) {
		domain = fake_domain_new(spec->id);
		(void)map_put(fake->domains, spec->id, domain); /* there was none */
	}
	free(domain->name);
	free(domain->kernel_path);
	domain->name = mem_strdup(spec->name);
	domain->kernel_path = spec->kernel_path ? mem_strdup(spec->kernel_path) : NULL;
	domain_set_disks(domain, spec);
	return fake_domain_save(domain, fake->dir, f);
}

static int fake_define(void *self, const DomainSpec *spec, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "define", f);

	if (!r)
		r = domain_define(self, spec, f);
	return call_end(&call, r, f);
}

static int domain_undefine(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	char name[UUID_TEXT + 16];

	if (!domain)
		return 0;
	if (fake_domain_runs(domain))
		return fault(f, -EBUSY, "domain %s is running", id);
	/* The record last: who dies in between finds the domain again, and undefines it again. */
	console_name(id, name);
	(void)unlinkat(fake->dir, name, 0);                /* a console left behind does no harm */
	(void)snprintf(name, sizeof(name), "%s.json", id); /* fits: ids are checked */
	if (unlinkat(fake->dir, name, 0) && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", name, strerror(errno));
	(void)map_remove(fake->domains, id);
	(void)fake_domain_free(domain); /* NULL */
	return 0;
}

static int fake_undefine(void *self, const char *id, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "undefine", f);

	if (!r)
		r = domain_undefine(self, id, f);
	return call_end(&call, r, f);
}

static int domain_start(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (fake_domain_runs(domain))
		return 0;
	VEC_FOREACH (&domain->disks, i)
		if (!file_exists(domain->disks.items[i]->path))
			return fault(f, -ENOENT, "disk %s: there is no %s",
				     domain->disks.items[i]->target, domain->disks.items[i]->path);
	if (domain->kernel_path && !file_exists(domain->kernel_path))
		return fault(f, -ENOENT, "kernel: there is no %s", domain->kernel_path);
	return domain_power_on(fake, domain, f);
}

static int fake_start(void *self, const char *id, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "start", f);

	if (!r)
		r = domain_start(self, id, f);
	return call_end(&call, r, f);
}

static int domain_stop(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain || domain->state == DOMAIN_OFF)
		return 0;
	return fake_power_off(fake, domain, DOMAIN_OFF, f);
}

/* The guest obeys at once. */
static int fake_shutdown(void *self, const char *id, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "shutdown", f);

	if (!r)
		r = domain_stop(self, id, f);
	return call_end(&call, r, f);
}

static int fake_destroy(void *self, const char *id, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "destroy", f);

	if (!r)
		r = domain_stop(self, id, f);
	return call_end(&call, r, f);
}

static int domain_reboot(const Fake *fake, const char *id)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!fake_domain_runs(domain))
		return HYPERVISOR_UNSUPPORTED;
	fake_console(fake, domain, "rebooting");
	return 0; /* the emulator goes on, with the disks that it has */
}

static int fake_reboot(void *self, const char *id, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "reboot", f);

	if (!r)
		r = domain_reboot(self, id);
	return call_end(&call, r, f);
}

static int fake_state(void *self, const char *id, DomainState *ret, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "state", f);

	if (!r) {
		const FakeDomain *domain = map_get(call.fake->domains, id);

		*ret = domain ? domain->state : DOMAIN_ABSENT;
	}
	return call_end(&call, r, f);
}

/* ---- disks ---- */

static bool target_taken(const FakeDomain *domain, const char *target)
{
	VEC_FOREACH (&domain->disks, i)
		if (str_eq(domain->disks.items[i]->target, target))
			return true;
	return false;
}

static int domain_attach(Fake *fake, const char *id, const DiskSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	disk = fake_domain_disk(domain, spec->alias);
	if (!disk) {
		if (target_taken(domain, spec->target) || !file_exists(spec->path)) {
			(void)fault(f, -EINVAL, "%s cannot be %s of %s", spec->path, spec->target,
				    id);
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

static int fake_attach_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "attach_disk", f);

	if (!r)
		r = domain_attach(self, id, disk, f);
	return call_end(&call, r, f);
}

/* Ask the running guest to let go, as the tests want it to behave. */
static int disk_ask(Fake *fake, FakeDomain *domain, FakeDisk *disk, Fault *f)
{
	switch (fake->mischief.release) {
	case MISCHIEF_RELEASE_AT_ONCE:
		return fake_release(fake, domain, disk, f);
	case MISCHIEF_RELEASE_LATER:
		disk->release_us = clock_steady_us() + fake->mischief.release_ms * 1000;
		return fake_domain_save(domain, fake->dir, f);
	case MISCHIEF_RELEASE_NEVER:
		fake_console(fake, domain, "disk %s stays", disk->target);
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

static int fake_detach_disk(void *self, const char *id, const char *alias, bool resend,
			    int64_t wait_ms, Fault *f)
{
	DetachWish wish = {.id = id, .alias = alias, .resend = resend, .wait_ms = wait_ms};
	Call call;
	int r = call_begin(&call, self, "detach_disk", f);

	if (!r)
		r = domain_detach(self, &wish, f);
	return call_end(&call, r, f);
}

static int domain_restore(Fake *fake, const char *id, const DiskSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	FakeDisk *disk = domain ? fake_domain_disk(domain, spec->alias) : NULL;

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!disk)
		return HYPERVISOR_NO_DISK;
	disk->config = true;
	disk->release_us = 0;
	return fake_domain_save(domain, fake->dir, f);
}

static int fake_restore_disk(void *self, const char *id, const DiskSpec *disk, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "restore_disk", f);

	if (!r)
		r = domain_restore(self, id, disk, f);
	return call_end(&call, r, f);
}

static int fake_find_disk(void *self, const char *id, const char *alias, DiskPresence *ret,
			  Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "find_disk", f);

	if (!r) {
		const FakeDomain *domain = map_get(call.fake->domains, id);
		const FakeDisk *disk = domain ? fake_domain_disk(domain, alias) : NULL;

		*ret = (DiskPresence){
			.live = disk && disk->live,
			.config = disk && disk->config,
		};
	}
	return call_end(&call, r, f);
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

static int fake_resize_disk(void *self, const char *id, const char *alias, int64_t size_bytes,
			    Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "resize_disk", f);

	if (!r)
		r = domain_resize(self, id, alias, size_bytes, f);
	return call_end(&call, r, f);
}

/* ---- looking ---- */

static int console_read(const Fake *fake, const char *id, size_t bytes_max, Arena *arena,
			const char **ret)
{
	_cleanup_(closep) int fd = -1;
	char name[UUID_TEXT + 16];
	char *text, *line;
	struct stat st;
	off_t from;
	ssize_t n;

	*ret = "";
	console_name(id, name);
	fd = openat(fake->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return 0; /* it never said anything */
	from = st.st_size > (off_t)bytes_max ? st.st_size - (off_t)bytes_max : 0;
	text = arena_alloc(arena, (size_t)(st.st_size - from) + 1);
	n = pread(fd, text, (size_t)(st.st_size - from), from);
	text[n > 0 ? n : 0] = '\0';
	/* Whole lines only, so that no character is cut. */
	line = from > 0 ? strchr(text, '\n') : NULL;
	*ret = line ? line + 1 : text;
	return 0;
}

static int fake_console_slot(void *self, const char *id, size_t bytes_max, Arena *arena,
			     const char **ret, Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "console", f);

	if (!r && !map_get(call.fake->domains, id))
		r = HYPERVISOR_NO_DOMAIN;
	if (!r)
		r = console_read(self, id, bytes_max, arena, ret);
	return call_end(&call, r, f);
}

static int fake_list(void *self, Arena *arena, const char *const **ret_ids, size_t *ret_count,
		     Fault *f)
{
	Call call;
	int r = call_begin(&call, self, "list", f);

	if (!r) {
		const char **ids =
			ARENA_ARRAY(arena, const char *, map_count(call.fake->domains) + 1);
		size_t n = 0;

		MAP_FOREACH (call.fake->domains, e)
			ids[n++] = arena_strdup(arena, map_key(e));
		*ret_ids = ids;
		*ret_count = n;
	}
	return call_end(&call, r, f);
}

static const char *fake_describe(void *self)
{
	(void)self;
	return "fake, no guest is real";
}

/* ---- opening and closing ---- */

static void fake_free(Fake *fake)
{
	MAP_FOREACH (fake->domains, e)
		(void)fake_domain_free(map_value(e)); /* NULL */
	(void)map_free(fake->domains);
	(void)pthread_mutex_destroy(&fake->lock);
	(void)pthread_cond_destroy(&fake->released);
	closep(&fake->dir);
	closep(&fake->wake);
	closep(&fake->notify);
	free(fake->path);
	free(fake);
}

static void fake_close(void *self)
{
	fake_watch_stop(self);
	fake_free(self);
}

static Fake *fake_new(const HypervisorConfig *config)
{
	Fake *fake = NEW(Fake);
	pthread_condattr_t monotonic;

	fake->dir = fake->wake = fake->notify = -1;
	fake->path = mem_strdup(config->state_dir);
	fake->on_event = config->on_event;
	fake->ctx = config->ctx;
	fake->domains = map_new();
	(void)pthread_mutex_init(&fake->lock, NULL); /* none of these fails on Linux */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&fake->released, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return fake;
}

/* Remember the domains of the last time. */
static int domains_load(Fake *fake, Fault *f)
{
	_cleanup_(closedirp) DIR *list = opendir(fake->path);
	const struct dirent *entry;

	if (!list)
		return fault(f, -errno, "list %s: %s", fake->path, strerror(errno));
	while ((entry = readdir(list))) {
		FakeDomain *domain = NULL;
		char id[UUID_TEXT] = "";
		int r;

		if (strlen(entry->d_name) != UUID_TEXT - 1 + strlen(".json") ||
		    !str_ends(entry->d_name, ".json"))
			continue;
		memcpy(id, entry->d_name, UUID_TEXT - 1);
		r = fake_domain_load(fake->dir, id, &domain, f);
		if (r)
			return r;
		(void)map_put(fake->domains, id, domain); /* names of files are unique */
	}
	return 0;
}

static int fake_prepare(Fake *fake, Fault *f)
{
	int r;

	if (mkdir(fake->path, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", fake->path, strerror(errno));
	fake->dir = open(fake->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fake->dir < 0)
		return fault(f, -errno, "open %s: %s", fake->path, strerror(errno));
	r = mischief_read(&fake->mischief, f);
	if (!r)
		r = domains_load(fake, f);
	if (!r)
		r = fake_watch_start(fake, f);
	return r;
}

static int fake_open(const HypervisorConfig *config, void **ret, Fault *f)
{
	Fake *fake = fake_new(config);
	int r = fake_prepare(fake, f);

	if (r) {
		fake_free(fake);
		return r;
	}
	/* The one warning of a room that otherwise stays quiet: nobody may take this for real. */
	log_warning("hypervisor=fake: no guest is real, servers only look as if they ran");
	*ret = fake;
	return 0;
}

const HypervisorDriver hypervisor_fake = {
	.name = "fake",
	.size = sizeof(HypervisorDriver),
	.open = fake_open,
	.close = fake_close,
	.describe = fake_describe,
	.define = fake_define,
	.undefine = fake_undefine,
	.start = fake_start,
	.shutdown = fake_shutdown,
	.reboot = fake_reboot,
	.destroy = fake_destroy,
	.state = fake_state,
	.attach_disk = fake_attach_disk,
	.detach_disk = fake_detach_disk,
	.restore_disk = fake_restore_disk,
	.find_disk = fake_find_disk,
	.resize_disk = fake_resize_disk,
	.console = fake_console_slot,
	.list = fake_list,
};
