/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of what is told when. A row is one event of one change; docs/notifications.md shows the
 * same to people, and a test holds the two against each other.
 */
#pragma once

#include "notify/notify.h"

/* Who speaks, where, and in which form. */
typedef enum NotifyVoice {
	VOICE_COMPUTE, /* the compute service on a host, with versions */
	VOICE_COMPUTE_API,
	VOICE_COMPUTE_LEGACY,
	VOICE_VOLUME, /* of a backend */
	VOICE_VOLUME_API,
	VOICE_SNAPSHOT,
	VOICE_SHARE,
	_NOTIFY_VOICE_MAX,
} NotifyVoice;

/* What is described. */
typedef enum NotifyPayload {
	PAYLOAD_SERVER,
	PAYLOAD_SERVER_VOLUME,
	PAYLOAD_SERVER_SWAP,
	PAYLOAD_SERVER_SHARE,
	PAYLOAD_SERVER_CREATE,
	PAYLOAD_SERVER_REBUILD,
	PAYLOAD_SERVER_RESCUE,
	PAYLOAD_SERVER_SNAPSHOT,
	PAYLOAD_USAGE, /* of a server */
	PAYLOAD_USAGE_VOLUME,
	PAYLOAD_VOLUME,
	PAYLOAD_OLD_VOLUME, /* whose place another one takes */
	PAYLOAD_SNAPSHOT,
	PAYLOAD_SHARE,
	_NOTIFY_PAYLOAD_MAX,
} NotifyPayload;

typedef struct NotifyEvent {
	const char *cause; /* the kind of an operation, or what a use case calls its change */
	const char *name;  /* "instance.volume_attach" */
	NotifyVoice voice;
	NotifyPayload payload;
	unsigned phases; /* NotifyPhase */
	bool bare;       /* the phase is not part of its type */
} NotifyEvent;

extern const NotifyEvent notify_events[];
extern const size_t notify_event_count;

/* "instance.volume_attach.end", in the arena. */
const char *notify_event_type(Arena *arena, const NotifyEvent *event, NotifyPhase phase);
