/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is found in libvirt's XML, and what is refused.
 */
#include <errno.h>

#include "base/str.h"
#include "hypervisor/libvirt/domain-xml.h"
#include "tests/lib/test.h"

#define ID "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"

static const char running[] =
	"<domain type='qemu' id='7'><name>n</name><devices>"
	"<disk type='file'><alias name='ua-root'/><target dev='vda' bus='virtio'/></disk>"
	"<disk type='file'><alias name='ua-1'/><target dev='vdb' bus='virtio'/></disk>"
	"<disk type='file'><target dev='vdc' bus='virtio'/></disk>"
	"<filesystem><alias name='ua-2'/><target dir='vdb'/></filesystem>"
	"<serial type='file'><source path='/srv/a&amp;b'/></serial>"
	"</devices></domain>";

static DeviceSeen find_kind(DeviceKind kind, const char *xml, const char *alias, const char *target)
{
	static char user[64];
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Device device = {.kind = kind, .alias = alias, .target = target};
	DeviceSeen seen = {0};

	assert_int_equal(domain_xml_find_device(xml, &device, arena, &seen, NULL), 0);
	if (seen.target_user) {
		(void)snprintf(user, sizeof(user), "%s", seen.target_user);
		seen.target_user = user;
	}
	return seen;
}

static DeviceSeen find(const char *xml, const char *alias, const char *target)
{
	return find_kind(DEVICE_DISK, xml, alias, target);
}

TEST(disk_by_alias)
{
	assert_true(find(running, "ua-1", NULL).found);
	assert_true(find(running, "ua-1", NULL).running);
	assert_false(find(running, "ua-2", NULL).found);
	assert_false(find(running, "vdb", NULL).found);
	assert_false(find("<domain><devices/></domain>", "ua-1", NULL).running);
}

TEST(who_has_a_target)
{
	assert_null(find(running, "ua-1", "vdb").target_user);
	assert_string_equal(find(running, "ua-9", "vdb").target_user, "ua-1");
	assert_string_equal(find(running, "ua-9", "vdc").target_user, "another device");
	assert_null(find(running, "ua-9", "vdd").target_user);
}

/* Tags and names of disks have nothing to do with each other. */
TEST(filesystem_by_alias)
{
	assert_true(find_kind(DEVICE_FILESYSTEM, running, "ua-2", NULL).found);
	assert_false(find_kind(DEVICE_FILESYSTEM, running, "ua-1", NULL).found);
	assert_string_equal(find_kind(DEVICE_FILESYSTEM, running, "ua-9", "vdb").target_user,
			    "ua-2");
	assert_null(find_kind(DEVICE_FILESYSTEM, running, "ua-9", "vdc").target_user);
}

TEST(where_a_disk_is_and_goes)
{
	static const char xml[] =
		"<domain id='1'><devices><disk><alias name='ua-1'/><source file='/a'/>"
		"<target dev='vdb' bus='virtio'/><serial>s-1</serial>"
		"<mirror type='file' job='copy' ready='yes'><format type='raw'/>"
		"<source file='/b'/></mirror></disk>"
		"<disk><alias name='ua-2'/><source dev='/dev/x'/><target dev='vdc'/></disk>"
		"<disk><alias name='ua-3'/><source protocol='nbd' name='export'/></disk>"
		"</devices></domain>";
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DiskPlace seen = {0};

	assert_int_equal(domain_xml_find_place(xml, "ua-1", arena, &seen, NULL), 0);
	assert_true(seen.found);
	assert_string_equal(seen.target, "vdb");
	assert_string_equal(seen.serial, "s-1");
	assert_string_equal(seen.place, "/a");
	assert_string_equal(seen.mirror, "/b");
	assert_string_equal(seen.ready, "yes");
	assert_int_equal(domain_xml_find_place(xml, "ua-2", arena, &seen, NULL), 0);
	assert_string_equal(seen.place, "/dev/x");
	assert_null(seen.mirror);
	assert_null(seen.serial);
	assert_int_equal(domain_xml_find_place(xml, "ua-3", arena, &seen, NULL), 0);
	assert_string_equal(seen.place, "export");
	assert_int_equal(domain_xml_find_place(xml, "ua-4", arena, &seen, NULL), 0);
	assert_false(seen.found);
	assert_true(domain_xml_find_place("<x/>", "ua-1", arena, &seen, NULL) < 0);
}

TEST(addresses_of_disks)
{
	static const char xml[] =
		"<domain><devices><disk><alias name='ua-1'/><target dev='vdb' bus='virtio'/>"
		"<address type='pci' domain='0x0000' bus='0x0b' slot='0x1f' function='0x7'/></disk>"
		"<disk><alias name='ua-2'/><target dev='sda' bus='scsi'/>"
		"<address type='drive' controller='0' bus='0' target='0' unit='0'/></disk>"
		"<disk><alias name='ua-3'/><address type='pci' domain='0x0000'/></disk>"
		"<disk><target dev='vdc' bus='virtio'/></disk></devices></domain>";
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DiskAddress *found = NULL;
	size_t count = 0;

	assert_int_equal(domain_xml_addresses(xml, arena, &found, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_string_equal(found[0].bus, "virtio");
	assert_string_equal(found[0].pci, "0000:0b:1f.7");
	assert_string_equal(found[1].bus, "scsi");
	assert_null(found[1].pci);
	assert_null(found[2].pci);
}

TEST(sources_by_index)
{
	static const char xml[] =
		"<domain type='qemu' id='7'><devices><controller type='pci' index='9'/>"
		"<disk type='file'><source file='/a' index='1'/>"
		"<backingStore><source file='/b' index='3'/></backingStore></disk>"
		"<disk type='file'><source file='/c' index='12'/></disk></devices></domain>";

	assert_true(domain_xml_has_source(xml, "1"));
	assert_true(domain_xml_has_source(xml, "3"));
	assert_true(domain_xml_has_source(xml, "12"));
	assert_false(domain_xml_has_source(xml, "2"));
	assert_false(domain_xml_has_source(xml, "9"));
	assert_false(domain_xml_has_source(running, "7"));
}

TEST(console_path)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *path = "";

	assert_int_equal(domain_xml_console(running, arena, &path, NULL), 0);
	assert_string_equal(path, "/srv/a&b");
	assert_int_equal(domain_xml_console("<domain><devices/></domain>", arena, &path, NULL), 0);
	assert_null(path);
}

TEST(not_a_domain)
{
	static const char *const wrong[] = {
		"",
		"<domain",
		"<domain/>",
		"<network><devices/></network>",
		"<!DOCTYPE domain SYSTEM 'http://127.0.0.1/x'><domain>&x;</domain>",
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Device device = {.kind = DEVICE_DISK, .alias = "ua-1"};
	DeviceSeen seen;
	Fault f = {0};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(domain_xml_find_device(wrong[i], &device, arena, &seen, &f),
				 -EBADMSG);
}

TEST(what_a_domain_is_like)
{
	static const char xml[] =
		"<domain type='qemu' id='3'><name>old</name><uuid>" ID "</uuid>"
		"<title>a &lt;b&gt;</title><memory unit='KiB'>524288</memory>"
		"<currentMemory unit='KiB'>262144</currentMemory><vcpu placement='static'>2</vcpu>"
		"<devices>"
		"<disk type='file' device='disk'><source file='/srv/a.qcow2' index='1'/>"
		"<target dev='hda' bus='ide'/><alias name='ide0-0-0'/></disk>"
		"<interface type='user'/>"
		"<disk type='network' device='disk'><source protocol='rbd' name='p/i'>"
		"<host name='h'/></source><target dev='vda' bus='virtio'/><readonly/></disk>"
		"<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>"
		"</devices></domain>";
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DomainFacts facts;
	Fault f = {0};

	assert_int_equal(domain_xml_facts(xml, arena, &facts, &f), 0);
	assert_string_equal(facts.id, ID);
	assert_string_equal(facts.name, "old");
	assert_string_equal(facts.title, "a <b>");
	assert_int_equal(facts.ram_mib, 512);
	assert_int_equal(facts.vcpus, 2);
	assert_int_equal(facts.disk_count, 3);
	assert_string_equal(facts.disks[0].source, "/srv/a.qcow2");
	assert_string_equal(facts.disks[0].target, "hda");
	assert_string_equal(facts.disks[0].alias, "ide0-0-0");
	assert_false(facts.disks[0].readonly);
	assert_string_equal(facts.disks[1].source, "rbd:p/i");
	assert_string_equal(facts.disks[1].type, "network");
	assert_true(facts.disks[1].readonly);
	assert_string_equal(facts.disks[2].device, "cdrom");
	assert_null(facts.disks[2].source);
	assert_true(domain_xml_facts("<domain><devices/></domain>", arena, &facts, &f) < 0);
	assert_true(domain_xml_facts("<domain/>", arena, &facts, &f) < 0);
}

TEST(what_a_host_is_able_to_do)
{
	static const char xml[] =
		"<domainCapabilities><memoryBacking supported='yes'><enum name='sourceType'>"
		"<value>file</value><value>memfd</value></enum></memoryBacking><devices>"
		"<filesystem supported='yes'><enum name='driverType'><value>path</value></enum>"
		"<enum name='other'><value>virtiofs</value></enum></filesystem>"
		"<tpm supported='no'><enum name='model'><value>x</value></enum></tpm>"
		"</devices></domainCapabilities>";

	assert_true(capabilities_offer(xml, "memoryBacking", "sourceType", "memfd"));
	assert_true(capabilities_offer(xml, "filesystem", "driverType", "path"));
	assert_false(capabilities_offer(xml, "filesystem", "driverType", "virtiofs"));
	assert_false(capabilities_offer(xml, "tpm", "model", "x"));
	assert_false(capabilities_offer(xml, "sound", "model", "x"));
	assert_false(capabilities_offer("<domainCap", "filesystem", "driverType", "path"));
}
