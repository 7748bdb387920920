/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From a DomainSpec to the XML that libvirt is given, and back from libvirt's XML to the few
 * things we look for in it. Pure: no files, no connection.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "hypervisor/libvirt/xml.h"
#include "model/domain.h"

/* The element in a domain's metadata that says that it is ours. */
#define DOMAIN_XML_NAMESPACE "urn:cleat:domain:1"

/*
 * PCIe root ports beyond those that the domain's own devices take: each disk that is plugged
 * into a running q35 guest needs a free one, and ports cannot be added later.
 */
enum { DOMAIN_XML_FREE_PORTS = 24 };

/* Whether a file can be opened with O_DIRECT; asked for each disk. */
typedef bool (*DirectIoFunction)(const char *path);

/* How filesystems are served to guests; of the driver's configuration. */
typedef struct FilesystemService {
	const char *binary; /* virtiofsd; NULL: libvirt finds it */
	int64_t queue;      /* requests that a guest may have open; 0: libvirt's own number */
	const char *cache;  /* "none" or "always"; NULL: virtiofsd decides */
} FilesystemService;

/* What a domain's XML depends on besides what was asked for. */
typedef struct DomainHost {
	bool kvm;
	DirectIoFunction direct_io;
	FilesystemService filesystems;
} DomainHost;

/* The whole domain; the caller frees the text. */
char *domain_xml_write(const DomainSpec *spec, const DomainHost *host);

/* One disk, for hot plug; the caller frees the text. */
char *disk_xml_text(const DiskSpec *disk, bool direct_io);

/* The same inside a domain. */
void disk_xml_write(Xml *xml, const DiskSpec *disk, bool direct_io);

/*
 * Whether virtiofsd can be told the path: it comes in a list of options, where libvirt doubles a
 * comma, which does not keep virtiofsd from taking what follows for an option.
 */
bool filesystem_path_usable(const char *path);
/* One filesystem, likewise. */
char *filesystem_xml_text(const FilesystemSpec *filesystem, const FilesystemService *service);
void filesystem_xml_write(Xml *xml, const FilesystemSpec *filesystem,
			  const FilesystemService *service);

/* What can be plugged in. */
typedef enum DeviceKind {
	DEVICE_DISK,
	DEVICE_FILESYSTEM,
	_DEVICE_KIND_MAX,
} DeviceKind;

/* One that is looked for. */
typedef struct Device {
	DeviceKind kind;
	const char *alias;
	const char *target; /* the disk's "vdb", the filesystem's tag; NULL: whoever has it */
} Device;

/* What a domain's XML says about one device; texts in the arena. */
typedef struct DeviceSeen {
	bool running;            /* the XML is that of a running domain */
	bool found;              /* a device of that kind and alias is there */
	const char *target;      /* its target */
	const char *target_user; /* another of that kind that has the wanted target, or NULL */
} DeviceSeen;

_must_use_ int domain_xml_find_device(const char *xml, const Device *device, Arena *arena,
				      DeviceSeen *ret, Fault *f);

/* Where a disk is, and where else it is copied to; texts in the arena. */
typedef struct DiskPlace {
	bool found;         /* a disk of that alias is there */
	const char *target; /* "vdb" */
	const char *serial; /* or NULL */
	const char *place;  /* its file, its device, or its name on a network */
	const char *mirror; /* likewise of what it is mirrored into, or NULL */
	const char *ready;  /* what libvirt says of the mirror: "yes", "pivot", "abort", NULL */
} DiskPlace;

_must_use_ int domain_xml_find_place(const char *xml, const char *alias, Arena *arena,
				     DiskPlace *ret, Fault *f);

/* Where each disk with an alias is, in the arena. */
_must_use_ int domain_xml_addresses(const char *xml, Arena *arena, DiskAddress **ret,
				    size_t *ret_count, Fault *f);

/* Whether a disk's source, or one below it, has that index: the number in its node's name. */
bool domain_xml_has_source(const char *xml, const char *index);

/*
 * Id, name, title, size and disks of a domain, in the arena; owner, state and whether it is defined
 * are not in its XML.
 */
_must_use_ int domain_xml_facts(const char *xml, Arena *arena, DomainFacts *ret, Fault *f);

/*
 * Whether the capabilities of a host's domains list a value: that of <enum name='list'> in an
 * element that is supported.
 */
bool capabilities_offer(const char *xml, const char *element, const char *list, const char *value);

/* The file behind the serial console, in the arena; NULL when there is none. */
_must_use_ int domain_xml_console(const char *xml, Arena *arena, const char **ret, Fault *f);
