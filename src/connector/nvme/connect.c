/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connect the subsystem's portals; find the namespace, look whether it is the right one.
 *
 * What `nvme connect` answers is not believed: a command that failed or was given up may have
 * connected, and "already connected" is a success. So after each one sysfs is asked.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/nvme/priv.h"
#include "contract/connector-text.h"
#include "run/run.h"

enum {
	LOGIN_MS = 20 * 1000,
	RECONNECT_SLACK_MS = 10 * 1000,
	APPEAR_MS = 5 * 1000, /* after each of the looks the kernel is asked to take */
	APPEAR_LOOKS = 3,
	ALL_PATHS_MS = 3 * 1000,
};

typedef struct Connect {
	ConnectorCall *call;
	const NvmeInfo *info;
	const ConnectorWish *wish;
	NvmeControllers now;
	NvmeNamespace found;
	const char *complaint; /* of the last portal that let us in not */
} Connect;

static bool wants_all(const Connect *c)
{
	return c->wish->multipath && nvme_multipath(c->call->host);
}

static int64_t earlier_ms(const ConnectorCall *call, int64_t from_now_ms)
{
	return MIN(call->deadline_ms, clock_mono_ms() + from_now_ms);
}

/* ---- what this host can ---- */

static bool has_transport(const ConnectorCall *call, NvmeTransport transport)
{
	Fault ignored = {0}; /* a module that is not there is the answer */
	const char **devices;
	size_t count;

	switch (transport) {
	case NVME_TCP:
		return host_need_module(call->host, call->arena, "nvme_tcp", &ignored) == 0;
	case NVME_RDMA:
		return host_glob(call->host, call->arena, "/sys/class/infiniband/*", &devices,
				 &count, &ignored) == 0 &&
		       count > 0 &&
		       host_need_module(call->host, call->arena, "nvme_rdma", &ignored) == 0;
	case _NVME_TRANSPORT_MAX:
		break;
	}
	return false;
}

static int check_host(Connect *c)
{
	const ConnectorCall *call = c->call;
	const char *nqn = nvme_host_nqn(call, c->info);

	if (!host_has_program(call->host, "nvme"))
		return connector_say(c->call, CONNECTOR_NO_TRANSPORT,
				     "this host has no nvme program (package nvme-cli)");
	if (!nqn || !nvme_host_id(call, nqn))
		return connector_say(c->call, CONNECTOR_NO_TRANSPORT,
				     "this host has no NVMe name in /etc/nvme/hostnqn and hostid");
	for (size_t i = 0; i < c->info->portal_count; i++)
		if (has_transport(call, c->info->portals[i].transport))
			return 0;
	return connector_say(c->call, CONNECTOR_NO_TRANSPORT, "this host has no NVMe over %s",
			     nvme_transport_name(c->info->portals[0].transport));
}

/* ---- controllers ---- */

static size_t count_live(const NvmeControllers *controllers)
{
	size_t count = 0;

	for (size_t i = 0; i < controllers->count; i++)
		count += controllers->items[i].state == NVME_LIVE;
	return count;
}

static int look_at_controllers(Connect *c, Fault *f)
{
	return nvme_controllers(c->call, c->info, &c->now, f);
}

static int login(Connect *c, const NvmePortal *portal, int64_t limit_ms, Fault *f)
{
	Arena *arena = c->call->arena;
	const char *nqn = nvme_host_nqn(c->call, c->info);
	const RunSpec spec = {
		.argv = RUN_ARGV("nvme", "connect",
				 arena_printf(arena, "--transport=%s",
					      nvme_transport_name(portal->transport)),
				 arena_printf(arena, "--traddr=%s", portal->address),
				 arena_printf(arena, "--trsvcid=%lld", (long long)portal->port),
				 arena_printf(arena, "--nqn=%s", c->info->nqn),
				 arena_printf(arena, "--hostnqn=%s", nqn),
				 arena_printf(arena, "--hostid=%s", nvme_host_id(c->call, nqn)),
				 "--ctrl-loss-tmo=-1", "--reconnect-delay=10"),
		.timeout_ms = MAX(limit_ms, 1),
	};
	_cleanup_(run_result_done) RunResult result = {0};
	Fault failed = {0};

	host_quiet(c->call->host, arena, c->info->nqn); /* namespaces come by themselves */
	if (run_checked(&spec, &result, &failed))
		c->complaint = arena_printf(arena, "%s port %lld: %s", portal->address,
					    (long long)portal->port, failed.text);
	return look_at_controllers(c, f);
}

/* Every portal with multipath, else one that lets us in. */
static int login_portals(Connect *c, Fault *f)
{
	const NvmeInfo *info = c->info;
	bool is_all = wants_all(c);
	int r = 0;

	for (size_t i = 0; !r && i < info->portal_count; i++) {
		const NvmePortal *portal = &info->portals[i];
		int64_t rest_ms = c->call->deadline_ms - clock_mono_ms();

		if (!is_all && count_live(&c->now) > 0)
			break;
		if (nvme_controller_at(&c->now, portal) ||
		    !has_transport(c->call, portal->transport))
			continue;
		r = login(c, portal, MIN(LOGIN_MS, rest_ms / (int64_t)(info->portal_count - i)), f);
	}
	return r;
}

static int look_for_live(void *ctx, Fault *f)
{
	Connect *c = ctx;
	int r = look_at_controllers(c, f);

	if (r)
		return r;
	return count_live(&c->now) == 0 ? HOST_NONE : 0;
}

/* Those that reconnect have a turn each time their delay is over. */
static int wait_for_live(Connect *c, Fault *f)
{
	int64_t longest_s = -1;
	int r;

	if (count_live(&c->now) > 0)
		return 0;
	for (size_t i = 0; i < c->now.count; i++)
		if (c->now.items[i].state == NVME_PENDING)
			longest_s = MAX(longest_s, c->now.items[i].reconnect_delay_s);
	if (longest_s < 0)
		return connector_say(c->call, CONNECTOR_NO_PATH, "%s",
				     c->complaint ? c->complaint : "no portal lets this host in");
	r = host_wait(look_for_live, c, earlier_ms(c->call, RECONNECT_SLACK_MS + longest_s * 1000),
		      f);
	if (r == HOST_TIMEOUT)
		return connector_say(c->call, CONNECTOR_NO_PATH,
				     "every controller of %s is trying to reconnect", c->info->nqn);
	return fault_unexpected(f, r);
}

/* ---- the namespace ---- */

static int look_for_namespace(void *ctx, Fault *f)
{
	Connect *c = ctx;
	int r = nvme_look(c->call, c->info, c->wish->identity, &c->now, &c->found, f);

	if (r == CONNECTOR_NO_DISK || r == CONNECTOR_WRONG_DISK)
		return HOST_NONE;
	return r;
}

/* The target need not tell us of a new one: ask, in case it has not appeared by itself. */
static int wait_for_namespace(Connect *c, Fault *f)
{
	int r = look_for_namespace(c, f);

	for (int i = 0; (r == HOST_NONE || r == HOST_TIMEOUT) && i < APPEAR_LOOKS; i++) {
		if (clock_mono_ms() >= c->call->deadline_ms)
			break;
		r = nvme_rescan(c->call, &c->now, f);
		if (!r)
			r = host_wait(look_for_namespace, c, earlier_ms(c->call, APPEAR_MS), f);
	}
	if (r != HOST_NONE && r != HOST_TIMEOUT)
		return fault_unexpected(f, r);
	return nvme_look(c->call, c->info, c->wish->identity, &c->now, &c->found, f);
}

static int look_for_all_paths(void *ctx, Fault *f)
{
	Connect *c = ctx;
	int r = look_for_namespace(c, f);

	if (r)
		return r;
	return c->found.paths < count_live(&c->now) ? HOST_NONE : 0;
}

static int look_for_size(void *ctx, Fault *f)
{
	Connect *c = ctx;
	int64_t size_bytes;
	int r = host_block_size(c->call->host, c->call->arena, c->found.device, &size_bytes, f);

	if (r)
		return r;
	return size_bytes == c->wish->size_bytes ? 0 : HOST_NONE;
}

static int check_size(Connect *c, int64_t *ret_size_bytes, Fault *f)
{
	ConnectorCall *call = c->call;
	int r = c->wish->size_bytes ? look_for_size(c, f) : 0;

	if (r == HOST_NONE) {
		r = nvme_rescan(call, &c->now, f);
		if (!r)
			r = host_wait(look_for_size, c, earlier_ms(call, APPEAR_MS), f);
	}
	if (r < 0)
		return r;
	r = host_block_size(call->host, call->arena, c->found.device, ret_size_bytes, f);
	if (r)
		return fault_unexpected(f, r);
	if (c->wish->size_bytes && *ret_size_bytes != c->wish->size_bytes)
		return connector_say(call, CONNECTOR_WRONG_DISK,
				     "%s has %lld bytes where %lld are expected", c->found.device,
				     (long long)*ret_size_bytes, (long long)c->wish->size_bytes);
	return 0;
}

/* What somebody uses already keeps the mode that he has it in. */
static int set_mode(Connect *c, Fault *f)
{
	const ConnectorCall *call = c->call;
	const char *device = c->found.device, *who;
	int r;

	if (host_block_readonly(call->host, call->arena, device) == c->wish->readonly)
		return 0;
	r = host_block_users(call->host, call->arena, device, NULL, &who, f);
	if (r == HOST_BUSY)
		return connector_say(c->call, CONNECTOR_BUSY, "%s is used %s by %s", device,
				     c->wish->readonly ? "for writing" : "read-only", who);
	if (r)
		return fault_unexpected(f, r);
	return host_block_set_readonly(call->host, device, c->wish->readonly, call->deadline_ms, f);
}

/* ---- the slots ---- */

int nvme_shared(ConnectorCall *call, const void *info, bool *ret, Fault *f)
{
	NvmeControllers controllers;
	int r = nvme_controllers(call, info, &controllers, f);

	if (!r)
		*ret = controllers.count > 0;
	return r;
}

int nvme_join(ConnectorCall *call, const void *info, const ConnectorWish *wish, Fault *f)
{
	Connect c = {.call = call, .info = info, .wish = wish};
	int r;

	if (wish->multipath && wish->enforce && !nvme_multipath(call->host))
		return connector_say(call, CONNECTOR_NO_TRANSPORT,
				     "Multipathing is enforced but the host doesn't support "
				     "multipathing.");
	r = check_host(&c);
	if (!r)
		r = look_at_controllers(&c, f);
	if (!r)
		r = login_portals(&c, f);
	if (!r)
		r = wait_for_live(&c, f);
	if (r)
		return r;
	if (wish->multipath && wish->enforce && count_live(&c.now) < c.info->portal_count)
		return connector_say(call, CONNECTOR_NO_PATH, "multipathing is enforced, and %s",
				     c.complaint ? c.complaint : "a portal lets us in not");
	return 0;
}

int nvme_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		 ConnectorDisk *ret, Fault *f)
{
	Connect c = {.call = call, .info = info, .wish = wish};
	int64_t size_bytes = 0;
	int r = wait_for_namespace(&c, f);

	if (!r && wants_all(&c) && c.found.paths < count_live(&c.now)) {
		r = host_wait(look_for_all_paths, &c, earlier_ms(call, ALL_PATHS_MS), f);
		r = r == HOST_TIMEOUT ? 0 : r; /* fewer paths are told in the answer */
	}
	if (!r)
		r = check_size(&c, &size_bytes, f);
	if (!r)
		r = set_mode(&c, f);
	if (r)
		return r;
	*ret = nvme_disk(call, &c.found, size_bytes);
	ret->degraded = wish->multipath && c.found.paths < c.info->portal_count;
	return 0;
}
