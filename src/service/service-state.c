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

int service_states(Work *work, ServiceState ret[static SERVICE_STATES], Fault *f)
{
	const char *host = service_state_host(work->arena, work->settings->volume_host);
	const char *ids[SERVICE_STATES];
	RecordQuery query = {0};
	ServiceState **stored;
	size_t count;
	int r;

	ret[0] = (ServiceState){.binary = SCHEDULER, .host = work->settings->host};
	ret[1] = (ServiceState){.binary = VOLUME, .host = host};
	for (size_t i = 0; i < SERVICE_STATES; i++)
		ret[i].id = ids[i] = state_id(work->arena, ret[i].binary, ret[i].host);
	record_where_texts(&query, "id", RECORD_IN, ids, SERVICE_STATES);
	r = service_state_find(work->tx, work->arena, &query, &stored, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < SERVICE_STATES; k++)
			if (str_eq(stored[i]->id, ids[k]))
				ret[k] = *stored[i];
	return 0;
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
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_int(&query, "disabled", RECORD_EQ, true);
	r = record_count(work->tx, &service_state_table, &query, &count, f);
	*ret = true;
	if (r || count == 0) /* the usual case: nobody has switched anything off */
		return fault_unexpected(f, r);
	r = service_states(work, states, f);
	if (r == 0)
		*ret = !states[0].disabled && !states[1].disabled;
	return r;
}
