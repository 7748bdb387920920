/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What QEMU holds and libvirt does not know of.
 *
 * libvirt writes a hot-plugged disk down after QEMU obeyed. When the process that embeds the driver
 * is killed in between, QEMU keeps the block nodes made for the disk, or the disk itself: its file
 * stays open and locked, and the next attach fails on node names or a slot that is taken. So it is
 * with filesystems and their sockets. libvirt has no call for this, so QEMU is asked itself. What
 * is ours is known by its alias.
 *
 * When a disk was removed, QEMU's event about it is still on its way through libvirt, which would
 * take it for one about a disk of that alias that is plugged in meanwhile: wait before that.
 *
 * Only for a domain that nothing else works on at the time; the engine sees to that.
 */
#include <libvirt/libvirt-qemu.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"
#include "json/json.h"

enum { DEVICE_GONE_MS = 5000, DEVICE_LOOK_MS = 20 };

/* QEMU's answer to a command, free() it; NULL when it could not be asked. */
static char *ask(virDomainPtr domain, const char *command)
{
	char *reply = NULL;

	return virDomainQemuMonitorCommand(domain, command, &reply, 0) < 0 ? NULL : reply;
}

/* Parses into the arena; NULL unless QEMU obeyed. */
static JsonDoc *obey(virDomainPtr domain, Arena *arena, const char *command)
{
	_cleanup_(freep) char *reply = ask(domain, command);
	JsonDoc *doc;

	if (!reply || json_parse(arena, reply, strlen(reply), &doc, NULL))
		return NULL;
	if (json_get_raw(arena, doc, "return"))
		return doc;
	return json_doc_free(doc);
}

static bool command_obeyed(virDomainPtr domain, const char *command)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = obey(domain, arena, command);

	return doc != NULL;
}

/* The guest has to let it go, as with any disk. */
static void remove_device(virDomainPtr domain, const char *alias, Arena *arena)
{
	int64_t end_ms = clock_mono_ms() + DEVICE_GONE_MS;

	if (!command_obeyed(domain, arena_printf(arena,
						 "{\"execute\":\"device_del\",\"arguments\":"
						 "{\"id\":\"%s\"}}",
						 alias)))
		return;
	while (clock_mono_ms() < end_ms &&
	       command_obeyed(domain, arena_printf(arena,
						   "{\"execute\":\"qom-list\",\"arguments\":"
						   "{\"path\":\"/machine/peripheral/%s\"}}",
						   alias)))
		clock_sleep_ms(DEVICE_LOOK_MS);
}

/* Devices of ours in the emulator that the XML does not name. */
static bool remove_devices(virDomainPtr domain, const char *xml, Arena *arena)
{
	_cleanup_(json_doc_freep) JsonDoc *devices =
		obey(domain, arena,
		     "{\"execute\":\"qom-list\",\"arguments\":{\"path\":\"/machine/peripheral\"}}");
	int64_t count = devices ? json_get_count(devices, "return") : 0;
	bool found = false;

	for (int64_t i = 0; i < count; i++) {
		const char *alias = json_get_text(arena, devices,
						  arena_printf(arena, "return.%d.name", (int)i));

		if (!alias || !str_after(alias, "ua-") || strstr(xml, alias))
			continue;
		remove_device(domain, alias, arena);
		found = true;
	}
	return found;
}

/* What connects the emulator with the program that serves a filesystem, which goes first. */
static void remove_sockets(virDomainPtr domain, const char *xml, Arena *arena)
{
	_cleanup_(json_doc_freep) JsonDoc *sockets =
		obey(domain, arena, "{\"execute\":\"query-chardev\"}");
	int64_t count = sockets ? json_get_count(sockets, "return") : 0;

	for (int64_t i = 0; i < count; i++) {
		const char *label = json_get_text(arena, sockets,
						  arena_printf(arena, "return.%d.label", (int)i));
		const char *alias = label ? str_after(label, "chr-vu-") : NULL;

		if (alias && str_after(alias, "ua-") && !strstr(xml, alias))
			(void)command_obeyed(domain,
					     arena_printf(arena,
							  "{\"execute\":\"chardev-remove\","
							  "\"arguments\":{\"id\":\"%s\"}}",
							  label)); /* seen when it is needed */
	}
}

/* The N of "libvirt-N-format", as text in the arena, when the name ends so; else NULL. */
static const char *node_index(Arena *arena, const char *name, const char *ending)
{
	const char *index = name ? str_after(name, "libvirt-") : NULL;
	size_t digits = index ? strspn(index, "0123456789") : 0;

	if (!digits || !str_eq(index + digits, ending))
		return NULL;
	return arena_strndup(arena, index, digits);
}

static void remove_nodes(virDomainPtr domain, const char *xml, const JsonDoc *nodes,
			 const char *ending, Arena *arena)
{
	int64_t count = json_get_count(nodes, "return");

	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_text(
			arena, nodes, arena_printf(arena, "return.%d.node-name", (int)i));
		const char *index = node_index(arena, name, ending);

		if (index && !domain_xml_has_source(xml, index))
			(void)command_obeyed(domain,
					     arena_printf(arena,
							  "{\"execute\":\"blockdev-del\","
							  "\"arguments\":{\"node-name\":\"%s\"}}",
							  name)); /* seen when it is needed */
	}
}

bool orphans_remove(virDomainPtr domain)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(freep) char *xml = virDomainGetXMLDesc(domain, 0);
	_cleanup_(json_doc_freep) JsonDoc *nodes = NULL;

	bool found;

	if (!xml)
		return false;
	found = remove_devices(domain, xml, arena);
	remove_sockets(domain, xml, arena);
	nodes = obey(domain, arena,
		     "{\"execute\":\"query-named-block-nodes\",\"arguments\":{\"flat\":true}}");
	if (nodes) {
		remove_nodes(domain, xml, nodes, "-format", arena); /* they stand on the others */
		remove_nodes(domain, xml, nodes, "-storage", arena);
	}
	return found;
}
