/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Reading libvirt's XML: disks by alias, and the console's file.
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

int domain_xml_find_disk(const char *xml, const char *alias, const char *target, Arena *arena,
			 DiskSeen *ret, Fault *f)
{
	_cleanup_(doc_freep) xmlDoc *doc = parse(xml);
	xmlNode *devices = devices_of(doc);
	DiskSeen seen = {0};
	const char *name, *dev;

	if (!devices)
		return fault(f, -EBADMSG, "libvirt's XML of a domain has no devices");
	seen.running = xmlHasProp(devices->parent, (const xmlChar *)"id") != NULL;
	for (xmlNode *node = devices->children; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE || !str_eq((const char *)node->name, "disk"))
			continue;
		name = attribute(node, "alias", "name", arena);
		dev = attribute(node, "target", "dev", arena);
		if (str_eq(name, alias)) {
			seen.found = true;
			seen.target = dev;
		} else if (target && str_eq(dev, target))
			seen.target_user = name ? name : "another disk";
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
