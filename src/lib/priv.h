/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share: turning results into cleat_error, and answers into texts that
 * the caller frees.
 */
#pragma once

#include "base/fault.h"
#include "client/client.h"
#include "local/local.h"
#include <cleat/cleat.h>

struct cleat_host {
	Arena *arena; /* what lives as long as the handle */
	Local *local;
	Host host;
};

struct cleat_cloud {
	Arena *arena; /* what lives as long as the handle */
	Client *client;
};

/* A failure is never 0: callers, the compiler and the analyzers may rely on 0 meaning done. */
static inline int lib_failure(int status)
{
	return status > 0 ? status : CLEAT_SYSTEM;
}

/* Each returns the status, after writing it with its words into *error (which may be NULL). */
#define lib_fail(error, status, ...) lib_failure(lib_tell((error), (status), __VA_ARGS__))
int lib_tell(struct cleat_error *error, int status, const char *format, ...) _printf_(3, 4);
/* A fault: what this machine failed at. */
#define lib_fault(error, f) lib_failure(lib_tell_fault((error), (f)))
int lib_tell_fault(struct cleat_error *error, const Fault *f);
/* A result of a call of the client room that is not 0. */
#define lib_client_failed(error, client, r, f)                                                     \
	lib_failure(lib_tell_client((error), (client), (r), (f)))
int lib_tell_client(struct cleat_error *error, const Client *client, int r, const Fault *f);
/* A result of a call of the local room that is not 0; `work` may be NULL. */
#define lib_local_failed(error, work, r, f) lib_failure(lib_tell_local((error), (work), (r), (f)))
int lib_tell_local(struct cleat_error *error, const LocalWork *work, int r, const Fault *f);

/* host.c: the moment at which a call gives up. */
int64_t lib_deadline(int64_t timeout_ms, int64_t usual_ms);
int lib_begin(cleat_host *host, Arena *arena, const char *volume_id, int64_t deadline_ms,
	      LocalWork **ret, struct cleat_error *error);
/* An offer without an attachment takes the record's id. */
int lib_connect(LocalWork *work, LocalRecord *record, LocalOffer *offer, ConnectorDisk *ret,
		struct cleat_error *error);
/* After success by force the words say what was lost. */
int lib_disconnect(LocalWork *work, LocalRecord *record, bool force, struct cleat_error *error);

/* disk.c: `found` may be NULL; freed by cleat_disk_free(). */
cleat_disk *lib_disk(const Local *local, const LocalRecord *record, const ConnectorDisk *found);

/* cloud.c: agree with the service on a version, once: 3.N. */
int lib_agree(cleat_cloud *cloud, int *ret_minor, struct cleat_error *error);

/* The JSON of a document, or of a part of it; the caller frees it. */
char *lib_json(const JsonDoc *doc, const char *path);
