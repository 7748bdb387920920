/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The <disk> element. Children in the order of the contract: driver, alias, source, backing
 * store, target, serial, iotune, blockio, readonly, shareable, boot.
 */
#include "base/str.h"
#include "hypervisor/libvirt/domain-xml.h"

static bool is_cdrom(const DiskSpec *disk)
{
	return disk->device == DISK_DEVICE_CDROM;
}

static const char *source_type(const DiskSpec *disk)
{
	if (disk->network)
		return "network";
	return disk->is_block ? "block" : "file";
}

/*
 * Direct I/O needs O_DIRECT, which some file systems (tmpfs, some FUSE) do not have; there the
 * page cache is used. A disk in two guests must never sit in a page cache.
 */
static DiskCache cache_of(const DiskSpec *disk, bool direct_io)
{
	DiskCache wish = disk->tune.cache;

	if (disk->shareable)
		return DISK_CACHE_NONE;
	if (!direct_io && (wish == DISK_CACHE_NONE || wish == DISK_CACHE_DIRECTSYNC))
		wish = DISK_CACHE_DEFAULT;
	if (wish != DISK_CACHE_DEFAULT)
		return wish;
	return direct_io ? DISK_CACHE_NONE : DISK_CACHE_WRITEBACK;
}

/* Linux AIO needs direct I/O, too; what is on a network has neither it nor threads. */
static DiskIo io_of(const DiskSpec *disk, DiskCache cache)
{
	bool direct = cache == DISK_CACHE_NONE || cache == DISK_CACHE_DIRECTSYNC;
	DiskIo wish = disk->tune.io;

	if (disk->network)
		return DISK_IO_DEFAULT;
	if (wish == DISK_IO_DEFAULT)
		wish = DISK_IO_NATIVE;
	return wish == DISK_IO_NATIVE && !direct ? DISK_IO_THREADS : wish;
}

static void write_driver(Xml *xml, const DiskSpec *disk, bool direct_io)
{
	DiskCache cache = cache_of(disk, direct_io);
	DiskIo io = io_of(disk, cache);

	xml_open(xml, "driver");
	xml_attr(xml, "name", "qemu");
	xml_attr(xml, "type", disk->format == DISK_FORMAT_QCOW2 ? "qcow2" : "raw");
	xml_attr(xml, "cache", enum_name(&disk_cache_names, (int)cache));
	if (io != DISK_IO_DEFAULT)
		xml_attr(xml, "io", enum_name(&disk_io_names, (int)io));
	if (!disk->tune.keep_discarded && !is_cdrom(disk))
		xml_attr(xml, "discard", "unmap");
	xml_close(xml);
}

static void write_host(Xml *xml, const DiskHost *host)
{
	xml_open(xml, "host");
	if (host->socket) {
		xml_attr(xml, "transport", "unix");
		xml_attr(xml, "socket", host->socket);
	} else {
		xml_attr(xml, "name", host->name);
		xml_attr(xml, "port", host->port);
	}
	xml_close(xml);
}

static void write_auth(Xml *xml, const DiskNetwork *network)
{
	xml_open(xml, "auth");
	xml_attr(xml, "username", network->auth_user);
	xml_open(xml, "secret");
	xml_attr(xml, "type", network->protocol == DISK_PROTOCOL_RBD ? "ceph" : "iscsi");
	xml_attr(xml, "uuid", network->auth_secret);
	xml_close(xml);
	xml_close(xml);
}

static void write_network(Xml *xml, const DiskNetwork *network)
{
	xml_open(xml, "source");
	xml_attr(xml, "protocol", enum_name(&disk_protocol_names, (int)network->protocol));
	xml_attr(xml, "name", network->name);
	for (size_t i = 0; i < network->host_count; i++)
		write_host(xml, &network->hosts[i]);
	if (network->config_path)
		xml_leaf(xml, "config", "file", network->config_path);
	if (network->auth_secret)
		write_auth(xml, network);
	if (network->initiator) {
		xml_open(xml, "initiator");
		xml_leaf(xml, "iqn", "name", network->initiator);
		xml_close(xml);
	}
	xml_close(xml);
}

static void write_source(Xml *xml, const DiskSpec *disk)
{
	if (disk->network)
		write_network(xml, disk->network);
	else if (disk->path)
		xml_leaf(xml, "source", disk->is_block ? "dev" : "file", disk->path);
	/* Nothing behind it, whatever its bytes say: libvirt is not to open what they name. */
	if (disk->network || disk->path)
		xml_leaf(xml, "backingStore", NULL, NULL);
}

static void write_limits(Xml *xml, const DiskTune *tune)
{
	bool any = false;

	for (int i = 0; i < _DISK_LIMIT_MAX; i++) {
		if (tune->limits[i] <= 0)
			continue;
		if (!any)
			xml_open(xml, "iotune");
		any = true;
		xml_open(xml, enum_name(&disk_limit_names, i));
		xml_content_int(xml, tune->limits[i]);
		xml_close(xml);
	}
	if (any)
		xml_close(xml);
}

static void write_block_sizes(Xml *xml, const DiskTune *tune)
{
	if (!tune->logical_block_size && !tune->physical_block_size)
		return;
	xml_open(xml, "blockio");
	if (tune->logical_block_size)
		xml_attr_int(xml, "logical_block_size", tune->logical_block_size);
	if (tune->physical_block_size)
		xml_attr_int(xml, "physical_block_size", tune->physical_block_size);
	xml_close(xml);
}

static void write_flags(Xml *xml, const DiskSpec *disk)
{
	if (disk->readonly || is_cdrom(disk))
		xml_leaf(xml, "readonly", NULL, NULL);
	if (disk->shareable)
		xml_leaf(xml, "shareable", NULL, NULL);
	if (disk->boot_order) {
		xml_open(xml, "boot");
		xml_attr_int(xml, "order", disk->boot_order);
		xml_close(xml);
	}
}

static void write_unit(Xml *xml, int unit)
{
	xml_open(xml, "address");
	xml_attr(xml, "type", "drive");
	xml_attr_int(xml, "controller", 0);
	xml_attr_int(xml, "bus", 0);
	xml_attr_int(xml, "target", 0);
	xml_attr_int(xml, "unit", unit);
	xml_close(xml);
}

void disk_xml_write(Xml *xml, const DiskSpec *disk, bool direct_io)
{
	xml_open(xml, "disk");
	xml_attr(xml, "type", source_type(disk));
	xml_attr(xml, "device", enum_name(&disk_device_names, (int)disk->device));
	write_driver(xml, disk, direct_io);
	xml_leaf(xml, "alias", "name", disk->alias);
	write_source(xml, disk);
	xml_open(xml, "target");
	xml_attr(xml, "dev", disk->target);
	xml_attr(xml, "bus", disk->bus);
	xml_close(xml);
	if (disk->device != DISK_DEVICE_LUN) /* it has its own */
		xml_text(xml, "serial", disk->serial);
	write_limits(xml, &disk->tune);
	write_block_sizes(xml, &disk->tune);
	write_flags(xml, disk);
	if (disk->scsi_unit)
		write_unit(xml, disk->scsi_unit);
	xml_close(xml);
}

char *disk_xml_text(const DiskSpec *disk, bool direct_io)
{
	_cleanup_(xml_freep) Xml *xml = xml_new();

	disk_xml_write(xml, disk, direct_io);
	return xml_take(xml);
}
