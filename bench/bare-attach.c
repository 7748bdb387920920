/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libvirt's attach call by itself, on the one domain that runs below an embedded root: what an
 * attach through cleatd is measured against.
 *
 *     bare-attach URI FILE COUNT     prints the milliseconds of each attach, one on a line
 *
 * The disk is described as cleatd does it, and let go of after each attach.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"

enum { RELEASE_MS = 30000, RETRY_MS = 3000, LOOK_MS = 10 };

#define ALIAS "ua-bench"

static const char disk_format[] =
	"<disk type='file' device='disk'>"
	"<driver name='qemu' type='raw' cache='none' io='native' discard='unmap'/>"
	"<alias name='" ALIAS "'/><source file='%s'/><backingStore/>"
	"<target dev='vdz' bus='virtio'/><serial>bench</serial></disk>";

static void *events_run(void *arg _unused_)
{
	while (virEventRunDefaultImpl() == 0)
		;
	return NULL;
}

static int give_up(const char *what)
{
	(void)fprintf(stderr, "bare-attach: %s: %s\n", what, virGetLastErrorMessage());
	return 1;
}

static bool is_plugged(virDomainPtr domain)
{
	char *xml = virDomainGetXMLDesc(domain, 0);
	bool found = xml && strstr(xml, "'" ALIAS "'");

	free(xml);
	return found;
}

/* Whether the guest let go; a guest that did not hear the first time is asked again. */
static bool unplug(virDomainPtr domain)
{
	int64_t end = clock_mono_ms() + RELEASE_MS, ask = 0;

	while (is_plugged(domain)) {
		if (clock_mono_ms() > end)
			return false;
		if (clock_mono_ms() >= ask) {
			(void)virDomainDetachDeviceAlias(domain, ALIAS, VIR_DOMAIN_AFFECT_LIVE);
			ask = clock_mono_ms() + RETRY_MS;
		}
		clock_sleep_ms(LOOK_MS);
	}
	return true;
}

static int measure(virDomainPtr domain, const char *file, uint64_t count)
{
	const unsigned where = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
	char xml[2048];

	(void)snprintf(xml, sizeof(xml), disk_format, file);
	for (uint64_t i = 0; i < count; i++) {
		int64_t began = clock_mono_us();

		if (virDomainAttachDeviceFlags(domain, xml, where) < 0)
			return give_up("attach");
		(void)printf("%.2f\n", (double)(clock_mono_us() - began) / 1000);
		if (!unplug(domain))
			return give_up("detach");
		if (virDomainDetachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_CONFIG) < 0)
			return give_up("detach from the definition");
	}
	return 0;
}

int main(int argc, char **argv)
{
	virDomainPtr *domains = NULL;
	virConnectPtr connection;
	pthread_t thread;
	uint64_t count;
	int r;

	if (argc != 4 || !str_parse_u64(argv[3], &count))
		return 2;
	if (virEventRegisterDefaultImpl() < 0 || pthread_create(&thread, NULL, events_run, NULL))
		return give_up("event loop");
	connection = virConnectOpen(argv[1]);
	if (!connection)
		return give_up(argv[1]);
	if (virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE) != 1)
		return give_up("there is not exactly one domain");
	r = measure(domains[0], argv[2], count);
	virDomainFree(domains[0]);
	free(domains);
	virConnectClose(connection);
	return r;
}
