/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as subsystems of nvmet. Below the kernel's nvmet directory a volume has
 *
 *     subsystems/NQN/namespaces/1              what is served; its UUID is the volume's id
 *                   /allowed_hosts/HOST-NQN    who may connect: a link to
 *     hosts/HOST-NQN                           all that the kernel knows of a host
 *     ports/P/subsystems/NQN                   where it is reached: a link to the subsystem
 *
 * A host's directory may be somebody else's as well and grants nothing by itself: it is made when
 * it is missing and stays. Ports are used as they are when one has the address; those that are made
 * here have numbers of ours and go with their last subsystem.
 *
 * The kernel lets a host that is connected stay when its link goes. So the subsystem is taken off
 * its ports for a moment: that ends all connections, and the hosts that are still let in come back
 * by themselves, without an error to those who use the volume.
 *
 * Locks: Nvmet.ports, held while ports and the links in them come or go.
 */
#include "target/nvmet/nvmet.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>

#include "base/mem.h"
#include "base/str.h"
#include "target/configfs/configfs.h"
#include "json/out.h"

enum {
	PORT_FIRST = 49600, /* of ours */
	PORT_END = 49700,
	SERIAL_TEXT = 21,
};

#define NAMESPACE "1"

typedef struct Nvmet {
	const TargetConfig *config;
	pthread_mutex_t ports;
} Nvmet;

/* The paths of one volume. */
typedef struct Place {
	Nvmet *nvmet;
	const Volume *volume;
	Arena *arena;
	const char *nqn;
	const char *root;
	const char *subsystem;
	const char *namespace;
} Place;

static int nvmet_open(const TargetConfig *config, void **ret, Fault *f _unused_)
{
	Nvmet *nvmet = NEW(Nvmet);

	nvmet->config = config;
	(void)pthread_mutex_init(&nvmet->ports, NULL);
	*ret = nvmet;
	return 0;
}

static void nvmet_close(void *self)
{
	Nvmet *nvmet = self;

	(void)pthread_mutex_destroy(&nvmet->ports);
	free(nvmet);
}

static void out_portal(JsonOut *out, const TargetPortal *portal)
{
	json_out_list_begin(out, NULL);
	json_out_text(out, NULL, portal->address);
	json_out_text(out, NULL, portal->port);
	json_out_text(out, NULL, "tcp");
	json_out_list_end(out);
}

static int nvmet_info(void *self, const Volume *volume, const TargetGuest *guest, Arena *arena,
		      const char **ret, Fault *f _unused_)
{
	const TargetConfig *config = ((const Nvmet *)self)->config;
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};
	size_t length;

	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", "nvmeof");
	json_out_text(&out, "target_nqn", target_volume_name(config, arena, volume, ""));
	json_out_text(&out, "host_nqn", guest->identity);
	json_out_text(&out, "vol_uuid", volume->id);
	json_out_text(&out, "ns_id", NAMESPACE);
	json_out_list_begin(&out, "portals");
	for (size_t i = 0; i < config->portal_count; i++)
		out_portal(&out, &config->portals[i]);
	json_out_list_end(&out);
	json_out_text(&out, "volume_id", volume->id);
	json_out_printf(&out, "cleat_identity", "uuid:%s", volume->id);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	*ret = arena_strndup(arena, text, length);
	return 0;
}

static Place place_of(Nvmet *nvmet, const Volume *volume, Arena *arena)
{
	Place place = {.nvmet = nvmet, .volume = volume, .arena = arena};

	place.nqn = target_volume_name(nvmet->config, arena, volume, "");
	place.root = arena_printf(arena, "%s/nvmet", nvmet->config->configfs);
	place.subsystem = arena_printf(arena, "%s/subsystems/%s", place.root, place.nqn);
	place.namespace = arena_printf(arena, "%s/namespaces/" NAMESPACE, place.subsystem);
	return place;
}

static const char *below(const Place *place, const char *directory, const char *name)
{
	return arena_printf(place->arena, "%s/%s", directory, name);
}

static int set(const Place *place, const char *directory, const char *name, const char *value,
	       Fault *f)
{
	return configfs_set(below(place, directory, name), value, f);
}

static int get(const Place *place, const char *directory, const char *name, const char **ret,
	       Fault *f)
{
	return configfs_get(below(place, directory, name), place->arena, ret, f);
}

/* Ports. --------------------------------------------------------------------------------------- */

/* One of a port's attributes, and what it is for a portal. */
typedef struct PortValue {
	const char *name;
	const char *value;
} PortValue;

enum { PORT_VALUES = 4 };

static void port_values(const TargetPortal *portal, PortValue out[static PORT_VALUES])
{
	out[0] = (PortValue){"addr_trtype", "tcp"};
	out[1] = (PortValue){"addr_adrfam", portal->ipv6 ? "ipv6" : "ipv4"};
	out[2] = (PortValue){"addr_traddr", portal->address};
	out[3] = (PortValue){"addr_trsvcid", portal->port};
}

static const char *port_path(const Place *place, const char *name)
{
	return arena_printf(place->arena, "%s/ports/%s", place->root, name);
}

static int port_is(const Place *place, const char *port, const TargetPortal *portal, bool *ret,
		   Fault *f)
{
	PortValue values[PORT_VALUES];
	int r = 0;

	port_values(portal, values);
	*ret = true;
	for (size_t i = 0; r == 0 && *ret && i < PORT_VALUES; i++) {
		const char *now;

		r = get(place, port, values[i].name, &now, f);
		*ret = r == 0 && str_eq(now, values[i].value);
	}
	return r;
}

static int find_port(const Place *place, const TargetPortal *portal, const char **ret, Fault *f)
{
	const char **names;
	size_t count;
	int r = configfs_list(below(place, place->root, "ports"), place->arena, &names, &count, f);

	*ret = NULL;
	for (size_t i = 0; r == 0 && !*ret && i < count; i++) {
		bool fits = false;

		r = port_is(place, port_path(place, names[i]), portal, &fits, f);
		if (fits)
			*ret = port_path(place, names[i]);
	}
	return r;
}

static const char *own_port(const Place *place, int number)
{
	return arena_printf(place->arena, "%s/ports/%d", place->root, number);
}

/* One of ours that a crash left half made has no subsystem: it is made anew. */
static int make_port(const Place *place, const TargetPortal *portal, const char **ret, Fault *f)
{
	PortValue values[PORT_VALUES];
	int number = PORT_FIRST;
	const char *now;
	int r = 0;

	for (; number < PORT_END && configfs_there(own_port(place, number)); number++) {
		r = get(place, own_port(place, number), "addr_traddr", &now, f);
		if (r || *now == '\0')
			break;
	}
	if (r == 0 && number == PORT_END)
		return fault(f, -EBUSY, "all ports of nvmet from %d on are taken", PORT_FIRST);
	*ret = own_port(place, number);
	if (r == 0)
		r = configfs_make(*ret, f);
	port_values(portal, values);
	for (size_t i = 0; r == 0 && i < PORT_VALUES; i++)
		r = set(place, *ret, values[i].name, values[i].value, f);
	return r;
}

static const char *port_link(const Place *place, const char *port)
{
	return arena_printf(place->arena, "%s/subsystems/%s", port, place->nqn);
}

static int join_ports(const Place *place, Fault *f)
{
	const TargetConfig *config = place->nvmet->config;
	const char *port;
	int r = 0;

	(void)pthread_mutex_lock(&place->nvmet->ports);
	for (size_t i = 0; r == 0 && i < config->portal_count; i++) {
		r = find_port(place, &config->portals[i], &port, f);
		if (r == 0 && !port)
			r = make_port(place, &config->portals[i], &port, f);
		if (r == 0)
			r = configfs_link(place->subsystem, port_link(place, port), f);
	}
	(void)pthread_mutex_unlock(&place->nvmet->ports);
	return r;
}

static bool is_own_port(const char *name)
{
	int64_t number;

	return str_parse_i64(name, &number) && number >= PORT_FIRST && number < PORT_END;
}

/* Whichever ports it is on, also such as are not configured any more. */
static int leave_ports(const Place *place, Fault *f)
{
	const char **names;
	size_t count;
	int r;

	(void)pthread_mutex_lock(&place->nvmet->ports);
	r = configfs_list(below(place, place->root, "ports"), place->arena, &names, &count, f);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *port = port_path(place, names[i]);

		r = configfs_unlink(port_link(place, port), f);
		if (r == 0 && is_own_port(names[i]))
			r = configfs_remove_if_empty(port, f);
	}
	(void)pthread_mutex_unlock(&place->nvmet->ports);
	return r;
}

/* Publish. ------------------------------------------------------------------------------------- */

static int fill_namespace(const Place *place, const char *path, bool is_block, Fault *f)
{
	const char *enabled;
	int r = get(place, place->namespace, "enable", &enabled, f);

	if (r || str_eq(enabled, "1"))
		return r;
	r = set(place, place->namespace, "device_path", path, f);
	if (r == 0)
		r = set(place, place->namespace, "device_uuid", place->volume->id, f);
	if (r == 0)
		r = set(place, place->namespace, "device_nguid", place->volume->id, f);
	if (r == 0 && !is_block) /* flushed when the host says so */
		r = set(place, place->namespace, "buffered_io", "1", f);
	return r ? r : set(place, place->namespace, "enable", "1", f);
}

static int make_subsystem(const Place *place, const char *path, bool is_block, Fault *f)
{
	char digits[TARGET_DIGITS_TEXT];
	const char *serial, *now;
	int r = configfs_make(place->subsystem, f);

	target_volume_digits(place->volume, digits);
	serial = arena_strndup(place->arena, digits, SERIAL_TEXT - 1);
	if (r == 0)
		r = set(place, place->subsystem, "attr_allow_any_host", "0", f);
	if (r == 0)
		r = get(place, place->subsystem, "attr_serial", &now, f);
	if (r == 0 && !str_eq(now, serial))
		r = set(place, place->subsystem, "attr_serial", serial, f);
	if (r == 0)
		r = configfs_make(place->namespace, f);
	return r ? r : fill_namespace(place, path, is_block, f);
}

static const char *permit_of(const Place *place, const char *host)
{
	return arena_printf(place->arena, "%s/allowed_hosts/%s", place->subsystem, host);
}

static int admit(const Place *place, const char *host, Fault *f)
{
	const char *path = arena_printf(place->arena, "%s/hosts/%s", place->root, host);
	int r = configfs_make(path, f);

	return r ? r : configfs_link(path, permit_of(place, host), f);
}

static int nvmet_publish(void *self, const Volume *volume, const char *path, bool is_block,
			 const TargetGuest *guest, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Place place = place_of(self, volume, arena);
	int r = make_subsystem(&place, path, is_block, f);

	if (r == 0)
		r = admit(&place, guest->identity, f);
	return r ? r : join_ports(&place, f);
}

/* Unpublish. ----------------------------------------------------------------------------------- */

static int remove_subsystem(const Place *place, Fault *f)
{
	int r = 0;

	if (configfs_there(place->namespace))
		r = set(place, place->namespace, "enable", "0", f);
	if (r == 0)
		r = configfs_remove(place->namespace, f);
	return r ? r : configfs_remove(place->subsystem, f);
}

static int nvmet_unpublish(void *self, const Volume *volume, const TargetGuest *guest, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Place place = place_of(self, volume, arena);
	const char **names;
	size_t count;
	int r;

	if (!configfs_there(place.subsystem))
		return 0;
	r = configfs_unlink(permit_of(&place, guest->identity), f);
	if (r == 0)
		r = leave_ports(&place, f);
	if (r == 0)
		r = configfs_list(below(&place, place.subsystem, "allowed_hosts"), arena, &names,
				  &count, f);
	if (r)
		return r;
	return count > 0 ? join_ports(&place, f) : remove_subsystem(&place, f);
}

static int nvmet_resize(void *self, const Volume *volume, int64_t size_bytes _unused_, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Place place = place_of(self, volume, arena);

	if (!configfs_there(place.namespace))
		return 0;
	return set(&place, place.namespace, "revalidate_size", "1", f);
}

const TargetDriver target_nvmet = {
	.name = "nvmet",
	.size = sizeof(TargetDriver),
	.traits =
		{
			.protocol = "NVMe-oF",
			.host_identity = "nqn",
			.identity_prefix = "nqn.",
			.identity_valid = target_nqn_valid,
		},
	.open = nvmet_open,
	.close = nvmet_close,
	.info = nvmet_info,
	.publish = nvmet_publish,
	.unpublish = nvmet_unpublish,
	.resize = nvmet_resize,
};
