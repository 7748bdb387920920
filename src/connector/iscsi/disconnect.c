/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Disconnecting. First everything is looked at, then flushed, and only then taken away: until the
 * first removal a refusal leaves all as it was. What is flushed and removed is what says the
 * volume's identity, looked up now; other devices at its LUN are left alone.
 *
 * With force a step that fails is noted and the next one done, as long as none of them could hurt
 * another volume.
 */
#include "base/str.h"
#include "connector/iscsi/priv.h"

typedef struct Leaving {
	ConnectorCall *call;
	const IscsiInfo *info;
	const ConnectorLeave *leave;
	IscsiDevice *devices;
	size_t count;
	const char *map;
	bool queue_off; /* to be turned on again when the map stays */
	Buf lost;       /* with force: what could not be done */
} Leaving;

static void note(Leaving *l, const char *what)
{
	buf_printf(&l->lost, "%s%s", l->lost.length ? "; " : "", what);
}

/* Who has it: the map, and each path by somebody else than the map. */
static int check_users(Leaving *l, Fault *f)
{
	ConnectorCall *call = l->call;
	const char *who = NULL;
	int r = 0;

	if (l->map) {
		r = iscsi_map_check(call, l->info, l->map, f);
		if (r == 0)
			r = iscsi_map_drop_partitions(call, l->map, f);
		if (r)
			return r;
		r = host_block_users(call->host, call->arena, l->map, NULL, &who, f);
	}
	for (size_t i = 0; r == 0 && i < l->count; i++)
		r = host_block_users(call->host, call->arena, l->devices[i].name, l->map, &who, f);
	if (r == HOST_BUSY)
		return iscsi_say(call, CONNECTOR_BUSY, "%s", who);
	return fault_unexpected(f, r);
}

static int flush_one(Leaving *l, const char *name)
{
	ConnectorCall *call = l->call;
	Fault failed = {0};

	if (host_block_flush(call->host, name, iscsi_until(call, ISCSI_FLUSH_MS), &failed) == 0)
		return 0;
	return iscsi_say(call, CONNECTOR_UNFLUSHED, "%s cannot be flushed: %s", name, failed.text);
}

/*
 * A map without a path that works would wait for one, so it is told not to. Paths that do not work
 * have nothing of their own to be flushed below a map.
 */
static int flush(Leaving *l)
{
	bool alive = false;
	int r = 0;

	for (size_t i = 0; i < l->count; i++)
		alive = alive || l->devices[i].alive;
	if (l->map) {
		if (!alive)
			l->queue_off = iscsi_map_queue(l->call, l->map, false, NULL) == 0;
		r = flush_one(l, l->map);
	}
	for (size_t i = 0; r == 0 && i < l->count; i++)
		if (!l->map || l->devices[i].alive)
			r = flush_one(l, l->devices[i].name);
	return r;
}

/* Whether to go on: with force what failed is noted. */
static int weigh(Leaving *l, int r, const Fault *f)
{
	if (r == 0 || !l->leave->force || r == CONNECTOR_WRONG_DISK)
		return r;
	note(l, r < 0 ? f->text : l->call->why);
	return 0;
}

static int remove_map(Leaving *l, Fault *f)
{
	const char *wwid = l->devices[0].wwid;
	int r = iscsi_map_close(l->call, wwid, l->leave->force, f);

	if (r && l->queue_off)
		(void)iscsi_map_queue(l->call, l->map, true, NULL); /* the removal is what failed */
	return r;
}

static int remove_devices(Leaving *l, Fault *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		r = iscsi_device_delete(l->call, &l->devices[i], f);
		if (r == 0)
			r = iscsi_map_forget_path(l->call, l->devices[i].name, f);
	}
	return r;
}

static int remove_sessions_of(Leaving *l, const IscsiTarget *target, Fault *f)
{
	IscsiSession *sessions;
	size_t count;
	int r = iscsi_sessions(l->call, target->iqn, &sessions, &count, f);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = iscsi_session_close(l->call, &sessions[i], f);
	if (r == 0 && count == 0)
		r = iscsi_record_delete(l->call, target, f);
	return r;
}

static int remove_sessions(Leaving *l, Fault *f)
{
	int r = 0;

	if (l->leave->keep || !l->leave->made)
		return 0;
	for (size_t i = 0; r == 0 && i < l->info->target_count; i++)
		r = remove_sessions_of(l, &l->info->targets[i], f);
	return r;
}

static int take_away(Leaving *l, Fault *f)
{
	int r = check_users(l, f);

	r = weigh(l, r, f);
	if (r)
		return r;
	r = weigh(l, flush(l), f);
	if (r && l->queue_off)
		(void)iscsi_map_queue(l->call, l->map, true, NULL); /* the flush is what failed */
	if (r)
		return r;
	r = remove_map(l, f);
	return r ? r : remove_devices(l, f);
}

int iscsi_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave, Fault *f)
{
	Leaving l = {.call = call, .info = info, .leave = leave};
	int r = iscsi_own_devices(call, info, leave->identity, &l.devices, &l.count, f);

	if (r < 0)
		return r;
	if (r == 0) {
		l.map = iscsi_map_find(call, l.devices[0].wwid);
		r = take_away(&l, f);
	} else {
		r = 0; /* nothing of the volume's is here: another one may be at its LUN */
	}
	if (r == 0)
		r = remove_sessions(&l, f);
	if (r == 0 && l.lost.length)
		call->why = arena_printf(call->arena, "data may be lost: %s", buf_text(&l.lost));
	buf_done(&l.lost);
	return r;
}
