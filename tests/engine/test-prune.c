/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Old deleted servers are forgotten with their actions; the others are not, and none is looked at
 * that need not go.
 */
#include "base/clock.h"
#include "base/str.h"
#include "service/server.h"
#include "tests/engine/house.h"
#include "tests/lib/test.h"

#define HOUR_US INT64_C(3600000000)

static void make_and_delete(House *h)
{
	assert_int_equal(house_create_server(h), 0);
	house_settle(h);
	assert_int_equal(house_delete_server(h), 0);
	house_settle(h);
}

static bool prune_before(House *h, int64_t before_us)
{
	ServerPrune old = {.before_us = before_us};
	Fault f = {0};

	assert_int_equal(store_write(h->store, server_prune, &old, &f), 0);
	return old.more;
}

static int64_t servers(House *h)
{
	return house_count(h, "SELECT COUNT(*) FROM servers");
}

static int64_t actions(House *h)
{
	return house_count(h, "SELECT COUNT(*) FROM instance_actions");
}

TEST(old_deleted_servers_go_with_their_actions)
{
	House h = {0};

	house_make(&h);
	house_enter(&h);
	make_and_delete(&h);
	assert_int_equal(house_create_server(&h), 0);
	house_settle(&h);
	assert_int_equal(servers(&h), 2);
	assert_int_equal(actions(&h), 3);
	assert_false(prune_before(&h, clock_now_us() - HOUR_US));
	assert_int_equal(servers(&h), 2);
	assert_false(prune_before(&h, clock_now_us() + HOUR_US));
	assert_int_equal(servers(&h), 1); /* the one that lives */
	assert_int_equal(actions(&h), 1);
	house_check(&h);
	house_leave(&h);
	house_remove(&h);
}

/* As many deleted servers as a batch holds, and one more. */
static int crowd_work(Tx *tx, void *ctx, Fault *f)
{
	House *h = ctx;

	for (int i = 0; i <= SERVER_PRUNE_BATCH; i++) {
		Server server = {
			.id = arena_printf(h->arena, "s%d", i),
			.project_id = "p",
			.vm_state = VM_DELETED,
			.created_us = 1,
			.terminated_us = 1 + i,
		};
		int r = server_insert(tx, &server, f);

		if (r)
			return fault_unexpected(f, r);
	}
	return 0;
}

TEST(a_batch_at_a_time_oldest_first)
{
	House h = {0};
	Fault f = {0};

	house_make(&h);
	house_enter(&h);
	assert_int_equal(store_write(h.store, crowd_work, &h, &f), 0);
	assert_true(prune_before(&h, HOUR_US));
	assert_int_equal(servers(&h), 1);
	assert_int_equal(house_count(&h, "SELECT terminated_us FROM servers"),
			 1 + SERVER_PRUNE_BATCH);
	assert_false(prune_before(&h, HOUR_US));
	assert_int_equal(servers(&h), 0);
	house_leave(&h);
	house_remove(&h);
}

/* An action of a server that is long gone, and one of a server that is not known; of two events. */
static int events_work(Tx *tx, void *ctx, Fault *f)
{
	House *h = ctx;
	const Server server = {
		.id = "old", .project_id = "p", .vm_state = VM_DELETED, .terminated_us = 1};
	const InstanceAction rows[] = {
		{.id = "a", .server_id = "old", .event = "first", .event_started_us = 1},
		{.id = "b", .server_id = "other", .event = "first", .event_started_us = 1},
	};
	int r = server_insert(tx, &server, f);

	for (size_t i = 0; !r && i < ARRAY_SIZE(rows); i++) {
		r = instance_action_insert(tx, &rows[i], f);
		if (!r)
			r = action_event_next(tx, h->arena, rows[i].id, "second", f);
		if (!r)
			r = action_event_next(tx, h->arena, rows[i].id, "third", f);
	}
	if (!r)
		r = action_event_next(tx, h->arena, "an action that is gone", "second", f);
	return fault_unexpected(f, r);
}

static int before_work(Tx *tx, void *ctx, Fault *f)
{
	House *h = ctx;
	InstanceAction *action;
	ActionEvent **before;
	size_t count;
	int r = action_events_before(tx, h->arena, "b", &before, &count, f);

	if (r)
		return fault_unexpected(f, r);
	r = instance_action_get(tx, h->arena, "b", &action, f);
	if (r)
		return fault_unexpected(f, r);
	assert_int_equal(count, 2);
	assert_string_equal(before[0]->id, "b/00");
	assert_string_equal(before[0]->event, "first");
	assert_int_equal(before[0]->started_us, 1);
	assert_string_equal(before[1]->event, "second");
	assert_int_equal(before[1]->started_us, before[0]->finished_us);
	assert_string_equal(action->event, "third");
	assert_int_equal(action->event_started_us, before[1]->finished_us);
	assert_int_equal(action->event_finished_us, 0);
	return 0;
}

TEST(events_follow_each_other_and_go_with_their_action)
{
	House h = {0};
	Fault f = {0};

	house_make(&h);
	house_enter(&h);
	assert_int_equal(store_write(h.store, events_work, &h, &f), 0);
	assert_int_equal(store_read(h.store, before_work, &h, &f), 0);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM action_events"), 4);
	assert_false(prune_before(&h, HOUR_US));
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM action_events"), 2);
	house_leave(&h);
	house_remove(&h);
}

static int note_plan(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	bool *by_index = ctx;

	if (strstr(store_row_text(row, 3), "servers_deleted"))
		*by_index = true;
	return 0;
}

static int plan_work(Tx *tx, void *ctx, Fault *f)
{
	return store_query(tx,
			   "EXPLAIN QUERY PLAN SELECT id FROM servers WHERE vm_state = 'deleted' "
			   "AND terminated_us < 5 ORDER BY terminated_us LIMIT 100",
			   STORE_NO_VALUES, note_plan, ctx, f);
}

TEST(old_servers_are_found_by_index)
{
	House h = {0};
	Fault f = {0};
	bool by_index = false;

	house_make(&h);
	house_enter(&h);
	assert_int_equal(store_read(h.store, plan_work, &by_index, &f), 0);
	assert_true(by_index);
	house_leave(&h);
	house_remove(&h);
}
