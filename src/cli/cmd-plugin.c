/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat plugin: volumes for container engines, until a signal ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/durable.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "http/http.h"
#include "plugin/plugin.h"

#define SOCKET "/run/docker/plugins/cleat.sock"
#define STATE_DIR "/var/lib/cleat/local"
#define MOUNT_DIR "/run/cleat/volumes"

enum { SERVICE_CALL_MS = 30 * 1000, INHERITED_FD = 3 };

/* What ends the program is waited for; set before any thread is made. */
static sigset_t block_signals(void)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &ending, NULL); /* cannot fail with these */
	(void)signal(SIGPIPE, SIG_IGN);                  /* likewise */
	return ending;
}

/* A socket that systemd opened for us: sd_listen_fds(3), without its library. */
static bool socket_inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int64_t number = 0;

	if (!pid || !str_parse_i64(pid, &number) || number != getpid() || !str_eq(count, "1"))
		return false;
	return fcntl(INHERITED_FD, F_SETFD, FD_CLOEXEC) == 0;
}

/* Who may connect may mount: the socket is its owner's alone. */
static int socket_open(const char *path, int *ret_fd, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *slash = strrchr(path, '/');
	mode_t before;
	int r;

	if (*path != '/' || slash == path)
		return fault(f, -EINVAL, "--socket is an absolute path below a directory");
	r = durable_directory(arena_strndup(arena, path, (size_t)(slash - path)), 0755, f);
	if (r)
		return r;
	before = umask(0177);
	r = http_listen(arena_printf(arena, "unix:%s", path), ret_fd, f);
	(void)umask(before);
	return r;
}

static void wait_for_end(Cli *cli, const sigset_t *ending, const char *where)
{
	int number;

	fprintf(cli->out, "cleat plugin serves %s\n", where);
	(void)fflush(cli->out);         /* nobody may be listening */
	(void)sigwait(ending, &number); /* cannot fail with these signals */
}

static int serve(Cli *cli, PluginConfig *config, const char *path)
{
	_cleanup_(plugin_stopp) Plugin *plugin = NULL;
	const sigset_t ending = block_signals();
	bool inherited = socket_inherited();
	Fault f = {0};
	int r = 0;

	if (inherited)
		config->listen_fd = INHERITED_FD;
	else
		r = socket_open(path, &config->listen_fd, &f);
	if (r == 0)
		r = plugin_start(config, &plugin, &f);
	if (r)
		return cli_fail(cli, CLI_FAILED, "plugin: %s", f.text);
	wait_for_end(cli, &ending, inherited ? "the socket it was given" : path);
	if (!inherited)
		(void)unlink(path); /* the next one would replace it */
	return 0;
}

static int run_plugin(Cli *cli)
{
	const struct cleat_cloud_options cloud = local_cloud_options(cli, PLUGIN_CALL_MS);
	const struct cleat_host_options host = local_host_options();
	const char *socket = cli_option(cli, "socket"), *mounts = cli_option(cli, "mounts");
	const char *state = host.state_dir ? host.state_dir : STATE_DIR;
	PluginConfig config = {
		.records_dir = arena_printf(cli->arena, "%s/plugin", state),
		.mount_dir = mounts ? mounts : MOUNT_DIR,
		.login = &cli->login,
		.cloud = &cloud,
		.host = &host,
		.peer = local_peer(cli),
	};
	int code = cli_option_int(cli, "size", 1, 1, &config.size_gib);

	if (code)
		return code;
	if (*config.mount_dir != '/' || *state != '/')
		return cli_fail(cli, CLI_USAGE, "plugin: directories are named by absolute paths");
	cli->login.timeout_ms = SERVICE_CALL_MS;
	return serve(cli, &config, socket ? socket : SOCKET);
}

static const Option options[] = {
	{"socket", 0, "PATH", "listen there (default: " SOCKET ")"},
	{"mounts", 0, "DIR", "mount volumes below it (default: " MOUNT_DIR ")"},
	{"size", 0, "GIB", "of volumes that are made without a size (default: 1)"},
};
const Command cmd_plugin = {
	.name = "plugin",
	.summary = "Serve volumes to Docker and Podman on this machine",
	CLI_OPTIONS(options),
	.run = run_plugin,
};
