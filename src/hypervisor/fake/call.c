/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is round every call: it is counted, the mischief that was asked for is done, and the lock is
 * held.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "hypervisor/fake/priv.h"

bool fake_file_exists(const char *path)
{
	return access(path, R_OK) == 0;
}

bool fake_directory_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fake_source_exists(const FakeDisk *disk)
{
	if (disk->filesystem)
		return fake_directory_exists(disk->path);
	return disk->path[0] != '/' || fake_file_exists(disk->path);
}

const char *fake_noun(const FakeDisk *disk)
{
	return disk->filesystem ? "filesystem" : "disk";
}

int fake_call_begin(FakeCall *call, void *self, const char *slot, Fault *f)
{
	Fake *fake = self;

	*call = (FakeCall){.fake = fake, .slot = slot};
	if (fake->mischief.delay_ms)
		clock_sleep_ms(fake->mischief.delay_ms);
	(void)pthread_mutex_lock(&fake->lock);
	if (++fake->calls != fake->mischief.fail_call)
		return 0;
	switch (fake->mischief.kind) {
	case MISCHIEF_FAULT:
		return fault(f, -EIO, "%s was made to fail", slot);
	case MISCHIEF_BUSY:
		return fault(f, -EBUSY, "%s was made to be busy", slot);
	case MISCHIEF_LOST_REPLY:
		call->lose_reply = true;
		return 0;
	case _MISCHIEF_KIND_MAX:
		break;
	}
	abort();
}

int fake_call_end(const FakeCall *call, int r, Fault *f)
{
	(void)pthread_mutex_unlock(&call->fake->lock);
	if (call->lose_reply && r >= 0)
		return fault(f, -EIO, "the reply of %s was made to get lost", call->slot);
	return r;
}
