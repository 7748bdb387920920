/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every way in which Cleat says no to a well-formed request, with the data that the text needs.
 * Pure rules and use cases return an enumerator (an outcome); each API dialect turns it into its
 * own status and words in one switch without a default, so that a new one breaks the build until
 * each dialect has an answer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum Refusal {
	REFUSAL_NONE,
	/* Not there, or not visible to the caller: .id */
	REFUSAL_NO_SERVER,
	REFUSAL_NO_VOLUME,
	REFUSAL_NO_VOLUME_TYPE,
	REFUSAL_NO_IMAGE,
	REFUSAL_NO_FLAVOR,
	REFUSAL_NO_SERVER_GROUP,
	REFUSAL_NO_ATTACHMENT, /* .id is the server's, .other the volume's */
	REFUSAL_NO_OPERATION,
	REFUSAL_NO_KEYPAIR,      /* .id is its name, .other the user's id */
	REFUSAL_NO_METADATA_KEY, /* .id the resource's, .other the key */
	REFUSAL_NOT_THERE,       /* .value is the whole sentence */
	/* Wrong state: .id, .action, .attribute ("vm_state"), .value ("building") */
	REFUSAL_SERVER_STATE,
	REFUSAL_SERVER_NOT_READY,      /* .id: it has no host yet */
	REFUSAL_SERVER_LOCKED,         /* .id */
	REFUSAL_SERVER_ADOPTED,        /* .id, .action: its domain is somebody else's */
	REFUSAL_SERVER_CONFLICT,       /* .value is the whole sentence */
	REFUSAL_DENIED,                /* .value is the name of the policy */
	REFUSAL_VOLUME_STATE,          /* .id, .value is the status; .action says for what */
	REFUSAL_VOLUME_ATTACHED,       /* .id; .other lists the servers, blank separated */
	REFUSAL_VOLUME_ATTACHED_HERE,  /* .id: this server has it already */
	REFUSAL_VOLUME_MULTIATTACH,    /* .id: needs a newer API version */
	REFUSAL_VOLUME_NOT_DETACHABLE, /* not in-use and attached, or detaching already */
	REFUSAL_SWAP_BY_SERVICES,      /* .id: only services may swap it */
	REFUSAL_ROOT_DEVICE,
	REFUSAL_IMAGE_FOREIGN,    /* .id: visible, but another project's */
	REFUSAL_IMAGE_PUBLISH,    /* only admins make public ones */
	REFUSAL_IMAGE_IN_USE,     /* .id: a server boots from it */
	REFUSAL_IMAGE_PROTECTED,  /* .id */
	REFUSAL_IMAGE_STATE,      /* .id, .value */
	REFUSAL_IMAGE_UNUSABLE,   /* .id; .value says why: for booting */
	REFUSAL_FLAVOR_EXISTS,    /* .value says which name or id */
	REFUSAL_FLAVOR_TOO_SMALL, /* .value says what the image needs */
	REFUSAL_NAME_EXISTS,      /* .value */
	/* Of block storage alone; see CASE_BLOCK_STORAGE_REFUSALS. */
	REFUSAL_NO_VOLUME_ATTACHMENT, /* .id of the attachment */
	REFUSAL_NO_SNAPSHOT,          /* .id */
	REFUSAL_NO_TRANSFER,          /* .id */
	REFUSAL_NO_QOS,               /* .id */
	REFUSAL_NO_MESSAGE,           /* .id */
	REFUSAL_NO_SERVICE,           /* .id is the binary, .other its host */
	REFUSAL_VOLUME_CONFLICT,      /* .value is the whole sentence */
	REFUSAL_SERVER_HAS_VOLUME,    /* .id of the server: it has to let go first */
	REFUSAL_NO_ROOM,              /* the backend has none: .requested, .limit is what is left */
	/* Of file shares alone; see CASE_SHARE_REFUSALS. */
	REFUSAL_NO_SHARE,          /* .id */
	REFUSAL_NO_SHARE_TYPE,     /* .id, or .value for a name */
	REFUSAL_NO_SHARE_SNAPSHOT, /* .id */
	REFUSAL_NO_SHARE_RULE,     /* .id */
	REFUSAL_NO_RESOURCE_LOCK,  /* .id */
	REFUSAL_SHARE_FORBIDDEN,   /* .value is the whole sentence */
	REFUSAL_SHARE_CONFLICT,    /* .value is the whole sentence */
	REFUSAL_SHARE_LOCKED,      /* .id, .action; .other lists the locks, ", " between */
	REFUSAL_SHARE_ATTACHED,    /* .id, .action; .other lists the servers, likewise */
	/* Limits: .resource, .requested, .used, .limit; of shares also .action */
	REFUSAL_QUOTA,
	REFUSAL_TOO_MANY_DISKS, /* .limit */
	/* Anything else that is wrong with the input: .value is the whole sentence */
	REFUSAL_BAD_INPUT,
	_REFUSAL_MAX,
} Refusal;

/* What no dialect but that of block storage has words for: one entry in a switch. */
#define CASE_BLOCK_STORAGE_REFUSALS                                                                \
	case REFUSAL_NO_VOLUME_ATTACHMENT:                                                         \
	case REFUSAL_NO_SNAPSHOT:                                                                  \
	case REFUSAL_NO_TRANSFER:                                                                  \
	case REFUSAL_NO_QOS:                                                                       \
	case REFUSAL_NO_MESSAGE:                                                                   \
	case REFUSAL_NO_SERVICE:                                                                   \
	case REFUSAL_VOLUME_CONFLICT:                                                              \
	case REFUSAL_SERVER_HAS_VOLUME:                                                            \
	case REFUSAL_NO_ROOM

/* What no dialect but that of shares has words for, likewise. */
#define CASE_SHARE_REFUSALS                                                                        \
	case REFUSAL_NO_SHARE:                                                                     \
	case REFUSAL_NO_SHARE_TYPE:                                                                \
	case REFUSAL_NO_SHARE_SNAPSHOT:                                                            \
	case REFUSAL_NO_SHARE_RULE:                                                                \
	case REFUSAL_NO_RESOURCE_LOCK:                                                             \
	case REFUSAL_SHARE_FORBIDDEN:                                                              \
	case REFUSAL_SHARE_CONFLICT:                                                               \
	case REFUSAL_SHARE_LOCKED:                                                                 \
	case REFUSAL_SHARE_ATTACHED

/* What no dialect but that of compute has words for, likewise. */
#define CASE_SERVER_REFUSALS                                                                       \
	case REFUSAL_SERVER_STATE:                                                                 \
	case REFUSAL_SERVER_NOT_READY:                                                             \
	case REFUSAL_SERVER_LOCKED:                                                                \
	case REFUSAL_SERVER_ADOPTED:                                                               \
	case REFUSAL_SERVER_CONFLICT:                                                              \
	case REFUSAL_SWAP_BY_SERVICES:                                                             \
	case REFUSAL_ROOT_DEVICE:                                                                  \
	case REFUSAL_TOO_MANY_DISKS

/* What goes into the text; members as named above. Texts live in the request's arena. */
typedef struct RefusalData {
	const char *id;
	const char *other;
	const char *action;
	const char *attribute;
	const char *value;
	const char *resource;
	int64_t requested;
	int64_t used;
	int64_t limit;
} RefusalData;
