/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any text as a connection_info of iSCSI: refused with a sentence, or targets whose names and
 * portals may stand in arguments and paths.
 */
#include "base/str.h"
#include "connector/iscsi/priv.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
	if (str_empty(text) || text[0] == '-' || strstr(text, "..") ||
	    strpbrk(text, " /\n\\'\"$;*"))
		abort();
}

/* They become lines of a file. */
static void check_chap(const IscsiChap *chap)
{
	if (chap->username && (str_empty(chap->password) || strpbrk(chap->username, "\r\n") ||
			       strpbrk(chap->password, "\r\n")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = {.arena = arena};
	const char *address;
	void *parsed = NULL;
	const IscsiInfo *info;
	Fault f = {0};
	int port;

	if (iscsi_parse(&call, arena_strndup(arena, (const char *)data, size), &parsed, &f)) {
		if (str_empty(call.why))
			abort();
		return 0;
	}
	info = parsed;
	if (info->target_count < 1 || info->target_count > ISCSI_TARGET_MAX)
		abort();
	for (size_t i = 0; i < info->target_count; i++) {
		const IscsiTarget *target = &info->targets[i];
		const char *portal = iscsi_portal(arena, target);

		check_text(target->iqn);
		check_text(portal);
		if (target->lun < 0 || !iscsi_portal_parse(arena, portal, &address, &port) ||
		    !str_eq(address, target->address) || port != target->port)
			abort();
	}
	check_chap(&info->chap);
	check_chap(&info->chap_in);
	check_chap(&info->chap_find);
	return 0;
}
