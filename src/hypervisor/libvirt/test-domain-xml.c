/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The XML of whole domains and of disks against golden files; REGEN=1 rewrites them.
 */
#include <fcntl.h>

#include "base/str.h"
#include "hypervisor/libvirt/domain-xml.h"
#include "tests/lib/test.h"

#define ID "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"

static bool direct(const char *path)
{
	return !strstr(path, "/tmpfs/");
}

static char *golden_path(const char *name)
{
	const char *slash = strrchr(__FILE__, '/');
	Buf path = {0};

	buf_printf(&path, "%.*s/golden/%s.xml", (int)(slash - __FILE__), __FILE__, name);
	return buf_take(&path);
}

static void regenerate(const char *path, const char *text)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void assert_golden(const char *name, const char *text)
{
	_cleanup_(freep) char *path = golden_path(name);
	_cleanup_(closep) int fd = -1;
	char wanted[16 * 1024];
	ssize_t n;

	if (getenv("REGEN"))
		regenerate(path, text);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("%s: %m", path);
	n = read(fd, wanted, sizeof(wanted) - 1);
	assert_true(n >= 0);
	wanted[n] = '\0';
	assert_string_equal(text, wanted);
}

static void assert_domain(const char *name, const DomainSpec *spec, bool kvm)
{
	_cleanup_(freep) char *text = domain_xml_write(spec, kvm, direct);

	assert_golden(name, text);
}

static void assert_disk(const char *name, const DiskSpec *disk)
{
	_cleanup_(freep) char *text = disk_xml_text(disk, direct(disk->path));

	assert_golden(name, text);
}

static const DiskSpec root = {
	.alias = "ua-root",
	.target = "vda",
	.bus = "virtio",
	.path = "/srv/root",
	.format = DISK_FORMAT_QCOW2,
};

static const DiskSpec volume = {
	.alias = "ua-3d1f",
	.target = "vdb",
	.bus = "virtio",
	.serial = "9a1be9a0-0b5c-4b44-8a0e-1f5d35a6f3c2",
	.path = "/srv/volumes/9a1b",
	.format = DISK_FORMAT_RAW,
};

TEST(kernel_boot_emulated)
{
	const DiskSpec disks[] = {root, volume};
	const DomainSpec spec = {
		.id = ID,
		.name = "cleat-5f1c9f3e",
		.title = "web <1> & \"2\"\x01",
		.ram_mib = 256,
		.vcpus = 2,
		.kernel_path = "/srv/vmlinux",
		.ramdisk_path = "/srv/initrd",
		.kernel_args = "console=ttyS0 quiet",
		.console_path = "/srv/console",
		.channel_path = "/srv/channel",
		.network = true,
		.disks = disks,
		.disk_count = ARRAY_SIZE(disks),
	};

	assert_domain("kernel-boot-emulated", &spec, false);
}

TEST(disk_boot_kvm)
{
	const DiskSpec disks[] = {root, volume};
	const DomainSpec spec = {
		.id = ID,
		.name = "cleat-5f1c9f3e",
		.ram_mib = 4096,
		.vcpus = 1,
		.disks = disks,
		.disk_count = ARRAY_SIZE(disks),
	};

	assert_domain("disk-boot-kvm", &spec, true);
}

TEST(kernel_words_are_not_doubled)
{
	DomainSpec spec = {
		.id = ID,
		.name = "n",
		.ram_mib = 1,
		.vcpus = 1,
		.kernel_path = "/k",
		.kernel_args = "tsc=reliable no_timer_check_not",
	};
	_cleanup_(freep) char *emulated = domain_xml_write(&spec, false, direct);
	_cleanup_(freep) char *kvm = domain_xml_write(&spec, true, direct);

	assert_non_null(strstr(
		emulated, "<cmdline>tsc=reliable no_timer_check_not no_timer_check</cmdline>"));
	assert_non_null(strstr(kvm, "<cmdline>tsc=reliable no_timer_check_not</cmdline>"));
}

TEST(disks)
{
	DiskSpec disk = volume;

	assert_disk("disk-raw", &disk);
	disk.path = "/tmpfs/no-direct-io";
	disk.format = DISK_FORMAT_QCOW2;
	assert_disk("disk-buffered", &disk);
	disk.shareable = true;
	disk.readonly = true;
	disk.is_block = true;
	disk.path = "/dev/vg/a&b";
	disk.bus = "scsi";
	disk.target = "sdb";
	assert_disk("disk-shared-block", &disk);
}
