/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which part needs which, as an order: each comes up after what it needs and goes down before it.
 *
 *     store -> identity, hypervisor, backend, depot -> engine -> api -> http
 *
 * The store wakes the engine and tells the identity provider when a commit touched what they keep
 * an eye on; the hypervisor's events go to the engine. Both may call before the engine is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "api/common/api.h"
#include "api/admin/admin.h"
#include "api/compute/compute.h"
#include "api/identity/identity.h"
#include "api/image/image.h"
#include "api/volume/volume.h"
#include "backend/file/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "contract/backend.h"
#include "contract/hypervisor.h"
#include "contract/identity.h"
#include "daemon/daemon.h"
#include "engine/engine.h"
#include "http/http.h"
#include "hypervisor/fake/fake.h"
#include "hypervisor/libvirt/libvirt.h"
#include "identity/local/local.h"
#include "records/tables.h"
#include "service/image.h"
#include "service/lockout.h"
#include "store/sqlite/sqlite.h"

enum { SHUTDOWN_MS = 60 * 1000 };

struct Daemon {
	Store *store;
	Identity *identity;
	Lockout *lockout;
	Hypervisor *hypervisor;
	Backend *backend;
	Depot *depot;
	_Atomic(Engine *) engine;
	Api *api;
	HttpServer *http;
	ServiceSettings settings;
	char *address;
	bool tls;
};

static const ApiDialect *const dialects[] = {
	&identity_dialect,
	&image_dialect,
	&compute_dialect,
	&volume_dialect,
	&admin_dialect,
};

static void on_commit(void *ctx, unsigned touched)
{
	Daemon *daemon = ctx;
	Engine *engine = atomic_load(&daemon->engine);

	if ((touched & STORE_TOUCHED_OPERATIONS) && engine)
		engine_wake(engine);
	if ((touched & STORE_TOUCHED_IDENTITY) && daemon->identity)
		identity_invalidate(daemon->identity);
}

static void on_event(void *ctx, const HypervisorEvent *event)
{
	Daemon *daemon = ctx;
	Engine *engine = atomic_load(&daemon->engine);

	if (engine)
		engine_event(engine, event);
}

static int make_dir(const char *path, Fault *f)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fault(f, -errno, "%s cannot be made: %s", path, strerror(errno));
	return 0;
}

static int below(Arena *arena, const char *dir, const char *name, const char **ret, Fault *f)
{
	*ret = arena_printf(arena, "%s/%s", dir, name);
	return make_dir(*ret, f);
}

static int open_store(Daemon *daemon, const Config *config, Arena *arena, Fault *f)
{
	StoreConfig store = {
		.location = arena_printf(arena, "%s/cleat.db", config->dir),
		.on_commit = on_commit,
		.ctx = daemon,
	};
	int r;

	r = make_dir(config->dir, f);
	if (!r)
		r = store_open(&store_sqlite, &store, &daemon->store, f);
	if (!r)
		r = store_migrate(daemon->store, schema_migrations, schema_migration_count, f);
	return fault_unexpected(f, r);
}

static int open_hypervisor(Daemon *daemon, const Config *config, Arena *arena, Fault *f)
{
	HypervisorConfig hypervisor = {
		.uri = config->libvirt_uri,
		.accelerator = config->accelerator,
		.shutdown_ms = SHUTDOWN_MS,
		.on_event = on_event,
		.ctx = daemon,
	};
	bool fake = str_eq(config->hypervisor, "fake");
	int r;

	r = below(arena, config->dir, "hypervisor", &hypervisor.state_dir, f);
	if (r)
		return r;
	r = hypervisor_open(fake ? &hypervisor_fake : &hypervisor_libvirt, &hypervisor,
			    &daemon->hypervisor, f);
	return fault_unexpected(f, r);
}

static int open_drivers(Daemon *daemon, const Config *config, Arena *arena, Fault *f)
{
	BackendConfig backend = {.name = "file"};
	const char *depot;
	int r;

	r = fault_unexpected(f,
			     identity_open(&identity_local, daemon->store, &daemon->identity, f));
	if (!r)
		r = below(arena, config->dir, "volumes", &backend.directory, f);
	if (!r)
		r = fault_unexpected(f, backend_open(&backend_file, &backend, &daemon->backend, f));
	if (!r)
		r = below(arena, config->dir, "depot", &depot, f);
	if (!r)
		r = fault_unexpected(f, depot_open(&depot_file, depot, &daemon->depot, f));
	if (!r)
		r = open_hypervisor(daemon, config, arena, f);
	return r;
}

static int release_images(Tx *tx, void *ctx, Fault *f)
{
	return service_release_images(tx, ctx, f);
}

static int seed(Daemon *daemon, const Config *config, Arena *arena, Fault *f)
{
	DevSeed seed = {
		.arena = arena,
		.store = daemon->store,
		.depot = daemon->depot,
		.settings = &daemon->settings,
		.config = config,
	};
	int r;

	r = fault_unexpected(f, store_write(daemon->store, release_images, arena, f));
	if (!r)
		r = seed_store(&seed, f);
	if (!r && config->dev)
		r = dev_seed(&seed, f);
	if (!r && config->dev)
		r = dev_write_files(
			&seed,
			arena_printf(arena, "%s://%s", daemon_scheme(daemon), daemon->address), f);
	return r;
}

static int start_engine(Daemon *daemon, const Config *config, Arena *arena, Fault *f)
{
	EngineConfig engine = {
		.store = daemon->store,
		.hypervisor = daemon->hypervisor,
		.backend = daemon->backend,
		.depot = daemon->depot,
		.kinds = service_operations,
		.kind_count = service_operation_count,
		.power_changed = service_power_changed,
	};
	Engine *started;
	int r;

	r = below(arena, config->dir, "guests", &engine.guest_dir, f);
	if (r)
		return r;
	r = engine_start(&engine, &started, f);
	if (r)
		return fault_unexpected(f, r);
	atomic_store(&daemon->engine, started);
	engine_wake(started); /* for what was committed while it was not there */
	return 0;
}

static int open_socket(Daemon *daemon, const Config *config, int *ret_fd, Fault *f)
{
	char name[128];
	int r;

	r = http_listen(config->listen, ret_fd, f);
	if (r)
		return fault_unexpected(f, r);
	if (!daemon->tls && !http_listen_is_local(*ret_fd)) {
		if (!config->allow_plain)
			return fault(f, -EPERM,
				     "%s can be reached from other machines: configure TLS, or set "
				     "allow_plain if something in front does it",
				     config->listen);
		log_warning("serving plain HTTP on %s, as configured", config->listen);
	}
	r = http_listen_name(*ret_fd, name, sizeof(name), f);
	if (r)
		return fault_unexpected(f, r);
	daemon->address = mem_strdup(name);
	return 0;
}

/* A whole small file, such as a certificate. */
static int slurp(Arena *arena, const char *path, const char **ret, Fault *f)
{
	char bytes[64 * 1024];
	_cleanup_(closep) int fd = -1;
	ssize_t n;

	*ret = NULL;
	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
	if (n < 0)
		return fault(f, -errno, "%s cannot be read: %s", path, strerror(errno));
	*ret = arena_strndup(arena, bytes, (size_t)n);
	return 0;
}

static int start_serving(Daemon *daemon, const Config *config, Arena *arena, int fd, Fault *f)
{
	ApiConfig api = {
		.store = daemon->store,
		.identity = daemon->identity,
		.lockout = daemon->lockout,
		.hypervisor = daemon->hypervisor,
		.depot = daemon->depot,
		.engine = atomic_load(&daemon->engine),
		.settings = &daemon->settings,
		.public_url = config->public_url,
		.region = config->region,
		.dialects = dialects,
		.dialect_count = ARRAY_SIZE(dialects),
	};
	HttpConfig http = {
		.listen_fd = fd,
		.body_max = LIMIT_HTTP_BODY_BYTES,
		.stream_max = SIZE_MAX,
		.request_ms = LIMIT_HTTP_REQUEST_MS,
	};
	int r;

	r = slurp(arena, config->tls_cert, &http.tls_cert, f);
	if (!r)
		r = slurp(arena, config->tls_key, &http.tls_key, f);
	if (!r)
		r = fault_unexpected(f, api_new(&api, &daemon->api, f));
	if (r) {
		(void)close(fd);
		return r;
	}
	http.app = api_http_app(daemon->api);
	return fault_unexpected(f, http_server_start(&http, &daemon->http, f));
}

int daemon_start(const Config *config, Arena *arena, Daemon **ret, Fault *f)
{
	_cleanup_(daemon_stopp) Daemon *daemon = NEW(Daemon);
	_cleanup_(closep) int fd = -1;
	int r;

	daemon->tls = config->tls_cert;
	daemon->lockout = lockout_new();
	daemon->settings = (ServiceSettings){
		.host = arena_strdup(arena, config->host),
		.availability_zone = config->availability_zone,
		.backend = "file",
		.volume_host = arena_printf(arena, "%s@file#file", config->host),
		.default_volume_type = DEFAULT_VOLUME_TYPE,
		.volume_format = config->volume_format,
		.max_disks = config->max_disks,
		.token_s = config->token_s,
	};
	r = open_store(daemon, config, arena, f);
	if (!r)
		r = open_socket(daemon, config, &fd, f);
	if (!r)
		r = open_drivers(daemon, config, arena, f);
	if (!r)
		r = seed(daemon, config, arena, f);
	if (!r)
		r = start_engine(daemon, config, arena, f);
	if (!r)
		r = start_serving(daemon, config, arena, TAKE_FD(fd), f);
	if (r)
		return r;
	*ret = TAKE(daemon);
	return 0;
}

Daemon *daemon_stop(Daemon *daemon)
{
	if (!daemon)
		return NULL;
	if (daemon->http)
		http_server_drain(daemon->http);
	(void)http_server_free(daemon->http);
	(void)api_free(daemon->api);
	if (atomic_load(&daemon->engine))
		(void)engine_stop(atomic_exchange(&daemon->engine, NULL));
	(void)hypervisor_close(daemon->hypervisor);
	(void)depot_close(daemon->depot);
	(void)backend_close(daemon->backend);
	(void)store_close(daemon->store);
	(void)identity_close(daemon->identity);
	(void)lockout_free(daemon->lockout);
	free(daemon->address);
	free(daemon);
	return NULL;
}

const char *daemon_address(const Daemon *daemon)
{
	return daemon->address;
}

const char *daemon_scheme(const Daemon *daemon)
{
	return daemon->tls ? "https" : "http";
}
