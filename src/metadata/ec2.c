/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The EC2 tree: "/<version>/meta-data/..." and "/<version>/user-data". It is a row of paths, each
 * with its value, in alphabetical order: a folder is what the paths of a row begin with.
 */
#include <inttypes.h>

#include "base/str.h"
#include "metadata/priv.h"
#include "json/out.h"

static const char *const versions[] = {
	"1.0",        "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10",
	"2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04", "latest",
};

enum { ENTRIES_MAX = 512 };

typedef struct Entry {
	const char *path; /* below meta-data */
	const char *value;
} Entry;

typedef struct Tree {
	const MetadataView *view;
	Arena *arena;
	const char *version;
	Entry entries[ENTRIES_MAX];
	size_t count;
} Tree;

const char *ec2_versions(void)
{
	return "1.0\n2007-01-19\n2007-03-01\n2007-08-29\n2007-10-10\n2007-12-15\n2008-02-01\n"
	       "2008-09-01\n2009-04-04\nlatest";
}

static void add(Tree *tree, const char *since, const char *path, const char *value)
{
	if (!value || tree->count == ENTRIES_MAX || strcmp(tree->version, since) < 0)
		return;
	tree->entries[tree->count++] = (Entry){.path = path, .value = value};
}

/* Ids of EC2 are eight digits behind a letter or three; NULL for NULL. */
static const char *short_id(Tree *tree, const char *prefix, const char *id)
{
	return id ? arena_printf(tree->arena, "%s-%.8s", prefix, id) : NULL;
}

static const char *without_dev(const char *device)
{
	const char *name = str_after(device, "/dev/");

	return name ? name : device;
}

static int compare_disks(const void *a, const void *b)
{
	const MetadataDisk *const *left = a, *const *right = b;

	return strcmp((*left)->device, (*right)->device);
}

/* Disks of each kind by their device names: "ebs0", "ephemeral0". */
static void add_disks(Tree *tree)
{
	static const char *const names[] = {
		[METADATA_DISK_VOLUME] = "ebs",
		[METADATA_DISK_EPHEMERAL] = "ephemeral",
	};
	size_t numbers[ARRAY_SIZE(names)] = {0}, count = tree->view->disk_count;
	const MetadataDisk **disks = ARENA_ARRAY(tree->arena, const MetadataDisk *, count + 1);
	const char *since = "2007-12-15";

	for (size_t i = 0; i < count; i++)
		disks[i] = &tree->view->disks[i];
	qsort(disks, count, sizeof(const MetadataDisk *), compare_disks);
	for (size_t i = 0; i < count; i++) {
		MetadataDiskKind kind = disks[i]->kind;

		if (kind == METADATA_DISK_SWAP)
			add(tree, since, "block-device-mapping/swap", disks[i]->device);
		else if (kind != METADATA_DISK_ROOT)
			add(tree, since,
			    arena_printf(tree->arena, "block-device-mapping/%s%zu", names[kind],
					 numbers[kind]++),
			    disks[i]->device);
	}
}

static void add_machine(Tree *tree)
{
	const Server *server = tree->view->server;
	const char *hostname = metadata_hostname(tree->view, tree->arena);

	add(tree, "", "ami-id", short_id(tree, "ami", server->image_id));
	add(tree, "", "ami-launch-index",
	    arena_printf(tree->arena, "%" PRId64, server->launch_index));
	add(tree, "", "ami-manifest-path",
	    "FIX"
	    "ME");
	add(tree, "", "hostname", hostname);
	add(tree, "", "instance-id", short_id(tree, "i", server->id));
	add(tree, "", "local-ipv4", server->address ? server->address : "");
	add(tree, "", "reservation-id", server->reservation_id);
	add(tree, "", "security-groups", "default");
	add(tree, "2007-01-19", "local-hostname", hostname);
	add(tree, "2007-01-19", "public-hostname", hostname);
	add(tree, "2007-01-19", "public-ipv4", "");
	add(tree, "2007-08-29", "instance-type", server->flavor_name);
	add(tree, "2007-12-15", "kernel-id", short_id(tree, "aki", server->kernel_id));
	add(tree, "2007-12-15", "ramdisk-id", short_id(tree, "ari", server->ramdisk_id));
	add(tree, "2008-02-01", "placement/availability-zone", server->availability_zone);
	add(tree, "2008-09-01", "instance-action", "none");
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const Entry *)a)->path, ((const Entry *)b)->path);
}

static Tree *grow_tree(const MetadataView *view, Arena *arena, const char *version)
{
	Tree *tree = ARENA_NEW(arena, Tree);
	const Server *server = view->server;

	tree->view = view;
	tree->arena = arena;
	tree->version = version;
	add_machine(tree);
	if (server->key_name)
		add(tree, "", "public-keys/0/openssh-key", server->key_data);
	if (server->root_device) {
		add(tree, "2007-12-15", "block-device-mapping/ami",
		    without_dev(server->root_device));
		add(tree, "2007-12-15", "block-device-mapping/root", server->root_device);
	}
	add_disks(tree);
	qsort(tree->entries, tree->count, sizeof(Entry), compare_entries);
	return tree;
}

/* --- as text --- */

/* One line of a folder: keys are listed by number and name. */
static void list_item(const Tree *tree, Buf *text, const char *prefix, const char *rest)
{
	size_t length = strcspn(rest, "/");

	if (text->length)
		buf_add_char(text, '\n');
	if (str_eq(prefix, "public-keys/"))
		buf_printf(text, "%.*s=%s", (int)length, rest, tree->view->server->key_name);
	else
		buf_append(text, rest, length + (rest[length] == '/'));
}

/* What is in a folder, whose path is empty or ends with a slash. */
static int list_folder(const Tree *tree, const char *prefix, MetadataDocument *ret)
{
	_cleanup_(buf_done) Buf text = {0};
	const char *last = NULL;

	for (size_t i = 0; i < tree->count; i++) {
		const char *rest = str_after(tree->entries[i].path, prefix);
		size_t length = rest ? strcspn(rest, "/") : 0;

		if (!rest || (last && strncmp(last, rest, length) == 0 && last[length] == '/'))
			continue;
		last = rest;
		list_item(tree, &text, prefix, rest);
	}
	if (!last)
		return METADATA_NOT_THERE;
	*ret = metadata_text(METADATA_TYPE_TEXT, arena_strdup(tree->arena, buf_text(&text)));
	return 0;
}

static int tree_get(const Tree *tree, const char *path, MetadataDocument *ret)
{
	size_t length = strlen(path);

	for (size_t i = 0; i < tree->count; i++) {
		if (!str_eq(tree->entries[i].path, path))
			continue;
		*ret = metadata_text(METADATA_TYPE_TEXT, tree->entries[i].value);
		return 0;
	}
	if (length && path[length - 1] != '/')
		path = arena_printf(tree->arena, "%s/", path);
	return list_folder(tree, path, ret);
}

/* The rest behind a name and its slashes, or NULL when the path begins otherwise. */
static const char *behind(const char *path, const char *name)
{
	const char *rest = str_after(path, name);

	if (!rest || (*rest && *rest != '/'))
		return NULL;
	return rest + strspn(rest, "/");
}

static int version_get(const MetadataView *view, Arena *arena, const char *version,
		       const char *path, MetadataDocument *ret)
{
	const char *rest = behind(path, "meta-data");

	if (!*path) {
		*ret = metadata_text(METADATA_TYPE_TEXT, view->server->user_data
								 ? "meta-data/\nuser-data"
								 : "meta-data/");
		return 0;
	}
	if (rest)
		return tree_get(grow_tree(view, arena, version), rest, ret);
	return str_eq(path, "user-data") ? metadata_user_data(view, arena, ret)
					 : METADATA_NOT_THERE;
}

int ec2_get(const MetadataView *view, Arena *arena, const char *path, MetadataDocument *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		const char *rest = behind(path, versions[i]);

		if (rest)
			return version_get(view, arena, versions[i], rest, ret);
	}
	return METADATA_NOT_THERE;
}

/* --- as JSON --- */

/* Print entries from *at on whose path has the prefix, as members of the object that is open. */
static void out_folder(JsonOut *out, const Tree *tree, size_t *at, const char *prefix)
{
	while (*at < tree->count) {
		const Entry *entry = &tree->entries[*at];
		const char *rest = str_after(entry->path, prefix), *name;
		size_t length;

		if (!rest)
			return;
		length = strcspn(rest, "/");
		name = arena_strndup(tree->arena, rest, length);
		if (rest[length] != '/') {
			json_out_text(out, name, entry->value);
			(*at)++;
			continue;
		}
		json_out_begin(out, name);
		out_folder(out, tree, at, arena_printf(tree->arena, "%s%s/", prefix, name));
		json_out_end(out);
	}
}

const char *ec2_json(const MetadataView *view, Arena *arena, const char *version)
{
	const Tree *tree = grow_tree(view, arena, version);
	JsonOut out = {0};
	size_t at = 0, length;
	const char *copy;
	char *text;

	json_out_begin(&out, NULL);
	out_folder(&out, tree, &at, "");
	json_out_end(&out);
	text = json_out_take(&out, &length);
	copy = arena_strndup(arena, text, length);
	free(text);
	return copy;
}
