/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes, volume types and attachments. An attachment is one record with two faces: the block
 * storage API shows it as an attachment, the compute API as a server's volume attachment. That
 * there is one record is why the two cannot disagree.
 */
#pragma once

#include "base/enum.h"

#define DEFAULT_VOLUME_TYPE "__DEFAULT__"

typedef enum VolumeStatus {
	VOLUME_CREATING,
	VOLUME_AVAILABLE,
	VOLUME_RESERVED,
	VOLUME_ATTACHING,
	VOLUME_IN_USE,
	VOLUME_DETACHING,
	VOLUME_DELETING,
	VOLUME_ERROR,
	VOLUME_ERROR_DELETING,
	VOLUME_MAINTENANCE,
	VOLUME_EXTENDING,
	VOLUME_ERROR_EXTENDING,
	VOLUME_DOWNLOADING,
	VOLUME_UPLOADING,
	_VOLUME_STATUS_MAX,
} VolumeStatus;

extern const EnumNames volume_status_names;

typedef enum AttachStatus {
	ATTACHMENT_RESERVED,
	ATTACHMENT_ATTACHING,
	ATTACHMENT_ATTACHED,
	ATTACHMENT_DETACHING,
	ATTACHMENT_ERROR_ATTACHING,
	ATTACHMENT_ERROR_DETACHING,
	_ATTACH_STATUS_MAX,
} AttachStatus;

extern const EnumNames attach_status_names;

typedef enum AttachMode { ATTACH_MODE_RW, ATTACH_MODE_RO, _ATTACH_MODE_MAX } AttachMode;

extern const EnumNames attach_mode_names;

typedef enum DiskFormat {
	DISK_FORMAT_RAW,
	DISK_FORMAT_QCOW2,
	DISK_FORMAT_AKI, /* a kernel image */
	DISK_FORMAT_ARI, /* a ramdisk image */
	_DISK_FORMAT_MAX,
} DiskFormat;

extern const EnumNames disk_format_names;

typedef struct VolumeType {
	const char *id;
	const char *name;
	const char *description;
	const char *extra_specs; /* JSON text map */
	bool is_public;
	int64_t created_us;
	int64_t updated_us;
} VolumeType;

typedef struct Volume {
	const char *id;
	const char *project_id;
	const char *user_id;
	const char *name;
	const char *description;
	int64_t size_gib;
	int status; /* VolumeStatus */
	const char *availability_zone;
	const char *type_id;
	const char *type_name; /* as it was named at creation: saves a look-up; renames update it */
	const char *metadata;  /* JSON text map */
	const char *backend;   /* which backend holds it: "file" */
	const char *host;      /* "host@backend#pool" */
	int format;            /* DiskFormat: raw or qcow2 */
	bool bootable;
	bool multiattach;
	bool readonly;
	int64_t created_us;
	int64_t updated_us; /* 0: never */
} Volume;

typedef struct Attachment {
	const char *id;
	const char *volume_id;
	const char *project_id;
	const char *server_id;  /* the instance, or NULL for a bare host */
	const char *mapping_id; /* the server's block device mapping ("bdm_uuid"), or NULL */
	int status;             /* AttachStatus */
	int mode;               /* AttachMode */
	const char *device;     /* "/dev/vdb", or NULL */
	const char *tag;
	const char *host;            /* where it is connected */
	const char *connector;       /* JSON, or NULL */
	const char *connection_info; /* JSON, or NULL */
	bool delete_on_termination;
	int64_t boot_index; /* -1: not a boot disk */
	int64_t created_us;
	int64_t updated_us;
	int64_t attached_us; /* 0: not yet */
} Attachment;
