/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the CephFS backend share: the open backend, the users, the mounts.
 */
#pragma once

#include <pthread.h>

#include "contract/share-backend.h"

#define CEPHFS_SHARES "/cleat/shares"

typedef struct AllCall AllCall;

/* A mount of the whole file system; all.c. */
typedef struct All {
	pthread_rwlock_t turn; /* who works in it reads, who mounts it writes */
	uint64_t mounts;       /* how often it was mounted anew */
	int shares;            /* /cleat/shares */
	int trash;             /* /cleat/trash */
	pthread_mutex_t lock;  /* of what follows, for the thread that watches */
	pthread_cond_t wake;
	AllCall *calls;
	bool ends;
	bool is_open;
	bool is_watched;
	pthread_t watcher;
} All;

/* Somebody who works in it. */
struct AllCall {
	All *all; /* NULL: he is not there */
	AllCall *next;
	clockid_t clock;  /* of his CPU time */
	int64_t used_ns;  /* and what that was */
	int64_t since_ms; /* for so long */
};

typedef struct CephFs {
	char *conf;
	char *user; /* who makes shares and users */
	char *address;
	char *mount_path;
	char *options;
	int mounts; /* the directory of that path */
	char *pool; /* where the bytes of files are */
	All all;
} CephFs;

/* ---- users.c ---- */

/* Whether rules may name this user: letters, digits, "_" and "-", and nobody of Ceph's own. */
bool cephfs_is_user(const CephFs *cephfs, const char *name);

/* Base64, of which nothing can be made in a file of keys. */
bool cephfs_is_key(const char *key);

/* As the slot apply(). */
_must_use_ int cephfs_grant(const CephFs *cephfs, const char *share_id,
			    const ShareRule *const *rules, size_t count, Arena *arena,
			    ShareRuleResult *results, Fault *f);

/* ---- fuse.c ---- */

typedef struct FuseMount {
	const char *root; /* in the CephFS */
	const char *user;
	const char *key;  /* or NULL: that is where ceph.conf says */
	const char *name; /* in the directory of mounts */
	bool readonly;
} FuseMount;

/* Mount if it is not. The key lies in a file beside the mount point until fuse_unmount(). */
_must_use_ int fuse_mount(const CephFs *cephfs, const FuseMount *mount, Fault *f);
_must_use_ int fuse_unmount(const CephFs *cephfs, const char *name, Fault *f);

/* ---- all.c ---- */

_must_use_ int all_open(CephFs *cephfs, Fault *f);
/* Also of one that was never opened. */
void all_close(CephFs *cephfs);

/*
 * Use cephfs->all until all_leave(). Where the cluster does not answer for a while, calls on its
 * files fail; running a child takes no CPU, and is not for in here.
 */
_must_use_ int all_enter(CephFs *cephfs, AllCall *call, Fault *f);
/* Nothing for one that did not enter. */
void all_leave(AllCall *call);
