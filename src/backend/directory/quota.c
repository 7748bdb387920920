/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See quota.h. The kernel is asked through a descriptor of the file system (quotactl_fd(2)), so no
 * device has to be known.
 */
#include "backend/directory/quota.h"

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "base/uuid.h"

enum {
	QUOTA_BLOCK = 1024,          /* what limits are counted in */
	BYTES_PER_INODE = 16 * 1024, /* as mkfs gives them to a file system of that size */
	PROJECT_TRIES = 1000,
};

static pthread_mutex_t choosing = PTHREAD_MUTEX_INITIALIZER;

static int quota_call(int directory, int call, uint32_t project, void *data)
{
	return (int)syscall(SYS_quotactl_fd, directory, (unsigned)QCMD(call, PRJQUOTA), project,
			    data);
}

bool quota_works(int directory)
{
	struct fs_quota_statv state = {.qs_version = FS_QSTATV_VERSION1};
	struct fsxattr attributes;

	return ioctl(directory, FS_IOC_FSGETXATTR, &attributes) == 0 &&
	       quota_call(directory, Q_XGETQSTATV, 0, &state) == 0 &&
	       (state.qs_flags & FS_QUOTA_PDQ_ENFD);
}

static int set_limit(int directory, uint32_t project, int64_t size_bytes, Fault *f)
{
	struct if_dqblk limits = {
		.dqb_bhardlimit = (uint64_t)size_bytes / QUOTA_BLOCK,
		.dqb_ihardlimit = (uint64_t)size_bytes / BYTES_PER_INODE,
		.dqb_valid = QIF_LIMITS,
	};

	if (quota_call(directory, Q_SETQUOTA, project, &limits))
		return fault(f, -errno, "set a quota: %s", strerror(errno));
	return 0;
}

static bool is_free(int directory, uint32_t project)
{
	struct if_dqblk block = {0};

	if (quota_call(directory, Q_GETQUOTA, project, &block))
		return errno == ESRCH || errno == ENOENT;
	return !block.dqb_curspace && !block.dqb_curinodes && !block.dqb_bhardlimit &&
	       !block.dqb_bsoftlimit && !block.dqb_ihardlimit;
}

/* A number that nobody uses, with its limit set: that reserves it. */
static int choose_project(int directory, const char *id, int64_t size_bytes, uint32_t *ret,
			  Fault *f)
{
	char text[UUID_TEXT + 16], hashed[UUID_TEXT];

	for (unsigned i = 0; i < PROJECT_TRIES; i++) {
		uint32_t project;

		(void)snprintf(text, sizeof(text), "%s %u", id, i); /* fits: an id */
		uuid_of_text(text, hashed);
		/* Small numbers are what administrators use. */
		project = (uint32_t)strtoul(hashed, NULL, 16) | 1U << 30;
		if (project == UINT32_MAX || !is_free(directory, project))
			continue;
		*ret = project;
		return set_limit(directory, project, size_bytes, f);
	}
	return fault(f, -EBUSY, "no free project number");
}

int quota_begin(int directory, const char *id, int64_t size_bytes, Fault *f)
{
	struct fsxattr attributes;
	uint32_t project = 0;
	int r;

	(void)pthread_mutex_lock(&choosing);
	r = choose_project(directory, id, size_bytes, &project, f);
	(void)pthread_mutex_unlock(&choosing);
	if (r)
		return r;
	if (ioctl(directory, FS_IOC_FSGETXATTR, &attributes))
		return fault(f, -errno, "look at a directory's project: %s", strerror(errno));
	attributes.fsx_projid = project;
	attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(directory, FS_IOC_FSSETXATTR, &attributes))
		return fault(f, -errno, "set a directory's project: %s", strerror(errno));
	return 0;
}

int quota_project(int directory, uint32_t *ret, Fault *f)
{
	struct fsxattr attributes;

	*ret = 0;
	if (ioctl(directory, FS_IOC_FSGETXATTR, &attributes) == 0)
		*ret = attributes.fsx_xflags & FS_XFLAG_PROJINHERIT ? attributes.fsx_projid : 0;
	else if (errno != ENOTTY && errno != EOPNOTSUPP)
		return fault(f, -errno, "look at a directory's project: %s", strerror(errno));
	return 0;
}

int quota_resize(int directory, int64_t size_bytes, Fault *f)
{
	uint32_t project;
	int r = quota_project(directory, &project, f);

	return r ? r : set_limit(directory, project, size_bytes, f);
}

int quota_used(int directory, int64_t *ret_bytes, Fault *f)
{
	struct if_dqblk block = {0};
	uint32_t project;
	int r = quota_project(directory, &project, f);

	if (r)
		return r;
	if (quota_call(directory, Q_GETQUOTA, project, &block))
		return fault(f, -errno, "look at a quota: %s", strerror(errno));
	*ret_bytes = (int64_t)block.dqb_curspace;
	return 0;
}

int quota_end(int directory, uint32_t project, Fault *f)
{
	return project ? set_limit(directory, project, 0, f) : 0;
}
