/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The services of block storage as its administrators know them: one that schedules, and one for
 * the volume backend. They are all in this daemon, so they are up whenever somebody asks; what is
 * stored is that an admin has switched one off. New volumes are then not placed.
 */
#pragma once

#include "model/volume.h"
#include "service/service.h"

enum { SERVICE_STATES = 2 };

/* "host@backend" of the volume service. */
const char *service_state_host(Arena *arena, const char *volume_host);

/* The id of the service that serves volumes of that host ("host@backend#pool"). In the arena. */
const char *service_state_id(Arena *arena, const char *volume_host);

/* All services, each with what is stored of it. */
_must_use_ int service_states(Work *work, ServiceState ret[static SERVICE_STATES], Fault *f);

/* Switch one on or off. REFUSAL_NO_SERVICE. */
typedef struct ServiceSwitch {
	const char *host;
	const char *binary;
	bool disabled;
	const char *reason; /* or NULL */
} ServiceSwitch;

_must_use_ int service_switch(Work *work, const ServiceSwitch *wish, Fault *f);

/* Whether both are on, so that a new volume finds its place. */
_must_use_ int service_states_place(Work *work, bool *ret, Fault *f);
