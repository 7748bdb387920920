/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See metadata.h: which tree a path belongs to, and which files a drive holds.
 */
#include "metadata/metadata.h"

#include <openssl/evp.h>

#include "base/str.h"
#include "metadata/priv.h"

MetadataDocument metadata_text(const char *type, const char *text)
{
	return (MetadataDocument){.type = type, .bytes = text, .length = strlen(text)};
}

const char *metadata_hostname(const MetadataView *view, Arena *arena)
{
	const Server *server = view->server;

	if (str_empty(view->domain))
		return server->hostname;
	return arena_printf(arena, "%s.%s", server->hostname, view->domain);
}

int metadata_decode(Arena *arena, const char *text, MetadataDocument *ret)
{
	size_t length = strlen(text), padding = 0;
	char *bytes = arena_alloc(arena, length + 1);
	int n = EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)text, (int)length);

	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	if (n < (int)padding) /* it was checked when it came */
		return METADATA_NOT_THERE;
	*ret = (MetadataDocument){
		.type = METADATA_TYPE_BYTES,
		.bytes = bytes,
		.length = (size_t)n - padding,
	};
	return 0;
}

int metadata_user_data(const MetadataView *view, Arena *arena, MetadataDocument *ret)
{
	const char *text = view->server->user_data;

	return text ? metadata_decode(arena, text, ret) : METADATA_NOT_THERE;
}

MetadataDocument metadata_root(void)
{
	return metadata_text(METADATA_TYPE_TEXT, ec2_versions());
}

/* What is behind "/openstack", or NULL. */
static const char *openstack_rest(const char *path)
{
	const char *rest = str_after(path, "/openstack");

	return rest && (!*rest || *rest == '/') ? rest : NULL;
}

int metadata_get(const MetadataView *view, Arena *arena, const char *path, MetadataDocument *ret)
{
	const char *rest = openstack_rest(path);

	while (*path == '/')
		path++;
	if (!*path) {
		*ret = metadata_root();
		return 0;
	}
	return rest ? openstack_get(view, arena, rest, ret) : ec2_get(view, arena, path, ret);
}

bool metadata_is_password(const MetadataView *view, const char *path)
{
	const char *rest = openstack_rest(path);

	return rest && openstack_is_password(view, rest);
}

/* --- the drive --- */

/* What of the older tree is worth having as files. */
static const char *const ec2_drive_versions[] = {"2009-04-04", "latest"};
static const char *const openstack_files[] = {
	"meta_data.json", "user_data", "vendor_data.json", "vendor_data2.json", "network_data.json",
};

typedef struct FileList {
	MetadataFile *files;
	size_t count;
	Arena *arena;
} FileList;

static void add_file(FileList *list, const char *path, MetadataDocument document)
{
	list->files = arena_grow(list->arena, list->files, list->count, sizeof(*list->files));
	list->files[list->count++] = (MetadataFile){.path = path, .document = document};
}

static void add_ec2(const MetadataView *view, FileList *list, const char *version)
{
	const char *json = ec2_json(view, list->arena, version);
	MetadataDocument user_data;

	add_file(list, arena_printf(list->arena, "ec2/%s/meta-data.json", version),
		 metadata_text(METADATA_TYPE_JSON, json));
	if (metadata_user_data(view, list->arena, &user_data) == 0)
		add_file(list, arena_printf(list->arena, "ec2/%s/user-data", version), user_data);
}

static void add_openstack(const MetadataView *view, FileList *list, const char *version)
{
	for (size_t i = 0; i < ARRAY_SIZE(openstack_files); i++) {
		const char *path =
			arena_printf(list->arena, "openstack/%s/%s", version, openstack_files[i]);
		MetadataDocument document;

		if (openstack_get(view, list->arena, path + strlen("openstack"), &document) == 0)
			add_file(list, path, document);
	}
}

static void add_contents(const MetadataView *view, FileList *list)
{
	for (size_t i = 0; i < view->file_count; i++) {
		const char *path = arena_printf(list->arena, "openstack%s",
						openstack_content_path(list->arena, i));
		MetadataDocument document;

		if (openstack_get(view, list->arena, path + strlen("openstack"), &document) == 0)
			add_file(list, path, document);
	}
}

size_t metadata_files(const MetadataView *view, Arena *arena, MetadataFile **ret)
{
	FileList list = {.arena = arena};
	const char *version;

	for (size_t i = 0; i < ARRAY_SIZE(ec2_drive_versions); i++)
		add_ec2(view, &list, ec2_drive_versions[i]);
	for (size_t i = 0; (version = openstack_version(view, i)); i++)
		add_openstack(view, &list, version);
	add_contents(view, &list);
	*ret = list.files;
	return list.count;
}
