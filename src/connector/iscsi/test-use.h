/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests: one attachment on a host that is played, driven as the flow round connectors does it.
 */
#pragma once

#include "connector/iscsi/test-world.h"

/* As long as it takes; as an end that has to be told, and not met half-way; and to be over soon. */
enum { PATIENT_MS = 120 * 1000, WAITING_MS = 1000, HURRIED_MS = 50 };

#define INFO_A WORLD_INFO(0, "")
#define KNOWN_A WORLD_INFO(0, ",\"cleat_identity\":\"wwid:3600a\"")
#define INFO_B WORLD_INFO(1, "")

/* One attachment, as the flow round connectors drives it. */
typedef struct Use {
	World *w;
	ConnectorCall call;
	const void *info;
	ConnectorWish wish;
	ConnectorDisk disk;
	ConnectorLeave leave;
	int64_t ms;
	Fault f;
} Use;

static inline Use use(World *w, const char *text)
{
	Use u = {.w = w, .ms = PATIENT_MS};
	void *info = NULL;

	u.call = (ConnectorCall){.host = &w->tree->host, .arena = w->arena, .mount_dir = "/run"};
	assert_int_equal(connector_parse(&connector_iscsi, &u.call, text, &info, &u.f), 0);
	u.info = info;
	return u;
}

static inline int detach(Use *u)
{
	u->call.deadline_ms = clock_mono_ms() + PATIENT_MS;
	return connector_disconnect(&connector_iscsi, &u->call, u->info, &u->leave, &u->f);
}

static inline int attach(Use *u)
{
	bool shared = false;
	int r;

	u->call.deadline_ms = clock_mono_ms() + u->ms;
	assert_int_equal(connector_shared(&connector_iscsi, &u->call, u->info, &shared, &u->f), 0);
	u->leave.made = u->leave.made || !shared;
	r = connector_join(&connector_iscsi, &u->call, u->info, &u->wish, &u->f);
	if (r == 0)
		r = connector_connect(&connector_iscsi, &u->call, u->info, &u->wish, &u->disk,
				      &u->f);
	if (r == 0)
		u->leave.identity = u->disk.identity;
	return r;
}

/* What a caller does after a failure. */
static inline int attach_or_nothing(Use *u)
{
	int r = attach(u);
	const char *why = u->call.why;

	if (r == 0)
		return 0;
	assert_int_equal(detach(u), 0);
	u->call.why = why;
	return r;
}

static inline size_t logged(World *w, const char *text)
{
	size_t count = 0;

	for (const char *at = buf_text(&w->log); (at = strstr(at, text)); at++)
		count++;
	return count;
}

static inline void forget_log(World *w)
{
	buf_done(&w->log);
	w->log = (Buf){0};
}

static inline const char *session_of(World *w)
{
	const char **found;

	assert_int_equal(world_glob(w, "/sys/class/iscsi_session/*", &found), 1);
	return found[0];
}

static inline void open_by_somebody(Use *u)
{
	const char *name = u->disk.path + strlen("/dev/");

	tree_file(u->w->tree, "/proc/self/mountinfo",
		  world_text(u->w, "30 1 %s / /mnt rw - ext4 %s rw\n",
			     world_read(u->w, world_text(u->w, "/sys/block/%s/dev", name)),
			     u->disk.path));
}
