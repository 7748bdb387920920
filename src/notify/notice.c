/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One notification: the rows it is made of, and what is round its payload.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "notify/outbox.h"
#include "notify/priv.h"

static const NotifySettings *configured;

void notify_configure(const NotifySettings *settings)
{
	configured = settings;
}

/* --- voices --- */

typedef struct Voice {
	OutboxService service;
	bool versioned;
	const char *publisher; /* what the host follows */
} Voice;

static const Voice voices[] = {
	[VOICE_COMPUTE] = {OUTBOX_COMPUTE, true, "nova-compute:"},
	[VOICE_COMPUTE_API] = {OUTBOX_COMPUTE, true, "nova-api:"},
	[VOICE_COMPUTE_LEGACY] = {OUTBOX_COMPUTE, false, "compute."},
	[VOICE_VOLUME] = {OUTBOX_VOLUME, false, "volume."},
	[VOICE_VOLUME_API] = {OUTBOX_VOLUME, false, "volume."},
	[VOICE_SNAPSHOT] = {OUTBOX_VOLUME, false, "snapshot."},
	[VOICE_SHARE] = {OUTBOX_SHARE, false, "share."},
};
static_assert(ARRAY_SIZE(voices) == _NOTIFY_VOICE_MAX, "a row for each");

static bool voice_is_heard(const NotifySettings *settings, NotifyVoice voice)
{
	switch (voice) {
	case VOICE_COMPUTE:
	case VOICE_COMPUTE_API:
		return settings->versioned;
	case VOICE_COMPUTE_LEGACY:
		return settings->legacy;
	case VOICE_VOLUME:
	case VOICE_VOLUME_API:
	case VOICE_SNAPSHOT:
	case VOICE_SHARE:
	case _NOTIFY_VOICE_MAX:
		return true;
	}
	return false;
}

/* "host@backend" of "host@backend#pool"; NULL: this host. */
static const char *publisher_host(const Notice *notice, const char *host)
{
	const char *pool = host ? strchr(host, '#') : NULL;

	if (pool)
		return arena_strndup(notice->arena, host, (size_t)(pool - host));
	return str_empty(host) ? notice->settings->host : host;
}

static const char *speaking_host(const Notice *notice)
{
	switch (notice->event->voice) {
	case VOICE_COMPUTE:
	case VOICE_COMPUTE_LEGACY:
		return publisher_host(notice, notice->server->host);
	case VOICE_VOLUME:
	case VOICE_SNAPSHOT:
		return publisher_host(notice, notice->volume ? notice->volume->host : NULL);
	case VOICE_SHARE:
		return publisher_host(notice, notice->share->host);
	case VOICE_COMPUTE_API:
	case VOICE_VOLUME_API:
	case _NOTIFY_VOICE_MAX:
		break;
	}
	return notice->settings->host;
}

/* --- rows --- */

/* What is gone stays NULL. */
static int or_null(int r, Fault *f)
{
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

/* The key pair that a server was made with, as long as it is the same. */
static int load_keypair(Notice *notice, Fault *f)
{
	const Server *server = notice->server;
	const char *id;
	int r;

	if (!server->key_name)
		return 0;
	id = arena_printf(notice->arena, "%s/%s", server->user_id, server->key_name);
	r = keypair_get(notice->tx, notice->arena, id, &notice->keypair, f);
	if (!r && !str_eq(notice->keypair->public_key, server->key_data))
		notice->keypair = NULL;
	return or_null(r, f);
}

static int load_lists(Notice *notice, Fault *f)
{
	const char *id = notice->server->id;
	int r = 0;

	if (notice->settings->devices)
		r = attachments_of_server(notice->tx, notice->arena, id, &notice->attachments,
					  &notice->attachment_count, f);
	if (!r && notice->settings->shares)
		r = share_mappings_of_server(notice->tx, notice->arena, id, &notice->mappings,
					     &notice->mapping_count, f);
	return fault_unexpected(f, r);
}

static int load_server(Notice *notice, Fault *f)
{
	NotifyPayload payload = notice->event->payload;
	int r = 0;

	if (!notice->operation->server_id)
		return 0;
	r = or_null(server_get(notice->tx, notice->arena, notice->operation->server_id,
			       &notice->server, f),
		    f);
	if (r || !notice->server || payload == PAYLOAD_USAGE || payload == PAYLOAD_USAGE_VOLUME)
		return r;
	r = or_null(flavor_get(notice->tx, notice->arena, notice->server->flavor_id,
			       &notice->flavor, f),
		    f);
	if (!r && payload == PAYLOAD_SERVER_CREATE)
		r = load_keypair(notice, f);
	return r ? r : load_lists(notice, f);
}

static int load_volume(Notice *notice, const char *id, Fault *f)
{
	int r;

	if (!id)
		return 0;
	r = or_null(volume_get(notice->tx, notice->arena, id, &notice->volume, f), f);
	if (r || !notice->volume || notice->event->payload == PAYLOAD_SNAPSHOT)
		return r;
	return fault_unexpected(f, attachments_of_volume(notice->tx, notice->arena, id,
							 &notice->attachments,
							 &notice->attachment_count, f));
}

static int load_snapshot(Notice *notice, Fault *f)
{
	int r;

	if (!notice->operation->snapshot_id)
		return 0;
	r = or_null(snapshot_get(notice->tx, notice->arena, notice->operation->snapshot_id,
				 &notice->snapshot, f),
		    f);
	return r || !notice->snapshot ? r : load_volume(notice, notice->snapshot->volume_id, f);
}

static void find_old_volume(Notice *notice)
{
	JsonTextMap args = json_text_map(notice->arena, notice->operation->args);

	for (size_t i = 0; i < args.count; i++)
		if (str_eq(args.pairs[i].key, NOTIFY_OLD_VOLUME))
			notice->old_volume_id = args.pairs[i].value;
}

/*
 * The backend may refuse a host's access although it has done what it was told: then the mapping
 * says so, and nothing was attached.
 */
static int check_mapping(Notice *notice, Fault *f)
{
	ShareMapping *mapping = NULL;
	int r;

	if (notice->phase != NOTIFY_END || !notice->operation->share_mapping_id)
		return 0;
	r = or_null(share_mapping_get(notice->tx, notice->arena,
				      notice->operation->share_mapping_id, &mapping, f),
		    f);
	if (r || !mapping || mapping->status != SHARE_MAPPING_ERROR)
		return r;
	notice->phase = NOTIFY_ERROR;
	notice->problem = "the share's backend has refused the access of this host";
	return 0;
}

static int load_sharing(Notice *notice, Fault *f)
{
	int r = check_mapping(notice, f);

	return r ? r : load_server(notice, f);
}

static int load_swap(Notice *notice, Fault *f)
{
	find_old_volume(notice);
	return load_server(notice, f);
}

static int load_own_volume(Notice *notice, Fault *f)
{
	return load_volume(notice, notice->operation->volume_id, f);
}

static int load_old_volume(Notice *notice, Fault *f)
{
	find_old_volume(notice);
	return load_volume(notice, notice->old_volume_id, f);
}

static int load_share(Notice *notice, Fault *f)
{
	if (!notice->operation->share_id)
		return 0;
	return or_null(share_get(notice->tx, notice->arena, notice->operation->share_id,
				 &notice->share, f),
		       f);
}

/* --- payloads --- */

typedef struct Payload {
	int (*load)(Notice *notice, Fault *f);
	void (*out)(JsonOut *out, const Notice *notice);
	size_t subject; /* offset of what has to be there */
} Payload;

#define PAYLOAD(load_, out_, subject_)                                                             \
	{                                                                                          \
		.load = (load_), .out = (out_), .subject = offsetof(Notice, subject_)              \
	}

static const Payload payloads[] = {
	[PAYLOAD_SERVER] = PAYLOAD(load_server, server_payload_out, server),
	[PAYLOAD_SERVER_VOLUME] = PAYLOAD(load_server, server_payload_out, server),
	[PAYLOAD_SERVER_SWAP] = PAYLOAD(load_swap, server_payload_out, server),
	[PAYLOAD_SERVER_SHARE] = PAYLOAD(load_sharing, server_payload_out, server),
	[PAYLOAD_SERVER_CREATE] = PAYLOAD(load_server, server_payload_out, server),
	[PAYLOAD_SERVER_REBUILD] = PAYLOAD(load_server, server_payload_out, server),
	[PAYLOAD_SERVER_RESCUE] = PAYLOAD(load_server, server_payload_out, server),
	[PAYLOAD_SERVER_SNAPSHOT] = PAYLOAD(load_server, server_payload_out, server),
	[PAYLOAD_USAGE] = PAYLOAD(load_server, usage_payload_out, server),
	[PAYLOAD_USAGE_VOLUME] = PAYLOAD(load_server, usage_payload_out, server),
	[PAYLOAD_VOLUME] = PAYLOAD(load_own_volume, volume_payload_out, volume),
	[PAYLOAD_OLD_VOLUME] = PAYLOAD(load_old_volume, volume_payload_out, volume),
	[PAYLOAD_SNAPSHOT] = PAYLOAD(load_snapshot, snapshot_payload_out, snapshot),
	[PAYLOAD_SHARE] = PAYLOAD(load_share, share_payload_out, share),
};
static_assert(ARRAY_SIZE(payloads) == _NOTIFY_PAYLOAD_MAX, "a row for each");

static void out_context(JsonOut *out, const Operation *operation)
{
	json_out_text(out, "_context_request_id", operation->request_id);
	json_out_text(out, "_context_user_id", operation->user_id);
	json_out_text(out, "_context_project_id", operation->project_id);
	json_out_bool(out, "_context_is_admin", operation->by_admin);
}

static const char *notice_text(const Notice *notice)
{
	char when[CLOCK_TEXT_MAX], id[UUID_TEXT], unique[HEX_ID_TEXT];
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};
	size_t length;

	clock_format(notice->now_us, CLOCK_MICROS, when);
	uuid_new(id);
	uuid_new_hex(unique);
	json_out_begin(&out, NULL);
	json_out_text(&out, "message_id", id);
	json_out_printf(&out, "publisher_id", "%s%s", voices[notice->event->voice].publisher,
			speaking_host(notice));
	json_out_text(&out, "event_type",
		      notify_event_type(notice->arena, notice->event, notice->phase));
	json_out_text(&out, "priority", notice->phase == NOTIFY_ERROR ? "ERROR" : "INFO");
	payloads[notice->event->payload].out(&out, notice);
	json_out_printf(&out, "timestamp", "%.10s %s", when, when + 11);
	json_out_text(&out, "_unique_id", unique);
	out_context(&out, notice->operation);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	return arena_strndup(notice->arena, text, length);
}

static int notice_write(Notice *notice, Fault *f)
{
	const Voice *voice = &voices[notice->event->voice];
	const Payload *payload = &payloads[notice->event->payload];
	OutboxMessage message;
	int r = payload->load(notice, f);

	if (r || !*(void *const *)((const char *)notice + payload->subject))
		return r;
	message = (OutboxMessage){
		.service = voice->service,
		.versioned = voice->versioned,
		.priority = notice->phase == NOTIFY_ERROR ? "error" : "info",
		.body = notice_text(notice),
	};
	return outbox_add(notice->tx, &message, notice->settings->outbox_limit, f);
}

int notify_phase(Tx *tx, Arena *arena, const Operation *operation, NotifyPhase phase,
		 const char *problem, Fault *f)
{
	const NotifySettings *settings = configured;
	int r = 0;

	for (size_t i = 0; settings && !r && i < notify_event_count; i++) {
		const NotifyEvent *event = &notify_events[i];
		Notice notice = {
			.tx = tx,
			.arena = arena,
			.settings = settings,
			.operation = operation,
			.event = event,
			.phase = phase,
			.problem = problem,
			.now_us = clock_now_us(),
		};

		if ((event->phases & phase) && str_eq(event->cause, operation->kind) &&
		    voice_is_heard(settings, event->voice))
			r = notice_write(&notice, f);
	}
	return r;
}

int notify_change(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r = notify_phase(tx, arena, operation, NOTIFY_START, NULL, f);

	return r ? r : notify_phase(tx, arena, operation, NOTIFY_END, NULL, f);
}
