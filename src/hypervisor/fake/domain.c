/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See domain.h. The files survive the daemon, not the machine: so does a guest, and nothing is
 * synced.
 */
#include "hypervisor/fake/domain.h"

#include <errno.h>
#include <fcntl.h>

#include "base/str.h"
#include "base/uuid.h"
#include "json/out.h"

enum { NAME_BYTES = UUID_TEXT + 16 }; /* ".json.new" behind the id */

static char *text_copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static FakeDisk *disk_free(FakeDisk *disk)
{
	free(disk->alias);
	free(disk->target);
	free(disk->path);
	free(disk->serial);
	free(disk->mirror);
	free(disk);
	return NULL;
}

FakeDomain *fake_domain_new(const char *id)
{
	FakeDomain *domain = NEW(FakeDomain);

	domain->id = mem_strdup(id);
	domain->state = DOMAIN_OFF;
	domain->owner = DOMAIN_OWN;
	return domain;
}

FakeDomain *fake_domain_free(FakeDomain *domain)
{
	if (!domain)
		return NULL;
	VEC_FOREACH (&domain->disks, i)
		(void)disk_free(domain->disks.items[i]); /* NULL */
	vec_done(&domain->disks);
	free(domain->id);
	free(domain->name);
	free(domain->kernel_path);
	free(domain);
	return NULL;
}

FakeDisk *fake_domain_disk(const FakeDomain *domain, const char *alias)
{
	VEC_FOREACH (&domain->disks, i)
		if (str_eq(domain->disks.items[i]->alias, alias))
			return domain->disks.items[i];
	return NULL;
}

static char *source_text(const DiskSpec *spec)
{
	Buf text = {0};

	if (!spec->network)
		return mem_strdup(spec->path ? spec->path : "");
	buf_printf(&text, "%s:%s", enum_name(&disk_protocol_names, (int)spec->network->protocol),
		   spec->network->name);
	return buf_take(&text);
}

FakeDisk *fake_domain_add_disk(FakeDomain *domain, const DiskSpec *spec)
{
	FakeDisk *disk = NEW(FakeDisk);

	disk->alias = mem_strdup(spec->alias);
	disk->target = mem_strdup(spec->target);
	disk->path = source_text(spec);
	disk->serial = text_copy(spec->serial);
	disk->readonly = spec->readonly;
	vec_push(&domain->disks, disk);
	return disk;
}

FakeDisk *fake_domain_add_filesystem(FakeDomain *domain, const FilesystemSpec *spec)
{
	FakeDisk *disk = NEW(FakeDisk);

	disk->alias = mem_strdup(spec->alias);
	disk->target = mem_strdup(spec->tag);
	disk->path = mem_strdup(spec->path);
	disk->filesystem = true;
	vec_push(&domain->disks, disk);
	return disk;
}

bool fake_domain_has_target(const FakeDomain *domain, const char *target, bool filesystem)
{
	VEC_FOREACH (&domain->disks, i)
		if (domain->disks.items[i]->filesystem == filesystem &&
		    str_eq(domain->disks.items[i]->target, target))
			return true;
	return false;
}

void fake_domain_set_source(FakeDisk *disk, const DiskSpec *spec)
{
	free(disk->path);
	free(disk->serial);
	disk->path = source_text(spec);
	disk->serial = text_copy(spec->serial);
	disk->readonly = spec->readonly;
}

void fake_domain_prune(FakeDomain *domain)
{
	size_t kept = 0;

	VEC_FOREACH (&domain->disks, i) {
		FakeDisk *disk = domain->disks.items[i];

		if (disk->live || disk->config)
			domain->disks.items[kept++] = disk;
		else
			(void)disk_free(disk); /* NULL */
	}
	domain->disks.count = kept;
}

static void disk_print(JsonOut *out, const FakeDisk *disk)
{
	json_out_begin(out, NULL);
	json_out_text(out, "alias", disk->alias);
	json_out_text(out, "target", disk->target);
	json_out_text(out, "path", disk->path);
	json_out_text(out, "serial", disk->serial);
	json_out_bool(out, "filesystem", disk->filesystem);
	json_out_bool(out, "readonly", disk->readonly);
	json_out_bool(out, "unserved", disk->unserved);
	json_out_bool(out, "live", disk->live);
	json_out_bool(out, "config", disk->config);
	json_out_int(out, "size_bytes", disk->size_bytes);
	json_out_int(out, "release_us", disk->release_us);
	json_out_text(out, "mirror", disk->mirror);
	json_out_int(out, "mirror_begun_us", disk->mirror_begun_us);
	json_out_int(out, "mirror_ready_us", disk->mirror_ready_us);
	json_out_end(out);
}

static char *domain_print(const FakeDomain *domain, size_t *ret_length)
{
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_text(&out, "name", domain->name);
	json_out_text(&out, "state", enum_name(&domain_state_names, (int)domain->state));
	json_out_text(&out, "kernel_path", domain->kernel_path);
	json_out_text(&out, "owner", enum_name(&domain_owner_names, (int)domain->owner));
	json_out_int(&out, "ram_mib", domain->ram_mib);
	json_out_int(&out, "vcpus", domain->vcpus);
	json_out_list_begin(&out, "disks");
	VEC_FOREACH (&domain->disks, i)
		disk_print(&out, domain->disks.items[i]);
	json_out_list_end(&out);
	json_out_end(&out);
	return json_out_take(&out, ret_length);
}

int fake_domain_save(const FakeDomain *domain, int dir, Fault *f)
{
	char name[NAME_BYTES], temporary[NAME_BYTES];
	_cleanup_(freep) char *text = NULL;
	_cleanup_(closep) int fd = -1;
	size_t length;

	text = domain_print(domain, &length);
	(void)snprintf(name, sizeof(name), "%s.json", domain->id); /* fits: ids are checked */
	(void)snprintf(temporary, sizeof(temporary), "%s.json.new", domain->id);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault(f, -errno, "make %s: %s", temporary, strerror(errno));
	errno = ENOSPC; /* what a short write means */
	if (write(fd, text, length) != (ssize_t)length || renameat(dir, temporary, dir, name))
		return fault(f, -errno, "write %s: %s", name, strerror(errno));
	return 0;
}

static char *optional_text(Arena *arena, const JsonDoc *doc, const char *path)
{
	return text_copy(json_get_text(arena, doc, path));
}

static void mirror_read(FakeDisk *disk, Arena *arena, const JsonDoc *doc, const char *at)
{
	disk->mirror = optional_text(arena, doc, arena_printf(arena, "%smirror", at));
	disk->mirror_begun_us = json_get_int(doc, arena_printf(arena, "%smirror_begun_us", at), 0);
	disk->mirror_ready_us = json_get_int(doc, arena_printf(arena, "%smirror_ready_us", at), 0);
}

static bool disk_read(FakeDomain *domain, Arena *arena, const JsonDoc *doc, int64_t index)
{
	const char *at = arena_printf(arena, "disks.%lld.", (long long)index);
	FakeDisk *disk;
	DiskSpec spec = {
		.alias = json_get_text(arena, doc, arena_printf(arena, "%salias", at)),
		.target = json_get_text(arena, doc, arena_printf(arena, "%starget", at)),
		.path = json_get_text(arena, doc, arena_printf(arena, "%spath", at)),
		.serial = json_get_text(arena, doc, arena_printf(arena, "%sserial", at)),
		.readonly = json_get_bool(doc, arena_printf(arena, "%sreadonly", at), false),
	};

	if (!spec.alias || !spec.target || !spec.path)
		return false;
	disk = fake_domain_add_disk(domain, &spec);
	disk->filesystem = json_get_bool(doc, arena_printf(arena, "%sfilesystem", at), false);
	disk->unserved = json_get_bool(doc, arena_printf(arena, "%sunserved", at), false);
	disk->live = json_get_bool(doc, arena_printf(arena, "%slive", at), false);
	disk->config = json_get_bool(doc, arena_printf(arena, "%sconfig", at), false);
	disk->size_bytes = json_get_int(doc, arena_printf(arena, "%ssize_bytes", at), 0);
	disk->release_us = json_get_int(doc, arena_printf(arena, "%srelease_us", at), 0);
	mirror_read(disk, arena, doc, at);
	return true;
}

static FakeDomain *domain_read(const char *id, Arena *arena, const JsonDoc *doc)
{
	_cleanup_(fake_domain_freep) FakeDomain *domain = fake_domain_new(id);
	int64_t disks = json_get_count(doc, "disks");
	const char *state = json_get_text(arena, doc, "state");
	int value = state ? enum_value(&domain_state_names, state) : -1;
	const char *owner = json_get_text(arena, doc, "owner");
	int owned = owner ? enum_value(&domain_owner_names, owner) : DOMAIN_OWN;

	domain->name = optional_text(arena, doc, "name");
	domain->kernel_path = optional_text(arena, doc, "kernel_path");
	domain->ram_mib = json_get_int(doc, "ram_mib", 0);
	domain->vcpus = json_get_int(doc, "vcpus", 0);
	if (value < 0 || owned < 0 || disks < 0 || !domain->name)
		return NULL;
	domain->state = (DomainState)value;
	domain->owner = (DomainOwner)owned;
	for (int64_t i = 0; i < disks; i++)
		if (!disk_read(domain, arena, doc, i))
			return NULL;
	return TAKE(domain);
}

static int file_read(int dir, const char *name, Buf *buf, Fault *f)
{
	_cleanup_(closep) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char block[4096];
	ssize_t n;

	if (fd < 0)
		return fault(f, -errno, "open %s: %s", name, strerror(errno));
	while ((n = read(fd, block, sizeof(block))) > 0)
		buf_append(buf, block, (size_t)n);
	return n < 0 ? fault(f, -errno, "read %s: %s", name, strerror(errno)) : 0;
}

int fake_domain_load(int dir, const char *id, FakeDomain **ret, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	_cleanup_(buf_done) Buf buf = {0};
	char name[NAME_BYTES];
	int r;

	(void)snprintf(name, sizeof(name), "%s.json", id); /* fits: ids are checked */
	r = file_read(dir, name, &buf, f);
	if (r)
		return r;
	if (json_parse(arena, buf_text(&buf), buf.length, &doc, NULL))
		return fault(f, -EBADMSG, "%s is not JSON", name);
	*ret = domain_read(id, arena, doc);
	return *ret ? 0 : fault(f, -EBADMSG, "%s is not a domain", name);
}
