/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See targets.h. The secret is made once and kept in a file of its own beside the records, which
 * its owner alone may read: whoever has it can make the secrets of all initiators.
 */
#include "daemon/targets.h"

#include <errno.h>

#include "base/secret.h"
#include "base/str.h"
#include "daemon/files.h"
#include "target/lio/lio.h"
#include "target/nvmet/nvmet.h"
#include "target/tgt/tgt.h"

enum { SECRET_BYTES = 32 };

/* The drivers that [target] driver may name. */
static const TargetDriver *const drivers[] = {&target_tgt, &target_lio, &target_nvmet};

static const TargetDriver *find_driver(const Config *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_eq(drivers[i]->name, config->target))
			return drivers[i];
	assert(false); /* the configuration was checked */
	return NULL;
}

static int read_portals(const Config *config, Arena *arena, TargetConfig *target, Fault *f)
{
	TargetPortal *portals = ARENA_ARRAY(arena, TargetPortal, TARGET_PORTALS_MAX);
	char *rest = arena_strdup(arena, config->target_portals);
	char *item;

	while ((item = strsep(&rest, ","))) {
		item = arena_stripped(arena, item);
		if (target->portal_count == TARGET_PORTALS_MAX)
			return fault(f, -EINVAL, "more than %d portals in [target]",
				     TARGET_PORTALS_MAX);
		if (!target_portal_read(item, arena, &portals[target->portal_count]))
			return fault(f, -EINVAL,
				     "%s in [target] portals is no ADDRESS:PORT or [V6]:PORT",
				     item);
		target->portal_count++;
	}
	target->portals = portals;
	return 0;
}

/* With the longest ending that a driver gives it, it has to be a name like all others. */
static int check_prefix(const TargetDriver *driver, const Config *config, Arena *arena, Fault *f)
{
	static const Volume any = {.id = "00000000-0000-0000-0000-000000000000"};
	const TargetConfig target = {.prefix = config->target_prefix};
	const char *name = target_volume_name(&target, arena, &any, "-ro");

	if (str_after(name, driver->traits.identity_prefix) && driver->traits.identity_valid(name))
		return 0;
	return fault(f, -EINVAL,
		     "prefix %s in [target] is no begin of a name: \"%s2026-11.net.example:\" "
		     "would be one",
		     config->target_prefix, driver->traits.identity_prefix);
}

static int read_secret(const Config *config, Arena *arena, const char **ret, Fault *f)
{
	const char *path = arena_printf(arena, "%s/target-secret", config->directory);
	char secret[SECRET_TEXT_MAX];
	int r;

	if (access(path, F_OK) < 0) {
		if (errno != ENOENT)
			return fault(f, -errno, "%s: %s", path, strerror(errno));
		secret_new(SECRET_BYTES, secret);
		r = files_write_private(path, secret, true, f);
		explicit_bzero(secret, sizeof(secret));
		if (r)
			return r;
	}
	r = files_check_secret(path, f);
	if (r == 0)
		r = files_read(path, arena, ret, f);
	if (r == 0 && strlen(*ret) < SECRET_BYTES)
		return fault(f, -EINVAL, "%s is cut off: attachments would get other secrets",
			     path);
	return r;
}

int targets_open(const Config *config, Arena *arena, Target **ret, Fault *f)
{
	TargetConfig *target = ARENA_NEW(arena, TargetConfig);
	const TargetDriver *driver;
	int r;

	*ret = NULL;
	if (str_eq(config->target, "none"))
		return 0;
	driver = find_driver(config);
	target->name = driver->name;
	target->prefix = config->target_prefix;
	target->control = config->target_control;
	target->configfs = "/sys/kernel/config";
	target->chap = config->target_chap;
	r = read_portals(config, arena, target, f);
	if (r == 0)
		r = check_prefix(driver, config, arena, f);
	if (r == 0)
		r = read_secret(config, arena, &target->secret, f);
	return r ? r : target_open(driver, target, ret, f);
}
