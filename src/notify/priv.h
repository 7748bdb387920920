/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share: one notification that is being made, and its payloads.
 */
#pragma once

#include "notify/events.h"
#include "records/tables.h"
#include "json/out.h"

/* The rows that a payload is made of; all in the arena. What is not needed, or gone, is NULL. */
typedef struct Notice {
	Tx *tx;
	Arena *arena;
	const NotifySettings *settings;
	const Operation *operation;
	const NotifyEvent *event;
	NotifyPhase phase;
	const char *problem;
	int64_t now_us;
	Server *server;
	Flavor *flavor; /* the server's, as it is now */
	Keypair *keypair;
	Attachment **attachments; /* of the server, or of the volume */
	size_t attachment_count;
	ShareMapping **mappings;
	size_t mapping_count;
	const char *old_volume_id;
	Volume *volume;
	Snapshot *snapshot;
	Share *share;
} Notice;

/* server-payload.c: servers as versioned objects. */
void server_payload_out(JsonOut *out, const Notice *notice);

/* usage-payload.c: all that has no version. */
void usage_payload_out(JsonOut *out, const Notice *notice);
void volume_payload_out(JsonOut *out, const Notice *notice);
void snapshot_payload_out(JsonOut *out, const Notice *notice);
void share_payload_out(JsonOut *out, const Notice *notice);
