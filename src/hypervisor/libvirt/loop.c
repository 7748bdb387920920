/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libvirt's event loop, run by a thread of ours. libvirt has one loop in a process and wants it
 * registered before the first connection; the embedded driver refuses to open otherwise.
 */
#include <errno.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int registered = -1;
static int wake_timer = -1;
static atomic_bool stopping;

static void swallow_error(void *opaque _unused_, virErrorPtr error _unused_)
{
	/* Errors are read where they happen; libvirt would print them on stderr. */
}

static void wake(int timer, void *opaque _unused_)
{
	(void)virEventUpdateTimeout(timer, -1); /* once is enough; -1 is always taken */
}

static void setup(void)
{
	/* The embedded driver writes to QEMU's sockets in this process: a dying QEMU must not
	 * take us along. */
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail with these arguments */
	virSetErrorFunc(NULL, swallow_error);
	xmlInitParser();
	registered = virEventRegisterDefaultImpl();
	/* Asleep until loop_stop() lets it expire, so that the loop looks up. */
	if (registered == 0)
		wake_timer = virEventAddTimeout(-1, wake, NULL, NULL);
}

int loop_setup(const char *log_path, Fault *f)
{
	_cleanup_(buf_done) Buf outputs = {0};

	if (log_path) {
		buf_printf(&outputs, "3:file:%s", log_path);
		(void)setenv("LIBVIRT_LOG_OUTPUTS", outputs.data, 0); /* else: stderr */
	}
	if (pthread_once(&once, setup) != 0 || registered < 0 || wake_timer < 0)
		return virt_fault(f, "libvirt's event loop");
	return 0;
}

static void *run(void *arg _unused_)
{
	while (!atomic_load(&stopping))
		if (virEventRunDefaultImpl() < 0)
			break;
	return NULL;
}

int loop_start(Host *host, Fault *f)
{
	int r;

	atomic_store(&stopping, false);
	r = pthread_create(&host->loop, NULL, run, NULL);
	return r ? fault(f, -r, "thread for libvirt's events: %s", strerror(r)) : 0;
}

void loop_stop(Host *host)
{
	atomic_store(&stopping, true);
	(void)virEventUpdateTimeout(wake_timer, 0); /* the timer is ours, so it is there */
	(void)pthread_join(host->loop, NULL);       /* joinable, and joined once */
}
