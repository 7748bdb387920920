/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a server may know about itself: the documents of the OpenStack tree and of the older EC2
 * tree, made from rows. Pure but for the random seed; one builder for all ways by which a guest
 * asks. And the drive that holds these documents as files.
 *
 * Thread-safe: nothing is kept.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/network.h"
#include "model/server.h"

typedef enum MetadataDiskKind {
	METADATA_DISK_ROOT, /* the server's own; a root volume is a volume */
	METADATA_DISK_VOLUME,
	METADATA_DISK_EPHEMERAL,
	METADATA_DISK_SWAP,
} MetadataDiskKind;

typedef struct MetadataDisk {
	MetadataDiskKind kind;
	const char *device;  /* "/dev/vdb" */
	const char *tag;     /* or NULL: the guest is not told of it among the devices */
	const char *serial;  /* the volume's id, or NULL */
	const char *bus;     /* "virtio", as the hypervisor says; NULL: not known */
	const char *address; /* "0000:00:05.0", of PCI only; NULL: not known */
} MetadataDisk;

/* A share that the guest can mount. */
typedef struct MetadataShare {
	const char *share_id;
	const char *tag;
	const char *mount_point;   /* where its owner would like to have it, or NULL */
	const char *mount_options; /* likewise */
} MetadataShare;

/* All that documents are made of; borrowed. */
typedef struct MetadataView {
	const Server *server;
	const char *domain;          /* of host names: "novalocal" */
	const GuestNetwork *network; /* where the server has its address, or NULL */
	const MetadataDisk *disks;
	size_t disk_count;
	const MetadataShare *shares;
	size_t share_count;
	ServerFile *const *files;
	size_t file_count;
	int64_t now_us; /* versions of later days are hidden */
} MetadataView;

typedef enum MetadataOutcome { METADATA_NOT_THERE = 1 } MetadataOutcome;

typedef struct MetadataDocument {
	const char *type; /* its Content-Type */
	const char *bytes;
	size_t length;
} MetadataDocument;

/* The names at the root, which everybody may read. */
MetadataDocument metadata_root(void);

/* What is at a path as guests write it: "/openstack/latest/meta_data.json". 0 or an outcome. */
_must_use_ int metadata_get(const MetadataView *view, Arena *arena, const char *path,
			    MetadataDocument *ret);

/* Whether the path is where a guest leaves its password: "/openstack/latest/password". */
bool metadata_is_password(const MetadataView *view, const char *path);

typedef struct MetadataFile {
	const char *path; /* relative: "openstack/latest/meta_data.json" */
	MetadataDocument document;
} MetadataFile;

/* All files of a config drive; returns how many. */
size_t metadata_files(const MetadataView *view, Arena *arena, MetadataFile **ret);

/*
 * Write an image of a config drive to a new file, all of it or nothing. Takes some tenths of a
 * second. `path` is absolute and its folder exists; a file that is there is replaced.
 */
_must_use_ int metadata_drive_write(const char *path, const MetadataFile *files, size_t count,
				    Fault *f);
