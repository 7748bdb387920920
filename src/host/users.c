/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who uses a block device: four questions, each to another list of the kernel's, and last an open
 * that only one can have, which also tells of mounts in other mount namespaces. Where the device
 * does not answer, the open would wait for it; then each process is asked for its mounts.
 */
#include <fcntl.h>

#include "base/str.h"
#include "host/host.h"

typedef struct Search {
	const Host *host;
	Arena *arena;
	const char *disk;   /* the whole device */
	const char *name;   /* it, or one of its partitions */
	const char *except; /* a holder that does not count */
	bool excepted;      /* it was there */
	const char *who;    /* all that were found, in words, or NULL */
	unsigned count;
} Search;

enum { NAMED_MAX = 8 }; /* who reads that has enough */

static void found(Search *s, const char *format, ...) _printf_(2, 3);
static void found(Search *s, const char *format, ...)
{
	const char *one;
	va_list ap;

	if (s->count++ >= NAMED_MAX)
		return;
	va_start(ap, format);
	one = arena_vprintf(s->arena, format, ap);
	va_end(ap);
	s->who = s->who ? arena_printf(s->arena, "%s; %s", s->who, one) : one;
}

static int search_mounts(Search *s, Fault *f)
{
	HostMount *mounts;
	size_t count;
	int r;

	r = host_mounts_of(s->host, s->arena, s->name, &mounts, &count, f);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++)
		found(s, "%s is mounted at %s", mounts[i].source ? mounts[i].source : s->name,
		      mounts[i].target);
	return 0;
}

static int search_holders(Search *s, Fault *f)
{
	const char *pattern = arena_printf(s->arena, "/sys/class/block/%s/holders/*", s->name);
	const char **holders;
	size_t count;
	int r;

	r = host_glob(s->host, s->arena, pattern, &holders, &count, f);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		const char *holder = strrchr(holders[i], '/') + 1;
		const char *title = host_map_name(s->host, s->arena, holder);

		if (str_eq(holder, s->except))
			s->excepted = true;
		else
			found(s, "%s is part of %s", s->name, title ? title : holder);
	}
	return 0;
}

static void search_swap(Search *s)
{
	const char *line = host_peek(s->host, s->arena, "/proc/swaps");
	const char *device = arena_printf(s->arena, "/dev/%s", s->name);
	size_t length = strlen(device);

	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, device, length) == 0 && strchr(" \t", line[length]))
			found(s, "%s is used as swap", s->name);
	}
}

/*
 * Programs that open every device to see what it is, or whether it works: they let go of it by
 * themselves.
 */
static bool only_looks(const char *title)
{
	static const char *const lookers[] = {"multipathd", "(udev-worker)", "systemd-udevd"};

	for (size_t i = 0; i < ARRAY_SIZE(lookers); i++)
		if (str_eq(title, lookers[i]))
			return true;
	return false;
}

/* By the text of the links alone: looking at what they lead to may block. */
static int search_processes(Search *s, Fault *f)
{
	const char *device = arena_printf(s->arena, "/dev/%s", s->name);
	const char **links;
	size_t count;
	int r;

	r = host_glob(s->host, s->arena, "/proc/[0-9]*/fd/*", &links, &count, f);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		char target[64];
		ssize_t n = readlink(host_path(s->host, s->arena, "%s", links[i]), target,
				     sizeof(target) - 1);
		int64_t pid = strtoll(links[i] + strlen("/proc/"), NULL, 10);
		const char *title;

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (!str_eq(target, device))
			continue;
		title = host_peek(s->host, s->arena, "/proc/%lld/comm", (long long)pid);
		if (only_looks(title))
			continue;
		found(s, "%s is open in process %lld (%s)", s->name, (long long)pid,
		      title ? title : "?");
	}
	return 0;
}

static bool is_answering(const Search *s)
{
	const char *state = host_peek(s->host, s->arena, "/sys/block/%s/device/state", s->disk);

	return !state || str_eq(state, "running") || str_eq(state, "live");
}

/* Mounts of containers, by number. Processes end meanwhile, and some cannot be read. */
static int search_namespaces(Search *s, Fault *f)
{
	const char *number = host_peek(s->host, s->arena, "/sys/class/block/%s/dev", s->name);
	const char **lists;
	size_t count;
	int r;

	r = host_glob(s->host, s->arena, "/proc/[0-9]*/mountinfo", &lists, &count, f);
	if (r || !number)
		return r;
	for (size_t i = 0; i < count && !s->who; i++) {
		_cleanup_(arena_freep) Arena *arena = arena_new();
		const char *list = host_peek(s->host, arena, "%s", lists[i]);

		if (list && strstr(list, arena_printf(arena, " %s ", number)))
			found(s, "%s is mounted for process %lld", s->name,
			      (long long)strtoll(lists[i] + strlen("/proc/"), NULL, 10));
	}
	return 0;
}

/* Who could not be named. */
static void search_exclusive(Search *s)
{
	_cleanup_(closep) int fd = open(host_path(s->host, s->arena, "/dev/%s", s->name),
					O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == EBUSY)
		found(s, "%s is in use", s->name);
}

static int search(Search *s, Fault *f)
{
	int r;

	r = search_holders(s, f);
	if (r == 0)
		r = search_processes(s, f);
	if (r)
		return r;
	search_swap(s);
	if (s->who || s->excepted)
		return 0;
	if (!is_answering(s))
		return search_namespaces(s, f);
	search_exclusive(s);
	return 0;
}

int host_block_users(const Host *host, Arena *arena, const char *name, const char *except,
		     const char **ret_who, Fault *f)
{
	const char *pattern = arena_printf(arena, "/sys/block/%s/%s*/partition", name, name);
	Search s = {.host = host, .arena = arena, .disk = name, .name = name, .except = except};
	const char **partitions;
	size_t count;
	int r;

	r = host_glob(host, arena, pattern, &partitions, &count, f);
	if (r == 0)
		r = search_mounts(&s, f); /* of partitions as well */
	if (r == 0)
		r = search(&s, f); /* first: what holds the whole device holds its partitions */
	if (r)
		return r;
	for (size_t i = 0; i < count && r == 0; i++) {
		char *folder = arena_strdup(arena, partitions[i]);

		*strrchr(folder, '/') = '\0';
		s.name = strrchr(folder, '/') + 1;
		r = search(&s, f);
	}
	if (r || !s.who)
		return r;
	*ret_who = s.who;
	return HOST_BUSY;
}
