/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A connection_info of type "rbd" that has been looked at.
 */
#pragma once

#include "contract/connector.h"

typedef struct RbdInfo RbdInfo;

struct RbdInfo {
	const char *pool;
	const char *space; /* the namespace in the pool; "" for the one without a name */
	const char *image;
	const char *cluster;     /* names /etc/ceph/CLUSTER.conf and keyrings */
	const char *user;        /* of cephx; NULL: the tool's own choice */
	const char *monitors;    /* "192.0.2.1:6789,[2001:db8::1]:3300"; NULL: as the file says */
	const char *secret_uuid; /* mostly the cluster's fsid; or NULL */
	bool is_readonly;
	bool is_single; /* no other host may have it: it is said not to be multiattach */
};

/* For the slot. Pure. */
_must_use_ int rbd_info_parse(ConnectorCall *call, const char *info, void **ret, Fault *f);
