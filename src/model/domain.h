/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Domains and their disks: what a hypervisor is asked to make. Nothing here is stored; it is put
 * together from servers, images, volumes and attachments when it is needed.
 */
#pragma once

#include "base/enum.h"
#include "model/volume.h"

/* A domain's name on its host, from the server's id; clients see it as the instance's name. */
#define DOMAIN_NAME_FORMAT "cleat-%s"

typedef struct DiskSpec {
	const char *alias;  /* "ua-<attachment id>" for volumes; a disk is found by it */
	const char *target; /* "vdb" */
	const char *bus;    /* "virtio" or "scsi" */
	const char *serial; /* the volume id; NULL for the root disk */
	const char *path;
	int format;    /* DiskFormat: raw or qcow2; never probed */
	bool is_block; /* a block device rather than a file */
	bool readonly;
	bool shareable; /* multiattach */
} DiskSpec;

typedef struct DomainSpec {
	const char *id;    /* the server's uuid is the domain's */
	const char *name;  /* as DOMAIN_NAME_FORMAT says */
	const char *title; /* the server's name */
	int64_t ram_mib;
	int64_t vcpus;
	const char *kernel_path; /* direct kernel boot, or NULL */
	const char *ramdisk_path;
	const char *kernel_args;
	const char *console_path; /* file that collects the serial console */
	const char *channel_path; /* unix socket of the guest channel */
	bool network;             /* one plain user-mode interface */
	const DiskSpec *disks;    /* the root disk first */
	size_t disk_count;
} DomainSpec;

typedef enum DomainState {
	DOMAIN_ABSENT,
	DOMAIN_OFF,
	DOMAIN_RUNNING,
	DOMAIN_PAUSED,
	DOMAIN_CRASHED, /* off, and not by anybody's wish */
	_DOMAIN_STATE_MAX,
} DomainState;

extern const EnumNames domain_state_names;

/* Where a copy of a disk goes. */
typedef struct DiskCopy {
	const char *name; /* by which it is looked for */
	const char *path; /* what is there, of the disk's size, empty */
	int format;       /* DiskFormat */
	bool is_block;    /* a block device rather than a file */
} DiskCopy;

/* Where a disk is seen. */
typedef struct DiskPresence {
	bool live;   /* in the running guest */
	bool config; /* in the definition that the next start uses */
} DiskPresence;
