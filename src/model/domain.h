/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Domains and their disks: what a hypervisor is asked to make. Nothing here is stored; it is put
 * together from servers, images, volumes and attachments when it is needed.
 */
#pragma once

#include <stdio.h>

#include "base/enum.h"
#include "model/volume.h"

/* A domain's name on its host, from the server's id; clients see it as the instance's name. */
#define DOMAIN_NAME_FORMAT "cleat-%s"

enum { DOMAIN_MAC_TEXT = 18 };

/* The address of its interface comes from the id: it stays when the domain is defined anew. */
static inline const char *domain_mac(const char *id, char out[static DOMAIN_MAC_TEXT])
{
	(void)snprintf(out, DOMAIN_MAC_TEXT, "52:54:00:%.2s:%.2s:%.2s", id, id + 2,
		       id + 4); /* fits */
	return out;
}

/* Where a disk of a domain is, as its guest finds it. */
typedef struct DiskAddress {
	const char *alias;
	const char *bus; /* "virtio", "scsi" ... */
	const char *pci; /* "0000:00:05.0" where the bus is PCI, else NULL */
} DiskAddress;

typedef enum DiskDevice {
	DISK_DEVICE_DISK,
	DISK_DEVICE_CDROM, /* read-only; what is in it may be absent */
	DISK_DEVICE_LUN,   /* SCSI commands go through to the block device */
	_DISK_DEVICE_MAX,
} DiskDevice;

extern const EnumNames disk_device_names;

/* The emulator's page cache; DEFAULT: none where the host can do without it. */
typedef enum DiskCache {
	DISK_CACHE_DEFAULT,
	DISK_CACHE_NONE,
	DISK_CACHE_WRITETHROUGH,
	DISK_CACHE_WRITEBACK,
	DISK_CACHE_DIRECTSYNC,
	DISK_CACHE_UNSAFE,
	_DISK_CACHE_MAX,
} DiskCache;

extern const EnumNames disk_cache_names;

typedef enum DiskIo {
	DISK_IO_DEFAULT, /* as the cache mode and the source allow */
	DISK_IO_NATIVE,
	DISK_IO_THREADS,
	DISK_IO_URING,
	_DISK_IO_MAX,
} DiskIo;

extern const EnumNames disk_io_names;

/* What a disk's traffic is limited to; names as QoS specs have them. */
typedef enum DiskLimit {
	DISK_LIMIT_TOTAL_BYTES,
	DISK_LIMIT_READ_BYTES,
	DISK_LIMIT_WRITE_BYTES,
	DISK_LIMIT_TOTAL_IOPS,
	DISK_LIMIT_READ_IOPS,
	DISK_LIMIT_WRITE_IOPS,
	DISK_LIMIT_TOTAL_BYTES_MAX,
	DISK_LIMIT_READ_BYTES_MAX,
	DISK_LIMIT_WRITE_BYTES_MAX,
	DISK_LIMIT_TOTAL_IOPS_MAX,
	DISK_LIMIT_READ_IOPS_MAX,
	DISK_LIMIT_WRITE_IOPS_MAX,
	DISK_LIMIT_SIZE_IOPS,
	_DISK_LIMIT_MAX,
} DiskLimit;

extern const EnumNames disk_limit_names;

/* What may differ from volume to volume; all zero: as Cleat thinks best. */
typedef struct DiskTune {
	DiskCache cache;
	DiskIo io;
	bool keep_discarded;             /* what the guest discards is not given back */
	int64_t limits[_DISK_LIMIT_MAX]; /* 0: none */
	int64_t logical_block_size;      /* 0: not said */
	int64_t physical_block_size;
} DiskTune;

typedef enum DiskProtocol {
	DISK_PROTOCOL_RBD,
	DISK_PROTOCOL_ISCSI,
	DISK_PROTOCOL_NBD,
	_DISK_PROTOCOL_MAX,
} DiskProtocol;

extern const EnumNames disk_protocol_names;

/* An end to talk to: a name or address with a port, or a unix socket. */
typedef struct DiskHost {
	const char *name;
	const char *port; /* or NULL: the protocol's own */
	const char *socket;
} DiskHost;

/* A disk that the emulator itself reaches over a network. */
typedef struct DiskNetwork {
	DiskProtocol protocol;
	const char *name; /* "pool/image", "iqn.2010-10.org:volume/1", an export's name */
	const DiskHost *hosts;
	size_t host_count;
	const char *initiator;   /* iSCSI: who we say that we are, or NULL */
	const char *config_path; /* RBD: a ceph.conf, or NULL */
	const char *auth_user;   /* with auth_secret; NULL: no authentication */
	const char *auth_secret; /* id of a secret that libvirt keeps: never the secret itself */
} DiskNetwork;

typedef struct DiskSpec {
	const char *alias;  /* "ua-<attachment id>" for volumes; a disk is found by it */
	const char *target; /* "vdb" */
	const char *bus;    /* "virtio", "scsi" or "sata" */
	DiskDevice device;
	const char *serial;         /* the volume id; NULL for the root disk */
	const char *path;           /* NULL: see network; or a CD-ROM drive with nothing in it */
	const DiskNetwork *network; /* or NULL */
	int format;                 /* DiskFormat: raw or qcow2; never probed */
	bool is_block;              /* a block device rather than a file */
	bool readonly;
	bool shareable; /* multiattach */
	int boot_order; /* the firmware tries 1 first; 0: not this one */
	int scsi_unit;  /* of the first SCSI controller; 0: as its name says */
	DiskTune tune;
} DiskSpec;

/*
 * A filesystem's alias in its domain: of the share mapping's id as much as leaves room in the path
 * of the socket that is named by it. A server does not have two that begin alike.
 */
enum { FILESYSTEM_ALIAS_TEXT = 27 };
static inline const char *filesystem_alias(const char *id, char out[static FILESYSTEM_ALIAS_TEXT])
{
	(void)snprintf(out, FILESYSTEM_ALIAS_TEXT, "ua-%.23s", id); /* fits */
	return out;
}

/* A directory of the host that a guest mounts by its tag (virtio-fs). */
typedef struct FilesystemSpec {
	const char *alias; /* filesystem_alias() */
	const char *tag;   /* at most SHARE_TAG_MAX bytes */
	const char *path;  /* absolute; nobody can write by it where the share is read-only */
} FilesystemSpec;

/* An interface on a bridge of the host. */
typedef struct TapSpec {
	const char *bridge;
	const char *mac;
	const char *address; /* that its guest has there */
	const char *filter;  /* libvirt's, which holds the guest to both; NULL: none */
} TapSpec;

typedef struct DomainSpec {
	const char *id;    /* the server's uuid is the domain's */
	const char *name;  /* as DOMAIN_NAME_FORMAT says */
	const char *title; /* the server's name */
	int64_t ram_mib;
	int64_t vcpus;
	int64_t page_kib; /* of the huge pages that its memory is made of; 0: ordinary ones */
	const char *kernel_path; /* direct kernel boot, or NULL */
	const char *ramdisk_path;
	const char *kernel_args;
	const char *console_path; /* file that collects the serial console */
	const char *channel_path; /* unix socket of the guest channel */
	bool network;             /* one interface: `tap`, else a plain user-mode one */
	const TapSpec *tap;       /* or NULL */
	const char *relay;        /* run for each connection to the metadata address, or NULL */
	const DiskSpec *disks;    /* the root disk first */
	size_t disk_count;
	const FilesystemSpec *filesystems;
	size_t filesystem_count;
} DomainSpec;

/* What a host is able to do, by the names that flavors ask for it. */
typedef enum HostTrait {
	HOST_TRAIT_VIRTIO_FS,     /* guests can be given directories */
	HOST_TRAIT_SHARED_MEMORY, /* their memory is shared, which that needs */
	_HOST_TRAIT_MAX,
} HostTrait;

extern const EnumNames host_trait_names;

enum { HOST_PAGE_SIZES = 4 };

/* As it was found out by looking. */
typedef struct HostTraits {
	const char *lacks[_HOST_TRAIT_MAX]; /* why it is not able to; NULL: it is */
	int64_t page_kib[HOST_PAGE_SIZES];  /* of its huge pages, the largest first; 0: no more */
} HostTraits;

typedef enum DomainState {
	DOMAIN_ABSENT,
	DOMAIN_OFF,
	DOMAIN_RUNNING,
	DOMAIN_PAUSED,
	DOMAIN_CRASHED, /* off, and not by anybody's wish */
	DOMAIN_SAVED,   /* off; its memory is kept, and the next start brings it back */
	_DOMAIN_STATE_MAX,
} DomainState;

extern const EnumNames domain_state_names;

/* Whether an emulator has it: disks are then in the guest as well as in the definition. */
static inline bool domain_is_up(DomainState state)
{
	return state == DOMAIN_RUNNING || state == DOMAIN_PAUSED;
}

typedef enum DomainOwner {
	DOMAIN_FOREIGN, /* others made it, and nobody has asked for it to be managed */
	DOMAIN_ADOPTED, /* others made it, and it is managed */
	DOMAIN_OWN,     /* made by this driver */
	_DOMAIN_OWNER_MAX,
} DomainOwner;

extern const EnumNames domain_owner_names;

/* A disk as it is found in a domain, whoever put it there. */
typedef struct DomainDisk {
	const char *alias;  /* or NULL */
	const char *target; /* "vda" */
	const char *bus;
	const char *device; /* "disk", "cdrom" */
	const char *type;   /* "file", "block", "network" */
	const char *source; /* a path, or "protocol:name"; NULL: nothing is in it */
	bool readonly;
} DomainDisk;

/* A domain as it is found. */
typedef struct DomainFacts {
	const char *id;
	const char *name;
	const char *title; /* or NULL */
	DomainOwner owner;
	DomainState state;
	bool defined; /* false: it is gone as soon as it is off */
	int64_t ram_mib;
	int64_t vcpus;
	const DomainDisk *disks; /* of the guest when it runs, else of the definition */
	size_t disk_count;
} DomainFacts;

/* Where a copy of a disk goes. */
typedef struct DiskCopy {
	const char *name; /* by which it is looked for */
	const char *path; /* what is there, of the disk's size, empty */
	int format;       /* DiskFormat */
	bool is_block;    /* a block device rather than a file */
} DiskCopy;

/* How far it is that a disk of a running guest moves to another place. */
typedef enum MirrorState {
	MIRROR_NONE,    /* the disk is where it was, and nothing is copied */
	MIRROR_COPYING, /* also while it turns, or is being given up: look again soon */
	MIRROR_READY,   /* both places hold the same, and every write goes to both */
	MIRROR_TURNED,  /* the disk is the other place: what the guest has, or will start with */
	_MIRROR_STATE_MAX,
} MirrorState;

typedef struct MirrorView {
	MirrorState state;
	int percent; /* while it is copied */
} MirrorView;

/* Where a filesystem is seen. */
typedef struct FilesystemPresence {
	bool live;   /* in the running guest */
	bool config; /* in the definition that the next start uses */
	bool served; /* live, and what answers the guest is alive */
} FilesystemPresence;

/* Where a disk is seen. */
typedef struct DiskPresence {
	bool live;   /* in the running guest */
	bool config; /* in the definition that the next start uses */
} DiskPresence;
