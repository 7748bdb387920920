/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares of servers that are in the way, on a backend that lets everybody in and connects when it
 * likes: what becomes of the server, of its mapping, and of the rule that servers have together.
 */
#include "tests/engine/house.h"

#include "backend/directory/directory.h"
#include "base/str.h"
#include "engine/engine.h"
#include "service/priv.h"
#include "service/server-shares.h"
#include "service/server.h"
#include "service/share-access.h"
#include "tests/lib/test.h"

#define SHARE "55555555-5555-4555-8555-555555555555"
#define FIRST "66666666-6666-4666-8666-666666666666"
#define SECOND "77777777-7777-4777-8777-777777777777"

/* --- the backend --- */

static _Atomic bool is_away; /* nobody can connect, and it hears of no rules */

static int find(Fault *f)
{
	return is_away ? fault(f, -EIO, "the share's server is away") : 0;
}

static int connect_share(void *self _unused_, const Share *share _unused_,
			 const ShareRule *rule _unused_, bool only_read _unused_,
			 Arena *arena _unused_, const char **ret, Fault *f)
{
	*ret = "/"; /* is there, and no guest looks */
	return find(f);
}

static int disconnect_share(void *self _unused_, const Share *share _unused_,
			    bool only_read _unused_, Fault *f _unused_)
{
	return 0;
}

static int apply(void *self _unused_, const Share *share _unused_,
		 const ShareRule *const *rules _unused_, size_t count, Arena *arena _unused_,
		 ShareRuleResult *results, Fault *f)
{
	for (size_t i = 0; i < count; i++)
		results[i] = (ShareRuleResult){0};
	return find(f);
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
	driver.connect = connect_share;
	driver.disconnect = disconnect_share;
	*h = (House){.times = {
			     .retry_ms = 1,
			     .retry_max_ms = 2,
			     .unplug_wait_ms = 1,
			     .unplug_retry_ms = 1,
		     }};
	is_away = false;
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

static void visit(House *h, int (*run)(Work *work, House *house, Fault *f))
{
	assert_int_equal(house_visit(h, run), 0);
}

/* --- mappings --- */

/* What the next use case is about. */
static const char *mapping_id, *server_id;
static ShareMappingStatus status;

static int run_map(Work *work, House *h _unused_, Fault *f)
{
	ShareMapping mapping = {
		.id = mapping_id,
		.server_id = server_id,
		.share_id = SHARE,
		.project_id = "p",
		.user_id = "u",
		.status = (int)status,
		.tag = "tag",
	};
	bool ready;
	Share *share;
	int r = share_get(work->tx, work->arena, SHARE, &share, f);

	if (!r)
		r = share_access_for_host(work, share, &mapping, &ready, f);
	return r ? r : share_mapping_insert(work->tx, &mapping, f);
}

/* Its server is none: nobody looks. */
static void map(House *h, const char *id, ShareMappingStatus as)
{
	mapping_id = server_id = id;
	status = as;
	visit(h, run_map);
}

static int run_apply(Work *work, House *h _unused_, Fault *f)
{
	const Operation by = {.project_id = "p", .user_id = "u"};
	ShareMapping *mapping;
	int r = share_mapping_get(work->tx, work->arena, mapping_id, &mapping, f);

	return r ? r : share_rules_begin(work->tx, work->arena, &by, SHARE, mapping->rule_id, f);
}

static int begin(Work *work, const char *kind, Fault *f)
{
	Operation operation = {
		.lane = server_id,
		.server_id = server_id,
		.share_id = SHARE,
		.share_mapping_id = mapping_id,
		.project_id = "p",
		.user_id = "u",
	};

	return operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
}

static ShareMapping found;

static int run_find(Work *work, House *h, Fault *f)
{
	ShareMapping *mapping;
	int r = share_mapping_get(work->tx, h->arena, mapping_id, &mapping, f);

	if (!r)
		found = *mapping;
	return r;
}

static void assert_mapping(House *h, const char *id, ShareMappingStatus wanted, bool connected)
{
	mapping_id = id;
	visit(h, run_find);
	assert_string_equal(enum_name(&share_mapping_status_names, found.status),
			    enum_name(&share_mapping_status_names, (int)wanted));
	assert_int_equal(found.connected, connected);
}

/* --- one rule for servers that come and go --- */

static int64_t rules_that_are(House *h, const char *state)
{
	return house_count(h, arena_printf(h->arena,
					   "SELECT COUNT(*) FROM share_rules WHERE state = '%s'",
					   state));
}

static int run_attach(Work *work, House *h _unused_, Fault *f)
{
	return begin(work, "attach-share", f);
}

/* Two wait for the rule; the backend cannot be told in time for one of them. */
TEST(who_gives_up_spoils_it_for_nobody)
{
	House h;

	open_house(&h);
	map(&h, FIRST, SHARE_MAPPING_ATTACHING);
	map(&h, SECOND, SHARE_MAPPING_ATTACHING);
	mapping_id = server_id = FIRST;
	is_away = true;
	visit(&h, run_attach);
	house_settle(&h);
	is_away = false;
	assert_mapping(&h, FIRST, SHARE_MAPPING_ERROR, false);
	mapping_id = server_id = SECOND;
	visit(&h, run_attach);
	house_settle(&h);
	assert_mapping(&h, SECOND, SHARE_MAPPING_INACTIVE, false);
	assert_int_equal(rules_that_are(&h, "active"), 1);
	close_house(&h);
}

TEST(a_rule_that_nobody_waits_for_any_more_has_failed)
{
	House h;

	open_house(&h);
	map(&h, FIRST, SHARE_MAPPING_ATTACHING);
	map(&h, SECOND, SHARE_MAPPING_ATTACHING);
	is_away = true;
	for (int i = 0; i < 2; i++) {
		mapping_id = server_id = i ? SECOND : FIRST;
		visit(&h, run_attach);
		house_settle(&h);
		assert_mapping(&h, i ? SECOND : FIRST, SHARE_MAPPING_ERROR, false);
	}
	assert_int_equal(rules_that_are(&h, "error"), 1);
	close_house(&h);
}

/* As a request that detaches does before its operation. */
static int run_release(Work *work, House *h _unused_, Fault *f)
{
	ShareMapping *mapping;
	bool changed;
	int r = share_mapping_get(work->tx, work->arena, mapping_id, &mapping, f);

	if (r)
		return r;
	mapping->status = SHARE_MAPPING_DETACHING;
	r = share_mapping_update(work->tx, mapping, f);
	if (!r)
		r = share_access_release(work->tx, work->arena, mapping, &changed, f);
	assert_true(r || changed);
	return r;
}

static int run_detach(Work *work, House *h _unused_, Fault *f)
{
	return begin(work, "detach-share", f);
}

/* Another one comes and goes while the operation of the first still has to run. */
TEST(who_is_leaving_holds_no_rule)
{
	House h;

	open_house(&h);
	map(&h, FIRST, SHARE_MAPPING_INACTIVE);
	visit(&h, run_apply);
	house_settle(&h);
	visit(&h, run_release);
	map(&h, SECOND, SHARE_MAPPING_INACTIVE);
	visit(&h, run_release);
	for (int i = 0; i < 2; i++) {
		mapping_id = server_id = i ? SECOND : FIRST;
		visit(&h, run_detach);
		house_settle(&h);
	}
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM share_mappings"), 0);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM share_rules"), 0);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM resource_locks"), 0);
	close_house(&h);
}

/* --- a share that is in the way of a guest --- */

static int run_rescue(Work *work, House *h, Fault *f)
{
	return service_rescue_server(work, h->server_id, NULL, true, f);
}

static int run_unrescue(Work *work, House *h, Fault *f)
{
	return service_unrescue_server(work, h->server_id, f);
}

/* A server that runs and has the share. */
static void run_server(House *h)
{
	assert_int_equal(house_create_server(h), 0);
	house_settle(h);
	assert_int_equal(house_stop(h), 0);
	house_settle(h);
	mapping_id = FIRST;
	server_id = h->server_id;
	status = SHARE_MAPPING_INACTIVE;
	visit(h, run_map);
	visit(h, run_apply);
	house_settle(h);
	assert_int_equal(house_start(h), 0);
	house_settle(h);
	assert_mapping(h, FIRST, SHARE_MAPPING_ACTIVE, true);
}

static DomainState domain(House *h)
{
	DomainState state = DOMAIN_ABSENT;
	Fault f = {0};

	assert_int_equal(hypervisor_state(h->hypervisor, h->server_id, &state, &f), 0);
	return state;
}

/* Off, and not in a rescue: from here it can be detached, or the guest be started again. */
static void assert_in_the_way(House *h)
{
	const Server *server = house_server(h);

	assert_int_equal(server->vm_state, VM_ERROR);
	assert_int_equal(server->task_state, TASK_NONE);
	assert_null(server->rescue_image_id);
	assert_non_null(
		str_after(server->fault_message, "its share " SHARE " cannot be connected: "));
	assert_int_equal(domain(h), DOMAIN_OFF);
	assert_mapping(h, FIRST, SHARE_MAPPING_ERROR, false);
}

static void assert_mended(House *h)
{
	is_away = false;
	assert_int_equal(house_reboot(h, true), 0);
	house_settle(h);
	assert_int_equal(house_server(h)->vm_state, VM_ACTIVE);
	assert_mapping(h, FIRST, SHARE_MAPPING_ACTIVE, true);
}

TEST(one_that_is_away_does_not_keep_a_server_in_its_rescue)
{
	House h;

	open_house(&h);
	run_server(&h);
	visit(&h, run_rescue);
	house_settle(&h);
	assert_int_equal(house_server(&h)->vm_state, VM_RESCUED);
	is_away = true;
	visit(&h, run_unrescue);
	house_settle(&h);
	assert_in_the_way(&h);
	assert_mended(&h);
	house_check(&h);
	close_house(&h);
}

TEST(one_that_is_away_fails_a_rescue)
{
	House h;

	open_house(&h);
	run_server(&h);
	is_away = true;
	visit(&h, run_rescue);
	house_settle(&h);
	assert_in_the_way(&h);
	assert_mended(&h);
	house_check(&h);
	close_house(&h);
}

/* --- a plug that fails when the guest has the share already --- */

/* As after a crash between the guest's taking it and the mark. */
static int run_plug(Work *work, House *h, Fault *f)
{
	char alias[FILESYSTEM_ALIAS_TEXT];
	const FilesystemSpec taken = {
		.alias = filesystem_alias(mapping_id, alias), .tag = "tag", .path = "/"};
	ShareMapping *mapping;
	int r = hypervisor_attach_filesystem(h->hypervisor, h->server_id, &taken, f);

	if (!r)
		r = share_mapping_get(work->tx, work->arena, mapping_id, &mapping, f);
	if (r)
		return r;
	mapping->connected = true;
	r = share_mapping_update(work->tx, mapping, f);
	return r ? r : begin(work, "plug-share", f);
}

static int run_unplug(Work *work, House *h _unused_, Fault *f)
{
	ShareMapping *mapping;
	int r = share_mapping_get(work->tx, work->arena, mapping_id, &mapping, f);

	if (!r)
		r = share_mapping_move(work->tx, mapping, SHARE_MAPPING_EVENT_DETACH, f);
	return r ? r : begin(work, "detach-share-connected", f);
}

static void plug_in_vain(House *h)
{
	assert_int_equal(house_create_server(h), 0);
	house_settle(h);
	mapping_id = FIRST;
	server_id = h->server_id;
	status = SHARE_MAPPING_ATTACHING;
	visit(h, run_map);
	visit(h, run_apply);
	house_settle(h);
	is_away = true;
	visit(h, run_plug);
	house_settle(h);
}

static bool has_it(House *h)
{
	char alias[FILESYSTEM_ALIAS_TEXT];
	FilesystemPresence seen;
	Fault f = {0};

	assert_int_equal(hypervisor_find_filesystem(h->hypervisor, h->server_id,
						    filesystem_alias(FIRST, alias), &seen, &f),
			 0);
	return seen.live;
}

TEST(a_plug_that_fails_is_undone)
{
	House h;

	open_house(&h);
	plug_in_vain(&h);
	assert_mapping(&h, FIRST, SHARE_MAPPING_ERROR, false);
	assert_false(has_it(&h));
	close_house(&h);
}

/* Asked in vain, it has the share, and nothing waits for it; until it lets go of things again. */
static void guest_keeps_it(const char *how)
{
	House h;

	setenv("CLEAT_FAKE_DETACH", how, 1);
	open_house(&h);
	unsetenv("CLEAT_FAKE_DETACH");
	plug_in_vain(&h);
	assert_mapping(&h, FIRST, SHARE_MAPPING_ERROR, true);
	assert_true(has_it(&h));
	house_leave(&h);
	house_enter(&h);
	visit(&h, run_unplug);
	house_settle(&h);
	assert_int_equal(house_count(&h, "SELECT COUNT(*) FROM share_mappings"), 0);
	assert_false(has_it(&h));
	close_house(&h);
}

TEST(a_guest_that_keeps_it_holds_up_nobody)
{
	guest_keeps_it("refuse");
	guest_keeps_it("pending:600000");
}

TEST(what_a_guest_keeps_it_has_until_it_is_off)
{
	House h;

	setenv("CLEAT_FAKE_DETACH", "refuse", 1);
	open_house(&h);
	unsetenv("CLEAT_FAKE_DETACH");
	plug_in_vain(&h);
	assert_mapping(&h, FIRST, SHARE_MAPPING_ERROR, true);
	assert_int_equal(house_stop(&h), 0);
	house_settle(&h);
	assert_mapping(&h, FIRST, SHARE_MAPPING_INACTIVE, false);
	is_away = false;
	assert_int_equal(house_start(&h), 0);
	house_settle(&h);
	assert_mapping(&h, FIRST, SHARE_MAPPING_ACTIVE, true);
	assert_true(has_it(&h));
	close_house(&h);
}
