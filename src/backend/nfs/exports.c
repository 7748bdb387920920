/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See exports.h.
 */
#include "backend/nfs/exports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/run.h"

enum { EXPORTFS_MS = 30 * 1000 };

/* ---- clients ---- */

/* Clear the bits behind the prefix: exportfs knows "10.1.2.3/8" as another network. */
static void mask(uint8_t *bytes, size_t n, int64_t prefix)
{
	for (size_t i = 0; i < n; i++) {
		int64_t bits = prefix - (int64_t)i * 8;

		if (bits <= 0)
			bytes[i] = 0;
		else if (bits < 8)
			bytes[i] &= (uint8_t)(0xff << (8 - bits));
	}
}

bool exports_client(const char *text, char out[static EXPORT_CLIENT_BYTES])
{
	char address[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
	const char *slash = strchrnul(text, '/');
	int family = memchr(text, ':', (size_t)(slash - text)) ? AF_INET6 : AF_INET;
	int64_t longest = family == AF_INET6 ? 128 : 32, prefix = longest;
	uint8_t bytes[sizeof(struct in6_addr)];

	if ((size_t)(slash - text) >= sizeof(address))
		return false;
	(void)snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text); /* fits */
	if (inet_pton(family, address, bytes) != 1)
		return false;
	if (*slash && (!str_parse_i64(slash + 1, &prefix) || prefix < 0 || prefix > longest))
		return false;
	mask(bytes, (size_t)longest / 8, prefix);
	if (!inet_ntop(family, bytes, again, sizeof(again)))
		return false;
	(void)snprintf(out, EXPORT_CLIENT_BYTES, "%s/%d", again, (int)prefix); /* fits */
	return true;
}

/*
 * subtree_check: a share may be a part of a file system, and handles of files beside it are easy
 * to guess. no_root_squash: a share belongs to those who may mount it.
 */
static void options_of(const Exports *exports, int level, Buf *out)
{
	buf_printf(out, "%s,sync,subtree_check,no_root_squash,sec=sys,fsid=%s%s",
		   level == SHARE_ACCESS_RO ? "ro" : "rw", exports->share_id,
		   exports->is_mount ? ",mountpoint" : "");
}

/* "CLIENT:PATH" as exportfs takes it. */
static const char *target_of(const Exports *exports, const char *client, Arena *arena)
{
	bool is_v6 = strchr(client, ':');

	return arena_printf(arena, "%s%s%s:%s", is_v6 ? "[" : "", client, is_v6 ? "]" : "",
			    exports->path);
}

/* ---- exportfs ---- */

static int run_exportfs(const char *const *argv, RunResult *ret, Fault *f)
{
	const RunSpec spec = {.argv = argv, .timeout_ms = EXPORTFS_MS, .capture_max = 8 << 20};

	return run_checked(&spec, ret, f);
}

/* "-o OPTIONS" or "-u", and then some clients of one share; each call costs the server a flush. */
typedef struct Call {
	const Exports *exports;
	const char *how, *options;
	const char **targets;
	size_t count;
	Arena *arena;
} Call;

static void call_add(Call *call, const char *client)
{
	call->targets = arena_grow(call->arena, call->targets, call->count, sizeof(*call->targets));
	call->targets[call->count++] = target_of(call->exports, client, call->arena);
}

static int call_run(const Call *call, Fault *f)
{
	const char **argv = ARENA_ARRAY(call->arena, const char *, call->count + 4);
	size_t n = 0;

	if (call->count == 0)
		return 0;
	argv[n++] = "exportfs";
	argv[n++] = call->how;
	if (call->options)
		argv[n++] = call->options;
	for (size_t i = 0; i < call->count; i++)
		argv[n++] = call->targets[i];
	return run_exportfs(argv, NULL, f);
}

static int export_at(const Exports *exports, int level, const ShareRule *const *rules, size_t count,
		     Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(buf_done) Buf options = {0};
	Call call = {.exports = exports, .how = "-o", .arena = arena};
	char client[EXPORT_CLIENT_BYTES];

	options_of(exports, level, &options);
	call.options = buf_text(&options);
	for (size_t i = 0; i < count; i++)
		if (rules[i]->level == level && exports_client(rules[i]->access_to, client))
			call_add(&call, client);
	return call_run(&call, f);
}

/* The client of a line "PATH CLIENT(OPTIONS)" if it is about this share; in the arena. */
static const char *client_of_line(const Exports *exports, const char *line, Arena *arena)
{
	const char *rest = str_after(line, exports->path);
	const char *client = rest ? rest + strspn(rest, " \t") : NULL;

	if (!client || client == rest)
		return NULL;
	return arena_strndup(arena, client, strcspn(client, "("));
}

typedef struct Clients {
	const char **items;
	size_t count;
} Clients;

/* To whom the share is exported now. */
static int list_clients(const Exports *exports, Arena *arena, Clients *ret, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	int r = run_exportfs(RUN_ARGV("exportfs", "-s"), &result, f);

	if (r)
		return r;
	if (result.cut)
		return fault(f, -EOVERFLOW, "there are too many exports to read");
	for (char *line = result.out, *end; *line; line = end) {
		const char *client;

		end = strchrnul(line, '\n');
		if (*end)
			*end++ = '\0';
		client = client_of_line(exports, line, arena);
		if (!client)
			continue;
		ret->items = arena_grow(arena, ret->items, ret->count, sizeof(*ret->items));
		ret->items[ret->count++] = client;
	}
	return 0;
}

/* ---- the file ---- */

static void file_name(const Exports *exports, const char *end, char out[static PATH_MAX])
{
	(void)snprintf(out, PATH_MAX, "%s/cleat-%s.exports%s", exports->folder, exports->share_id,
		       end); /* fits: checked when the backend was opened */
}

static int flush_folder(const Exports *exports, Fault *f)
{
	_cleanup_(closep) int fd = open(exports->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd))
		return fault(f, -errno, "flush %s: %s", exports->folder, strerror(errno));
	return 0;
}

static int write_file(const Exports *exports, const Buf *text, Fault *f)
{
	char name[PATH_MAX], draft[PATH_MAX];
	_cleanup_(closep) int fd = -1;

	file_name(exports, "", name);
	file_name(exports, ".new", draft); /* the server reads what ends in .exports */
	fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return fault(f, -errno, "make %s: %s", draft, strerror(errno));
	if (write(fd, buf_text(text), text->length) != (ssize_t)text->length || fsync(fd) ||
	    rename(draft, name))
		return fault(f, -errno, "write %s: %s", name, strerror(errno));
	return flush_folder(exports, f);
}

static int remove_file(const Exports *exports, Fault *f)
{
	char name[PATH_MAX];

	file_name(exports, "", name);
	if (unlink(name) && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", name, strerror(errno));
	return flush_folder(exports, f);
}

/* ---- all of it ---- */

static bool is_wanted(const char *client, const ShareRule *const *rules, size_t count)
{
	char wanted[EXPORT_CLIENT_BYTES];

	for (size_t i = 0; i < count; i++)
		if (exports_client(rules[i]->access_to, wanted) && str_eq(wanted, client))
			return true;
	return false;
}

/* Take it from those whom no rule names any more. */
static int unexport_others(const Exports *exports, const ShareRule *const *rules, size_t count,
			   Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Clients clients = {0};
	Call call = {.exports = exports, .how = "-u", .arena = arena};
	int r = list_clients(exports, arena, &clients, f);

	for (size_t i = 0; i < clients.count; i++)
		if (!is_wanted(clients.items[i], rules, count))
			call_add(&call, clients.items[i]);
	return r ? r : call_run(&call, f);
}

int exports_apply(const Exports *exports, const ShareRule *const *rules, size_t count, Fault *f)
{
	_cleanup_(buf_done) Buf text = {0};
	char client[EXPORT_CLIENT_BYTES];
	int r;

	if (count == 0)
		return exports_remove(exports, f);
	for (size_t i = 0; i < count; i++) {
		if (!exports_client(rules[i]->access_to, client))
			return fault(f, -EINVAL, "a rule names no client");
		buf_printf(&text, "%s %s(", exports->path, client);
		options_of(exports, rules[i]->level, &text);
		buf_add(&text, ")\n");
	}
	r = write_file(exports, &text, f);
	if (!r)
		r = unexport_others(exports, rules, count, f);
	if (!r)
		r = export_at(exports, SHARE_ACCESS_RW, rules, count, f);
	return r ? r : export_at(exports, SHARE_ACCESS_RO, rules, count, f);
}

int exports_suspend(const Exports *exports, Fault *f)
{
	return unexport_others(exports, NULL, 0, f);
}

int exports_resume(Fault *f)
{
	return run_exportfs(RUN_ARGV("exportfs", "-a"), NULL, f);
}

int exports_remove(const Exports *exports, Fault *f)
{
	int r = remove_file(exports, f);

	return r ? r : unexport_others(exports, NULL, 0, f);
}
