/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots. An image is mapped once for writing and once read-only; what a command answered is not
 * believed, since one that was given up may have mapped. What is mapped is found by what it is, and
 * unmapped by its device alone.
 */
#include "connector/rbd/rbd.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "connector/rbd/priv.h"
#include "contract/connector-text.h"
#include "run/run.h"

enum { APPEAR_MS = 5 * 1000, VANISH_MS = 10 * 1000 };

/* Deployments give one secret to the volumes of one cluster. */
static const char *rbd_target(ConnectorCall *call, const void *info)
{
	const RbdInfo *rbd = info;

	return arena_printf(call->arena, "rbd:%s/%s",
			    rbd->secret_uuid ? rbd->secret_uuid : rbd->cluster,
			    rbd_spec(call, rbd));
}

static bool rbd_multipath(const Host *host)
{
	(void)host;
	return false;
}

static int describe(const ConnectorCall *call, const RbdMapping *mapping, ConnectorDisk *ret,
		    Fault *f)
{
	*ret = (ConnectorDisk){
		.kind = CONNECTOR_BLOCK,
		.path = arena_printf(call->arena, "/dev/%s", mapping->device),
		.identity = mapping->identity,
		.paths = 1,
	};
	return rbd_mapping_size(call, mapping, &ret->size_bytes, f);
}

/* ---- mapping ---- */

typedef struct Look {
	const ConnectorCall *call;
	const char *identity;
	bool is_readonly;
	RbdMapping found;
} Look;

static int look_for_mapping(void *ctx, Fault *f)
{
	Look *look = ctx;
	RbdMappings all;
	const RbdMapping *one;
	int r = rbd_mappings(look->call, &all, f);

	if (r)
		return r;
	one = rbd_mapping_of(&all, look->identity, look->is_readonly);
	if (!one || one->is_readonly != look->is_readonly)
		return HOST_NONE;
	look->found = *one;
	return 0;
}

/* As rules of udev see it: "rbd-" and the image's id, the last part of an identity. */
static const char *quiet_name(const ConnectorCall *call, const char *identity)
{
	return arena_printf(call->arena, "rbd-%s", strrchr(identity, '/') + 1);
}

static bool has_module(const ConnectorCall *call, const char *name)
{
	Fault ignored = {0}; /* a module that is not there is the answer */

	return host_need_module(call->host, call->arena, name, &ignored) == 0;
}

/* Map as one of the two kinds. What came of it is looked up; *ret_why says what was complained of.
 */
static void map_as(ConnectorCall *call, const RbdInfo *info, const RbdImage *image,
		   bool is_readonly, bool is_nbd, const char **ret_why)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const char *argv[3 * RBD_WORDS] = {"rbd"};
	const RunSpec spec = {.argv = argv, .timeout_ms = host_left_ms(call->deadline_ms)};
	Fault failed = {0};
	size_t n = 1;

	rbd_words(call, info, &argv[1]);
	while (argv[n])
		n++;
	argv[n++] = "device";
	argv[n++] = "map";
	if (is_nbd) {
		argv[n++] = "--device-type=nbd";
		argv[n++] = arena_printf(call->arena, "--cookie=%s", image->identity);
	}
	if (is_readonly)
		argv[n++] = "--read-only";
	else if (info->is_single && image->can_lock)
		argv[n++] = "--exclusive";
	argv[n++] = rbd_spec(call, info);
	if (run_command(&spec, &result, &failed))
		*ret_why = arena_strdup(call->arena, failed.text);
	else if (result.status)
		*ret_why = arena_printf(call->arena, "status %d: %s", result.status,
					arena_stripped(call->arena, result.err));
}

/* Of the image, not of the cluster or of time: no other try would get further. */
static bool is_mismatch(const char *why)
{
	return strstr(why, "feature set mismatch");
}

static bool can_nbd(ConnectorCall *call)
{
	return host_has_program(call->host, "rbd-nbd") && has_module(call, "nbd");
}

/*
 * By the kernel's client; by rbd-nbd only where that one cannot do it at all. A map of the kernel's
 * that failed or took too long may appear yet, and an image is never mapped in two ways.
 */
static int map(ConnectorCall *call, const RbdInfo *info, const RbdImage *image, Look *look,
	       Fault *f)
{
	bool can_kernel = has_module(call, "rbd");
	const char *why = "it does not appear";
	int r = HOST_TIMEOUT;

	host_quiet(call->host, call->arena, quiet_name(call, image->identity));
	if (can_kernel) {
		map_as(call, info, image, look->is_readonly, false, &why);
		r = host_wait(look_for_mapping, look,
			      MIN(call->deadline_ms, clock_mono_ms() + APPEAR_MS), f);
	}
	if (r == HOST_TIMEOUT && (!can_kernel || is_mismatch(why)) && can_nbd(call)) {
		map_as(call, info, image, look->is_readonly, true, &why);
		r = host_wait(look_for_mapping, look,
			      MIN(call->deadline_ms, clock_mono_ms() + APPEAR_MS), f);
	} else if (!can_kernel) {
		return connector_say(call, CONNECTOR_NO_TRANSPORT,
				     "this host has neither the kernel's rbd nor rbd-nbd");
	}
	if (r != HOST_TIMEOUT)
		return fault_unexpected(f, r);
	return connector_say(call, is_mismatch(why) ? CONNECTOR_NO_TRANSPORT : CONNECTOR_NO_PATH,
			     "%s cannot be mapped: %s", rbd_spec(call, info), why);
}

static bool is_other(const ConnectorCall *call, const char *identity)
{
	for (const char *const *other = call->others; other && *other; other++)
		if (str_eq(*other, identity))
			return true;
	return false;
}

/* What is mapped already serves us too, unless it is a stranger's. */
static int check_owner(ConnectorCall *call, const ConnectorWish *wish, const RbdMapping *mapping,
		       Fault *f)
{
	const char *who;
	int r;

	if (wish->identity || is_other(call, mapping->identity))
		return 0;
	r = host_block_users(call->host, call->arena, mapping->device, NULL, &who, f);
	if (r == HOST_BUSY)
		return connector_say(call, CONNECTOR_BUSY, "%s", who);
	return fault_unexpected(f, r);
}

static int check_image(ConnectorCall *call, const RbdImage *image, const ConnectorWish *wish)
{
	if (wish->identity && !str_eq(wish->identity, image->identity))
		return connector_say(call, CONNECTOR_WRONG_DISK, "it is %s, not %s",
				     image->identity, wish->identity);
	if (wish->size_bytes && wish->size_bytes != image->size_bytes)
		return connector_say(call, CONNECTOR_WRONG_DISK,
				     "it has %lld bytes where %lld are expected",
				     (long long)image->size_bytes, (long long)wish->size_bytes);
	return 0;
}

static int rbd_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		       ConnectorDisk *ret, Fault *f)
{
	Look look = {.call = call, .is_readonly = wish->readonly};
	RbdImage image;
	int r;

	if (wish->multipath && wish->enforce)
		return connector_say(call, CONNECTOR_NO_TRANSPORT,
				     "Multipathing is enforced but the host doesn't support "
				     "multipathing.");
	if (!host_has_program(call->host, "rbd") || !host_has_program(call->host, "ceph"))
		return connector_say(call, CONNECTOR_NO_TRANSPORT,
				     "this host has no rbd program (package ceph-common)");
	r = rbd_image_ask(call, info, &image, f);
	if (!r)
		r = check_image(call, &image, wish);
	if (r)
		return r;
	look.identity = image.identity;
	r = look_for_mapping(&look, f);
	if (!r)
		r = check_owner(call, wish, &look.found, f);
	else if (r == HOST_NONE)
		r = map(call, info, &image, &look, f);
	return r ? r : describe(call, &look.found, ret, f);
}

/* ---- what is mapped ---- */

/* Of a mapping without an identity only the name is known, and the cluster not. */
static bool is_named(const ConnectorCall *call, const RbdInfo *info, const RbdMapping *mapping)
{
	const char *path;

	if (!mapping->number)
		return false; /* an nbd device has its identity as its only name */
	path = arena_printf(call->arena, "/sys/bus/rbd/devices/%s", mapping->number);
	return str_eq(host_peek(call->host, call->arena, "%s/pool", path), info->pool) &&
	       str_eq(host_peek(call->host, call->arena, "%s/pool_ns", path), info->space) &&
	       str_eq(host_peek(call->host, call->arena, "%s/name", path), info->image);
}

static int rbd_find(ConnectorCall *call, const void *info, const char *identity, ConnectorDisk *ret,
		    Fault *f)
{
	const RbdInfo *rbd = info;
	const RbdMapping *found = NULL;
	RbdMappings all;
	int r = rbd_mappings(call, &all, f);

	if (r)
		return r;
	if (identity)
		found = rbd_mapping_of(&all, identity, rbd->is_readonly);
	for (size_t i = 0; !identity && i < all.count; i++)
		if (is_named(call, rbd, &all.items[i]))
			found = &all.items[i];
	if (!found)
		return connector_say(call, CONNECTOR_NO_DISK, "%s is not mapped",
				     rbd_spec(call, rbd));
	return describe(call, found, ret, f);
}

static int look_whether_gone(void *ctx, Fault *f)
{
	const Look *look = ctx;
	RbdMappings all;
	int r = rbd_mappings(look->call, &all, f);

	for (size_t i = 0; !r && i < all.count; i++)
		if (str_eq(all.items[i].device, look->found.device) &&
		    str_eq(all.items[i].identity, look->found.identity))
			return HOST_NONE;
	return r;
}

static int unmap(ConnectorCall *call, const RbdMapping *mapping, bool force, Fault *f)
{
	Look look = {.call = call, .found = *mapping};
	const char *argv[] = {"rbd", "device", "unmap", NULL, NULL, NULL, NULL, NULL};
	const RunSpec spec = {.argv = argv, .timeout_ms = host_left_ms(call->deadline_ms)};
	_cleanup_(run_result_done) RunResult result = {0};
	Fault failed = {0};
	size_t n = 3;
	int r;

	if (!mapping->number)
		argv[n++] = "--device-type=nbd";
	if (force && mapping->number) {
		argv[n++] = "--options";
		argv[n++] = "force";
	}
	argv[n] = arena_printf(call->arena, "/dev/%s", mapping->device);
	r = run_command(&spec, &result, &failed);
	if (!r && result.status == EBUSY && !force)
		return connector_say(call, CONNECTOR_BUSY, "%s is in use", mapping->device);
	r = host_wait(look_whether_gone, &look, MIN(call->deadline_ms, clock_mono_ms() + VANISH_MS),
		      f);
	if (r == HOST_TIMEOUT)
		return fault(f, -EIO, "%s cannot be unmapped: %s", mapping->device,
			     failed.code
				     ? failed.text
				     : arena_stripped(call->arena, result.err ? result.err : ""));
	if (r == 0)
		host_quiet_end(call->host, call->arena, quiet_name(call, mapping->identity));
	return fault_unexpected(f, r);
}

static int flush(ConnectorCall *call, const RbdMapping *mapping, bool force)
{
	int64_t now_ms = clock_mono_ms();
	int64_t limit_ms = now_ms + MAX((call->deadline_ms - now_ms) / 2, 1);
	Fault unflushed = {0};

	if (host_block_flush(call->host, mapping->device, limit_ms, &unflushed) == 0)
		return 0;
	(void)connector_say(call, CONNECTOR_UNFLUSHED,
			    "unflushed data of %s may be lost, as it could not be flushed: %s",
			    mapping->device, unflushed.text);
	return force ? 0 : CONNECTOR_UNFLUSHED;
}

static int release(ConnectorCall *call, const ConnectorLeave *leave, const RbdMapping *mapping,
		   Fault *f)
{
	const char *who;
	int r = host_block_users(call->host, call->arena, mapping->device, NULL, &who, f);

	if (r == HOST_BUSY && !leave->identity)
		return 0; /* whoever has it may not be us */
	if (r == HOST_BUSY && !leave->force)
		return connector_say(call, CONNECTOR_BUSY, "%s", who);
	if (r && r != HOST_BUSY)
		return fault_unexpected(f, r);
	r = flush(call, mapping, leave->force);
	return r ? r : unmap(call, mapping, leave->force, f);
}

static int rbd_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave,
			  Fault *f)
{
	RbdMappings all;
	int r = rbd_mappings(call, &all, f);

	for (size_t i = 0; !r && i < all.count; i++) {
		const RbdMapping *one = &all.items[i];
		bool is_ours = leave->identity ? str_eq(one->identity, leave->identity)
					       : is_named(call, info, one) &&
							 !is_other(call, one->identity);

		if (is_ours)
			r = release(call, leave, one, f);
	}
	return r;
}

static int rbd_extend(ConnectorCall *call, const void *info, const char *identity,
		      int64_t size_bytes, int64_t *ret_size_bytes, Fault *f)
{
	ConnectorDisk disk = {0};
	int r = rbd_find(call, info, identity, &disk, f);

	if (r)
		return r;
	if (disk.size_bytes < size_bytes)
		return connector_say(call, CONNECTOR_NOT_GROWN, "%s has %lld bytes so far",
				     disk.path, (long long)disk.size_bytes);
	*ret_size_bytes = disk.size_bytes;
	return 0;
}

static const char *const types[] = {"rbd", NULL};

const ConnectorDriver connector_rbd = {
	.name = "rbd",
	.size = sizeof(ConnectorDriver),
	.types = types,
	.parse = rbd_info_parse,
	.target = rbd_target,
	.multipath = rbd_multipath,
	.connect = rbd_connect,
	.find = rbd_find,
	.disconnect = rbd_disconnect,
	.extend = rbd_extend,
};
