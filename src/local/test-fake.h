/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests of this room: a connector whose world is files of a Tree, so that it outlives a process
 * that is killed, and what tests say about it.
 *
 *     /world/session-TARGET       what volumes of a target share
 *     /sys/block/DEV/identity     a connected volume, with what it says of itself
 *     /world/OUTCOME-DEV          what the next call about the volume answers: "busy", "missing" …
 *     /world/log                  calls, a line each
 */
#pragma once

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "host/test-tree.h"
#include "local/local.h"
#include "tests/lib/test.h"
#include "json/json.h"

#define BOOT_ID "0aa3c1de-0000-4000-8000-000000000001"
#define FIRST_UUID "11111111-2222-4333-8444-555555555555\n"
#define SECOND_UUID "66666666-7777-4888-8999-aaaaaaaaaaaa\n"

typedef struct FakeInfo {
	const char *target, *dev, *identity;
	bool block;
} FakeInfo;

/* A hook of the crash sweep: called before whatever changes the world. */
static void (*fake_point)(void);
/* How many calls of connect() were at work at the same time, at most. */
static pthread_barrier_t *fake_barrier;

static inline void fake_touch(void)
{
	if (fake_point)
		fake_point();
}

static inline const char *fake_path(ConnectorCall *call, const char *format, const char *name)
{
	const char *path = arena_printf(call->arena,
					format[0] == 'i'   ? "/sys/block/%s/identity"
					: format[0] == 's' ? "/world/session-%s"
							   : "/world/%s",
					name);

	return host_path(call->host, call->arena, "%s", path);
}

static inline void fake_log(ConnectorCall *call, const char *what, const FakeInfo *info,
			    const char *more)
{
	const char *line = arena_printf(call->arena, "%s %s%s\n", what, info->dev, more);
	int fd = open(fake_path(call, "world", "log"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		      0644);

	assert_true(write(fd, line, strlen(line)) == (ssize_t)strlen(line));
	(void)close(fd);
}

static inline bool fake_says(ConnectorCall *call, const char *what, const FakeInfo *info)
{
	const char *name = arena_printf(call->arena, "%s-%s", what, info->dev);

	call->why = what;
	return access(fake_path(call, "world", name), F_OK) == 0;
}

static int fake_parse(ConnectorCall *call, const char *text, void **ret, Fault *f _unused_)
{
	FakeInfo *info = ARENA_NEW(call->arena, FakeInfo);
	JsonDoc *doc = NULL;

	call->why = "no target, device or password";
	if (json_parse(call->arena, text, strlen(text), &doc, NULL))
		return CONNECTOR_BAD_INFO;
	info->target = json_get_text(call->arena, doc, "target");
	info->dev = json_get_text(call->arena, doc, "dev");
	info->identity = json_get_text(call->arena, doc, "identity");
	info->block = json_get_bool(doc, "block", false);
	if (!call->stored && !json_get_text(call->arena, doc, "auth_password"))
		info->target = NULL;
	json_doc_free(doc);
	*ret = info;
	return info->target && info->dev && info->identity ? 0 : CONNECTOR_BAD_INFO;
}

static const char *fake_target(ConnectorCall *call _unused_, const void *info)
{
	return ((const FakeInfo *)info)->target;
}

static bool fake_multipath(const Host *host _unused_)
{
	return false;
}

static int fake_shared(ConnectorCall *call, const void *data, bool *ret, Fault *f _unused_)
{
	const FakeInfo *info = data;

	*ret = access(fake_path(call, "session", info->target), F_OK) == 0;
	return 0;
}

static int fake_join(ConnectorCall *call, const void *data, const ConnectorWish *wish _unused_,
		     Fault *f _unused_)
{
	const FakeInfo *info = data;
	int fd;

	if (fake_says(call, "refused", info))
		return CONNECTOR_NO_PATH;
	fake_touch();
	fd = open(fake_path(call, "session", info->target), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	(void)close(fd);
	return 0;
}

static int fake_find(ConnectorCall *call, const void *data, const char *identity,
		     ConnectorDisk *ret, Fault *f _unused_)
{
	const FakeInfo *info = data;
	const char *is = host_peek(call->host, call->arena, "/sys/block/%s/identity", info->dev);

	call->why = "not there";
	if (!is)
		return CONNECTOR_NO_DISK;
	call->why = "another volume";
	if (identity && !str_eq(is, identity))
		return CONNECTOR_WRONG_DISK;
	if (fake_says(call, "pathless", info))
		return CONNECTOR_NO_PATH;
	*ret = (ConnectorDisk){
		.kind = info->block ? CONNECTOR_BLOCK : CONNECTOR_FILE,
		.path = info->block ? arena_printf(call->arena, "/dev/%s", info->dev)
				    : fake_path(call, "identity", info->dev),
		.format = info->block ? NULL : "raw",
		.identity = is,
		.size_bytes = 1024,
		.paths = 1,
		.degraded = fake_says(call, "degraded", info),
	};
	return 0;
}

static int fake_connect(ConnectorCall *call, const void *data, const ConnectorWish *wish,
			ConnectorDisk *ret, Fault *f)
{
	const FakeInfo *info = data;
	char folder[200];
	int fd;

	if (fake_barrier)
		(void)pthread_barrier_wait(fake_barrier);
	assert_true(access(fake_path(call, "session", info->target), F_OK) == 0);
	if (fake_says(call, "missing", info))
		return CONNECTOR_NO_DISK;
	if (fake_says(call, "broken", info))
		return fault(f, -EIO, "broken");
	(void)unlink(fake_path(call, "world", arena_printf(call->arena, "degraded-%s", info->dev)));
	fake_touch();
	(void)snprintf(folder, sizeof(folder), "%s/sys/block/%s", call->host->root, info->dev);
	(void)mkdir(folder, 0755); /* may be there */
	fd = open(fake_path(call, "identity", info->dev), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	if (lseek(fd, 0, SEEK_END) == 0)
		assert_true(write(fd, info->identity, strlen(info->identity)) > 0);
	(void)close(fd);
	return fake_find(call, data, wish->identity, ret, f);
}

static int fake_disconnect(ConnectorCall *call, const void *data, const ConnectorLeave *leave,
			   Fault *f _unused_)
{
	const FakeInfo *info = data;
	const char *is = host_peek(call->host, call->arena, "/sys/block/%s/identity", info->dev);

	if (is && leave->identity && !str_eq(is, leave->identity) && !leave->force) {
		call->why = "another volume";
		return CONNECTOR_WRONG_DISK;
	}
	if (!leave->force && fake_says(call, "busy", info))
		return CONNECTOR_BUSY;
	if (!leave->force && fake_says(call, "unflushed", info))
		return CONNECTOR_UNFLUSHED;
	call->why = leave->force ? "unflushed data may be lost" : NULL;
	fake_log(call, "disconnect", info, leave->keep ? " keep" : "");
	fake_touch();
	(void)unlink(fake_path(call, "identity", info->dev)); /* may be gone */
	if (!leave->keep && leave->made)
		(void)unlink(fake_path(call, "session", info->target));
	return 0;
}

static int fake_extend(ConnectorCall *call, const void *data, const char *identity _unused_,
		       int64_t size_bytes, int64_t *ret_size_bytes, Fault *f _unused_)
{
	if (fake_says(call, "small", data))
		return CONNECTOR_NOT_GROWN;
	*ret_size_bytes = size_bytes;
	return 0;
}

static const ConnectorDriver fake_driver = {
	.name = "fake",
	.size = sizeof(ConnectorDriver),
	.types = (const char *const[]){"fake", NULL},
	.parse = fake_parse,
	.target = fake_target,
	.multipath = fake_multipath,
	.shared = fake_shared,
	.join = fake_join,
	.connect = fake_connect,
	.find = fake_find,
	.disconnect = fake_disconnect,
	.extend = fake_extend,
};

static const ConnectorDriver *const fake_drivers[] = {&fake_driver, NULL};

/* A machine with an open record directory. */
typedef struct Place {
	Tree *tree;
	Local *local;
	LocalWork *work;
} Place;

static inline Local *place_open_again(Place *place)
{
	const LocalConfig config = {
		.state_dir = tree_place(place->tree, "/state"),
		.link_dir = tree_place(place->tree, "/dev/cleat"),
		.mount_dir = "/mnt",
		.host = &place->tree->host,
		.drivers = fake_drivers,
	};
	Local *local = NULL;

	assert_int_equal(local_open(&config, &local, NULL), 0);
	return local;
}

static inline Place place_make(void)
{
	Place place = {.tree = tree_new()};

	tree_file(place.tree, "/proc/sys/kernel/random/boot_id", BOOT_ID "\n");
	tree_file(place.tree, "/proc/self/mountinfo", "");
	tree_file(place.tree, "/world/log", "");
	tree_file(place.tree, "/sys/block/none", "");
	tree_file(place.tree, "/dev/none", "");
	place.local = place_open_again(&place);
	return place;
}

static inline void place_done(Place *place)
{
	place->work = local_end(place->work);
	place->local = local_close(place->local);
	place->tree = tree_free(place->tree);
}

/* Which machine it is, and as whom it logs in. */
static inline void place_name(Place *place, const char *uuid, const char *initiator,
			      const char *nqn)
{
	tree_file(place->tree, "/sys/class/dmi/id/product_uuid", uuid);
	tree_file(place->tree, "/etc/iscsi/initiatorname.iscsi",
		  arena_printf(place->tree->arena, "InitiatorName=%s\n", initiator));
	tree_file(place->tree, "/etc/nvme/hostnqn", nqn);
}

/* The host is started anew: nothing of what the kernel had is there, but for what is said here. */
static inline void place_reboot(Place *place)
{
	place->work = local_end(place->work);
	place->local = local_close(place->local);
	tree_file(place->tree, "/proc/sys/kernel/random/boot_id", "another");
	tree_remove(place->tree, "/sys/block/sda");
	tree_remove(place->tree, "/dev/cleat");
	place->local = place_open_again(place);
}

static inline int64_t soon(void)
{
	return clock_mono_ms() + 60 * 1000;
}

/* The volume of a device: "v-sda". */
static inline LocalWork *place_begin(Place *place, const char *dev)
{
	place->work = local_end(place->work);
	assert_int_equal(local_begin(place->local, place->tree->arena,
				     arena_printf(place->tree->arena, "v-%s", dev), soon(),
				     &place->work, NULL),
			 0);
	return place->work;
}

static inline LocalOffer offer_of(Arena *arena, const char *target, const char *dev,
				  const char *more)
{
	char id[UUID_TEXT];

	uuid_of_text(dev, id);
	return (LocalOffer){
		.attachment_id = arena_strdup(arena, id),
		.info = arena_printf(arena,
				     "{\"driver_volume_type\":\"fake\",\"data\":{\"target\":\"%s\","
				     "\"dev\":\"%s\",\"identity\":\"id:%s\","
				     "\"auth_password\":\"hush\"%s}}",
				     target, dev, dev, more),
	};
}

/* Reserve and connect a volume; the answer of local_connect(). */
static inline int place_attach(Place *place, const char *target, const char *dev, const char *more,
			       LocalRecord *record, ConnectorDisk *ret_disk)
{
	LocalWork *work = place_begin(place, dev);
	const LocalOffer offer = offer_of(work->arena, target, dev, more);

	*record = (LocalRecord){.endpoint = "cloud/project", .connector = "{}", .mode = "rw"};
	assert_int_equal(local_reserve(work, record, NULL), 0);
	return local_connect(work, record, &offer, ret_disk, NULL);
}

static inline bool place_has(const Place *place, const char *path)
{
	struct stat st;

	return lstat(host_path(&place->tree->host, place->tree->arena, "%s", path), &st) == 0;
}

static inline const char *place_log(const Place *place)
{
	return host_peek(&place->tree->host, place->tree->arena, "/world/log");
}

static inline bool place_linked(const Place *place, const LocalRecord *record)
{
	struct stat st;

	return record->attachment_id &&
	       lstat(local_link(place->local, place->tree->arena, record), &st) == 0;
}

static inline size_t place_records(const Place *place, LocalRecord ***ret)
{
	size_t count = 0;

	assert_int_equal(local_list(place->local, place->tree->arena, ret, &count, NULL), 0);
	return count;
}
