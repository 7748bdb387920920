/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See text.h.
 */
#include "backend/rbd/text.h"

#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "contract/connector-text.h"
#include "json/json.h"
#include "json/out.h"

enum { WORD_BYTES = 128, PATH_BYTES = 1024 };

const char *pool_name(const char *prefix, const char *id, char out[static POOL_NAME_BYTES])
{
	(void)snprintf(out, POOL_NAME_BYTES, "%s%s", prefix, id); /* fits: ids are checked */
	return out;
}

/* ---- what is configured ---- */

/* Nothing that would end it in a specification of qemu-img, or lead elsewhere in the pool's. */
static bool is_word(const char *text)
{
	return !str_empty(text) && connector_is_word(text, "._-", WORD_BYTES);
}

static bool is_plain_path(const char *path)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-/";

	return path && path[0] == '/' && strlen(path) < PATH_BYTES &&
	       path[strspn(path, allowed)] == '\0';
}

int pool_config_check(const BackendConfig *config, Fault *f)
{
	char uuid[UUID_TEXT];

	if (!is_word(config->pool))
		return fault(f, -EINVAL, "backend rbd needs the name of a pool");
	if (!is_word(config->ceph_cluster) || !is_word(config->ceph_user))
		return fault(f, -EINVAL, "backend rbd needs the names of a cluster and of a user");
	if (!is_plain_path(config->ceph_conf))
		return fault(f, -EINVAL,
			     "ceph_conf has to be an absolute path of letters, digits and "
			     "\"_.-/\"");
	if (config->secret_uuid && !uuid_canonical(config->secret_uuid, uuid))
		return fault(f, -EINVAL, "secret_uuid %s is no UUID", config->secret_uuid);
	return 0;
}

const char *pool_spec(Arena *arena, const BackendConfig *config, const char *image,
		      const char *snapshot)
{
	return arena_printf(arena,
			    "rbd:%s/%s%s%s:id=%s:conf=%s:rados_mon_op_timeout=%d:"
			    "rados_osd_op_timeout=%d",
			    config->pool, image, snapshot ? "@" : "", snapshot ? snapshot : "",
			    config->ceph_user, config->ceph_conf, POOL_TIMEOUT_S, POOL_TIMEOUT_S);
}

/* ---- what monitors answer ---- */

/* "192.0.2.1:6789" or "[2001:db8::1]:6789", perhaps with "/0" behind. */
static bool split_address(Arena *arena, const char *text, const char **ret_host,
			  const char **ret_port)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	char host[CONNECTOR_ADDRESS_BYTES];
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	if (!colon || digits == 0 || (colon[1 + digits] && colon[1 + digits] != '/') ||
	    !connector_address(arena_strndup(arena, text, (size_t)(colon - text)), host))
		return false;
	*ret_host = arena_strdup(arena, host);
	*ret_port = arena_strndup(arena, colon + 1, digits);
	return true;
}

/* The old protocol's, which kernels and older clients need; else the first. */
static const char *monitor_address(Arena *arena, const JsonDoc *doc, int monitor)
{
	const char *vector = arena_printf(arena, "mons.%d.public_addrs.addrvec", monitor);
	int64_t count = json_get_count(doc, vector);
	const char *address = NULL;

	for (int i = (int)count - 1; i >= 0; i--) {
		const char *type =
			json_get_text(arena, doc, arena_printf(arena, "%s.%d.type", vector, i));

		address = json_get_text(arena, doc, arena_printf(arena, "%s.%d.addr", vector, i));
		if (str_eq(type, "v1"))
			return address;
	}
	return address ? address
		       : json_get_text(arena, doc, arena_printf(arena, "mons.%d.addr", monitor));
}

bool pool_monitors_read(Arena *arena, const char *dump, size_t length, const char **ret_hosts,
			const char **ret_ports)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char **hosts, **ports;
	int64_t count;

	if (json_parse(arena, dump, length, &doc, NULL))
		return false;
	count = json_get_count(doc, "mons");
	if (count <= 0)
		return false;
	hosts = ARENA_ARRAY(arena, const char *, (size_t)count);
	ports = ARENA_ARRAY(arena, const char *, (size_t)count);
	for (int i = 0; i < count; i++)
		if (!split_address(arena, monitor_address(arena, doc, i), &hosts[i], &ports[i]))
			return false;
	*ret_hosts = json_print_text_list(arena, hosts, (size_t)count);
	*ret_ports = json_print_text_list(arena, ports, (size_t)count);
	return true;
}

bool pool_space_read(Arena *arena, const char *df, size_t length, const char *pool,
		     int64_t *ret_total_bytes, int64_t *ret_free_bytes)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	int64_t count, used, left;

	if (json_parse(arena, df, length, &doc, NULL))
		return false;
	count = json_get_count(doc, "pools");
	for (int i = 0; i < count; i++) {
		const char *path = arena_printf(arena, "pools.%d", i);

		if (!str_eq(json_get_text(arena, doc, arena_printf(arena, "%s.name", path)), pool))
			continue;
		used = json_get_int(doc, arena_printf(arena, "%s.stats.stored", path), -1);
		left = json_get_int(doc, arena_printf(arena, "%s.stats.max_avail", path), -1);
		if (used < 0 || left < 0 || (used == 0 && left == 0))
			return false;
		*ret_total_bytes = used + left;
		*ret_free_bytes = left;
		return true;
	}
	return false;
}

/* ---- what attachments say ---- */

const char *pool_connection_info(Arena *arena, const BackendConfig *config, const Volume *volume,
				 const char *hosts, const char *ports)
{
	_cleanup_(freep) char *text = NULL;
	char image[POOL_NAME_BYTES];
	JsonOut out = {0};
	size_t length;

	(void)pool_name(POOL_IMAGE, volume->id, image);
	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", "rbd");
	json_out_printf(&out, "name", "%s/%s", config->pool, image);
	json_out_raw(&out, "hosts", hosts);
	json_out_raw(&out, "ports", ports);
	json_out_text(&out, "cluster_name", config->ceph_cluster);
	json_out_bool(&out, "auth_enabled", true);
	json_out_text(&out, "auth_username", config->ceph_user);
	json_out_text(&out, "secret_type", "ceph");
	json_out_text(&out, "secret_uuid", config->secret_uuid);
	/* Servers of this host whose libvirt keeps no secret find the key as this file says. */
	if (!config->secret_uuid)
		json_out_text(&out, "config_path", config->ceph_conf);
	json_out_bool(&out, "discard", true);
	/*
	 * Never false: a host then maps it with the lock for itself alone, and as long as it does
	 * the image can neither grow nor be given a snapshot.
	 */
	if (volume->multiattach)
		json_out_bool(&out, "multiattach", true);
	json_out_text(&out, "volume_id", volume->id);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	return arena_strndup(arena, text, length);
}
