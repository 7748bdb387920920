/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes, their types, snapshots and attachments. An attachment is one record with two faces: the
 * block storage API shows it as an attachment, the compute API as a server's volume attachment.
 * That there is one record is why the two cannot disagree.
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
	VOLUME_DOWNLOADING, /* an image is being copied into it */
	VOLUME_UPLOADING,   /* it is being copied into an image */
	VOLUME_RETYPING,
	VOLUME_REVERTING, /* to a snapshot */
	VOLUME_AWAITING_TRANSFER,
	/* Nothing here leads to the rest, but an admin may set them. */
	VOLUME_BACKING_UP,
	VOLUME_ERROR_BACKING_UP,
	VOLUME_RESTORING_BACKUP,
	VOLUME_ERROR_RESTORING,
	VOLUME_MANAGING,
	VOLUME_ERROR_MANAGING,
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

typedef enum AttachMode {
	ATTACH_MODE_RW,
	ATTACH_MODE_RO,
	ATTACH_MODE_NULL, /* nobody has said yet; clients know the word "null" for it */
	_ATTACH_MODE_MAX,
} AttachMode;

extern const EnumNames attach_mode_names;

typedef enum DiskFormat {
	DISK_FORMAT_RAW,
	DISK_FORMAT_QCOW2,
	DISK_FORMAT_AKI, /* a kernel image */
	DISK_FORMAT_ARI, /* a ramdisk image */
	_DISK_FORMAT_MAX,
} DiskFormat;

extern const EnumNames disk_format_names;

typedef enum SnapshotStatus {
	SNAPSHOT_CREATING,
	SNAPSHOT_AVAILABLE,
	SNAPSHOT_DELETING,
	SNAPSHOT_ERROR,
	SNAPSHOT_ERROR_DELETING,
	/* Nothing here leads to the rest, but an admin may set them. */
	SNAPSHOT_UPDATING,
	SNAPSHOT_BACKING_UP,
	SNAPSHOT_RESTORING,
	SNAPSHOT_UNMANAGING,
	_SNAPSHOT_STATUS_MAX,
} SnapshotStatus;

extern const EnumNames snapshot_status_names;

typedef struct VolumeType {
	const char *id;
	const char *name;
	const char *description;
	const char *extra_specs; /* JSON text map */
	const char *qos_id;      /* its QosSpec, or NULL */
	bool is_public;
	int64_t created_us;
	int64_t updated_us;
} VolumeType;

/* A project that may see a private type. */
typedef struct TypeAccess {
	const char *id; /* "<type>/<project>" */
	const char *type_id;
	const char *project_id;
} TypeAccess;

/* How volumes of a type would be encrypted: a record that is kept and shown. */
typedef struct TypeEncryption {
	const char *id; /* the type's */
	const char *encryption_id;
	const char *provider;
	const char *cipher;
	const char *control_location; /* "front-end" or "back-end" */
	int64_t key_size;             /* bits; 0: not said */
	int64_t created_us;
	int64_t updated_us;
} TypeEncryption;

/* The type of volumes that a project makes without naming one. */
typedef struct DefaultType {
	const char *id; /* the project's */
	const char *type_id;
	int64_t created_us;
} DefaultType;

typedef struct QosSpec {
	const char *id;
	const char *name;
	const char *consumer; /* "front-end", "back-end" or "both" */
	const char *specs;    /* JSON text map */
	int64_t created_us;
	int64_t updated_us;
} QosSpec;

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
	int64_t updated_us;          /* 0: never */
	const char *snapshot_id;     /* what it was made from, or NULL */
	const char *source_id;       /* likewise, a volume */
	const char *image_metadata;  /* JSON text map of the image it was made from, or NULL */
	const char *admin_metadata;  /* JSON text map shown to users: "readonly", "attached_mode" */
	const char *previous_status; /* where an operation that ends takes it back to, or NULL */
	const char *migration_status;
	int64_t launched_us; /* 0: not yet */
	int64_t held_us;     /* since when a client holds it by os-reserve and the like; 0: not */
	int64_t copies;      /* operations that read it and need it to hold still */
} Volume;

typedef struct Snapshot {
	const char *id;
	const char *project_id;
	const char *user_id;
	const char *volume_id;
	const char *name;
	const char *description;
	int status;           /* SnapshotStatus */
	const char *progress; /* "100%" */
	int64_t size_gib;     /* of the volume when it was taken */
	const char *metadata; /* JSON text map */
	int format;           /* DiskFormat: of the snapshot's own bytes */
	int64_t created_us;
	int64_t updated_us;
} Snapshot;

/* A volume that waits for another project to take it; gone once it is taken. */
typedef struct Transfer {
	const char *id;
	const char *volume_id;
	const char *project_id; /* the giver */
	const char *name;
	const char *key_hash; /* of the authentication key */
	bool no_snapshots;    /* the giver keeps them */
	int64_t created_us;
} Transfer;

/* What went wrong with something a user asked for, in words for that user. */
typedef struct Message {
	const char *id;
	const char *project_id;
	const char *request_id;
	const char *resource_type; /* "VOLUME", "VOLUME_SNAPSHOT" */
	const char *resource_id;
	const char *event_id; /* "VOLUME_VOLUME_001_002" */
	const char *text;
	int64_t created_us;
	int64_t expires_us;
} Message;

/* A service of the installation that an admin may switch off. */
typedef struct ServiceState {
	const char *id; /* a uuid: the service_uuid of volumes */
	const char *binary;
	const char *host;
	const char *disabled_reason;
	bool disabled;
	int64_t updated_us;
} ServiceState;

typedef struct Attachment {
	const char *id;
	const char *volume_id;
	const char *project_id;
	const char *server_id;  /* the instance, or NULL for a bare host */
	const char *mapping_id; /* the server's block device mapping ("bdm_uuid"), or NULL */
	int status;             /* AttachStatus */
	int mode;               /* AttachMode */
	const char *device;     /* "/dev/vdb", the connector's or action's mountpoint, or NULL */
	const char *tag;
	const char *host;            /* where it is connected */
	const char *connector;       /* JSON, or NULL */
	const char *connection_info; /* JSON, or NULL */
	bool delete_on_termination;
	int64_t boot_index;      /* -1: not a boot disk */
	const char *disk_bus;    /* "virtio", "scsi" ...; NULL: virtio */
	const char *device_type; /* "disk", "lun" ...; NULL: disk */
	int64_t created_us;
	int64_t updated_us;
	int64_t attached_us;        /* 0: not yet */
	bool legacy;                /* made by os-attach: no connector, no connection_info */
	bool exported;              /* the backend has been asked to export, or may have been */
	const char *connection_key; /* equal where a connection may be shared, or NULL */
	/* The guest's disk is named after this attachment, whose place it took; NULL: itself. */
	const char *disk_id;
	/* While volumes are swapped: the attachment whose place it is to take, or NULL. */
	const char *replaces;
} Attachment;
