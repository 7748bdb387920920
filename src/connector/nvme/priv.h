/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Controllers and namespaces as sysfs shows them.
 *
 *     /sys/class/nvme/nvme3/            a controller: one way to a subsystem
 *     /sys/class/nvme/nvme3/nvme1c3n2/  a namespace on that way (native multipath)
 *     /sys/block/nvme1n2                the device over all ways, numbered by subsystem
 *     /sys/class/nvme/nvme3/nvme3n2/    without native multipath: the device itself
 */
#pragma once

#include "connector/nvme/info.h"
#include "host/host.h"

typedef struct NvmeController NvmeController;
typedef struct NvmeControllers NvmeControllers;
typedef struct NvmeNamespace NvmeNamespace;

typedef enum NvmeState {
	NVME_LIVE,
	NVME_PENDING, /* connecting, resetting, new: may become live */
	NVME_DYING,   /* deleting, dead */
} NvmeState;

struct NvmeController {
	const char *name; /* "nvme3" */
	const char *address;
	int64_t port;
	NvmeTransport transport;
	NvmeState state;
	int64_t reconnect_delay_s;
};

struct NvmeControllers {
	NvmeController *items;
	size_t count;
};

/* One namespace, by its device: found on some of the subsystem's ways. */
struct NvmeNamespace {
	const char *device;   /* "nvme1n2" */
	const char *identity; /* "uuid:…", "nguid:…" or "nsid:NQN/N" */
	const char *uuid;     /* canonical, or NULL */
	const char *nguid;
	int64_t nsid;
	unsigned paths;     /* on live controllers */
	int64_t size_bytes; /* the least that one of these shows */
};

typedef struct NvmeNamespaces {
	NvmeNamespace *items;
	size_t count;
} NvmeNamespaces;

/* --- sysfs.c --- */

/* As whom this host connects: the connection_info's NQN or its own; and the host id of it. */
const char *nvme_host_nqn(const ConnectorCall *call, const NvmeInfo *info);
const char *nvme_host_id(const ConnectorCall *call, const char *host_nqn);

/* All controllers of the subsystem that were connected as this host. */
_must_use_ int nvme_controllers(const ConnectorCall *call, const NvmeInfo *info,
				NvmeControllers *ret, Fault *f);
bool nvme_controller_through(const NvmeController *controller, const NvmePortal *portal);
/* The one through a portal, or NULL. */
const NvmeController *nvme_controller_at(const NvmeControllers *controllers,
					 const NvmePortal *portal);
/* Whether that name is still the same controller. */
bool nvme_controller_is(const ConnectorCall *call, const NvmeInfo *info,
			const NvmeController *controller);
/* Ask the kernel to look at the controller's namespaces again. */
_must_use_ int nvme_rescan(const ConnectorCall *call, const NvmeControllers *controllers, Fault *f);

/* The namespaces behind some controllers. */
_must_use_ int nvme_namespaces(const ConnectorCall *call, const NvmeInfo *info,
			       const NvmeControllers *controllers, NvmeNamespaces *ret, Fault *f);
/* The one that an identity, or else the connection_info, speaks of: 0, CONNECTOR_NO_DISK, or
 * CONNECTOR_WRONG_DISK. */
_must_use_ int nvme_namespace_pick(ConnectorCall *call, const NvmeInfo *info, const char *identity,
				   const NvmeNamespaces *namespaces, NvmeNamespace *ret);
/* Controllers and the namespace in one look. */
_must_use_ int nvme_look(ConnectorCall *call, const NvmeInfo *info, const char *identity,
			 NvmeControllers *ret_controllers, NvmeNamespace *ret, Fault *f);

/* --- nvme.c --- */

/* Whether the kernel makes one device of several ways. */
bool nvme_multipath(const Host *host);
ConnectorDisk nvme_disk(const ConnectorCall *call, const NvmeNamespace *found, int64_t size_bytes);

/* --- the slots: connect.c, leave.c, extend.c --- */

_must_use_ int nvme_shared(ConnectorCall *call, const void *info, bool *ret, Fault *f);
_must_use_ int nvme_join(ConnectorCall *call, const void *info, const ConnectorWish *wish,
			 Fault *f);
_must_use_ int nvme_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
			    ConnectorDisk *ret, Fault *f);
_must_use_ int nvme_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave,
			       Fault *f);
_must_use_ int nvme_extend(ConnectorCall *call, const void *info, const char *identity,
			   int64_t size_bytes, int64_t *ret_size_bytes, Fault *f);
