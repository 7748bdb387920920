/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Device mapper maps, by what sysfs says of them: names are reused at once, uuids are not.
 */
#include "base/str.h"
#include "host/host.h"

const char *host_map_uuid(const Host *host, Arena *arena, const char *name)
{
	return host_peek(host, arena, "/sys/block/%s/dm/uuid", name);
}

const char *host_map_name(const Host *host, Arena *arena, const char *name)
{
	return host_peek(host, arena, "/sys/block/%s/dm/name", name);
}

bool host_map_suspended(const Host *host, Arena *arena, const char *name)
{
	return str_eq(host_peek(host, arena, "/sys/block/%s/dm/suspended", name), "1");
}

const char *host_map_find(const Host *host, Arena *arena, const char *uuid)
{
	static const char prefix[] = "/sys/block/";
	const char **maps;
	size_t count;

	if (host_glob(host, arena, "/sys/block/dm-*", &maps, &count, NULL))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *name = maps[i] + strlen(prefix);

		if (str_eq(host_map_uuid(host, arena, name), uuid))
			return name;
	}
	return NULL;
}
