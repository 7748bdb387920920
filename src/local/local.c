/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The open directory, the lock on a volume, and looking for records.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/durable.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "local/priv.h"

Local *local_close(Local *local)
{
	if (!local)
		return NULL;
	closep(&local->records);
	closep(&local->locks);
	closep(&local->targets);
	free(local->state_dir);
	free(local->link_dir);
	free(local->mount_dir);
	free(local->boot_id);
	free(local);
	return NULL;
}

static int open_part(int dir, const char *name, int *ret_fd, Fault *f)
{
	if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", name, strerror(errno));
	*ret_fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret_fd < 0 ? fault(f, -errno, "open %s: %s", name, strerror(errno)) : 0;
}

static int open_parts(Local *local, Fault *f)
{
	_cleanup_(closep) int dir = -1;
	int r;

	r = durable_directory(local->state_dir, 0700, f);
	if (r)
		return r;
	dir = open(local->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fault(f, -errno, "open %s: %s", local->state_dir, strerror(errno));
	r = open_part(dir, "records", &local->records, f);
	if (r == 0)
		r = open_part(dir, "locks", &local->locks, f);
	if (r == 0)
		r = open_part(dir, "targets", &local->targets, f);
	if (r == 0 && fsync(dir) < 0)
		r = fault(f, -errno, "flush of %s: %s", local->state_dir, strerror(errno));
	return r;
}

static int read_boot_id(Local *local, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *id = host_peek(local->host, arena, "/proc/sys/kernel/random/boot_id");

	if (str_empty(id))
		return fault(f, -EIO, "the kernel does not name this boot");
	local->boot_id = mem_strdup(id);
	return 0;
}

int local_open(const LocalConfig *config, Local **ret, Fault *f)
{
	_cleanup_(local_closep) Local *local = NEW(Local);
	int r;

	assert(config->state_dir[0] == '/' && config->link_dir[0] == '/');
	assert(config->mount_dir[0] == '/');
	*local = (Local){
		.state_dir = mem_strdup(config->state_dir),
		.link_dir = mem_strdup(config->link_dir),
		.mount_dir = mem_strdup(config->mount_dir),
		.host = config->host,
		.drivers = config->drivers,
		.records = -1,
		.locks = -1,
		.targets = -1,
	};
	r = read_boot_id(local, f);
	if (r == 0)
		r = open_parts(local, f);
	if (r == 0)
		r = record_sweep(local, f);
	if (r)
		return r;
	*ret = TAKE(local);
	return 0;
}

int local_list(Local *local, Arena *arena, LocalRecord ***ret, size_t *ret_count, Fault *f)
{
	return record_list(local, arena, ret, ret_count, f);
}

int local_begin(Local *local, Arena *arena, const char *volume_id, int64_t deadline_ms,
		LocalWork **ret, Fault *f)
{
	LocalWork *work;
	Lock lock;
	int r;

	r = lock_take(local, LOCK_VOLUME, volume_id, deadline_ms, &lock, f);
	if (r)
		return r;
	work = NEW(LocalWork);
	*work = (LocalWork){
		.local = local,
		.arena = arena,
		.volume_id = arena_strdup(arena, volume_id),
		.deadline_ms = deadline_ms,
		.lock = lock.fd,
	};
	*ret = work;
	return 0;
}

LocalWork *local_end(LocalWork *work)
{
	if (!work)
		return NULL;
	lock_drop(work->local, LOCK_VOLUME, work->volume_id, &(Lock){.fd = work->lock, .gate = -1});
	free(work);
	return NULL;
}

int local_find(LocalWork *work, const char *attachment_id, LocalRecord ***ret, size_t *ret_count,
	       Fault *f)
{
	LocalRecord **records;
	size_t count, kept = 0;
	int r;

	r = record_list(work->local, work->arena, &records, &count, f);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++)
		if (str_eq(records[i]->volume_id, work->volume_id) &&
		    (!attachment_id || str_eq(records[i]->attachment_id, attachment_id)))
			records[kept++] = records[i];
	*ret = records;
	*ret_count = kept;
	return 0;
}

int local_reserve(LocalWork *work, LocalRecord *record, Fault *f)
{
	char id[UUID_TEXT];
	int r = local_check_machine(work, f);

	if (r)
		return r;
	uuid_new(id);
	record->id = arena_strdup(work->arena, id);
	record->volume_id = work->volume_id;
	record->boot_id = work->local->boot_id;
	record->attachment_id = NULL;
	r = record_add(work->local, record, work->deadline_ms, f);
	if (r == LOCAL_WORKING)
		work->why = "records are being looked through";
	return r;
}
