/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a share backend must be: file systems that are made, resized and deleted, exported to those
 * whom access rules name, and connected to a path on this host.
 *
 * Every call may be repeated and then changes nothing more. Nothing outside the backend's own
 * directory, exports and users is ever touched, whatever a guest has put into a share: links that
 * a guest made are never followed. Names that come from users never become part of a path, an
 * option or a command; ids do.
 * Thread-safety: any thread; calls for one share do not overlap, but that it may be connected and
 * disconnected, and its rules applied, while snapshot() copies it, and create() one of its
 * snapshots.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/share.h"

typedef struct ShareBackend ShareBackend;
typedef struct ShareBackendDriver ShareBackendDriver;
typedef struct ShareBackendConfig ShareBackendConfig;

typedef enum ShareBackendOutcome {
	SHARE_BACKEND_FULL = 1700, /* no room for a share of that size */
	SHARE_BACKEND_NO_SHARE,
	SHARE_BACKEND_NO_SNAPSHOT,
	SHARE_BACKEND_WOULD_LOSE, /* what the share holds is larger than what it is to become */
} ShareBackendOutcome;

struct ShareBackendConfig {
	const char *name;        /* "directory" */
	const char *directory;   /* absolute: where shares live; for directory and nfs */
	const char *mount_dir;   /* absolute: where shares are mounted on this host */
	const char *limit;       /* "auto", "quota", "image" or "none"; for directory and nfs */
	const char *address;     /* of the server, as clients mount from it */
	const char *options;     /* of mounts on this host, or NULL */
	const char *exports_dir; /* for nfs: files that the server reads, or NULL for its own */
	const char *ceph_conf;   /* for cephfs */
	const char *ceph_user;   /* for cephfs: who makes shares and users, without "client." */
};

/* What a backend is like; for choices and for those who ask. */
typedef struct ShareBackendTraits {
	unsigned protocols;    /* set of 1 << ShareProtocol */
	unsigned access_types; /* set of 1 << ShareAccessType that its rules may have */
	bool snapshots;        /* has the slots for them */
	bool sized;            /* a share cannot outgrow its size */
	bool capacity_waits; /* capacity() may wait: a thread asks, callers get what it saw last */
} ShareBackendTraits;

/* A place to mount a share from. */
typedef struct ShareLocation {
	const char *path; /* "host:/path" */
	bool preferred;
	bool admin_only;
} ShareLocation;

/* What became of one access rule. */
typedef struct ShareRuleResult {
	bool refused;           /* it can never be applied; the others are */
	const char *access_key; /* what its user proves himself with, in the arena; or NULL */
} ShareRuleResult;

struct ShareBackendDriver {
	const char *name;
	size_t size;
	ShareBackendTraits traits;
	int (*open)(const ShareBackendConfig *config, void **ret, Fault *f);
	void (*close)(void *self);
	/* Amend `traits` by what is known since it is open. Missing: they are as the driver says.
	 */
	void (*describe)(void *self, ShareBackendTraits *traits);
	/*
	 * Durable when it returns; as a copy of a snapshot, where that is not NULL. 0 also when it
	 * is there already. SHARE_BACKEND_FULL, SHARE_BACKEND_NO_SNAPSHOT.
	 */
	int (*create)(void *self, const Share *share, const ShareSnapshot *from, Fault *f);
	/* With its exports and its users' access. 0 also when it is not there. */
	int (*remove)(void *self, const Share *share, Fault *f);
	int (*exists)(void *self, const Share *share, bool *ret, Fault *f);
	/*
	 * Make it that large; share->size_gib may be the old size or the new one. Also while it is
	 * mounted, where it does not shrink. SHARE_BACKEND_FULL, SHARE_BACKEND_WOULD_LOSE,
	 * SHARE_BACKEND_NO_SHARE: nothing has changed.
	 */
	int (*resize)(void *self, const Share *share, int64_t size_gib, Fault *f);
	/* Computed, without I/O; in the arena. The preferred one first. */
	int (*locations)(void *self, const Share *share, Arena *arena, ShareLocation **ret,
			 size_t *ret_count, Fault *f);
	/*
	 * Let in those whom these rules name, at their level, and nobody else; `results` has a row
	 * for each rule. SHARE_BACKEND_NO_SHARE.
	 */
	int (*apply)(void *self, const Share *share, const ShareRule *const *rules, size_t count,
		     Arena *arena, ShareRuleResult *results, Fault *f);
	/*
	 * Make the share a directory on this host, as the rule (or NULL, where the backend needs
	 * none) lets it; the path is in the arena. One that is readonly has a path of its own, by
	 * which nobody can write. SHARE_BACKEND_NO_SHARE. Blocks while a server is asked, a minute
	 * at most.
	 */
	int (*connect)(void *self, const Share *share, const ShareRule *rule, bool readonly,
		       Arena *arena, const char **ret, Fault *f);
	/*
	 * Undo connect(); what was written is flushed. 0 also when it is not connected. A fault
	 * while somebody still uses it.
	 */
	int (*disconnect)(void *self, const Share *share, bool readonly, Fault *f);
	/*
	 * Where traits.snapshots: what the share holds now is kept. 0 also when it is there.
	 * SHARE_BACKEND_FULL, SHARE_BACKEND_NO_SHARE.
	 */
	int (*snapshot)(void *self, const Share *share, const ShareSnapshot *snapshot, Fault *f);
	/* 0 also when it is not there. */
	int (*snapshot_remove)(void *self, const Share *share, const ShareSnapshot *snapshot,
			       Fault *f);
	/*
	 * Give the share, which nobody has mounted, what the snapshot holds. SHARE_BACKEND_FULL,
	 * SHARE_BACKEND_NO_SHARE, SHARE_BACKEND_NO_SNAPSHOT.
	 */
	int (*revert)(void *self, const Share *share, const ShareSnapshot *snapshot, Fault *f);
	int (*capacity)(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f);
};

_must_use_ int share_backend_open(const ShareBackendDriver *driver,
				  const ShareBackendConfig *config, ShareBackend **ret, Fault *f);
ShareBackend *share_backend_close(ShareBackend *backend);
DEFINE_CLEANUP(ShareBackend, share_backend_close)
const char *share_backend_name(const ShareBackend *backend);
const ShareBackendTraits *share_backend_traits(const ShareBackend *backend);

_must_use_ int share_backend_create(ShareBackend *backend, const Share *share,
				    const ShareSnapshot *from, Fault *f);
_must_use_ int share_backend_remove(ShareBackend *backend, const Share *share, Fault *f);
_must_use_ int share_backend_exists(ShareBackend *backend, const Share *share, bool *ret, Fault *f);
_must_use_ int share_backend_resize(ShareBackend *backend, const Share *share, int64_t size_gib,
				    Fault *f);
_must_use_ int share_backend_locations(ShareBackend *backend, const Share *share, Arena *arena,
				       ShareLocation **ret, size_t *ret_count, Fault *f);
_must_use_ int share_backend_apply(ShareBackend *backend, const Share *share,
				   const ShareRule *const *rules, size_t count, Arena *arena,
				   ShareRuleResult *results, Fault *f);
_must_use_ int share_backend_connect(ShareBackend *backend, const Share *share,
				     const ShareRule *rule, bool readonly, Arena *arena,
				     const char **ret, Fault *f);
_must_use_ int share_backend_disconnect(ShareBackend *backend, const Share *share, bool readonly,
					Fault *f);
_must_use_ int share_backend_snapshot(ShareBackend *backend, const Share *share,
				      const ShareSnapshot *snapshot, Fault *f);
_must_use_ int share_backend_snapshot_remove(ShareBackend *backend, const Share *share,
					     const ShareSnapshot *snapshot, Fault *f);
_must_use_ int share_backend_revert(ShareBackend *backend, const Share *share,
				    const ShareSnapshot *snapshot, Fault *f);
_must_use_ int share_backend_capacity(ShareBackend *backend, int64_t *ret_total_bytes,
				      int64_t *ret_free_bytes, Fault *f);
