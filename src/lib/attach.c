/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat_local_attach(): the record first, then the attachment, the device, the mount, and at last
 * the service hears that it is complete. Whatever fails, all before it is taken back.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "lib/local.h"

enum {
	ATTACH_MS = 3 * 60 * 1000,
	UNDO_MS = 60 * 1000, /* the way back has time of its own */
};

#define GIB ((int64_t)1 << 30)

/* One attach. */
typedef struct Attach {
	Side side;
	const struct cleat_attach_options *options;
	const char *volume_id;
	int64_t size_bytes;
	LocalRecord *record;
	LocalOffer offer;
	ConnectorDisk disk;
} Attach;

static int find_volume(Attach *a, const char *volume)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Arena *arena = a->side.arena;
	Client *client = a->side.cloud->client;
	Fault f = {0};
	int r = client_find(client, arena, CLIENT_VOLUMES, volume, &item, &f);

	if (r)
		return lib_client_failed(a->side.error, client, r, &f);
	if (json_get_bool(item.doc, client_item_path(arena, &item, "encrypted"), false))
		return lib_fail(a->side.error, CLEAT_REFUSED,
				"volume %s is encrypted, which this host cannot open", volume);
	a->volume_id = client_item_text(arena, &item, "id");
	a->size_bytes = json_get_int(item.doc, client_item_path(arena, &item, "size"), 0) * GIB;
	return CLEAT_OK;
}

/* --- the service's side --- */

static const char *mode_of(const Attach *a)
{
	return a->options->mode ? a->options->mode : "rw";
}

/* What an answer offers; the texts are in the arena. */
static int take_offer(Attach *a, const JsonDoc *doc, const char *info_path, const char *id_path)
{
	Arena *arena = a->side.arena;

	a->offer.info = json_get_raw(arena, doc, info_path);
	a->offer.attachment_id = id_path ? json_get_text(arena, doc, id_path) : NULL;
	a->offer.size_bytes = a->size_bytes;
	if (a->offer.info && (!id_path || a->offer.attachment_id))
		return CLEAT_OK;
	return lib_fail(a->side.error, CLEAT_UNAVAILABLE,
			"the answer of the block storage service holds no attachment");
}

/* An attachment that only reserves; its id goes into the record before anything is exported. */
static int reserve_attachment(Attach *a, const ClientAttachmentWish *wish)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Client *client = a->side.cloud->client;
	Fault f = {0};
	int r = client_attachment_create(client, wish, &doc, &f);

	if (r > 0 && r != CLIENT_BROKEN)
		a->record->unnamed =
			false; /* the service said no: there is none to be looked for */
	if (r)
		return lib_client_failed(a->side.error, client, r, &f);
	r = local_name_attachment(a->side.work, a->record,
				  json_get_text(a->side.arena, doc, "attachment.id"), &f);
	return r ? lib_local_failed(a->side.error, a->side.work, r, &f) : CLEAT_OK;
}

/*
 * Before a service deletes an attachment that names an instance, it asks the compute service about
 * that instance: where there is none, it could never be deleted. There the attachment names no
 * instance, so it is not found again by it, and is made in two steps.
 */
static int make_attachment(Attach *a)
{
	Client *client = a->side.cloud->client;
	bool known = !a->record->unnamed;
	const ClientAttachmentWish wish = {
		.volume_id = a->volume_id,
		.server_id = known ? a->record->id : NULL,
		.connector = known ? a->record->connector : NULL,
		.mode = a->side.minor >= CLIENT_MINOR_MODE ? mode_of(a) : NULL,
	};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Fault f = {0};
	int r;

	if (known) {
		r = client_attachment_create(client, &wish, &doc, &f);
	} else {
		r = reserve_attachment(a, &wish);
		if (r)
			return r;
		r = client_attachment_update(client, a->side.arena, a->record->attachment_id,
					     a->record->connector, &doc, &f);
	}
	if (r)
		return lib_client_failed(a->side.error, client, r, &f);
	return take_offer(a, doc, "attachment.connection_info", "attachment.id");
}

static int make_legacy(Attach *a)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Client *client = a->side.cloud->client;
	Arena *arena = a->side.arena;
	Fault f = {0};
	int r = client_volume_hold(client, arena, a->volume_id, CLIENT_RESERVE, &f);

	if (r == 0)
		r = client_volume_connect(client, arena, a->volume_id, a->record->connector, &doc,
					  &f);
	if (r)
		return lib_client_failed(a->side.error, client, r, &f);
	return take_offer(a, doc, "connection_info", NULL);
}

static int complete(Attach *a)
{
	Client *client = a->side.cloud->client;
	Arena *arena = a->side.arena;
	const ClientHostAttachment attachment = {
		.mountpoint = local_link(a->side.host->local, arena, a->record),
		.host_name = connector_host(arena, a->record->connector),
		.mode = mode_of(a),
	};
	Fault f = {0};
	int r;

	if (a->side.minor >= CLIENT_MINOR_COMPLETE)
		r = client_attachment_complete(client, arena, a->record->attachment_id, &f);
	else
		r = client_volume_attached(client, arena, a->volume_id, &attachment, &f);
	return r ? lib_client_failed(a->side.error, client, r, &f) : CLEAT_OK;
}

/* --- this machine's side --- */

static int reserve(Attach *a)
{
	Arena *arena = a->side.arena;
	_cleanup_(freep) char *connector = NULL;
	Fault f = {0};
	int r = cleat_host_connector(a->side.host, &a->options->connector, &connector,
				     a->side.error);

	if (r)
		return r;
	a->record = ARENA_NEW(arena, LocalRecord);
	*a->record = (LocalRecord){
		.endpoint = a->side.endpoint,
		.connector = arena_strdup(arena, connector),
		.mode = mode_of(a),
		.multipath = a->options->connector.multipath,
		.enforce = a->options->connector.enforce_multipath,
		.unnamed = a->side.minor >= CLIENT_MINOR_COMPLETE &&
			   !client_offers(a->side.cloud->client, CLIENT_COMPUTE),
	};
	r = local_reserve(a->side.work, a->record, &f);
	return r ? lib_local_failed(a->side.error, a->side.work, r, &f) : CLEAT_OK;
}

static int mount_it(Attach *a)
{
	const LocalMount mount = {
		.directory = a->options->mountpoint,
		.format = a->options->make_fs,
	};
	Fault f = {0};
	int r;

	if (!mount.directory)
		return CLEAT_OK;
	r = local_mount(a->side.work, a->record, &a->disk, &mount, &f);
	return r ? lib_local_failed(a->side.error, a->side.work, r, &f) : CLEAT_OK;
}

/* Take everything back; the first error stays, with what is left because the way back failed. */
static int take_back(Attach *a, int status)
{
	const struct cleat_error first = *a->side.error;
	struct cleat_error second;
	int r;

	a->side.work->deadline_ms = clock_mono_ms() + UNDO_MS;
	r = side_undo(&a->side, a->record, false);
	if (r == CLEAT_OK) {
		*a->side.error = first;
		return status;
	}
	second = *a->side.error;
	return lib_fail(a->side.error, status,
			"%.200s (and it is not undone: %.200s; recover it later)", first.message,
			second.message);
}

/* --- the whole --- */

static bool is_as_wished(const Attach *a)
{
	return !a->options->mode || str_eq(a->options->mode, a->record->mode);
}

static int refuse_mode(const Attach *a)
{
	return lib_fail(a->side.error, CLEAT_REFUSED,
			"volume %s is attached to this host as %s: detach it first, to have it as "
			"%s",
			a->volume_id, a->record->mode, a->options->mode);
}

/* The secrets for another login are the service's. What does not work out leaves what there is. */
static void add_paths(Attach *a)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Client *client = a->side.cloud->client;
	Arena *arena = a->side.arena;
	struct cleat_error first = *a->side.error;
	ConnectorDisk more = {0};
	Fault f = {0};
	int r;

	if (side_is_legacy(&a->side, a->record) ||
	    client_show(client, arena, CLIENT_ATTACHMENTS, a->record->attachment_id, &item, &f))
		return;
	r = take_offer(a, item.doc, client_item_path(arena, &item, "connection_info"),
		       client_item_path(arena, &item, "id"));
	if (r == CLEAT_OK && local_connect(a->side.work, a->record, &a->offer, &more, &f) == 0)
		a->disk = more;
	else
		log_debug("record=%s no more paths: %s", a->record->id, f.text);
	*a->side.error = first;
}

/* What the volume has here already: *ret_done when that is all that was asked for. */
static int use_what_is_there(Attach *a, bool *ret_done)
{
	LocalRecord **records;
	size_t count;
	Fault f = {0};
	int r = local_find(a->side.work, NULL, &records, &count, &f);

	*ret_done = false;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (!str_eq(records[i]->endpoint, a->side.endpoint))
			continue;
		a->record = records[i];
		/* Its maker is done, or has died: nobody else can be at work on the volume. */
		r = local_recover(a->side.work, a->record, &f);
		if (r)
			break;
		if (a->record->state == LOCAL_CONNECTED &&
		    local_verify(a->side.work, a->record, &a->disk, &f) == 0) {
			*ret_done = true;
			if (!is_as_wished(a))
				return refuse_mode(a);
			if (a->disk.degraded)
				add_paths(a);
			return mount_it(a);
		}
		r = side_undo(&a->side, a->record, false);
		if (r)
			return r;
	}
	return r ? lib_local_failed(a->side.error, a->side.work, r, &f) : CLEAT_OK;
}

static int attach_anew(Attach *a)
{
	int r = reserve(a);

	if (r)
		return r;
	r = a->side.minor >= CLIENT_MINOR_COMPLETE ? make_attachment(a) : make_legacy(a);
	if (r == CLEAT_OK)
		r = lib_connect(a->side.work, a->record, &a->offer, &a->disk, a->side.error);
	if (r == CLEAT_OK)
		r = mount_it(a);
	if (r == CLEAT_OK)
		r = complete(a);
	return r ? take_back(a, r) : CLEAT_OK;
}

static int attach(Attach *a, const char *volume, cleat_disk **ret)
{
	bool done;
	int r = side_open(&a->side);

	if (r == CLEAT_OK)
		r = find_volume(a, volume);
	if (r == CLEAT_OK)
		r = side_begin(&a->side, a->volume_id,
			       lib_deadline(a->options->timeout, ATTACH_MS));
	if (r == CLEAT_OK)
		r = use_what_is_there(a, &done);
	if (r == CLEAT_OK && !done)
		r = attach_anew(a);
	if (r == CLEAT_OK)
		*ret = lib_disk(a->side.host->local, a->record, &a->disk);
	return r;
}

int cleat_local_attach(cleat_host *host, cleat_cloud *cloud, const char *volume,
		       const struct cleat_attach_options *options, cleat_disk **ret,
		       struct cleat_error *error)
{
	static const struct cleat_attach_options usual;
	struct cleat_error own;
	Attach a = {
		.side = {.host = host,
			 .cloud = cloud,
			 .arena = arena_new(),
			 .error = error ? error : &own},
		.options = options ? options : &usual,
	};
	int r;

	if (!str_eq(mode_of(&a), "rw") && !str_eq(mode_of(&a), "ro"))
		r = lib_fail(error, CLEAT_USAGE, "mode is rw or ro, not '%s'", mode_of(&a));
	else if (a.options->make_fs && !a.options->mountpoint)
		r = lib_fail(error, CLEAT_USAGE, "a file system is only made to be mounted");
	else
		r = attach(&a, volume, ret);
	side_done(&a.side);
	return r;
}
