/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver: opening and closing a host, saying what it is, and the table of slots.
 */
#include "hypervisor/libvirt/libvirt.h"

#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

static Host *host_free(Host *host)
{
	if (!host)
		return NULL;
	MAP_FOREACH (host->unplugs, e) {
		free(map_value(e));
	}
	map_free(host->unplugs);
	served_done(host);
	copies_free(host);
	pthread_cond_destroy(&host->changed);
	pthread_mutex_destroy(&host->lock);
	arena_free(host->arena);
	free(host->virtiofsd);
	free(host->virtiofs_cache);
	free(host->description);
	free(host->root);
	free(host->uri);
	free(host);
	return NULL;
}
DEFINE_CLEANUP(Host, host_free)

static Host *host_new(const HypervisorConfig *config)
{
	Host *host = NEW(Host);
	pthread_condattr_t monotonic;
	Buf root = {0};

	buf_printf(&root, "%s/libvirt", config->state_dir);
	host->root = buf_take(&root);
	host->arena = arena_new();
	host->embedded = !config->uri;
	host->uri = config->uri ? mem_strdup(config->uri) : NULL;
	host->virtiofsd = config->virtiofsd ? mem_strdup(config->virtiofsd) : NULL;
	host->virtiofs_cache = config->virtiofs_cache ? mem_strdup(config->virtiofs_cache) : NULL;
	host->filesystems = (FilesystemService){
		.binary = host->virtiofsd,
		.queue = config->virtiofs_queue,
		.cache = host->virtiofs_cache,
	};
	host->on_event = config->on_event;
	host->ctx = config->ctx;
	host->unplugs = map_new();
	host->served = map_new();
	host->copies = map_new();
	(void)pthread_mutex_init(&host->lock, NULL); /* these four cannot fail on Linux */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&host->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return host;
}

static int choose_accelerator(Host *host, const char *wish, Fault *f)
{
	if (!wish || str_eq(wish, "auto"))
		host->kvm = kvm_runs();
	else if (str_eq(wish, "kvm") || str_eq(wish, "tcg"))
		host->kvm = str_eq(wish, "kvm");
	else
		return fault(f, -EINVAL, "accelerator %s is none of auto, kvm, tcg", wish);
	return 0;
}

static void add_version(Buf *text, const char *name, unsigned long version)
{
	buf_printf(text, "%s %lu.%lu.%lu, ", name, version / 1000000, version / 1000 % 1000,
		   version % 1000);
}

/* Asks the emulator for its version, which also shows that there is one. */
static int host_describe(Host *host, Fault *f)
{
	_cleanup_(conn_freep) virConnectPtr conn = NULL;
	_cleanup_(buf_done) Buf text = {0};
	unsigned long version;
	int r;

	r = conn_get(host, &conn, f);
	if (r)
		return r;
	if (virConnectGetLibVersion(conn, &version) < 0)
		return virt_fault(f, "version of libvirt");
	add_version(&text, "libvirt", version);
	if (virConnectGetVersion(conn, &version) < 0)
		return virt_fault(f, "version of QEMU");
	add_version(&text, "QEMU", version);
	buf_add(&text, host->kvm ? "kvm" : "tcg");
	host->description = buf_take(&text);
	return 0;
}

static int host_connect(Host *host, Fault *f)
{
	int r;

	r = loop_start(host, f);
	if (r)
		return r;
	r = conn_open(host, f);
	if (r) {
		loop_stop(host);
		return r;
	}
	r = host_describe(host, f);
	if (r == 0)
		traits_look(host, &host->traits);
	if (r == 0 && host->embedded)
		r = console_trim_start(host, f);
	if (r) {
		conn_close(host);
		loop_stop(host);
	}
	return r;
}

static int libvirt_open(const HypervisorConfig *config, void **ret, Fault *f)
{
	_cleanup_(host_freep) Host *host = host_new(config);
	_cleanup_(buf_done) Buf log = {0};
	int r;

	r = choose_accelerator(host, config->accelerator, f);
	if (r)
		return r;
	if (host->embedded) {
		r = embed_prepare(host->root, &host->uri, f);
		if (r == 0)
			r = embed_allow_programs(host->root, config->relays, f);
		if (r)
			return r;
		buf_printf(&log, "%s/libvirt.log", host->root);
	}
	r = loop_setup(host->embedded ? log.data : NULL, f);
	if (r)
		return r;
	r = host_connect(host, f);
	if (r)
		return r;
	if (host->embedded)
		embed_keep_capabilities(host->root);
	*ret = TAKE(host);
	return 0;
}

static void libvirt_close(void *self)
{
	Host *host = self;

	if (host->embedded)
		console_trim_stop(host);
	conn_close(host);
	served_stop(host);
	loop_stop(host);
	host_free(host);
}

static const char *libvirt_describe(void *self)
{
	const Host *host = self;

	return host->description;
}

static const HostTraits *libvirt_traits(void *self)
{
	const Host *host = self;

	return &host->traits;
}

static int libvirt_list(void *self, Arena *arena, const char *const **ret_ids, size_t *ret_count,
			Fault *f)
{
	_cleanup_(conn_freep) virConnectPtr conn = NULL;
	_cleanup_(freep) virDomainPtr *domains = NULL;
	char id[VIR_UUID_STRING_BUFLEN];
	const char **ids;
	size_t count = 0;
	int r, n;

	r = conn_get(self, &conn, f);
	if (r)
		return r;
	n = virConnectListAllDomains(conn, &domains, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
	if (n < 0)
		return virt_fault(f, "list the domains");
	ids = ARENA_ARRAY(arena, const char *, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		if (domain_owner(domains[i]) != DOMAIN_FOREIGN &&
		    virDomainGetUUIDString(domains[i], id) == 0)
			ids[count++] = arena_strdup(arena, id);
		(void)virDomainFree(domains[i]); /* drops our reference */
	}
	*ret_ids = ids;
	*ret_count = count;
	return 0;
}

const HypervisorDriver hypervisor_libvirt = {
	.name = "libvirt",
	.size = sizeof(HypervisorDriver),
	.open = libvirt_open,
	.close = libvirt_close,
	.describe = libvirt_describe,
	.traits = libvirt_traits,
	.define = libvirt_define,
	.undefine = libvirt_undefine,
	.start = libvirt_start,
	.pause = libvirt_pause,
	.save = libvirt_save,
	.shutdown = libvirt_shutdown,
	.reboot = libvirt_reboot,
	.destroy = libvirt_destroy,
	.state = libvirt_state,
	.attach_disk = libvirt_attach_disk,
	.detach_disk = libvirt_detach_disk,
	.restore_disk = libvirt_restore_disk,
	.find_disk = libvirt_find_disk,
	.attach_filesystem = libvirt_attach_filesystem,
	.detach_filesystem = libvirt_detach_filesystem,
	.find_filesystem = libvirt_find_filesystem,
	.disk_addresses = libvirt_disk_addresses,
	.change_medium = libvirt_change_medium,
	.resize_disk = libvirt_resize_disk,
	.copy_begin = libvirt_copy_begin,
	.copy_look = libvirt_copy_look,
	.copy_cancel = libvirt_copy_cancel,
	.mirror_begin = libvirt_mirror_begin,
	.mirror_look = libvirt_mirror_look,
	.mirror_turn = libvirt_mirror_turn,
	.mirror_cancel = libvirt_mirror_cancel,
	.console = libvirt_console,
	.list = libvirt_list,
	.inspect = libvirt_inspect,
	.adopt = libvirt_adopt,
	.release = libvirt_release,
};
