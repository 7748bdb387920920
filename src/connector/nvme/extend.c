/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A new size: asked for on every live controller, and there when the device and each live way to
 * it show it. A way that is down looks by itself when it is back.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/nvme/priv.h"
#include "contract/connector-text.h"

enum { GROW_MS = 2 * 1000 };

typedef struct Growth {
	ConnectorCall *call;
	const NvmeInfo *info;
	const char *identity;
	NvmeControllers controllers;
	int64_t least_bytes;
	int64_t now_bytes;
} Growth;

static int look_at_size(Growth *growth, Fault *f)
{
	NvmeNamespace found;
	int r = nvme_look(growth->call, growth->info, growth->identity, &growth->controllers,
			  &found, f);

	if (!r)
		r = host_block_size(growth->call->host, growth->call->arena, found.device,
				    &growth->now_bytes, f);
	if (!r && found.paths > 0)
		growth->now_bytes = MIN(growth->now_bytes, found.size_bytes);
	return r;
}

static int look_whether_grown(void *ctx, Fault *f)
{
	Growth *growth = ctx;
	int r = look_at_size(growth, f);

	if (r < 0)
		return r;
	return r || growth->now_bytes < growth->least_bytes ? HOST_NONE : 0;
}

int nvme_extend(ConnectorCall *call, const void *info, const char *identity, int64_t size_bytes,
		int64_t *ret_size_bytes, Fault *f)
{
	Growth growth = {.call = call, .info = info, .identity = identity};
	int64_t limit_ms = call->deadline_ms;
	int r = look_at_size(&growth, f);

	if (r > 0)
		return CONNECTOR_NO_DISK;
	growth.least_bytes = size_bytes;
	if (!size_bytes) {
		/* Nothing tells when the kernel has looked: growth within a while counts. */
		growth.least_bytes = growth.now_bytes + 1;
		limit_ms = MIN(limit_ms, clock_mono_ms() + GROW_MS);
	}
	if (!r)
		r = nvme_rescan(call, &growth.controllers, f);
	if (!r)
		r = host_wait(look_whether_grown, &growth, limit_ms, f);
	if (r < 0)
		return r;
	if (r && size_bytes)
		return connector_say(call, CONNECTOR_NOT_GROWN, "%s has %lld bytes so far",
				     growth.identity ? growth.identity : growth.info->nqn,
				     (long long)growth.now_bytes);
	call->why = NULL;
	*ret_size_bytes = growth.now_bytes;
	return 0;
}
