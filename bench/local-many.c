/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes of one target attached at the same time, through the records and locks of a host. The
 * connector takes a known time for a login and for each volume, so that all the rest is ours:
 *
 *     bench-local-many DIR COUNT      one, then so many: "one_ms N" and "many_ms N"
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "local/local.h"

enum { LOGIN_MS = 100, APPEAR_MS = 400, LONGEST_MS = 120 * 1000 };

static atomic_bool joined;

static int slow_parse(ConnectorCall *call, const char *info, void **ret, Fault *f _unused_)
{
	*ret = arena_strdup(call->arena, info);
	return 0;
}

static const char *slow_target(ConnectorCall *call _unused_, const void *info _unused_)
{
	return "slow:target";
}

static bool slow_multipath(const Host *host _unused_)
{
	return false;
}

static int slow_shared(ConnectorCall *call _unused_, const void *info _unused_, bool *ret,
		       Fault *f _unused_)
{
	*ret = joined;
	return 0;
}

static int slow_join(ConnectorCall *call _unused_, const void *info _unused_,
		     const ConnectorWish *wish _unused_, Fault *f _unused_)
{
	if (!joined)
		clock_sleep_ms(LOGIN_MS);
	joined = true;
	return 0;
}

static int slow_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish _unused_,
			ConnectorDisk *ret, Fault *f _unused_)
{
	clock_sleep_ms(APPEAR_MS);
	*ret = (ConnectorDisk){
		.path = "/dev/null",
		.identity = arena_printf(call->arena, "slow:%s", (const char *)info),
		.size_bytes = 1 << 20,
		.paths = 1,
	};
	return 0;
}

static int slow_find(ConnectorCall *call, const void *info, const char *identity _unused_,
		     ConnectorDisk *ret, Fault *f)
{
	return slow_connect(call, info, NULL, ret, f);
}

static int slow_disconnect(ConnectorCall *call _unused_, const void *info _unused_,
			   const ConnectorLeave *leave _unused_, Fault *f _unused_)
{
	return 0;
}

static int slow_extend(ConnectorCall *call _unused_, const void *info _unused_,
		       const char *identity _unused_, int64_t size_bytes, int64_t *ret,
		       Fault *f _unused_)
{
	*ret = size_bytes;
	return 0;
}

static const ConnectorDriver slow = {
	.name = "slow",
	.size = sizeof(ConnectorDriver),
	.types = (const char *const[]){"slow", NULL},
	.parse = slow_parse,
	.target = slow_target,
	.multipath = slow_multipath,
	.shared = slow_shared,
	.join = slow_join,
	.connect = slow_connect,
	.find = slow_find,
	.disconnect = slow_disconnect,
	.extend = slow_extend,
};
static const ConnectorDriver *const drivers[] = {&slow, NULL};

typedef struct Job {
	Local *local;
	pthread_t thread;
	int number;
	int result;
} Job;

static void *attach(void *ctx)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(local_endp) LocalWork *work = NULL;
	Job *job = ctx;
	LocalRecord record = {.endpoint = "bench", .connector = "{}", .mode = "rw"};
	ConnectorDisk disk;
	char id[UUID_TEXT];
	LocalOffer offer = {
		.info = arena_printf(arena, "{\"driver_volume_type\":\"slow\",\"lun\":%d}",
				     job->number),
	};
	Fault f = {0};

	uuid_new(id);
	offer.attachment_id = id;
	job->result = local_begin(job->local, arena, arena_printf(arena, "volume-%d", job->number),
				  clock_mono_ms() + LONGEST_MS, &work, &f);
	if (job->result == 0)
		job->result = local_reserve(work, &record, &f);
	if (job->result == 0)
		job->result = local_connect(work, &record, &offer, &disk, &f);
	if (job->result)
		fprintf(stderr, "volume %d: %d %s\n", job->number, job->result, f.text);
	return NULL;
}

static int64_t took_ms(Local *local, int count)
{
	Job *jobs = mem_new((size_t)count * sizeof(Job));
	int64_t began = clock_mono_ms(), took;
	int failed = 0;

	for (int i = 0; i < count; i++) {
		jobs[i] = (Job){.local = local, .number = i};
		failed += pthread_create(&jobs[i].thread, NULL, attach, &jobs[i]) != 0;
	}
	for (int i = 0; i < count; i++) {
		failed += pthread_join(jobs[i].thread, NULL) != 0;
		failed += jobs[i].result != 0;
	}
	took = clock_mono_ms() - began;
	free(jobs);
	return failed ? -1 : took;
}

/* In a directory of its own, as if the target had not been joined. */
static int64_t measure(const char *dir, const char *name, int count)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(local_closep) Local *local = NULL;
	const Host host = {.root = ""};
	const LocalConfig config = {
		.state_dir = arena_printf(arena, "%s/%s", dir, name),
		.link_dir = arena_printf(arena, "%s/%s.links", dir, name),
		.mount_dir = dir,
		.host = &host,
		.drivers = drivers,
	};
	Fault f = {0};

	joined = false;
	if (local_open(&config, &local, &f)) {
		fprintf(stderr, "%s\n", f.text);
		return -1;
	}
	return took_ms(local, count);
}

int main(int argc, char **argv)
{
	int64_t count = 0, one, many;

	if (argc != 3 || !str_parse_i64(argv[2], &count) || count < 1 || count > 1000) {
		fprintf(stderr, "usage: bench-local-many DIR COUNT\n");
		return 2;
	}
	one = measure(argv[1], "one", 1);
	many = measure(argv[1], "many", (int)count);
	if (one < 0 || many < 0)
		return 1;
	printf("one_ms %lld\nmany_ms %lld\n", (long long)one, (long long)many);
	return 0;
}
