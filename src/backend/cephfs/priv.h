/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the CephFS backend share: the open backend, the users, the mounts.
 */
#pragma once

#include "contract/share-backend.h"

#define CEPHFS_SHARES "/cleat/shares"
#define CEPHFS_TRASH "/cleat/trash"

typedef struct CephFs {
	char *conf;
	char *user; /* who makes shares and users */
	char *address;
	char *mount_path;
	char *options;
	int mounts;
	int shares; /* /cleat/shares, in a mount of all of it */
	int trash;  /* /cleat/trash */
	char *pool; /* where the bytes of files are */
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
