/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the kernel's NFS server exports of a share, and to whom.
 *
 * Clients are addresses and networks, written anew from what was parsed, never as a user wrote
 * them; always with the length of their prefix, so that no name service is asked. What is exported
 * is asked of exportfs, never concluded from a file.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/share.h"

enum { EXPORT_CLIENT_BYTES = 64 };

typedef struct Exports {
	const char *path;     /* of the share */
	const char *share_id; /* the server tells shares apart by it, whatever device they are on */
	const char *folder;   /* of the files that the server reads when it starts */
	bool is_mount;        /* nothing is exported while nothing is mounted there */
} Exports;

/* "10.1.2.3" or "10.0.0.0/8", IPv6 likewise, as exports know it. False for anything else. */
_must_use_ bool exports_client(const char *text, char out[static EXPORT_CLIENT_BYTES]);

/* Export to those whom these rules, all of which have clients, name, and to nobody else. */
_must_use_ int exports_apply(const Exports *exports, const ShareRule *const *rules, size_t count,
			     Fault *f);

/* Export to nobody until exports_resume(); the file stays. */
_must_use_ int exports_suspend(const Exports *exports, Fault *f);

/* Export what the files say. */
_must_use_ int exports_resume(Fault *f);

/* Export to nobody, for good. */
_must_use_ int exports_remove(const Exports *exports, Fault *f);
