/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libvirt's attach and detach calls by themselves, on the one domain that runs below an embedded
 * root: what the same through cleatd is measured against.
 *
 *     bare-attach URI ROUNDS FILE...
 *
 * In each round all files are plugged in, one after the other, and then let go of. Prints the
 * milliseconds of each attach and each detach, a file on a line. Disks are described as cleatd does
 * it.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"

enum { RELEASE_MS = 30000, RETRY_MS = 3000, LOOK_MS = 10 };

enum { FILES_MAX = 24, ALIAS_BYTES = 32 };

static const char disk_format[] =
	"<disk type='file' device='disk'>"
	"<driver name='qemu' type='raw' cache='none' io='native' discard='unmap'/>"
	"<alias name='%s'/><source file='%s'/><backingStore/>"
	"<target dev='vd%c%c' bus='virtio'/><serial>bench</serial></disk>";

/* One of the files, and how long it took. */
typedef struct Disk {
	char alias[ALIAS_BYTES];
	char xml[2048];
	int64_t attach_us;
} Disk;

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

static bool is_plugged(virDomainPtr domain, const char *alias)
{
	char *xml = virDomainGetXMLDesc(domain, 0);
	bool found = xml && strstr(xml, alias);

	free(xml);
	return found;
}

/* Whether the guest let go; a guest that did not hear the first time is asked again. */
static bool unplug(virDomainPtr domain, const char *alias)
{
	int64_t end = clock_mono_ms() + RELEASE_MS, ask = 0;

	while (is_plugged(domain, alias)) {
		if (clock_mono_ms() > end)
			return false;
		if (clock_mono_ms() >= ask) {
			(void)virDomainDetachDeviceAlias(domain, alias, VIR_DOMAIN_AFFECT_LIVE);
			ask = clock_mono_ms() + RETRY_MS;
		}
		clock_sleep_ms(LOOK_MS);
	}
	return true;
}

static int plug(virDomainPtr domain, Disk *disk)
{
	int64_t began = clock_mono_us();

	if (virDomainAttachDeviceFlags(domain, disk->xml,
				       VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG) < 0)
		return give_up("attach");
	disk->attach_us = clock_mono_us() - began;
	return 0;
}

static int let_go(virDomainPtr domain, const Disk *disk)
{
	int64_t began = clock_mono_us();

	if (!unplug(domain, disk->alias))
		return give_up("detach");
	if (virDomainDetachDeviceFlags(domain, disk->xml, VIR_DOMAIN_AFFECT_CONFIG) < 0)
		return give_up("detach from the definition");
	(void)printf("%.2f %.2f\n", (double)disk->attach_us / 1000,
		     (double)(clock_mono_us() - began) / 1000);
	return 0;
}

/* Aliases of one length, so that none is found in another one. */
static bool describe(Disk *disk, unsigned number, const char *file)
{
	int n;

	(void)snprintf(disk->alias, sizeof(disk->alias), "ua-bench-%02u", number);
	n = snprintf(disk->xml, sizeof(disk->xml), disk_format, disk->alias, file, 'z',
		     'a' + (int)number);
	return n > 0 && (size_t)n < sizeof(disk->xml);
}

static int measure(virDomainPtr domain, uint64_t rounds, char *const *files, unsigned count)
{
	static Disk disks[FILES_MAX];

	for (unsigned i = 0; i < count; i++)
		if (!describe(&disks[i], i, files[i]))
			return 2;
	for (uint64_t round = 0; round < rounds; round++) {
		for (unsigned i = 0; i < count; i++)
			if (plug(domain, &disks[i]))
				return 1;
		for (unsigned i = 0; i < count; i++)
			if (let_go(domain, &disks[i]))
				return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	virDomainPtr *domains = NULL;
	virConnectPtr connection;
	pthread_t thread;
	uint64_t rounds;
	int r;

	if (argc < 4 || argc > 3 + FILES_MAX || !str_parse_u64(argv[2], &rounds))
		return 2;
	if (virEventRegisterDefaultImpl() < 0 || pthread_create(&thread, NULL, events_run, NULL))
		return give_up("event loop");
	connection = virConnectOpen(argv[1]);
	if (!connection)
		return give_up(argv[1]);
	if (virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE) != 1)
		return give_up("there is not exactly one domain");
	r = measure(domains[0], rounds, argv + 3, (unsigned)argc - 3);
	virDomainFree(domains[0]);
	free(domains);
	virConnectClose(connection);
	return r;
}
