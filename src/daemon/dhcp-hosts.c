/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See dhcp-hosts.h. dnsmasq hears of new files at once, and of removed ones when it is told to read
 * all again; it leaves those alone whose names begin with a dot. What it remembers of a file that
 * is gone is still true: an address keeps its hardware address, whoever has it.
 */
#include "daemon/dhcp-hosts.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/files.h"

int dhcp_hosts_open(const char *folder, Fault *f)
{
	if (mkdir(folder, 0755) == 0)
		return chmod(folder, 0755) == 0 ? 0 : fault(f, -errno, "chmod %s: %m", folder);
	return errno == EEXIST ? 0 : fault(f, -errno, "make directory %s: %m", folder);
}

static const char *file_path(const char *folder, const char *server_id, Arena *arena)
{
	return arena_printf(arena, "%s/%s", folder, server_id);
}

static const char *draft_path(const char *folder, const char *server_id, Arena *arena)
{
	return arena_printf(arena, "%s/.%s", folder, server_id);
}

static bool is_right(const char *path, const char *text, Arena *arena)
{
	const char *there;
	Fault f = {0};

	return files_read(path, arena, &there, &f) == 0 && str_eq(there, text);
}

int dhcp_hosts_add(const char *folder, const Server *server, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *path = file_path(folder, server->id, arena), *text;
	char mac[DOMAIN_MAC_TEXT];

	text = arena_printf(arena, "%s,%s\n", server_mac(server, mac), server->address);
	if (is_right(path, text, arena))
		return 0;
	return files_write_public(path, draft_path(folder, server->id, arena), text, f);
}

static void remove_file(const char *path, const char *server_id)
{
	if (unlink(path) < 0 && errno != ENOENT)
		log_warning("srv=%s %s stays: %m", server_id, path);
}

/* A crash may have left the draft. */
void dhcp_hosts_remove(const char *folder, const char *server_id)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	remove_file(file_path(folder, server_id, arena), server_id);
	remove_file(draft_path(folder, server_id, arena), server_id);
}
