/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver's table, and what needs neither controllers nor namespaces to change.
 */
#include "connector/nvme/nvme.h"

#include "base/str.h"
#include "connector/nvme/priv.h"
#include "contract/connector-text.h"

/* A subsystem is known by its name, whichever portal leads to it. */
static const char *nvme_target(ConnectorCall *call, const void *info)
{
	const NvmeInfo *nvme = info;

	return arena_printf(call->arena, "nvme:%s", nvme->nqn);
}

bool nvme_multipath(const Host *host)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	return str_eq(host_peek(host, arena, "/sys/module/nvme_core/parameters/multipath"), "Y");
}

ConnectorDisk nvme_disk(const ConnectorCall *call, const NvmeNamespace *found, int64_t size_bytes)
{
	return (ConnectorDisk){
		.kind = CONNECTOR_BLOCK,
		.path = arena_printf(call->arena, "/dev/%s", found->device),
		.identity = found->identity,
		.size_bytes = size_bytes,
		.paths = found->paths,
	};
}

static int nvme_find(ConnectorCall *call, const void *info, const char *identity,
		     ConnectorDisk *ret, Fault *f)
{
	NvmeControllers controllers;
	NvmeNamespace found;
	int64_t size_bytes;
	int r = nvme_look(call, info, identity, &controllers, &found, f);

	if (r)
		return r;
	if (found.paths == 0)
		return connector_say(call, CONNECTOR_NO_PATH, "no way to %s works", found.device);
	r = host_block_size(call->host, call->arena, found.device, &size_bytes, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = nvme_disk(call, &found, size_bytes);
	ret->degraded =
		nvme_multipath(call->host) && found.paths < ((const NvmeInfo *)info)->portal_count;
	return 0;
}

static const char *const types[] = {"nvmeof", "nvme", NULL};

const ConnectorDriver connector_nvme = {
	.name = "nvme",
	.size = sizeof(ConnectorDriver),
	.types = types,
	.parse = nvme_info_parse,
	.target = nvme_target,
	.multipath = nvme_multipath,
	.shared = nvme_shared,
	.join = nvme_join,
	.connect = nvme_connect,
	.find = nvme_find,
	.disconnect = nvme_disconnect,
	.extend = nvme_extend,
};
