/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The way back, which is the same after a failure, for a detach and after a crash: first this
 * machine, then the service, then the record.
 */
#include "base/clock.h"
#include "base/str.h"
#include "lib/local.h"

enum {
	SETTLE_MS = 1000,              /* until who reserved a volume goes on with it */
	NEAR_US = 5 * 60 * 1000 * 1000 /* of what happened for a record, by another's clock */
};

void side_done(Side *side)
{
	side->work = local_end(side->work);
	side->arena = arena_free(side->arena);
}

int side_open(Side *side)
{
	Fault f = {0};
	int r = lib_agree(side->cloud, &side->minor, side->error);

	if (r)
		return r;
	r = client_service_url(side->cloud->client, CLIENT_VOLUME, &side->endpoint, &f);
	return r ? lib_client_failed(side->error, side->cloud->client, r, &f) : CLEAT_OK;
}

int side_begin(Side *side, const char *volume_id, int64_t deadline_ms)
{
	Fault f = {0};
	int r = lib_begin(side->host, side->arena, volume_id, deadline_ms, &side->work,
			  side->error);

	if (r)
		return r;
	r = local_check_machine(side->work, &f);
	return r ? lib_local_failed(side->error, side->work, r, &f) : CLEAT_OK;
}

const char *connector_host(Arena *arena, const char *connector)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *host = NULL;

	if (connector && json_parse(arena, connector, strlen(connector), &doc, NULL) == 0)
		host = json_get_text(arena, doc, "host");
	return host ? host : "";
}

bool side_is_legacy(const Side *side, const LocalRecord *record)
{
	return side->minor < CLIENT_MINOR_COMPLETE || str_eq(record->attachment_id, record->id);
}

/* What is gone already is as good as deleted. */
static int delete_attachment(Side *side, const char *id)
{
	Client *client = side->cloud->client;
	Fault f = {0};
	int r = client_delete(client, side->arena, CLIENT_ATTACHMENTS, id, &f);

	return r && r != CLIENT_NOT_FOUND ? lib_client_failed(side->error, client, r, &f)
					  : CLEAT_OK;
}

/* The attachment of a record whose maker never heard of it carries the record's id. */
static int delete_unheard(Side *side, const LocalRecord *record)
{
	_cleanup_(client_list_done) ClientList list = {0};
	Client *client = side->cloud->client;
	const char *query = arena_printf(side->arena, "instance_id=%s", record->id);
	Fault f = {0};
	int r = client_list(client, side->arena, CLIENT_ATTACHMENTS, query, &list, &f);

	if (r)
		return lib_client_failed(side->error, client, r, &f);
	for (size_t i = 0; i < list.count && r == 0; i++) {
		const ClientItem *item = &list.items[i];
		const char *instance = client_item_text(side->arena, item, "instance");

		if (str_eq(instance, record->id))
			r = delete_attachment(side, client_item_text(side->arena, item, "id"));
	}
	return r;
}

/* What may be a record's reservation: of nobody who has a name, and not gone on with. */
static const ClientItem *find_bare(Side *side, const ClientList *list, size_t *ret_count)
{
	const ClientItem *found = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const ClientItem *item = &list->items[i];

		if (client_item_text(side->arena, item, "instance") ||
		    !str_eq(client_item_text(side->arena, item, "status"), "reserved"))
			continue;
		found = item;
		(*ret_count)++;
	}
	return found;
}

/* Whether the volume changed last when the record asked for its attachment. */
static int changed_then(Side *side, const LocalRecord *record, bool *ret)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Client *client = side->cloud->client;
	const char *date;
	int64_t us = 0;
	Fault f = {0};
	int r = client_show(client, side->arena, CLIENT_VOLUMES, record->volume_id, &item, &f);

	if (r)
		return lib_client_failed(side->error, client, r, &f);
	date = client_item_text(side->arena, &item, "updated_at");
	*ret = date && clock_parse(date, &us) && us > record->since_us - NEAR_US &&
	       us < record->since_us + NEAR_US;
	return CLEAT_OK;
}

/*
 * A reservation that names no instance is known by its circumstances only: the one that is there,
 * not gone on with by whoever may have made it, while the volume has not changed since the record
 * asked. What might be another's is left, and named.
 */
static int delete_unnamed(Side *side, const LocalRecord *record)
{
	const int64_t wait_ms = SETTLE_MS - (clock_now_us() - record->since_us) / 1000;
	_cleanup_(client_list_done) ClientList list = {0};
	Client *client = side->cloud->client;
	const char *query = arena_printf(side->arena, "volume_id=%s", record->volume_id);
	const ClientItem *found;
	const char *id;
	bool then = false;
	size_t count;
	Fault f = {0};
	int r;

	clock_sleep_ms(MIN(MAX(wait_ms, (int64_t)0), (int64_t)SETTLE_MS));
	r = client_list(client, side->arena, CLIENT_ATTACHMENTS, query, &list, &f);
	if (r)
		return lib_client_failed(side->error, client, r, &f);
	found = find_bare(side, &list, &count);
	if (!found)
		return CLEAT_OK;
	r = changed_then(side, record, &then);
	if (r)
		return r;
	id = client_item_text(side->arena, found, "id");
	if (then && count == 1)
		return delete_attachment(side, id);
	return lib_fail(side->error, CLEAT_AMBIGUOUS,
			"attachment %s of volume %s may have been made for this host: unless "
			"somebody else has it, delete it",
			id, record->volume_id);
}

/*
 * The attachment that was made by telling the service our link, as the volume shows it; NULL for
 * none. Names of hosts are shown to administrators only.
 */
static int find_by_link(Side *side, const LocalRecord *record, const char **ret_id)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Client *client = side->cloud->client;
	Arena *arena = side->arena;
	const char *link = local_link(side->host->local, arena, record), *list;
	Fault f = {0};
	int r = client_show(client, arena, CLIENT_VOLUMES, record->volume_id, &item, &f);

	*ret_id = NULL;
	if (r)
		return r == CLIENT_NOT_FOUND ? CLEAT_OK
					     : lib_client_failed(side->error, client, r, &f);
	list = client_item_path(arena, &item, "attachments");
	for (int64_t i = 0; i < json_get_count(item.doc, list); i++) {
		const char *at = arena_printf(arena, "%s.%d", list, (int)i);

		if (str_eq(json_get_text(arena, item.doc, arena_printf(arena, "%s.device", at)),
			   link))
			*ret_id = json_get_text(arena, item.doc,
						arena_printf(arena, "%s.attachment_id", at));
	}
	return CLEAT_OK;
}

/*
 * What was done before is refused now, and that is fine: a connection that is gone, a volume that
 * is not reserved. An attachment that is there and stays there is a failure.
 */
static int release_legacy(Side *side, const LocalRecord *record)
{
	Client *client = side->cloud->client;
	const char *attachment = record->attachment_id;
	Fault f = {0};
	int r = CLEAT_OK;

	if (!attachment || str_eq(attachment, record->id))
		r = find_by_link(side, record, &attachment);
	if (r)
		return r;
	r = client_volume_disconnect(client, side->arena, record->volume_id, record->connector, &f);
	if (r == 0 || r == CLIENT_REFUSED)
		r = attachment ? client_volume_detached(client, side->arena, record->volume_id,
							attachment, &f)
			       : client_volume_hold(client, side->arena, record->volume_id,
						    CLIENT_UNRESERVE, &f);
	if (r == 0 || r == CLIENT_NOT_FOUND || (r == CLIENT_REFUSED && !attachment))
		return CLEAT_OK;
	return lib_client_failed(side->error, client, r, &f);
}

int side_release(Side *side, LocalRecord *record)
{
	Fault f = {0};
	int r;

	if (side_is_legacy(side, record))
		r = release_legacy(side, record);
	else if (record->attachment_id)
		r = delete_attachment(side, record->attachment_id);
	else
		r = record->unnamed ? delete_unnamed(side, record) : delete_unheard(side, record);
	if (r)
		return r;
	r = local_forget(side->work, record, &f);
	return r ? lib_local_failed(side->error, side->work, r, &f) : CLEAT_OK;
}

int side_undo(Side *side, LocalRecord *record, bool force)
{
	int r = CLEAT_OK;

	if (record->state != LOCAL_RESERVING && record->state != LOCAL_RELEASING)
		r = lib_disconnect(side->work, record, force, side->error);
	return r ? r : side_release(side, record);
}
