/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What other services tell about a server (external events). Only a volume that has grown needs
 * anything to be done: its guest is told.
 */
#pragma once

#include "service/service.h"

typedef struct ServerEvent {
	const char *name;
	const char *server_id;
	const char *tag;         /* NULL: none */
	bool needs_tag;          /* it means nothing without one */
	bool is_volume_extended; /* the tag is the volume's id */
} ServerEvent;

typedef enum ServerEventOutcome {
	SERVER_EVENT_TAKEN,
	SERVER_EVENT_NO_TAG,
	SERVER_EVENT_NO_SERVER,
	SERVER_EVENT_NO_HOST, /* the server is on none, so nobody can be told */
} ServerEventOutcome;

_must_use_ int service_take_server_event(Work *work, const ServerEvent *event,
					 ServerEventOutcome *ret, Fault *f);
