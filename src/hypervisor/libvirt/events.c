/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What libvirt tells: it is passed on, and whoever waits for a guest to let a disk go is woken.
 *
 * An event may be missed (the process was down, the connection was lost), so it only ever ends a
 * wait; what is true is read from the domain afterwards.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

/* One that was asked for. */
typedef struct Unplug {
	UnplugState state;
} Unplug;

static char *unplug_key(const char *id, const char *alias)
{
	Buf key = {0};

	buf_printf(&key, "%s/%s", id, alias);
	return buf_take(&key);
}

void unplug_begin(Host *host, const char *id, const char *alias)
{
	_cleanup_(freep) char *key = unplug_key(id, alias);
	Unplug *unplug;

	pthread_mutex_lock(&host->lock);
	unplug = map_get(host->unplugs, key);
	if (!unplug) {
		unplug = NEW(Unplug);
		map_put(host->unplugs, key, unplug);
	}
	unplug->state = UNPLUG_WAITING;
	pthread_mutex_unlock(&host->lock);
}

static UnplugState state_of(const Host *host, const char *key)
{
	const Unplug *unplug = map_get(host->unplugs, key);

	return unplug ? unplug->state : UNPLUG_UNKNOWN;
}

UnplugState unplug_state(Host *host, const char *id, const char *alias)
{
	return unplug_wait(host, id, alias, 0);
}

UnplugState unplug_wait(Host *host, const char *id, const char *alias, int64_t wait_ms)
{
	_cleanup_(freep) char *key = unplug_key(id, alias);
	int64_t until_ms = clock_mono_ms() + wait_ms;
	struct timespec until = {
		.tv_sec = until_ms / 1000,
		.tv_nsec = until_ms % 1000 * 1000000,
	};
	UnplugState state;
	int r = 0;

	pthread_mutex_lock(&host->lock);
	while (wait_ms > 0 && r == 0 && !host->closing && !host->lost &&
	       state_of(host, key) == UNPLUG_WAITING)
		r = pthread_cond_timedwait(&host->changed, &host->lock, &until);
	state = state_of(host, key);
	pthread_mutex_unlock(&host->lock);
	return state;
}

void unplug_forget(Host *host, const char *id, const char *alias)
{
	_cleanup_(freep) char *key = unplug_key(id, alias);

	pthread_mutex_lock(&host->lock);
	free(map_remove(host->unplugs, key));
	pthread_mutex_unlock(&host->lock);
}

/* Whether somebody asks for it. */
static bool settle(Host *host, const char *id, const char *alias, UnplugState state)
{
	_cleanup_(freep) char *key = unplug_key(id, alias);
	Unplug *unplug;

	pthread_mutex_lock(&host->lock);
	unplug = map_get(host->unplugs, key);
	if (unplug)
		unplug->state = state;
	pthread_cond_broadcast(&host->changed);
	pthread_mutex_unlock(&host->lock);
	return unplug != NULL;
}

/* A domain that is off holds no disk. */
static void settle_all(Host *host, const char *id)
{
	_cleanup_(freep) char *prefix = unplug_key(id, "");

	pthread_mutex_lock(&host->lock);
	MAP_FOREACH (host->unplugs, e) {
		if (str_after(map_key(e), prefix))
			((Unplug *)map_value(e))->state = UNPLUG_RELEASED;
	}
	pthread_cond_broadcast(&host->changed);
	pthread_mutex_unlock(&host->lock);
}

void events_send(Host *host, HypervisorEvent event)
{
	host->on_event(host->ctx, &event);
}

/* The state that a lifecycle event leads to; _DOMAIN_STATE_MAX: none that matters. */
static DomainState state_after(int event, int detail)
{
	switch ((virDomainEventType)event) {
	case VIR_DOMAIN_EVENT_STARTED:
	case VIR_DOMAIN_EVENT_RESUMED:
		return DOMAIN_RUNNING;
	case VIR_DOMAIN_EVENT_SUSPENDED:
	case VIR_DOMAIN_EVENT_PMSUSPENDED:
		return DOMAIN_PAUSED;
	case VIR_DOMAIN_EVENT_STOPPED:
		if (detail == VIR_DOMAIN_EVENT_STOPPED_SAVED)
			return DOMAIN_SAVED;
		/* QEMU died: FAILED; its guest did and told: CRASHED. */
		return detail == VIR_DOMAIN_EVENT_STOPPED_CRASHED ||
				       detail == VIR_DOMAIN_EVENT_STOPPED_FAILED
			       ? DOMAIN_CRASHED
			       : DOMAIN_OFF;
	case VIR_DOMAIN_EVENT_UNDEFINED:
		return DOMAIN_ABSENT;
	case VIR_DOMAIN_EVENT_DEFINED:
	case VIR_DOMAIN_EVENT_SHUTDOWN: /* on its way; STOPPED follows */
	case VIR_DOMAIN_EVENT_CRASHED:  /* likewise, as on_crash says destroy */
		return _DOMAIN_STATE_MAX;
	}
	return _DOMAIN_STATE_MAX; /* of a newer libvirt */
}

static int on_lifecycle(virConnectPtr conn _unused_, virDomainPtr domain, int event, int detail,
			void *opaque)
{
	DomainState state = state_after(event, detail);
	char id[VIR_UUID_STRING_BUFLEN];

	if (state == _DOMAIN_STATE_MAX || virDomainGetUUIDString(domain, id) < 0)
		return 0;
	if (!domain_is_up(state))
		settle_all(opaque, id);
	events_send(opaque, (HypervisorEvent){
				    .kind = HYPERVISOR_DOMAIN_STATE,
				    .domain_id = id,
				    .state = state,
			    });
	return 0;
}

static void tell_disk(Host *host, virDomainPtr domain, const char *alias, UnplugState state)
{
	HypervisorEventKind kind = HYPERVISOR_DISK_REFUSED;
	char id[VIR_UUID_STRING_BUFLEN];
	bool asked;

	if (!str_after(alias, "ua-") || virDomainGetUUIDString(domain, id) < 0)
		return;
	asked = settle(host, id, alias, state);
	if (state == UNPLUG_RELEASED)
		kind = asked ? HYPERVISOR_DISK_GONE : HYPERVISOR_DISK_DROPPED;
	events_send(host, (HypervisorEvent){.kind = kind, .domain_id = id, .alias = alias});
}

static void on_removed(virConnectPtr conn _unused_, virDomainPtr domain, const char *alias,
		       void *opaque)
{
	tell_disk(opaque, domain, alias, UNPLUG_RELEASED);
}

static void on_removal_failed(virConnectPtr conn _unused_, virDomainPtr domain, const char *alias,
			      void *opaque)
{
	tell_disk(opaque, domain, alias, UNPLUG_REFUSED);
}

/* Whatever it is that became of a copy: who waits for it looks. */
static void on_block_job(virConnectPtr conn _unused_, virDomainPtr domain,
			 const char *disk _unused_, int type, int status _unused_, void *opaque)
{
	char id[VIR_UUID_STRING_BUFLEN];

	if (type != VIR_DOMAIN_BLOCK_JOB_TYPE_COPY || virDomainGetUUIDString(domain, id) < 0)
		return;
	events_send(opaque, (HypervisorEvent){.kind = HYPERVISOR_MIRROR_MOVED, .domain_id = id});
}

static const struct {
	int event;
	virConnectDomainEventGenericCallback callback;
} wanted[EVENT_CALLBACKS] = {
	{VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
	{VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_removed)},
	{VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, VIR_DOMAIN_EVENT_CALLBACK(on_block_job)},
	{VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, VIR_DOMAIN_EVENT_CALLBACK(on_removal_failed)},
};

void events_unregister(Host *host, virConnectPtr conn)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (host->callbacks[i] >= 0)
			/* Each holds a reference to the connection; a dead one may complain. */
			(void)virConnectDomainEventDeregisterAny(conn, host->callbacks[i]);
}

int events_register(Host *host, virConnectPtr conn, Fault *f)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		host->callbacks[i] = -1;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		host->callbacks[i] = virConnectDomainEventRegisterAny(
			conn, NULL, wanted[i].event, wanted[i].callback, host, NULL);
		if (host->callbacks[i] >= 0)
			continue;
		r = virt_fault(f, "register for libvirt's events");
		events_unregister(host, conn);
		return r;
	}
	return 0;
}
