/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any text as a connection_info: a disk's source that is whole, or a sentence; and settings within
 * their bounds.
 */
#include "base/str.h"
#include "engine/connection.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *info = arena_strndup(arena, (const char *)data, size);
	ConnectionSource source;
	DiskTune tune;
	Fault f = {0};

	connection_tune(arena, info, &tune);
	if (tune.cache >= _DISK_CACHE_MAX || tune.io >= _DISK_IO_MAX)
		abort();
	for (int i = 0; i < _DISK_LIMIT_MAX; i++)
		if (tune.limits[i] < 0)
			abort();
	if (connection_source(arena, info, &source, &f)) {
		if (str_empty(f.text))
			abort();
		return 0;
	}
	if (!source.path == !source.network)
		abort();
	if (source.path && source.path[0] != '/')
		abort();
	if (source.network && (!source.network->name || source.network->host_count == 0))
		abort();
	return 0;
}
