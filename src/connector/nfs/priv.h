/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The two things the connector handles: where an export is mounted, and the file in it.
 */
#pragma once

#include "connector/nfs/info.h"
#include "host/host.h"

typedef struct NfsPlace {
	const char *directory; /* as the host's mount table names it */
	const char *file;      /* in it */
	bool is_readonly;
} NfsPlace;

/* --- place.c --- */

NfsPlace nfs_place(const ConnectorCall *call, const NfsInfo *info, bool is_readonly);
/* 0, or what is wrong: CONNECTOR_NO_DISK (nothing is mounted), CONNECTOR_WRONG_DISK (another
 * export or file system is). */
_must_use_ int nfs_place_check(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place,
			       Fault *f);
/* Mount the export there. CONNECTOR_NO_PATH, CONNECTOR_WRONG_DISK. */
_must_use_ int nfs_place_mount(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place,
			       Fault *f);
/* 0 also when nothing is mounted. CONNECTOR_BUSY; `force` then takes it out of everybody's sight.
 */
_must_use_ int nfs_place_unmount(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place,
				 bool force, Fault *f);

/* --- file.c --- */

/* How large the volume in the file is. CONNECTOR_NO_DISK, _WRONG_DISK (no file of that format),
 * _NO_PATH (the server does not answer). */
_must_use_ int nfs_file_size(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place,
			     int64_t *ret_bytes, Fault *f);
/* Write what is not on the server yet. */
_must_use_ int nfs_file_flush(const ConnectorCall *call, const NfsPlace *place, Fault *f);
