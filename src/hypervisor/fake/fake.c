/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The fake: its life, and the slots of domains; those of disks are in disks.c. Each is a short
 * function between fake_call_begin() and fake_call_end().
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

static const char *words_of(DomainState state)
{
	if (state == DOMAIN_SAVED)
		return "saved";
	return state == DOMAIN_CRASHED ? "crashed" : "powered off";
}

int fake_power_off(Fake *fake, FakeDomain *domain, DomainState state, Fault *f)
{
	domain->state = state;
	VEC_FOREACH (&domain->disks, i) {
		domain->disks.items[i]->live = false;
		domain->disks.items[i]->release_us = 0;
		fake_mirror_forget(domain->disks.items[i]);
	}
	fake_domain_prune(domain);
	fake_console(fake, domain, "%s", words_of(state));
	fake_tell(fake, HYPERVISOR_DOMAIN_STATE, domain, NULL);
	(void)pthread_cond_broadcast(&fake->released);
	return fake_domain_save(domain, fake->dir, f);
}

int fake_release(Fake *fake, FakeDomain *domain, FakeDisk *disk, Fault *f)
{
	disk->live = false;
	disk->release_us = 0;
	fake_console(fake, domain, "%s %s is gone", fake_noun(disk), disk->target);
	fake_tell(fake, disk->config ? HYPERVISOR_DISK_DROPPED : HYPERVISOR_DISK_GONE, domain,
		  disk->alias);
	fake_domain_prune(domain);
	(void)pthread_cond_broadcast(&fake->released);
	return fake_domain_save(domain, fake->dir, f);
}

static void domain_say_hello(const Fake *fake, const FakeDomain *domain)
{
	if (domain->state == DOMAIN_SAVED)
		fake_console(fake, domain, "%s is back from memory", domain->name);
	else
		fake_console(fake, domain, "booting %s%s%s", domain->name,
			     domain->kernel_path ? " with kernel " : "",
			     domain->kernel_path ? domain->kernel_path : "");
}

/* Power on: the guest sees the disks of the definition. */
static int domain_power_on(Fake *fake, FakeDomain *domain, Fault *f)
{
	domain_say_hello(fake, domain);
	domain->state = DOMAIN_RUNNING;
	VEC_FOREACH (&domain->disks, i) {
		FakeDisk *disk = domain->disks.items[i];

		disk->live = disk->config;
		disk->unserved = false;
		disk->release_us = 0;
		if (disk->live)
			fake_console(fake, domain, "%s %s is %s", fake_noun(disk), disk->target,
				     disk->path);
	}
	fake_domain_prune(domain);
	fake_console(fake, domain, "login:");
	fake_tell(fake, HYPERVISOR_DOMAIN_STATE, domain, NULL);
	return fake_domain_save(domain, fake->dir, f);
}

/* ---- definitions and power ---- */

static void domain_set_filesystem(FakeDomain *domain, const FilesystemSpec *spec)
{
	FakeDisk *disk = fake_domain_disk(domain, spec->alias);

	if (!disk)
		disk = fake_domain_add_filesystem(domain, spec);
	else if (!disk->live)
		fake_domain_set_source(disk, &(DiskSpec){.path = spec->path});
	disk->config = true;
}

/* What the old definition has and the new one does not name stays with the guest alone. */
static void domain_set_disks(FakeDomain *domain, const DomainSpec *spec)
{
	VEC_FOREACH (&domain->disks, i)
		domain->disks.items[i]->config = false;
	for (size_t i = 0; i < spec->disk_count; i++) {
		FakeDisk *disk = fake_domain_disk(domain, spec->disks[i].alias);

		if (!disk)
			disk = fake_domain_add_disk(domain, &spec->disks[i]);
		else if (!disk->live)
			fake_domain_set_source(disk, &spec->disks[i]);
		disk->config = true;
	}
	for (size_t i = 0; i < spec->filesystem_count; i++)
		domain_set_filesystem(domain, &spec->filesystems[i]);
	fake_domain_prune(domain);
}

static int domain_define(Fake *fake, const DomainSpec *spec, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, spec->id);

	if (domain && domain->owner == DOMAIN_ADOPTED)
		return fault(f, -EPERM, "domain %s is adopted", spec->id);
	if (!domain) {
		domain = fake_domain_new(spec->id);
		(void)map_put(fake->domains, spec->id, domain); /* there was none */
	}
	free(domain->name);
	free(domain->kernel_path);
	domain->name = mem_strdup(spec->name);
	domain->ram_mib = spec->ram_mib;
	domain->vcpus = spec->vcpus;
	domain->kernel_path = spec->kernel_path ? mem_strdup(spec->kernel_path) : NULL;
	domain_set_disks(domain, spec);
	return fake_domain_save(domain, fake->dir, f);
}

static int fake_define(void *self, const DomainSpec *spec, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "define", f);

	if (!r)
		r = domain_define(self, spec, f);
	return fake_call_end(&call, r, f);
}

static int domain_undefine(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);
	char name[UUID_TEXT + 16];

	if (!domain)
		return 0;
	if (domain->owner == DOMAIN_ADOPTED)
		return fault(f, -EPERM, "domain %s is adopted", id);
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
	FakeCall call;
	int r = fake_call_begin(&call, self, "undefine", f);

	if (!r)
		r = domain_undefine(self, id, f);
	return fake_call_end(&call, r, f);
}

/* The guest stays, but stops or goes on. */
static int domain_change(Fake *fake, FakeDomain *domain, DomainState state, Fault *f)
{
	domain->state = state;
	fake_console(fake, domain, "%s", enum_name(&domain_state_names, (int)state));
	fake_tell(fake, HYPERVISOR_DOMAIN_STATE, domain, NULL);
	return fake_domain_save(domain, fake->dir, f);
}

static int domain_start(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (domain->state == DOMAIN_RUNNING)
		return 0;
	if (domain->state == DOMAIN_PAUSED)
		return domain_change(fake, domain, DOMAIN_RUNNING, f);
	VEC_FOREACH (&domain->disks, i) {
		const FakeDisk *disk = domain->disks.items[i];

		if (!fake_source_exists(disk))
			return fault(f, -ENOENT, "%s %s: there is no %s", fake_noun(disk),
				     disk->target, disk->path);
	}
	if (domain->kernel_path && !fake_file_exists(domain->kernel_path))
		return fault(f, -ENOENT, "kernel: there is no %s", domain->kernel_path);
	return domain_power_on(fake, domain, f);
}

static int fake_start(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "start", f);

	if (!r)
		r = domain_start(self, id, f);
	return fake_call_end(&call, r, f);
}

static int domain_pause(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (!fake_domain_runs(domain))
		return HYPERVISOR_UNSUPPORTED;
	return domain->state == DOMAIN_PAUSED ? 0 : domain_change(fake, domain, DOMAIN_PAUSED, f);
}

static int fake_pause(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "pause", f);

	if (!r)
		r = domain_pause(self, id, f);
	return fake_call_end(&call, r, f);
}

static int domain_save(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain)
		return HYPERVISOR_NO_DOMAIN;
	if (domain->state == DOMAIN_SAVED)
		return 0;
	if (!fake_domain_runs(domain))
		return HYPERVISOR_UNSUPPORTED;
	VEC_FOREACH (&domain->disks, i)
		if (domain->disks.items[i]->filesystem && domain->disks.items[i]->live)
			return fault(f, -EBUSY, "a filesystem cannot be saved");
	return fake_power_off(fake, domain, DOMAIN_SAVED, f);
}

static int fake_save(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "save", f);

	if (!r)
		r = domain_save(self, id, f);
	return fake_call_end(&call, r, f);
}

static int domain_shutdown(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain || !fake_domain_runs(domain))
		return 0;
	return fake_power_off(fake, domain, DOMAIN_OFF, f);
}

static int domain_destroy(Fake *fake, const char *id, Fault *f)
{
	FakeDomain *domain = map_get(fake->domains, id);

	if (!domain || domain->state == DOMAIN_OFF)
		return 0;
	return fake_power_off(fake, domain, DOMAIN_OFF, f);
}

/* The guest obeys at once. */
static int fake_shutdown(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "shutdown", f);

	if (!r)
		r = domain_shutdown(self, id, f);
	return fake_call_end(&call, r, f);
}

static int fake_destroy(void *self, const char *id, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "destroy", f);

	if (!r)
		r = domain_destroy(self, id, f);
	return fake_call_end(&call, r, f);
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
	FakeCall call;
	int r = fake_call_begin(&call, self, "reboot", f);

	if (!r)
		r = domain_reboot(self, id);
	return fake_call_end(&call, r, f);
}

static int fake_state(void *self, const char *id, DomainState *ret, Fault *f)
{
	FakeCall call;
	int r = fake_call_begin(&call, self, "state", f);

	if (!r) {
		const FakeDomain *domain = map_get(call.fake->domains, id);

		*ret = domain ? domain->state : DOMAIN_ABSENT;
	}
	return fake_call_end(&call, r, f);
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
	FakeCall call;
	int r = fake_call_begin(&call, self, "console", f);

	if (!r && !map_get(call.fake->domains, id))
		r = HYPERVISOR_NO_DOMAIN;
	if (!r)
		r = console_read(self, id, bytes_max, arena, ret);
	return fake_call_end(&call, r, f);
}

static const char *fake_describe(void *self)
{
	(void)self;
	return "fake, no guest is real";
}

static const HostTraits *fake_traits(void *self)
{
	const Fake *fake = self;

	return &fake->traits;
}

/* ---- opening and closing ---- */

static void fake_free(Fake *fake)
{
	MAP_FOREACH (fake->domains, e)
		(void)fake_domain_free(map_value(e)); /* NULL */
	(void)map_free(fake->domains);
	fake_copies_free(fake->copies);
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
	fake->copies = map_new();
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

enum { FAKE_PAGE_KIB = 2048 };

static int fake_prepare(Fake *fake, Fault *f)
{
	int r;

	if (mkdir(fake->path, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", fake->path, strerror(errno));
	fake->dir = open(fake->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fake->dir < 0)
		return fault(f, -errno, "open %s: %s", fake->path, strerror(errno));
	fake->traits.page_kib[0] = FAKE_PAGE_KIB;
	r = mischief_read(&fake->mischief, f);
	if (!r && fake->mischief.lacks >= 0)
		fake->traits.lacks[fake->mischief.lacks] = "the tests want it so";
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
	.traits = fake_traits,
	.define = fake_define,
	.undefine = fake_undefine,
	.start = fake_start,
	.pause = fake_pause,
	.save = fake_save,
	.shutdown = fake_shutdown,
	.reboot = fake_reboot,
	.destroy = fake_destroy,
	.state = fake_state,
	.attach_disk = fake_attach_disk,
	.detach_disk = fake_detach_disk,
	.restore_disk = fake_restore_disk,
	.find_disk = fake_find_disk,
	.attach_filesystem = fake_attach_filesystem,
	.detach_filesystem = fake_detach_filesystem,
	.find_filesystem = fake_find_filesystem,
	.disk_addresses = fake_disk_addresses,
	.change_medium = fake_change_medium,
	.resize_disk = fake_resize_disk,
	.copy_begin = fake_copy_begin,
	.copy_look = fake_copy_look,
	.copy_cancel = fake_copy_cancel,
	.mirror_begin = fake_mirror_begin,
	.mirror_look = fake_mirror_look,
	.mirror_turn = fake_mirror_turn,
	.mirror_cancel = fake_mirror_cancel,
	.console = fake_console_slot,
	.list = fake_list,
	.inspect = fake_inspect,
	.adopt = fake_adopt,
	.release = fake_release_domain,
};
