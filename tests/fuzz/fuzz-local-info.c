/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any text as a connection_info: what is kept of it is an object without its secrets, and what the
 * local connector takes from it is a path below /dev.
 */
#include "base/str.h"
#include "connector/local/local.h"
#include "host/host.h"
#include "local/priv.h"
#include "tests/fuzz/fuzz.h"
#include "json/json.h"

static void check_stored(Arena *arena, const char *stored)
{
	static const char *const secrets[] = {"auth_password", "keyring", "secret", "data"};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	if (json_parse(arena, stored, strlen(stored), &doc, NULL) || !json_is_object(doc))
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		if (json_get_raw(arena, doc, secrets[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Host host = {.root = ""};
	ConnectorCall call = {.arena = arena, .host = &host, .mount_dir = "/mnt"};
	const char *type, *flat, *stored, *path;
	void *parsed = NULL;
	Fault f = {0};

	if (!info_flatten(arena, arena_strndup(arena, (const char *)data, size), &type, &flat,
			  &stored))
		return 0;
	check_stored(arena, stored);
	if (connector_parse(&connector_local, &call, flat, &parsed, &f)) {
		if (str_empty(call.why))
			abort();
		return 0;
	}
	path = str_after(connector_target(&connector_local, &call, parsed), "local:");
	if (!str_after(path, "/dev/") || strstr(path, "..") || strpbrk(path, " \n\t\"'\\"))
		abort();
	return 0;
}
