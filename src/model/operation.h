/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Operations: work that touches the world, as the journal keeps it. An operation is a list of
 * steps; each step can be done, undone and probed. See journal/next.h for what comes next.
 *
 * Names, never numbers, are stored; every operation carries the format version of its record.
 */
#pragma once

#include "base/enum.h"

enum { OPERATION_FORMAT = 1 };

typedef enum OperationState {
	OPERATION_DOING,
	OPERATION_UNDOING,
	OPERATION_DONE,   /* every step done, the rows say so */
	OPERATION_FAILED, /* everything undone, the rows say so */
	OPERATION_BROKEN, /* undoing gave up: somebody has to look (cleat op show) */
	_OPERATION_STATE_MAX,
} OperationState;

extern const EnumNames operation_state_names;

typedef enum StepState {
	STEP_TODO,
	STEP_STARTED, /* the intent is committed; the effect may or may not be there */
	STEP_DONE,
	STEP_UNDOING,
	STEP_UNDONE,
	_STEP_STATE_MAX,
} StepState;

extern const EnumNames step_state_names;

typedef enum StepKind {
	STEP_VOLUME_CREATE,
	STEP_VOLUME_DELETE,
	STEP_VOLUME_CONNECT, /* all of a server */
	STEP_VOLUME_DISCONNECT,
	STEP_VOLUMES_WAIT,  /* for those of a server that are still being made */
	STEP_VOLUME_EXTEND, /* on the backend */
	STEP_DISK_RESIZE,   /* let running guests see it */
	STEP_VOLUME_EXPORT, /* to the host of an attachment's connector */
	STEP_VOLUME_UNEXPORT,
	STEP_DISK_PLUG,
	STEP_DISK_UNPLUG,
	STEP_SERVER_DISK_CREATE,
	STEP_SERVER_DISK_DELETE,
	STEP_DOMAIN_DEFINE,
	STEP_DOMAIN_UNDEFINE,
	STEP_DOMAIN_START,
	STEP_DOMAIN_SHUTDOWN, /* ask the guest, then pull the plug */
	STEP_DOMAIN_DESTROY,
	STEP_DOMAIN_REBOOT, /* ask the guest */
	STEP_DOMAIN_PAUSE,
	STEP_DOMAIN_SAVE,    /* keep its memory, and end it */
	STEP_DOMAIN_RESUME,  /* of a guest that is paused or saved */
	STEP_DOMAIN_ADOPT,   /* mark what others have made as managed */
	STEP_DOMAIN_RELEASE, /* and take the mark away */
	STEP_DOMAIN_OFF,     /* shut down; undone, the guest runs again if it did before */
	STEP_DOMAIN_ON,      /* defined anew, and started if the server is one that runs */
	STEP_DISK_GROW,      /* a root disk as large as the flavor says; the old one is kept */
	STEP_DISK_REVERT,    /* to the one that was kept */
	STEP_DISK_REMAKE,    /* the next root disk, from an image */
	STEP_DISK_REPLACE,   /* it becomes the root disk */
	STEP_DISK_SETTLE,    /* away with what was replaced */
	STEP_VOLUME_REIMAGE, /* a root volume, from an image */
	STEP_RESCUE_CREATE,  /* the disk that a rescued server is booted from */
	STEP_RESCUE_DELETE,
	STEP_DISK_FREEZE, /* one moment of the root disk, if a guest writes to it */
	STEP_DISK_SAVE,   /* into an image */
	STEP_DISK_THAW,
	STEP_IMAGE_DELETE,
	STEP_SNAPSHOT_CREATE,
	STEP_SNAPSHOT_DELETE,
	STEP_SNAPSHOTS_DELETE, /* all of a volume */
	STEP_VOLUME_FREEZE,    /* one moment of a volume that is in use, to copy from */
	STEP_VOLUME_COPY,      /* make it from a snapshot, another volume or an image */
	STEP_VOLUME_THAW,      /* away with that moment */
	STEP_VOLUME_REVERT,    /* to a snapshot */
	STEP_IMAGE_FILL,       /* with a volume's bytes */
	STEP_VOLUME_FIT,       /* as large as the one whose place it takes */
	STEP_DISK_MIRROR,      /* let a guest's writes go to both volumes */
	STEP_DISK_TURN,        /* to the new volume: from here on there is no way back */
	STEP_SWAP_END,         /* away with the old volume, and the new one in its own size */
	STEP_SHARE_CREATE,
	STEP_SHARE_COPY, /* make it from a snapshot */
	STEP_SHARE_FIND, /* what is on the backend already */
	STEP_SHARE_DELETE,
	STEP_SHARE_RESIZE,
	STEP_SHARE_SNAPSHOT,
	STEP_SHARE_SNAPSHOT_DELETE,
	STEP_SHARE_REVERT,      /* to a snapshot */
	STEP_SHARE_RULES,       /* let the backend have all access rules of a share */
	STEP_SHARES_DISCONNECT, /* all of a server whose guest is off */
	STEP_SHARE_DISCONNECT,  /* the one of a mapping, out of the guest if that may be */
	STEP_SHARE_PLUG,        /* connect one, and give it to the guest that runs */
	STEP_LET_GO,            /* of all volumes and shares of a server that is deleted */
	_STEP_KIND_MAX,
} StepKind;

extern const EnumNames step_kind_names;

typedef struct Operation {
	const char *id;
	int64_t format;   /* OPERATION_FORMAT when it was written */
	const char *kind; /* name of a row in the service room's table of operations */
	int state;        /* OperationState */
	const char *lane; /* operations of one lane run one after the other, oldest first */
	const char *server_id;
	const char *volume_id;
	const char *attachment_id;
	const char *image_id;
	const char *snapshot_id;
	const char *share_id;
	const char *share_mapping_id;
	const char *action_id; /* the instance action to finish, or NULL */
	const char *args;      /* JSON text map of what else the steps need */
	const char *project_id;
	const char *user_id;
	bool by_admin; /* who asked was one */
	const char *request_id;
	bool cancelled; /* asked to stop: undone at the next mark */
	int64_t not_before_us;
	int64_t deadline_us;
	const char *last_error;
	int64_t progress; /* in percent: of what takes its time, where that is measured; 100 at the
			     end */
	int64_t created_us;
	int64_t updated_us;
} Operation;

typedef struct Step {
	const char *id; /* "<operation>/<two digits>": sorts in order */
	const char *operation_id;
	int64_t seq;
	int kind;  /* StepKind */
	int state; /* StepState */
	int64_t attempts;
	const char *last_error;
	int64_t started_us;
	int64_t finished_us;
} Step;
