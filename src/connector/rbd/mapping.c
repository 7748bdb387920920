/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Mappings as sysfs shows them. The kernel's client tells cluster, pool, namespace and id of each.
 * Of nbd devices the kernel knows nothing but the cookie that they were made with: ours is the
 * identity.
 */
#include <string.h>

#include "base/str.h"
#include "connector/rbd/priv.h"

static const char *attribute(const ConnectorCall *call, const char *path, const char *name)
{
	const char *text = host_peek(call->host, call->arena, "%s/%s", path, name);

	return text ? text : "";
}

static void add(const ConnectorCall *call, RbdMappings *all, RbdMapping one)
{
	one.is_readonly = host_block_readonly(call->host, call->arena, one.device);
	all->items = arena_grow(call->arena, all->items, all->count, sizeof(one));
	all->items[all->count++] = one;
}

static int add_kernel(const ConnectorCall *call, RbdMappings *all, Fault *f)
{
	const char **paths;
	size_t count;
	int r = host_glob(call->host, call->arena, "/sys/bus/rbd/devices/*", &paths, &count, f);

	for (size_t i = 0; !r && i < count; i++) {
		const char *number = strrchr(paths[i], '/') + 1;

		if (!str_eq(attribute(call, paths[i], "current_snap"), "-"))
			continue;
		add(call, all,
		    (RbdMapping){
			    .device = arena_printf(call->arena, "rbd%s", number),
			    .number = number,
			    .identity = arena_printf(call->arena, "rbd:%s/%s/%s/%s",
						     attribute(call, paths[i], "cluster_fsid"),
						     attribute(call, paths[i], "pool"),
						     attribute(call, paths[i], "pool_ns"),
						     attribute(call, paths[i], "image_id")),
		    });
	}
	return fault_unexpected(f, r);
}

static int add_nbd(const ConnectorCall *call, RbdMappings *all, Fault *f)
{
	const char **paths;
	size_t count;
	int r = host_glob(call->host, call->arena, "/sys/block/nbd*", &paths, &count, f);

	for (size_t i = 0; !r && i < count; i++) {
		const char *cookie = attribute(call, paths[i], "backend");

		if (str_after(cookie, "rbd:"))
			add(call, all,
			    (RbdMapping){.device = strrchr(paths[i], '/') + 1, .identity = cookie});
	}
	return fault_unexpected(f, r);
}

int rbd_mappings(const ConnectorCall *call, RbdMappings *ret, Fault *f)
{
	int r;

	*ret = (RbdMappings){0};
	r = add_kernel(call, ret, f);
	return r ? r : add_nbd(call, ret, f);
}

const RbdMapping *rbd_mapping_of(const RbdMappings *mappings, const char *identity,
				 bool is_readonly)
{
	const RbdMapping *found = NULL;

	for (size_t i = 0; i < mappings->count; i++) {
		const RbdMapping *one = &mappings->items[i];

		if (!str_eq(one->identity, identity))
			continue;
		if (one->is_readonly == is_readonly)
			return one;
		found = one;
	}
	return found;
}

int rbd_mapping_size(const ConnectorCall *call, const RbdMapping *mapping, int64_t *ret_bytes,
		     Fault *f)
{
	const char *text;

	if (!mapping->number)
		return fault_unexpected(
			f, host_block_size(call->host, call->arena, mapping->device, ret_bytes, f));
	/* Bytes, and as new as the kernel's client knows; the block device's size is not. */
	text = host_peek(call->host, call->arena, "/sys/bus/rbd/devices/%s/size", mapping->number);
	if (!text || !str_parse_i64(text, ret_bytes))
		return fault(f, -ENODEV, "%s tells no size", mapping->device);
	return 0;
}
