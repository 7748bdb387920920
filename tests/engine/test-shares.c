/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Access rules of shares, on a backend that refuses, fails and remembers: what becomes of the
 * rules, of their locks, and of who is let in; and how servers here share the rule of this host.
 */
#include "tests/engine/house.h"

#include <errno.h>

#include "backend/directory/directory.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/resource-lock.h"
#include "service/share-access.h"
#include "tests/lib/test.h"

#define SHARE "55555555-5555-4555-8555-555555555555"
#define SNAPSHOT "88888888-8888-4888-8888-888888888888"
#define FIRST "66666666-6666-4666-8666-666666666666"
#define SECOND "77777777-7777-4777-8777-777777777777"
#define HOST "127.0.0.1" /* as the house is known to shares */

/* --- the backend --- */

static struct {
	_Atomic int failures; /* so many calls of apply fail; -1: all */
	char told[256];       /* whom it lets in, "to:level " each */
	_Atomic bool busy;    /* a call is under way that none may overlap */
	_Atomic bool overlapped;
	_Atomic bool slow; /* such a call waits for another to overlap it */
	_Atomic bool lost; /* its disk has gone */
} world;

/* A call that none may overlap, unless it were let. */
static void stay_alone(void)
{
	const int64_t end_ms = clock_mono_ms() + 300;

	world.busy = true;
	while (world.slow && !world.overlapped && clock_mono_ms() < end_ms)
		clock_sleep_ms(5);
	world.busy = false;
}

static int work_alone(Fault *f)
{
	stay_alone();
	return world.lost ? fault(f, -EIO, "the disk is gone") : 0;
}

static int create(void *self _unused_, const Share *share _unused_,
		  const ShareSnapshot *from _unused_, Fault *f)
{
	return work_alone(f);
}

static int remove_share(void *self _unused_, const Share *share _unused_, Fault *f)
{
	return work_alone(f);
}

static int connect_share(void *self _unused_, const Share *share _unused_,
			 const ShareRule *rule _unused_, bool only_read _unused_,
			 Arena *arena _unused_, const char **ret, Fault *f _unused_)
{
	*ret = "/"; /* is there, and no guest looks */
	return 0;
}

static int work_on_snapshot(void *self _unused_, const Share *share _unused_,
			    const ShareSnapshot *snapshot _unused_, Fault *f)
{
	return work_alone(f);
}

/* Users are refused, and who comes by cephx gets a key. */
static int apply(void *self _unused_, const Share *share _unused_, const ShareRule *const *rules,
		 size_t count, Arena *arena _unused_, ShareRuleResult *results, Fault *f)
{
	Buf told = {0};

	world.overlapped = world.overlapped || world.busy;
	if (world.failures != 0) {
		if (world.failures > 0)
			world.failures--;
		return fault(f, -EIO, "the share's server does not answer");
	}
	for (size_t i = 0; i < count; i++) {
		results[i].refused = rules[i]->type == SHARE_ACCESS_USER;
		results[i].access_key = rules[i]->type == SHARE_ACCESS_CEPHX ? "a key" : NULL;
		if (!results[i].refused)
			buf_printf(&told, "%s:%s ", rules[i]->access_to,
				   enum_name(&share_access_level_names, rules[i]->level));
	}
	(void)snprintf(world.told, sizeof(world.told), "%s", buf_text(&told));
	buf_done(&told);
	return 0;
}

/* --- the house --- */

static int furnish(Work *work, House *h _unused_, Fault *f)
{
	const Share share = {
		.id = SHARE,
		.project_id = "p",
		.user_id = "u",
		.size_gib = 1,
		.status = SHARE_AVAILABLE,
		.created_us = work->now_us,
	};

	return share_insert(work->tx, &share, f);
}

static void open_house(House *h)
{
	static ShareBackendDriver driver;
	char path[128], mounts[128];
	const ShareBackendConfig config = {
		.name = "directory", .directory = path, .mount_dir = mounts, .limit = "none"};
	Fault f = {0};

	driver = share_directory;
	driver.apply = apply;
	driver.create = create;
	driver.remove = remove_share;
	driver.connect = connect_share;
	driver.snapshot = work_on_snapshot;
	driver.snapshot_remove = work_on_snapshot;
	driver.revert = work_on_snapshot;

	*h = (House){.times = {.retry_ms = 1, .retry_max_ms = 2}};
	world.failures = 0;
	world.told[0] = '\0';
	world.overlapped = world.slow = world.lost = false;
	house_make(h);
	(void)snprintf(path, sizeof(path), "%s/shares", h->directory);
	(void)snprintf(mounts, sizeof(mounts), "%s/mounts", h->directory);
	assert_int_equal(share_backend_open(&driver, &config, &h->share_backend, &f), 0);
	house_enter(h);
	assert_int_equal(house_visit(h, furnish), 0);
}

static void close_house(House *h)
{
	house_leave(h);
	h->share_backend = share_backend_close(h->share_backend);
	house_remove(h);
}

/* What the next use case is about. */
static ShareAccessWish wish;
static bool unrestrict;
static char rule_id[UUID_TEXT], mapping_id[UUID_TEXT];
static bool readonly, ready;

static int run_allow(Work *work, House *h _unused_, Fault *f)
{
	ShareRule *rule;
	int r = service_allow_share_access(work, SHARE, &wish, &rule, f);

	if (!r)
		(void)snprintf(rule_id, sizeof(rule_id), "%s", rule->id);
	return r;
}

static int run_deny(Work *work, House *h _unused_, Fault *f)
{
	return service_deny_share_access(work, SHARE, rule_id, unrestrict, f);
}

static int run_change(Work *work, House *h _unused_, Fault *f)
{
	ShareRule *rule;

	return service_change_share_rule(work, rule_id, SHARE_ACCESS_RO, &rule, f);
}

static int allow(House *h, ShareAccessType type, const char *to, ShareAccessLevel level)
{
	int r;

	wish = (ShareAccessWish){.type = type, .to = to, .level = level};
	r = house_visit(h, run_allow);
	house_settle(h);
	return r;
}

static int deny(House *h)
{
	int r = house_visit(h, run_deny);

	house_settle(h);
	return r;
}

/* --- what the rows say --- */

static ShareRule found;
static ShareRulesStatus all;

static int run_look(Work *work, House *h, Fault *f)
{
	ShareRule *rule;
	Share *share;
	int r = share_get(work->tx, h->arena, SHARE, &share, f);

	if (r)
		return fault_unexpected(f, r);
	all = (ShareRulesStatus)share->rules_status;
	r = share_rule_get(work->tx, h->arena, rule_id, &rule, f);
	if (!r)
		found = *rule;
	return r;
}

static void assert_rule(House *h, ShareRuleState state, ShareRulesStatus of_all)
{
	assert_int_equal(house_visit(h, run_look), 0);
	assert_string_equal(enum_name(&share_rule_state_names, found.state),
			    enum_name(&share_rule_state_names, (int)state));
	assert_int_equal(all, of_all);
}

static void assert_no_rule(House *h)
{
	assert_int_equal(house_visit(h, run_look), RECORD_NOT_FOUND);
	assert_int_equal(all, SHARE_RULES_ACTIVE);
}

static int64_t lock_count(House *h)
{
	return house_count(h, "SELECT COUNT(*) FROM resource_locks");
}

/* --- rules --- */

TEST(a_rule_is_applied_and_denied)
{
	House h;

	open_house(&h);
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, "10.0.0.0/8", SHARE_ACCESS_RW), 0);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_string_equal(world.told, "10.0.0.0/8:rw ");
	assert_int_equal(house_visit(&h, run_change), 0);
	house_settle(&h);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_string_equal(world.told, "10.0.0.0/8:ro ");
	assert_int_equal(deny(&h), 0);
	assert_no_rule(&h);
	assert_string_equal(world.told, "");
	close_house(&h);
}

TEST(a_key_comes_with_its_rule)
{
	House h;

	open_house(&h);
	assert_int_equal(allow(&h, SHARE_ACCESS_CEPHX, "alice", SHARE_ACCESS_RW), 0);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_string_equal(found.access_key, "a key");
	close_house(&h);
}

TEST(one_rule_that_is_refused_harms_no_other)
{
	House h;

	open_house(&h);
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, "10.0.0.1", SHARE_ACCESS_RW), 0);
	assert_int_equal(allow(&h, SHARE_ACCESS_USER, "alice", SHARE_ACCESS_RW), 0);
	assert_rule(&h, SHARE_RULE_ERROR, SHARE_RULES_ERROR);
	assert_string_equal(world.told, "10.0.0.1:rw ");
	assert_int_equal(deny(&h), 0);
	assert_no_rule(&h);
	assert_string_equal(world.told, "10.0.0.1:rw ");
	close_house(&h);
}

TEST(a_backend_that_fails_now_and_then)
{
	House h;

	open_house(&h);
	world.failures = 2;
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, "10.0.0.1", SHARE_ACCESS_RW), 0);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	close_house(&h);
}

TEST(a_backend_that_is_away)
{
	House h;

	open_house(&h);
	world.failures = -1;
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, "10.0.0.1", SHARE_ACCESS_RW), 0);
	assert_rule(&h, SHARE_RULE_ERROR, SHARE_RULES_ERROR);
	assert_int_equal(deny(&h), 0);
	assert_rule(&h, SHARE_RULE_ERROR, SHARE_RULES_ERROR);
	world.failures = 0;
	assert_int_equal(deny(&h), 0);
	assert_no_rule(&h);
	close_house(&h);
}

/* A rule in error is in no set: what it may have left behind is gone with the next one. */
TEST(what_failed_is_not_let_in_later)
{
	House h;

	open_house(&h);
	world.failures = -1;
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, "10.0.0.1", SHARE_ACCESS_RW), 0);
	world.failures = 0;
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, "10.0.0.2", SHARE_ACCESS_RW), 0);
	assert_string_equal(world.told, "10.0.0.2:rw ");
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ERROR);
	close_house(&h);
}

static int run_fill(Work *work, House *h _unused_, Fault *f)
{
	int r = 0;

	for (int i = 0; !r && i < SHARE_RULES_MAX; i++) {
		char id[UUID_TEXT];
		const ShareRule rule = {
			.id = id,
			.share_id = SHARE,
			.access_to = arena_printf(work->arena, "10.0.%d.%d", i / 250, i % 250),
			.state = SHARE_RULE_ACTIVE,
		};

		uuid_new(id);
		r = share_rule_insert(work->tx, &rule, f);
	}
	return r;
}

TEST(a_share_has_so_many_rules)
{
	House h;

	open_house(&h);
	assert_int_equal(house_visit(&h, run_fill), 0);
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, "192.168.0.0/16", SHARE_ACCESS_RW),
			 REFUSAL_BAD_INPUT);
	close_house(&h);
}

/* --- servers --- */

static int run_map(Work *work, House *h _unused_, Fault *f)
{
	ShareMapping mapping = {
		.id = mapping_id,
		.server_id = mapping_id,
		.share_id = SHARE,
		.project_id = "p",
		.user_id = "u",
		.status = SHARE_MAPPING_INACTIVE,
		.tag = "tag",
		.readonly = readonly,
	};
	const Operation by = {.project_id = "p", .user_id = "u"};
	Share *share;
	int r = share_get(work->tx, work->arena, SHARE, &share, f);

	if (!r)
		r = share_access_for_host(work, share, &mapping, &ready, f);
	if (!r)
		r = share_mapping_insert(work->tx, &mapping, f);
	if (!r)
		r = share_rules_begin(work->tx, work->arena, &by, SHARE, mapping.rule_id, f);
	if (!r)
		(void)snprintf(rule_id, sizeof(rule_id), "%s", mapping.rule_id);
	return r;
}

static int map(House *h, const char *id)
{
	int r;

	(void)snprintf(mapping_id, sizeof(mapping_id), "%s", id);
	r = house_visit(h, run_map);
	house_settle(h);
	return r;
}

static int run_unmap(Work *work, House *h _unused_, Fault *f)
{
	const Operation by = {.project_id = "p", .user_id = "u"};
	ShareMapping *mapping;
	bool changed;
	int r = share_mapping_get(work->tx, work->arena, mapping_id, &mapping, f);

	if (!r)
		r = share_access_release(work->tx, work->arena, mapping, &changed, f);
	if (!r && changed)
		r = share_rules_begin(work->tx, work->arena, &by, SHARE, mapping->rule_id, f);
	return r ? r : share_mapping_delete(work->tx, mapping_id, f);
}

static void unmap(House *h, const char *id)
{
	(void)snprintf(mapping_id, sizeof(mapping_id), "%s", id);
	assert_int_equal(house_visit(h, run_unmap), 0);
	house_settle(h);
}

TEST(servers_here_have_one_rule)
{
	House h;

	open_house(&h);
	readonly = false;
	assert_int_equal(map(&h, FIRST), 0);
	assert_false(ready);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_true(found.own);
	assert_string_equal(world.told, HOST ":rw ");
	assert_int_equal(lock_count(&h), 3);

	assert_int_equal(map(&h, SECOND), 0);
	assert_true(ready);
	assert_string_equal(found.id, rule_id);
	assert_int_equal(lock_count(&h), 3);

	unmap(&h, FIRST);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	unmap(&h, SECOND);
	assert_no_rule(&h);
	assert_int_equal(lock_count(&h), 0);
	assert_string_equal(world.told, "");
	close_house(&h);
}

static int run_unlock(Work *work, House *h _unused_, Fault *f)
{
	const RecordQuery every = {0};
	ResourceLock **locks;
	size_t count;
	int r = resource_lock_find(work->tx, work->arena, &every, &locks, &count, f);

	for (size_t i = 0; !r && i < count; i++) {
		r = service_delete_resource_lock(work, locks[i]->id, f);
		if (r != REFUSAL_SHARE_FORBIDDEN)
			return r ? r : -EEXIST;
		r = 0;
	}
	return r;
}

TEST(nobody_takes_away_what_servers_need)
{
	static const Caller king = {.user_id = "k", .project_id = "p", .roles = 1u << ROLE_ADMIN};
	House h;

	open_house(&h);
	readonly = false;
	assert_int_equal(map(&h, FIRST), 0);
	for (int i = 0; i < 2; i++) {
		h.caller = i ? &king : NULL;
		for (int force = 0; force < 2; force++) {
			unrestrict = force;
			assert_int_equal(deny(&h), REFUSAL_SHARE_FORBIDDEN);
		}
		assert_int_equal(house_visit(&h, run_change), REFUSAL_SHARE_CONFLICT);
		assert_int_equal(house_visit(&h, run_unlock), 0);
	}
	assert_int_equal(lock_count(&h), 3);
	unrestrict = false;
	close_house(&h);
}

TEST(the_rule_of_a_user_is_used_and_stays)
{
	House h;

	open_house(&h);
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, HOST "/32", SHARE_ACCESS_RW), 0);
	readonly = true;
	assert_int_equal(map(&h, FIRST), REFUSAL_SHARE_CONFLICT);
	readonly = false;
	assert_int_equal(map(&h, FIRST), 0);
	assert_true(ready);
	assert_int_equal(lock_count(&h), 2);
	assert_int_equal(deny(&h), REFUSAL_SHARE_FORBIDDEN);
	assert_int_equal(map(&h, SECOND), 0);
	assert_int_equal(lock_count(&h), 2);
	unmap(&h, SECOND);
	assert_int_equal(lock_count(&h), 2);
	unmap(&h, FIRST);
	assert_int_equal(lock_count(&h), 0);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_false(found.own);
	assert_int_equal(deny(&h), 0);
	assert_no_rule(&h);
	close_house(&h);
}

TEST(a_rule_that_only_reads_is_not_taken_for_more)
{
	House h;

	open_house(&h);
	assert_int_equal(allow(&h, SHARE_ACCESS_IP, HOST, SHARE_ACCESS_RO), 0);
	readonly = false;
	assert_int_equal(map(&h, FIRST), REFUSAL_SHARE_CONFLICT);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM share_mappings"), 0);
	assert_int_equal(lock_count(&h), 0);
	close_house(&h);
}

/* Who comes while the rule is on its way out gets it back. */
static int run_turn(Work *work, House *h, Fault *f)
{
	int r = run_unmap(work, h, f);

	(void)snprintf(mapping_id, sizeof(mapping_id), "%s", SECOND);
	return r ? r : run_map(work, h, f);
}

static int run_leave(Work *work, House *h _unused_, Fault *f)
{
	ShareMapping *mapping;
	int r = share_mapping_get(work->tx, work->arena, FIRST, &mapping, f);

	if (r)
		return r;
	mapping->status = SHARE_MAPPING_DETACHING;
	mapping->connected = true;
	return share_mapping_update(work->tx, mapping, f);
}

/* A guest that has not let go yet still writes by the rule, whoever else has let go. */
TEST(a_guest_that_is_slow_keeps_its_access)
{
	House h;

	open_house(&h);
	readonly = false;
	assert_int_equal(map(&h, FIRST), 0);
	assert_int_equal(map(&h, SECOND), 0);
	assert_int_equal(house_visit(&h, run_leave), 0);
	unmap(&h, SECOND);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_int_equal(lock_count(&h), 3);
	assert_int_equal(deny(&h), REFUSAL_SHARE_FORBIDDEN);
	unmap(&h, FIRST);
	assert_no_rule(&h);
	close_house(&h);
}

/* A server that is deleted while the backend is away leaves no rule whose end is open. */
TEST(a_rule_that_cannot_go)
{
	House h;

	open_house(&h);
	readonly = false;
	assert_int_equal(map(&h, FIRST), 0);
	world.failures = -1;
	unmap(&h, FIRST);
	assert_rule(&h, SHARE_RULE_ERROR, SHARE_RULES_ERROR);
	assert_int_equal(lock_count(&h), 2);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM resource_locks"
					 " WHERE resource_type = 'share'"),
			 0);
	world.failures = 0;
	assert_int_equal(map(&h, SECOND), 0);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_int_equal(lock_count(&h), 3);
	close_house(&h);
}

TEST(a_rule_that_goes_comes_back)
{
	House h;

	open_house(&h);
	readonly = false;
	assert_int_equal(map(&h, FIRST), 0);
	assert_int_equal(house_visit(&h, run_turn), 0);
	house_settle(&h);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	assert_string_equal(world.told, HOST ":rw ");
	assert_int_equal(lock_count(&h), 3);
	unmap(&h, SECOND);
	assert_no_rule(&h);
	close_house(&h);
}

/* --- turns --- */

static int begin(Work *work, const char *kind, Operation operation, Fault *f)
{
	operation.share_id = SHARE;
	operation.project_id = "p";
	operation.user_id = "u";
	return operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
}

static int begin_own(Work *work, const char *kind, Fault *f)
{
	return begin(work, kind, (Operation){.lane = SHARE, .snapshot_id = SNAPSHOT}, f);
}

static const char *work_of_the_share; /* the kind of an operation */

/* In the share's lane, and in that of a server that is being given the share. */
static int run_both(Work *work, House *h _unused_, Fault *f)
{
	int r = begin_own(work, work_of_the_share, f);

	return r ? r
		 : begin(work, "attach-share",
			 (Operation){.lane = FIRST, .server_id = FIRST, .share_mapping_id = FIRST},
			 f);
}

static int run_snapshot(Work *work, House *h _unused_, Fault *f)
{
	const ShareSnapshot snapshot = {
		.id = SNAPSHOT,
		.project_id = "p",
		.user_id = "u",
		.share_id = SHARE,
		.status = SHARE_SNAPSHOT_CREATING,
		.created_us = work->now_us,
	};

	return share_snapshot_insert(work->tx, &snapshot, f);
}

TEST(a_share_is_worked_on_in_turn)
{
	static const char *const kinds[] = {"create-share", "delete-share-snapshot", "revert-share",
					    "delete-share"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		House h;

		open_house(&h);
		assert_int_equal(house_visit(&h, run_snapshot), 0);
		work_of_the_share = kinds[i];
		world.slow = true;
		assert_int_equal(house_visit(&h, run_both), 0);
		house_settle(&h);
		if (world.overlapped)
			fail_msg("%s: a server's lane did not wait for it", kinds[i]);
		close_house(&h);
	}
}

static int run_create(Work *work, House *h _unused_, Fault *f)
{
	Share *share;
	int r = share_get(work->tx, work->arena, SHARE, &share, f);

	if (r)
		return fault_unexpected(f, r);
	share->status = SHARE_CREATING;
	r = share_update(work->tx, share, f);
	if (!r)
		r = begin_own(work, "create-share", f);
	return r ? r : begin_own(work, "create-share-snapshot", f);
}

/* Neither can what is half made be removed: that waits for whoever deletes it. */
TEST(what_cannot_be_made_ends_in_error)
{
	House h;

	open_house(&h);
	assert_int_equal(house_visit(&h, run_snapshot), 0);
	world.lost = true;
	assert_int_equal(house_visit(&h, run_create), 0);
	house_settle(&h);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM shares WHERE status = 'error'"), 1);
	assert_int_equal(
		house_count(&h, "SELECT COUNT(*) FROM share_snapshots WHERE status = 'error'"), 1);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM messages"), 2);
	close_house(&h);
}

/* --- a guest that starts --- */

static int run_update(Work *work, House *h _unused_, Fault *f)
{
	const Operation by = {.project_id = "p", .user_id = "u"};
	ShareRule *rule;
	int r = share_rule_get(work->tx, work->arena, rule_id, &rule, f);

	if (r)
		return r;
	rule->state = SHARE_RULE_QUEUED_TO_UPDATE;
	r = share_rule_update(work->tx, rule, f);
	return r ? r : share_rules_begin(work->tx, work->arena, &by, SHARE, rule_id, f);
}

static int run_map_server(Work *work, House *h, Fault *f)
{
	ShareMapping *mapping;
	int r = run_map(work, h, f);

	if (!r)
		r = share_mapping_get(work->tx, work->arena, mapping_id, &mapping, f);
	if (!r) {
		mapping->server_id = h->server_id;
		r = share_mapping_update(work->tx, mapping, f);
	}
	return r;
}

/* The backend is being told of another level when a guest starts, which waits for the end of that.
 */
TEST(a_guest_waits_for_a_rule_that_changes)
{
	House h;

	open_house(&h);
	readonly = false;
	assert_int_equal(house_create_server(&h), 0);
	house_settle(&h);
	assert_int_equal(house_stop(&h), 0);
	house_settle(&h);
	(void)snprintf(mapping_id, sizeof(mapping_id), "%s", FIRST);
	assert_int_equal(house_visit(&h, run_map_server), 0);
	house_settle(&h);
	world.failures = 3;
	assert_int_equal(house_visit(&h, run_update), 0);
	assert_int_equal(house_start(&h), 0);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_ACTIVE);
	assert_rule(&h, SHARE_RULE_ACTIVE, SHARE_RULES_ACTIVE);
	close_house(&h);
}
