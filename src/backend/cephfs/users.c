/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Cephx users. One user may be named by the rules of many shares, so what he may do is a list of
 * grants, a share and a level each, which is kept nowhere but in his capabilities:
 *
 *     mds  allow rw path=/cleat/shares/ID, allow r path=/cleat/shares/OTHER-ID
 *     osd  allow rw pool=POOL namespace=cleat_ID, allow r pool=POOL namespace=cleat_OTHER-ID
 *     mon  allow r
 *
 * A user with anything else in his mds capabilities is somebody else's: rules that name him are
 * refused, and he stays as he is. The osd's namespace keeps users from reading the objects of other
 * shares past the file system. Users of one name are changed by one thread at a time: a lock.
 */
#include <errno.h>
#include <pthread.h>

#include "backend/cephfs/priv.h"
#include "base/str.h"
#include "base/uuid.h"
#include "run/run.h"
#include "json/json.h"

enum {
	CEPH_MS = 40 * 1000,
	DUMP_BYTES = 16 << 20,
	USER_CHARS = 64,
};

typedef struct Grant {
	const char *share_id;
	bool is_rw;
} Grant;

typedef struct User {
	const char *name; /* without "client." */
	const char *key;
	bool is_ours;
	Grant *grants;
	size_t count;
} User;

typedef struct Users {
	User *items;
	size_t count;
} Users;

static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

bool cephfs_is_user(const CephFs *cephfs, const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";

	return !str_empty(name) && strlen(name) <= USER_CHARS && name[0] != '-' &&
	       name[strspn(name, allowed)] == '\0' && !str_eq(name, "admin") &&
	       !str_after(name, "bootstrap-") && !str_eq(name, cephfs->user);
}

/* ---- reading ---- */

/* One "allow rw path=/cleat/shares/ID"; false for anything else. */
static bool parse_grant(const char *text, Arena *arena, Grant *ret)
{
	const char *id = str_after(text, "allow rw path=" CEPHFS_SHARES "/");
	char canonical[UUID_TEXT];

	ret->is_rw = id != NULL;
	if (!id)
		id = str_after(text, "allow r path=" CEPHFS_SHARES "/");
	if (!id || !uuid_canonical(id, canonical) || !str_eq(id, canonical))
		return false;
	ret->share_id = arena_strdup(arena, canonical);
	return true;
}

static void parse_grants(const char *caps, Arena *arena, User *user)
{
	user->is_ours = !str_empty(caps);
	while (!str_empty(caps) && user->is_ours) {
		const char *end = strchrnul(caps, ',');
		const char *one =
			arena_stripped(arena, arena_strndup(arena, caps, (size_t)(end - caps)));

		user->grants = arena_grow(arena, user->grants, user->count, sizeof(Grant));
		user->is_ours = parse_grant(one, arena, &user->grants[user->count++]);
		caps = *end ? end + 1 : end;
	}
}

static int run_ceph(const CephFs *cephfs, const char *const *words, RunResult *ret, Fault *f)
{
	const char *argv[24] = {
		"ceph", "-c", cephfs->conf, "--id", cephfs->user, "--connect-timeout", "20"};
	const RunSpec spec = {.argv = argv, .timeout_ms = CEPH_MS, .capture_max = DUMP_BYTES};
	size_t n = 7;

	for (; *words; words++) {
		assert(n + 1 < ARRAY_SIZE(argv));
		argv[n++] = *words;
	}
	return run_checked(&spec, ret, f);
}

/* All that there are. */
static int list_users(const CephFs *cephfs, Arena *arena, Users *ret, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	int64_t count;
	int r = run_ceph(cephfs, RUN_ARGV("auth", "ls", "-f", "json"), &result, f);

	if (r)
		return r;
	if (result.cut || json_parse(arena, result.out, result.out_length, &doc, NULL))
		return fault(f, -EBADMSG, "ceph auth ls: what it printed cannot be read");
	count = json_get_count(doc, "auth_dump");
	for (int64_t i = 0; i < count; i++) {
		const char *path = arena_printf(arena, "auth_dump.%lld.", (long long)i);
		const char *entity =
			json_get_text(arena, doc, arena_printf(arena, "%sentity", path));
		const char *name = str_after(entity, "client.");
		User *user;

		if (!name)
			continue;
		ret->items = arena_grow(arena, ret->items, ret->count, sizeof(User));
		user = &ret->items[ret->count++];
		*user = (User){
			.name = name,
			.key = json_get_text(arena, doc, arena_printf(arena, "%skey", path)),
		};
		parse_grants(json_get_text(arena, doc, arena_printf(arena, "%scaps.mds", path)),
			     arena, user);
	}
	return 0;
}

static User *find_user(const Users *users, const char *name)
{
	for (size_t i = 0; i < users->count; i++)
		if (str_eq(users->items[i].name, name))
			return &users->items[i];
	return NULL;
}

static Grant *find_grant(const User *user, const char *share_id)
{
	for (size_t i = 0; i < user->count; i++)
		if (str_eq(user->grants[i].share_id, share_id))
			return &user->grants[i];
	return NULL;
}

/* ---- writing ---- */

static int write_user(const CephFs *cephfs, const User *user, const char *verb, Fault *f)
{
	_cleanup_(buf_done) Buf mds = {0};
	_cleanup_(buf_done) Buf osd = {0};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *entity = arena_printf(arena, "client.%s", user->name);

	if (user->count == 0)
		return run_ceph(cephfs, RUN_ARGV("auth", "del", entity), NULL, f);
	for (size_t i = 0; i < user->count; i++) {
		const Grant *grant = &user->grants[i];
		const char *comma = i ? ", " : "", *level = grant->is_rw ? "rw" : "r";

		buf_printf(&mds, "%sallow %s path=" CEPHFS_SHARES "/%s", comma, level,
			   grant->share_id);
		buf_printf(&osd, "%sallow %s pool=%s namespace=cleat_%s", comma, level,
			   cephfs->pool, grant->share_id);
	}
	return run_ceph(cephfs,
			RUN_ARGV("auth", verb, entity, "mds", buf_text(&mds), "mon", "allow r",
				 "osd", buf_text(&osd)),
			NULL, f);
}

/* Those who have it mounted keep it until their ticket ends, unless they are thrown out. */
static int evict(const CephFs *cephfs, const char *name, const char *share_id, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	return run_ceph(cephfs,
			RUN_ARGV("tell", "mds.*", "client", "evict",
				 arena_printf(arena, "auth_name=%s", name),
				 arena_printf(arena, "client_metadata.root=" CEPHFS_SHARES "/%s",
					      share_id)),
			NULL, f);
}

static bool is_named(const char *name, const ShareRule *const *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i]->type == SHARE_ACCESS_CEPHX && str_eq(rules[i]->access_to, name))
			return true;
	return false;
}

static int user_revoke(const CephFs *cephfs, User *user, const char *share_id, Fault *f)
{
	Grant *grant = find_grant(user, share_id);
	int r;

	*grant = user->grants[--user->count];
	r = write_user(cephfs, user, "caps", f);
	return r ? r : evict(cephfs, user->name, share_id, f);
}

static int revoke_others(const CephFs *cephfs, const Users *users, const char *share_id,
			 const ShareRule *const *rules, size_t count, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < users->count; i++) {
		User *user = &users->items[i];

		if (user->is_ours && cephfs_is_user(cephfs, user->name) &&
		    find_grant(user, share_id) && !is_named(user->name, rules, count))
			r = user_revoke(cephfs, user, share_id, f);
	}
	return r;
}

/* Who may do less than before is thrown out of what he has mounted. */
static int grant_level(const CephFs *cephfs, User *user, const char *share_id, bool is_rw,
		       Arena *arena, Fault *f)
{
	Grant *grant = find_grant(user, share_id);
	bool was_rw = grant && grant->is_rw;
	int r;

	if (grant && grant->is_rw == is_rw)
		return 0;
	if (!grant) {
		user->grants = arena_grow(arena, user->grants, user->count, sizeof(Grant));
		grant = &user->grants[user->count++];
		grant->share_id = share_id;
	}
	grant->is_rw = is_rw;
	r = write_user(cephfs, user, "caps", f);
	return r || !was_rw ? r : evict(cephfs, user->name, share_id, f);
}

static int make_user(const CephFs *cephfs, const char *name, const char *share_id, bool is_rw,
		     Arena *arena, Fault *f)
{
	User *user = ARENA_NEW(arena, User);

	*user = (User){
		.name = name, .is_ours = true, .grants = ARENA_NEW(arena, Grant), .count = 1};
	*user->grants = (Grant){.share_id = share_id, .is_rw = is_rw};
	return write_user(cephfs, user, "get-or-create", f);
}

bool cephfs_is_key(const char *key)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+/=";

	return !str_empty(key) && key[strspn(key, allowed)] == '\0';
}

static int read_keys(const CephFs *cephfs, const ShareRule *const *rules, size_t count,
		     Arena *arena, ShareRuleResult *results, Fault *f)
{
	Users users = {0};
	int r = list_users(cephfs, arena, &users, f);

	for (size_t i = 0; !r && i < count; i++) {
		const User *user =
			results[i].refused ? NULL : find_user(&users, rules[i]->access_to);

		if (user && !cephfs_is_key(user->key))
			return fault(f, -EBADMSG, "cephx user %s has no key", user->name);
		results[i].access_key = user ? user->key : NULL;
	}
	return r;
}

static int grant_locked(const CephFs *cephfs, const char *share_id, const ShareRule *const *rules,
			size_t count, Arena *arena, ShareRuleResult *results, Fault *f)
{
	Users users = {0};
	int r = list_users(cephfs, arena, &users, f);

	if (!r)
		r = revoke_others(cephfs, &users, share_id, rules, count, f);
	for (size_t i = 0; !r && i < count; i++) {
		const char *name = rules[i]->access_to;
		bool is_rw = rules[i]->level == SHARE_ACCESS_RW;
		User *user = find_user(&users, name);

		results[i].refused = rules[i]->type != SHARE_ACCESS_CEPHX ||
				     !cephfs_is_user(cephfs, name) || (user && !user->is_ours);
		if (results[i].refused)
			continue;
		r = user ? grant_level(cephfs, user, share_id, is_rw, arena, f)
			 : make_user(cephfs, name, share_id, is_rw, arena, f);
	}
	return r || !count ? r : read_keys(cephfs, rules, count, arena, results, f);
}

int cephfs_grant(const CephFs *cephfs, const char *share_id, const ShareRule *const *rules,
		 size_t count, Arena *arena, ShareRuleResult *results, Fault *f)
{
	int r;

	(void)pthread_mutex_lock(&changing);
	r = grant_locked(cephfs, share_id, rules, count, arena, results, f);
	(void)pthread_mutex_unlock(&changing);
	return r;
}
