/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See priv.h. Attributes that old kernels lack count as matching; addresses are parsed before they
 * are compared.
 */
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "connector/nvme/priv.h"
#include "contract/connector-text.h"

enum { RECONNECT_DELAY_S = 10, SYSFS_SECTOR_BYTES = 512 };

/* ---- this host ---- */

const char *nvme_host_nqn(const ConnectorCall *call, const NvmeInfo *info)
{
	if (info->host_nqn)
		return info->host_nqn;
	return host_peek(call->host, call->arena, "/etc/nvme/hostnqn");
}

/*
 * The kernel wants one id for one name: the file's belongs to the file's name. Another name mostly
 * ends in the id that belongs to it.
 */
const char *nvme_host_id(const ConnectorCall *call, const char *host_nqn)
{
	const char *own = host_peek(call->host, call->arena, "/etc/nvme/hostnqn");
	const char *id = host_peek(call->host, call->arena, "/etc/nvme/hostid");
	const char *end = strrchr(host_nqn, ':');
	char uuid[UUID_TEXT];

	if (id && (!own || str_eq(own, host_nqn)) && uuid_canonical(id, uuid))
		return arena_strdup(call->arena, uuid);
	if (end && uuid_canonical(end + 1, uuid))
		return arena_strdup(call->arena, uuid);
	return id && uuid_canonical(id, uuid) ? arena_strdup(call->arena, uuid) : NULL;
}

/* ---- controllers ---- */

static NvmeState state_of(const char *text)
{
	if (str_eq(text, "live"))
		return NVME_LIVE;
	if (str_eq(text, "connecting") || str_eq(text, "resetting") || str_eq(text, "new"))
		return NVME_PENDING;
	return NVME_DYING;
}

/* The value of a key in "traddr=192.0.2.1,trsvcid=4420,src_addr=…"; or NULL. */
static const char *address_part(Arena *arena, const char *text, const char *key)
{
	while (*text) {
		size_t length = strcspn(text, ",");
		const char *value = str_after(text, key);

		if (value && *value == '=' && value < text + length)
			return arena_strndup(arena, value + 1, length - (size_t)(value + 1 - text));
		text += length + (text[length] == ',');
	}
	return NULL;
}

static bool read_address(Arena *arena, const char *text, NvmeController *controller)
{
	const char *address = text ? address_part(arena, text, "traddr") : NULL;
	const char *port = text ? address_part(arena, text, "trsvcid") : NULL;
	char canonical[CONNECTOR_ADDRESS_BYTES];

	if (!address || !port || !connector_address(address, canonical) ||
	    !str_parse_i64(port, &controller->port))
		return false;
	controller->address = arena_strdup(arena, canonical);
	return true;
}

static const char *attribute(const ConnectorCall *call, const char *controller, const char *name)
{
	return host_peek(call->host, call->arena, "/sys/class/nvme/%s/%s", controller, name);
}

/* Read a controller, if it leads to the subsystem as this host. */
static bool read_controller(const ConnectorCall *call, const NvmeInfo *info, const char *name,
			    NvmeController *ret)
{
	const char *transport = attribute(call, name, "transport");
	const char *host_nqn = attribute(call, name, "hostnqn");
	const char *delay = attribute(call, name, "reconnect_delay");
	const char *wanted = nvme_host_nqn(call, info);
	bool is_rdma = str_eq(transport, nvme_transport_name(NVME_RDMA));

	if (!str_eq(attribute(call, name, "subsysnqn"), info->nqn) ||
	    (!is_rdma && !str_eq(transport, nvme_transport_name(NVME_TCP))) ||
	    (host_nqn && wanted && !str_eq(host_nqn, wanted)))
		return false;
	*ret = (NvmeController){
		.name = name,
		.transport = is_rdma ? NVME_RDMA : NVME_TCP,
		.state = state_of(attribute(call, name, "state")),
	};
	if (!delay || !str_parse_i64(delay, &ret->reconnect_delay_s))
		ret->reconnect_delay_s = RECONNECT_DELAY_S;
	return read_address(call->arena, attribute(call, name, "address"), ret);
}

int nvme_controllers(const ConnectorCall *call, const NvmeInfo *info, NvmeControllers *ret,
		     Fault *f)
{
	const char **paths;
	size_t count;
	int r = host_glob(call->host, call->arena, "/sys/class/nvme/nvme*", &paths, &count, f);

	if (r)
		return fault_unexpected(f, r);
	*ret = (NvmeControllers){0};
	for (size_t i = 0; i < count; i++) {
		NvmeController one;

		if (!read_controller(call, info, strrchr(paths[i], '/') + 1, &one))
			continue;
		ret->items = arena_grow(call->arena, ret->items, ret->count, sizeof(one));
		ret->items[ret->count++] = one;
	}
	return 0;
}

bool nvme_controller_through(const NvmeController *controller, const NvmePortal *portal)
{
	return controller->transport == portal->transport && controller->port == portal->port &&
	       str_eq(controller->address, portal->address);
}

const NvmeController *nvme_controller_at(const NvmeControllers *controllers,
					 const NvmePortal *portal)
{
	for (size_t i = 0; i < controllers->count; i++)
		if (nvme_controller_through(&controllers->items[i], portal))
			return &controllers->items[i];
	return NULL;
}

bool nvme_controller_is(const ConnectorCall *call, const NvmeInfo *info,
			const NvmeController *controller)
{
	NvmeController now;

	return read_controller(call, info, controller->name, &now) &&
	       now.port == controller->port && str_eq(now.address, controller->address);
}

int nvme_rescan(const ConnectorCall *call, const NvmeControllers *controllers, Fault *f)
{
	int r = 0;

	for (size_t i = 0; i < controllers->count; i++) {
		const NvmeController *one = &controllers->items[i];

		if (one->state != NVME_LIVE)
			continue;
		r = host_write(call->host,
			       arena_printf(call->arena, "/sys/class/nvme/%s/rescan_controller",
					    one->name),
			       "1", call->deadline_ms, f);
		if (r)
			return fault_unexpected(f, r);
	}
	return r;
}

/* ---- namespaces ---- */

/* "nvme1n2" of "nvme1c3n2", which native multipath calls the way through controller 3. */
static const char *device_of(Arena *arena, const char *name)
{
	const char *way = strchr(name, 'c');
	const char *rest = way ? strchr(way, 'n') : NULL;

	if (!rest)
		return arena_strdup(arena, name);
	return arena_printf(arena, "%.*s%s", (int)(way - name), name, rest);
}

/* One in canonical spelling; all zero counts as none. */
static const char *read_uuid(const ConnectorCall *call, const char *path, const char *name)
{
	const char *text = host_peek(call->host, call->arena, "%s/%s", path, name);
	char uuid[UUID_TEXT];

	if (!text || !uuid_canonical(text, uuid) || !uuid[strspn(uuid, "0-")])
		return NULL;
	return arena_strdup(call->arena, uuid);
}

static bool read_namespace(const ConnectorCall *call, const NvmeInfo *info, const char *path,
			   NvmeNamespace *ret)
{
	const char *nsid = host_peek(call->host, call->arena, "%s/nsid", path);
	const char *size = host_peek(call->host, call->arena, "%s/size", path);

	*ret = (NvmeNamespace){
		.device = device_of(call->arena, strrchr(path, '/') + 1),
		.uuid = read_uuid(call, path, "uuid"),
		.nguid = read_uuid(call, path, "nguid"),
	};
	/* Sectors of 512 bytes, whatever the namespace's blocks are. */
	if (size && str_parse_i64(size, &ret->size_bytes))
		ret->size_bytes *= SYSFS_SECTOR_BYTES;
	if (!nsid || !str_parse_i64(nsid, &ret->nsid) ||
	    !host_block_exists(call->host, call->arena, ret->device))
		return false;
	/* Where there is no UUID the kernel shows the NGUID in its place. */
	if (str_eq(ret->uuid, ret->nguid))
		ret->uuid = NULL;
	if (ret->uuid)
		ret->identity = arena_printf(call->arena, "uuid:%s", ret->uuid);
	else if (ret->nguid)
		ret->identity = arena_printf(call->arena, "nguid:%s", ret->nguid);
	else
		ret->identity =
			arena_printf(call->arena, "nsid:%s/%lld", info->nqn, (long long)ret->nsid);
	return true;
}

/* One way more to a device, or the first one. */
static void add_way(Arena *arena, NvmeNamespaces *all, const NvmeNamespace *one, bool is_live)
{
	NvmeNamespace *entry = NULL;

	for (size_t i = 0; i < all->count; i++)
		if (str_eq(all->items[i].device, one->device))
			entry = &all->items[i];
	if (!entry) {
		all->items = arena_grow(arena, all->items, all->count, sizeof(*one));
		entry = &all->items[all->count++];
		*entry = *one;
	}
	if (!is_live)
		return;
	entry->size_bytes =
		entry->paths ? MIN(entry->size_bytes, one->size_bytes) : one->size_bytes;
	entry->paths++;
}

int nvme_namespaces(const ConnectorCall *call, const NvmeInfo *info,
		    const NvmeControllers *controllers, NvmeNamespaces *ret, Fault *f)
{
	*ret = (NvmeNamespaces){0};
	for (size_t i = 0; i < controllers->count; i++) {
		const NvmeController *controller = &controllers->items[i];
		const char **paths;
		size_t count;
		int r = host_glob(
			call->host, call->arena,
			arena_printf(call->arena, "/sys/class/nvme/%s/nvme*n*", controller->name),
			&paths, &count, f);

		if (r)
			return fault_unexpected(f, r);
		for (size_t j = 0; j < count; j++) {
			NvmeNamespace one;

			if (read_namespace(call, info, paths[j], &one))
				add_way(call->arena, ret, &one, controller->state == NVME_LIVE);
		}
	}
	return 0;
}

static bool is_named(const NvmeInfo *info, const NvmeNamespace *one)
{
	if (info->uuid && (str_eq(info->uuid, one->uuid) || str_eq(info->uuid, one->nguid)))
		return true;
	return info->nguid && str_eq(info->nguid, one->nguid);
}

/*
 * The number alone says enough where nothing else can be known: of a namespace without identifiers
 * or when none was told, and if the subsystem has just one or the UUID is the volume's.
 */
static int pick_by_number(ConnectorCall *call, const NvmeInfo *info, const NvmeNamespaces *all,
			  NvmeNamespace *ret)
{
	const NvmeNamespace *found = NULL;

	for (size_t i = 0; i < all->count; i++)
		if (info->nsid && all->items[i].nsid == info->nsid)
			found = &all->items[i];
	if (!found)
		return connector_say(call, CONNECTOR_NO_DISK, "%s does not show the namespace",
				     info->nqn);
	if ((info->uuid || info->nguid) && (found->uuid || found->nguid))
		return connector_say(call, CONNECTOR_WRONG_DISK,
				     "namespace %lld of %s is %s, not the volume's",
				     (long long)info->nsid, info->nqn, found->identity);
	if (all->count > 1 && !(found->uuid && str_eq(found->uuid, info->volume_id)))
		return connector_say(call, CONNECTOR_WRONG_DISK,
				     "%s has several namespaces, and nothing but a number says "
				     "which is the volume's",
				     info->nqn);
	*ret = *found;
	return 0;
}

int nvme_namespace_pick(ConnectorCall *call, const NvmeInfo *info, const char *identity,
			const NvmeNamespaces *all, NvmeNamespace *ret)
{
	int r;

	for (size_t i = 0; i < all->count; i++) {
		const NvmeNamespace *one = &all->items[i];

		if (identity ? str_eq(one->identity, identity) : is_named(info, one)) {
			*ret = *one;
			return 0;
		}
	}
	r = pick_by_number(call, info, all, ret);
	if (r || !identity)
		return r;
	return connector_say(call, CONNECTOR_WRONG_DISK, "namespace %lld of %s is %s, not %s",
			     (long long)ret->nsid, info->nqn, ret->identity, identity);
}

int nvme_look(ConnectorCall *call, const NvmeInfo *info, const char *identity,
	      NvmeControllers *ret_controllers, NvmeNamespace *ret, Fault *f)
{
	NvmeNamespaces all;
	int r = nvme_controllers(call, info, ret_controllers, f);

	if (!r)
		r = nvme_namespaces(call, info, ret_controllers, &all, f);
	return r ? r : nvme_namespace_pick(call, info, identity, &all, ret);
}
