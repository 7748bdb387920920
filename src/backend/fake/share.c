/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares of the directory backend, whose calls tests can spoil. For whoever looks there is a file
 * in DIRECTORY/rules for each share that lets somebody in, with "to level" lines, and one in
 * DIRECTORY/connected for each connection of this host: "<share id>", "<share id>.r" where it is
 * readonly. Neither is flushed: tests kill the daemon, not the machine.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/directory/directory.h"
#include "backend/fake/fake.h"
#include "backend/fake/mischief.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"

enum {
	NAME_BYTES = UUID_TEXT + 2,
	SHARE_MISCHIEF = 1 << SPOILT_FAULT | 1 << SPOILT_LOST_REPLY | 1 << SPOILT_FULL |
			 1 << SPOILT_TIMEOUT | 1 << SPOILT_BROKEN,
};

typedef struct FakeShares {
	ShareBackend *files;
	int rules;
	int connected;
	CallMischief mischief;
} FakeShares;

/* ---- what is seen from outside ---- */

static int write_name(int dir, const char *name, const Buf *text, Fault *f)
{
	_cleanup_(closep) int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || write(fd, buf_text(text), text->length) != (ssize_t)text->length)
		return fault(f, -errno, "write %s: %s", name, strerror(errno));
	return 0;
}

static int remove_name(int dir, const char *name, Fault *f)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", name, strerror(errno));
	return 0;
}

static const char *connection_name(const Share *share, bool readonly, char out[static NAME_BYTES])
{
	(void)snprintf(out, NAME_BYTES, "%s%s", share->id, readonly ? ".r" : ""); /* fits */
	return out;
}

static int show_rules(const FakeShares *fake, const Share *share, const ShareRule *const *rules,
		      const ShareRuleResult *results, size_t count, Fault *f)
{
	_cleanup_(buf_done) Buf text = {0};

	for (size_t i = 0; i < count; i++)
		if (!results[i].refused)
			buf_printf(&text, "%s %s\n", rules[i]->access_to,
				   enum_name(&share_access_level_names, rules[i]->level));
	return text.length ? write_name(fake->rules, share->id, &text, f)
			   : remove_name(fake->rules, share->id, f);
}

/* ---- the slots ---- */

static int fake_create(void *self, const Share *share, const ShareSnapshot *from, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "create");
	int r = 0;

	if (call_is_done(spoilt))
		r = share_backend_create(fake->files, share, from, f);
	return call_answer(spoilt, "create", r, SHARE_BACKEND_FULL, f);
}

static int remove_share(FakeShares *fake, const Share *share, Fault *f)
{
	char name[NAME_BYTES];
	int r = share_backend_remove(fake->files, share, f);

	if (!r)
		r = remove_name(fake->rules, share->id, f);
	for (int readonly = 0; !r && readonly < 2; readonly++)
		r = remove_name(fake->connected, connection_name(share, readonly, name), f);
	return r;
}

static int fake_remove(void *self, const Share *share, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "remove");
	int r = call_is_done(spoilt) ? remove_share(fake, share, f) : 0;

	return call_answer(spoilt, "remove", r, 0, f);
}

static int fake_exists(void *self, const Share *share, bool *ret, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "exists");
	int r = 0;

	if (call_is_done(spoilt))
		r = share_backend_exists(fake->files, share, ret, f);
	return call_answer(spoilt, "exists", r, 0, f);
}

static int fake_resize(void *self, const Share *share, int64_t size_gib, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "resize");
	int r = 0;

	if (call_is_done(spoilt))
		r = share_backend_resize(fake->files, share, size_gib, f);
	return call_answer(spoilt, "resize", r, SHARE_BACKEND_FULL, f);
}

static int fake_locations(void *self, const Share *share, Arena *arena, ShareLocation **ret,
			  size_t *ret_count, Fault *f)
{
	const FakeShares *fake = self;

	return share_backend_locations(fake->files, share, arena, ret, ret_count, f);
}

static int apply_rules(FakeShares *fake, const Share *share, const ShareRule *const *rules,
		       size_t count, Arena *arena, ShareRuleResult *results, Fault *f)
{
	int r = share_backend_apply(fake->files, share, rules, count, arena, results, f);

	return r ? r : show_rules(fake, share, rules, results, count, f);
}

static int fake_apply(void *self, const Share *share, const ShareRule *const *rules, size_t count,
		      Arena *arena, ShareRuleResult *results, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "apply");
	int r = 0;

	if (call_is_done(spoilt))
		r = apply_rules(fake, share, rules, count, arena, results, f);
	return call_answer(spoilt, "apply", r, 0, f);
}

static int fake_connect(void *self, const Share *share, const ShareRule *rule, bool readonly,
			Arena *arena, const char **ret, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "connect");
	char name[NAME_BYTES];
	const Buf nothing = {0};
	int r = 0;

	if (call_is_done(spoilt)) {
		r = share_backend_connect(fake->files, share, rule, readonly, arena, ret, f);
		if (!r)
			r = write_name(fake->connected, connection_name(share, readonly, name),
				       &nothing, f);
	}
	return call_answer(spoilt, "connect", r, 0, f);
}

static int fake_disconnect(void *self, const Share *share, bool readonly, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "disconnect");
	char name[NAME_BYTES];
	int r = 0;

	if (call_is_done(spoilt)) {
		r = share_backend_disconnect(fake->files, share, readonly, f);
		if (!r)
			r = remove_name(fake->connected, connection_name(share, readonly, name), f);
	}
	return call_answer(spoilt, "disconnect", r, 0, f);
}

static int fake_snapshot(void *self, const Share *share, const ShareSnapshot *snapshot, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "snapshot");
	int r = 0;

	if (call_is_done(spoilt))
		r = share_backend_snapshot(fake->files, share, snapshot, f);
	return call_answer(spoilt, "snapshot", r, SHARE_BACKEND_FULL, f);
}

static int fake_snapshot_remove(void *self, const Share *share, const ShareSnapshot *snapshot,
				Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "snapshot_remove");
	int r = 0;

	if (call_is_done(spoilt))
		r = share_backend_snapshot_remove(fake->files, share, snapshot, f);
	return call_answer(spoilt, "snapshot_remove", r, 0, f);
}

static int fake_revert(void *self, const Share *share, const ShareSnapshot *snapshot, Fault *f)
{
	FakeShares *fake = self;
	Spoilt spoilt = call_mischief_strike(&fake->mischief, "revert");
	int r = 0;

	if (call_is_done(spoilt))
		r = share_backend_revert(fake->files, share, snapshot, f);
	return call_answer(spoilt, "revert", r, SHARE_BACKEND_FULL, f);
}

static int fake_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	const FakeShares *fake = self;

	return share_backend_capacity(fake->files, ret_total_bytes, ret_free_bytes, f);
}

/* ---- opening ---- */

static void fake_describe(void *self, ShareBackendTraits *traits)
{
	const FakeShares *fake = self;

	traits->sized = share_backend_traits(fake->files)->sized;
}

static void fake_close(void *self)
{
	FakeShares *fake = self;

	(void)share_backend_close(fake->files);
	closep(&fake->rules);
	closep(&fake->connected);
	free(fake);
}

static int open_folder(const char *directory, const char *name, int *ret_fd, Fault *f)
{
	_cleanup_(buf_done) Buf path = {0};

	buf_printf(&path, "%s/%s", directory, name);
	if (mkdir(path.data, 0700) && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", path.data, strerror(errno));
	*ret_fd = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? fault(f, -errno, "open %s: %s", path.data, strerror(errno)) : 0;
}

static int fake_open(const ShareBackendConfig *config, void **ret, Fault *f)
{
	FakeShares *fake = NEW(FakeShares);
	int r;

	fake->rules = fake->connected = -1;
	r = call_mischief_read(&fake->mischief, "CLEAT_FAKE_SHARE", SHARE_MISCHIEF, f);
	if (!r)
		r = share_backend_open(&share_directory, config, &fake->files, f);
	if (!r)
		r = open_folder(config->directory, "rules", &fake->rules, f);
	if (!r)
		r = open_folder(config->directory, "connected", &fake->connected, f);
	if (r) {
		fake_close(fake);
		return r;
	}
	log_warning("backend=%s this is a fake for tests: its access rules hold nobody back",
		    config->name);
	*ret = fake;
	return 0;
}

const ShareBackendDriver share_fake = {
	.name = "fake",
	.size = sizeof(ShareBackendDriver),
	.traits =
		{
			.protocols = 1U << SHARE_NFS,
			.access_types = 1U << SHARE_ACCESS_IP,
			.snapshots = true,
		},
	.open = fake_open,
	.close = fake_close,
	.describe = fake_describe,
	.create = fake_create,
	.remove = fake_remove,
	.exists = fake_exists,
	.resize = fake_resize,
	.locations = fake_locations,
	.apply = fake_apply,
	.connect = fake_connect,
	.disconnect = fake_disconnect,
	.snapshot = fake_snapshot,
	.snapshot_remove = fake_snapshot_remove,
	.revert = fake_revert,
	.capacity = fake_capacity,
};
