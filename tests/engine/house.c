/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See house.h.
 */
#include "tests/engine/house.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/file/file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hypervisor/fake/fake.h"
#include "service/attach.h"
#include "service/operation.h"
#include "service/server.h"
#include "service/swap.h"
#include "store/sqlite/sqlite.h"
#include "tests/lib/test.h"

enum { SETTLE_MS = 120000, SETTLE_LOOK_MS = 2 };

static const Caller caller = {.user_id = "u", .project_id = "p", .roles = 1u << ROLE_MEMBER};
static const ServiceSettings settings = {
	.host = "here",
	.availability_zone = "nova",
	.backend_name = "file",
	.volume_host = "here@file#file",
	.max_disks = -1,
	.share_host_address = "127.0.0.1",
};

static void ok(int r, const Fault *f)
{
	if (r)
		fail_msg("%d: %s", r, f->text);
}

static const char *below(House *h, const char *name, char out[static 128])
{
	(void)snprintf(out, 128, "%s/%s", h->directory, name);
	return out;
}

/* Doors. ------------------------------------------------------------------------------------------
 */

static void on_commit(void *ctx, unsigned touched, const StoreNews *news)
{
	House *h = ctx;

	Engine *engine = h->engine;

	if (++h->commits == h->die_at)
		_exit(9); /* as if it had been killed */
	if ((touched & STORE_TOUCHED_OPERATIONS) && engine)
		engine_begun(engine, news);
}

static void on_event(void *ctx, const HypervisorEvent *event)
{
	House *h = ctx;
	Engine *engine = h->engine;

	if (engine)
		engine_event(engine, event);
}

static void open_all(House *h)
{
	char path[128];
	StoreConfig store = {.location = below(h, "db", path), .on_commit = on_commit, .ctx = h};
	HypervisorConfig hypervisor = {.accelerator = "auto", .on_event = on_event, .ctx = h};
	BackendConfig backend = {.name = "file"};
	Fault f = {0};

	h->arena = arena_new();
	ok(store_open(&store_sqlite, &store, &h->store, &f), &f);
	ok(store_migrate(h->store, schema_migrations, schema_migration_count, &f), &f);
	hypervisor.state_dir = below(h, "domains", path);
	ok(hypervisor_open(&hypervisor_fake, &hypervisor, &h->hypervisor, &f), &f);
	backend.directory = below(h, "volumes", path);
	ok(backend_open(&backend_file, &backend, &h->backend, &f), &f);
	ok(depot_open(&depot_file, below(h, "depot", path), &h->depot, &f), &f);
}

static int furnish_work(Tx *tx, void *ctx, Fault *f)
{
	int64_t now = clock_now_us();
	const Flavor flavor = {.id = HOUSE_FLAVOR,
			       .name = HOUSE_FLAVOR,
			       .ram_mib = 64,
			       .vcpus = 1,
			       .disk_gib = 1,
			       .is_public = true};
	const Image image = {.id = HOUSE_IMAGE,
			     .owner = "p",
			     .name = "tiny",
			     .status = IMAGE_ACTIVE,
			     .disk_format = DISK_FORMAT_RAW,
			     .size_bytes = 4096,
			     .virtual_size_bytes = 4096,
			     .created_us = now};
	const Volume volume = {.id = HOUSE_VOLUME,
			       .project_id = "p",
			       .user_id = "u",
			       .size_gib = 1,
			       .status = VOLUME_AVAILABLE,
			       .backend = "file",
			       .format = DISK_FORMAT_RAW,
			       .created_us = now};
	Volume spare = volume;
	House *h = ctx;
	int r;

	spare.id = HOUSE_SPARE;
	r = flavor_insert(tx, &flavor, f);
	if (!r)
		r = image_insert(tx, &image, f);
	if (!r)
		r = volume_insert(tx, &volume, f);
	if (!r)
		r = volume_insert(tx, &spare, f);
	if (!r)
		r = backend_create(h->backend, &spare, f);
	return r ? r : backend_create(h->backend, &volume, f);
}

static void make_image(House *h)
{
	static const char bytes[4096] = "a disk";
	DepotUpload *upload;
	DepotFacts facts;
	Fault f = {0};

	ok(depot_begin(h->depot, HOUSE_IMAGE, &upload, &f), &f);
	ok(depot_write(h->depot, upload, bytes, sizeof(bytes), &f), &f);
	ok(depot_finish(h->depot, upload, DISK_FORMAT_RAW, h->arena, &facts, &f), &f);
}

static void close_all(House *h)
{
	h->store = store_close(h->store);
	h->hypervisor = hypervisor_close(h->hypervisor);
	h->backend = backend_close(h->backend);
	h->depot = depot_close(h->depot);
	h->arena = arena_free(h->arena);
}

void house_make(House *h)
{
	static const char *const rooms[] = {"domains", "volumes", "depot", "guests"};
	EngineTimes times = h->times;
	char path[128];
	Fault f = {0};

	log_set_level(LOG_ERROR); /* what goes wrong here is meant to */
	*h = (House){.directory = "/tmp/cleat-house-XXXXXX", .times = times};
	assert_non_null(mkdtemp(h->directory));
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
		assert_int_equal(mkdir(below(h, rooms[i], path), 0700), 0);
	open_all(h);
	make_image(h);
	ok(store_write(h->store, furnish_work, h, &f), &f);
	close_all(h);
}

void house_enter(House *h)
{
	char path[128];
	EngineConfig config = {
		.kinds = service_operations,
		.kind_count = service_operation_count,
		.workers = 3,
		.times = h->times,
		.power_changed = service_power_changed,
		.domain_seen = service_domain_seen,
		.share_silent = service_share_silent,
	};
	Engine *engine;
	Fault f = {0};

	open_all(h);
	config.store = h->store;
	config.hypervisor = h->hypervisor;
	config.backend = h->backend;
	config.depot = h->depot;
	config.share_backend = h->share_backend;
	config.guest_dir = below(h, "guests", path);
	ok(engine_start(&config, &engine, &f), &f);
	h->engine = engine;
	engine_wake(engine); /* for what was committed before it could be told */
}

void house_leave(House *h)
{
	Engine *engine = h->engine;

	h->engine = NULL;
	assert_true(engine_stop(engine));
	close_all(h);
}

static void remove_tree(const char *path)
{
	DIR *directory = opendir(path);

	if (!directory) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory));) {
		_cleanup_(buf_done) Buf child = {0};

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		buf_printf(&child, "%s/%s", path, entry->d_name);
		remove_tree(buf_text(&child));
	}
	assert_int_equal(closedir(directory), 0);
	assert_int_equal(rmdir(path), 0);
}

void house_remove(House *h)
{
	remove_tree(h->directory);
}

/* Use cases.
 * ---------------------------------------------------------------------------------------- */

typedef struct Visit {
	House *house;
	Arena *arena;
	int (*run)(Work *work, House *house, Fault *f);
} Visit;

static int visit_work(Tx *tx, void *ctx, Fault *f)
{
	Visit *visit = ctx;
	ServiceSettings here = settings;
	Work work = {
		.tx = tx,
		.arena = visit->arena,
		.caller = visit->house->caller ? visit->house->caller : &caller,
		.request_id = "req-test",
		.settings = &here,
		.now_us = clock_now_us(),
	};

	here.backend = visit->house->backend;
	return visit->run(&work, visit->house, f);
}

int house_visit(House *h, int (*run)(Work *work, House *house, Fault *f))
{
	_cleanup_(arena_freep) Arena *arena = arena_new(); /* until the commit has been told */
	Visit v = {.house = h, .arena = arena, .run = run};
	Fault f = {0};
	int r = store_write(h->store, visit_work, &v, &f);

	if (r < 0)
		fail_msg("%s", f.text);
	return r;
}

static int run_create(Work *work, House *h, Fault *f)
{
	const ServerWish wish = {
		.name = "a server",
		.image_id = HOUSE_IMAGE,
		.flavor_id = HOUSE_FLAVOR,
		.count = 1,
	};
	const char *reservation;
	Server *server;
	int r = service_create_servers(work, &wish, &server, &reservation, f);

	if (!r)
		(void)snprintf(h->server_id, sizeof(h->server_id), "%s", server->id);
	return r;
}

static int run_delete(Work *work, House *h, Fault *f)
{
	return service_delete_server(work, h->server_id, f);
}

static int run_start(Work *work, House *h, Fault *f)
{
	return service_power_server(work, h->server_id, SERVER_START, f);
}

static int run_stop(Work *work, House *h, Fault *f)
{
	return service_power_server(work, h->server_id, SERVER_STOP, f);
}

static int run_soft_reboot(Work *work, House *h, Fault *f)
{
	return service_power_server(work, h->server_id, SERVER_REBOOT_SOFT, f);
}

static int run_hard_reboot(Work *work, House *h, Fault *f)
{
	return service_power_server(work, h->server_id, SERVER_REBOOT_HARD, f);
}

static int run_pause(Work *work, House *h, Fault *f)
{
	return service_power_server(work, h->server_id, SERVER_PAUSE, f);
}

static int run_unpause(Work *work, House *h, Fault *f)
{
	return service_power_server(work, h->server_id, SERVER_UNPAUSE, f);
}

static int run_attach(Work *work, House *h, Fault *f)
{
	const AttachWish wish = {.server_id = h->server_id, .volume_id = HOUSE_VOLUME};
	Attachment *attachment;
	AttachPlan plan;
	int r = service_check_attach(work, &wish, &plan, f);

	return r ? r : service_attach_volume(work, &plan, &attachment, f);
}

static int run_detach(Work *work, House *h, Fault *f)
{
	const DetachWish wish = {.server_id = h->server_id, .volume_id = HOUSE_VOLUME};

	return service_detach_volume(work, &wish, f);
}

static int run_swap(Work *work, House *h, Fault *f)
{
	const SwapWish wish = {
		.server_id = h->server_id,
		.old_id = HOUSE_VOLUME,
		.new_id = HOUSE_SPARE,
	};

	return service_swap_volume(work, &wish, f);
}

static int run_cancel(Work *work, House *h _unused_, Fault *f)
{
	static const char *const active[] = {"doing", "undoing"};
	RecordQuery query = {0};
	Operation **operations;
	size_t count;
	int r;

	record_where_texts(&query, "state", RECORD_IN, active, ARRAY_SIZE(active));
	r = operation_find(work->tx, work->arena, &query, &operations, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		r = service_cancel_operation(work, operations[i]->id, f);
	return r;
}

int house_create_server(House *h)
{
	return house_visit(h, run_create);
}

int house_delete_server(House *h)
{
	return house_visit(h, run_delete);
}

int house_pause(House *h)
{
	return house_visit(h, run_pause);
}

int house_unpause(House *h)
{
	return house_visit(h, run_unpause);
}

int house_start(House *h)
{
	return house_visit(h, run_start);
}

int house_stop(House *h)
{
	return house_visit(h, run_stop);
}

int house_reboot(House *h, bool hard)
{
	return house_visit(h, hard ? run_hard_reboot : run_soft_reboot);
}

int house_attach(House *h)
{
	return house_visit(h, run_attach);
}

int house_detach(House *h)
{
	return house_visit(h, run_detach);
}

int house_swap(House *h)
{
	return house_visit(h, run_swap);
}

int house_cancel(House *h)
{
	return house_visit(h, run_cancel);
}

/* Looking.
 * -------------------------------------------------------------------------------------------- */

typedef struct Count {
	const char *sql;
	int64_t value;
} Count;

static int count_row(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	((Count *)ctx)->value = store_row_int(row, 0);
	return 0;
}

static int count_work(Tx *tx, void *ctx, Fault *f)
{
	return store_query(tx, ((Count *)ctx)->sql, STORE_NO_VALUES, count_row, ctx, f);
}

int64_t house_count(House *h, const char *sql)
{
	Count count = {.sql = sql};
	Fault f = {0};

	ok(store_read(h->store, count_work, &count, &f), &f);
	return count.value;
}

void house_look(House *h)
{
	int64_t end_ms = clock_mono_ms() + SETTLE_MS;

	while (engine_status(h->engine).reading || engine_status(h->engine).running) {
		assert_true(clock_mono_ms() < end_ms);
		clock_sleep_ms(SETTLE_LOOK_MS);
	}
}

void house_settle(House *h)
{
	int64_t end_ms = clock_mono_ms() + SETTLE_MS;

	while (house_count(h,
			   "SELECT COUNT(*) FROM operations WHERE state IN ('doing','undoing')") ||
	       engine_status(h->engine).running + engine_status(h->engine).waiting) {
		if (clock_mono_ms() > end_ms)
			fail_msg("operations do not end");
		clock_sleep_ms(SETTLE_LOOK_MS);
	}
}

typedef struct Rows {
	House *house;
	Server *server;
	Volume *volume;
	Attachment **attachments;
	size_t attachment_count;
	InstanceAction **actions;
	size_t action_count;
} Rows;

static int rows_work(Tx *tx, void *ctx, Fault *f)
{
	Rows *rows = ctx;
	House *h = rows->house;
	RecordQuery query = {.limit = 1};
	int r;

	r = volume_get(tx, h->arena, HOUSE_VOLUME, &rows->volume, f);
	if (!r)
		r = attachments_of_volume(tx, h->arena, HOUSE_VOLUME, &rows->attachments,
					  &rows->attachment_count, f);
	if (!r && *h->server_id)
		r = server_get(tx, h->arena, h->server_id, &rows->server, f);
	record_sort(&query, "started_us", true);
	if (!r)
		r = instance_action_find(tx, h->arena, &query, &rows->actions, &rows->action_count,
					 f);
	return r;
}

static Rows rows_of(House *h)
{
	Rows rows = {.house = h};
	Fault f = {0};

	ok(store_read(h->store, rows_work, &rows, &f), &f);
	return rows;
}

Server *house_server(House *h)
{
	return rows_of(h).server;
}

Volume *house_volume(House *h)
{
	return rows_of(h).volume;
}

VolumeStatus house_spare_status(House *h)
{
	for (int status = 0; status < _VOLUME_STATUS_MAX; status++) {
		char sql[128];

		(void)snprintf(sql, sizeof(sql),
			       "SELECT COUNT(*) FROM volumes WHERE id = '%s' AND status = '%s'",
			       HOUSE_SPARE, enum_name(&volume_status_names, status)); /* fits */
		if (house_count(h, sql))
			return (VolumeStatus)status;
	}
	return _VOLUME_STATUS_MAX;
}

Attachment *house_attachment(House *h)
{
	Rows rows = rows_of(h);

	return rows.attachment_count ? rows.attachments[0] : NULL;
}

InstanceAction *house_last_action(House *h)
{
	Rows rows = rows_of(h);

	return rows.action_count ? rows.actions[0] : NULL;
}

/* The call that a test made fail may be one of these: they are made again. */
static DomainState see_domain(House *h, const char *server_id)
{
	DomainState state;
	Fault f = {0};

	if (hypervisor_state(h->hypervisor, server_id, &state, &f))
		ok(hypervisor_state(h->hypervisor, server_id, &state, &f), &f);
	return state;
}

static DiskPresence see_disk(House *h, const Attachment *attachment)
{
	const char *alias = arena_printf(h->arena, "ua-%s", attachment->id);
	DiskPresence seen;
	Fault f = {0};

	if (hypervisor_find_disk(h->hypervisor, attachment->server_id, alias, &seen, &f))
		ok(hypervisor_find_disk(h->hypervisor, attachment->server_id, alias, &seen, &f),
		   &f);
	return seen;
}

static void check_volume(House *h, const Rows *rows)
{
	const Attachment *attachment = rows->attachment_count ? rows->attachments[0] : NULL;
	DiskPresence seen;

	if (!attachment) {
		assert_int_equal(rows->volume->status, VOLUME_AVAILABLE);
		return;
	}
	assert_int_equal(rows->volume->status, VOLUME_IN_USE);
	assert_int_equal(attachment->status, ATTACHMENT_ATTACHED);
	seen = see_disk(h, attachment);
	assert_true(seen.config);
	assert_int_equal(seen.live, see_domain(h, attachment->server_id) == DOMAIN_RUNNING);
}

/* A server that is gone, or broken before it was built, has left nothing behind. */
static void check_server(House *h, const Server *server)
{
	DomainState state = see_domain(h, server->id);
	bool disk;
	Fault f = {0};

	assert_int_equal(server->task_state, TASK_NONE);
	assert_int_not_equal(server->vm_state, VM_BUILDING);
	ok(depot_disk_exists(h->depot, server->id, DEPOT_ROOT, &disk, &f), &f);
	if (server->vm_state == VM_DELETED || !server->launched_us) {
		assert_int_equal(state, DOMAIN_ABSENT);
		assert_false(disk);
	} else {
		assert_int_equal(state == DOMAIN_RUNNING, server->vm_state == VM_ACTIVE);
		assert_true(disk);
	}
}

void house_check(House *h)
{
	Rows rows = rows_of(h);

	check_volume(h, &rows);
	if (rows.server)
		check_server(h, rows.server);
	assert_int_equal(
		house_count(h, "SELECT COUNT(*) FROM instance_actions WHERE event_finished_us = 0"),
		0);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM operations WHERE state = 'broken'"),
			 0);
}
