/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What this host has: programs where child processes look for them, and modules.
 */
#include "base/str.h"
#include "host/host.h"
#include "run/run.h"

enum { MODPROBE_MS = 30 * 1000 };

bool host_has_program(const Host *host, const char *name)
{
	/* The PATH that room run gives to children. */
	static const char *const folders[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (access(host_path(host, arena, "%s/%s", folders[i], name), X_OK) == 0)
			return true;
	return false;
}

/* As sysfs spells it. */
static const char *module_name(Arena *arena, const char *name)
{
	char *spelt = arena_strdup(arena, name);

	for (char *p = spelt; *p; p++)
		if (*p == '-')
			*p = '_';
	return spelt;
}

int host_need_module(const Host *host, Arena *arena, const char *name, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const char *loaded = host_path(host, arena, "/sys/module/%s", module_name(arena, name));
	const RunSpec spec = {
		.argv = RUN_ARGV("modprobe", "-q", name),
		.timeout_ms = MODPROBE_MS,
	};
	int r;

	if (access(loaded, F_OK) == 0)
		return 0;
	if (!host_has_program(host, "modprobe"))
		return HOST_NONE;
	r = run_command(&spec, &result, f);
	if (r)
		return fault_unexpected(f, r);
	return result.status == 0 ? 0 : HOST_NONE; /* one that is built in is 0 as well */
}
