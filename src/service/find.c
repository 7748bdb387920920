/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Finding what a request is about: of the caller's project, or of any for admins. What belongs to
 * somebody else is not there.
 */
#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/server.h"
#include "service/volume.h"

const char *new_uuid(Arena *arena)
{
	char id[UUID_TEXT];

	uuid_new(id);
	return arena_strdup(arena, id);
}

void work_refuse_text(Work *work, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	work->refused = (RefusalData){.value = arena_vprintf(work->arena, format, ap)};
	va_end(ap);
}

bool work_sees(const Work *work, const char *project_id)
{
	return caller_is_admin(work->caller) || str_eq(project_id, work->caller->project_id);
}

static int refuse(Work *work, Refusal refusal, const char *id)
{
	work->refused = (RefusalData){.id = id};
	return (int)refusal;
}

int service_find_server_or_past(Work *work, const char *id, Server **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	Server *server;
	int r;

	if (!uuid_canonical(id, canonical))
		return refuse(work, REFUSAL_NO_SERVER, id);
	r = server_get(work->tx, work->arena, canonical, &server, f);
	if (r < 0)
		return r;
	if (r || !work_sees(work, server->project_id))
		return refuse(work, REFUSAL_NO_SERVER, id);
	*ret = server;
	return 0;
}

int service_find_server(Work *work, const char *id, Server **ret, Fault *f)
{
	int r = service_find_server_or_past(work, id, ret, f);

	if (!r && (*ret)->vm_state == VM_DELETED)
		return refuse(work, REFUSAL_NO_SERVER, id);
	return r;
}

int service_find_volume(Work *work, const char *id, Volume **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	Volume *volume;
	int r;

	if (!uuid_canonical(id, canonical))
		return refuse(work, REFUSAL_NO_VOLUME, id);
	r = volume_get(work->tx, work->arena, canonical, &volume, f);
	if (r < 0)
		return r;
	if (r || !work_sees(work, volume->project_id))
		return refuse(work, REFUSAL_NO_VOLUME, id);
	*ret = volume;
	return 0;
}

Operation operation_for(const Work *work, const char *lane)
{
	return (Operation){
		.lane = lane,
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.by_admin = caller_is_admin(work->caller),
		.request_id = work->request_id,
	};
}
