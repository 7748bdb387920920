/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Threads: volumes of one target appear at the same time, two calls for one volume do not, and who
 * wants a target alone is not starved. Holds H-22 (under load) and H-32.
 */
#include "local/test-fake.h"

enum { VOLUMES = 50 };

typedef struct Job {
	Place place; /* a work of its own */
	pthread_t thread;
	char dev[8];
	int result;
} Job;

static void start(Job *job, const Place *place, unsigned number, void *(*run)(void *))
{
	job->place = (Place){.tree = NEW(Tree), .local = place->local};
	*job->place.tree = *place->tree;
	job->place.tree->arena = arena_new();
	job->place.tree->host.root = job->place.tree->root;
	(void)snprintf(job->dev, sizeof(job->dev), "sd%u", number % 1000);
	assert_int_equal(pthread_create(&job->thread, NULL, run, job), 0);
}

static void join_job(Job *job)
{
	assert_int_equal(pthread_join(job->thread, NULL), 0);
	job->place.work = local_end(job->place.work);
	arena_free(job->place.tree->arena);
	free(job->place.tree);
	assert_int_equal(job->result, 0);
}

static void *attach_one(void *ctx)
{
	Job *job = ctx;
	LocalRecord record;
	ConnectorDisk disk;

	job->result = place_attach(&job->place, "t1", job->dev, "", &record, &disk);
	return NULL;
}

static void *detach_one(void *ctx)
{
	Job *job = ctx;
	LocalWork *work = place_begin(&job->place, job->dev);
	LocalRecord **records;
	size_t count = 0;

	job->result = local_find(work, NULL, &records, &count, NULL);
	if (job->result == 0 && count == 1)
		job->result = local_disconnect(work, records[0], false, NULL);
	if (job->result == 0 && count == 1)
		job->result = local_forget(work, records[0], NULL);
	return NULL;
}

/* connect() of the fake waits until all of them are in it: one after the other would never end. */
TEST(h32_volumes_of_one_target_appear_at_the_same_time)
{
	_cleanup_(place_done) Place place = place_make();
	pthread_barrier_t barrier;
	LocalRecord **records;
	Job jobs[VOLUMES];

	assert_int_equal(pthread_barrier_init(&barrier, NULL, VOLUMES), 0);
	fake_barrier = &barrier;
	for (unsigned i = 0; i < VOLUMES; i++)
		start(&jobs[i], &place, i, attach_one);
	for (unsigned i = 0; i < VOLUMES; i++)
		join_job(&jobs[i]);
	fake_barrier = NULL;
	(void)pthread_barrier_destroy(&barrier);
	assert_int_equal(place_records(&place, &records), VOLUMES);

	for (unsigned i = 0; i < VOLUMES; i++)
		start(&jobs[i], &place, i, detach_one);
	for (unsigned i = 0; i < VOLUMES; i++)
		join_job(&jobs[i]);
	assert_int_equal(place_records(&place, &records), 0);
	assert_false(place_has(&place, "/world/session-t1"));
}

static void *cycle_one(void *ctx)
{
	Job *job = ctx;

	for (int i = 0; i < 20 && job->result == 0; i++) {
		(void)attach_one(job);
		if (job->result == 0)
			(void)detach_one(job);
	}
	return NULL;
}

/* Each fake connect() asserts that the session is there. */
TEST(h22_no_session_goes_while_others_come)
{
	_cleanup_(place_done) Place place = place_make();
	LocalRecord **records;
	Job jobs[4];

	for (unsigned i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i].result = 0;
		start(&jobs[i], &place, i, cycle_one);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(jobs); i++)
		join_job(&jobs[i]);
	assert_int_equal(place_records(&place, &records), 0);
	assert_false(place_has(&place, "/world/session-t1"));
}

TEST(two_calls_for_one_volume_wait_for_each_other_or_give_up)
{
	_cleanup_(place_done) Place place = place_make();
	LocalWork *work = place_begin(&place, "sda"), *other = NULL;

	assert_int_equal(local_begin(place.local, place.tree->arena, work->volume_id,
				     clock_mono_ms(), &other, NULL),
			 LOCAL_WORKING);
	place.work = local_end(place.work);
	assert_int_equal(local_begin(place.local, place.tree->arena, "v-sda", soon(), &other, NULL),
			 0);
	local_end(other);
}
