/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The handle of this machine: what a connection_info says is connected, found again, and taken
 * away, for callers that talk to the block storage service themselves.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "connector/fc/fc.h"
#include "connector/iscsi/iscsi.h"
#include "connector/local/local.h"
#include "connector/nfs/nfs.h"
#include "connector/nvme/nvme.h"
#include "connector/rbd/rbd.h"
#include "lib/priv.h"
#include "local/properties.h"

#define STATE_DIR "/var/lib/cleat/local"
#define LINK_DIR "/dev/cleat"

enum { CONNECT_MS = 2 * 60 * 1000 };

static const ConnectorDriver *const drivers[] = {
	&connector_iscsi, &connector_nvme,  &connector_rbd, &connector_nfs,
	&connector_fc,    &connector_local, NULL,
};

int cleat_host_open(const struct cleat_host_options *options, cleat_host **ret,
		    struct cleat_error *error)
{
	const struct cleat_host_options given = options ? *options : (struct cleat_host_options){0};
	cleat_host *host = NEW(cleat_host);
	const char *state = given.state_dir ? given.state_dir : STATE_DIR;
	LocalConfig config = {
		.state_dir = state,
		.link_dir = given.link_dir ? given.link_dir : LINK_DIR,
		.host = &host->host,
		.drivers = drivers,
	};
	Fault f = {0};

	host->arena = arena_new();
	host->host = (Host){.root = ""};
	config.mount_dir = arena_printf(host->arena, "%s/mnt", state);
	if (*state != '/' || *config.link_dir != '/') {
		cleat_host_close(host);
		return lib_fail(error, CLEAT_USAGE, "directories are named by absolute paths");
	}
	if (local_open(&config, &host->local, &f)) {
		cleat_host_close(host);
		return lib_fault(error, &f);
	}
	*ret = host;
	return CLEAT_OK;
}

void cleat_host_close(cleat_host *host)
{
	if (!host)
		return;
	local_close(host->local);
	arena_free(host->arena);
	free(host);
}

/* Any port does: the question is by which way a host is reached. */
static void name_peer(Arena *arena, const char *peer, LocalPropertiesWish *wish)
{
	if (!peer || client_url_server(arena, peer, &wish->server, &wish->server_port))
		return;
	wish->server = peer;
	wish->server_port = "443";
}

int cleat_host_connector(cleat_host *host, const struct cleat_connector_options *options,
			 char **ret_json, struct cleat_error *error)
{
	const struct cleat_connector_options given =
		options ? *options : (struct cleat_connector_options){0};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	LocalPropertiesWish wish = {
		.host = given.host,
		.nic = given.interface,
		.multipath = given.multipath,
		.enforce = given.enforce_multipath,
		.do_local_attach = true,
	};
	const char *json, *why = NULL;
	Fault f = {0};
	int r;

	name_peer(arena, given.peer, &wish);
	r = local_properties(&host->host, arena, &wish, &json, &why, &f);
	if (r < 0)
		return lib_fault(error, &f);
	if (r > 0)
		return lib_fail(error, CLEAT_USAGE, "%s", why);
	*ret_json = mem_strdup(json);
	return CLEAT_OK;
}

int64_t lib_deadline(int64_t timeout_ms, int64_t usual_ms)
{
	return clock_mono_ms() + (timeout_ms > 0 ? timeout_ms : usual_ms);
}

int lib_begin(cleat_host *host, Arena *arena, const char *volume_id, int64_t deadline_ms,
	      LocalWork **ret, struct cleat_error *error)
{
	Fault f = {0};
	int r = local_begin(host->local, arena, volume_id, deadline_ms, ret, &f);

	return r ? lib_local_failed(error, NULL, r, &f) : CLEAT_OK;
}

/* The record of this attachment, if it has one already, or a new one. */
static int own_record(LocalWork *work, const char *attachment_id, const LocalRecord *wish,
		      LocalRecord **ret, struct cleat_error *error)
{
	LocalRecord **records;
	size_t count = 0;
	Fault f = {0};
	int r = 0;

	if (attachment_id)
		r = local_find(work, attachment_id, &records, &count, &f);
	if (r == 0 && count > 0) {
		*ret = records[0];
		return CLEAT_OK;
	}
	if (r == 0) {
		*ret = ARENA_NEW(work->arena, LocalRecord);
		**ret = *wish;
		r = local_reserve(work, *ret, &f);
	}
	return r ? lib_local_failed(error, work, r, &f) : CLEAT_OK;
}

/* After a connect() that failed: what left nothing behind leaves no record either. */
static void forget_what_is_gone(LocalWork *work, LocalRecord *record)
{
	Fault f = {0};

	if (record->state != LOCAL_RELEASING && record->state != LOCAL_RESERVING)
		return;
	if (local_forget(work, record, &f))
		log_debug("record %s stays: %s", record->id, f.text);
}

int lib_connect(LocalWork *work, LocalRecord *record, LocalOffer *offer, ConnectorDisk *ret,
		struct cleat_error *error)
{
	Fault f = {0};
	int r;

	if (!offer->attachment_id)
		offer->attachment_id = record->id;
	r = local_connect(work, record, offer, ret, &f);
	return r ? lib_local_failed(error, work, r, &f) : CLEAT_OK;
}

int cleat_connect(cleat_host *host, const char *connection_info_json,
		  const struct cleat_connect_options *options, cleat_disk **ret,
		  struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(local_endp) LocalWork *work = NULL;
	LocalOffer offer = {
		.attachment_id = options->attachment_id,
		.info = connection_info_json,
		.size_bytes = options->size,
	};
	LocalRecord *record = NULL, wish = {
					    .connector = options->connector_json,
					    .mode = options->readonly ? "ro" : "rw",
					    .multipath = options->multipath,
					    .enforce = options->enforce_multipath,
				    };
	ConnectorDisk disk = {0};
	int r;

	if (str_empty(options->volume_id))
		return lib_fail(error, CLEAT_USAGE, "no volume is named");
	r = lib_begin(host, arena, options->volume_id, lib_deadline(options->timeout, CONNECT_MS),
		      &work, error);
	if (r)
		return r;
	r = own_record(work, options->attachment_id, &wish, &record, error);
	if (r)
		return r;
	r = lib_connect(work, record, &offer, &disk, error);
	if (r) {
		forget_what_is_gone(work, record);
		return r;
	}
	*ret = lib_disk(host->local, record, &disk);
	return CLEAT_OK;
}

/* --- by name --- */

static bool is_named(const LocalRecord *record, const char *id)
{
	return str_eq(record->id, id) || str_eq(record->attachment_id, id) ||
	       str_eq(record->volume_id, id);
}

/* The one record that an id names: of a record, an attachment or a volume. */
static int find_record(cleat_host *host, Arena *arena, const char *id, LocalRecord **ret,
		       struct cleat_error *error)
{
	LocalRecord **records, *found = NULL;
	size_t count;
	Fault f = {0};

	if (local_list(host->local, arena, &records, &count, &f))
		return lib_fault(error, &f);
	for (size_t i = 0; i < count; i++) {
		if (!is_named(records[i], id))
			continue;
		if (found)
			return lib_fail(error, CLEAT_AMBIGUOUS,
					"volume %s is here more than once: name an attachment", id);
		found = records[i];
	}
	if (!found)
		return lib_fail(error, CLEAT_NOT_FOUND, "nothing of %s is on this host", id);
	*ret = found;
	return CLEAT_OK;
}

/* A record, while nobody else works on its volume. */
typedef struct Named {
	Arena *arena;
	LocalWork *work;
	LocalRecord *record; /* read again under that lock */
} Named;

static void named_done(Named *named)
{
	named->work = local_end(named->work);
	named->arena = arena_free(named->arena);
}

static int named_begin(cleat_host *host, const char *id, int64_t timeout_ms, Named *ret,
		       struct cleat_error *error)
{
	int r;

	*ret = (Named){.arena = arena_new()};
	r = find_record(host, ret->arena, id, &ret->record, error);
	if (r)
		return r;
	r = lib_begin(host, ret->arena, ret->record->volume_id,
		      lib_deadline(timeout_ms, CONNECT_MS), &ret->work, error);
	return r ? r : find_record(host, ret->arena, ret->record->id, &ret->record, error);
}

int cleat_disconnect(cleat_host *host, const char *id, unsigned flags, int64_t timeout,
		     struct cleat_error *error)
{
	_cleanup_(named_done) Named named = {0};
	Fault f = {0};
	int r = named_begin(host, id, timeout, &named, error);

	if (r)
		return r == CLEAT_NOT_FOUND ? CLEAT_OK : r;
	r = lib_disconnect(named.work, named.record, flags & CLEAT_FORCE, error);
	if (r)
		return r;
	r = local_forget(named.work, named.record, &f);
	return r ? lib_local_failed(error, named.work, r, &f) : CLEAT_OK;
}

int lib_disconnect(LocalWork *work, LocalRecord *record, bool force, struct cleat_error *error)
{
	Fault f = {0};
	int r = local_disconnect(work, record, force, &f);

	if (r)
		return lib_local_failed(error, work, r, &f);
	return lib_tell(error, CLEAT_OK, "%s", force && work->why ? work->why : "");
}

int cleat_extend(cleat_host *host, const char *id, int64_t size, int64_t timeout, int64_t *ret_size,
		 struct cleat_error *error)
{
	_cleanup_(named_done) Named named = {0};
	int64_t now = 0;
	Fault f = {0};
	int r = named_begin(host, id, timeout, &named, error);

	if (r)
		return r;
	r = local_extend(named.work, named.record, size, &now, &f);
	if (r)
		return lib_local_failed(error, named.work, r, &f);
	if (ret_size)
		*ret_size = now;
	return CLEAT_OK;
}

int cleat_verify(cleat_host *host, const char *id, cleat_disk **ret, struct cleat_error *error)
{
	_cleanup_(named_done) Named named = {0};
	ConnectorDisk disk = {0};
	Fault f = {0};
	int r = named_begin(host, id, 0, &named, error);

	if (r)
		return r;
	r = local_verify(named.work, named.record, &disk, &f);
	if (r)
		return lib_local_failed(error, named.work, r, &f);
	if (ret)
		*ret = lib_disk(host->local, named.record, &disk);
	return CLEAT_OK;
}

int cleat_list(cleat_host *host, cleat_disk ***ret, size_t *ret_count, struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	LocalRecord **records;
	cleat_disk **disks;
	size_t count;
	Fault f = {0};

	if (local_list(host->local, arena, &records, &count, &f))
		return lib_fault(error, &f);
	disks = mem_new((count + 1) * sizeof(cleat_disk *));
	for (size_t i = 0; i < count; i++)
		disks[i] = lib_disk(host->local, records[i], NULL);
	*ret = disks;
	*ret_count = count;
	return CLEAT_OK;
}
