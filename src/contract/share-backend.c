/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a share backend's slots. Each one checks what it is handed (a slot may
 * build paths from an id), logs the call with its answer, and turns an answer that the slot is not
 * allowed to give into a fault. Access keys reach no log.
 */
#include "contract/share-backend.h"

#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "contract/capacity.h"
#include "contract/slot.h"

struct ShareBackend {
	const ShareBackendDriver *driver;
	void *self;
	char *name;
	ShareBackendTraits traits;
	CapacitySampler *sampler; /* where traits.capacity_waits */
};

/* All that has to do with snapshots, or nothing of it. */
static bool snapshots_complete(const ShareBackendDriver *driver)
{
	bool has = driver->traits.snapshots;

	return has == !!driver->snapshot && has == !!driver->snapshot_remove &&
	       has == !!driver->revert;
}

static bool driver_complete(const ShareBackendDriver *driver)
{
	return driver->name && driver->size == sizeof(ShareBackendDriver) && driver->open &&
	       driver->close && driver->create && driver->remove && driver->exists &&
	       driver->resize && driver->locations && driver->apply && driver->connect &&
	       driver->disconnect && driver->capacity && driver->traits.protocols &&
	       snapshots_complete(driver);
}

static bool is_id(const char *id)
{
	char canonical[UUID_TEXT];

	return uuid_canonical(id, canonical) && str_eq(canonical, id);
}

/* What every call about a share may rely on. */
static void share_check(const ShareBackend *backend, const Share *share)
{
	assert(backend && share);
	assert(is_id(share->id));
	assert(share->size_gib > 0);
	assert(backend->traits.protocols & 1U << share->protocol);
}

static void snapshot_check(const ShareBackend *backend, const Share *share,
			   const ShareSnapshot *snapshot)
{
	share_check(backend, share);
	assert(is_id(snapshot->id));
	assert(str_eq(snapshot->share_id, share->id));
}

static void rule_check(const Share *share, const ShareRule *rule)
{
	assert(is_id(rule->id));
	assert(str_eq(rule->share_id, share->id));
	assert(!str_empty(rule->access_to));
}

/* Sets of outcomes that a slot may answer. */
enum {
	MAY_BE_FULL = 1 << 0,
	MAY_LACK_SHARE = 1 << 1,
	MAY_LACK_SNAPSHOT = 1 << 2,
	MAY_LOSE = 1 << 3,
};

static bool outcome_allowed(int r, unsigned allowed)
{
	switch ((ShareBackendOutcome)r) {
	case SHARE_BACKEND_FULL:
		return allowed & MAY_BE_FULL;
	case SHARE_BACKEND_NO_SHARE:
		return allowed & MAY_LACK_SHARE;
	case SHARE_BACKEND_NO_SNAPSHOT:
		return allowed & MAY_LACK_SNAPSHOT;
	case SHARE_BACKEND_WOULD_LOSE:
		return allowed & MAY_LOSE;
	}
	return r == 0;
}

static int call_done(const ShareBackend *backend, const char *name, const Share *share, int r,
		     unsigned allowed, Fault *f)
{
	static const SlotNoun noun = {.key = "share", .name = "share"};
	const SlotCall call = {backend->name, name, &noun, share->id};

	return slot_call_done(&call, r, outcome_allowed(r, allowed), f);
}

/* As call_done(), of a call that made or removed something. */
static int change_done(const ShareBackend *backend, const char *name, const Share *share, int r,
		       unsigned allowed, Fault *f)
{
	capacity_sampler_changed(backend->sampler);
	return call_done(backend, name, share, r, allowed, f);
}

int share_backend_open(const ShareBackendDriver *driver, const ShareBackendConfig *config,
		       ShareBackend **ret, Fault *f)
{
	_cleanup_(share_backend_closep) ShareBackend *backend = NULL;
	int r;

	assert(driver_complete(driver));
	assert(config->name);
	if (!config->mount_dir || config->mount_dir[0] != '/')
		return fault(f, -EINVAL,
			     "backend %s: the directory of mounts has to be an absolute path",
			     config->name);

	backend = NEW(ShareBackend);
	backend->driver = driver;
	backend->name = mem_strdup(config->name);
	r = driver->open(config, &backend->self, f);
	if (r) {
		r = fault_unexpected(f, r);
		(void)fault_context(f, "backend %s: open", config->name);
		return r;
	}
	backend->traits = driver->traits;
	if (driver->describe)
		driver->describe(backend->self, &backend->traits);
	if (backend->traits.capacity_waits) /* shares can do without knowing at first */
		backend->sampler = capacity_sampler_new(driver->capacity, backend->self);
	*ret = TAKE(backend);
	return 0;
}

ShareBackend *share_backend_close(ShareBackend *backend)
{
	if (!backend)
		return NULL;
	(void)capacity_sampler_free(backend->sampler); /* NULL */
	if (backend->self)
		backend->driver->close(backend->self);
	free(backend->name);
	free(backend);
	return NULL;
}

const char *share_backend_name(const ShareBackend *backend)
{
	return backend->name;
}

const ShareBackendTraits *share_backend_traits(const ShareBackend *backend)
{
	return &backend->traits;
}

int share_backend_create(ShareBackend *backend, const Share *share, const ShareSnapshot *from,
			 Fault *f)
{
	share_check(backend, share);
	if (from) {
		assert(is_id(from->id) && is_id(from->share_id));
		if (!backend->driver->snapshot)
			return slot_missing(backend->name, "copy of a snapshot", f);
	}
	return change_done(backend, "create", share,
			   backend->driver->create(backend->self, share, from, f),
			   MAY_BE_FULL | MAY_LACK_SNAPSHOT, f);
}

int share_backend_remove(ShareBackend *backend, const Share *share, Fault *f)
{
	share_check(backend, share);
	return change_done(backend, "remove", share,
			   backend->driver->remove(backend->self, share, f), 0, f);
}

int share_backend_exists(ShareBackend *backend, const Share *share, bool *ret, Fault *f)
{
	share_check(backend, share);
	return call_done(backend, "exists", share,
			 backend->driver->exists(backend->self, share, ret, f), 0, f);
}

int share_backend_resize(ShareBackend *backend, const Share *share, int64_t size_gib, Fault *f)
{
	share_check(backend, share);
	assert(size_gib > 0);
	return change_done(backend, "resize", share,
			   backend->driver->resize(backend->self, share, size_gib, f),
			   MAY_BE_FULL | MAY_LOSE | MAY_LACK_SHARE, f);
}

/* A line of text that can be handed to clients: "host:/path". */
static bool is_location(const char *path)
{
	if (str_empty(path))
		return false;
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return strstr(path, ":/") != NULL;
}

int share_backend_locations(ShareBackend *backend, const Share *share, Arena *arena,
			    ShareLocation **ret, size_t *ret_count, Fault *f)
{
	ShareLocation *locations = NULL;
	size_t count = 0;
	int r;

	share_check(backend, share);
	r = backend->driver->locations(backend->self, share, arena, &locations, &count, f);
	r = call_done(backend, "locations", share, r, 0, f);
	if (r)
		return r;
	if (count == 0)
		return fault(f, -EPROTO, "backend %s: share %s has no location", backend->name,
			     share->id);
	for (size_t i = 0; i < count; i++)
		if (!is_location(locations[i].path))
			return fault(f, -EPROTO, "backend %s: a location of share %s is no path",
				     backend->name, share->id);
	*ret = locations;
	*ret_count = count;
	return 0;
}

int share_backend_apply(ShareBackend *backend, const Share *share, const ShareRule *const *rules,
			size_t count, Arena *arena, ShareRuleResult *results, Fault *f)
{
	share_check(backend, share);
	for (size_t i = 0; i < count; i++) {
		rule_check(share, rules[i]);
		results[i] = (ShareRuleResult){0};
	}
	return call_done(
		backend, "apply", share,
		backend->driver->apply(backend->self, share, rules, count, arena, results, f),
		MAY_LACK_SHARE, f);
}

int share_backend_connect(ShareBackend *backend, const Share *share, const ShareRule *rule,
			  bool readonly, Arena *arena, const char **ret, Fault *f)
{
	const char *path = NULL;
	int r;

	share_check(backend, share);
	if (rule)
		rule_check(share, rule);
	r = backend->driver->connect(backend->self, share, rule, readonly, arena, &path, f);
	r = call_done(backend, "connect", share, r, MAY_LACK_SHARE, f);
	if (r)
		return r;
	if (!path || path[0] != '/')
		return fault(f, -EPROTO, "backend %s: connect of share %s gave no usable path",
			     backend->name, share->id);
	*ret = path;
	return 0;
}

int share_backend_disconnect(ShareBackend *backend, const Share *share, bool readonly, Fault *f)
{
	share_check(backend, share);
	return call_done(backend, "disconnect", share,
			 backend->driver->disconnect(backend->self, share, readonly, f), 0, f);
}

int share_backend_snapshot(ShareBackend *backend, const Share *share, const ShareSnapshot *snapshot,
			   Fault *f)
{
	snapshot_check(backend, share, snapshot);
	if (!backend->driver->snapshot)
		return slot_missing(backend->name, "snapshot", f);
	return call_done(backend, "snapshot", share,
			 backend->driver->snapshot(backend->self, share, snapshot, f),
			 MAY_BE_FULL | MAY_LACK_SHARE, f);
}

int share_backend_snapshot_remove(ShareBackend *backend, const Share *share,
				  const ShareSnapshot *snapshot, Fault *f)
{
	snapshot_check(backend, share, snapshot);
	if (!backend->driver->snapshot_remove)
		return 0;
	return call_done(backend, "snapshot_remove", share,
			 backend->driver->snapshot_remove(backend->self, share, snapshot, f), 0, f);
}

int share_backend_revert(ShareBackend *backend, const Share *share, const ShareSnapshot *snapshot,
			 Fault *f)
{
	snapshot_check(backend, share, snapshot);
	if (!backend->driver->revert)
		return slot_missing(backend->name, "revert", f);
	return call_done(backend, "revert", share,
			 backend->driver->revert(backend->self, share, snapshot, f),
			 MAY_BE_FULL | MAY_LACK_SHARE | MAY_LACK_SNAPSHOT, f);
}

int share_backend_capacity(ShareBackend *backend, int64_t *ret_total_bytes, int64_t *ret_free_bytes,
			   Fault *f)
{
	int r = backend->sampler
			? capacity_sampler_get(backend->sampler, ret_total_bytes, ret_free_bytes, f)
			: backend->driver->capacity(backend->self, ret_total_bytes, ret_free_bytes,
						    f);

	if (r) {
		r = fault_unexpected(f, r);
		(void)fault_context(f, "backend %s: capacity", backend->name);
	}
	return r;
}
