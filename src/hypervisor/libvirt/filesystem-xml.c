/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The <filesystem> element: a directory of the host, served to the guest by virtiofsd. Access is
 * passed through: the guest's users are the share's users. Whether the guest may write is a matter
 * of the directory, as virtiofsd cannot be told.
 */
#include <string.h>

#include "hypervisor/libvirt/domain-xml.h"

bool filesystem_path_usable(const char *path)
{
	return !strpbrk(path, ",\\");
}

static void write_driver(Xml *xml, const FilesystemService *service)
{
	xml_open(xml, "driver");
	xml_attr(xml, "type", "virtiofs");
	if (service->queue)
		xml_attr_int(xml, "queue", service->queue);
	xml_close(xml);
}

static void write_binary(Xml *xml, const FilesystemService *service)
{
	if (!service->binary && !service->cache)
		return;
	xml_open(xml, "binary");
	xml_attr(xml, "path", service->binary);
	if (service->cache)
		xml_leaf(xml, "cache", "mode", service->cache);
	xml_close(xml);
}

void filesystem_xml_write(Xml *xml, const FilesystemSpec *filesystem,
			  const FilesystemService *service)
{
	xml_open(xml, "filesystem");
	xml_attr(xml, "type", "mount");
	xml_attr(xml, "accessmode", "passthrough");
	write_driver(xml, service);
	write_binary(xml, service);
	xml_leaf(xml, "source", "dir", filesystem->path);
	xml_leaf(xml, "target", "dir", filesystem->tag);
	xml_leaf(xml, "alias", "name", filesystem->alias);
	xml_close(xml);
}

char *filesystem_xml_text(const FilesystemSpec *filesystem, const FilesystemService *service)
{
	_cleanup_(xml_freep) Xml *xml = xml_new();

	filesystem_xml_write(xml, filesystem, service);
	return xml_take(xml);
}
