/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How much room there is, and whether the group or the pool can be used at all: backend_open() asks
 * first of all.
 */
#include <errno.h>

#include "backend/lvm/priv.h"
#include "base/str.h"

enum { GROUP_SIZE, GROUP_FREE, GROUP_EXTENT, _GROUP_FIELDS };
static const char *const group_fields[] = {
	[GROUP_SIZE] = "vg_size",
	[GROUP_FREE] = "vg_free",
	[GROUP_EXTENT] = "vg_extent_size",
};

enum { POOL_SIZE, POOL_DATA, POOL_TYPE, POOL_ZERO, _POOL_FIELDS };
static const char *const pool_fields[] = {
	[POOL_SIZE] = "lv_size",
	[POOL_DATA] = "data_percent",
	[POOL_TYPE] = "segtype",
	[POOL_ZERO] = "zero",
};

static int look_at_group(const Lvm *lvm, int64_t *ret_total, int64_t *ret_free, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *values[_GROUP_FIELDS];
	int64_t extent = 0;
	int r = lvm_report(RUN_ARGV("vgs", "--reportformat", "json", "--units", "b", "--nosuffix",
				    "--options", "vg_size,vg_free,vg_extent_size", lvm->group),
			   "vg", group_fields, _GROUP_FIELDS, arena, values, f);

	if (r)
		return r;
	if (!values[0] || !str_parse_i64(values[GROUP_SIZE], ret_total) ||
	    !str_parse_i64(values[GROUP_FREE], ret_free) ||
	    !str_parse_i64(values[GROUP_EXTENT], &extent))
		return fault(f, -EBADMSG, "vgs says nothing of use about %s", lvm->group);
	if (extent <= 0 || GIB % extent)
		return fault(f, -EINVAL,
			     "extents of volume group %s do not add up to one GiB: volumes would "
			     "not have their sizes",
			     lvm->group);
	return 0;
}

/* "12.34" of a hundred. */
static bool parse_percent(const char *text, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(text, &end);
	return end != text && *end == '\0' && errno == 0 && *ret >= 0 && *ret <= 100;
}

static int look_at_pool(const Lvm *lvm, int64_t *ret_total, int64_t *ret_free, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *values[_POOL_FIELDS];
	const char *which = arena_printf(arena, "lv_name=%s", lvm->pool);
	double used = 0;
	int r = lvm_report(RUN_ARGV("lvs", "--reportformat", "json", "--units", "b", "--nosuffix",
				    "--options", "lv_size,data_percent,segtype,zero", "--select",
				    which, lvm->group),
			   "lv", pool_fields, _POOL_FIELDS, arena, values, f);

	if (r)
		return r;
	if (!values[0] || !str_eq(values[POOL_TYPE], "thin-pool"))
		return fault(f, -ENODEV, "%s/%s is no thin pool", lvm->group, lvm->pool);
	if (!str_eq(values[POOL_ZERO], "zero"))
		return fault(f, -EINVAL,
			     "thin pool %s/%s does not zero what it hands out: say lvchange "
			     "--zero y first",
			     lvm->group, lvm->pool);
	if (!str_parse_i64(values[POOL_SIZE], ret_total) ||
	    !parse_percent(values[POOL_DATA], &used))
		return fault(f, -EBADMSG, "lvs says nothing of use about %s/%s", lvm->group,
			     lvm->pool);
	*ret_free = *ret_total - (int64_t)((double)*ret_total * used / 100);
	return 0;
}

int lvm_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	const Lvm *lvm = self;
	int r = look_at_group(lvm, ret_total_bytes, ret_free_bytes, f);

	return r || !lvm->pool ? r : look_at_pool(lvm, ret_total_bytes, ret_free_bytes, f);
}
