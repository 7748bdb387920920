/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The OpenStack tree: "/openstack/<version>/<document>". A version is a day; each member and
 * each document says since when it is there. "latest" is the newest that is not in the future.
 * Beside the versions are the server's files, "/openstack/content/0000" and so on.
 */
#include <openssl/evp.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "metadata/priv.h"
#include "model/domain.h"
#include "json/out.h"

#define LATEST "latest"

/* Days of which something is said below. */
#define GRIZZLY "2013-04-04"
#define HAVANA "2013-10-17"
#define LIBERTY "2015-10-15"
#define NEWTON_ONE "2016-06-30"
#define NEWTON_TWO "2016-10-06"
#define VICTORIA "2020-10-14"
#define EPOXY "2025-04-04"

static const char *const versions[] = {
	"2012-08-10", GRIZZLY,      HAVANA,       LIBERTY,  NEWTON_ONE,
	NEWTON_TWO,   "2017-02-22", "2018-08-27", VICTORIA, EPOXY,
};

enum { SEED_BYTES = 512 };

/* Versions sort as days do, and "latest" behind them. */
static bool at_least(const char *version, const char *since)
{
	return !since || strcmp(version, since) >= 0;
}

static size_t visible_count(const MetadataView *view)
{
	char today[CLOCK_TEXT_MAX];
	size_t n = 0;

	(void)clock_format(view->now_us, CLOCK_SECONDS_Z, today);
	while (n < ARRAY_SIZE(versions) && strncmp(versions[n], today, strlen(versions[n])) <= 0)
		n++;
	return n;
}

const char *openstack_version(const MetadataView *view, size_t index)
{
	size_t n = visible_count(view);

	if (index < n)
		return versions[index];
	return index == n ? LATEST : NULL;
}

/* --- meta_data.json --- */

static const char *finish(JsonOut *out, Arena *arena)
{
	size_t length;
	char *text = json_out_take(out, &length);
	const char *copy = arena_strndup(arena, text, length);

	free(text);
	return copy;
}

static void out_keys(JsonOut *out, const Server *server)
{
	if (!server->key_name || !server->key_data)
		return;
	json_out_begin(out, "public_keys");
	json_out_text(out, server->key_name, server->key_data);
	json_out_end(out);
	json_out_list_begin(out, "keys");
	json_out_begin(out, NULL);
	json_out_text(out, "name", server->key_name);
	json_out_text(out, "type",
		      enum_name(&keypair_type_names, keypair_type_of(server->key_data)));
	json_out_text(out, "data", server->key_data);
	json_out_end(out);
	json_out_list_end(out);
}

const char *openstack_content_path(Arena *arena, size_t index)
{
	return arena_printf(arena, "/content/%04zu", index);
}

static void out_files(JsonOut *out, const MetadataView *view, Arena *arena)
{
	if (!view->file_count)
		return;
	json_out_list_begin(out, "files");
	for (size_t i = 0; i < view->file_count; i++) {
		json_out_begin(out, NULL);
		json_out_text(out, "content_path", openstack_content_path(arena, i));
		json_out_text(out, "path", view->files[i]->path);
		json_out_end(out);
	}
	json_out_list_end(out);
}

static void out_seed(JsonOut *out)
{
	unsigned char bytes[SEED_BYTES];
	char text[SEED_BYTES * 4 / 3 + 8];

	random_bytes(bytes, sizeof(bytes));
	(void)EVP_EncodeBlock((unsigned char *)text, bytes, sizeof(bytes)); /* fits */
	json_out_text(out, "random_seed", text);
}

/* The bus as guests know it, and whether a place on it says where the disk is. */
static const char *bus_word(const char *bus)
{
	static const char *const buses[][2] = {
		{"virtio", "pci"}, {"scsi", "scsi"}, {"ide", "ide"}, {"usb", "usb"}};

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
		if (str_eq(bus, buses[i][0]))
			return buses[i][1];
	return "none";
}

static void out_disk(JsonOut *out, const MetadataDisk *disk)
{
	const char *bus = bus_word(disk->bus);
	bool placed = str_eq(bus, "pci") && disk->address;

	json_out_begin(out, NULL);
	json_out_text(out, "type", "disk");
	if (disk->serial)
		json_out_text(out, "serial", disk->serial);
	json_out_text(out, "bus", bus);
	json_out_text(out, "address", placed ? disk->address : "none");
	json_out_list_begin(out, "tags");
	json_out_text(out, NULL, disk->tag);
	json_out_list_end(out);
	json_out_end(out);
}

/* Where and how to mount it is there only if its owner has said so. */
static void out_share(JsonOut *out, const MetadataShare *share)
{
	json_out_begin(out, NULL);
	json_out_text(out, "type", "share");
	json_out_text(out, "share_id", share->share_id);
	json_out_text(out, "tag", share->tag);
	json_out_text(out, "bus", "none");
	json_out_text(out, "address", "none");
	if (share->mount_point)
		json_out_text(out, "mount_point", share->mount_point);
	if (share->mount_options)
		json_out_text(out, "mount_options", share->mount_options);
	json_out_end(out);
}

/* Of disks only what has a tag: that is what a guest is told of. */
static void out_devices(JsonOut *out, const MetadataView *view, const char *version)
{
	json_out_list_begin(out, "devices");
	for (size_t i = 0; i < view->disk_count; i++)
		if (view->disks[i].tag)
			out_disk(out, &view->disks[i]);
	if (at_least(version, EPOXY))
		for (size_t i = 0; i < view->share_count; i++)
			out_share(out, &view->shares[i]);
	json_out_list_end(out);
}

static const char *meta_data(const MetadataView *view, Arena *arena, const char *version)
{
	const Server *server = view->server;
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_text(&out, "uuid", server->id);
	json_out_text(&out, "name", server->name);
	json_out_text(&out, "hostname", metadata_hostname(view, arena));
	json_out_int(&out, "launch_index", server->launch_index);
	json_out_text(&out, "availability_zone", server->availability_zone);
	if (json_text_map(arena, server->metadata).count)
		json_out_raw(&out, "meta", server->metadata);
	out_keys(&out, server);
	out_files(&out, view, arena);
	if (at_least(version, GRIZZLY))
		out_seed(&out);
	if (at_least(version, LIBERTY))
		json_out_text(&out, "project_id", server->project_id);
	if (at_least(version, NEWTON_ONE))
		out_devices(&out, view, version);
	if (at_least(version, VICTORIA))
		json_out_raw(&out, "dedicated_cpus", "[]");
	json_out_end(&out);
	return finish(&out, arena);
}

/* --- network_data.json --- */

/* What the interface leads to: a bridge of the host where it has an address, else the emulator. */
static void out_link(JsonOut *out, const Server *server)
{
	char mac[DOMAIN_MAC_TEXT];

	json_out_list_begin(out, "links");
	json_out_begin(out, NULL);
	json_out_text(out, "id", "net0");
	json_out_text(out, "vif_id", server->id);
	json_out_text(out, "type", server->address ? "bridge" : "phy");
	json_out_null(out, "mtu");
	json_out_text(out, "ethernet_mac_address", server_mac(server, mac));
	json_out_end(out);
	json_out_list_end(out);
}

static void out_address(JsonOut *out, const char *key, uint32_t address)
{
	char text[IPV4_TEXT];

	json_out_text(out, key, ipv4_text(address, text));
}

static void out_route(JsonOut *out, uint32_t network, uint32_t mask, uint32_t gateway)
{
	json_out_begin(out, NULL);
	out_address(out, "network", network);
	out_address(out, "netmask", mask);
	out_address(out, "gateway", gateway);
	json_out_end(out);
}

/* All that it takes to be found there without DHCP; and the way back here, where a router is. */
static void out_fixed(JsonOut *out, const GuestNetwork *network, const char *address)
{
	uint32_t metadata = 0;

	json_out_text(out, "type", "ipv4");
	json_out_text(out, "ip_address", address);
	out_address(out, "netmask", network->mask);
	json_out_list_begin(out, "routes");
	out_route(out, 0, 0, network->gateway);
	if (network->host && network->host != network->gateway &&
	    ipv4_read(METADATA_ADDRESS, &metadata))
		out_route(out, metadata, UINT32_MAX, network->host);
	json_out_list_end(out);
}

static void out_network(JsonOut *out, const MetadataView *view)
{
	const Server *server = view->server;

	json_out_list_begin(out, "networks");
	json_out_begin(out, NULL);
	json_out_text(out, "id", "network0");
	if (server->address && view->network)
		out_fixed(out, view->network, server->address);
	else
		json_out_text(out, "type", "ipv4_dhcp");
	json_out_text(out, "link", "net0");
	json_out_text(out, "network_id", server->id);
	json_out_end(out);
	json_out_list_end(out);
}

static void out_services(JsonOut *out, const MetadataView *view)
{
	const GuestNetwork *network = view->server->address ? view->network : NULL;

	json_out_list_begin(out, "services");
	for (size_t i = 0; network && i < network->dns_count; i++) {
		json_out_begin(out, NULL);
		json_out_text(out, "type", "dns");
		out_address(out, "address", network->dns[i]);
		json_out_end(out);
	}
	json_out_list_end(out);
}

static const char *network_data(const MetadataView *view, Arena *arena,
				const char *version _unused_)
{
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	if (str_eq(view->server->networks, "none")) {
		json_out_raw(&out, "links", "[]");
		json_out_raw(&out, "networks", "[]");
	} else {
		out_link(&out, view->server);
		out_network(&out, view);
	}
	out_services(&out, view);
	json_out_end(&out);
	return finish(&out, arena);
}

/* --- the rest --- */

static const char *vendor_data(const MetadataView *view _unused_, Arena *arena _unused_,
			       const char *version _unused_)
{
	return "{}";
}

static const char *vendor_data2(const MetadataView *view _unused_, Arena *arena _unused_,
				const char *version _unused_)
{
	return "{\"static\": {}}";
}

static const char *password(const MetadataView *view, Arena *arena _unused_,
			    const char *version _unused_)
{
	return view->server->password ? view->server->password : "";
}

/* The documents of a version, in the order in which they are listed. */
typedef struct Leaf {
	const char *name;
	const char *since;
	const char *type;
	/* NULL: it is the user data, which may be anything. */
	const char *(*text)(const MetadataView *view, Arena *arena, const char *version);
} Leaf;

static const Leaf leaves[] = {
	{.name = "meta_data.json", .type = METADATA_TYPE_JSON, .text = meta_data},
	{.name = "user_data"},
	{.name = "password", .since = GRIZZLY, .type = METADATA_TYPE_TEXT, .text = password},
	{.name = "vendor_data.json",
	 .since = HAVANA,
	 .type = METADATA_TYPE_JSON,
	 .text = vendor_data},
	{.name = "network_data.json",
	 .since = LIBERTY,
	 .type = METADATA_TYPE_JSON,
	 .text = network_data},
	{.name = "vendor_data2.json",
	 .since = NEWTON_TWO,
	 .type = METADATA_TYPE_JSON,
	 .text = vendor_data2},
};

/* The version that a path begins with, or NULL; *ret_rest is what follows, without slashes. */
static const char *path_version(const MetadataView *view, const char *rest, const char **ret_rest)
{
	const char *version;

	while (*rest == '/')
		rest++;
	for (size_t i = 0; (version = openstack_version(view, i)); i++) {
		const char *behind = str_after(rest, version);

		if (!behind || (*behind && *behind != '/'))
			continue;
		while (*behind == '/')
			behind++;
		*ret_rest = behind;
		return version;
	}
	return NULL;
}

static const Leaf *find_leaf(const char *name, const char *version)
{
	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++)
		if (str_eq(leaves[i].name, name) && at_least(version, leaves[i].since))
			return &leaves[i];
	return NULL;
}

static MetadataDocument list_versions(const MetadataView *view, Arena *arena)
{
	_cleanup_(buf_done) Buf text = {0};
	const char *version;

	for (size_t i = 0; (version = openstack_version(view, i)); i++)
		buf_printf(&text, "%s%s", i ? "\n" : "", version);
	return metadata_text(METADATA_TYPE_TEXT, arena_strdup(arena, buf_text(&text)));
}

static MetadataDocument list_leaves(const MetadataView *view, Arena *arena, const char *version)
{
	_cleanup_(buf_done) Buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++)
		if (at_least(version, leaves[i].since) &&
		    (leaves[i].text || view->server->user_data))
			buf_printf(&text, "%s%s", text.length ? "\n" : "", leaves[i].name);
	return metadata_text(METADATA_TYPE_TEXT, arena_strdup(arena, buf_text(&text)));
}

/* A file of the server's; paths of any other form are none. */
static int get_content(const MetadataView *view, Arena *arena, const char *rest,
		       MetadataDocument *ret)
{
	for (size_t i = 0; i < view->file_count; i++)
		if (str_eq(rest, openstack_content_path(arena, i)))
			return metadata_decode(arena, view->files[i]->contents, ret);
	return METADATA_NOT_THERE;
}

int openstack_get(const MetadataView *view, Arena *arena, const char *rest, MetadataDocument *ret)
{
	const char *name, *version = path_version(view, rest, &name);
	const Leaf *leaf;

	if (!rest[strspn(rest, "/")]) {
		*ret = list_versions(view, arena);
		return 0;
	}
	if (!version)
		return get_content(view, arena, rest, ret);
	if (!*name) {
		*ret = list_leaves(view, arena, version);
		return 0;
	}
	leaf = find_leaf(name, version);
	if (!leaf)
		return METADATA_NOT_THERE;
	if (!leaf->text)
		return metadata_user_data(view, arena, ret);
	*ret = metadata_text(leaf->type, leaf->text(view, arena, version));
	return 0;
}

bool openstack_is_password(const MetadataView *view, const char *rest)
{
	const char *name, *version = path_version(view, rest, &name);
	const Leaf *leaf = version ? find_leaf(name, version) : NULL;

	return leaf && leaf->text == password;
}
