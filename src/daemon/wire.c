/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The wiring: which driver stands behind which contract, and who tells whom.
 *
 *   store ---commit---> engine (there is work), identity (tokens changed), notifications
 *   hypervisor ---event---> engine
 *   http ---request---> api ---> store, identity, depot, hypervisor (consoles)
 *
 * The store and the hypervisor call back on threads of their own, from before the engine is there
 * until after it is gone; `running` is the gate that they look through.
 */
#include "daemon/wire.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "api/admin/admin.h"
#include "api/compute/compute.h"
#include "api/identity/identity.h"
#include "api/image/image.h"
#include "api/metadata/metadata-api.h"
#include "api/share/share.h"
#include "api/volume/volume.h"
#include "audit/audit.h"
#include "backend/cephfs/cephfs.h"
#include "backend/directory/directory.h"
#include "backend/fake/fake.h"
#include "backend/file/file.h"
#include "backend/lvm/lvm.h"
#include "backend/nfs/nfs.h"
#include "backend/rbd/rbd.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "daemon/dhcp-hosts.h"
#include "daemon/doors.h"
#include "daemon/files.h"
#include "daemon/guest-gate.h"
#include "daemon/guest-network.h"
#include "daemon/notifications.h"
#include "daemon/targets.h"
#include "engine/engine.h"
#include "hypervisor/fake/fake.h"
#include "hypervisor/libvirt/libvirt.h"
#include "identity/local/local.h"
#include "records/tables.h"
#include "service/image.h"
#include "store/sqlite/sqlite.h"

/* Of one guest on the bridge, at a time: others have room beside it. */
enum { CONNECTIONS_PER_GUEST = 8 };

struct Daemon {
	const Config *config;
	Arena *arena;
	ServiceSettings settings;
	Store *store;
	Identity *identity;
	Hypervisor *hypervisor;
	Backend *backend;
	Target *target; /* of the backend, or NULL */
	Depot *depot;
	ShareBackend *share_backend;
	Lockout *lockout;
	Audit *audit; /* NULL: there is no trail */
	Engine *engine;
	Api *api;
	HttpServer *server;
	Api *guest_api; /* what guests, and a port for metadata alone, may ask */
	HttpServer *guest_server;
	Doors *doors;
	GuestNetwork network; /* of settings.network */
	const char *dhcp_hosts;
	GuestGate *gate_keeper;
	Api *bridge_api; /* what guests on the bridge may ask */
	HttpServer *bridge_server;
	Notifications *notifications;
	int listen_fd;
	const char *url;
	pthread_rwlock_t gate; /* guards running */
	Engine *running;       /* the engine while it may be told something */
	Notifications *told;   /* likewise */
};

const ApiDialect *const daemon_dialects[] = {
	&identity_dialect, &image_dialect, &compute_dialect,  &volume_dialect,
	&share_dialect,    &admin_dialect, &metadata_dialect,
};
const size_t daemon_dialect_count = ARRAY_SIZE(daemon_dialects);

static void on_commit(void *ctx, unsigned touched, const StoreNews *news)
{
	Daemon *daemon = ctx;

	if ((touched & STORE_TOUCHED_IDENTITY) && daemon->identity)
		identity_invalidate(daemon->identity);
	if (!(touched & (STORE_TOUCHED_OPERATIONS | STORE_TOUCHED_OUTBOX)))
		return;
	pthread_rwlock_rdlock(&daemon->gate);
	if (daemon->running && (touched & STORE_TOUCHED_OPERATIONS))
		engine_begun(daemon->running, news);
	if (daemon->told && (touched & STORE_TOUCHED_OUTBOX))
		notifications_wake(daemon->told);
	pthread_rwlock_unlock(&daemon->gate);
}

static void on_event(void *ctx, const HypervisorEvent *event)
{
	Daemon *daemon = ctx;

	pthread_rwlock_rdlock(&daemon->gate);
	if (daemon->running)
		engine_event(daemon->running, event);
	pthread_rwlock_unlock(&daemon->gate);
}

static void open_gate(Daemon *daemon, Engine *engine)
{
	pthread_rwlock_wrlock(&daemon->gate);
	daemon->running = engine;
	daemon->told = engine ? daemon->notifications : NULL;
	pthread_rwlock_unlock(&daemon->gate);
}

static const char *below(Daemon *daemon, const char *name)
{
	return arena_printf(daemon->arena, "%s/%s", daemon->config->directory, name);
}

static int open_store(Daemon *daemon, Fault *f)
{
	const StoreConfig config = {
		.location = below(daemon, "cleat.db"),
		.on_commit = on_commit,
		.ctx = daemon,
	};
	int r = store_open(&store_sqlite, &config, &daemon->store, f);

	if (r == 0)
		r = store_migrate(daemon->store, schema_migrations, schema_migration_count, f);
	return fault_unexpected(f, r);
}

static int open_identity(Daemon *daemon, Fault *f)
{
	int r = identity_open(&identity_local, daemon->store, &daemon->identity, f);

	daemon->lockout = lockout_new();
	return fault_unexpected(f, r);
}

static int open_audit(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;

	if (str_eq(config->audit, "none"))
		return 0;
	return fault_unexpected(f,
				audit_trail_open(config->audit, config->host, &daemon->audit, f));
}

static void operation_ended(void *ctx, const Operation *operation)
{
	audit_trail_operation(ctx, operation, clock_now_us());
}

static int open_hypervisor(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;
	bool fake = strcmp(config->hypervisor, "fake") == 0;
	const HypervisorConfig wish = {
		.uri = config->hypervisor_uri,
		.state_dir = fake ? below(daemon, "fake") : config->directory,
		.accelerator = config->accelerator,
		.relays = config->metadata_guests,
		.virtiofsd = config->virtiofsd,
		.virtiofs_queue = config->virtiofs_queue,
		.virtiofs_cache =
			str_eq(config->virtiofs_cache, "auto") ? NULL : config->virtiofs_cache,
		.shutdown_ms = config->shutdown_s * 1000,
		.on_event = on_event,
		.ctx = daemon,
	};
	int r = files_make_dir(wish.state_dir, f);

	if (r == 0)
		r = hypervisor_open(fake ? &hypervisor_fake : &hypervisor_libvirt, &wish,
				    &daemon->hypervisor, f);
	if (r)
		return fault_unexpected(f, r);
	daemon->settings.host_traits = hypervisor_traits(daemon->hypervisor);
	if (!fake)
		log_info("hypervisor=\"%s\"", hypervisor_describe(daemon->hypervisor));
	return 0;
}

/* The drivers that [volume] backend may name. */
static const BackendDriver *const backends[] = {
	&backend_file, &backend_lvm_thick, &backend_nfs, &backend_fake,
#ifdef CLEAT_RBD
	&backend_rbd,
#endif
};

/* NULL: this cleatd was built without it. */
static const BackendDriver *find_backend(const Config *config)
{
	if (config->thin_pool)
		return &backend_lvm_thin;
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (strcmp(backends[i]->name, config->volume_backend) == 0)
			return backends[i];
	return NULL;
}

static const char *or_else(const char *text, const char *other)
{
	return text ? text : other;
}

static int open_backend(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;
	const BackendDriver *driver = find_backend(config);
	const BackendConfig backend = {
		.name = config->volume_backend,
		.directory = or_else(config->volume_directory, below(daemon, "volumes")),
		.volume_group = config->volume_group,
		.thin_pool = config->thin_pool,
		.export = config->volume_export,
		.options = config->volume_options,
		.pool = config->ceph_pool,
		.ceph_conf = or_else(config->ceph_conf, "/etc/ceph/ceph.conf"),
		.ceph_cluster = or_else(config->ceph_cluster, "ceph"),
		.ceph_user = or_else(config->ceph_user, "cleat"),
		.secret_uuid = config->ceph_secret,
	};
	int r;

	if (!driver)
		return fault(f, -ENOTSUP, "this cleatd was built without volume backend %s",
			     config->volume_backend);
	r = backend_open(driver, &backend, &daemon->backend, f);
	daemon->settings.backend = daemon->backend;
	return r;
}

static int open_storage(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;
	const char *images = or_else(config->image_directory, below(daemon, "depot"));
	int r = open_backend(daemon, f);

	if (r == 0)
		r = targets_open(config, daemon->arena, &daemon->target, f);
	if (r == 0 && daemon->target)
		backend_set_target(daemon->backend, daemon->target);
	if (r == 0)
		r = depot_open(&depot_file, images, &daemon->depot, f);
	if (r == 0)
		r = depot_sweep(daemon->depot, f);
	return fault_unexpected(f, r);
}

/* The drivers that [share] backend may name. */
static const ShareBackendDriver *const share_backends[] = {&share_directory, &share_nfs,
							   &share_cephfs, &share_fake};

static const ShareBackendDriver *find_share_backend(const Config *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(share_backends); i++)
		if (strcmp(share_backends[i]->name, config->share_backend) == 0)
			return share_backends[i];
	assert(false); /* the configuration was checked */
	return NULL;
}

static int open_shares(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;
	const ShareBackendDriver *driver = find_share_backend(config);
	const ShareBackendConfig backend = {
		.name = driver->name,
		.directory =
			config->share_directory ? config->share_directory : below(daemon, "shares"),
		.mount_dir = config->share_mount_directory ? config->share_mount_directory
							   : below(daemon, "mounts"),
		.limit = config->share_limit,
		.address = config->share_address,
		.options = config->share_mount_options,
		.exports_dir = config->share_exports_directory,
		.ceph_conf = config->share_ceph_conf,
		.ceph_user = config->share_ceph_user,
	};
	int r = share_backend_open(driver, &backend, &daemon->share_backend, f);

	daemon->settings.share_backend = daemon->share_backend;
	return fault_unexpected(f, r);
}

static int release_images(Tx *tx, void *ctx, Fault *f)
{
	return service_release_images(tx, ctx, f);
}

static int guest_begins(void *ctx, const Server *server, Fault *f)
{
	const Daemon *daemon = ctx;

	doors_add(daemon->doors, server->id);
	if (!server->address || !daemon->dhcp_hosts)
		return 0;
	return dhcp_hosts_add(daemon->dhcp_hosts, server, f);
}

static void guest_gone(void *ctx, const char *server_id)
{
	const Daemon *daemon = ctx;

	doors_remove(daemon->doors, server_id);
	if (daemon->dhcp_hosts)
		dhcp_hosts_remove(daemon->dhcp_hosts, server_id);
}

static const char *guest_relay(void *ctx, Arena *arena, const char *server_id)
{
	const Daemon *daemon = ctx;

	return doors_command(daemon->doors, arena, server_id);
}

/* The bridge of servers that have addresses. */
static int open_network(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;
	int r;

	if (!config->network_bridge)
		return 0;
	r = guest_network_open(config, &daemon->network, f);
	daemon->settings.network = &daemon->network;
	daemon->dhcp_hosts = config->dhcp_hosts ? config->dhcp_hosts : below(daemon, "dhcp-hosts");
	return r ? r : dhcp_hosts_open(daemon->dhcp_hosts, f);
}

/* What guests need beside their domains. */
static int add_doors(Daemon *daemon, EngineConfig *config, Fault *f)
{
	int r = doors_new(config->guest_dir, &daemon->doors, f);

	config->guest_begins = guest_begins;
	config->guest_gone = guest_gone;
	config->guest_ctx = daemon;
	if (daemon->config->metadata_guests)
		config->guest_relay = guest_relay;
	return r;
}

static int start_engine(Daemon *daemon, Fault *f)
{
	EngineConfig config = {
		.store = daemon->store,
		.hypervisor = daemon->hypervisor,
		.backend = daemon->backend,
		.depot = daemon->depot,
		.share_backend = daemon->share_backend,
		.kinds = service_operations,
		.kind_count = service_operation_count,
		.workers = (unsigned)daemon->config->engine_workers,
		.guest_dir = below(daemon, "guests"),
		.metadata_domain = daemon->config->metadata_domain,
		.network = daemon->settings.network,
		.times.shutdown_ms = daemon->config->shutdown_s * 1000,
		.times.unplug_retry_ms = daemon->config->detach_s * 1000,
		.times.unplug_tries = daemon->config->detach_tries,
		.power_changed = service_power_changed,
		.domain_seen = service_domain_seen,
		.share_silent = service_share_silent,
		.ended = daemon->audit ? operation_ended : NULL,
		.ended_ctx = daemon->audit,
	};
	int r = store_write(daemon->store, release_images, daemon->arena, f);

	if (r == 0)
		r = files_make_dir(config.guest_dir, f);
	if (r == 0)
		r = add_doors(daemon, &config, f);
	if (r == 0)
		r = engine_start(&config, &daemon->engine, f);
	if (r)
		return fault_unexpected(f, r);
	open_gate(daemon, daemon->engine);
	return 0;
}

static const char *pool_name(const Config *config)
{
	if (config->thin_pool)
		return config->thin_pool;
	if (config->ceph_pool)
		return config->ceph_pool;
	return or_else(config->volume_group, config->volume_backend);
}

static void fill_settings(Daemon *daemon)
{
	const Config *config = daemon->config;

	daemon->settings = (ServiceSettings){
		.host = config->host,
		.availability_zone = config->availability_zone,
		.backend_name = config->volume_backend,
		.volume_host = arena_printf(daemon->arena, "%s@%s#%s", config->host,
					    config->volume_backend, pool_name(config)),
		.default_volume_type = config->default_volume_type,
		.share_host = arena_printf(daemon->arena, "%s@%s#%s", config->host,
					   config->share_backend, config->share_backend),
		.share_host_address = config->share_host_address,
		.default_share_type = config->default_share_type,
		.share_restore_s = config->share_restore_s,
		.volume_format = strcmp(config->volume_format, "qcow2") == 0 ? DISK_FORMAT_QCOW2
									     : DISK_FORMAT_RAW,
		.oversubscription = config->oversubscription,
		.reserved_percent = config->reserved_percent,
		.max_disks = config->max_disks,
		.swap_by_services = str_eq(config->volume_swap, "service-only"),
		.share_actions = config->share_actions,
		.share_hotplug = str_eq(config->share_hotplug, "yes"),
		.shelved_offload_s = config->shelved_offload_s,
		.metadata_secret = config->metadata_secret,
		.metadata_domain = config->metadata_domain,
		.config_drives = str_eq(config->config_drive, "always"),
		.token_s = config->token_s,
	};
}

/* Who can write to the state can be anybody: do not begin with one that others write to. */
static int check_state(Daemon *daemon, Fault *f)
{
	static const char *const names[] = {"cleat.db",      "cleat.db-wal", "cleat.db-shm",
					    "cleat.db.lock", "secret",       "target-secret"};
	int r = files_make_dir(daemon->config->directory, f);

	if (r == 0)
		r = files_check_private(daemon->config->directory, f);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++)
		r = files_check_private(below(daemon, names[i]), f);
	return r;
}

int daemon_open(const Config *config, Daemon **ret, Fault *f)
{
	_cleanup_(daemon_closep) Daemon *daemon = NEW(Daemon);
	int r;

	daemon->config = config;
	daemon->listen_fd = -1;
	daemon->arena = arena_new();
	pthread_rwlock_init(&daemon->gate, NULL);
	fill_settings(daemon);
	r = check_state(daemon, f);
	if (r == 0)
		r = open_network(daemon, f);
	if (r == 0)
		r = open_store(daemon, f);
	if (r == 0)
		r = open_identity(daemon, f);
	if (r == 0)
		r = open_audit(daemon, f);
	if (r == 0)
		r = open_hypervisor(daemon, f);
	if (r == 0)
		r = open_storage(daemon, f);
	if (r == 0)
		r = open_shares(daemon, f);
	if (r == 0) /* before there is anything to tell */
		r = notifications_open(config, daemon->store, &daemon->notifications, f);
	if (r == 0)
		r = start_engine(daemon, f);
	if (r)
		return r;
	*ret = TAKE(daemon);
	return 0;
}

/* A socket that systemd opened for us, or our own. */
static int open_socket(Daemon *daemon, Fault *f)
{
	int r;

	if (sd_listen_fds(1) == 1) {
		daemon->listen_fd = SD_LISTEN_FDS_START;
		return 0;
	}
	r = http_listen(daemon->config->listen, &daemon->listen_fd, f);
	return fault_unexpected(f, r);
}

/* Tokens and passwords must not cross a network in the clear. */
static int check_exposure(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;

	if (config->tls_cert || http_listen_is_local(daemon->listen_fd))
		return 0;
	if (!config->allow_plain_http)
		return fault(f, -EPERM,
			     "%s can be reached from other machines and has no TLS: set tls_cert "
			     "and tls_key, or allow_plain_http",
			     config->listen);
	log_warning("listen=%s text=\"tokens and passwords cross the network in the clear\"",
		    config->listen);
	return 0;
}

static int open_listener(Daemon *daemon, Fault *f)
{
	char name[256];
	int r = open_socket(daemon, f);

	if (r == 0)
		r = check_exposure(daemon, f);
	if (r == 0)
		r = http_listen_name(daemon->listen_fd, name, sizeof(name), f);
	if (r)
		return fault_unexpected(f, r);
	daemon->url = arena_printf(daemon->arena, "%s://%s",
				   daemon->config->tls_cert ? "https" : "http", name);
	return 0;
}

static int start_server(Daemon *daemon, Fault *f)
{
	const Config *config = daemon->config;
	HttpConfig http = {
		.listen_fd = -1,
		.threads = (unsigned)config->http_threads,
		.proxies = config->proxies,
		.stream_max = SIZE_MAX, /* the depot limits what it takes */
		.app = api_http_app(daemon->api),
	};
	int r = 0;

	if (config->tls_cert) {
		r = files_read(config->tls_cert, daemon->arena, &http.tls_cert, f);
		if (r == 0)
			r = files_read(config->tls_key, daemon->arena, &http.tls_key, f);
	}
	if (r)
		return r;
	http.listen_fd = TAKE_FD(daemon->listen_fd);
	return fault_unexpected(f, http_server_start(&http, &daemon->server, f));
}

/* Servers come by their doors, proxies by the port; neither can ask for anything else. */
static int serve_guests(Daemon *daemon, const ApiConfig *main_config, Fault *f)
{
	static const ApiDialect *const dialects[] = {&metadata_port_dialect};
	const char *own =
		arena_printf(daemon->arena, "unix:%s/proxy.door", below(daemon, "guests"));
	const char *where = daemon->config->metadata_listen;
	ApiConfig config = *main_config;
	HttpConfig http = {.listen_fd = -1, .threads = 1};
	int r;

	config.dialects = dialects;
	config.dialect_count = ARRAY_SIZE(dialects);
	r = api_new(&config, &daemon->guest_api, f);
	if (r == 0)
		r = http_listen(where ? where : own, &http.listen_fd, f);
	if (r)
		return fault_unexpected(f, r);
	http.app = api_http_app(daemon->guest_api);
	r = http_server_start(&http, &daemon->guest_server, f);
	return r ? fault_unexpected(f, r) : doors_serve(daemon->doors, daemon->guest_server, f);
}

static GuestVerdict judge_guest(void *ctx, const char *address)
{
	return guest_gate_judge(ctx, address, clock_mono_ms() * 1000);
}

/* Guests come by the bridge, each known by its address; on the fake hypervisor it is believed. */
static int serve_bridge(Daemon *daemon, const ApiConfig *main_config, Fault *f)
{
	static const ApiDialect *const dialects[] = {&metadata_guest_dialect};
	static const Host this_machine = {.root = ""};
	const char *where = daemon->config->metadata_listen_guests;
	bool fake = str_eq(daemon->config->hypervisor, "fake");
	HttpConfig http = {.listen_fd = -1, .threads = 2, .per_peer = CONNECTIONS_PER_GUEST};
	ApiConfig config = *main_config;
	char name[256];
	int r;

	if (!where)
		return 0;
	daemon->gate_keeper = guest_gate_new(&daemon->network, fake ? NULL : &this_machine);
	config.judge_guest = judge_guest;
	config.guest_ctx = daemon->gate_keeper;
	config.dialects = dialects;
	config.dialect_count = ARRAY_SIZE(dialects);
	r = api_new(&config, &daemon->bridge_api, f);
	if (r == 0)
		r = http_listen(where, &http.listen_fd, f);
	if (r == 0)
		r = http_listen_name(http.listen_fd, name, sizeof(name), f);
	if (r)
		return closep(&http.listen_fd), fault_unexpected(f, r);
	log_info("guests=%s", name);
	http.app = api_http_app(daemon->bridge_api);
	return fault_unexpected(f, http_server_start(&http, &daemon->bridge_server, f));
}

int daemon_serve(Daemon *daemon, Fault *f)
{
	const ApiConfig config = {
		.store = daemon->store,
		.identity = daemon->identity,
		.hypervisor = daemon->hypervisor,
		.depot = daemon->depot,
		.engine = daemon->engine,
		.lockout = daemon->lockout,
		.audit = daemon->audit,
		.settings = &daemon->settings,
		.public_url = daemon->config->public_url,
		.region = daemon->config->region,
		.workers = (unsigned)daemon->config->api_workers,
		.wait_ms = daemon->config->wait_s * 1000,
		.dialects = daemon_dialects,
		.dialect_count = ARRAY_SIZE(daemon_dialects),
	};
	int r = open_listener(daemon, f);

	if (r == 0)
		r = api_new(&config, &daemon->api, f);
	if (r == 0)
		r = serve_guests(daemon, &config, f);
	if (r == 0)
		r = serve_bridge(daemon, &config, f);
	return r ? r : start_server(daemon, f);
}

/* What hangs may come back and use what would be closed. The journal takes it up at next start. */
static void leave_at_once(void)
{
	log_warning("text=\"a step hangs: it is taken up at the next start\"");
	_exit(0);
}

Daemon *daemon_close(Daemon *daemon)
{
	if (!daemon)
		return NULL;
	if (daemon->engine)
		engine_end_watches(daemon->engine); /* or a slow backend would hold up the end */
	if (daemon->server)
		http_server_drain(daemon->server);
	daemon->server = http_server_free(daemon->server);
	daemon->api = api_free(daemon->api);
	open_gate(daemon, NULL);
	if (!engine_stop(daemon->engine))
		leave_at_once();
	daemon->notifications = notifications_close(daemon->notifications);
	daemon->doors = doors_free(daemon->doors); /* before who serves them */
	daemon->guest_server = http_server_free(daemon->guest_server);
	daemon->guest_api = api_free(daemon->guest_api);
	daemon->bridge_server = http_server_free(daemon->bridge_server);
	daemon->bridge_api = api_free(daemon->bridge_api);
	daemon->gate_keeper = guest_gate_free(daemon->gate_keeper);
	hypervisor_close(daemon->hypervisor);
	depot_close(daemon->depot);
	backend_close(daemon->backend);
	target_close(daemon->target);
	share_backend_close(daemon->share_backend);
	store_close(daemon->store);
	audit_trail_close(daemon->audit); /* after the store, which tells of the last ends */
	identity_close(daemon->identity);
	lockout_free(daemon->lockout);
	pthread_rwlock_destroy(&daemon->gate);
	closep(&daemon->listen_fd);
	arena_free(daemon->arena);
	free(daemon);
	return NULL;
}

Store *daemon_store(Daemon *daemon)
{
	return daemon->store;
}

Depot *daemon_depot(Daemon *daemon)
{
	return daemon->depot;
}

const ServiceSettings *daemon_settings(const Daemon *daemon)
{
	return &daemon->settings;
}

const char *daemon_url(const Daemon *daemon)
{
	return daemon->url;
}
