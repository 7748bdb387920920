/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connection: opened, lost, and opened again.
 *
 *     conn_open -> [conn] -- libvirt closes it --> [conn, lost] -- keeper --> [conn]
 *
 * The embedded driver lives in this process and cannot be lost. A remote connection is watched by
 * keep-alive messages; when it is lost the keeper tries again with growing pauses until it is
 * back. While it is lost every call is a fault, which the engine retries. Guests do not notice.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "hypervisor/libvirt/priv.h"

enum {
	KEEPALIVE_S = 5,
	KEEPALIVE_COUNT = 3,
	PAUSE_FIRST_MS = 250,
	PAUSE_MAX_MS = 30 * 1000,
};

static void on_close(virConnectPtr conn _unused_, int reason, void *opaque)
{
	Host *host = opaque;

	log_debug("libvirt: connection closed, reason %d", reason);
	pthread_mutex_lock(&host->lock);
	host->lost = !host->closing;
	pthread_cond_broadcast(&host->changed);
	pthread_mutex_unlock(&host->lock);
}

/* Only what is remote can be watched. */
static int watch(Host *host, virConnectPtr conn, Fault *f)
{
	if (host->embedded)
		return 0;
	if (virConnectRegisterCloseCallback(conn, on_close, host, NULL) < 0)
		return virt_fault(f, "watch the connection");
	if (virConnectSetKeepAlive(conn, KEEPALIVE_S, KEEPALIVE_COUNT) < 0)
		return virt_fault(f, "keep the connection alive");
	return 0;
}

static int connect_once(Host *host, virConnectPtr *ret, Fault *f)
{
	_cleanup_(conn_freep) virConnectPtr conn = virConnectOpen(host->uri);
	int r;

	if (!conn)
		return virt_fault(f, "connect to %s", host->uri);
	r = watch(host, conn, f);
	if (r)
		return r;
	r = events_register(host, conn, f);
	if (r)
		return r;
	*ret = TAKE(conn);
	return 0;
}

static void disconnect(Host *host, virConnectPtr conn)
{
	if (!conn)
		return;
	events_unregister(host, conn);
	if (!host->embedded)
		(void)virConnectUnregisterCloseCallback(conn, on_close); /* also when dead */
	(void)virConnectClose(conn); /* calls under way hold references of their own */
}

static void pause_locked(Host *host, int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms;
	struct timespec until = {
		.tv_sec = until_ms / 1000,
		.tv_nsec = until_ms % 1000 * 1000000,
	};

	while (!host->closing &&
	       pthread_cond_timedwait(&host->changed, &host->lock, &until) != ETIMEDOUT)
		continue;
}

/* Called and left with the lock held; host->lost is false at the end unless it closes. */
static void reconnect_locked(Host *host)
{
	virConnectPtr dead = TAKE(host->conn);
	virConnectPtr fresh = NULL;
	int64_t pause_ms = PAUSE_FIRST_MS;
	Fault f = {0};

	pthread_mutex_unlock(&host->lock);
	events_send(host, (HypervisorEvent){.kind = HYPERVISOR_LOST});
	disconnect(host, dead);
	pthread_mutex_lock(&host->lock);
	while (!host->closing && !fresh) {
		pause_locked(host, pause_ms);
		pause_ms = MIN(2 * pause_ms, PAUSE_MAX_MS);
		host->lost = false; /* from here on it speaks of the new connection */
		pthread_mutex_unlock(&host->lock);
		if (connect_once(host, &fresh, &f) < 0)
			log_debug("libvirt: %s", f.text);
		pthread_mutex_lock(&host->lock);
	}
	host->conn = fresh;
	if (!fresh)
		return;
	pthread_mutex_unlock(&host->lock);
	events_send(host, (HypervisorEvent){.kind = HYPERVISOR_BACK});
	pthread_mutex_lock(&host->lock);
}

static void *keep(void *arg)
{
	Host *host = arg;

	pthread_mutex_lock(&host->lock);
	while (!host->closing) {
		if (host->lost)
			reconnect_locked(host);
		else
			(void)pthread_cond_wait(&host->changed, &host->lock);
	}
	pthread_mutex_unlock(&host->lock);
	return NULL;
}

int conn_open(Host *host, Fault *f)
{
	int r;

	r = connect_once(host, &host->conn, f);
	if (r || host->embedded)
		return r;
	r = pthread_create(&host->keeper, NULL, keep, host);
	if (r) {
		disconnect(host, TAKE(host->conn));
		return fault(f, -r, "thread that keeps the connection: %s", strerror(r));
	}
	return 0;
}

void conn_close(Host *host)
{
	pthread_mutex_lock(&host->lock);
	host->closing = true;
	pthread_cond_broadcast(&host->changed);
	pthread_mutex_unlock(&host->lock);
	if (!host->embedded)
		(void)pthread_join(host->keeper, NULL); /* joinable, and joined once */
	disconnect(host, TAKE(host->conn));
}

int conn_get(Host *host, virConnectPtr *ret, Fault *f)
{
	virConnectPtr conn;

	pthread_mutex_lock(&host->lock);
	conn = host->lost ? NULL : host->conn;
	if (conn && virConnectRef(conn) < 0)
		conn = NULL;
	pthread_mutex_unlock(&host->lock);
	if (!conn)
		return fault(f, -ENOTCONN, "libvirt (%s) is not connected", host->uri);
	*ret = conn;
	return 0;
}

int conn_domain(Host *host, const char *id, virDomainPtr *ret, Fault *f)
{
	_cleanup_(conn_freep) virConnectPtr conn = NULL;
	virDomainPtr domain;
	int r;

	r = conn_get(host, &conn, f);
	if (r)
		return r;
	domain = virDomainLookupByUUIDString(conn, id);
	if (!domain)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "look for domain %s", id);
	*ret = domain;
	return 0;
}
