/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a hypervisor's slots. Each one checks what goes in, logs the call
 * with its duration at debug, and checks what comes out: an outcome that the slot may not have
 * becomes a fault, so that callers need to think of the documented ones only.
 */
#include "contract/hypervisor.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "model/share.h"

struct Hypervisor {
	const HypervisorDriver *driver;
	void *self;
	CallTimes *times;
	HypervisorConfig config; /* the caller's; only on_event and ctx are used after open */
};

/* A call under way. */
typedef struct Call {
	const Hypervisor *hypervisor;
	const char *slot;
	const char *id;
	const char *about; /* what else identifies the call, or "" */
	int64_t began_us;
} Call;

/* The outcomes that a slot may have, as a set. */
#define MAY(outcome) (1u << ((outcome)-HYPERVISOR_NO_DOMAIN))

static const char *const outcome_names[] = {
	[0] = "no domain", [1] = "no disk", [2] = "pending", [3] = "refused", [4] = "unsupported",
};
static_assert(ARRAY_SIZE(outcome_names) == HYPERVISOR_UNSUPPORTED - HYPERVISOR_NO_DOMAIN + 1,
	      "each outcome has a name");

static bool is_id(const char *id)
{
	char canonical[UUID_TEXT];

	return id && uuid_canonical(id, canonical) && str_eq(id, canonical);
}

static bool is_bus(const char *bus)
{
	return str_eq(bus, "virtio") || str_eq(bus, "scsi") || str_eq(bus, "sata");
}

/* Something on this host, something on a network, or a drive with nothing in it. */
static bool has_source(const DiskSpec *disk)
{
	if (disk->network)
		return !disk->path && disk->network->host_count > 0 && disk->network->name;
	return disk->path ? disk->path[0] == '/' : disk->device == DISK_DEVICE_CDROM;
}

static bool is_disk(const DiskSpec *disk)
{
	return disk && str_after(disk->alias, "ua-") && !str_empty(disk->target) &&
	       is_bus(disk->bus) && has_source(disk) &&
	       (disk->format == DISK_FORMAT_RAW || disk->format == DISK_FORMAT_QCOW2);
}

/* Alias and tag are of a length that the device can hold. */
static bool is_filesystem(const FilesystemSpec *filesystem)
{
	return filesystem && str_after(filesystem->alias, "ua-") &&
	       strlen(filesystem->alias) < FILESYSTEM_ALIAS_TEXT && !str_empty(filesystem->tag) &&
	       strlen(filesystem->tag) <= SHARE_TAG_MAX && filesystem->path &&
	       filesystem->path[0] == '/';
}

static Call call_begin(const Hypervisor *hypervisor, const char *slot, const char *id,
		       const char *about)
{
	assert(hypervisor && hypervisor->self);
	assert(!id || is_id(id));
	return (Call){
		.hypervisor = hypervisor,
		.slot = slot,
		.id = id ? id : "-",
		.about = about,
		.began_us = clock_mono_us(),
	};
}

static const char *result_name(int r)
{
	if (r == 0)
		return "ok";
	if (r < 0)
		return "fault";
	if (r < HYPERVISOR_NO_DOMAIN || r > HYPERVISOR_UNSUPPORTED)
		return "unknown";
	return outcome_names[r - HYPERVISOR_NO_DOMAIN];
}

static int call_end(const Call *call, int r, unsigned allowed, Fault *f)
{
	const char *driver = call->hypervisor->driver->name;
	const int64_t took_us = clock_mono_us() - call->began_us;

	log_debug("hypervisor=%s %s srv=%s %s: %s%s%s (%lld us)", driver, call->slot, call->id,
		  call->about, result_name(r), r < 0 && f ? ": " : "", r < 0 && f ? f->text : "",
		  (long long)took_us);
	call_times_add(call->hypervisor->times, call->slot, took_us, r < 0);
	if (r <= 0)
		return r;
	if (r < HYPERVISOR_NO_DOMAIN || r > HYPERVISOR_UNSUPPORTED || !(allowed & MAY(r)))
		return fault(f, -EPROTO, "%s answered %s(%s) with %d", driver, call->slot, call->id,
			     r);
	return r;
}

static void pass_event(void *ctx, const HypervisorEvent *event)
{
	const Hypervisor *hypervisor = ctx;

	log_debug("hypervisor=%s event=%d srv=%s alias=%s state=%d", hypervisor->driver->name,
		  (int)event->kind, event->domain_id ? event->domain_id : "-",
		  event->alias ? event->alias : "-", (int)event->state);
	if (hypervisor->config.on_event)
		hypervisor->config.on_event(hypervisor->config.ctx, event);
}

static void check_driver(const HypervisorDriver *driver)
{
	assert(driver && driver->size == sizeof(*driver));
	assert(driver->name && driver->open && driver->close && driver->describe && driver->traits);
	assert(driver->define && driver->undefine && driver->start && driver->shutdown);
	assert(driver->pause && driver->save);
	assert(driver->reboot && driver->destroy && driver->state && driver->attach_disk);
	assert(driver->detach_disk && driver->restore_disk && driver->find_disk);
	assert(driver->attach_filesystem && driver->detach_filesystem && driver->find_filesystem);
	assert(driver->disk_addresses && driver->change_medium);
	assert(driver->resize_disk && driver->copy_begin && driver->copy_look);
	assert(driver->copy_cancel && driver->console && driver->list);
	assert(driver->inspect && driver->adopt && driver->release);
	assert(driver->mirror_begin && driver->mirror_look);
	assert(driver->mirror_turn && driver->mirror_cancel);
}

int hypervisor_open(const HypervisorDriver *driver, const HypervisorConfig *config,
		    Hypervisor **ret, Fault *f)
{
	Hypervisor *hypervisor;
	HypervisorConfig inner;
	int r;

	check_driver(driver);
	assert(config && config->state_dir && config->state_dir[0] == '/');
	hypervisor = NEW(Hypervisor);
	hypervisor->driver = driver;
	hypervisor->times = NEW(CallTimes);
	hypervisor->config = *config;
	inner = *config;
	inner.on_event = pass_event;
	inner.ctx = hypervisor;
	r = driver->open(&inner, &hypervisor->self, f);
	if (r) {
		free(hypervisor->times);
		free(hypervisor);
		return fault_unexpected(f, r);
	}
	log_debug("hypervisor=%s open: %s", driver->name, driver->describe(hypervisor->self));
	*ret = hypervisor;
	return 0;
}

Hypervisor *hypervisor_close(Hypervisor *hypervisor)
{
	if (!hypervisor)
		return NULL;
	hypervisor->driver->close(hypervisor->self);
	free(hypervisor->times);
	free(hypervisor);
	return NULL;
}

const char *hypervisor_name(const Hypervisor *hypervisor)
{
	return hypervisor->driver->name;
}

const CallTimes *hypervisor_times(const Hypervisor *hypervisor)
{
	return hypervisor->times;
}

const char *hypervisor_describe(Hypervisor *hypervisor)
{
	return hypervisor->driver->describe(hypervisor->self);
}

const HostTraits *hypervisor_traits(Hypervisor *hypervisor)
{
	return hypervisor->driver->traits(hypervisor->self);
}

int hypervisor_define(Hypervisor *hypervisor, const DomainSpec *spec, Fault *f)
{
	Call call = call_begin(hypervisor, "define", spec->id, spec->name);

	assert(!str_empty(spec->name) && spec->ram_mib > 0 && spec->vcpus > 0);
	for (size_t i = 0; i < spec->disk_count; i++)
		assert(is_disk(&spec->disks[i]));
	for (size_t i = 0; i < spec->filesystem_count; i++)
		assert(is_filesystem(&spec->filesystems[i]));
	return call_end(&call, hypervisor->driver->define(hypervisor->self, spec, f), 0, f);
}

int hypervisor_undefine(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "undefine", id, "");

	return call_end(&call, hypervisor->driver->undefine(hypervisor->self, id, f), 0, f);
}

int hypervisor_start(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "start", id, "");

	return call_end(&call, hypervisor->driver->start(hypervisor->self, id, f),
			MAY(HYPERVISOR_NO_DOMAIN), f);
}

int hypervisor_pause(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "pause", id, "");

	return call_end(&call, hypervisor->driver->pause(hypervisor->self, id, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_UNSUPPORTED), f);
}

int hypervisor_save(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "save", id, "");

	return call_end(&call, hypervisor->driver->save(hypervisor->self, id, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_UNSUPPORTED), f);
}

int hypervisor_shutdown(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "shutdown", id, "");

	return call_end(&call, hypervisor->driver->shutdown(hypervisor->self, id, f), 0, f);
}

int hypervisor_reboot(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "reboot", id, "");

	return call_end(&call, hypervisor->driver->reboot(hypervisor->self, id, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_UNSUPPORTED), f);
}

int hypervisor_destroy(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "destroy", id, "");

	return call_end(&call, hypervisor->driver->destroy(hypervisor->self, id, f), 0, f);
}

int hypervisor_state(Hypervisor *hypervisor, const char *id, DomainState *ret, Fault *f)
{
	Call call = call_begin(hypervisor, "state", id, "");
	DomainState state = _DOMAIN_STATE_MAX;
	int r;

	r = call_end(&call, hypervisor->driver->state(hypervisor->self, id, &state, f), 0, f);
	if (r)
		return r;
	assert(state < _DOMAIN_STATE_MAX);
	*ret = state;
	return 0;
}

int hypervisor_attach_disk(Hypervisor *hypervisor, const char *id, const DiskSpec *disk, Fault *f)
{
	Call call = call_begin(hypervisor, "attach_disk", id, disk->alias);

	assert(is_disk(disk));
	return call_end(&call, hypervisor->driver->attach_disk(hypervisor->self, id, disk, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_REFUSED), f);
}

int hypervisor_detach_disk(Hypervisor *hypervisor, const char *id, const char *alias, bool resend,
			   int64_t wait_ms, Fault *f)
{
	Call call = call_begin(hypervisor, "detach_disk", id, alias);

	assert(str_after(alias, "ua-") && wait_ms >= 0);
	return call_end(
		&call,
		hypervisor->driver->detach_disk(hypervisor->self, id, alias, resend, wait_ms, f),
		MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) | MAY(HYPERVISOR_PENDING) |
			MAY(HYPERVISOR_REFUSED),
		f);
}

int hypervisor_restore_disk(Hypervisor *hypervisor, const char *id, const DiskSpec *disk, Fault *f)
{
	Call call = call_begin(hypervisor, "restore_disk", id, disk->alias);

	assert(is_disk(disk));
	return call_end(&call, hypervisor->driver->restore_disk(hypervisor->self, id, disk, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK), f);
}

int hypervisor_find_disk(Hypervisor *hypervisor, const char *id, const char *alias,
			 DiskPresence *ret, Fault *f)
{
	Call call = call_begin(hypervisor, "find_disk", id, alias);

	assert(str_after(alias, "ua-"));
	return call_end(&call, hypervisor->driver->find_disk(hypervisor->self, id, alias, ret, f),
			0, f);
}

int hypervisor_attach_filesystem(Hypervisor *hypervisor, const char *id,
				 const FilesystemSpec *filesystem, Fault *f)
{
	Call call = call_begin(hypervisor, "attach_filesystem", id, filesystem->alias);

	assert(is_filesystem(filesystem));
	return call_end(&call,
			hypervisor->driver->attach_filesystem(hypervisor->self, id, filesystem, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_REFUSED), f);
}

int hypervisor_detach_filesystem(Hypervisor *hypervisor, const char *id, const char *alias,
				 bool resend, int64_t wait_ms, Fault *f)
{
	Call call = call_begin(hypervisor, "detach_filesystem", id, alias);

	assert(str_after(alias, "ua-") && wait_ms >= 0);
	return call_end(&call,
			hypervisor->driver->detach_filesystem(hypervisor->self, id, alias, resend,
							      wait_ms, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) |
				MAY(HYPERVISOR_PENDING) | MAY(HYPERVISOR_REFUSED),
			f);
}

int hypervisor_find_filesystem(Hypervisor *hypervisor, const char *id, const char *alias,
			       FilesystemPresence *ret, Fault *f)
{
	Call call = call_begin(hypervisor, "find_filesystem", id, alias);
	FilesystemPresence seen = {0};
	int r;

	assert(str_after(alias, "ua-"));
	r = call_end(&call,
		     hypervisor->driver->find_filesystem(hypervisor->self, id, alias, &seen, f), 0,
		     f);
	if (r)
		return r;
	assert(seen.live || !seen.served);
	*ret = seen;
	return 0;
}

int hypervisor_disk_addresses(Hypervisor *hypervisor, const char *id, Arena *arena,
			      DiskAddress **ret, size_t *ret_count, Fault *f)
{
	Call call = call_begin(hypervisor, "disk_addresses", id, "");
	DiskAddress *addresses = NULL;
	size_t count = 0;
	int r;

	r = call_end(&call,
		     hypervisor->driver->disk_addresses(hypervisor->self, id, arena, &addresses,
							&count, f),
		     MAY(HYPERVISOR_NO_DOMAIN), f);
	if (r)
		return r;
	*ret = addresses;
	*ret_count = count;
	return 0;
}

int hypervisor_change_medium(Hypervisor *hypervisor, const char *id, const DiskSpec *disk, Fault *f)
{
	Call call = call_begin(hypervisor, "change_medium", id, disk->alias);

	assert(is_disk(disk) && disk->path && disk->device == DISK_DEVICE_CDROM);
	return call_end(
		&call, hypervisor->driver->change_medium(hypervisor->self, id, disk, f),
		MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) | MAY(HYPERVISOR_REFUSED), f);
}

int hypervisor_resize_disk(Hypervisor *hypervisor, const char *id, const char *alias,
			   int64_t size_bytes, Fault *f)
{
	Call call = call_begin(hypervisor, "resize_disk", id, alias);

	assert(str_after(alias, "ua-") && size_bytes > 0);
	return call_end(
		&call, hypervisor->driver->resize_disk(hypervisor->self, id, alias, size_bytes, f),
		MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) | MAY(HYPERVISOR_REFUSED), f);
}

int hypervisor_copy_begin(Hypervisor *hypervisor, const char *id, const char *alias,
			  const DiskCopy *copy, Fault *f)
{
	Call call = call_begin(hypervisor, "copy_begin", id, alias);

	assert(str_after(alias, "ua-") && copy->path[0] == '/');
	assert(copy->format == DISK_FORMAT_RAW || copy->format == DISK_FORMAT_QCOW2);
	return call_end(
		&call, hypervisor->driver->copy_begin(hypervisor->self, id, alias, copy, f),
		MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) | MAY(HYPERVISOR_REFUSED), f);
}

int hypervisor_copy_look(Hypervisor *hypervisor, const char *id, const char *name, Fault *f)
{
	Call call = call_begin(hypervisor, "copy_look", id, name);

	return call_end(
		&call, hypervisor->driver->copy_look(hypervisor->self, id, name, f),
		MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) | MAY(HYPERVISOR_PENDING), f);
}

int hypervisor_copy_cancel(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "copy_cancel", id, "");

	return call_end(&call, hypervisor->driver->copy_cancel(hypervisor->self, id, f), 0, f);
}

int hypervisor_mirror_begin(Hypervisor *hypervisor, const char *id, const char *alias,
			    const DiskSpec *target, Fault *f)
{
	Call call = call_begin(hypervisor, "mirror_begin", id, alias);

	assert(str_after(alias, "ua-") && is_disk(target));
	return call_end(
		&call, hypervisor->driver->mirror_begin(hypervisor->self, id, alias, target, f),
		MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) | MAY(HYPERVISOR_REFUSED), f);
}

int hypervisor_mirror_look(Hypervisor *hypervisor, const char *id, const char *alias,
			   const DiskSpec *target, MirrorView *ret, Fault *f)
{
	Call call = call_begin(hypervisor, "mirror_look", id, alias);
	MirrorView view = {0};
	int r;

	assert(str_after(alias, "ua-") && is_disk(target));
	r = call_end(&call,
		     hypervisor->driver->mirror_look(hypervisor->self, id, alias, target, &view, f),
		     0, f);
	if (r)
		return r;
	assert(view.state < _MIRROR_STATE_MAX && view.percent >= 0 && view.percent <= 100);
	*ret = view;
	return 0;
}

int hypervisor_mirror_turn(Hypervisor *hypervisor, const char *id, const char *alias,
			   const DiskSpec *target, Fault *f)
{
	Call call = call_begin(hypervisor, "mirror_turn", id, alias);

	assert(str_after(alias, "ua-") && is_disk(target));
	return call_end(
		&call, hypervisor->driver->mirror_turn(hypervisor->self, id, alias, target, f),
		MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_NO_DISK) | MAY(HYPERVISOR_PENDING), f);
}

int hypervisor_mirror_cancel(Hypervisor *hypervisor, const char *id, const char *alias, Fault *f)
{
	Call call = call_begin(hypervisor, "mirror_cancel", id, alias);

	assert(str_after(alias, "ua-"));
	return call_end(&call, hypervisor->driver->mirror_cancel(hypervisor->self, id, alias, f), 0,
			f);
}

int hypervisor_console(Hypervisor *hypervisor, const char *id, size_t bytes_max, Arena *arena,
		       const char **ret, Fault *f)
{
	Call call = call_begin(hypervisor, "console", id, "");
	const char *text = NULL;
	int r;

	r = call_end(&call,
		     hypervisor->driver->console(hypervisor->self, id, bytes_max, arena, &text, f),
		     MAY(HYPERVISOR_NO_DOMAIN), f);
	if (r)
		return r;
	assert(text && str_utf8_valid(text, strlen(text)));
	*ret = text;
	return 0;
}

int hypervisor_list(Hypervisor *hypervisor, Arena *arena, const char *const **ret_ids,
		    size_t *ret_count, Fault *f)
{
	Call call = call_begin(hypervisor, "list", NULL, "");

	return call_end(&call,
			hypervisor->driver->list(hypervisor->self, arena, ret_ids, ret_count, f), 0,
			f);
}

int hypervisor_inspect(Hypervisor *hypervisor, const char *id_or_name, Arena *arena,
		       DomainFacts *ret, Fault *f)
{
	Call call = call_begin(hypervisor, "inspect", NULL, id_or_name);
	DomainFacts facts = {0};
	int r;

	r = call_end(&call,
		     hypervisor->driver->inspect(hypervisor->self, id_or_name, arena, &facts, f),
		     MAY(HYPERVISOR_NO_DOMAIN), f);
	if (r)
		return r;
	assert(is_id(facts.id) && facts.name && facts.state < _DOMAIN_STATE_MAX);
	*ret = facts;
	return 0;
}

int hypervisor_adopt(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "adopt", id, "");

	return call_end(&call, hypervisor->driver->adopt(hypervisor->self, id, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_REFUSED), f);
}

int hypervisor_release(Hypervisor *hypervisor, const char *id, Fault *f)
{
	Call call = call_begin(hypervisor, "release", id, "");

	return call_end(&call, hypervisor->driver->release(hypervisor->self, id, f),
			MAY(HYPERVISOR_NO_DOMAIN) | MAY(HYPERVISOR_REFUSED), f);
}
