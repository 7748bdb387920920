/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Insides of the iSCSI connector. A volume is reached by paths: a session with a target by one of
 * its portals (session.c), and the SCSI device at the volume's LUN below it (scan.c). Over the
 * paths there may be a map (map.c). Each step looks first, and says whether it made anything.
 *
 * Every function that answers an outcome has put the sentence into call->why.
 */
#pragma once

#include "connector/iscsi/iscsi.h"
#include "host/host.h"
#include "run/run.h"

enum {
	ISCSI_TARGET_MAX = 64, /* of one connection_info */
	ISCSI_PORT = 3260,
	ISCSI_NAME_MAX = 223,   /* bytes of an IQN: RFC 3720 */
	ISCSI_SECRET_MAX = 255, /* of a CHAP name or secret, as open-iscsi keeps them */
	ISCSI_LUN_FLAT_MAX = 16383,
};

/* What single steps may take; the call's deadline comes first. */
enum {
	ISCSI_COMMAND_MS = 60 * 1000, /* of many at once on a slow host each waits for the others */
	ISCSI_LOGIN_MS = 25 * 1000,   /* more than iscsid itself takes, see record.c */
	ISCSI_LOAN_MS = 60 * 1000,    /* while others ask the same portal */
	ISCSI_LOGOUT_MS = 20 * 1000,
	ISCSI_SCAN_MS = 30 * 1000,
	ISCSI_FLUSH_MS = 300 * 1000,
	ISCSI_MAP_MS = 30 * 1000,
	ISCSI_GONE_MS = 30 * 1000,
	ISCSI_LOOK_MS = 500,
};

typedef struct IscsiTarget IscsiTarget;
typedef struct IscsiSession IscsiSession;
typedef struct IscsiDevice IscsiDevice;
typedef struct IscsiInfo IscsiInfo;
typedef struct IscsiChap IscsiChap;

/* One way to the volume. All of it has been checked, and may stand in an argument or a path. */
struct IscsiTarget {
	const char *iqn;
	const char *address; /* of IPv6 in canonical form, without brackets */
	int port;
	int64_t lun; /* as the kernel counts them */
};

static inline bool iscsi_same_portal(const IscsiTarget *a, const IscsiTarget *b)
{
	return a->port == b->port && strcmp(a->address, b->address) == 0 &&
	       strcmp(a->iqn, b->iqn) == 0;
}

struct IscsiChap {
	const char *username;
	const char *password;
};

/* A connection_info that has been checked. */
struct IscsiInfo {
	bool iser;
	bool readonly;
	IscsiTarget *targets;
	size_t target_count;  /* at least 1 */
	bool discover;        /* no lists were given: other portals may be asked for */
	IscsiChap chap;       /* what we say; username NULL: no login */
	IscsiChap chap_in;    /* what the target says to us, likewise */
	IscsiChap chap_find;  /* what we say when we ask for portals, likewise */
	const char *identity; /* "wwid:…", from targets that know it beforehand, or NULL */
};

/* --- parse.c --- */

/* 0, or CONNECTOR_BAD_INFO. */
int iscsi_parse(ConnectorCall *call, const char *info, void **ret, Fault *f);
/* "iscsi:IQN", of the first in alphabetical order. */
const char *iscsi_target(ConnectorCall *call, const void *info);

/* --- portal.c --- */

/*
 * Read "192.0.2.1:3260", "[2001:db8::1]:3260", without the port, or with ",1" behind it; names of
 * hosts as well. False when it is none of these.
 */
bool iscsi_portal_parse(Arena *arena, const char *text, const char **ret_address, int *ret_port);
/* The address as parse() spells it; a copy where it is none. */
const char *iscsi_address(Arena *arena, const char *text);
/* As iscsiadm takes it: "192.0.2.1:3260", "[2001:db8::1]:3260". */
const char *iscsi_portal(Arena *arena, const IscsiTarget *target);
/* Whether a text is the name of a target or an initiator. */
bool iscsi_is_name(const char *text);

/* --- admin.c: programs, and what they answer --- */

/* Put the sentence into call->why and return the outcome. */
int iscsi_say(ConnectorCall *call, ConnectorOutcome outcome, const char *format, ...)
	_printf_(3, 4);
/* How long a step may last that usually gets `most_ms`: at least one moment, or it cannot fail. */
int64_t iscsi_limit(const ConnectorCall *call, int64_t most_ms);
/* When such a step must be over, by clock_mono_ms(). */
int64_t iscsi_until(const ConnectorCall *call, int64_t most_ms);
/* Run a program; any exit status is 0 here. */
_must_use_ int iscsi_run(ConnectorCall *call, const char *const *argv, int64_t most_ms,
			 RunResult *ret, Fault *f);
/* Run a program whose failure is a fault that names it. */
_must_use_ int iscsi_run_checked(ConnectorCall *call, const char *const *argv, int64_t most_ms,
				 Fault *f);
/* `iscsiadm -m node -T … -p …` with up to four words behind it. */
_must_use_ int iscsi_node(ConnectorCall *call, const IscsiTarget *target, int64_t most_ms,
			  const char *const *words, RunResult *ret, Fault *f);
/* What an exit status of iscsiadm means, as the end of a sentence. */
const char *iscsi_exit_text(int status);
/* Whether trying again may help, and the outcome that the status stands for. */
bool iscsi_exit_is_passing(int status);
ConnectorOutcome iscsi_exit_outcome(int status);

/* --- file.c: the files that iscsiadm and iscsid read --- */

enum { ISCSI_SETTING_MAX = 16 };

typedef struct IscsiSetting {
	const char *name;
	const char *value;
} IscsiSetting;

typedef struct IscsiSettings {
	IscsiSetting items[ISCSI_SETTING_MAX];
	size_t count;
} IscsiSettings;

void iscsi_setting_add(IscsiSettings *settings, const char *name, const char *value);
/* The directory that all of them are in. */
const char *iscsi_database(const ConnectorCall *call);
/* The value of a setting in a file's text, or NULL. */
const char *iscsi_file_value(Arena *arena, const char *text, const char *name);
/* The text with the settings in place of its own; one without a value goes. */
const char *iscsi_file_changed(Arena *arena, const char *text, const IscsiSettings *settings);
_must_use_ int iscsi_file_replace(ConnectorCall *call, const char *path, const char *text,
				  Fault *f);
/* Whether we made it; and a text that says so. */
bool iscsi_file_is_ours(const char *text);
const char *iscsi_file_marked(Arena *arena, const char *text);

/* --- record.c: open-iscsi's node records --- */

/*
 * Make the record that a login reads, without any secret on a command line. A record of somebody
 * else is only lent: *ret_lent is what it says without us, for iscsi_record_give_back().
 * CONNECTOR_NO_TRANSPORT: this open-iscsi could not log in without bringing every LUN.
 */
_must_use_ int iscsi_record_lend(ConnectorCall *call, const IscsiInfo *info,
				 const IscsiTarget *target, bool multipath, const char **ret_lent,
				 Fault *f);
_must_use_ int iscsi_record_give_back(ConnectorCall *call, const IscsiInfo *info,
				      const IscsiTarget *target, const char *lent, Fault *f);
/* A session that runs keeps its login: the next one shall have the new secret. */
_must_use_ int iscsi_record_refresh(ConnectorCall *call, const IscsiInfo *info,
				    const IscsiTarget *target, Fault *f);
/* Delete the record if we made it. */
_must_use_ int iscsi_record_delete(ConnectorCall *call, const IscsiTarget *target, Fault *f);
bool iscsi_record_is_ours(ConnectorCall *call, const IscsiTarget *target);
/* Whether the system itself logs in by it at start: such a session is never ended. */
bool iscsi_record_is_automatic(ConnectorCall *call, const IscsiTarget *target);

/* --- session.c --- */

struct IscsiSession {
	int number;         /* of sysfs: session3 */
	int host;           /* host2 */
	IscsiTarget target; /* with LUN 0 */
	const char *state;  /* "LOGGED_IN", "FAILED", "FREE" */
};

static inline bool iscsi_session_lives(const IscsiSession *session)
{
	return strcmp(session->state, "LOGGED_IN") == 0;
}

/* Sessions with all targets of the connection_info, in the order of its portals, of whoever made
 * them. */
_must_use_ int iscsi_all_sessions(ConnectorCall *call, const IscsiInfo *info, IscsiSession **ret,
				  size_t *ret_count, Fault *f);
/*
 * A session by that portal, logged in. CONNECTOR_NO_PATH, CONNECTOR_NO_TRANSPORT: then there is
 * neither session nor record that was not there before.
 */
_must_use_ int iscsi_session_open(ConnectorCall *call, const IscsiInfo *info,
				  const IscsiTarget *target, bool multipath, IscsiSession *ret,
				  Fault *f);
/* End the session, if nobody has a LUN below it and the system did not make it. */
_must_use_ int iscsi_session_close(ConnectorCall *call, const IscsiSession *session, Fault *f);

/* --- discover.c --- */

/*
 * Other portals of the same target, when the connection_info has but one. Changes no node record;
 * a portal that wants a name and secret for it is lent its own record for that time.
 */
_must_use_ int iscsi_discover(ConnectorCall *call, const IscsiInfo *info, IscsiTarget **ret,
			      size_t *ret_count, Fault *f);

/* --- loan.c: open-iscsi's record of a portal, while it is asked with a name and secret --- */

typedef struct IscsiLoan {
	ConnectorCall *call;
	const IscsiInfo *info;
	const char *name;
	const char *lock_name;
	int dir; /* the database */
	int lock;
} IscsiLoan;

/* Then it holds the name and secret, until it is given back. CONNECTOR_NO_PATH: others have it. */
_must_use_ int iscsi_loan_take(ConnectorCall *call, const IscsiInfo *info, IscsiLoan *ret,
			       Fault *f);
int iscsi_loan_end(IscsiLoan *loan, Fault *f);
/* Give back what was lent to somebody who died. */
_must_use_ int iscsi_loan_clean(ConnectorCall *call, const IscsiInfo *info, Fault *f);
/* `iscsiadm -m discoverydb` about the portal, with up to three words behind it. */
_must_use_ int iscsi_database_ask(ConnectorCall *call, const IscsiInfo *info, int64_t most_ms,
				  const char *const words[static 3], RunResult *ret, Fault *f);

/* --- scan.c: SCSI devices --- */

struct IscsiDevice {
	int session;
	bool alive;       /* its session is logged in, and it takes commands */
	const char *slot; /* its directory in sysfs, which ends in "2:0:0:1" */
	const char *name; /* "sda"; NULL while there is no block device */
	const char *wwid; /* what it says of itself, or NULL */
};

/* What stands at the volume's LUNs below all sessions with its targets. */
_must_use_ int iscsi_devices(ConnectorCall *call, const IscsiInfo *info, IscsiDevice **ret,
			     size_t *ret_count, Fault *f);
/*
 * The device of one LUN. What stands there already is asked again who it is; a stale one that
 * nobody uses is replaced. `wwid` is what it must say, or NULL. CONNECTOR_NO_DISK, _WRONG_DISK,
 * _BUSY: then there is no device that was not there before.
 */
_must_use_ int iscsi_device_open(ConnectorCall *call, const IscsiSession *session, int64_t lun,
				 const char *wwid, IscsiDevice *ret, bool *ret_made, Fault *f);
/* Let the kernel forget it, and wait until it has. */
int iscsi_device_delete(ConnectorCall *call, const IscsiDevice *device, Fault *f);
/* Ask it for its size and identity once more. */
/* The LUN that the connection_info has by a session; -1: it is none of its targets'. */
int64_t iscsi_lun_by(const IscsiInfo *info, const IscsiSession *session);
_must_use_ int iscsi_device_rescan(ConnectorCall *call, const IscsiDevice *device, Fault *f);
/* Marks for udev of devices that went without us: of the target's, while nobody else uses it. */
void iscsi_marks_clean(ConnectorCall *call, const IscsiInfo *info);
/* Whether there is a LUN of anybody below a session. */
_must_use_ int iscsi_session_has_lun(ConnectorCall *call, int session, bool *ret, Fault *f);

/* --- map.c: dm-multipath --- */

bool iscsi_multipath(const Host *host);
/* The map of that WWID, "dm-3", or NULL. */
const char *iscsi_map_find(ConnectorCall *call, const char *wwid);
/*
 * One map over the devices. CONNECTOR_NO_DISK, or _WRONG_DISK when there is one with paths of
 * something else in it.
 */
_must_use_ int iscsi_map_open(ConnectorCall *call, const IscsiInfo *info, const char *wwid,
			      const IscsiDevice *devices, size_t count, const char **ret_map,
			      Fault *f);
/* Every path of the map is one of this volume's, or CONNECTOR_WRONG_DISK. */
_must_use_ int iscsi_map_check(ConnectorCall *call, const IscsiInfo *info, const char *map,
			       Fault *f);
/* Partition maps that nobody uses are removed. CONNECTOR_BUSY. */
_must_use_ int iscsi_map_drop_partitions(ConnectorCall *call, const char *map, Fault *f);
/* I/O that waits for a path is to fail now, or to wait again. */
int iscsi_map_queue(ConnectorCall *call, const char *map, bool queue, Fault *f);
/* Remove the map, and its WWID from what multipath makes maps of. CONNECTOR_BUSY. */
_must_use_ int iscsi_map_close(ConnectorCall *call, const char *wwid, bool force, Fault *f);
/* multipathd shall have forgotten paths that are gone: a new device may get the name of one. */
_must_use_ int iscsi_map_forget_paths(ConnectorCall *call, const IscsiDevice *devices, size_t count,
				      Fault *f);
_must_use_ int iscsi_map_resize(ConnectorCall *call, const char *map, Fault *f);

/* --- the slots: join.c, connect.c, find.c, disconnect.c --- */

int iscsi_shared(ConnectorCall *call, const void *info, bool *ret, Fault *f);
int iscsi_join(ConnectorCall *call, const void *info, const ConnectorWish *wish, Fault *f);
int iscsi_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		  ConnectorDisk *ret, Fault *f);
int iscsi_find(ConnectorCall *call, const void *info, const char *identity, ConnectorDisk *ret,
	       Fault *f);
int iscsi_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave, Fault *f);
int iscsi_extend(ConnectorCall *call, const void *info, const char *identity, int64_t size_bytes,
		 int64_t *ret_size_bytes, Fault *f);

/* Whether another attachment of this host has the device with that WWID. */
bool iscsi_is_others(const ConnectorCall *call, const char *wwid);
/* Say what has been connected. */
_must_use_ int iscsi_describe(ConnectorCall *call, const IscsiDevice *devices, size_t count,
			      const char *map, ConnectorDisk *ret, Fault *f);
