/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Options override the configuration file, wherever they stand.
 */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <sys/stat.h>

static const char usage[] =
	"usage: cleatd --dev DIR [--listen ADDR:PORT] [--hypervisor fake|libvirt]\n"
	"              [--guest-image DIR] [--log-level LEVEL] [--config FILE]\n"
	"       cleatd --config FILE [--listen ADDR:PORT] [--hypervisor fake|libvirt]\n"
	"\n"
	"  --dev DIR           a private, complete endpoint that lives in DIR\n"
	"  --config FILE       run as FILE says; see cleatd.conf(5)\n"
	"  --listen ADDR:PORT  where to serve; port 0 picks a free one\n"
	"  --hypervisor NAME   libvirt, or fake: servers are records, no guest runs\n"
	"  --new-admin-password\n"
	"                      give user admin a new password and print it\n"
	"  --guest-image DIR   register the tiny guest found there (with --dev)\n"
	"  --log-level LEVEL   debug, info, warning or error\n"
	"  --help, --version\n";

static const struct option options[] = {
	{"dev", required_argument, NULL, 'd'},
	{"config", required_argument, NULL, 'c'},
	{"listen", required_argument, NULL, 'l'},
	{"hypervisor", required_argument, NULL, 'y'},
	{"new-admin-password", no_argument, NULL, 'p'},
	{"guest-image", required_argument, NULL, 'g'},
	{"log-level", required_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

/* What was on the command line; NULL where nothing was. */
typedef struct Given {
	const char *dev;
	const char *config;
	const char *listen;
	const char *hypervisor;
	const char *guest_image;
	const char *log_level;
	bool new_admin_password;
} Given;

static int wrong(const char *text)
{
	(void)fprintf(stderr, "cleatd: %s\n%s", text, usage); /* nobody left to tell */
	return OPTIONS_WRONG;
}

static int shown(const char *text)
{
	(void)fputs(text, stdout); /* nobody left to tell */
	return OPTIONS_SHOWN;
}

static int take_option(int option, Given *given)
{
	switch (option) {
	case 'd':
		given->dev = optarg;
		return 0;
	case 'c':
		given->config = optarg;
		return 0;
	case 'l':
		given->listen = optarg;
		return 0;
	case 'y':
		given->hypervisor = optarg;
		return 0;
	case 'g':
		given->guest_image = optarg;
		return 0;
	case 'p':
		given->new_admin_password = true;
		return 0;
	case 'v':
		given->log_level = optarg;
		return 0;
	case 'h':
		return shown(usage);
	case 'V':
		return shown("cleatd " CLEAT_VERSION "\n");
	default:                            /* getopt told what is wrong */
		(void)fputs(usage, stderr); /* nobody left to tell */
		return OPTIONS_WRONG;
	}
}

static int take_options(int argc, char **argv, Given *given)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		int r = take_option(option, given);

		if (r)
			return r;
	}
	if (optind < argc)
		return wrong("there are no arguments beside the options");
	if (!given->dev && !given->config)
		return wrong("one of --dev and --config is needed");
	if (given->dev && given->new_admin_password)
		return wrong("--new-admin-password goes with --config");
	return 0;
}

/* The absolute path of a directory, which is made when it is not there. */
static int take_directory(const char *path, Arena *arena, const char **ret, Fault *f)
{
	char absolute[PATH_MAX];

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", path, strerror(errno));
	if (!realpath(path, absolute))
		return fault(f, -errno, "find %s: %s", path, strerror(errno));
	*ret = arena_strdup(arena, absolute);
	return 0;
}

int options_read(int argc, char **argv, Arena *arena, Config *ret, Fault *f)
{
	Given given = {0};
	int r = take_options(argc, argv, &given);

	if (r)
		return r;
	config_default(ret, arena);
	ret->metadata_guests = given.dev != NULL;
	if (given.config)
		r = config_read(ret, arena, given.config, f);
	if (!r && given.dev)
		r = take_directory(given.dev, arena, &ret->directory, f);
	if (r)
		return r;
	ret->dev = given.dev != NULL;
	ret->new_admin_password = given.new_admin_password;
	ret->guest_image = given.guest_image;
	if (given.listen)
		ret->listen = given.listen;
	if (given.hypervisor)
		ret->hypervisor = given.hypervisor;
	if (given.log_level)
		ret->log_level = given.log_level;
	return config_check(ret, f);
}
