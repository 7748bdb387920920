/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Use cases: one file each, each one function that runs inside a transaction, loads a view, asks
 * the rules, writes rows and, where the world has to move, an operation.
 *
 * A use case returns 0, a fault, or a Refusal (> 0) with work->refused filled in; whatever is not 0
 * rolls the transaction back, so a refusal changes nothing.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "contract/store.h"
#include "engine/engine.h"
#include "model/identity.h"
#include "model/network.h"
#include "rules/refusal.h"

/* What the operator chose and use cases have to know. */
typedef struct ServiceSettings {
	const char *host;              /* name of this host, as servers and attachments show it */
	const char *availability_zone; /* "nova" */
	const HostTraits *host_traits; /* what it is able to do */
	const char *backend_name;      /* of the volume backend: "file" */
	Backend *backend;              /* for what it says without I/O */
	const char *volume_host;       /* "host@backend#pool" */
	const char *default_volume_type;
	ShareBackend *share_backend;    /* likewise */
	const char *share_host;         /* "host@backend#pool" */
	const char *share_host_address; /* of this host, as servers of NFS shares see it */
	const char *default_share_type; /* its name */
	int64_t share_restore_s;        /* how long one that was put away can be taken back */
	bool share_hotplug;             /* servers that run may be given shares */
	bool swap_by_services;          /* they alone may swap volumes */
	DiskFormat volume_format;       /* raw or qcow2, for new volumes */
	int64_t max_disks;              /* of one server; -1: no limit */
	bool share_actions;             /* share_attach and share_detach are actions of servers */
	int64_t shelved_offload_s; /* how long a server is shelved before it is offloaded; -1: ever
				    */
	int64_t oversubscription;  /* see rules/capacity.h */
	int64_t reserved_percent;
	const char *metadata_secret; /* shared with proxies; NULL: there are none */
	const char *metadata_domain; /* of host names that guests are told */
	bool config_drives;          /* every server gets one */
	const GuestNetwork *network; /* of new servers; NULL: each has one of its emulator's */
	int64_t token_s;             /* life of a token */
} ServiceSettings;

/* Everything a use case runs with: one request, one transaction. */
typedef struct Work {
	Tx *tx;
	Arena *arena;
	const Caller *caller;
	const char *request_id;
	const ServiceSettings *settings;
	int64_t now_us;
	RefusalData refused; /* what goes into the text of a refusal */
} Work;

/* The table that the engine runs by; every OperationKind of the house. */
extern const OperationKind service_operations[];
extern const size_t service_operation_count;
const OperationKind *service_operation(const char *name);
/* Likewise of a name that may be of another release: NULL then. */
const OperationKind *service_operation_find(const char *name);

/* See EngineConfig.power_changed. */
_must_use_ int service_power_changed(Tx *tx, Arena *arena, const char *server_id, DomainState state,
				     Fault *f);
/* See EngineConfig.domain_seen. */
_must_use_ int service_domain_seen(Tx *tx, Arena *arena, const char *server_id,
				   const DomainFacts *facts, Fault *f);
/* See EngineConfig.share_silent. */
_must_use_ int service_share_silent(Tx *tx, Arena *arena, const char *server_id,
				    const char *share_id, Fault *f);
