/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Command line and configuration file. Each key of the file is a row of a table: where it goes and
 * how it is read; cleatd.conf(5) describes them in the same order.
 */
#include "daemon/config.h"

#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/str.h"

typedef enum KeyType { KEY_TEXT, KEY_PATH, KEY_NUMBER, KEY_BOOL, KEY_FORMAT, KEY_LEVEL } KeyType;

typedef struct Key {
	const char *section;
	const char *name;
	KeyType type;
	size_t offset;
} Key;

static const Key keys[] = {
	{"cleatd", "state_dir", KEY_PATH, offsetof(Config, dir)},
	{"cleatd", "listen", KEY_TEXT, offsetof(Config, listen)},
	{"cleatd", "public_url", KEY_TEXT, offsetof(Config, public_url)},
	{"cleatd", "region", KEY_TEXT, offsetof(Config, region)},
	{"cleatd", "host", KEY_TEXT, offsetof(Config, host)},
	{"cleatd", "availability_zone", KEY_TEXT, offsetof(Config, availability_zone)},
	{"cleatd", "log_level", KEY_LEVEL, offsetof(Config, log_level)},
	{"tls", "certificate", KEY_PATH, offsetof(Config, tls_cert)},
	{"tls", "key", KEY_PATH, offsetof(Config, tls_key)},
	{"tls", "allow_plain", KEY_BOOL, offsetof(Config, allow_plain)},
	{"identity", "token_seconds", KEY_NUMBER, offsetof(Config, token_s)},
	{"hypervisor", "driver", KEY_TEXT, offsetof(Config, hypervisor)},
	{"hypervisor", "libvirt_uri", KEY_TEXT, offsetof(Config, libvirt_uri)},
	{"hypervisor", "accelerator", KEY_TEXT, offsetof(Config, accelerator)},
	{"hypervisor", "max_disks", KEY_NUMBER, offsetof(Config, max_disks)},
	{"volume", "format", KEY_FORMAT, offsetof(Config, volume_format)},
};

static const char *const log_levels[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARNING] = "warning",
	[LOG_ERROR] = "error",
};
static const EnumNames log_level_names = ENUM_NAMES(log_levels);

static const char usage[] =
	"Usage: cleatd --dev DIR [OPTION...]\n"
	"       cleatd --config FILE [OPTION...]\n"
	"\n"
	"Serve the OpenStack attachment APIs, and attach storage to machines.\n"
	"\n"
	"  --dev DIR             a private endpoint in DIR, complete with users, flavors,\n"
	"                        volume types and an image; writes DIR/openrc-* and\n"
	"                        DIR/clouds.yaml\n"
	"  --config FILE         read cleatd.conf(5)\n"
	"  --listen ADDR:PORT    where to serve (127.0.0.1:8774); port 0 picks one\n"
	"  --hypervisor NAME     libvirt, or fake: no real guests (libvirt)\n"
	"  --guest-image DIR     the tiny guest that --dev registers as an image\n"
	"  --log-level LEVEL     debug, info, warning or error (info)\n"
	"  --version             print the version\n"
	"  -h, --help            print this\n"
	"\n"
	"The line that says where it serves goes to standard output, the log to\n"
	"standard error. SIGTERM ends it cleanly; guests go on running.\n";

/* What a setting is when nothing says otherwise. */
static void set_defaults(Arena *arena, Config *config)
{
	char host[HOST_NAME_MAX + 1] = "localhost";

	(void)gethostname(host, sizeof(host) - 1); /* else the name stays localhost */
	*config = (Config){
		.listen = "127.0.0.1:8774",
		.hypervisor = "libvirt",
		.accelerator = "auto",
		.region = "RegionOne",
		.host = arena_strdup(arena, host),
		.availability_zone = "nova",
		.volume_format = DISK_FORMAT_RAW,
		.token_s = 3600,
		.max_disks = -1,
		.log_level = LOG_INFO,
	};
}

static const char *absolute(Arena *arena, const char *path)
{
	char here[PATH_MAX];

	if (*path == '/' || !getcwd(here, sizeof(here)))
		return arena_strdup(arena, path);
	return arena_printf(arena, "%s/%s", here, path);
}

static bool read_bool(const char *value, bool *ret)
{
	*ret = str_eq(value, "true") || str_eq(value, "yes");
	return *ret || str_eq(value, "false") || str_eq(value, "no");
}

/* False when the value does not fit the key. */
static bool set_key(Arena *arena, Config *config, const Key *key, const char *value)
{
	char *slot = (char *)config + key->offset;
	int number;

	switch (key->type) {
	case KEY_TEXT:
		*(const char **)(void *)slot = arena_strdup(arena, value);
		return *value;
	case KEY_PATH:
		*(const char **)(void *)slot = absolute(arena, value);
		return *value;
	case KEY_NUMBER:
		return str_parse_i64(value, (int64_t *)(void *)slot);
	case KEY_BOOL:
		return read_bool(value, (bool *)slot);
	case KEY_FORMAT:
		number = enum_value(&disk_format_names, value);
		config->volume_format = (DiskFormat)number;
		return number == DISK_FORMAT_RAW || number == DISK_FORMAT_QCOW2;
	case KEY_LEVEL:
		number = enum_value(&log_level_names, value);
		config->log_level = (LogLevel)number;
		return number >= 0;
	}
	return false;
}

typedef struct Reading {
	Arena *arena;
	Config *config;
	const char *path;
	Fault *fault;
} Reading;

/* libinih's callback: 0 stops. */
static int take_line(void *ctx, const char *section, const char *name, const char *value)
{
	Reading *reading = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!str_eq(keys[i].section, section) || !str_eq(keys[i].name, name))
			continue;
		if (set_key(reading->arena, reading->config, &keys[i], value))
			return 1;
		(void)fault(reading->fault, -EINVAL, "%s: [%s] %s cannot be '%s'", reading->path,
			    section, name, value); /* the reader returns it */
		return 0;
	}
	(void)fault(reading->fault, -EINVAL, "%s: there is no [%s] %s", reading->path, section,
		    name); /* the reader returns it */
	return 0;
}

int config_read_file(Arena *arena, const char *path, Config *config, Fault *f)
{
	Fault problem = {0};
	Reading reading = {.arena = arena, .config = config, .path = path, .fault = &problem};
	int r = ini_parse(path, take_line, &reading);

	if (r < 0)
		return fault(f, -ENOENT, "%s cannot be read: %s", path, strerror(errno));
	if (problem.code)
		return fault(f, problem.code, "%s", problem.text);
	if (r > 0) /* libinih cuts lines of 200 bytes and more: nothing of that may pass */
		return fault(f, -EINVAL, "%s: line %d cannot be read", path, r);
	return 0;
}

static int complain(const char *about, const char *value)
{
	fprintf(stderr, "cleatd: %s%s%s\nTry 'cleatd --help'.\n", about, value ? ": " : "",
		value ? value : "");
	return CONFIG_USAGE;
}

enum { OPT_DEV = 256, OPT_CONFIG, OPT_LISTEN, OPT_HYPERVISOR, OPT_GUEST, OPT_LEVEL, OPT_VERSION };

static const struct option options[] = {
	{"dev", required_argument, NULL, OPT_DEV},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"hypervisor", required_argument, NULL, OPT_HYPERVISOR},
	{"guest-image", required_argument, NULL, OPT_GUEST},
	{"log-level", required_argument, NULL, OPT_LEVEL},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int take_option(Arena *arena, int option, const char *value, Config *config, Fault *f)
{
	int level;

	switch (option) {
	case OPT_DEV:
		config->dev = true;
		config->dir = absolute(arena, value);
		return 0;
	case OPT_CONFIG:
		return config_read_file(arena, value, config, f);
	case OPT_LISTEN:
		config->listen = value;
		return 0;
	case OPT_HYPERVISOR:
		config->hypervisor = value;
		return 0;
	case OPT_GUEST:
		config->guest_image = absolute(arena, value);
		return 0;
	case OPT_LEVEL:
		level = enum_value(&log_level_names, value);
		if (level < 0)
			return complain("no such log level", value);
		config->log_level = (LogLevel)level;
		return 0;
	case OPT_VERSION:
		puts("cleatd " CLEAT_VERSION);
		return CONFIG_SHOWN;
	case 'h':
		fputs(usage, stdout);
		return CONFIG_SHOWN;
	default:
		return complain("see above", NULL);
	}
}

static int check(const Config *config)
{
	if (!config->dir)
		return complain("one of --dev DIR and --config FILE (with state_dir) is needed",
				NULL);
	if (!str_eq(config->hypervisor, "libvirt") && !str_eq(config->hypervisor, "fake"))
		return complain("no such hypervisor", config->hypervisor);
	if (!config->tls_cert != !config->tls_key)
		return complain("TLS needs both a certificate and a key", NULL);
	return 0;
}

int config_read(Arena *arena, int argc, char *const *argv, Config *ret, Fault *f)
{
	Config config;
	int option, r = 0;

	set_defaults(arena, &config);
	while (r == 0 && (option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		r = take_option(arena, option, optarg, &config, f);
	if (r)
		return r;
	if (optind < argc)
		return complain("what is this", argv[optind]);
	r = check(&config);
	if (r)
		return r;
	*ret = config;
	return 0;
}
