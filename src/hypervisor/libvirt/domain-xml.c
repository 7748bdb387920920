/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The <domain> element: a q35 machine without anything that a guest of a cloud does not need.
 */
#include "hypervisor/libvirt/domain-xml.h"
#include "base/str.h"

/*
 * Words for the kernel of a directly booted guest under emulation. Emulated timers are too
 * uneven for the kernel's checks: without the first it may panic ("IO-APIC + timer doesn't
 * work") and without the second it calibrates for seconds, or for ever, on a busy machine.
 */
static const char *const emulation_words[] = {"no_timer_check", "tsc=reliable"};

static bool has_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(line, word); at; at = strstr(at + n, word))
		if ((at == line || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
			return true;
	return false;
}

static void write_kernel(Xml *xml, const DomainSpec *spec, bool kvm)
{
	_cleanup_(buf_done) Buf line = {0};

	buf_add(&line, spec->kernel_args ? spec->kernel_args : "");
	for (size_t i = 0; !kvm && i < ARRAY_SIZE(emulation_words); i++)
		if (!has_word(buf_text(&line), emulation_words[i]))
			buf_printf(&line, "%s%s", line.length ? " " : "", emulation_words[i]);
	xml_text(xml, "kernel", spec->kernel_path);
	xml_text(xml, "initrd", spec->ramdisk_path);
	if (line.length)
		xml_text(xml, "cmdline", buf_text(&line));
}

static void write_os(Xml *xml, const DomainSpec *spec, bool kvm)
{
	xml_open(xml, "os");
	xml_open(xml, "type");
	xml_attr(xml, "arch", "x86_64");
	xml_attr(xml, "machine", "q35");
	xml_content(xml, "hvm");
	xml_close(xml);
	if (spec->kernel_path)
		write_kernel(xml, spec, kvm);
	xml_close(xml);
}

static void write_pages(Xml *xml, int64_t kib)
{
	xml_open(xml, "hugepages");
	xml_open(xml, "page");
	xml_attr_int(xml, "size", kib);
	xml_attr(xml, "unit", "KiB");
	xml_close(xml);
	xml_close(xml);
}

/*
 * Memory is a shared memfd, which shares by virtiofs need. The NUMA cell is explicit because
 * libvirt 9.0 otherwise forgets, once it has found a running guest again, that the memory is
 * shared, and refuses to plug shares.
 */
static void write_memory(Xml *xml, const DomainSpec *spec)
{
	xml_open(xml, "memory");
	xml_attr(xml, "unit", "MiB");
	xml_content_int(xml, spec->ram_mib);
	xml_close(xml);
	xml_open(xml, "memoryBacking");
	if (spec->page_kib)
		write_pages(xml, spec->page_kib);
	xml_leaf(xml, "source", "type", "memfd");
	xml_leaf(xml, "access", "mode", "shared");
	xml_close(xml);
}

static void write_numa(Xml *xml, const DomainSpec *spec)
{
	char cpus[32];

	(void)snprintf(cpus, sizeof(cpus), "0-%lld", (long long)spec->vcpus - 1);
	xml_open(xml, "numa");
	xml_open(xml, "cell");
	xml_attr_int(xml, "id", 0);
	xml_attr(xml, "cpus", spec->vcpus == 1 ? "0" : cpus);
	xml_attr_int(xml, "memory", spec->ram_mib);
	xml_attr(xml, "unit", "MiB");
	xml_attr(xml, "memAccess", "shared");
	xml_close(xml);
	xml_close(xml);
}

/* Emulated: all that QEMU can do, but five-level page tables, whose walks cost time. */
static void write_cpu(Xml *xml, const DomainSpec *spec, bool kvm)
{
	xml_open(xml, "vcpu");
	xml_content_int(xml, spec->vcpus);
	xml_close(xml);
	xml_open(xml, "cpu");
	xml_attr(xml, "mode", kvm ? "host-passthrough" : "maximum");
	if (!kvm) {
		xml_open(xml, "feature");
		xml_attr(xml, "policy", "disable");
		xml_attr(xml, "name", "la57");
		xml_close(xml);
	}
	write_numa(xml, spec);
	xml_close(xml);
}

static void write_lifecycle(Xml *xml)
{
	xml_open(xml, "features");
	xml_leaf(xml, "acpi", NULL, NULL);
	xml_leaf(xml, "apic", NULL, NULL);
	xml_close(xml);
	xml_leaf(xml, "clock", "offset", "utc");
	xml_text(xml, "on_poweroff", "destroy");
	xml_text(xml, "on_reboot", "restart");
	xml_text(xml, "on_crash", "destroy");
}

static void write_controller(Xml *xml, const char *type, int64_t index, const char *model)
{
	xml_open(xml, "controller");
	xml_attr(xml, "type", type);
	xml_attr_int(xml, "index", index);
	xml_attr(xml, "model", model);
	xml_close(xml);
}

/* Devices of the domain's own that take a root port each. */
static int64_t own_ports(const DomainSpec *spec)
{
	int64_t n = 2; /* the SCSI controller and the random numbers */

	for (size_t i = 0; i < spec->disk_count; i++)
		n += str_eq(spec->disks[i].bus, "virtio");
	n += (int64_t)spec->filesystem_count;
	return n + (spec->channel_path ? 1 : 0) + (spec->network ? 1 : 0);
}

static void write_controllers(Xml *xml, const DomainSpec *spec)
{
	int64_t ports = own_ports(spec) + DOMAIN_XML_FREE_PORTS;

	write_controller(xml, "usb", 0, "none");
	write_controller(xml, "scsi", 0, "virtio-scsi");
	for (int64_t i = 1; i <= ports; i++)
		write_controller(xml, "pci", i, "pcie-root-port");
}

/* The firmware has nothing to choose where the kernel is given. */
static void write_disks(Xml *xml, const DomainSpec *spec, DirectIoFunction direct_io)
{
	for (size_t i = 0; i < spec->disk_count; i++) {
		DiskSpec disk = spec->disks[i];

		if (spec->kernel_path)
			disk.boot_order = 0;
		disk_xml_write(xml, &disk, disk.path ? direct_io(disk.path) : true);
	}
}

static void write_network(Xml *xml, const DomainSpec *spec)
{
	char mac[DOMAIN_MAC_TEXT];

	xml_open(xml, "interface");
	xml_attr(xml, "type", "user");
	xml_leaf(xml, "mac", "address", domain_mac(spec->id, mac));
	xml_leaf(xml, "model", "type", "virtio");
	xml_close(xml);
}

/* libvirt makes the tap device and puts it on the bridge. */
static void write_tap(Xml *xml, const TapSpec *tap)
{
	xml_open(xml, "interface");
	xml_attr(xml, "type", "bridge");
	xml_leaf(xml, "source", "bridge", tap->bridge);
	xml_leaf(xml, "mac", "address", tap->mac);
	xml_leaf(xml, "model", "type", "virtio");
	if (tap->filter) {
		xml_open(xml, "filterref");
		xml_attr(xml, "filter", tap->filter);
		xml_open(xml, "parameter");
		xml_attr(xml, "name", "IP");
		xml_attr(xml, "value", tap->address);
		xml_close(xml);
		xml_close(xml);
	}
	xml_close(xml);
}

static void write_argument(Xml *xml, const char *value)
{
	xml_leaf(xml, "qemu:arg", "value", value);
}

/*
 * The same interface with a way to 169.254.169.254, for which libvirt has no words. The address
 * has to be one of the network's own, so the guest has a link-local one as well. The slot is one
 * that libvirt, which does not see the interface, does not come to.
 */
static void write_relayed_network(Xml *xml, const DomainSpec *spec)
{
	_cleanup_(buf_done) Buf text = {0};
	char mac[DOMAIN_MAC_TEXT];

	xml_open(xml, "qemu:commandline");
	write_argument(xml, "-netdev");
	buf_printf(&text,
		   "user,id=cleatnet,net=169.254.0.0/16,host=169.254.0.2,dns=169.254.0.3,"
		   "dhcpstart=169.254.10.15,guestfwd=tcp:169.254.169.254:80-cmd:%s",
		   spec->relay);
	write_argument(xml, text.data);
	write_argument(xml, "-device");
	text.length = 0;
	buf_printf(&text, "virtio-net-pci,netdev=cleatnet,mac=%s,bus=pcie.0,addr=0x10",
		   domain_mac(spec->id, mac));
	write_argument(xml, text.data);
	xml_close(xml);
}

static void write_console(Xml *xml, const char *path)
{
	xml_open(xml, "serial");
	xml_attr(xml, "type", "file");
	xml_open(xml, "source");
	xml_attr(xml, "path", path);
	xml_attr(xml, "append", "on"); /* what it said before a restart is worth keeping */
	xml_close(xml);
	xml_leaf(xml, "target", "port", "0");
	xml_close(xml);
}

static void write_channel(Xml *xml, const char *path)
{
	xml_open(xml, "channel");
	xml_attr(xml, "type", "unix");
	xml_open(xml, "source");
	xml_attr(xml, "mode", "bind");
	xml_attr(xml, "path", path);
	xml_close(xml);
	xml_open(xml, "target");
	xml_attr(xml, "type", "virtio");
	xml_attr(xml, "name", "org.cleat.guest.0");
	xml_close(xml);
	xml_close(xml);
}

static void write_devices(Xml *xml, const DomainSpec *spec, const DomainHost *host)
{
	xml_open(xml, "devices");
	write_disks(xml, spec, host->direct_io);
	write_controllers(xml, spec);
	for (size_t i = 0; i < spec->filesystem_count; i++)
		filesystem_xml_write(xml, &spec->filesystems[i], &host->filesystems);
	if (spec->tap)
		write_tap(xml, spec->tap);
	else if (spec->network && !spec->relay)
		write_network(xml, spec);
	if (spec->console_path)
		write_console(xml, spec->console_path);
	if (spec->channel_path)
		write_channel(xml, spec->channel_path);
	xml_leaf(xml, "memballoon", "model", "none");
	xml_open(xml, "rng");
	xml_attr(xml, "model", "virtio");
	xml_open(xml, "backend");
	xml_attr(xml, "model", "random");
	xml_content(xml, "/dev/urandom");
	xml_close(xml);
	xml_close(xml);
	xml_close(xml);
}

static void write_head(Xml *xml, const DomainSpec *spec)
{
	xml_text(xml, "name", spec->name);
	xml_text(xml, "uuid", spec->id);
	if (!str_empty(spec->title) && !strchr(spec->title, '\n'))
		xml_text(xml, "title", spec->title); /* one line only */
	xml_open(xml, "metadata");
	xml_leaf(xml, "cleat:domain", "xmlns:cleat", DOMAIN_XML_NAMESPACE);
	xml_close(xml);
}

char *domain_xml_write(const DomainSpec *spec, const DomainHost *host)
{
	_cleanup_(xml_freep) Xml *xml = xml_new();

	xml_open(xml, "domain");
	xml_attr(xml, "type", host->kvm ? "kvm" : "qemu");
	if (spec->network && spec->relay)
		xml_attr(xml, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
	write_head(xml, spec);
	write_memory(xml, spec);
	write_cpu(xml, spec, host->kvm);
	write_os(xml, spec, host->kvm);
	write_lifecycle(xml);
	write_devices(xml, spec, host);
	if (spec->network && spec->relay)
		write_relayed_network(xml, spec);
	xml_close(xml);
	return xml_take(xml);
}
