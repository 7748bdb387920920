/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A connection_info of type "nvmeof" (or "nvme") that has been looked at: every text in it may
 * become an argument or be compared with what sysfs says.
 */
#pragma once

#include "contract/connector.h"

typedef struct NvmeInfo NvmeInfo;
typedef struct NvmePortal NvmePortal;

typedef enum NvmeTransport {
	NVME_TCP,
	NVME_RDMA,
	_NVME_TRANSPORT_MAX,
} NvmeTransport;

struct NvmePortal {
	const char *address; /* canonical */
	int64_t port;
	NvmeTransport transport;
};

enum { NVME_PORTALS = 16 };

/* At least one of uuid, nguid and nsid says which namespace of the subsystem it is. */
struct NvmeInfo {
	const char *nqn;
	const char *uuid;      /* canonical, or NULL */
	const char *nguid;     /* likewise, in the form of a UUID */
	int64_t nsid;          /* 0: not told */
	const char *volume_id; /* NULL, or what the uuid should be where only the nsid is told */
	const char *host_nqn;  /* as whom to connect; NULL: as this host calls itself */
	NvmePortal portals[NVME_PORTALS];
	size_t portal_count;
};

const char *nvme_transport_name(NvmeTransport transport);

/* For the slot. Pure. */
_must_use_ int nvme_info_parse(ConnectorCall *call, const char *info, void **ret, Fault *f);
