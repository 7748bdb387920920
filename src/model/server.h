/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Servers, flavors, key pairs, and the record of what was done to a server (instance actions).
 */
#pragma once

#include <string.h>

#include "base/enum.h"

typedef enum VmState {
	VM_BUILDING,
	VM_ACTIVE,
	VM_STOPPED,
	VM_PAUSED,
	VM_SUSPENDED,
	VM_RESIZED,
	VM_RESCUED,
	VM_SHELVED,
	VM_SHELVED_OFFLOADED,
	VM_SOFT_DELETED,
	VM_ERROR,
	VM_DELETED,
	_VM_STATE_MAX,
} VmState;

extern const EnumNames vm_state_names;

typedef enum TaskState {
	TASK_NONE, /* shown as null */
	TASK_SCHEDULING,
	TASK_SPAWNING,
	TASK_POWERING_OFF,
	TASK_POWERING_ON,
	TASK_REBOOTING,
	TASK_REBOOTING_HARD,
	TASK_PAUSING,
	TASK_UNPAUSING,
	TASK_SUSPENDING,
	TASK_RESUMING,
	TASK_SHELVING,
	TASK_SHELVING_OFFLOADING,
	TASK_UNSHELVING,
	TASK_RESIZE_PREP,
	TASK_RESIZE_FINISH,
	TASK_RESIZE_CONFIRMING,
	TASK_RESIZE_REVERTING,
	TASK_REBUILDING,
	TASK_RESCUING,
	TASK_UNRESCUING,
	TASK_IMAGE_SNAPSHOT,
	TASK_DELETING,
	_TASK_STATE_MAX,
} TaskState;

extern const EnumNames task_state_names;

/* The numbers are the API's. */
typedef enum PowerState {
	POWER_NONE = 0,
	POWER_RUNNING = 1,
	POWER_PAUSED = 3,
	POWER_SHUTDOWN = 4,
	POWER_CRASHED = 6,
	POWER_SUSPENDED = 7,
} PowerState;

typedef struct Flavor {
	const char *id;
	const char *name;
	const char *description;
	int64_t ram_mib;
	int64_t vcpus;
	int64_t disk_gib;
	int64_t ephemeral_gib;
	int64_t swap_mib;
	const char *rxtx_factor; /* JSON of a number; NULL: 1.0 */
	bool is_public;
	bool disabled;
	const char *extra_specs; /* JSON text map */
	int64_t created_us;
} Flavor;

/* That a project may use a flavor that is not public. */
typedef struct FlavorAccess {
	const char *id; /* made of the two */
	const char *flavor_id;
	const char *project_id;
} FlavorAccess;

/* Servers that shall run together, or apart. */
typedef struct ServerGroup {
	const char *id;
	const char *project_id;
	const char *user_id;
	const char *name;
	const char *policy;   /* "anti-affinity" ... */
	int64_t max_per_host; /* of anti-affinity: how many may share a host; 0: not said */
	int64_t created_us;
} ServerGroup;

typedef enum KeypairType {
	KEYPAIR_SSH,
	KEYPAIR_X509,
	_KEYPAIR_TYPE_MAX,
} KeypairType;

extern const EnumNames keypair_type_names;

/* Of which type a public key is that was accepted as one. */
static inline KeypairType keypair_type_of(const char *public_key)
{
	return strstr(public_key, "-----BEGIN ") ? KEYPAIR_X509 : KEYPAIR_SSH;
}

/* The public half of a pair; nobody keeps the private one. */
typedef struct Keypair {
	const char *id; /* "<user>/<name>" */
	int64_t number; /* the id that clients see */
	const char *user_id;
	const char *name;
	int type;                /* KeypairType */
	const char *public_key;  /* a line as in authorized_keys, or a certificate in PEM */
	const char *fingerprint; /* hex in pairs between colons */
	int64_t created_us;
} Keypair;

typedef struct Server {
	const char *id;
	const char *project_id;
	const char *user_id;
	const char *name;
	const char *description;
	const char *hostname;
	int vm_state;          /* VmState */
	int task_state;        /* TaskState */
	int64_t power_state;   /* PowerState */
	const char *image_id;  /* NULL: booted from a volume */
	const char *kernel_id; /* of the image's properties, or NULL */
	const char *ramdisk_id;
	const char *flavor_id;
	const char *flavor_name; /* the flavor as it was when the server was made */
	int64_t ram_mib;
	int64_t vcpus;
	int64_t disk_gib;
	int64_t ephemeral_gib;
	int64_t swap_mib;
	const char *image_properties;   /* JSON text map: the image's when the server was made */
	const char *flavor_extra_specs; /* JSON text map */
	const char *metadata;           /* JSON text map */
	const char *tags;               /* JSON list of texts */
	const char *user_data;          /* base64, or NULL */
	const char *key_name;
	const char *availability_zone;
	const char *host;     /* "" until placed */
	const char *networks; /* "auto" or "none" */
	const char *address;  /* on the network of guests, or NULL: see GuestNetwork */
	const char *reservation_id;
	int64_t launch_index;
	const char *root_device; /* "/dev/vda", or NULL when there is none yet */
	int root_format;         /* DiskFormat of the root disk: the image may be gone */
	const char *root_bus;    /* of a root disk that is no volume; NULL: virtio */
	const char *root_tag;    /* likewise */
	const char *kernel_args; /* of the image, or NULL: the default */
	const char *access_ipv4;
	const char *access_ipv6;
	const char *disk_config; /* "AUTO" or "MANUAL" */
	bool config_drive;
	bool locked;
	bool locked_by_admin; /* then only admins unlock it */
	const char *locked_reason;
	const char *key_data;        /* the public key that key_name stood for when it was made */
	const char *pinned_zone;     /* the zone that was asked for by name, or NULL */
	const char *scheduler_hints; /* JSON object, or NULL: none */
	const char *group_id;        /* of its ServerGroup, or NULL */
	const char *trusted_certs;   /* JSON list, or NULL */
	const char *old_flavor;      /* JSON of what a resize can go back to, or NULL */
	int previous_state;          /* VmState that a resize or a rescue goes back to */
	const char *rescue_image_id; /* what a rescued server is booted from, or NULL */
	const char *rescue_kernel_id;
	const char *rescue_ramdisk_id;
	const char *rescue_kernel_args;
	int rescue_format;  /* DiskFormat of the rescue disk */
	int64_t shelved_us; /* of the steady clock: since when it waits to be offloaded; 0: not */
	const char *domain_name; /* of an adopted domain; NULL: as DOMAIN_NAME_FORMAT says */
	const char *password;    /* what the guest has posted to its metadata service, or NULL */
	int64_t fault_code;      /* 0: no fault */
	const char *fault_message;
	int64_t fault_us;
	int64_t created_us;
	int64_t updated_us;
	int64_t launched_us;
	int64_t terminated_us;
} Server;

/* Whether there is a domain of it, by its state. */
static inline bool server_has_domain(const Server *server)
{
	switch ((VmState)server->vm_state) {
	case VM_ACTIVE:
	case VM_STOPPED:
	case VM_PAUSED:
	case VM_SUSPENDED:
	case VM_RESIZED:
	case VM_RESCUED:
	case VM_SHELVED:
		return true;
	case VM_BUILDING:
	case VM_SHELVED_OFFLOADED:
	case VM_SOFT_DELETED:
	case VM_ERROR:
	case VM_DELETED:
	case _VM_STATE_MAX:
		break;
	}
	return false;
}

/*
 * A disk of a server beside its root disk that is no volume: it has no source, lies on the server's
 * host and goes with the server.
 */
typedef struct LocalDisk {
	const char *id; /* its name in the depot, and its mapping's */
	const char *server_id;
	const char *device; /* "/dev/vdb" */
	int64_t size_mib;
	const char *guest_format; /* "swap" or a file system's name; NULL: as the host likes */
	const char *disk_bus;     /* NULL: virtio */
	const char *tag;          /* or NULL */
	int64_t seq;              /* their order */
} LocalDisk;

/* A file that a server's owner gave it along; its guest finds it among its metadata. */
typedef struct ServerFile {
	const char *id; /* "<server>/<two digits>": sorts in order */
	const char *server_id;
	const char *path;     /* where it is meant to be */
	const char *contents; /* base64, checked */
} ServerFile;

typedef enum ActionResult {
	ACTION_RUNNING,
	ACTION_SUCCESS,
	ACTION_ERROR,
	_ACTION_RESULT_MAX
} ActionResult;

extern const EnumNames action_result_names;

/*
 * One action on a server, with the newest of its events: most have no other. When the next event
 * begins, the one before has gone well, and becomes an ActionEvent. So whatever ends the action has
 * one row to write, and only an action's own event can be running.
 */
typedef struct InstanceAction {
	const char *id; /* own uuid: a request may act on several servers */
	const char *server_id;
	const char *request_id;
	const char *action; /* "attach_volume" */
	const char *user_id;
	const char *project_id;
	int64_t started_us;
	int64_t updated_us;
	const char *message; /* NULL or "Error" */
	const char *event;   /* "compute_attach_volume" */
	int64_t event_started_us;
	int64_t event_finished_us; /* 0: running */
	int result;                /* ActionResult */
	const char *details;       /* what went wrong, in words for people */
	const char *host;
} InstanceAction;

/* An event of an action that others came after: it is over, and was a success. */
typedef struct ActionEvent {
	const char *id; /* "<action>/<two digits>": sorts in order */
	const char *action_id;
	const char *event;
	int64_t started_us;
	int64_t finished_us;
} ActionEvent;
