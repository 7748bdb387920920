/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * This machine, as connectors see it: files below /sys, /proc and /etc, block devices, device
 * mapper maps, mounts. What may block for ever (a flush, an unmount, a write that makes the kernel
 * scan) runs in a child process with a limit of its own. Nothing depends on links that udev makes.
 *
 * All paths go through a Host, so that tests have a machine of their own in a directory.
 * Thread-safe.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

typedef struct Host Host;

struct Host {
	const char
		*root; /* "" for this machine; of tests: a directory with sys/, proc/, etc/, dev/ */
};

typedef enum HostOutcome {
	HOST_NONE = 1900, /* there is no such thing */
	HOST_BUSY,        /* somebody uses it: *ret_who says who */
	HOST_TIMEOUT,     /* what was waited for has not come about */
} HostOutcome;

/* "/sys/block" below the root, in the arena. */
const char *host_path(const Host *host, Arena *arena, const char *format, ...) _printf_(3, 4);

/* --- files (host/file.c) --- */

/* What a small file says, without blanks at its ends. HOST_NONE. */
_must_use_ int host_read(const Host *host, Arena *arena, const char *path, const char **ret,
			 Fault *f);
/* NULL where there is nothing to be read. */
const char *host_peek(const Host *host, Arena *arena, const char *format, ...) _printf_(3, 4);
/* Write to a file of the kernel's, in a child ("tee -a PATH") that may last until the deadline. */
_must_use_ int host_write(const Host *host, const char *path, const char *text, int64_t deadline_ms,
			  Fault *f);
/* Names that match a glob(7) pattern below the root, sorted; the paths are without the root. */
_must_use_ int host_glob(const Host *host, Arena *arena, const char *pattern, const char ***ret,
			 size_t *ret_count, Fault *f);
/* The name that a symbolic link ends in: "dm-3" of "../../devices/virtual/block/dm-3"; or NULL. */
const char *host_link_name(const Host *host, Arena *arena, const char *path);

/* Look until `look` answers something else than HOST_NONE, or HOST_TIMEOUT. */
typedef int (*HostLook)(void *ctx, Fault *f);
_must_use_ int host_wait(HostLook look, void *ctx, int64_t deadline_ms, Fault *f);

/* What is left until a deadline of clock_mono_ms(), for a child's time limit; at least 1. */
int64_t host_left_ms(int64_t deadline_ms);

/* --- block devices, by kernel name: "sda", "dm-3", "nvme0n1" (host/block.c) --- */

bool host_block_exists(const Host *host, Arena *arena, const char *name);
/* 512-byte sectors of sysfs, as bytes. HOST_NONE. */
_must_use_ int host_block_size(const Host *host, Arena *arena, const char *name, int64_t *ret_bytes,
			       Fault *f);
bool host_block_readonly(const Host *host, Arena *arena, const char *name);
/* The WWID of a SCSI device as multipath counts it ("3600140…"), from its VPD page; or NULL. */
const char *host_block_wwid(const Host *host, Arena *arena, const char *name);
/* What has been built on top of it: names of dm, md and other devices. */
_must_use_ int host_block_holders(const Host *host, Arena *arena, const char *name,
				  const char ***ret, size_t *ret_count, Fault *f);
/*
 * Who uses it or a partition of it: mounts, holders that are not `except` (or NULL), swap, and
 * processes that have it open. 0: nobody; HOST_BUSY with *ret_who: all of them in words.
 */
_must_use_ int host_block_users(const Host *host, Arena *arena, const char *name,
				const char *except, const char **ret_who, Fault *f);
/* blockdev --flushbufs. A fault when it fails, or has not ended by the deadline. */
_must_use_ int host_block_flush(const Host *host, const char *name, int64_t deadline_ms, Fault *f);
/* blockdev --setro / --setrw. */
_must_use_ int host_block_set_readonly(const Host *host, const char *name, bool readonly,
				       int64_t deadline_ms, Fault *f);

/* --- device mapper maps (host/map.c) --- */

/* The kernel's name of the map with that uuid ("mpath-3600…"), "dm-3"; or NULL. */
const char *host_map_find(const Host *host, Arena *arena, const char *uuid);
const char *host_map_uuid(const Host *host, Arena *arena, const char *name);
const char *host_map_name(const Host *host, Arena *arena, const char *name);
bool host_map_suspended(const Host *host, Arena *arena, const char *name);

/* --- marks for rules of udev (host/quiet.c) --- */

/*
 * Before a device comes: what this host finds in it is not to be started. The name is that of a
 * SCSI device ("2:0:0:1"), a map's uuid, a subsystem's NQN, "rbd-" and an image's id.
 */
void host_quiet(const Host *host, Arena *arena, const char *name);
/* After it has gone, or never came. */
void host_quiet_end(const Host *host, Arena *arena, const char *name);

/* --- mounts (host/mount.c): libmount over /proc/self/mountinfo --- */

typedef struct HostMount {
	const char *source;
	const char *target;
	const char *type;
	const char *options;
	unsigned major, minor;
} HostMount;

/* What is mounted at a place: HOST_NONE. Names are decoded. */
_must_use_ int host_mount_at(const Host *host, Arena *arena, const char *target, HostMount *ret,
			     Fault *f);
/* Every mount of a block device ("sda" and its partitions), or of a source text. */
_must_use_ int host_mounts_of(const Host *host, Arena *arena, const char *name, HostMount **ret,
			      size_t *ret_count, Fault *f);
/* The texts are handed to mount(8) as they are. */
_must_use_ int host_mount(const Host *host, const char *type, const char *source,
			  const char *target, const char *options, int64_t deadline_ms, Fault *f);
/* 0 also when nothing is mounted there. HOST_BUSY. */
_must_use_ int host_unmount(const Host *host, const char *target, int64_t deadline_ms, Fault *f);

/* --- neighbours on a network (host/neighbour.c) --- */

enum { HOST_MAC_TEXT = 18 };

/* The hardware address, in lower case, that has an IPv4 address on a device. HOST_NONE. */
_must_use_ int host_neighbour(const Host *host, const char *device, const char *address,
			      char ret[static HOST_MAC_TEXT], Fault *f);

/* --- programs and modules (host/tool.c) --- */

/* Whether a program is in PATH (or in sbin), by name. */
bool host_has_program(const Host *host, const char *name);
/* Whether a kernel module is there, loaded or built in; tries modprobe. */
_must_use_ int host_need_module(const Host *host, Arena *arena, const char *name, Fault *f);
