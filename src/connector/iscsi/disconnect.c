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
	const char *wwid; /* NULL: nothing says who it is */
	IscsiDevice *devices;
	size_t count;
	size_t gone; /* so many of the devices, from the first, have been deleted */
	const char *map;
	bool queue_off; /* to be turned on again when the map stays */
	Buf lost;       /* with force: what could not be done */
} Leaving;

/*
 * The volume's devices, known by its WWID. When nobody knows that, it got nowhere: then it is what
 * stands in its place.
 */
static int look_up(Leaving *l, Fault *f)
{
	const char *identity = l->leave->identity ? l->leave->identity : l->info->identity;
	size_t own = 0, count;
	int r = iscsi_devices(l->call, l->info, &l->devices, &count, f);

	if (r)
		return r;
	l->wwid = str_after(identity, "wwid:");
	for (size_t i = 0; i < count; i++) {
		if (!l->wwid)
			l->wwid = l->devices[i].wwid;
		if (str_eq(l->devices[i].wwid, l->wwid))
			l->devices[own++] = l->devices[i];
	}
	l->count = own;
	l->map = l->wwid ? iscsi_map_find(l->call, l->wwid) : NULL;
	return 0;
}

/* Who has it: the map, and each path by somebody else than the map. HOST_BUSY. */
static int look_for_users(Leaving *l, const char **ret_who, Fault *f)
{
	ConnectorCall *call = l->call;
	int r = 0;

	if (l->map)
		r = host_block_users(call->host, call->arena, l->map, NULL, ret_who, f);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		if (l->devices[i].name)
			r = host_block_users(call->host, call->arena, l->devices[i].name, l->map,
					     ret_who, f);
	return r;
}

/* Rules of udev run programs that look into a device; they end by themselves. */
static void let_udev_end(Leaving *l)
{
	RunResult result = {0};

	if (host_has_program(l->call->host, "udevadm") &&
	    iscsi_run(l->call, RUN_ARGV("udevadm", "settle", "--timeout=5"), ISCSI_COMMAND_MS,
		      &result, NULL) == 0)
		run_result_done(&result);
}

static int expect_no_users(Leaving *l, Fault *f)
{
	const char *who = NULL;
	int r = look_for_users(l, &who, f);

	if (r == HOST_BUSY) {
		let_udev_end(l);
		r = look_for_users(l, &who, f);
	}
	if (r == HOST_BUSY)
		return iscsi_say(l->call, CONNECTOR_BUSY, "%s", who);
	return fault_unexpected(f, r);
}

static int check_users(Leaving *l, Fault *f)
{
	int r = 0;

	if (l->map)
		r = iscsi_map_check(l->call, l->info, l->map, f);
	if (r == 0 && l->map)
		r = iscsi_map_drop_partitions(l->call, l->map, f);
	return r ? r : expect_no_users(l, f);
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
		if (l->devices[i].name && (!l->map || l->devices[i].alive))
			r = flush_one(l, l->devices[i].name);
	return r;
}

/* Whether to go on: with force what failed is noted. */
static int weigh(Leaving *l, int r, const Fault *f)
{
	if (r == 0 || !l->leave->force || r == CONNECTOR_WRONG_DISK)
		return r;
	buf_printf(&l->lost, "%s%s", l->lost.length ? "; " : "", r < 0 ? f->text : l->call->why);
	return 0;
}

/* Also where there is no map: multipathd may be about to make one. */
static int remove_map(Leaving *l, Fault *f)
{
	if (!l->wwid || (!l->map && !host_has_program(l->call->host, "multipath")))
		return 0;
	return iscsi_map_close(l->call, l->wwid, l->leave->force, f);
}

static int remove_devices(Leaving *l, Fault *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		r = iscsi_device_delete(l->call, &l->devices[i], f);
		l->gone += r == 0;
	}
	return r;
}

/* What was never handed out to anybody is left where somebody has it. */
static bool is_left(const Leaving *l, int r)
{
	return !l->leave->identity && (r == CONNECTOR_BUSY || r == CONNECTOR_WRONG_DISK);
}

static int take_away(Leaving *l, Fault *f)
{
	int r = check_users(l, f);

	if (is_left(l, r))
		return 0;
	r = weigh(l, r, f);
	if (r)
		return r;
	r = flush(l);
	r = l->leave->identity ? weigh(l, r, f) : 0;
	/* Not all of them can be seen while no path works, and now one does. */
	if (r == 0 && l->leave->identity && !l->leave->force)
		r = expect_no_users(l, f);
	if (r == 0)
		r = remove_map(l, f);
	if (r && l->queue_off)
		(void)iscsi_map_queue(l->call, l->map, true, NULL); /* what failed is told */
	return r ? r : remove_devices(l, f);
}

/*
 * The sessions that were made for it, whoever asks for it last: those with a record of ours, and
 * those that join() made with somebody else's record.
 */
static int remove_sessions(Leaving *l, Fault *f)
{
	IscsiSession *sessions;
	size_t count;
	int r = iscsi_all_sessions(l->call, l->info, &sessions, &count, f);

	for (size_t i = 0; r == 0 && i < count; i++)
		if (l->leave->made || iscsi_record_is_ours(l->call, &sessions[i].target))
			r = iscsi_session_close(l->call, &sessions[i], f);
	return r;
}

/* A crash between record and login leaves a record, which no session shows. */
static int remove_records(Leaving *l, Fault *f)
{
	IscsiSession *sessions;
	size_t count;
	int r = iscsi_all_sessions(l->call, l->info, &sessions, &count, f);

	for (size_t i = 0; r == 0 && i < l->info->target_count; i++) {
		bool used = false;

		for (size_t s = 0; s < count; s++)
			used = used || iscsi_same_portal(&sessions[s].target, &l->info->targets[i]);
		if (!used)
			r = iscsi_record_delete(l->call, &l->info->targets[i], f);
	}
	return r;
}

static int leave_all(Leaving *l, Fault *f)
{
	int forgotten, r = look_up(l, f);

	if (r == 0 && (l->count || l->map) && !iscsi_is_others(l->call, l->wwid))
		r = take_away(l, f);
	if (r == 0 && !l->leave->keep) {
		r = remove_sessions(l, f);
		if (r == 0)
			r = remove_records(l, f);
	}
	/* Last: by now multipathd has mostly done it by itself. */
	forgotten = iscsi_map_forget_paths(l->call, l->devices, l->gone, r ? NULL : f);
	iscsi_marks_clean(l->call, l->info);
	return r ? r : forgotten;
}

int iscsi_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave, Fault *f)
{
	Leaving l = {.call = call, .info = info, .leave = leave};
	Fault untidy = {0};
	int cleaned = iscsi_loan_clean(call, info, &untidy); /* whatever becomes of the volume */
	int r = leave_all(&l, f);

	if (r == 0 && cleaned)
		r = fault(f, cleaned, "%s", untidy.text);
	if (r > 0 && leave->force)
		r = fault(f, -EBUSY, "%s", call->why);
	if (r == 0 && l.lost.length)
		call->why = arena_printf(call->arena, "data may be lost: %s", buf_text(&l.lost));
	buf_done(&l.lost);
	return r;
}
