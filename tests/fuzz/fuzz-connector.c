/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any text as a connector: read or refused with a sentence; what is kept reads as itself again, and
 * the key of its shared connections can be made.
 */
#include "base/str.h"
#include "service/connector.h"
#include "service/shared.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char info[] = "{\"driver_volume_type\":\"iscsi\",\"target_iqn\":\"t\"}";
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Work work = {.arena = arena};
	Connector first, again;

	if (connector_read(&work, arena_strndup(arena, (const char *)data, size), &first)) {
		if (str_empty(work.refused.value))
			abort();
		return 0;
	}
	if (connector_read(&work, first.json, &again) || !str_eq(first.json, again.json) ||
	    !str_eq(first.host, again.host) || first.mode != again.mode)
		abort();
	if (json_parse(arena, info, strlen(info), &doc, NULL))
		abort();
	(void)shared_connection_key(arena, doc, &first); /* may be NULL */
	return 0;
}
