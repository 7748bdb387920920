/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a connector must be: how this host reaches a volume that somebody else serves, and how it
 * lets go of it.
 *
 * A connection_info is hostile until parse() has looked at it: every text that becomes an argument,
 * an option or part of a path is checked there, and nothing else of it is ever used. A device is
 * known by what it says of itself (WWID, UUID, image id) and never by its name: names of devices
 * are looked up late, and the identity is looked at again before anything is taken away.
 *
 * Every call may be repeated and then changes nothing more: connect() of what is connected and
 * disconnect() of what is not are successes. No call waits longer than its deadline.
 *
 * What several volumes have in common (a session, a controller, a mount) is made by join(), and
 * taken down by the disconnect() of the last one. The caller sees to it that of one target
 * disconnect() runs alone, and join() beside nothing but connect() and extend() of other volumes,
 * which run together. So volumes of one target appear at the same time, and none while another one
 * is taken away. When join() or connect() end in an outcome or a fault, the caller calls
 * disconnect(), so they undo nothing themselves. Thread-safety: any thread, given that.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

typedef struct Host Host;
typedef struct ConnectorCall ConnectorCall;
typedef struct ConnectorDisk ConnectorDisk;
typedef struct ConnectorDriver ConnectorDriver;

/* After an outcome, call->why says in one sentence what it was about: which portal, which holder.
 */
typedef enum ConnectorOutcome {
	CONNECTOR_BAD_INFO = 1800, /* the connection_info is not whole, or not to be trusted */
	CONNECTOR_NO_TRANSPORT,    /* this host lacks a module, a program or a transport for it */
	CONNECTOR_NO_PATH,         /* no portal, server or monitor lets us in, or answers */
	CONNECTOR_NO_DISK,         /* connected, but the volume has not appeared */
	CONNECTOR_WRONG_DISK,      /* where the volume should be is another one */
	CONNECTOR_BUSY,            /* somebody has it open or mounted, or on top of it */
	CONNECTOR_UNFLUSHED, /* what was written could not be flushed; it is all still there */
	CONNECTOR_NOT_GROWN, /* not every path shows the new size yet; ask again */
} ConnectorOutcome;

typedef enum ConnectorDiskKind {
	CONNECTOR_BLOCK, /* a block device */
	CONNECTOR_FILE,  /* a file in a file system that is mounted for it */
} ConnectorDiskKind;

/* What all calls get. */
struct ConnectorCall {
	const Host *host;
	Arena *arena;          /* everything that is answered lives here */
	const char *mount_dir; /* absolute: where connectors mount what they have to mount */
	/*
	 * Identities that other attachments of this host to the same target have, NULL at the end
	 * (or NULL): they are never taken away.
	 */
	const char *const *others;
	bool stored;         /* the info comes from a record, which keeps no secrets */
	int64_t deadline_ms; /* of clock_mono_ms() */
	const char *why;     /* written with every outcome, in the arena or constant */
};

/* What a connect() is asked for. */
typedef struct ConnectorWish {
	const char *identity; /* what an earlier connect() found: anything else is the wrong disk */
	int64_t size_bytes;   /* what it must have; 0: not known */
	bool multipath;       /* every portal, and one device over them, where the host can */
	bool enforce;         /* fail where the host cannot */
	bool readonly;
} ConnectorWish;

/* A connected volume. The texts are in the call's arena. */
struct ConnectorDisk {
	ConnectorDiskKind kind;
	const char *path;         /* "/dev/dm-3", "/dev/sda", or of a file; true at this moment */
	const char *identity;     /* "wwid:3600…", "uuid:…", "rbd:FSID/POOL/NS/IMAGE-ID" … */
	const char *wwn;          /* of SCSI devices and their maps, or NULL */
	const char *multipath_id; /* of a map over several paths, or NULL */
	const char *format;       /* of a file: "raw", "qcow2"; of a device NULL */
	int64_t size_bytes;
	unsigned paths; /* that work */
	bool degraded;  /* fewer paths than asked for; more may be added by another connect() */
};

/* How a disconnect() may behave. */
typedef struct ConnectorLeave {
	/*
	 * As connect() answered, or NULL when that is not known: then what stands in the volume's
	 * place is taken away only if nobody uses it and it is none of call->others, and left
	 * there otherwise, which is no error.
	 */
	const char *identity;
	bool force; /* although it is in use, or cannot be flushed; every step is tried */
	bool keep;  /* another attachment uses what is shared: leave session, mount, controller */
	bool made;  /* join() made what is shared: it may be taken down when nobody uses it */
} ConnectorLeave;

struct ConnectorDriver {
	const char *name; /* of its room: "iscsi" */
	size_t size;
	const char *const *types; /* driver_volume_type it takes, NULL at the end */
	/*
	 * Read the flat JSON of a connection_info (the form with "data" has been unfolded) into a
	 * struct of the driver's, in the call's arena. Pure. CONNECTOR_BAD_INFO.
	 */
	int (*parse)(ConnectorCall *call, const char *info, void **ret, Fault *f);
	/*
	 * The name of what is shared between volumes (a target, a subsystem, an export), in one
	 * spelling: attachments with the same name never connect or disconnect at the same time,
	 * and count each other's use. Pure.
	 */
	const char *(*target)(ConnectorCall *call, const void *info);
	/* Whether `wish.multipath` can be had on this host for this protocol. May run a program. */
	bool (*multipath)(const Host *host);
	/*
	 * Whether any part of what is shared is there already, whoever made it. Changes nothing.
	 * Missing, as join: volumes of this driver share nothing.
	 */
	int (*shared)(ConnectorCall *call, const void *info, bool *ret, Fault *f);
	/*
	 * Make what is shared, or wait until it works; nothing that is special to the volume. 0
	 * when one path works and more are not to be had, unless wish->enforce.
	 * CONNECTOR_NO_TRANSPORT, _NO_PATH.
	 */
	int (*join)(ConnectorCall *call, const void *info, const ConnectorWish *wish, Fault *f);
	/* CONNECTOR_NO_TRANSPORT, _NO_PATH, _NO_DISK, _WRONG_DISK, _BUSY (a foreign device is in
	 * the way). */
	int (*connect)(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		       ConnectorDisk *ret, Fault *f);
	/*
	 * Find it without changing anything: 0 with *ret, or CONNECTOR_NO_DISK, _WRONG_DISK, or
	 * _NO_PATH: it is there, and may be in use, but for now no path to it works. For what
	 * `identity` says, when that is not NULL.
	 */
	int (*find)(ConnectorCall *call, const void *info, const char *identity, ConnectorDisk *ret,
		    Fault *f);
	/*
	 * Flush, and take it away from this host. CONNECTOR_BUSY, _UNFLUSHED, _WRONG_DISK: nothing
	 * has changed. With force it ends in 0 or a fault; call->why then says what was lost.
	 */
	int (*disconnect)(ConnectorCall *call, const void *info, const ConnectorLeave *leave,
			  Fault *f);
	/*
	 * Let the host see a new size, at least `size_bytes` (0: whatever it is now).
	 * CONNECTOR_NO_DISK, _NOT_GROWN.
	 */
	int (*extend)(ConnectorCall *call, const void *info, const char *identity,
		      int64_t size_bytes, int64_t *ret_size_bytes, Fault *f);
};

/* The driver that takes a driver_volume_type, of a list that ends with NULL; or NULL. */
const ConnectorDriver *connector_for(const ConnectorDriver *const *drivers, const char *type);

/* The checked wrappers: they log (secrets masked), hold answers against the contract. */
_must_use_ int connector_parse(const ConnectorDriver *driver, ConnectorCall *call, const char *info,
			       void **ret, Fault *f);
const char *connector_target(const ConnectorDriver *driver, ConnectorCall *call, const void *info);
bool connector_multipath(const ConnectorDriver *driver, const Host *host);
/* Drivers that share nothing: not shared, and joined. */
_must_use_ int connector_shared(const ConnectorDriver *driver, ConnectorCall *call,
				const void *info, bool *ret, Fault *f);
_must_use_ int connector_join(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
			      const ConnectorWish *wish, Fault *f);
_must_use_ int connector_connect(const ConnectorDriver *driver, ConnectorCall *call,
				 const void *info, const ConnectorWish *wish, ConnectorDisk *ret,
				 Fault *f);
_must_use_ int connector_find(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
			      const char *identity, ConnectorDisk *ret, Fault *f);
_must_use_ int connector_disconnect(const ConnectorDriver *driver, ConnectorCall *call,
				    const void *info, const ConnectorLeave *leave, Fault *f);
_must_use_ int connector_extend(const ConnectorDriver *driver, ConnectorCall *call,
				const void *info, const char *identity, int64_t size_bytes,
				int64_t *ret_size_bytes, Fault *f);
