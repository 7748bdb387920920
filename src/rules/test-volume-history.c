/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Thousands of random histories of a volume and its attachments, moved as use cases move them, each
 * step held against the invariants of volume-status.h. The histories are the same in every run;
 * HISTORY=N runs the N-th alone and tells its steps.
 */
#include "rules/attachment-status.h"
#include "rules/volume-status.h"

#include "tests/lib/test.h"

enum { HISTORIES = 20000, STEPS = 80, ATTACHMENTS_MAX = 6, INSTANCES = 4 };

typedef struct World {
	uint64_t random;
	Volume volume;
	bool held;
	AttachStatus statuses[ATTACHMENTS_MAX];
	unsigned instances[ATTACHMENTS_MAX];
	size_t count;
	bool gone;
} World;

static unsigned draw(World *w, unsigned limit)
{
	w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(w->random >> 33) % limit;
}

static void settle(World *w)
{
	w->volume.status =
		(int)volume_status_of((VolumeStatus)w->volume.status, w->statuses, w->count);
	w->held = false;
}

/* As service/volume-settle.c does it. 0 or a refusal. */
static int move(World *w, VolumeEvent event)
{
	VolumeStatus status;
	int r = volume_status_move(&w->volume, event, &status);

	if (r || status == (VolumeStatus)w->volume.status)
		return r;
	w->volume.status = (int)status;
	w->held = false;
	if (volume_event_settles(event))
		settle(w);
	return 0;
}

static void hold(World *w, VolumeEvent event)
{
	if (!move(w, event))
		w->held = true;
}

static void add(World *w, AttachStatus status, unsigned instance)
{
	assert_true(w->count < ATTACHMENTS_MAX);
	w->statuses[w->count] = status;
	w->instances[w->count++] = instance;
}

static void drop(World *w, size_t i)
{
	w->count--;
	w->statuses[i] = w->statuses[w->count];
	w->instances[i] = w->instances[w->count];
	settle(w);
}

static bool has(const World *w, AttachStatus status)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->statuses[i] == status)
			return true;
	return false;
}

/* Steps: what clients, guests and hosts do. ------------------------------------------------------
 */

/* A server's second attachment is let in beside its first. */
static bool is_second(const World *w, unsigned instance)
{
	if (w->volume.status != VOLUME_IN_USE && w->volume.status != VOLUME_RESERVED)
		return false;
	for (size_t i = 0; i < w->count; i++)
		if (w->instances[i] == instance)
			return true;
	return false;
}

static void step_reserve(World *w)
{
	unsigned instance = draw(w, INSTANCES);

	if (w->count < ATTACHMENTS_MAX &&
	    (!move(w, VOLUME_EVENT_RESERVE) || is_second(w, instance)))
		add(w, ATTACHMENT_RESERVED, instance);
}

static void step_attach_server(World *w)
{
	if (w->count == ATTACHMENTS_MAX || move(w, VOLUME_EVENT_RESERVE))
		return;
	assert_int_equal(move(w, VOLUME_EVENT_CONNECT), 0);
	add(w, ATTACHMENT_ATTACHING, draw(w, INSTANCES));
}

static void step_legacy_attach(World *w)
{
	if (w->count == ATTACHMENTS_MAX || (w->count > 0 && !w->volume.multiattach) ||
	    move(w, VOLUME_EVENT_ATTACH))
		return;
	add(w, ATTACHMENT_ATTACHED, draw(w, INSTANCES));
}

/* Both have to allow it, or neither changes. */
static void both(World *w, AttachmentEvent event, VolumeEvent volume_event)
{
	size_t i = draw(w, ATTACHMENTS_MAX);
	AttachStatus status;

	if (i >= w->count || attachment_status_move(w->statuses[i], event, &status) ||
	    move(w, volume_event))
		return;
	w->statuses[i] = status;
}

static void step_connect(World *w)
{
	both(w, ATTACHMENT_EVENT_CONNECT, VOLUME_EVENT_CONNECT);
}

static void step_begin_detaching(World *w)
{
	both(w, ATTACHMENT_EVENT_BEGIN_DETACHING, VOLUME_EVENT_BEGIN_DETACHING);
}

/* Whoever has the volume is believed, whatever is done to it meanwhile. */
static void step_complete(World *w)
{
	size_t i = draw(w, ATTACHMENTS_MAX);
	AttachStatus status;

	if (i >= w->count ||
	    attachment_status_move(w->statuses[i], ATTACHMENT_EVENT_COMPLETE, &status))
		return;
	w->statuses[i] = status;
	assert_int_equal(move(w, VOLUME_EVENT_COMPLETE), 0);
}

static void step_attachment_turns(World *w)
{
	static const AttachmentEvent turns[] = {
		ATTACHMENT_EVENT_GIVE_BACK,         ATTACHMENT_EVENT_CONNECT_FAILED,
		ATTACHMENT_EVENT_ROLL_DETACHING,    ATTACHMENT_EVENT_DISCONNECT,
		ATTACHMENT_EVENT_DISCONNECT_FAILED, ATTACHMENT_EVENT_SHELVE,
	};
	AttachmentEvent event = turns[draw(w, ARRAY_SIZE(turns))];
	size_t i = draw(w, ATTACHMENTS_MAX);

	if (i < w->count && !attachment_status_move(w->statuses[i], event, &w->statuses[i]))
		settle(w);
}

static void step_remove(World *w)
{
	size_t i = draw(w, ATTACHMENTS_MAX);

	if (i < w->count)
		drop(w, i);
}

static void step_hold(World *w)
{
	hold(w, VOLUME_EVENT_HOLD);
}

static void step_hold_detaching(World *w)
{
	if (has(w, ATTACHMENT_ATTACHED))
		hold(w, VOLUME_EVENT_BEGIN_DETACHING);
}

static void step_unhold(World *w)
{
	assert_int_equal(move(w, draw(w, 2) ? VOLUME_EVENT_UNHOLD : VOLUME_EVENT_ROLL_DETACHING),
			 0);
}

static void step_hold_expires(World *w)
{
	if (w->held)
		settle(w);
}

static void step_begin(World *w)
{
	static const VolumeEvent begins[] = {
		VOLUME_EVENT_EXTEND,  VOLUME_EVENT_EXTEND_LIVE, VOLUME_EVENT_UPLOAD,
		VOLUME_EVENT_RETYPE,  VOLUME_EVENT_REVERT,      VOLUME_EVENT_OFFER,
		VOLUME_EVENT_REIMAGE,
	};

	(void)move(w, begins[draw(w, ARRAY_SIZE(begins))]); /* refused is fine */
}

static void step_end(World *w)
{
	static const VolumeEvent ends[] = {
		VOLUME_EVENT_MADE,          VOLUME_EVENT_EXTENDED,    VOLUME_EVENT_UPLOADED,
		VOLUME_EVENT_RETYPED,       VOLUME_EVENT_REVERTED,    VOLUME_EVENT_OFFER_END,
		VOLUME_EVENT_EXTEND_FAILED, VOLUME_EVENT_MAKE_FAILED, VOLUME_EVENT_REVERT_FAILED,
		VOLUME_EVENT_REIMAGED,
	};

	(void)move(w, ends[draw(w, ARRAY_SIZE(ends))]); /* of another beginning: refused */
}

static void step_delete(World *w)
{
	if (w->count == 0 && !move(w, VOLUME_EVENT_DELETE))
		w->gone = draw(w, 2) || move(w, VOLUME_EVENT_DELETE_FAILED);
}

typedef struct StepRow {
	const char *name;
	void (*run)(World *w);
	unsigned weight;
} StepRow;

static const StepRow steps[] = {
	{"reserve", step_reserve, 6},
	{"attach to a server", step_attach_server, 4},
	{"os-attach", step_legacy_attach, 3},
	{"connect", step_connect, 8},
	{"complete", step_complete, 8},
	{"begin detaching one", step_begin_detaching, 5},
	{"an attachment turns", step_attachment_turns, 4},
	{"remove one", step_remove, 6},
	{"os-reserve", step_hold, 3},
	{"os-begin_detaching", step_hold_detaching, 3},
	{"os-unreserve, os-roll_detaching", step_unhold, 4},
	{"a hold expires", step_hold_expires, 2},
	{"something begins", step_begin, 3},
	{"something ends", step_end, 8},
	{"delete", step_delete, 1},
};

/* Invariants, by their numbers in volume-status.h. -----------------------------------------------
 */

static void check_nothing_attached(const World *w)
{
	static const VolumeStatus free_statuses[] = {VOLUME_AVAILABLE, VOLUME_CREATING,
						     VOLUME_DELETING, VOLUME_REVERTING,
						     VOLUME_AWAITING_TRANSFER};

	for (size_t i = 0; i < ARRAY_SIZE(free_statuses); i++)
		if (w->volume.status == (int)free_statuses[i])
			assert_int_equal(w->count, 0);
}

static void check_somebody_says_so(const World *w)
{
	bool errors = has(w, ATTACHMENT_ERROR_ATTACHING) || has(w, ATTACHMENT_ERROR_DETACHING);

	if (w->volume.status == VOLUME_RESERVED)
		assert_true(has(w, ATTACHMENT_RESERVED));
	if (w->volume.status == VOLUME_ATTACHING)
		assert_true(w->held || has(w, ATTACHMENT_ATTACHING));
	if (w->volume.status == VOLUME_IN_USE)
		assert_true(has(w, ATTACHMENT_ATTACHED) || errors);
	if (w->volume.status == VOLUME_DETACHING)
		assert_true(w->held || has(w, ATTACHMENT_DETACHING));
}

static void check_one_owner(const World *w)
{
	if (w->volume.multiattach)
		return;
	for (size_t i = 1; i < w->count; i++)
		assert_int_equal(w->instances[i], w->instances[0]);
	if (w->held && w->volume.status == VOLUME_ATTACHING)
		assert_int_equal(w->count, 0);
}

static void check_nobody_waits(const World *w)
{
	static const VolumeEvent open[] = {VOLUME_EVENT_RESERVE, VOLUME_EVENT_HOLD,
					   VOLUME_EVENT_CONNECT, VOLUME_EVENT_COMPLETE,
					   VOLUME_EVENT_BEGIN_DETACHING};
	VolumeStatus ignored;

	if (w->volume.multiattach && w->volume.status >= VOLUME_RESERVED &&
	    w->volume.status <= VOLUME_DETACHING)
		for (size_t i = 0; i < ARRAY_SIZE(open); i++)
			assert_int_equal(volume_status_move(&w->volume, open[i], &ignored), 0);
}

/* Every passing status ends when what it waits for ends: then the volume is free, or broken. */
static void check_way_out(const World *now)
{
	VolumeStatus ignored;
	static const struct {
		VolumeStatus status;
		VolumeEvent end;
	} ends[] = {
		{VOLUME_CREATING, VOLUME_EVENT_MADE},
		{VOLUME_EXTENDING, VOLUME_EVENT_EXTENDED},
		{VOLUME_UPLOADING, VOLUME_EVENT_UPLOADED},
		{VOLUME_RETYPING, VOLUME_EVENT_RETYPED},
		{VOLUME_REVERTING, VOLUME_EVENT_REVERTED},
		{VOLUME_MAINTENANCE, VOLUME_EVENT_REIMAGED},
		{VOLUME_AWAITING_TRANSFER, VOLUME_EVENT_OFFER_END},
	};
	World w = *now;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (w.volume.status == (int)ends[i].status)
			assert_int_equal(move(&w, ends[i].end), 0);
	while (w.count > 0)
		drop(&w, 0);
	step_hold_expires(&w);
	assert_int_equal(volume_status_move(&w.volume, VOLUME_EVENT_DELETE, &ignored), 0);
}

static void check(const World *w)
{
	check_nothing_attached(w);
	check_somebody_says_so(w);
	check_one_owner(w);
	check_nobody_waits(w);
	check_way_out(w);
}

static const StepRow *draw_step(World *w)
{
	unsigned total = 0, drawn;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		total += steps[i].weight;
	drawn = draw(w, total);
	for (size_t i = 0;; i++) {
		if (drawn < steps[i].weight)
			return &steps[i];
		drawn -= steps[i].weight;
	}
}

static void run_history(unsigned n, bool told, bool *seen)
{
	World w = {.random = n, .volume = {.status = VOLUME_CREATING, .multiattach = n % 2}};

	(void)draw(&w, 2); /* the first number tells too much of n */
	for (int step = 0; step < STEPS; step++) {
		const StepRow *row = draw_step(&w);

		row->run(&w);
		if (told)
			print_message("#   %s: %s, %zu attached\n", row->name,
				      enum_name(&volume_status_names, w.volume.status), w.count);
		seen[w.volume.status] = true;
		if (w.gone)
			return;
		check(&w);
	}
}

TEST(random_histories_keep_the_invariants)
{
	const char *alone = getenv("HISTORY");
	bool seen[_VOLUME_STATUS_MAX] = {false};

	if (alone) {
		run_history((unsigned)strtoul(alone, NULL, 10), true, seen);
		return;
	}
	for (unsigned n = 0; n < HISTORIES; n++) {
		print_message("# history %u\n", n);
		run_history(n, false, seen);
	}
	for (VolumeStatus status = VOLUME_CREATING; status <= VOLUME_ERROR_DELETING; status++)
		assert_true(seen[status]);
}
