/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See connection.h. The members are those that volume drivers of the field write; each kind of
 * driver_volume_type has a reader in the table at the end.
 */
#include "engine/connection.h"

#include <errno.h>

#include "base/digest.h"
#include "base/str.h"
#include "json/json.h"

static JsonDoc *parse(Arena *arena, const char *info)
{
	JsonDoc *doc = NULL;

	if (str_empty(info) || json_parse(arena, info, strlen(info), &doc, NULL))
		return NULL;
	return json_is_object(doc) ? doc : json_doc_free(doc);
}

/* Some write numbers as texts. */
static int64_t number(Arena *arena, const JsonDoc *doc, const char *path)
{
	const char *text = json_get_text(arena, doc, path);
	int64_t value;

	if (!text)
		return json_get_int(doc, path, 0);
	return str_parse_i64(text, &value) ? value : 0;
}

/* What may differ from volume to volume.
 * -----------------------------------------------------------
 */

/* The enumerator that a member names, or 0, which is the default of each. */
static int named(Arena *arena, const JsonDoc *doc, const char *path, const EnumNames *names)
{
	const char *name = json_get_text(arena, doc, path);
	int value = name ? enum_value(names, name) : 0;

	return MAX(value, 0);
}

static bool is_block_size(int64_t bytes)
{
	return bytes >= 512 && bytes <= 2 * 1024 * 1024 && (bytes & (bytes - 1)) == 0;
}

static int64_t block_size(Arena *arena, const JsonDoc *doc, const char *path)
{
	int64_t bytes = number(arena, doc, path);

	return is_block_size(bytes) ? bytes : 0;
}

void connection_tune(Arena *arena, const char *info, DiskTune *ret)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = parse(arena, info);

	*ret = (DiskTune){0};
	if (!doc)
		return;
	ret->cache = (DiskCache)named(arena, doc, "cache_mode", &disk_cache_names);
	ret->io = (DiskIo)named(arena, doc, "io_mode", &disk_io_names);
	ret->keep_discarded = !json_get_bool(doc, "discard", true);
	ret->logical_block_size = block_size(arena, doc, "logical_block_size");
	ret->physical_block_size = block_size(arena, doc, "physical_block_size");
	for (int i = 0; i < _DISK_LIMIT_MAX; i++)
		ret->limits[i] = MAX(number(arena, doc,
					    arena_printf(arena, "qos_specs.%s",
							 enum_name(&disk_limit_names, i))),
				     0);
}

/* Where it is.
 * --------------------------------------------------------------------------------------
 */

static int lacks(Fault *f, const char *member)
{
	return fault(f, -EBADMSG, "the volume's connection_info does not say %s", member);
}

static const char *chosen(Arena *arena, const JsonDoc *doc, const char *one, const char *list)
{
	const char *text = json_get_text(arena, doc, one);

	return text ? text : json_get_text(arena, doc, arena_printf(arena, "%s.0", list));
}

/* "address:port", where an address of IPv6 stands in brackets. */
static DiskHost portal(Arena *arena, const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *end = strchr(text, ']');
	bool has_port = colon && (text[0] != '[' || (end && colon > end));
	size_t length = has_port ? (size_t)(colon - text) : strlen(text);
	bool quoted = text[0] == '[' && end;

	return (DiskHost){
		.name = quoted ? arena_strndup(arena, text + 1, (size_t)(end - text - 1))
			       : arena_strndup(arena, text, length),
		.port = has_port ? arena_strdup(arena, colon + 1) : NULL,
	};
}

static DiskNetwork *network_new(Arena *arena, DiskProtocol protocol, size_t hosts, DiskHost **ret)
{
	DiskNetwork *network = ARENA_NEW(arena, DiskNetwork);

	*ret = ARENA_ARRAY(arena, DiskHost, hosts);
	*network = (DiskNetwork){.protocol = protocol, .hosts = *ret, .host_count = hosts};
	return network;
}

/* Attached to the host already, by whoever did it. */
static int local_source(Arena *arena, const JsonDoc *doc, ConnectionSource *ret, Fault *f)
{
	ret->path = json_get_text(arena, doc, "device_path");
	if (!ret->path || ret->path[0] != '/')
		return lacks(f, "device_path");
	ret->is_block = str_after(ret->path, "/dev/") != NULL;
	return 0;
}

/*
 * A password would have to be kept by libvirt, which the embedded one cannot: who has given one to
 * libvirt names it.
 */
static int iscsi_auth(Arena *arena, const JsonDoc *doc, DiskNetwork *network, Fault *f)
{
	if (!json_get_text(arena, doc, "auth_method"))
		return 0;
	network->auth_user = json_get_text(arena, doc, "auth_username");
	network->auth_secret = json_get_text(arena, doc, "secret_uuid");
	if (!network->auth_user || !network->auth_secret)
		return fault(f, -ENOTSUP,
			     "the volume's target wants a password: guests here reach such volumes "
			     "by a device of the host (device_path) or a secret that libvirt has "
			     "(secret_uuid)");
	return 0;
}

static int iscsi_source(Arena *arena, const JsonDoc *doc, ConnectionSource *ret, Fault *f)
{
	const char *where = chosen(arena, doc, "target_portal", "target_portals");
	const char *iqn = chosen(arena, doc, "target_iqn", "target_iqns");
	int64_t lun = json_get_int(doc, "target_lun", json_get_int(doc, "target_luns.0", -1));
	DiskNetwork *network;
	DiskHost *host;

	if (json_get_text(arena, doc, "device_path"))
		return local_source(arena, doc, ret, f);
	if (!where || !iqn || lun < 0)
		return lacks(f, "target_portal, target_iqn and target_lun");
	network = network_new(arena, DISK_PROTOCOL_ISCSI, 1, &host);
	*host = portal(arena, where);
	network->name = arena_printf(arena, "%s/%lld", iqn, (long long)lun);
	network->initiator = json_get_text(arena, doc, "initiator_name");
	ret->network = network;
	return iscsi_auth(arena, doc, network, f);
}

static int rbd_auth(Arena *arena, const JsonDoc *doc, DiskNetwork *network, Fault *f)
{
	if (!json_get_bool(doc, "auth_enabled", false))
		return 0;
	network->auth_secret = json_get_text(arena, doc, "secret_uuid");
	if (!network->auth_secret && network->config_path)
		return 0; /* the file says who we are */
	network->auth_user = json_get_text(arena, doc, "auth_username");
	if (!network->auth_user || !network->auth_secret)
		return lacks(f, "auth_username and secret_uuid");
	return 0;
}

static int rbd_source(Arena *arena, const JsonDoc *doc, ConnectionSource *ret, Fault *f)
{
	int64_t count = json_get_count(doc, "hosts");
	DiskNetwork *network;
	DiskHost *hosts;

	if (count < 1)
		return lacks(f, "hosts");
	network = network_new(arena, DISK_PROTOCOL_RBD, (size_t)count, &hosts);
	for (int i = 0; i < count; i++) {
		hosts[i].name = json_get_text(arena, doc, arena_printf(arena, "hosts.%d", i));
		hosts[i].port = json_get_text(arena, doc, arena_printf(arena, "ports.%d", i));
		if (!hosts[i].name)
			return lacks(f, "hosts");
	}
	network->name = json_get_text(arena, doc, "name");
	network->config_path = json_get_text(arena, doc, "config_path");
	if (!network->name)
		return lacks(f, "name");
	ret->network = network;
	return rbd_auth(arena, doc, network, f);
}

static int nbd_source(Arena *arena, const JsonDoc *doc, ConnectionSource *ret, Fault *f)
{
	const char *socket = json_get_text(arena, doc, "unix_socket");
	const char *where = json_get_text(arena, doc, "target_portal");
	const char *name = json_get_text(arena, doc, "export_name");
	DiskNetwork *network;
	DiskHost *host;

	if (!socket && !where)
		return lacks(f, "target_portal or unix_socket");
	network = network_new(arena, DISK_PROTOCOL_NBD, 1, &host);
	*host = socket ? (DiskHost){.socket = socket} : portal(arena, where);
	network->name = name ? name : "";
	ret->network = network;
	return 0;
}

/* Mounted by the host under a name made from the export's. */
static int nfs_source(Arena *arena, const JsonDoc *doc, ConnectionSource *ret, Fault *f)
{
	const char *base = json_get_text(arena, doc, "mount_point_base");
	const char *export = json_get_text(arena, doc, "export");
	const char *name = json_get_text(arena, doc, "name");
	char digest[DIGEST_MD5_TEXT];

	if (!base || base[0] != '/' || !export || !name || strchr(name, '/'))
		return lacks(f, "mount_point_base, export and name");
	if (!digest_md5(export, digest))
		return fault(f, -ENOTSUP, "this OpenSSL has no MD5");
	ret->path = arena_printf(arena, "%s/%s/%s", base, digest, name);
	return 0;
}

typedef struct SourceReader {
	const char *name; /* driver_volume_type */
	int (*read)(Arena *arena, const JsonDoc *doc, ConnectionSource *ret, Fault *f);
} SourceReader;

static const SourceReader readers[] = {
	{"local", local_source},
	{"iscsi", iscsi_source},
	{"iser", iscsi_source},
	{"rbd", rbd_source},
	{"nbd", nbd_source},
	{"nfs", nfs_source},
	{"fibre_channel", local_source},
	{"nvmeof", local_source},
};

static int source_mode(Arena *arena, const JsonDoc *doc, ConnectionSource *ret, Fault *f)
{
	const char *mode = json_get_text(arena, doc, "access_mode");
	const char *format = json_get_text(arena, doc, "format");

	if (mode && !str_eq(mode, "ro") && !str_eq(mode, "rw"))
		return fault(f, -EBADMSG, "the access mode %s is unknown", mode);
	ret->readonly = str_eq(mode, "ro");
	ret->format = format ? enum_value(&disk_format_names, format) : DISK_FORMAT_RAW;
	if (ret->format != DISK_FORMAT_RAW && ret->format != DISK_FORMAT_QCOW2)
		return fault(f, -EBADMSG, "the format %s is none of a disk", format);
	if (json_get_bool(doc, "encrypted", false))
		return fault(f, -ENOTSUP, "the volume is encrypted, which cannot be undone here");
	return 0;
}

int connection_source(Arena *arena, const char *info, ConnectionSource *ret, Fault *f)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = parse(arena, info);
	ConnectionSource source = {0};
	const char *type;
	int r;

	if (!doc)
		return fault(f, -EBADMSG, "the attachment has no connection_info");
	type = json_get_text(arena, doc, "driver_volume_type");
	r = source_mode(arena, doc, &source, f);
	if (r)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		if (!str_eq(type, readers[i].name))
			continue;
		r = readers[i].read(arena, doc, &source, f);
		if (!r)
			*ret = source;
		return r;
	}
	return fault(f, -ENOTSUP, "Could not find a handler for %s volume.", type ? type : "null");
}
