/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Flush the namespace, and take down the controllers that nobody needs any more.
 *
 * Controllers go one at a time, by sysfs: `nvme disconnect` by NQN would take those of others as
 * well, and by name does not find one that never came to live. While the subsystem shows another
 * namespace they stay: whoever is the last takes them down.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/nvme/priv.h"
#include "contract/connector-text.h"

enum {
	/* A target removes the namespace of an earlier attachment after we let go of it. */
	VANISH_MS = 5 * 1000,
	DELETE_MS = 20 * 1000,
};

typedef struct Leave {
	ConnectorCall *call;
	const NvmeInfo *info;
	const ConnectorLeave *leave;
	NvmeControllers controllers; /* all of them, then those that are to go */
	const char *device;          /* of our namespace, or NULL: it has gone before us */
	bool is_shared;              /* somebody uses what stands in our place */
} Leave;

/* ---- the namespace ---- */

static bool is_other(const ConnectorCall *call, const char *identity)
{
	for (const char *const *other = call->others; other && *other; other++)
		if (str_eq(*other, identity))
			return true;
	return false;
}

/* A part of the time is kept for what comes afterwards. */
static int64_t flush_deadline(const ConnectorCall *call)
{
	int64_t now_ms = clock_mono_ms();

	return now_ms + MAX((call->deadline_ms - now_ms) / 2, 0);
}

static int flush(Leave *l)
{
	ConnectorCall *call = l->call;
	Fault unflushed = {0};

	if (host_block_flush(call->host, l->device, flush_deadline(call), &unflushed) == 0)
		return 0;
	(void)connector_say(call, CONNECTOR_UNFLUSHED,
			    "unflushed data of %s may be lost, as it could not be flushed: %s",
			    l->device, unflushed.text);
	return l->leave->force ? 0 : CONNECTOR_UNFLUSHED;
}

static int look_for_users(Leave *l, Fault *f)
{
	ConnectorCall *call = l->call;
	const char *who = NULL;
	int r = host_block_users(call->host, call->arena, l->device, NULL, &who, f);

	l->is_shared = r == HOST_BUSY && !l->leave->identity;
	if (l->is_shared)
		return 0;
	if (r == HOST_BUSY && !l->leave->force)
		return connector_say(call, CONNECTOR_BUSY, "%s", who);
	return r && r != HOST_BUSY ? fault_unexpected(f, r) : 0;
}

static int release_device(Leave *l, Fault *f)
{
	int r = look_for_users(l, f);

	if (r || l->is_shared)
		return r;
	r = flush(l);
	/* Not all of them can be seen while no way to it works, and now one does. */
	return r || l->leave->force ? r : look_for_users(l, f);
}

/* ---- controllers ---- */

/* Whether the subsystem shows only what is ours, or what nobody has: then it may go. */
static int look_whether_last(void *ctx, Fault *f)
{
	Leave *l = ctx;
	NvmeNamespaces all;
	int r = nvme_controllers(l->call, l->info, &l->controllers, f);

	if (!r)
		r = nvme_namespaces(l->call, l->info, &l->controllers, &all, f);
	for (size_t i = 0; !r && i < all.count; i++) {
		const char *device = all.items[i].device, *who;

		if (str_eq(device, l->device))
			continue;
		/* A connection that led to no volume of ours shows whatever it shows. */
		if (l->leave->identity)
			return HOST_NONE;
		r = host_block_users(l->call->host, l->call->arena, device, NULL, &who, f);
		r = r == HOST_BUSY ? HOST_NONE : r;
	}
	return r;
}

/* Those through a portal of the connection_info: others are not for us to take down. */
static void keep_ours(Leave *l)
{
	NvmeControllers ours = {.items = l->controllers.items};

	for (size_t i = 0; i < l->controllers.count; i++) {
		const NvmeController *one = &l->controllers.items[i];

		for (size_t j = 0; j < l->info->portal_count; j++)
			if (nvme_controller_through(one, &l->info->portals[j])) {
				ours.items[ours.count++] = *one;
				break;
			}
	}
	l->controllers = ours;
}

static int look_whether_gone(void *ctx, Fault *f)
{
	const Leave *l = ctx;

	(void)f; /* names that cannot be read are gone */
	for (size_t i = 0; i < l->controllers.count; i++)
		if (nvme_controller_is(l->call, l->info, &l->controllers.items[i]))
			return HOST_NONE;
	return 0;
}

static int delete_controllers(Leave *l, Fault *f)
{
	const ConnectorCall *call = l->call;
	Fault refused = {0};
	bool failed = false;
	int r;

	for (size_t i = 0; i < l->controllers.count; i++) {
		const NvmeController *one = &l->controllers.items[i];
		const char *path = arena_printf(call->arena, "/sys/class/nvme/%s/delete_controller",
						one->name);

		/* Names are given again; and one may go by itself between the look and the write.
		 */
		if (nvme_controller_is(call, l->info, one))
			failed |= host_write(call->host, path, "1",
					     MIN(call->deadline_ms, clock_mono_ms() + DELETE_MS),
					     &refused) != 0;
	}
	r = host_wait(look_whether_gone, l, call->deadline_ms, f);
	if (r == HOST_TIMEOUT)
		return fault(f, -ETIMEDOUT, "a controller of %s does not go away%s%s", l->info->nqn,
			     failed ? ": " : "", failed ? refused.text : "");
	if (r == 0)
		host_quiet_end(call->host, call->arena, l->info->nqn);
	return fault_unexpected(f, r);
}

static int leave_controllers(Leave *l, Fault *f)
{
	int64_t vanish_ms = MIN(l->call->deadline_ms, clock_mono_ms() + VANISH_MS);
	int r = look_whether_last(l, f);

	if (r == HOST_NONE) {
		r = nvme_rescan(l->call, &l->controllers, f);
		if (!r)
			r = host_wait(look_whether_last, l, vanish_ms, f);
	}
	if (r == HOST_TIMEOUT)
		return 0; /* somebody else is the last */
	if (r)
		return fault_unexpected(f, r);
	keep_ours(l);
	return delete_controllers(l, f);
}

int nvme_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave, Fault *f)
{
	Leave l = {.call = call, .info = info, .leave = leave};
	NvmeNamespace found;
	const char *lost;
	int r = nvme_look(call, info, leave->identity, &l.controllers, &found, f);

	if (r < 0)
		return r;
	call->why = NULL; /* that it is not there is no reason to fail */
	if (r == 0 && (leave->identity || !is_other(call, found.identity))) {
		l.device = found.device;
		r = release_device(&l, f);
		if (r || l.is_shared)
			return r;
	}
	if (leave->keep || !leave->made)
		return 0;
	lost = call->why;
	r = leave_controllers(&l, f);
	call->why = lost;
	return r;
}
