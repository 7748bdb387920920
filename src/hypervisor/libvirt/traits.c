/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What this host is able to do, found out by looking: libvirt says what it and QEMU can, and the
 * program that serves filesystems has to be there.
 *
 * libvirt finds that program by the descriptions that packages put into QEMU's folders, so the same
 * are read here, unless the configuration names one.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>

#include "base/str.h"
#include "hypervisor/libvirt/priv.h"
#include "json/json.h"

#define POOL_PREFIX "/sys/kernel/mm/hugepages/hugepages-"

static const char *const description_globs[] = {
	"/etc/qemu/vhost-user/*.json",
	"/usr/share/qemu/vhost-user/*.json",
};

/* Whether a description is of a program that serves filesystems, and that program is there. */
static bool describes_server(const char *path)
{
	enum { DESCRIPTION_MAX = 64 * 1024 };
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	char *text = arena_alloc(arena, DESCRIPTION_MAX);
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, DESCRIPTION_MAX);
	const char *binary;

	if (n <= 0 || json_parse(arena, text, (size_t)n, &doc, NULL))
		return false;
	binary = json_get_text(arena, doc, "binary");
	return str_eq(json_get_text(arena, doc, "type"), "fs") && binary &&
	       access(binary, X_OK) == 0;
}

static bool server_is_described(void)
{
	glob_t found = {0};
	bool there = false;

	for (size_t i = 0; i < ARRAY_SIZE(description_globs); i++)
		/* No match is no error here. */
		(void)glob(description_globs[i], i ? GLOB_APPEND : 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !there; i++)
		there = describes_server(found.gl_pathv[i]);
	globfree(&found);
	return there;
}

/* On another host nothing can be looked at; libvirt's word has to do. */
static bool is_local(const Host *host)
{
	const char *rest = strstr(host->uri, "://");

	return host->embedded || (rest && rest[3] == '/');
}

static const char *lack_of_server(const Host *host, Arena *arena)
{
	if (!is_local(host))
		return NULL;
	if (host->virtiofsd)
		return access(host->virtiofsd, X_OK) == 0
			       ? NULL
			       : arena_printf(arena, "%s: %s", host->virtiofsd, strerror(errno));
	return server_is_described() ? NULL : "there is no virtiofsd";
}

/* --- huge pages --- */

/* How many there are in the pool of that size. */
static int64_t pool_pages(const char *pool)
{
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(closep) int fd = -1;
	char text[32] = "";
	int64_t count;

	buf_printf(&path, "%s/nr_hugepages", pool);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return str_parse_i64(text, &count) ? count : 0;
}

/* Into their order; of more sizes than there is room for, some smaller one is forgotten. */
static void add_size(int64_t sizes[HOST_PAGE_SIZES], int64_t kib)
{
	for (size_t i = 0; i < HOST_PAGE_SIZES; i++)
		if (kib > sizes[i]) {
			int64_t smaller = sizes[i];

			sizes[i] = kib;
			kib = smaller;
		}
}

/* Those that somebody has set aside: without them no guest could start. */
static void look_at_pages(int64_t ret[HOST_PAGE_SIZES])
{
	glob_t found = {0};

	(void)glob(POOL_PREFIX "*kB", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *size = str_after(found.gl_pathv[i], POOL_PREFIX);
		int64_t kib = strtoll(size, NULL, 10);

		if (kib > 0 && pool_pages(found.gl_pathv[i]) > 0)
			add_size(ret, kib);
	}
	globfree(&found);
}

void traits_look(Host *host, HostTraits *ret)
{
	_cleanup_(conn_freep) virConnectPtr conn = NULL;
	_cleanup_(freep) char *xml = NULL;
	const char *unknown = "libvirt does not say what it can do";

	if (conn_get(host, &conn, NULL) == 0)
		xml = virConnectGetDomainCapabilities(conn, NULL, "x86_64", "q35",
						      host->kvm ? "kvm" : "qemu", 0);
	if (!xml) {
		*ret = (HostTraits){{unknown, unknown}};
		return;
	}
	*ret = (HostTraits){
		.lacks[HOST_TRAIT_VIRTIO_FS] =
			capabilities_offer(xml, "filesystem", "driverType", "virtiofs")
				? lack_of_server(host, host->arena)
				: "libvirt or QEMU has no virtio-fs",
		.lacks[HOST_TRAIT_SHARED_MEMORY] =
			capabilities_offer(xml, "memoryBacking", "sourceType", "memfd")
				? NULL
				: "libvirt or QEMU has no memory of a memfd",
	};
	if (is_local(host))
		look_at_pages(ret->page_kib);
}
