/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Reading libvirt's XML: disks by alias, the console's file, and what a domain is like.
 */
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/str.h"
#include "hypervisor/libvirt/domain-xml.h"

static void doc_freep(xmlDoc **doc)
{
	if (*doc)
		xmlFreeDoc(*doc);
}

/* No network, no entities, no messages on stderr. */
static xmlDoc *parse(const char *xml)
{
	return xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
			     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && str_eq((const char *)node->name, name);
}

static xmlNode *child(xmlNode *parent, const char *name)
{
	for (xmlNode *node = parent ? parent->children : NULL; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && str_eq((const char *)node->name, name))
			return node;
	return NULL;
}

/* The value of parent/name/@attribute in the arena, or NULL. */
static const char *attribute(xmlNode *parent, const char *name, const char *attr, Arena *arena)
{
	xmlNode *node = child(parent, name);
	xmlChar *value = node ? xmlGetProp(node, (const xmlChar *)attr) : NULL;
	const char *copy = arena_strdup(arena, (const char *)value);

	xmlFree(value);
	return copy;
}

static xmlNode *devices_of(xmlDoc *doc)
{
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (!root || !str_eq((const char *)root->name, "domain"))
		return NULL;
	return child(root, "devices");
}

/* What a kind is called, and where it says where the guest finds it. */
static const struct {
	const char *element;
	const char *target;
} kinds[] = {
	[DEVICE_DISK] = {.element = "disk", .target = "dev"},
	[DEVICE_FILESYSTEM] = {.element = "filesystem", .target = "dir"},
};
static_assert(ARRAY_SIZE(kinds) == _DEVICE_KIND_MAX, "a row for each");

int domain_xml_find_device(const char *xml, const Device *device, Arena *arena, DeviceSeen *ret,
			   Fault *f)
{
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *devices = devices_of(doc);
	DeviceSeen seen = {0};
	const char *name, *target;

	if (!devices)
		return fault(f, -EBADMSG, "libvirt's XML of a domain has no devices");
	seen.running = xmlHasProp(devices->parent, (const xmlChar *)"id") != NULL;
	for (xmlNode *node = devices->children; node; node = node->next) {
		if (!is_element(node, kinds[device->kind].element))
			continue;
		name = attribute(node, "alias", "name", arena);
		target = attribute(node, "target", kinds[device->kind].target, arena);
		if (str_eq(name, device->alias)) {
			seen.found = true;
			seen.target = target;
		} else if (device->target && str_eq(target, device->target))
			seen.target_user = name ? name : "another device";
	}
	*ret = seen;
	return 0;
}

static xmlNode *find_alias(xmlNode *devices, const char *alias, Arena *arena)
{
	for (xmlNode *node = devices->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && str_eq((const char *)node->name, "disk") &&
		    str_eq(attribute(node, "alias", "name", arena), alias))
			return node;
	return NULL;
}

static const char *place_of(xmlNode *node, Arena *arena)
{
	static const char *const attributes[] = {"file", "dev", "name"};
	const char *place = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(attributes) && !place; i++)
		place = attribute(node, "source", attributes[i], arena);
	return place;
}

static const char *content(xmlNode *parent, const char *name, Arena *arena)
{
	xmlNode *node = child(parent, name);
	xmlChar *value = node ? xmlNodeGetContent(node) : NULL;
	const char *copy = arena_strdup(arena, (const char *)value);

	xmlFree(value);
	return copy;
}

int domain_xml_find_place(const char *xml, const char *alias, Arena *arena, DiskPlace *ret,
			  Fault *f)
{
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *devices = devices_of(doc);
	xmlNode *disk = devices ? find_alias(devices, alias, arena) : NULL;
	xmlNode *mirror = disk ? child(disk, "mirror") : NULL;

	if (!devices)
		return fault(f, -EBADMSG, "libvirt's XML of a domain has no devices");
	*ret = (DiskPlace){.found = disk != NULL};
	if (!disk)
		return 0;
	ret->target = attribute(disk, "target", "dev", arena);
	ret->serial = content(disk, "serial", arena);
	ret->place = place_of(disk, arena);
	if (!mirror)
		return 0;
	ret->mirror = place_of(mirror, arena);
	ret->ready = attribute(disk, "mirror", "ready", arena);
	return 0;
}

/* "0000:00:05.0" from four numbers that libvirt writes as "0x0000"; NULL when they are not there.
 */
static const char *pci_of(xmlNode *disk, Arena *arena)
{
	static const char *const parts[] = {"domain", "bus", "slot", "function"};
	unsigned long numbers[ARRAY_SIZE(parts)];

	if (!str_eq(attribute(disk, "address", "type", arena), "pci"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *text = attribute(disk, "address", parts[i], arena);

		if (!text)
			return NULL;
		numbers[i] = strtoul(text, NULL, 16);
	}
	return arena_printf(arena, "%04lx:%02lx:%02lx.%lx", numbers[0], numbers[1], numbers[2],
			    numbers[3]);
}

int domain_xml_addresses(const char *xml, Arena *arena, DiskAddress **ret, size_t *ret_count,
			 Fault *f)
{
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *devices = devices_of(doc);
	DiskAddress *found = NULL;
	size_t n = 0;

	if (!devices)
		return fault(f, -EBADMSG, "libvirt's XML of a domain has no devices");
	for (xmlNode *node = devices->children; node; node = node->next) {
		const char *alias;

		if (node->type != XML_ELEMENT_NODE || !str_eq((const char *)node->name, "disk"))
			continue;
		alias = attribute(node, "alias", "name", arena);
		if (!alias)
			continue;
		found = arena_grow(arena, found, n, sizeof(*found));
		found[n++] = (DiskAddress){
			.alias = alias,
			.bus = attribute(node, "target", "bus", arena),
			.pci = pci_of(node, arena),
		};
	}
	*ret = found;
	*ret_count = n;
	return 0;
}

/* Sources stand in disks, and in the backing stores and mirrors inside them. */
static bool has_index(xmlNode *parent, const char *index)
{
	for (xmlNode *node = parent->children; node; node = node->next) {
		xmlChar *value = node->type == XML_ELEMENT_NODE
					 ? xmlGetProp(node, (const xmlChar *)"index")
					 : NULL;
		bool found = str_eq((const char *)value, index);

		xmlFree(value);
		if (found || has_index(node, index))
			return true;
	}
	return false;
}

bool domain_xml_has_source(const char *xml, const char *index)
{
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *devices = devices_of(doc);

	for (xmlNode *node = devices ? devices->children : NULL; node; node = node->next)
		if (str_eq((const char *)node->name, "disk") && has_index(node, index))
			return true;
	return false;
}

int domain_xml_console(const char *xml, Arena *arena, const char **ret, Fault *f)
{
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *devices = devices_of(doc);

	if (!devices)
		return fault(f, -EBADMSG, "libvirt's XML of a domain has no devices");
	*ret = attribute(child(devices, "serial"), "source", "path", arena);
	return 0;
}

/* --- what a domain is like --- */

static bool number(xmlNode *parent, const char *name, Arena *arena, int64_t *ret)
{
	const char *text = content(parent, name, arena);

	return text && str_parse_i64(text, ret);
}

static const char *own_attribute(xmlNode *node, const char *name, Arena *arena)
{
	xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
	const char *copy = arena_strdup(arena, (const char *)value);

	xmlFree(value);
	return copy;
}

static const char *source_of(xmlNode *disk, Arena *arena)
{
	static const char *const members[] = {"file", "dev", "dir", "volume"};
	const char *protocol = attribute(disk, "source", "protocol", arena);

	if (protocol)
		return arena_printf(arena, "%s:%s", protocol,
				    attribute(disk, "source", "name", arena));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *value = attribute(disk, "source", members[i], arena);

		if (value)
			return value;
	}
	return NULL;
}

static DomainDisk disk_facts(xmlNode *disk, Arena *arena)
{
	return (DomainDisk){
		.alias = attribute(disk, "alias", "name", arena),
		.target = attribute(disk, "target", "dev", arena),
		.bus = attribute(disk, "target", "bus", arena),
		.device = own_attribute(disk, "device", arena),
		.type = own_attribute(disk, "type", arena),
		.source = source_of(disk, arena),
		.readonly = child(disk, "readonly") != NULL,
	};
}

static void disks_facts(xmlNode *devices, Arena *arena, DomainFacts *ret)
{
	DomainDisk *disks;
	size_t count = 0;

	for (xmlNode *node = devices->children; node; node = node->next)
		count += is_element(node, "disk");
	ret->disks = disks = ARENA_ARRAY(arena, DomainDisk, count + 1);
	for (xmlNode *node = devices->children; node; node = node->next)
		if (is_element(node, "disk"))
			disks[ret->disk_count++] = disk_facts(node, arena);
}

int domain_xml_facts(const char *xml, Arena *arena, DomainFacts *ret, Fault *f)
{
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *devices = devices_of(doc);
	int64_t kib = 0;

	if (!devices)
		return fault(f, -EBADMSG, "libvirt's XML of a domain has no devices");
	*ret = (DomainFacts){
		.id = content(devices->parent, "uuid", arena),
		.name = content(devices->parent, "name", arena),
		.title = content(devices->parent, "title", arena),
	};
	if (!ret->id || !ret->name || !number(devices->parent, "memory", arena, &kib) ||
	    !number(devices->parent, "vcpu", arena, &ret->vcpus))
		return fault(f, -EBADMSG, "libvirt's XML of a domain lacks its name or size");
	ret->ram_mib = kib / 1024; /* libvirt writes KiB, whatever it was given */
	disks_facts(devices, arena, ret);
	return 0;
}

/* --- what a host is able to do --- */

static xmlNode *descendant(xmlNode *parent, const char *name)
{
	xmlNode *found = parent ? child(parent, name) : NULL;

	for (xmlNode *node = parent ? parent->children : NULL; node && !found; node = node->next)
		found = descendant(node, name);
	return found;
}

static bool lists(xmlNode *list, const char *value)
{
	for (xmlNode *node = list->children; node; node = node->next) {
		xmlChar *text = is_element(node, "value") ? xmlNodeGetContent(node) : NULL;
		bool found = str_eq((const char *)text, value);

		xmlFree(text);
		if (found)
			return true;
	}
	return false;
}

bool capabilities_offer(const char *xml, const char *element, const char *list, const char *value)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *found = doc ? descendant(xmlDocGetRootElement(doc), element) : NULL;

	if (!found || !str_eq(own_attribute(found, "supported", arena), "yes"))
		return false;
	for (xmlNode *node = found->children; node; node = node->next)
		if (is_element(node, "enum") && str_eq(own_attribute(node, "name", arena), list) &&
		    lists(node, value))
			return true;
	return false;
}
