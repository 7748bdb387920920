/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The depot: image bytes in DIRECTORY/images/<image id>, the disks of servers beside them (see
 * depot-disk.c).
 *
 * An upload is written to images/.upload-<random>, hashed on the way, checked at the end and
 * then renamed.
 */
#include "backend/file/file.h"

#include <errno.h>
#include <fcntl.h>

#include <openssl/evp.h>

#include "backend/file/depot.h"
#include "backend/file/image.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"

#define UPLOAD_PREFIX DIR_TEMPORARY "upload-"

enum {
	NAME_BYTES = UUID_TEXT + 16, /* the prefix before an id */
	HASH_BYTES = 1024 * 1024,
};

struct DepotUpload {
	const FileDepot *depot;
	char image_id[UUID_TEXT];
	char temporary[NAME_BYTES];
	int fd;
	int64_t size_bytes;
	EVP_MD_CTX *md5;
	EVP_MD_CTX *sha512;
};

static void file_close(void *self)
{
	FileDepot *depot = self;

	(void)dir_close(depot->images);
	(void)dir_close(depot->disks);
	free(depot->path);
	free(depot);
}

static int file_sweep(void *self, Fault *f)
{
	const FileDepot *depot = self;
	int r = dir_sweep(depot->images, f);

	return r ? r : dir_sweep(depot->disks, f);
}

static int file_open(const char *directory, void **ret, Fault *f)
{
	_cleanup_(dir_closep) Dir *dir = NULL;
	_cleanup_(dir_closep) Dir *images = NULL;
	_cleanup_(dir_closep) Dir *disks = NULL;
	FileDepot *depot;
	int r;

	r = dir_open(directory, &dir, f);
	if (!r)
		r = dir_open_inside(dir, "images", &images, f);
	if (!r)
		r = dir_open_inside(dir, "disks", &disks, f);
	if (r)
		return fault_unexpected(f, r);
	depot = NEW(FileDepot);
	depot->path = mem_strdup(directory);
	depot->images = TAKE(images);
	depot->disks = TAKE(disks);
	*ret = depot;
	return 0;
}

static DepotUpload *upload_free(DepotUpload *upload)
{
	closep(&upload->fd);
	EVP_MD_CTX_free(upload->md5);
	EVP_MD_CTX_free(upload->sha512);
	free(upload);
	return NULL;
}
DEFINE_CLEANUP(DepotUpload, upload_free)

static DepotUpload *file_abandon(DepotUpload *upload)
{
	dir_discard_file(upload->depot->images, upload->temporary);
	return upload_free(upload);
}

static int file_begin(void *self, const char *image_id, DepotUpload **ret, Fault *f)
{
	_cleanup_(upload_freep) DepotUpload *upload = NEW(DepotUpload);
	const FileDepot *depot = self;
	char unique[UUID_TEXT];
	int r;

	upload->depot = depot;
	upload->fd = -1;
	(void)snprintf(upload->image_id, sizeof(upload->image_id), "%s", image_id);
	uuid_new(unique); /* two uploads for one image do not meet before they are whole */
	(void)snprintf(upload->temporary, NAME_BYTES, UPLOAD_PREFIX "%s", unique); /* fits */
	upload->md5 = EVP_MD_CTX_new();
	upload->sha512 = EVP_MD_CTX_new();
	if (!upload->md5 || !upload->sha512 ||
	    EVP_DigestInit_ex(upload->md5, EVP_md5(), NULL) != 1 ||
	    EVP_DigestInit_ex(upload->sha512, EVP_sha512(), NULL) != 1)
		return fault(f, -ENOTSUP, "this OpenSSL has no MD5 or no SHA-512");
	r = dir_create_file(depot->images, upload->temporary, &upload->fd, f);
	if (r)
		return r == DIR_FULL ? DEPOT_FULL : fault_unexpected(f, r);
	*ret = TAKE(upload);
	return 0;
}

static int file_write(DepotUpload *upload, const void *bytes, size_t n, Fault *f)
{
	int r;

	if (EVP_DigestUpdate(upload->md5, bytes, n) != 1 ||
	    EVP_DigestUpdate(upload->sha512, bytes, n) != 1)
		return fault(f, -EIO, "hashing failed");
	r = dir_write(upload->fd, bytes, n, f);
	if (r)
		return r == DIR_FULL ? DEPOT_FULL : fault_unexpected(f, r);
	upload->size_bytes += (int64_t)n;
	return 0;
}

static int digest_take(EVP_MD_CTX *context, Arena *arena, const char **ret, Fault *f)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *text;

	if (EVP_DigestFinal_ex(context, digest, &n) != 1)
		return fault(f, -EIO, "hashing failed");
	text = arena_alloc(arena, 2 * n + 1);
	str_hex(digest, n, text);
	*ret = text;
	return 0;
}

/* Check what came and learn its facts. 0, DEPOT_UNSAFE or DEPOT_WRONG_FORMAT. */
static int upload_inspect(DepotUpload *upload, DiskFormat format, Arena *arena, DepotFacts *ret,
			  Fault *f)
{
	int r;

	ret->size_bytes = upload->size_bytes;
	r = image_size(upload->fd, format, &ret->virtual_size_bytes, f);
	if (r)
		return r == IMAGE_UNSAFE         ? DEPOT_UNSAFE
		       : r == IMAGE_WRONG_FORMAT ? DEPOT_WRONG_FORMAT
						 : fault_unexpected(f, r);
	r = digest_take(upload->md5, arena, &ret->md5, f);
	if (!r)
		r = digest_take(upload->sha512, arena, &ret->sha512, f);
	return r;
}

static int file_finish(DepotUpload *upload, DiskFormat format, Arena *arena, DepotFacts *ret,
		       Fault *f)
{
	int r = upload_inspect(upload, format, arena, ret, f);

	if (!r) {
		r = dir_publish(upload->depot->images, upload->fd, upload->temporary,
				upload->image_id, f);
		if (r > 0)
			r = r == DIR_FULL ? DEPOT_FULL : fault_unexpected(f, r);
	}
	if (r)
		(void)file_abandon(upload); /* NULL */
	else
		(void)upload_free(upload); /* NULL */
	return r;
}

/* The bytes of a disk in the format that is asked for. 0 or DIR_FULL. */
static int import_fill(int to, const DepotSource *source, DiskFormat format, Fault *f)
{
	/* Names of devices may be links. */
	const int flags = O_RDONLY | O_CLOEXEC | (source->is_block ? 0 : O_NOFOLLOW);
	_cleanup_(closep) int from = open(source->path, flags);
	int r;

	if (from < 0)
		return fault(f, -errno, "open %s: %s", source->path, strerror(errno));
	if (source->format == format && !source->is_block)
		return dir_copy(from, to, f);
	r = image_make_empty(to, format, source->size_bytes, f);
	return r ? r : image_convert(from, source->format, to, format, f);
}

/* Take in what was written past file_write(). */
static int upload_hash(DepotUpload *upload, Fault *f)
{
	_cleanup_(freep) char *block = mem_new(HASH_BYTES);
	ssize_t n;

	while ((n = pread(upload->fd, block, HASH_BYTES, upload->size_bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault(f, -errno, "read: %s", strerror(errno));
		if (EVP_DigestUpdate(upload->md5, block, (size_t)n) != 1 ||
		    EVP_DigestUpdate(upload->sha512, block, (size_t)n) != 1)
			return fault(f, -EIO, "hashing failed");
		upload->size_bytes += n;
	}
	return 0;
}

static int file_import(void *self, const char *image_id, const DepotSource *source,
		       DiskFormat format, Arena *arena, DepotFacts *ret, Fault *f)
{
	DepotUpload *upload;
	int r = file_begin(self, image_id, &upload, f);

	if (r)
		return r;
	r = import_fill(upload->fd, source, format, f);
	if (!r)
		r = upload_hash(upload, f);
	if (r) {
		(void)file_abandon(upload); /* NULL */
		return r == DIR_FULL ? DEPOT_FULL : fault_unexpected(f, r);
	}
	return file_finish(upload, format, arena, ret, f);
}

static int file_remove(void *self, const char *image_id, Fault *f)
{
	const FileDepot *depot = self;

	return dir_remove_file(depot->images, image_id, f);
}

static int file_image_path(void *self, const char *image_id, Arena *arena, const char **ret,
			   Fault *f)
{
	const FileDepot *depot = self;
	bool there = false;
	int r = dir_has_file(depot->images, image_id, &there, f);

	if (r)
		return r;
	if (!there)
		return DEPOT_NO_IMAGE;
	*ret = arena_printf(arena, "%s/images/%s", depot->path, image_id);
	return 0;
}

const DepotDriver depot_file = {
	.name = "file",
	.size = sizeof(DepotDriver),
	.open = file_open,
	.close = file_close,
	.begin = file_begin,
	.write = file_write,
	.finish = file_finish,
	.abandon = file_abandon,
	.import = file_import,
	.remove = file_remove,
	.image_path = file_image_path,
	.disk_create = file_disk_create,
	.disk_remove = file_disk_remove,
	.disk_exists = file_disk_exists,
	.disk_path = file_disk_path,
	.disk_size = file_disk_size,
	.disk_exchange = file_disk_exchange,
	.sweep = file_sweep,
};
