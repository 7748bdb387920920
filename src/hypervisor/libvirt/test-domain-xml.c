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
	const DomainHost host = {.kvm = kvm, .direct_io = direct};
	_cleanup_(freep) char *text = domain_xml_write(spec, &host);

	assert_golden(name, text);
}

static void assert_disk(const char *name, const DiskSpec *disk)
{
	_cleanup_(freep) char *text = disk_xml_text(disk, !disk->path || direct(disk->path));

	assert_golden(name, text);
}

static const DiskSpec root = {
	.alias = "ua-root",
	.target = "vda",
	.bus = "virtio",
	.path = "/srv/root",
	.format = DISK_FORMAT_QCOW2,
	.boot_order = 1,
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

TEST(interface_on_a_bridge)
{
	const TapSpec tap = {
		.bridge = "br0",
		.mac = "52:c1:0a:14:00:05",
		.address = "10.20.0.5",
		.filter = "clean-traffic",
	};
	const DomainSpec spec = {
		.id = ID,
		.name = "cleat-5f1c9f3e",
		.ram_mib = 256,
		.vcpus = 1,
		.network = true,
		.tap = &tap,
		.disks = &root,
		.disk_count = 1,
	};

	assert_domain("bridge", &spec, true);
}

TEST(memory_of_huge_pages)
{
	const DomainSpec spec = {
		.id = ID,
		.name = "cleat-5f1c9f3e",
		.ram_mib = 2048,
		.vcpus = 1,
		.page_kib = 2048,
		.disks = &root,
		.disk_count = 1,
	};

	assert_domain("huge-pages", &spec, true);
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
	const DomainHost host = {.direct_io = direct}, able = {.direct_io = direct, .kvm = true};
	_cleanup_(freep) char *emulated = domain_xml_write(&spec, &host);
	_cleanup_(freep) char *kvm = domain_xml_write(&spec, &able);

	assert_non_null(strstr(
		emulated, "<cmdline>tsc=reliable no_timer_check_not no_timer_check</cmdline>"));
	assert_non_null(strstr(kvm, "<cmdline>tsc=reliable no_timer_check_not</cmdline>"));
}

TEST(disks)
{
	DiskSpec disk = volume;

	assert_disk("disk-raw", &disk);
	disk.readonly = true;
	assert_disk("disk-readonly", &disk);
	disk.readonly = false;
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

TEST(tuned_disks)
{
	DiskSpec disk = volume;

	disk.tune = (DiskTune){
		.cache = DISK_CACHE_WRITETHROUGH,
		.keep_discarded = true,
		.logical_block_size = 512,
		.physical_block_size = 4096,
	};
	for (int i = 0; i < _DISK_LIMIT_MAX; i++)
		disk.tune.limits[i] = i + 1;
	disk.boot_order = 2;
	assert_disk("disk-tuned", &disk);
	disk = volume;
	disk.tune.io = DISK_IO_URING;
	disk.tune.cache = DISK_CACHE_DIRECTSYNC;
	disk.device = DISK_DEVICE_CDROM;
	disk.bus = "sata";
	disk.target = "sda";
	assert_disk("disk-cdrom", &disk);
	disk.path = NULL;
	assert_disk("disk-cdrom-empty", &disk);
}

/* What the host's file system cannot do is not asked for, whatever the volume type says. */
TEST(a_cache_mode_gives_way_to_the_file_system)
{
	static const struct {
		DiskCache wish;
		const char *path;
		const char *driver;
	} rows[] = {
		{DISK_CACHE_DIRECTSYNC, "/v", "cache=\"directsync\" io=\"native\""},
		{DISK_CACHE_DIRECTSYNC, "/tmpfs/v", "cache=\"writeback\" io=\"threads\""},
		{DISK_CACHE_NONE, "/tmpfs/v", "cache=\"writeback\" io=\"threads\""},
		{DISK_CACHE_WRITEBACK, "/v", "cache=\"writeback\" io=\"threads\""},
	};
	DiskSpec disk = volume;

	disk.tune.io = DISK_IO_NATIVE;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(freep) char *text = NULL;

		disk.tune.cache = rows[i].wish;
		disk.path = rows[i].path;
		text = disk_xml_text(&disk, direct(disk.path));
		if (!strstr(text, rows[i].driver))
			fail_msg("%s", text);
	}
	disk.shareable = true;
	disk.path = "/v";
	{
		_cleanup_(freep) char *text = disk_xml_text(&disk, true);

		assert_non_null(strstr(text, "cache=\"none\"")); /* two guests, two caches */
	}
}

TEST(network_disks)
{
	static const DiskHost monitors[] = {{.name = "192.0.2.1", .port = "6789"},
					    {.name = "2001:db8::2", .port = "6789"}};
	static const DiskHost portal = {.name = "192.0.2.3", .port = "3260"};
	static const DiskHost socket = {.socket = "/run/nbd.sock"};
	DiskNetwork network = {
		.protocol = DISK_PROTOCOL_RBD,
		.name = "pool/volume-1",
		.hosts = monitors,
		.host_count = ARRAY_SIZE(monitors),
		.config_path = "/etc/ceph/ceph.conf",
		.auth_user = "cinder",
		.auth_secret = ID,
	};
	DiskSpec disk = volume;

	disk.path = NULL;
	disk.network = &network;
	assert_disk("disk-rbd", &disk);
	network = (DiskNetwork){
		.protocol = DISK_PROTOCOL_ISCSI,
		.name = "iqn.2010-10.org.example:volume-1/1",
		.hosts = &portal,
		.host_count = 1,
		.initiator = "iqn.1993-08.org.debian:01:host",
		.auth_user = "chap",
		.auth_secret = ID,
	};
	assert_disk("disk-iscsi", &disk);
	network = (DiskNetwork){
		.protocol = DISK_PROTOCOL_NBD,
		.name = "volume-1",
		.hosts = &socket,
		.host_count = 1,
	};
	assert_disk("disk-nbd", &disk);
}

TEST(filesystems)
{
	const FilesystemSpec hostile = {
		.alias = "ua-1",
		.tag = "a'/><x>",
		.path = "/srv/a & <b> \"c\"' --socket-path=/x",
	};
	const FilesystemService service = {
		.binary = "/usr/libexec/virtiofsd",
		.queue = 512,
		.cache = "none",
	};
	_cleanup_(freep) char *text = filesystem_xml_text(&hostile, &service);

	assert_golden("filesystem-tuned", text);
}

TEST(paths_that_would_become_options)
{
	assert_true(filesystem_path_usable("/srv/shares/a b;c=d"));
	assert_false(filesystem_path_usable("/srv/a,sandbox=chroot"));
	assert_false(filesystem_path_usable("/srv/a\\,b"));
}

TEST(domain_with_filesystems)
{
	const FilesystemSpec filesystems[] = {
		{.alias = "ua-51", .tag = "data", .path = "/srv/shares/1"},
		{.alias = "ua-52", .tag = "8d0f3c3e-9a3b-4c38-8b0c-1f0f6d5b2a11", .path = "/mnt/2"},
	};
	const DomainSpec spec = {
		.id = ID,
		.name = "cleat-5f1c9f3e",
		.ram_mib = 256,
		.vcpus = 1,
		.disks = &root,
		.disk_count = 1,
		.filesystems = filesystems,
		.filesystem_count = ARRAY_SIZE(filesystems),
	};

	assert_domain("filesystems", &spec, false);
}
