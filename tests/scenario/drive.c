/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Where disks are, and what is in a CD-ROM drive.
 */
#include "base/str.h"
#include "tests/scenario/machine.h"

/* All NULL when the domain has no such disk. */
static DiskAddress address_of(const Machine *m, const char *alias, Arena *arena)
{
	DiskAddress *addresses = NULL;
	size_t count = 0;
	Fault f = {0};

	must(hypervisor_disk_addresses(hypervisor, m->id, arena, &addresses, &count, &f), &f);
	for (size_t i = 0; i < count; i++)
		if (str_eq(addresses[i].alias, alias))
			return addresses[i];
	return (DiskAddress){0};
}

/* "0000:00:05.0" */
static void assert_pci(const char *text)
{
	unsigned numbers[4];
	int end = 0;

	assert_non_null(text);
	assert_int_equal(sscanf(text, "%4x:%2x:%2x.%1x%n", &numbers[0], &numbers[1], &numbers[2],
				&numbers[3], &end),
			 4);
	assert_int_equal(end, strlen(text));
}

void disks_have_addresses(void **state _unused_)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DiskAddress address;
	DiskAddress *none = NULL;
	size_t count = 0;
	Machine m;
	Fault f = {0};

	machine_init(&m);
	assert_int_equal(hypervisor_disk_addresses(hypervisor, m.id, arena, &none, &count, &f),
			 HYPERVISOR_NO_DOMAIN);
	define(&m);
	assert_null(address_of(&m, m.alias, arena).alias);
	start(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	address = address_of(&m, m.alias, arena);
	assert_non_null(address.bus);
	assert_string_equal(address.bus, "virtio");
	assert_pci(address.pci);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	assert_pci(address_of(&m, m.alias, arena).pci); /* of the definition */
	machine_gone(&m);
}

void medium_is_changed(void **state _unused_)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DiskSpec disks[2];
	char other[300];
	Machine m;
	DiskAddress address;
	Fault f = {0};

	machine_init(&m);
	(void)snprintf(other, sizeof(other), "%s.other", m.disk);
	make_file(other, 4 << 20);
	disks[0] = (DiskSpec){
		.alias = "ua-config",
		.target = "sdo",
		.bus = "scsi",
		.device = DISK_DEVICE_CDROM,
		.path = m.disk,
		.scsi_unit = 200,
		.readonly = true,
	};
	m.spec.disks = disks;
	m.spec.disk_count = 1;
	assert_int_equal(hypervisor_change_medium(hypervisor, m.id, &disks[0], &f),
			 HYPERVISOR_NO_DOMAIN);
	define(&m);
	start(&m);
	disks[1] = disks[0];
	disks[1].path = other;
	disks[1].alias = "ua-other";
	assert_int_equal(hypervisor_change_medium(hypervisor, m.id, &disks[1], &f),
			 HYPERVISOR_NO_DISK);
	disks[1].alias = "ua-config";
	must(hypervisor_change_medium(hypervisor, m.id, &disks[1], &f), &f);
	must(hypervisor_change_medium(hypervisor, m.id, &disks[1], &f), &f);
	address = address_of(&m, "ua-config", arena);
	assert_non_null(address.bus);
	assert_string_equal(address.bus, "scsi");
	assert_null(address.pci);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	must(hypervisor_change_medium(hypervisor, m.id, &disks[0], &f), &f);
	assert_int_equal(unlink(other), 0); /* nothing names it any more */
	start(&m);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	machine_gone(&m);
}
