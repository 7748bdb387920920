/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The configuration file: one row a key. A key that is not in the table is an error, because a
 * mistyped key that is silently ignored is found out too late.
 */
#include "daemon/config.h"

#include <errno.h>
#include <ini.h>
#include <inttypes.h>

#include "base/enum.h"
#include "base/str.h"
#include "daemon/guest-network.h"
#include "http/peer.h"
#include "model/share.h"
#include "model/volume.h"

typedef enum ValueType { VALUE_TEXT, VALUE_INT, VALUE_RATIO, VALUE_BOOL } ValueType;

typedef struct ConfigKey {
	const char *section;
	const char *name;
	ValueType type;
	size_t offset;
	int64_t min;
	int64_t max;
	const char *const *choices; /* ends with NULL; NULL: any text */
} ConfigKey;

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const hypervisors[] = {"libvirt", "fake", NULL};
static const char *const accelerators[] = {"auto", "kvm", "tcg", NULL};
static const char *const virtiofs_caches[] = {"auto", "none", "always", NULL};
static const char *const yes_or_no[] = {"no", "yes", NULL};
static const char *const volume_swaps[] = {"members", "service-only", NULL};
static const char *const config_drives[] = {"asked", "always", NULL};
static const char *const volume_backends[] = {"file", "lvm", "nfs", "rbd", "fake", NULL};
static const char *const targets[] = {"none", "tgt", "lio", "nvmet", NULL};
static const char *const share_backends[] = {"directory", "nfs", "cephfs", "fake", NULL};
static const char *const share_limits[] = {"auto", "quota", "image", "none", NULL};
static const char *const notifiers[] = {"auto", "none", "log", "amqp", NULL};
static const char *const notify_formats[] = {"unversioned", "versioned", "both", NULL};
static const char *const volume_formats[] = {"raw", "qcow2", NULL};

#define TEXT(section_, name_, member, choices_)                                                    \
	{                                                                                          \
		.section = (section_), .name = (name_), .type = VALUE_TEXT,                        \
		.offset = offsetof(Config, member), .choices = (choices_)                          \
	}
#define NUMBER(section_, name_, member, min_, max_)                                                \
	{                                                                                          \
		.section = (section_), .name = (name_), .type = VALUE_INT,                         \
		.offset = offsetof(Config, member), .min = (min_), .max = (max_)                   \
	}
/* A decimal number, kept in hundredths; so are its bounds. */
#define RATIO(section_, name_, member, min_, max_)                                                 \
	{                                                                                          \
		.section = (section_), .name = (name_), .type = VALUE_RATIO,                       \
		.offset = offsetof(Config, member), .min = (min_), .max = (max_)                   \
	}
#define FLAG(section_, name_, member)                                                              \
	{                                                                                          \
		.section = (section_), .name = (name_), .type = VALUE_BOOL,                        \
		.offset = offsetof(Config, member)                                                 \
	}

static const ConfigKey keys[] = {
	TEXT("server", "listen", listen, NULL),
	TEXT("server", "public_url", public_url, NULL),
	TEXT("server", "proxies", proxies, NULL),
	TEXT("server", "tls_cert", tls_cert, NULL),
	TEXT("server", "tls_key", tls_key, NULL),
	FLAG("server", "allow_plain_http", allow_plain_http),
	NUMBER("server", "http_threads", http_threads, 0, 64),
	NUMBER("server", "workers", api_workers, 1, 64),
	NUMBER("server", "wait_seconds", wait_s, 1, 3600),
	TEXT("state", "directory", directory, NULL),
	TEXT("log", "level", log_level, log_levels),
	TEXT("log", "rooms", log_rooms, NULL),
	TEXT("audit", "trail", audit, NULL),
	NUMBER("identity", "token_seconds", token_s, 60, 7 * 24 * 3600),
	TEXT("identity", "region", region, NULL),
	TEXT("hypervisor", "driver", hypervisor, hypervisors),
	TEXT("hypervisor", "uri", hypervisor_uri, NULL),
	TEXT("hypervisor", "accelerator", accelerator, accelerators),
	NUMBER("hypervisor", "shutdown_seconds", shutdown_s, 1, 3600),
	NUMBER("hypervisor", "detach_seconds", detach_s, 1, 60),
	NUMBER("hypervisor", "detach_tries", detach_tries, 1, 16),
	TEXT("hypervisor", "virtiofsd", virtiofsd, NULL),
	NUMBER("hypervisor", "virtiofs_queue", virtiofs_queue, 2, 1024),
	TEXT("hypervisor", "virtiofs_cache", virtiofs_cache, virtiofs_caches),
	TEXT("compute", "host", host, NULL),
	TEXT("compute", "availability_zone", availability_zone, NULL),
	NUMBER("compute", "max_disks", max_disks, -1, 256),
	TEXT("compute", "volume_swap", volume_swap, volume_swaps),
	FLAG("compute", "share_actions", share_actions),
	TEXT("compute", "share_hotplug", share_hotplug, yes_or_no),
	NUMBER("compute", "shelved_offload_seconds", shelved_offload_s, -1, 366 * 24 * 3600),
	NUMBER("compute", "resize_confirm_seconds", resize_confirm_s, 0, 366 * 24 * 3600),
	NUMBER("compute", "deleted_days", deleted_days, 0, 36500),
	TEXT("network", "bridge", network_bridge, NULL),
	TEXT("network", "name", network_name, NULL),
	TEXT("network", "subnet", network_subnet, NULL),
	TEXT("network", "range", network_range, NULL),
	TEXT("network", "gateway", network_gateway, NULL),
	TEXT("network", "dns", network_dns, NULL),
	TEXT("network", "filter", network_filter, NULL),
	TEXT("network", "dhcp_hosts", dhcp_hosts, NULL),
	TEXT("metadata", "shared_secret", metadata_secret, NULL),
	TEXT("metadata", "listen", metadata_listen, NULL),
	TEXT("metadata", "listen_guests", metadata_listen_guests, NULL),
	FLAG("metadata", "guest_network", metadata_guests),
	TEXT("metadata", "domain", metadata_domain, NULL),
	TEXT("metadata", "config_drive", config_drive, config_drives),
	TEXT("volume", "backend", volume_backend, volume_backends),
	TEXT("volume", "volume_group", volume_group, NULL),
	TEXT("volume", "thin_pool", thin_pool, NULL),
	TEXT("volume", "export", volume_export, NULL),
	TEXT("volume", "mount_options", volume_options, NULL),
	TEXT("volume", "pool", ceph_pool, NULL),
	TEXT("volume", "ceph_conf", ceph_conf, NULL),
	TEXT("volume", "ceph_cluster", ceph_cluster, NULL),
	TEXT("volume", "ceph_user", ceph_user, NULL),
	TEXT("volume", "secret_uuid", ceph_secret, NULL),
	TEXT("volume", "directory", volume_directory, NULL),
	TEXT("volume", "format", volume_format, volume_formats),
	RATIO("volume", "max_over_subscription_ratio", oversubscription, 100, 100000),
	NUMBER("volume", "reserved_percentage", reserved_percent, 0, 100),
	TEXT("volume", "default_type", default_volume_type, NULL),
	NUMBER("volume", "hold_seconds", hold_s, 60, 7 * 24 * 3600),
	TEXT("target", "driver", target, targets),
	TEXT("target", "portals", target_portals, NULL),
	TEXT("target", "prefix", target_prefix, NULL),
	TEXT("target", "control", target_control, NULL),
	FLAG("target", "chap", target_chap),
	TEXT("share", "backend", share_backend, share_backends),
	TEXT("share", "directory", share_directory, NULL),
	TEXT("share", "limit", share_limit, share_limits),
	TEXT("share", "mount_directory", share_mount_directory, NULL),
	TEXT("share", "address", share_address, NULL),
	TEXT("share", "host_address", share_host_address, NULL),
	TEXT("share", "mount_options", share_mount_options, NULL),
	TEXT("share", "exports_directory", share_exports_directory, NULL),
	TEXT("share", "ceph_conf", share_ceph_conf, NULL),
	TEXT("share", "ceph_user", share_ceph_user, NULL),
	TEXT("share", "default_type", default_share_type, NULL),
	NUMBER("share", "restore_seconds", share_restore_s, 1, 366 * 24 * 3600),
	TEXT("image", "directory", image_directory, NULL),
	TEXT("notifications", "driver", notifier, notifiers),
	TEXT("notifications", "url", notify_url, NULL),
	TEXT("notifications", "ca_file", notify_ca_file, NULL),
	TEXT("notifications", "cert_file", notify_cert_file, NULL),
	TEXT("notifications", "key_file", notify_key_file, NULL),
	TEXT("notifications", "exchange", notify_exchange, NULL),
	TEXT("notifications", "volume_exchange", notify_volume_exchange, NULL),
	TEXT("notifications", "share_exchange", notify_share_exchange, NULL),
	TEXT("notifications", "topics", notify_topics, NULL),
	TEXT("notifications", "versioned_notifications_topics", notify_versioned_topics, NULL),
	TEXT("notifications", "notification_format", notify_format, notify_formats),
	FLAG("notifications", "bdms_in_notifications", notify_devices),
	FLAG("notifications", "include_share_mapping", notify_shares),
	FLAG("notifications", "durable", notify_durable),
	FLAG("notifications", "quorum", notify_quorum),
	NUMBER("notifications", "outbox_limit", outbox_limit, 1, 10000000),
	NUMBER("engine", "workers", engine_workers, 0, 64),
};

void config_default(Config *config, Arena *arena)
{
	char host[256] = "localhost";

	(void)gethostname(host, sizeof(host) - 1); /* "localhost" is an answer, too */
	*config = (Config){
		.listen = "127.0.0.1:8774",
		.api_workers = 2,
		.wait_s = 60,
		.directory = "/var/lib/cleat",
		.log_level = "info",
		.audit = "none",
		.token_s = 3600,
		.region = "RegionOne",
		.hypervisor = "libvirt",
		.accelerator = "auto",
		.shutdown_s = 60,
		.detach_s = 20,
		.detach_tries = 8,
		.virtiofs_queue = 1024,
		.virtiofs_cache = "auto",
		.host = arena_strdup(arena, host),
		.availability_zone = "nova",
		.max_disks = -1,
		.volume_swap = "members",
		.share_hotplug = "no",
		.share_actions = true,
		.deleted_days = 90,
		.network_name = "guests",
		.metadata_domain = "novalocal",
		.config_drive = "asked",
		.volume_backend = "file",
		.volume_format = "raw",
		.oversubscription = 2000,
		.default_volume_type = DEFAULT_VOLUME_TYPE,
		.hold_s = 3600,
		.target = "none",
		.target_control = "/var/run/tgtd/socket.0",
		.target_chap = true,
		.share_backend = "directory",
		.share_limit = "auto",
		.share_address = "127.0.0.1",
		.share_host_address = "127.0.0.1",
		.default_share_type = DEFAULT_SHARE_TYPE,
		.share_restore_s = 7 * 24 * 3600,
		.notifier = "auto",
		.notify_exchange = "nova",
		.notify_volume_exchange = "cinder",
		.notify_share_exchange = "manila",
		.notify_topics = "notifications",
		.notify_versioned_topics = "versioned_notifications",
		.notify_format = "unversioned",
		.outbox_limit = 100000,
	};
}

/* One read: what the parser's callback needs, and what it found wrong. */
typedef struct Reading {
	Config *config;
	Arena *arena;
	const char *problem;
} Reading;

static const ConfigKey *find_key(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static bool is_choice(const char *const *choices, const char *value)
{
	for (; choices && *choices; choices++)
		if (strcmp(*choices, value) == 0)
			return true;
	return !choices;
}

static bool set_text(const ConfigKey *key, void *at, Arena *arena, const char *value)
{
	if (!*value || !is_choice(key->choices, value))
		return false;
	*(const char **)at = arena_strdup(arena, value);
	return true;
}

static bool set_number(const ConfigKey *key, void *at, const char *value)
{
	int64_t number;

	if (!str_parse_i64(value, &number) || number < key->min || number > key->max)
		return false;
	*(int64_t *)at = number;
	return true;
}

static bool set_ratio(const ConfigKey *key, void *at, const char *value)
{
	const char *point = strchr(value, '.');
	size_t whole = point ? (size_t)(point - value) : strlen(value);
	char digits[24] = "";
	size_t places = point ? strlen(point + 1) : 0;

	if (whole == 0 || whole > 8 || places > 2 || (point && places == 0))
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s%s%.*s", (int)whole, value,
		       point ? point + 1 : "", (int)(2 - places), "00"); /* fits */
	return set_number(key, at, digits);
}

static bool set_flag(void *at, const char *value)
{
	bool yes = strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "false") != 0)
		return false;
	*(bool *)at = yes;
	return true;
}

static bool set_value(const ConfigKey *key, Reading *reading, const char *value)
{
	void *at = (char *)reading->config + key->offset;

	switch (key->type) {
	case VALUE_TEXT:
		return set_text(key, at, reading->arena, value);
	case VALUE_INT:
		return set_number(key, at, value);
	case VALUE_RATIO:
		return set_ratio(key, at, value);
	case VALUE_BOOL:
		return set_flag(at, value);
	}
	return false;
}

/* The parser's callback: 1 is fine, 0 is wrong. Only the first problem is told. */
static int take_pair(void *ctx, const char *section, const char *name, const char *value)
{
	Reading *reading = ctx;
	const ConfigKey *key = find_key(section, name);

	if (key && set_value(key, reading, value))
		return 1;
	if (!reading->problem)
		reading->problem =
			key ? arena_printf(reading->arena, "%s is no value for %s in [%s]",
					   *value ? value : "nothing", name, section)
			    : arena_printf(reading->arena, "there is no key %s in [%s]", name,
					   section);
	return 0;
}

int config_read(Config *config, Arena *arena, const char *path, Fault *f)
{
	Reading reading = {.config = config, .arena = arena};
	int line = ini_parse(path, take_pair, &reading);

	if (line < 0)
		return fault(f, -errno, "read %s: %s", path, strerror(errno));
	if (line > 0)
		return fault(f, -EINVAL, "%s: line %d: %s", path, line,
			     reading.problem ? reading.problem : "not a key and a value");
	return 0;
}

/* Also what came from the command line, past the table. */
static int check_choices(const Config *config, Fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const void *at = (const char *)config + keys[i].offset;
		const char *value = keys[i].choices ? *(const char *const *)at : NULL;

		if (value && !is_choice(keys[i].choices, value))
			return fault(f, -EINVAL, "%s is no value for %s in [%s]", value,
				     keys[i].name, keys[i].section);
	}
	return 0;
}

/* Keys that are for one backend. */
static const struct {
	const char *backend;
	const char *name;
	size_t offset;
	bool required;
} backend_keys[] = {
	{"lvm", "volume_group", offsetof(Config, volume_group), true},
	{"lvm", "thin_pool", offsetof(Config, thin_pool), false},
	{"nfs", "export", offsetof(Config, volume_export), true},
	{"nfs", "mount_options", offsetof(Config, volume_options), false},
	{"rbd", "pool", offsetof(Config, ceph_pool), true},
	{"rbd", "ceph_conf", offsetof(Config, ceph_conf), false},
	{"rbd", "ceph_cluster", offsetof(Config, ceph_cluster), false},
	{"rbd", "ceph_user", offsetof(Config, ceph_user), false},
	{"rbd", "secret_uuid", offsetof(Config, ceph_secret), false},
};

static int check_volumes(const Config *config, Fault *f)
{
	const char *backend = config->volume_backend;
	bool raw_only = str_eq(backend, "lvm") || str_eq(backend, "rbd");

	for (size_t i = 0; i < ARRAY_SIZE(backend_keys); i++) {
		const void *at = (const char *)config + backend_keys[i].offset;
		const char *value = *(const char *const *)at;
		bool is_its = str_eq(backend, backend_keys[i].backend);

		if (is_its && backend_keys[i].required && !value)
			return fault(f, -EINVAL, "volume backend %s needs the key %s", backend,
				     backend_keys[i].name);
		if (!is_its && value)
			return fault(f, -EINVAL, "%s in [volume] is for backend %s",
				     backend_keys[i].name, backend_keys[i].backend);
	}
	if (raw_only && !str_eq(config->volume_format, "raw"))
		return fault(f, -EINVAL, "volumes of backend %s are raw", backend);
	return 0;
}

/* Details of the target are its own to check. */
static int check_target(const Config *config, Fault *f)
{
	if (str_eq(config->target, "none"))
		return 0;
	if (str_eq(config->volume_backend, "fake") || str_eq(config->volume_backend, "rbd"))
		return fault(f, -EINVAL, "backend %s lets hosts in without us: no target serves it",
			     config->volume_backend);
	if (!str_eq(config->volume_format, "raw"))
		return fault(f, -EINVAL,
			     "target %s serves raw volumes only: set format = raw in [volume], or "
			     "driver = none in [target]",
			     config->target);
	if (!config->target_portals || !config->target_prefix)
		return fault(f, -EINVAL, "target %s needs portals and a prefix", config->target);
	return 0;
}

static int check_filesystems(const Config *config, Fault *f)
{
	int64_t queue = config->virtiofs_queue;

	if (config->virtiofsd && config->virtiofsd[0] != '/')
		return fault(f, -EINVAL, "virtiofsd %s is not an absolute path", config->virtiofsd);
	if (queue & (queue - 1))
		return fault(f, -EINVAL, "virtiofs_queue %" PRId64 " is not a power of two", queue);
	return 0;
}

static bool is_embedded(const Config *config)
{
	return !config->hypervisor_uri || strstr(config->hypervisor_uri, "/embed");
}

/* What can be known without looking at this machine. */
static int check_network(const Config *config, Fault *f)
{
	GuestNetwork network;

	if (!config->network_bridge && config->network_subnet)
		return fault(f, -EINVAL, "the subnet in [network] needs a bridge");
	if (!config->network_bridge && config->metadata_listen_guests)
		return fault(f, -EINVAL, "listen_guests needs a bridge in [network]");
	if (!config->network_bridge)
		return 0;
	if (config->network_filter && is_embedded(config))
		return fault(f, -EINVAL,
			     "filter %s needs a libvirtd with nwfilter: the embedded driver has "
			     "none",
			     config->network_filter);
	if (config->dhcp_hosts && config->dhcp_hosts[0] != '/')
		return fault(f, -EINVAL, "dhcp_hosts %s is not an absolute path",
			     config->dhcp_hosts);
	return guest_network_read(config, 0, &network, f);
}

/* Something beside blanks and commas. */
static bool has_word(const char *list)
{
	return list[strspn(list, ", ")];
}

/* The url is the driver's to check. */
static int check_notifications(const Config *config, Fault *f)
{
	if (str_eq(config->notifier, "amqp") && !config->notify_url)
		return fault(f, -EINVAL, "notifier amqp needs a url");
	if (!has_word(config->notify_topics) || !has_word(config->notify_versioned_topics))
		return fault(f, -EINVAL, "notifications need a topic");
	if (!config->notify_cert_file != !config->notify_key_file)
		return fault(f, -EINVAL, "cert_file and key_file of [notifications] go together");
	if (config->notify_quorum && !config->notify_durable)
		return fault(f, -EINVAL, "quorum queues are durable: set durable = true");
	return 0;
}

int config_check(const Config *config, Fault *f)
{
	int r;

	if (config->directory[0] != '/')
		return fault(f, -EINVAL, "the state directory %s is not an absolute path",
			     config->directory);
	if (!config->tls_cert != !config->tls_key)
		return fault(f, -EINVAL, "tls_cert and tls_key go together");
	if (config->public_url && str_ends(config->public_url, "/"))
		return fault(f, -EINVAL, "public_url %s ends in a slash", config->public_url);
	if (config->proxies && !http_proxies_valid(config->proxies))
		return fault(f, -EINVAL, "proxies %s are not addresses with commas between",
			     config->proxies);
	if (config->audit[0] != '/' && !str_eq(config->audit, "none") &&
	    !str_eq(config->audit, "journal"))
		return fault(f, -EINVAL,
			     "the audit trail %s is not none, journal or an absolute path",
			     config->audit);
	r = check_choices(config, f);
	if (r == 0)
		r = check_network(config, f);
	if (r == 0)
		r = check_filesystems(config, f);
	if (r == 0)
		r = check_target(config, f);
	if (r == 0)
		r = check_notifications(config, f);
	return r ? r : check_volumes(config, f);
}
