/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A connection_info of type "nfs" that has been looked at.
 */
#pragma once

#include "contract/connector.h"
#include "contract/nfs-text.h"

typedef struct NfsInfo NfsInfo;

struct NfsInfo {
	const char *export; /* in one spelling: "192.0.2.1:/vol", "[2001:db8::1]:/vol" */
	const char *name;   /* of the file in it, without a slash */
	const char *format; /* "raw" or "qcow2": said, never looked for in the file */
	NfsOptions options; /* of the mount */
	bool is_readonly;
};

/* For the slot. Pure. */
_must_use_ int nfs_info_parse(ConnectorCall *call, const char *info, void **ret, Fault *f);
