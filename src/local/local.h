/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The volumes of other hosts that are attached to this one: a record of each, locks, and the flow
 * round the connectors, so that a crash at any point can be cleaned up by whoever comes next.
 *
 *     local_begin(local, arena, volume_id, deadline, &work, f);   nobody else works on the volume
 *     local_reserve(work, &record, f);        reserving      then make the attachment, with
 *                                                            record.id as its instance_uuid
 *     local_connect(work, &record, &offer, &disk, f);
 *                                             connecting ->  connected; complete the attachment
 *     local_mount(work, &record, &disk, &mount, f);          where that is wanted
 *     …
 *     local_disconnect(work, &record, force, f);
 *                                             disconnecting -> releasing; delete the attachment
 *     local_forget(work, &record, f);         no record
 *     local_end(work);
 *
 * A record is durable before anything happens in the world. Its life belongs to whoever has begun
 * work on its volume: when that process dies, local_begin() lets the next one in, and
 * local_recover() brings the record to rest: connected, or releasing, which says that this host has
 * nothing left and the attachment can be deleted. A record that is reserving may have an attachment
 * that its maker never heard of: one whose instance_uuid is the record's id, unless it is unnamed.
 *
 * Records and locks are files in a directory; connection_info is kept without its secrets.
 * Thread-safe; a LocalWork is used by one thread at a time.
 */
#pragma once

#include "contract/connector.h"
#include "host/host.h"

typedef struct Local Local;
typedef struct LocalConfig LocalConfig;
typedef struct LocalRecord LocalRecord;
typedef struct LocalWork LocalWork;

/* After an outcome, work->why says in one sentence what it was about. */
typedef enum LocalOutcome {
	LOCAL_NO_RECORD = 2000,
	LOCAL_WORKING,      /* others work on the volume or its target, and did not end in time */
	LOCAL_BAD_INFO,     /* the connection_info is not whole, or not to be trusted */
	LOCAL_NO_TRANSPORT, /* no connector, module, program or transport for it */
	LOCAL_NO_PATH,      /* nobody lets us in, or answers */
	LOCAL_NO_DISK,      /* connected, but the volume is not there */
	LOCAL_WRONG_DISK,   /* where the volume should be is another one */
	LOCAL_BUSY,         /* somebody uses it: nothing has changed */
	LOCAL_UNFLUSHED,    /* it could not be flushed: nothing has changed */
	LOCAL_NOT_GROWN,    /* the new size is not seen everywhere yet: ask again */
	LOCAL_NO_MOUNT,     /* it cannot be mounted there, or has no file system */
	LOCAL_COPIED,       /* this machine has the names of the one that it was copied from */
} LocalOutcome;

typedef enum LocalState {
	LOCAL_RESERVING,
	LOCAL_CONNECTING,
	LOCAL_CONNECTED,
	LOCAL_DISCONNECTING,
	LOCAL_RELEASING,
	_LOCAL_STATE_MAX,
} LocalState;

struct LocalConfig {
	const char *state_dir; /* absolute: records and locks */
	const char *link_dir;  /* absolute: links to devices, by attachment: "/dev/cleat" */
	const char *mount_dir; /* absolute: where connectors mount what they have to mount */
	const Host *host;
	const ConnectorDriver *const *drivers; /* NULL at the end */
};

/* Texts are NULL while unknown, and in the arena of whoever reads. */
struct LocalRecord {
	const char *id;       /* also the instance_uuid of its attachment */
	LocalState state;     /* changed by the calls below and nobody else */
	const char *boot_id;  /* the boot of this host in which it was connected */
	const char *endpoint; /* cloud and project, in words of the caller's */
	const char *volume_id;
	const char *attachment_id;
	const char *connector;  /* JSON: what this host said of itself; for the detach as well */
	const char *mode;       /* "rw", "ro" */
	const char *type;       /* driver_volume_type */
	const char *target;     /* what it shares with other volumes */
	const char *info;       /* flat connection_info, without secrets */
	const char *identity;   /* what the volume said of itself */
	const char *mountpoint; /* absolute; where it is mounted, or about to be */
	const char *device;     /* of that mount, in this boot: "8:16" */
	const char *last_error;
	int64_t size_bytes;
	int64_t since_us; /* when the state was entered */
	bool multipath;
	bool enforce;
	bool mountpoint_made; /* the directory is ours */
	bool unnamed;         /* the attachment that it asks for does not carry its id */
};

/* Work on one volume that nobody else does meanwhile. */
struct LocalWork {
	Local *local;
	Arena *arena; /* all that is answered lives here */
	const char *volume_id;
	int64_t deadline_ms; /* of clock_mono_ms(), for all calls; may be moved */
	const char *why;
	int lock;
};

/* What the block storage API offers. */
typedef struct LocalOffer {
	const char *attachment_id;
	const char *info;   /* connection_info as the API gave it, in either form */
	int64_t size_bytes; /* of the volume; 0: not known */
} LocalOffer;

typedef struct LocalMount {
	const char *directory; /* absolute; made if missing */
	const char *format;    /* file system to make where the volume is blank, or NULL */
} LocalMount;

const char *local_state_name(LocalState state);

_must_use_ int local_open(const LocalConfig *config, Local **ret, Fault *f);
Local *local_close(Local *local);
DEFINE_CLEANUP(Local, local_close)

/* All records, oldest first. What cannot be read is a fault: it is never passed over. */
_must_use_ int local_list(Local *local, Arena *arena, LocalRecord ***ret, size_t *ret_count,
			  Fault *f);
/* The link to a record's device, which is there while it is connected; NULL before it can be. */
const char *local_link(const Local *local, Arena *arena, const LocalRecord *record);

/* LOCAL_WORKING. */
_must_use_ int local_begin(Local *local, Arena *arena, const char *volume_id, int64_t deadline_ms,
			   LocalWork **ret, Fault *f);
LocalWork *local_end(LocalWork *work);
DEFINE_CLEANUP(LocalWork, local_end)

/*
 * Whether the records and names here are this machine's own. Before anything is said to a service
 * by a record: those of a machine that was copied stand for what the original has. LOCAL_COPIED,
 * LOCAL_WORKING.
 */
_must_use_ int local_check_machine(LocalWork *work, Fault *f);

/* This volume's records, oldest first; those of one attachment, when that is not NULL. */
_must_use_ int local_find(LocalWork *work, const char *attachment_id, LocalRecord ***ret,
			  size_t *ret_count, Fault *f);

/* Write a new record; endpoint, connector, mode, multipath, enforce, unnamed are the caller's.
 * LOCAL_WORKING, LOCAL_COPIED. */
_must_use_ int local_reserve(LocalWork *work, LocalRecord *record, Fault *f);

/*
 * Which attachment a record that is reserving has, where that is known before anything is offered:
 * from now on it is ended by its id. LOCAL_BAD_INFO.
 */
_must_use_ int local_name_attachment(LocalWork *work, LocalRecord *record,
				     const char *attachment_id, Fault *f);

/*
 * Connect what is offered, and verify it. Also for a record that is connected, which then is
 * looked at, and gets the paths that it lacked. LOCAL_WORKING, _BAD_INFO, _NO_TRANSPORT, _NO_PATH,
 * _NO_DISK, _WRONG_DISK, _BUSY: unless it was connected before, nothing of it is left, and the
 * record is releasing; only if it could not be undone, it is still connecting.
 */
_must_use_ int local_connect(LocalWork *work, LocalRecord *record, const LocalOffer *offer,
			     ConnectorDisk *ret, Fault *f);

/* Mount what is connected. 0 also when it is mounted there. LOCAL_NO_MOUNT: nothing has changed. */
_must_use_ int local_mount(LocalWork *work, LocalRecord *record, const ConnectorDisk *disk,
			   const LocalMount *mount, Fault *f);

/*
 * Unmount, flush, and take it away from this host, by what the record says. LOCAL_WORKING, _BUSY,
 * _UNFLUSHED: it is connected as before. LOCAL_WRONG_DISK: nothing was taken away, and the record
 * stays disconnecting. LOCAL_BAD_INFO, _NO_TRANSPORT: the record itself cannot be used. With force
 * only LOCAL_WORKING; work->why then says what was lost, after 0 as well, or is NULL.
 */
_must_use_ int local_disconnect(LocalWork *work, LocalRecord *record, bool force, Fault *f);

/* Remove a record that is reserving or releasing. */
_must_use_ int local_forget(LocalWork *work, LocalRecord *record, Fault *f);

/* Let this host see a new size. LOCAL_WORKING, _NO_DISK, _NOT_GROWN. */
_must_use_ int local_extend(LocalWork *work, LocalRecord *record, int64_t size_bytes,
			    int64_t *ret_size_bytes, Fault *f);

/* Whether the volume is what the record says. LOCAL_NO_PATH, LOCAL_NO_DISK, LOCAL_WRONG_DISK. */
_must_use_ int local_verify(LocalWork *work, const LocalRecord *record, ConnectorDisk *ret,
			    Fault *f);

/*
 * Bring a record to rest after whoever made it has died, or the host was started anew: connected
 * where the volume is still there, otherwise releasing, as reserving stays as it is. LOCAL_WORKING,
 * and LOCAL_BUSY, _UNFLUSHED, _WRONG_DISK: it is not at rest, and can be recovered later. Nothing
 * has changed after LOCAL_NO_PATH: it is connected, but does not answer.
 */
_must_use_ int local_recover(LocalWork *work, LocalRecord *record, Fault *f);
