/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any text as a connection_info for each connector: refused with a sentence, or taken with a name
 * of what is shared that has no control character in it.
 */
#include "base/str.h"
#include "connector/fc/fc.h"
#include "connector/nfs/nfs.h"
#include "connector/nvme/nvme.h"
#include "connector/rbd/rbd.h"
#include "host/host.h"
#include "tests/fuzz/fuzz.h"

static const ConnectorDriver *const drivers[] = {
	&connector_fc,
	&connector_nfs,
	&connector_nvme,
	&connector_rbd,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size);
	const Host host = {.root = "/nowhere"};

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		ConnectorCall call = {.host = &host, .arena = arena, .mount_dir = "/mnt"};
		const char *target;
		void *info = NULL;
		Fault f = {0};
		int r = connector_parse(drivers[i], &call, text, &info, &f);

		if (r < 0 || (r == 0) != (info != NULL))
			abort();
		if (r)
			continue;
		target = connector_target(drivers[i], &call, info);
		for (const char *p = target; *p; p++)
			if ((unsigned char)*p < ' ')
				abort();
	}
	return 0;
}
