/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See service-state.h. A row is there only once a service was switched; its id comes from what the
 * service is, so that volumes can name it without a look-up.
 */
#include "service/service-state.h"

#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"

#define SCHEDULER "cinder-scheduler"
#define VOLUME "cinder-volume"

const char *service_state_host(Arena *arena, const char *volume_host)
{
	return arena_strndup(arena, volume_host, strcspn(volume_host, "#"));
}

static const char *state_id(Arena *arena, const char *binary, const char *host)
{
	char id[UUID_TEXT];

	uuid_of_text(arena_printf(arena, "%s %s", binary, host), id);
	return arena_strdup(arena, id);
}

const char *service_state_id(Arena *arena, const char *volume_host)
{
	return state_id(arena, VOLUME, service_state_host(arena, volume_host));
}

/* The row of a service, or what it is without one. */
static int load_state(Work *work, const char *binary, const char *host, ServiceState *ret, Fault *f)
{
	const char *id = state_id(work->arena, binary, host);
	ServiceState *stored;
	int r = service_state_get(work->tx, work->arena, id, &stored, f);

	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	*ret = r ? (ServiceState){.id = id, .binary = binary, .host = host} : *stored;
	return 0;
}

int service_states(Work *work, ServiceState ret[static SERVICE_STATES], Fault *f)
{
	const ServiceSettings *settings = work->settings;
	int r = load_state(work, SCHEDULER, settings->host, &ret[0], f);

	if (r)
		return r;
	return load_state(work, VOLUME, service_state_host(work->arena, settings->volume_host),
			  &ret[1], f);
}

static int write_state(Work *work, const ServiceState *state, Fault *f)
{
	int r = service_state_update(work->tx, state, f);

	if (r == RECORD_NOT_FOUND)
		r = service_state_insert(work->tx, state, f);
	return fault_unexpected(f, r);
}

int service_switch(Work *work, const ServiceSwitch *wish, Fault *f)
{
	ServiceState states[SERVICE_STATES];
	int r = service_states(work, states, f);

	if (r)
		return r;
	for (size_t i = 0; i < SERVICE_STATES; i++) {
		if (!str_eq(states[i].host, wish->host) || !str_eq(states[i].binary, wish->binary))
			continue;
		states[i].disabled = wish->disabled;
		states[i].disabled_reason = wish->reason;
		states[i].updated_us = work->now_us;
		return write_state(work, &states[i], f);
	}
	work->refused = (RefusalData){.id = wish->binary, .other = wish->host};
	return REFUSAL_NO_SERVICE;
}

int service_states_place(Work *work, bool *ret, Fault *f)
{
	ServiceState states[SERVICE_STATES];
	int r = service_states(work, states, f);

	if (r == 0)
		*ret = !states[0].disabled && !states[1].disabled;
	return r;
}
