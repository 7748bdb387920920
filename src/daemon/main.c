/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleatd: start, say where it serves, wait for the signal to end, end cleanly.
 *
 * Exit status: 0 after a clean end, 1 when it could not start or serve, 2 for wrong options.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/dev.h"
#include "daemon/doors.h"
#include "daemon/files.h"
#include "daemon/options.h"
#include "daemon/wire.h"
#include "service/identity.h"
#include "service/message.h"
#include "service/server.h"
#include "service/share-type.h"
#include "service/share.h"
#include "service/volume-action.h"
#include "service/volume.h"

/* Signals that end the daemon come through a descriptor; set before any thread is made. */
static int block_signals(int *ret_fd, Fault *f)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &ending, NULL) != 0)
		return fault(f, -EINVAL, "cannot block signals");
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal */
	*ret_fd = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? fault(f, -errno, "signalfd: %s", strerror(errno)) : 0;
}

static int set_log_levels(const Config *config, Fault *f)
{
	LogLevel level = LOG_INFO;

	(void)log_level_parse(config->log_level, &level); /* the configuration was checked */
	log_set_level(level);
	if (config->log_rooms && !log_set_rooms(config->log_rooms))
		return fault(f, -EINVAL, "[log] rooms: %s is not a list of ROOM=LEVEL",
			     config->log_rooms);
	return 0;
}

/* It promises what the backend can. */
static int seed_default_share_type(Work *work, Fault *f)
{
	const bool snapshots = share_backend_traits(work->settings->share_backend)->snapshots;
	const char *can = snapshots ? "True" : "False";
	JsonPair pairs[] = {
		{.key = SHARE_TYPE_SERVERS, .value = "False"},
		{.key = SHARE_TYPE_SNAPSHOTS, .value = can},
		{.key = SHARE_TYPE_FROM_SNAPSHOT, .value = can},
		{.key = SHARE_TYPE_REVERT, .value = can},
	};
	const JsonTextMap specs = {.pairs = pairs, .count = ARRAY_SIZE(pairs)};

	return service_seed_share_type(work, work->settings->default_share_type,
				       "Default share type", &specs, f);
}

/* Volumes and shares without a type of their own need the default one. */
static int seed_default_types(Tx *tx, void *ctx, Fault *f)
{
	Daemon *daemon = ctx;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const JsonTextMap none = {0};
	Work work = {
		.tx = tx,
		.arena = arena,
		.settings = daemon_settings(daemon),
		.now_us = clock_now_us(),
	};

	int r = service_seed_volume_type(&work, work.settings->default_volume_type,
					 "Default volume type", &none, f);

	return fault_unexpected(f, r ? r : seed_default_share_type(&work, f));
}

/*
 * Said once on standard output and stored nowhere; but where that goes to the journal, which keeps
 * what it hears, the password goes to a file that only its owner reads.
 */
static int show_password(const Config *config, const char *why, const char *password, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/admin-password", config->directory);
	int r;

	if (!getenv("JOURNAL_STREAM")) {
		printf("%s, shown this once: %s\n", why, password);
		(void)fflush(stdout); /* nobody left to tell */
		return 0;
	}
	r = files_write_private(path, arena_printf(arena, "%s\n", password), true, f);
	if (r == 0)
		log_warning("text=\"%s; read and remove %s\"", why, path);
	return r;
}

/* Production: an admin whose password is shown once, or again a new one. */
static int begin_identity(Daemon *daemon, const Config *config, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *password = NULL;
	int r = identity_begin(daemon_store(daemon), arena, &password, f);

	if (r == 0 && password)
		return show_password(config,
				     "user admin of project admin was made, with a password",
				     password, f);
	if (r || !config->new_admin_password)
		return r;
	r = identity_reset_password(daemon_store(daemon), arena, "admin", &password, f);
	if (r == IDENTITY_NOT_FOUND)
		return fault(f, -ENOENT, "there is no user admin");
	return r ? r : show_password(config, "user admin has a new password", password, f);
}

static int furnish(Daemon *daemon, const Config *config, Fault *f)
{
	int r = store_write(daemon_store(daemon), seed_default_types, daemon, f);

	if (r)
		return fault_unexpected(f, r);
	return config->dev ? dev_furnish(daemon, config, f) : begin_identity(daemon, config, f);
}

/* The one line on stdout that says where; scripts wait for it. */
static void announce(Daemon *daemon, const Config *config)
{
	printf("cleatd %s serves %s/identity/v3 (hypervisor %s)\n", CLEAT_VERSION,
	       daemon_url(daemon), config->hypervisor);
	(void)fflush(stdout);                          /* nobody may be listening */
	(void)sd_notify(0, "READY=1\nSTATUS=serving"); /* 0 without systemd */
	log_info("serving=%s", daemon_url(daemon));
}

static int prune_servers(Daemon *daemon, const Config *config, Fault *f)
{
	const int64_t day_us = INT64_C(24) * 3600 * 1000000;
	ServerPrune old = {.before_us = clock_now_us() - config->deleted_days * day_us};
	int r;

	if (!config->deleted_days)
		return 0;
	do
		r = store_write(daemon_store(daemon), server_prune, &old, f);
	while (r == 0 && old.more);
	return fault_unexpected(f, r);
}

/* What is too old goes now and then; a fault is told and tried again next time. */
static void prune(Daemon *daemon, const Config *config)
{
	Fault fault = {0};

	if (store_write(daemon_store(daemon), identity_prune, NULL, &fault) < 0 ||
	    store_write(daemon_store(daemon), message_prune, NULL, &fault) < 0 ||
	    prune_servers(daemon, config, &fault) < 0)
		log_warning("text=\"old tokens, messages and servers stay for now: %s\"",
			    fault.text);
}

typedef struct Holds {
	Arena *arena;
	int64_t before_us;
	bool more;
} Holds;

static int release_some(Tx *tx, void *ctx, Fault *f)
{
	Holds *holds = ctx;

	bool more = false;
	int r = service_release_holds(tx, holds->arena, holds->before_us, &holds->more, f);

	if (r == 0)
		r = service_release_connections(tx, holds->arena, holds->before_us, &more, f);
	holds->more = holds->more || more;
	return r;
}

/* Volumes whose clients never came back; what a fault leaves is found again next time. */
static void release_holds(Daemon *daemon, const Config *config)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Holds holds = {
		.arena = arena,
		.before_us = clock_steady_us() - config->hold_s * 1000 * 1000,
		.more = true,
	};
	Fault fault = {0};

	while (holds.more) {
		if (store_write(daemon_store(daemon), release_some, &holds, &fault) == 0)
			continue;
		log_warning("text=\"held volumes stay so for now: %s\"", fault.text);
		return;
	}
}

/* Servers that were shelved long enough; what a fault leaves is found again next time. */
static void offload_shelved(Daemon *daemon, const Config *config)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	OffloadShelved late = {
		.arena = arena,
		.settings = daemon_settings(daemon),
		.before_us = clock_steady_us() - config->shelved_offload_s * 1000 * 1000,
		.more = config->shelved_offload_s > 0,
	};
	Fault fault = {0};

	while (late.more) {
		if (store_write(daemon_store(daemon), service_offload_shelved, &late, &fault) == 0)
			continue;
		log_warning("text=\"shelved servers stay here for now: %s\"", fault.text);
		return;
	}
}

/* Servers whose owners had long enough to confirm a resize; likewise. */
static void confirm_resizes(Daemon *daemon, const Config *config)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConfirmResizes late = {
		.arena = arena,
		.settings = daemon_settings(daemon),
		.before_us = clock_steady_us() - config->resize_confirm_s * 1000 * 1000,
	};
	Fault fault = {0};

	if (config->resize_confirm_s > 0 &&
	    store_write(daemon_store(daemon), service_confirm_resizes, &late, &fault))
		log_warning("text=\"resized servers stay so for now: %s\"", fault.text);
}

/* Shares that were put away long enough; likewise. */
static void purge_shares(Daemon *daemon)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	SharePurge purge = {.arena = arena, .now_us = clock_now_us(), .more = true};
	Fault fault = {0};

	while (purge.more) {
		if (store_write(daemon_store(daemon), service_purge_shares, &purge, &fault) == 0)
			continue;
		log_warning("text=\"shares that were put away stay for now: %s\"", fault.text);
		return;
	}
}

static void upkeep(Daemon *daemon, const Config *config)
{
	purge_shares(daemon);
	release_holds(daemon, config);
	offload_shelved(daemon, config);
	confirm_resizes(daemon, config);
}

/* Nobody waits for what is done now and then longer than it is to wait for itself. */
static int upkeep_ms(const Config *config)
{
	const int64_t waits_s[] = {config->shelved_offload_s, config->resize_confirm_s,
				   config->share_restore_s};
	int64_t least_ms = 60 * 1000;

	for (size_t i = 0; i < ARRAY_SIZE(waits_s); i++)
		if (waits_s[i] > 0)
			least_ms = MIN(least_ms, waits_s[i] * 1000);
	return (int)least_ms;
}

/* Until a signal comes: keep the watchdog calm, and tidy up. */
static void wait_for_end(Daemon *daemon, const Config *config, int signal_fd)
{
	struct pollfd wait = {.fd = signal_fd, .events = POLLIN};
	uint64_t watchdog_us = 0;
	bool watched = sd_watchdog_enabled(0, &watchdog_us) > 0;
	int least_ms = upkeep_ms(config);
	int period_ms = watched ? (int)MIN(watchdog_us / 2000, (uint64_t)least_ms) : least_ms;
	int64_t prune_ms = clock_mono_ms() + TOKEN_PRUNE_S * 1000;

	upkeep(daemon, config);
	while (poll(&wait, 1, period_ms) <= 0) {
		if (watched)
			(void)sd_notify(0, "WATCHDOG=1"); /* told again in half its time */
		upkeep(daemon, config);
		if (clock_mono_ms() < prune_ms)
			continue;
		prune(daemon, config);
		prune_ms = clock_mono_ms() + TOKEN_PRUNE_S * 1000;
	}
	(void)sd_notify(0, "STOPPING=1"); /* 0 without systemd */
	log_info("text=\"ending\"");
}

static int run(const Config *config, Fault *f)
{
	_cleanup_(daemon_closep) Daemon *daemon = NULL;
	_cleanup_(closep) int signal_fd = -1;
	int r = block_signals(&signal_fd, f);

	if (r == 0)
		r = daemon_open(config, &daemon, f);
	if (r == 0)
		r = furnish(daemon, config, f);
	if (r == 0)
		r = daemon_serve(daemon, f);
	if (r == 0 && config->dev)
		r = dev_write_access(daemon, config, f);
	if (r)
		return r;
	announce(daemon, config);
	wait_for_end(daemon, config, signal_fd);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Fault fault = {0};
	Config config;
	int r;

	if (argc == 3 && strcmp(argv[1], "--relay") == 0) /* by an emulator, not by people */
		return doors_relay(argv[2]);
	r = options_read(argc, argv, arena, &config, &fault);

	if (r == OPTIONS_SHOWN)
		return 0;
	if (r == OPTIONS_WRONG)
		return 2;
	if (r == 0)
		r = set_log_levels(&config, &fault);
	if (r == 0)
		r = run(&config, &fault);
	if (r == 0)
		return 0;
	(void)fprintf(stderr, "cleatd: %s\n", fault.text); /* nobody left to tell */
	return 1;
}
