/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The <disk> element. Children in the order of the contract: driver, alias, source, backing
 * store, target, serial, readonly, shareable, boot.
 */
#include "base/str.h"
#include "hypervisor/libvirt/domain-xml.h"

/*
 * Linux AIO needs O_DIRECT, which some file systems (tmpfs, some FUSE) do not have; there the
 * page cache and threads do. A disk in two guests must never sit in a page cache.
 */
static void write_driver(Xml *xml, const DiskSpec *disk, bool direct_io)
{
	bool uncached = direct_io || disk->shareable;

	xml_open(xml, "driver");
	xml_attr(xml, "name", "qemu");
	xml_attr(xml, "type", disk->format == DISK_FORMAT_QCOW2 ? "qcow2" : "raw");
	xml_attr(xml, "cache", uncached ? "none" : "writeback");
	xml_attr(xml, "io", uncached ? "native" : "threads");
	xml_attr(xml, "discard", "unmap");
	xml_close(xml);
}

void disk_xml_write(Xml *xml, const DiskSpec *disk, bool direct_io, int boot_order)
{
	xml_open(xml, "disk");
	xml_attr(xml, "type", disk->is_block ? "block" : "file");
	xml_attr(xml, "device", "disk");
	write_driver(xml, disk, direct_io);
	xml_leaf(xml, "alias", "name", disk->alias);
	xml_leaf(xml, "source", disk->is_block ? "dev" : "file", disk->path);
	/* Nothing behind it, whatever its bytes say: libvirt is not to open what they name. */
	xml_leaf(xml, "backingStore", NULL, NULL);
	xml_open(xml, "target");
	xml_attr(xml, "dev", disk->target);
	xml_attr(xml, "bus", disk->bus);
	xml_close(xml);
	xml_text(xml, "serial", disk->serial);
	if (disk->readonly)
		xml_leaf(xml, "readonly", NULL, NULL);
	if (disk->shareable)
		xml_leaf(xml, "shareable", NULL, NULL);
	if (boot_order) {
		xml_open(xml, "boot");
		xml_attr_int(xml, "order", boot_order);
		xml_close(xml);
	}
	xml_close(xml);
}

char *disk_xml_text(const DiskSpec *disk, bool direct_io)
{
	_cleanup_(xml_freep) Xml *xml = xml_new();

	disk_xml_write(xml, disk, direct_io, 0);
	return xml_take(xml);
}
