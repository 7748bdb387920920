/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleatd: read the configuration, come up, wait for a signal, go down.
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "daemon/daemon.h"

enum { EXIT_FAULT = 1, EXIT_USAGE = 2 };

/* Signals wait here; everywhere else they are blocked. */
static int take_signals(Fault *f)
{
	sigset_t set;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN); /* sockets answer EPIPE instead, also those of libvirt */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return fault(f, -errno, "signals cannot be blocked");
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? fault(f, -errno, "signals cannot be read") : fd;
}

static void wait_for_signal(int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) < 0 && errno == EINTR)
		;
}

static int serve(const Config *config, Arena *arena, Fault *f)
{
	_cleanup_(daemon_stopp) Daemon *daemon = NULL;
	_cleanup_(closep) int signals = take_signals(f);
	int r;

	if (signals < 0)
		return signals;
	r = daemon_start(config, arena, &daemon, f);
	if (r)
		return r;
	printf("cleatd serves on %s://%s\n", daemon_scheme(daemon), daemon_address(daemon));
	(void)fflush(stdout);          /* nobody may listen */
	(void)sd_notify(0, "READY=1"); /* without systemd it does nothing */
	wait_for_signal(signals);
	(void)sd_notify(0, "STOPPING=1");
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Fault f = {0};
	Config config;
	int r;

	r = config_read(arena, argc, argv, &config, &f);
	if (r == CONFIG_SHOWN)
		return 0;
	if (r > 0)
		return EXIT_USAGE;
	if (r == 0) {
		log_set_level(config.log_level);
		r = serve(&config, arena, &f);
	}
	if (r < 0) {
		fprintf(stderr, "cleatd: %s\n", f.text);
		return EXIT_FAULT;
	}
	return 0;
}
