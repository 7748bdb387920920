/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the depot share.
 */
#pragma once

#include "backend/file/dir.h"
#include "contract/depot.h"

typedef struct FileDepot {
	char *path;
	Dir *images;
	Dir *disks;
} FileDepot;

/* depot-disk.c */

int file_disk_create(void *self, const char *server_id, const char *disk, const DepotOrigin *origin,
		     Fault *f);
int file_disk_remove(void *self, const char *server_id, const char *disk, Fault *f);
int file_disk_exists(void *self, const char *server_id, const char *disk, bool *ret, Fault *f);
int file_disk_path(void *self, const char *server_id, const char *disk, Arena *arena,
		   const char **ret, Fault *f);
int file_disk_size(void *self, const char *server_id, const char *disk, int64_t *ret_bytes,
		   Fault *f);
int file_disk_exchange(void *self, const char *server_id, const char *in, const char *out,
		       Fault *f);
