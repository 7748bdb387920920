/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a target must be: how volumes of this host are served to others.
 *
 * No two volumes have a target (subsystem) in common, and each has one unit; who may use it is a
 * list of initiators (host NQNs), each with a secret of its own. Everything in the target's
 * configuration that is named after a volume of ours is ours, and nothing else is touched. Every
 * call may be repeated. Thread-safety: any thread; calls for one volume do not overlap.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/volume.h"

typedef struct Target Target;
typedef struct TargetDriver TargetDriver;

typedef enum TargetOutcome {
	TARGET_IN_USE = 1850, /* hosts that have it in use keep them from seeing it */
} TargetOutcome;

/* Longest values that are taken. */
enum {
	TARGET_NAME_MAX = 223, /* of RFC 3720, and of NVMe */
	TARGET_PORTALS_MAX = 16,
	TARGET_USER_TEXT = 29,
	TARGET_PASSWORD_TEXT = 17, /* what every initiator takes: 12 to 16 characters */
};

/* Where a target listens. */
typedef struct TargetPortal {
	const char *text;    /* "192.0.2.1:3260", "[2001:db8::1]:3260" */
	const char *address; /* "192.0.2.1", "2001:db8::1" */
	const char *port;    /* "3260" */
	bool ipv6;
} TargetPortal;

typedef struct TargetConfig {
	const char *name;            /* "lio", "tgt", "nvmet" */
	const TargetPortal *portals; /* at least one */
	size_t portal_count;
	const char *prefix;   /* of names: "iqn.2026-11.net.example:", "nqn.…:" */
	const char *configfs; /* "/sys/kernel/config" */
	const char *control;  /* of tgt: the path of its control socket */
	const char *secret;   /* of this installation; secrets of initiators are made from it */
	bool chap;            /* ask initiators for a secret */
} TargetConfig;

/* Whom a volume is served to. */
typedef struct TargetGuest {
	const char *identity; /* initiator IQN, or host NQN, from the connector: checked */
	bool readonly;
} TargetGuest;

/* What a target is like. */
typedef struct TargetTraits {
	const char *protocol;        /* storage_protocol: "iSCSI", "NVMe-oF" */
	const char *host_identity;   /* what a connector must have: "initiator", "nqn" */
	const char *identity_prefix; /* of the names of targets, "iqn.": what prefix begins with */
	bool (*identity_valid)(const char *identity); /* what a connector says */
} TargetTraits;

struct TargetDriver {
	const char *name;
	size_t size;
	TargetTraits traits;
	/* The texts of the configuration outlive the target. */
	int (*open)(const TargetConfig *config, void **ret, Fault *f);
	void (*close)(void *self);
	/*
	 * What the connection_info for this guest says, as flat JSON in the arena. Computed,
	 * without I/O; names the unit's identity beforehand ("cleat_identity").
	 */
	int (*info)(void *self, const Volume *volume, const TargetGuest *guest, Arena *arena,
		    const char **ret, Fault *f);
	/*
	 * Serve `path` (a raw file, or a block device) as the volume, and let this guest in, to
	 * read or to write as it says now; the others that are in stay.
	 */
	int (*publish)(void *self, const Volume *volume, const char *path, bool is_block,
		       const TargetGuest *guest, Fault *f);
	/* Let this guest in no longer; with the last one the target goes. 0 also when not there. */
	int (*unpublish)(void *self, const Volume *volume, const TargetGuest *guest, Fault *f);
	/*
	 * The unit shows the new size, which its path has already. 0 also when it is not served.
	 * TARGET_IN_USE: guests see it after they have let go of it.
	 */
	int (*resize)(void *self, const Volume *volume, int64_t size_bytes, Fault *f);
	/*
	 * Another number each time the target has begun anew and has forgotten what it was told; 0:
	 * it is not there. Does not wait. No slot: it forgets nothing as long as this host is on.
	 */
	int64_t (*life)(void *self);
};

_must_use_ int target_open(const TargetDriver *driver, const TargetConfig *config, Target **ret,
			   Fault *f);
Target *target_close(Target *target);
DEFINE_CLEANUP(Target, target_close)
const TargetTraits *target_traits(const Target *target);

_must_use_ int target_info(Target *target, const Volume *volume, const TargetGuest *guest,
			   Arena *arena, const char **ret, Fault *f);
_must_use_ int target_publish(Target *target, const Volume *volume, const char *path, bool is_block,
			      const TargetGuest *guest, Fault *f);
_must_use_ int target_unpublish(Target *target, const Volume *volume, const TargetGuest *guest,
				Fault *f);
_must_use_ int target_resize(Target *target, const Volume *volume, int64_t size_bytes, Fault *f);
/* 0 also for one that forgets nothing. */
int64_t target_life(Target *target);
bool target_forgets(const Target *target);

/* Read "ADDRESS:PORT" or "[V6]:PORT", in one spelling and in the arena. False: it is neither. */
_must_use_ bool target_portal_read(const char *text, Arena *arena, TargetPortal *ret);

/* Names as RFC 3720 and NVMe have them, without anything that a path or a list could trip over. */
_must_use_ bool target_iqn_valid(const char *name);
_must_use_ bool target_nqn_valid(const char *name);

/* What drivers share. ------------------------------------------------------------------------- */

/* "<prefix>volume-<id><suffix>", in the arena. */
const char *target_volume_name(const TargetConfig *config, Arena *arena, const Volume *volume,
			       const char *suffix);

/* The account of a guest: made from the installation's secret, so that nothing has to be kept. */
typedef struct TargetAccount {
	char user[TARGET_USER_TEXT];
	char password[TARGET_PASSWORD_TEXT];
} TargetAccount;

void target_account(const TargetConfig *config, const Volume *volume, const char *identity,
		    TargetAccount *ret);

/* The first 25 hex digits of the volume's id: what fits into a registered WWID beside the maker. */
enum { TARGET_DIGITS_TEXT = 26 };
void target_volume_digits(const Volume *volume, char out[static TARGET_DIGITS_TEXT]);

/* The unit of an iSCSI target. */
typedef struct TargetUnit {
	const char *iqn;
	int64_t lun;
	const char *wwid; /* "3600…" */
} TargetUnit;

/* The connection_info of an iSCSI target, in the arena. */
const char *target_iscsi_info(const TargetConfig *config, const Volume *volume,
			      const TargetGuest *guest, const TargetUnit *unit, Arena *arena);
