/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The path in a connection_info may name any device of this host, also the one it runs from. So it
 * has to lie below /dev, lead to a whole block device, and nobody may use that when it is
 * connected. The device is known by what it says of itself, and by its path only if it says
 * nothing.
 */
#include "connector/local/local.h"

#include <limits.h>

#include "base/str.h"
#include "contract/connector-text.h"
#include "host/host.h"
#include "json/json.h"

enum { PATH_MAX_BYTES = 200 };

typedef struct LocalInfo {
	const char *device_path;
	const char *access_mode;
} LocalInfo;

static const JsonField rows[] = {
	{
		.name = "device_path",
		.type = JSON_TEXT,
		.flags = JSON_REQUIRED,
		.offset = offsetof(LocalInfo, device_path),
		.max = PATH_MAX_BYTES,
	},
	{
		.name = "access_mode",
		.type = JSON_TEXT,
		.flags = JSON_NULLABLE,
		.offset = offsetof(LocalInfo, access_mode),
		.choices = (const char *const[]){"rw", "ro", NULL},
	},
};
static const JsonFields fields = {
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.size = sizeof(LocalInfo),
	.open = true,
};

/* Words below /dev, none of which leads out of it. */
static bool is_device_path(Arena *arena, const char *path)
{
	const char *rest = str_after(path, "/dev/");

	while (rest) {
		size_t length = strcspn(rest, "/");

		if (!connector_is_word(arena_strndup(arena, rest, length), "_+:@.-",
				       PATH_MAX_BYTES))
			return false;
		if (!rest[length])
			return true;
		rest += length + 1;
	}
	return false;
}

static int local_parse(ConnectorCall *call, const char *info, void **ret, Fault *f _unused_)
{
	void *decoded = NULL;
	int r = connector_decode(call, info, &fields, &decoded);

	if (r)
		return r;
	if (!is_device_path(call->arena, ((LocalInfo *)decoded)->device_path))
		return connector_say(call, CONNECTOR_BAD_INFO,
				     "device_path is no path of a device");
	*ret = decoded;
	return 0;
}

static const char *local_target(ConnectorCall *call, const void *info)
{
	return arena_printf(call->arena, "local:%s", ((const LocalInfo *)info)->device_path);
}

static bool local_multipath(const Host *host _unused_)
{
	return false;
}

/* The kernel's name of the device that the path leads to now, or NULL. */
static const char *device_name(const ConnectorCall *call, const LocalInfo *info)
{
	const char *root = host_path(call->host, call->arena, "/dev/");
	char real[PATH_MAX];
	const char *name;

	if (!realpath(host_path(call->host, call->arena, "%s", info->device_path), real))
		return NULL;
	name = str_after(real, root);
	if (!name || strchr(name, '/') || !host_block_exists(call->host, call->arena, name))
		return NULL;
	return arena_strdup(call->arena, name);
}

static const char *device_identity(const ConnectorCall *call, const LocalInfo *info,
				   const char *name)
{
	static const struct {
		const char *kind;
		const char *file;
	} says[] = {
		{"dm", "dm/uuid"},
		{"uuid", "uuid"},
		{"serial", "serial"},
		{"loop", "loop/backing_file"},
	};
	const char *text = host_block_wwid(call->host, call->arena, name);

	if (text)
		return arena_printf(call->arena, "wwid:%s", text);
	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		text = host_peek(call->host, call->arena, "/sys/block/%s/%s", name, says[i].file);
		if (!str_empty(text))
			return arena_printf(call->arena, "%s:%s", says[i].kind, text);
	}
	return arena_printf(call->arena, "path:%s", info->device_path);
}

static int local_find(ConnectorCall *call, const void *data, const char *identity,
		      ConnectorDisk *ret, Fault *f)
{
	const LocalInfo *info = data;
	const char *name = device_name(call, info);
	const char *own;
	int64_t size_bytes = 0;
	int r = HOST_NONE;

	if (name)
		r = host_block_size(call->host, call->arena, name, &size_bytes, f);
	if (r < 0)
		return r;
	if (r || size_bytes == 0)
		return connector_say(call, CONNECTOR_NO_DISK, "this host has no block device %s",
				     info->device_path);
	own = device_identity(call, info, name);
	if (identity && !str_eq(identity, own))
		return connector_say(call, CONNECTOR_WRONG_DISK, "%s is %s, not %s",
				     info->device_path, own, identity);
	*ret = (ConnectorDisk){
		.kind = CONNECTOR_BLOCK,
		.path = arena_printf(call->arena, "/dev/%s", name),
		.identity = own,
		.size_bytes = size_bytes,
		.paths = 1,
	};
	return 0;
}

/* The kernel's name in a path that local_find() gave. */
static const char *disk_name(const ConnectorDisk *disk)
{
	return disk->path + strlen("/dev/");
}

static int check_unused(ConnectorCall *call, const char *name, Fault *f)
{
	const char *who = NULL;
	int r = host_block_users(call->host, call->arena, name, NULL, &who, f);

	return r == HOST_BUSY ? connector_say(call, CONNECTOR_BUSY, "%s", who) : r;
}

static int local_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
			 ConnectorDisk *ret, Fault *f)
{
	ConnectorDisk disk = {0};
	int r;

	r = local_find(call, info, wish->identity, &disk, f);
	if (r == 0 && !wish->identity) /* what was connected before may be used by now */
		r = check_unused(call, disk_name(&disk), f);
	if (r == 0 && wish->readonly)
		r = host_block_set_readonly(call->host, disk_name(&disk), true, call->deadline_ms,
					    f);
	if (r == 0)
		*ret = disk;
	return r;
}

static int flush(ConnectorCall *call, const char *name, bool force)
{
	Fault why = {0};
	int r = host_block_flush(call->host, name, call->deadline_ms, &why);

	if (r == 0)
		return 0;
	(void)connector_say(call, CONNECTOR_UNFLUSHED, "unflushed data of %s may be lost: %s", name,
			    why.text);
	return force ? 0 : CONNECTOR_UNFLUSHED;
}

static int local_disconnect(ConnectorCall *call, const void *data, const ConnectorLeave *leave,
			    Fault *f)
{
	const LocalInfo *info = data;
	ConnectorDisk disk = {0};
	int r;

	if (!leave->identity)
		return 0; /* it got nowhere, and nothing was made */
	r = local_find(call, data, leave->identity, &disk, f);
	if (r == CONNECTOR_NO_DISK || (r == CONNECTOR_WRONG_DISK && leave->force))
		return 0;
	if (r == 0 && !leave->force)
		r = check_unused(call, disk_name(&disk), f);
	if (r == 0)
		r = flush(call, disk_name(&disk), leave->force);
	if (r == 0 && str_eq(info->access_mode, "ro"))
		r = host_block_set_readonly(call->host, disk_name(&disk), false, call->deadline_ms,
					    f);
	return r;
}

static int local_extend(ConnectorCall *call, const void *info, const char *identity,
			int64_t size_bytes, int64_t *ret_size_bytes, Fault *f)
{
	ConnectorDisk disk = {0};
	int r;

	r = local_find(call, info, identity, &disk, f);
	if (r == CONNECTOR_WRONG_DISK)
		return CONNECTOR_NO_DISK; /* `why` says which one is there */
	if (r)
		return r;
	if (disk.size_bytes < size_bytes)
		return connector_say(call, CONNECTOR_NOT_GROWN, "%s has %lld bytes so far",
				     disk.path, (long long)disk.size_bytes);
	*ret_size_bytes = disk.size_bytes;
	return 0;
}

const ConnectorDriver connector_local = {
	.name = "local",
	.size = sizeof(ConnectorDriver),
	.types = (const char *const[]){"local", NULL},
	.parse = local_parse,
	.target = local_target,
	.multipath = local_multipath,
	.connect = local_connect,
	.find = local_find,
	.disconnect = local_disconnect,
	.extend = local_extend,
};
