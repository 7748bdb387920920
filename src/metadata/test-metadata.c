/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The documents of one server, path by path and version by version, and the drive that holds them.
 */
#include "metadata/metadata.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/str.h"
#include "run/run.h"
#include "tests/lib/test.h"
#include "json/json.h"

#define ID "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
#define VOLUME "11111111-2222-3333-4444-555555555555"

static const Server plain = {
	.id = ID,
	.project_id = "project",
	.name = "web one",
	.hostname = "web-one",
	.image_id = "deadbeef-0000-0000-0000-000000000000",
	.flavor_name = "m1.tiny",
	.availability_zone = "nova",
	.metadata = "{}",
	.networks = "auto",
	.reservation_id = "r-12345678",
	.launch_index = 2,
	.root_device = "/dev/vda",
};

static const MetadataDisk disks[] = {
	{.kind = METADATA_DISK_ROOT, .device = "/dev/vda", .bus = "virtio"},
	{.kind = METADATA_DISK_VOLUME,
	 .device = "/dev/vdc",
	 .tag = "database",
	 .serial = VOLUME,
	 .bus = "virtio",
	 .address = "0000:00:05.0"},
	{.kind = METADATA_DISK_VOLUME,
	 .device = "/dev/vdb",
	 .tag = "log",
	 .serial = "vol",
	 .bus = "scsi",
	 .address = NULL},
	{.kind = METADATA_DISK_VOLUME, .device = "/dev/sdd", .serial = "none", .bus = "sata"},
	{.kind = METADATA_DISK_SWAP, .device = "/dev/vde", .tag = "swap", .bus = NULL},
};

static const MetadataShare shares[] = {
	{.share_id = "share-1", .tag = "photos"},
	{.share_id = "share-2",
	 .tag = "share-2",
	 .mount_point = "/srv/\"logs\"",
	 .mount_options = "ro,nodev"},
};

static Server full_server(void)
{
	Server server = plain;

	server.metadata = "{\"role\":\"db\"}";
	server.key_name = "mine";
	server.key_data = "ssh-rsa AAAA me";
	server.user_data = "IyEvYmluL3NoCg==";
	return server;
}

static MetadataView view_of(const Server *server, const char *date)
{
	MetadataView view = {
		.server = server,
		.domain = "novalocal",
		.disks = disks,
		.disk_count = ARRAY_SIZE(disks),
	};

	assert_true(clock_parse(date, &view.now_us));
	return view;
}

static void expect_text(const MetadataView *view, const char *path, const char *wanted)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	MetadataDocument document = {0};

	if (metadata_get(view, arena, path, &document))
		fail_msg("%s is not there", path);
	assert_string_equal(arena_strndup(arena, document.bytes, document.length), wanted);
}

static void expect_none(const MetadataView *view, const char *path)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	MetadataDocument document;

	if (metadata_get(view, arena, path, &document) != METADATA_NOT_THERE)
		fail_msg("%s is there", path);
}

static JsonDoc *read_json(const MetadataView *view, Arena *arena, const char *path)
{
	MetadataDocument document = {0};
	JsonDoc *doc = NULL;

	assert_int_equal(metadata_get(view, arena, path, &document), 0);
	assert_string_equal(document.type, "application/json");
	assert_int_equal(json_parse(arena, document.bytes, document.length, &doc, NULL), 0);
	return doc;
}

TEST(files_are_listed_and_read)
{
	static ServerFile motd = {.path = "/etc/motd", .contents = "aGVsbG8K"};
	static ServerFile empty = {.path = "C:\\\"x\"", .contents = ""};
	static ServerFile *const files[] = {&motd, &empty};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	MetadataView view = view_of(&plain, "2012-08-10T00:00:00Z");
	MetadataFile *drive;
	size_t count, found = 0;

	expect_none(&view, "/openstack/content/0000");
	view.files = files;
	view.file_count = ARRAY_SIZE(files);
	doc = read_json(&view, arena, "/openstack/2012-08-10/meta_data.json");
	assert_int_equal(json_get_count(doc, "files"), 2);
	assert_string_equal(json_get_text(arena, doc, "files.0.path"), "/etc/motd");
	assert_string_equal(json_get_text(arena, doc, "files.0.content_path"), "/content/0000");
	assert_string_equal(json_get_text(arena, doc, "files.1.path"), empty.path);
	expect_text(&view, "/openstack/content/0000", "hello\n");
	expect_text(&view, "/openstack/content/0001", "");
	expect_none(&view, "/openstack/content/0002");
	expect_none(&view, "/openstack/content/0");
	expect_none(&view, "/openstack/content");
	expect_none(&view, "/openstack/content/");
	expect_none(&view, "/openstack/content/0000/");
	count = metadata_files(&view, arena, &drive);
	for (size_t i = 0; i < count; i++)
		if (str_eq(drive[i].path, "openstack/content/0000")) {
			assert_int_equal(drive[i].document.length, 6);
			found++;
		} else if (str_eq(drive[i].path, "openstack/content/0001")) {
			assert_int_equal(drive[i].document.length, 0);
			found++;
		}
	assert_int_equal(found, 2);
}

TEST(versions_of_later_days_are_hidden)
{
	MetadataView now = view_of(&plain, "2026-11-21T00:00:00Z");
	MetadataView then = view_of(&plain, "2016-06-30T00:00:00Z");

	expect_text(&now, "/openstack",
		    "2012-08-10\n2013-04-04\n2013-10-17\n2015-10-15\n2016-06-30\n2016-10-06\n"
		    "2017-02-22\n2018-08-27\n2020-10-14\n2025-04-04\nlatest");
	expect_text(&then, "/openstack/",
		    "2012-08-10\n2013-04-04\n2013-10-17\n2015-10-15\n2016-06-30\nlatest");
	expect_none(&then, "/openstack/2016-10-06/meta_data.json");
	expect_text(&now, "/",
		    "1.0\n2007-01-19\n2007-03-01\n2007-08-29\n2007-10-10\n2007-12-15\n2008-02-01\n"
		    "2008-09-01\n2009-04-04\nlatest");
}

TEST(each_version_lists_its_documents)
{
	const Server full = full_server();
	MetadataView view = view_of(&plain, "2026-01-01T00:00:00Z");
	MetadataView with_data = view_of(&full, "2026-01-01T00:00:00Z");

	expect_text(&view, "/openstack/2012-08-10", "meta_data.json");
	expect_text(&with_data, "/openstack/2012-08-10/", "meta_data.json\nuser_data");
	expect_text(&view, "/openstack/2013-04-04", "meta_data.json\npassword");
	expect_text(&view, "/openstack/2013-10-17", "meta_data.json\npassword\nvendor_data.json");
	expect_text(&with_data, "/openstack/latest/",
		    "meta_data.json\nuser_data\npassword\nvendor_data.json\nnetwork_data.json\n"
		    "vendor_data2.json");
	expect_none(&view, "/openstack/2015-10-15/vendor_data2.json");
	expect_text(&view, "/openstack/latest/vendor_data.json", "{}");
	expect_text(&view, "/openstack/latest/vendor_data2.json", "{\"static\": {}}");
	expect_text(&with_data, "/openstack/latest/user_data", "#!/bin/sh\n");
	expect_none(&view, "/openstack/latest/user_data");
	expect_text(&view, "/openstack/latest/password", "");
	expect_none(&view, "/openstack/2012-08-10/password");
	assert_true(metadata_is_password(&view, "/openstack/latest/password"));
	assert_false(metadata_is_password(&view, "/openstack/2012-08-10/password"));
	assert_false(metadata_is_password(&view, "/latest/password"));
}

TEST(unknown_paths_are_not_there)
{
	static const char *const paths[] = {
		"/nothing",          "/openstackx",           "/openstack/latestx",
		"/openstack/x",      "/openstack/latest/x",   "/openstack/latest/meta_data.json/x",
		"/latestx",          "/latest/meta-datax",    "/latest/meta-data/x",
		"/latest/user-data", "/latest/meta-data/ami", "/1.0/meta-data/instance-type",
		"/latest/x",         "/openstack/content",    "/latest/meta-data/public-keys",
	};
	MetadataView view = view_of(&plain, "2026-01-01T00:00:00Z");

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		expect_none(&view, paths[i]);
}

TEST(members_of_meta_data)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Server full = full_server();
	MetadataView view = view_of(&full, "2026-01-01T00:00:00Z");
	_cleanup_(json_doc_freep) JsonDoc *doc =
		read_json(&view, arena, "/openstack/latest/meta_data.json");
	const char *path = "/openstack/2012-08-10/meta_data.json";
	_cleanup_(json_doc_freep) JsonDoc *old = read_json(&view, arena, path);

	assert_string_equal(json_get_text(arena, doc, "uuid"), ID);
	assert_string_equal(json_get_text(arena, doc, "hostname"), "web-one.novalocal");
	assert_string_equal(json_get_text(arena, doc, "meta.role"), "db");
	assert_string_equal(json_get_text(arena, doc, "public_keys.mine"), "ssh-rsa AAAA me");
	assert_string_equal(json_get_raw(arena, doc, "keys"),
			    "[{\"name\":\"mine\",\"type\":\"ssh\",\"data\":\"ssh-rsa AAAA me\"}]");
	assert_int_equal(strlen(json_get_text(arena, doc, "random_seed")), 684);
	assert_string_equal(json_get_text(arena, doc, "project_id"), "project");
	assert_int_equal(json_get_int(doc, "launch_index", 0), 2);
	assert_string_equal(
		json_get_raw(arena, doc, "devices"),
		"[{\"type\":\"disk\",\"serial\":\"" VOLUME "\",\"bus\":\"pci\","
		"\"address\":\"0000:00:05.0\",\"tags\":[\"database\"]},"
		"{\"type\":\"disk\",\"serial\":\"vol\",\"bus\":\"scsi\",\"address\":\"none\","
		"\"tags\":[\"log\"]},"
		"{\"type\":\"disk\",\"bus\":\"none\",\"address\":\"none\",\"tags\":[\"swap\"]}]");
	assert_string_equal(json_get_raw(arena, doc, "dedicated_cpus"), "[]");
	assert_null(json_get_raw(arena, old, "random_seed"));
	assert_null(json_get_raw(arena, old, "project_id"));
	assert_null(json_get_raw(arena, old, "devices"));
	assert_null(json_get_raw(arena, old, "dedicated_cpus"));
}

/* Older versions do not know of shares; a mount point is only there where somebody named one. */
TEST(shares_are_devices)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	MetadataView view = view_of(&plain, "2026-11-21T00:00:00Z");
	_cleanup_(json_doc_freep) JsonDoc *before = NULL, *since = NULL, *latest = NULL;
	const char *first = "{\"type\":\"share\",\"share_id\":\"share-1\",\"tag\":\"photos\","
			    "\"bus\":\"none\",\"address\":\"none\"}";

	view.shares = shares;
	view.share_count = ARRAY_SIZE(shares);
	view.disk_count = 0;
	before = read_json(&view, arena, "/openstack/2020-10-14/meta_data.json");
	assert_int_equal(json_get_count(before, "devices"), 0);
	since = read_json(&view, arena, "/openstack/2025-04-04/meta_data.json");
	assert_int_equal(json_get_count(since, "devices"), 2);
	latest = read_json(&view, arena, "/openstack/latest/meta_data.json");
	assert_string_equal(json_get_raw(arena, latest, "devices.0"), first);
	assert_string_equal(json_get_text(arena, latest, "devices.1.mount_point"), "/srv/\"logs\"");
	assert_string_equal(json_get_text(arena, latest, "devices.1.mount_options"), "ro,nodev");
	assert_null(json_get_raw(arena, latest, "devices.1.tags"));
}

TEST(what_a_server_does_not_have_is_not_said)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Server alone = plain;
	MetadataView view = view_of(&plain, "2026-01-01T00:00:00Z");
	_cleanup_(json_doc_freep) JsonDoc *doc =
		read_json(&view, arena, "/openstack/latest/meta_data.json");
	_cleanup_(json_doc_freep) JsonDoc *network =
		read_json(&view, arena, "/openstack/latest/network_data.json");

	assert_null(json_get_raw(arena, doc, "meta"));
	assert_null(json_get_raw(arena, doc, "keys"));
	assert_null(json_get_raw(arena, doc, "public_keys"));
	assert_string_equal(json_get_text(arena, network, "links.0.ethernet_mac_address"),
			    "52:54:00:0a:1b:2c");
	alone.networks = "none";
	view.server = &alone;
	expect_text(&view, "/openstack/latest/network_data.json",
		    "{\"links\":[],\"networks\":[],\"services\":[]}");
}

TEST(a_server_with_an_address_needs_no_dhcp)
{
	static const GuestNetwork network = {
		.mask = 0xffffff00,
		.gateway = 0x0a1400fe,
		.host = 0x0a140001,
		.dns = {0x09090909},
		.dns_count = 1,
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Server server = plain;
	MetadataView view = view_of(&server, "2026-01-01T00:00:00Z");
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	static const struct {
		const char *path;
		const char *text;
	} wanted[] = {
		{"links.0.type", "bridge"},
		{"links.0.ethernet_mac_address", "52:c1:0a:14:00:05"},
		{"networks.0.type", "ipv4"},
		{"networks.0.ip_address", "10.20.0.5"},
		{"networks.0.netmask", "255.255.255.0"},
		{"networks.0.routes.0.network", "0.0.0.0"},
		{"networks.0.routes.0.netmask", "0.0.0.0"},
		{"networks.0.routes.0.gateway", "10.20.0.254"},
		{"networks.0.routes.1.network", "169.254.169.254"},
		{"networks.0.routes.1.netmask", "255.255.255.255"},
		{"networks.0.routes.1.gateway", "10.20.0.1"},
		{"services.0.type", "dns"},
		{"services.0.address", "9.9.9.9"},
	};

	server.address = "10.20.0.5";
	view.network = &network;
	doc = read_json(&view, arena, "/openstack/latest/network_data.json");
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_string_equal(json_get_text(arena, doc, wanted[i].path), wanted[i].text);
	expect_text(&view, "/latest/meta-data/local-ipv4", "10.20.0.5");
}

TEST(the_ec2_tree)
{
	const Server full = full_server();
	MetadataView view = view_of(&full, "2026-01-01T00:00:00Z");
	MetadataView bare = view_of(&plain, "2026-01-01T00:00:00Z");

	expect_text(&view, "/latest", "meta-data/\nuser-data");
	expect_text(&bare, "/1.0/", "meta-data/");
	expect_text(&view, "/latest/user-data", "#!/bin/sh\n");
	expect_text(&bare, "/1.0/meta-data/",
		    "ami-id\nami-launch-index\nami-manifest-path\nhostname\ninstance-id\n"
		    "local-ipv4\nreservation-id\nsecurity-groups");
	expect_text(&view, "/latest/meta-data",
		    "ami-id\nami-launch-index\nami-manifest-path\nblock-device-mapping/\nhostname\n"
		    "instance-action\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\n"
		    "placement/\npublic-hostname\npublic-ipv4\npublic-keys/\nreservation-id\n"
		    "security-groups");
	expect_text(&view, "/latest/meta-data/instance-id", "i-0a1b2c3d");
	expect_text(&view, "/latest/meta-data/ami-id", "ami-deadbeef");
	expect_text(&view, "/latest/meta-data/public-keys/", "0=mine");
	expect_text(&view, "/latest/meta-data/public-keys/0", "openssh-key");
	expect_text(&view, "/latest/meta-data/public-keys/0/openssh-key", "ssh-rsa AAAA me");
	expect_text(&view, "/latest/meta-data/placement/availability-zone", "nova");
	expect_text(&view, "/latest/meta-data/block-device-mapping/",
		    "ami\nebs0\nebs1\nebs2\nroot\nswap");
	expect_text(&view, "/latest/meta-data/block-device-mapping/ebs1", "/dev/vdb");
	expect_text(&view, "/latest/meta-data/block-device-mapping/ami", "vda");
}

static const MetadataFile *find_file(const MetadataFile *files, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(files[i].path, path))
			return &files[i];
	return NULL;
}

TEST(the_drive_has_every_version)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Server full = full_server();
	MetadataView view = view_of(&full, "2026-01-01T00:00:00Z");
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	MetadataFile *files;
	size_t count = metadata_files(&view, arena, &files);
	const MetadataFile *ec2 = find_file(files, count, "ec2/2009-04-04/meta-data.json");

	assert_non_null(find_file(files, count, "openstack/2025-04-04/meta_data.json"));
	assert_non_null(find_file(files, count, "openstack/latest/network_data.json"));
	assert_non_null(find_file(files, count, "ec2/latest/user-data"));
	assert_null(find_file(files, count, "openstack/latest/password"));
	assert_null(find_file(files, count, "openstack/2012-08-10/vendor_data.json"));
	assert_int_equal(json_parse(arena, ec2->document.bytes, ec2->document.length, &doc, NULL),
			 0);
	assert_string_equal(json_get_text(arena, doc, "public-keys.0.openssh-key"),
			    "ssh-rsa AAAA me");
	assert_string_equal(json_get_text(arena, doc, "placement.availability-zone"), "nova");
}

static bool image_holds(Arena *arena, const char *path, const char *text)
{
	FILE *image = fopen(path, "re");
	struct stat st;
	char *bytes;

	assert_non_null(image);
	assert_int_equal(fstat(fileno(image), &st), 0);
	bytes = arena_alloc(arena, (size_t)st.st_size);
	assert_int_equal(fread(bytes, 1, (size_t)st.st_size, image), st.st_size);
	(void)fclose(image); /* it was only read */
	return memmem(bytes, (size_t)st.st_size, text, strlen(text));
}

TEST(the_image_is_whole_and_replaced)
{
	static ServerFile file = {.path = "/etc/motd", .contents = "bG9vayBmb3IgdGhpcw=="};
	static ServerFile *const given[] = {&file};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	MetadataView view = view_of(&plain, "2026-01-01T00:00:00Z");
	char folder[] = "/tmp/cleat-drive-XXXXXX";
	const char *path, *work;
	MetadataFile *files;
	char label[9] = "";
	struct stat st;
	size_t count;
	Fault f = {0};
	FILE *image;

	view.files = given;
	view.file_count = 1;
	count = metadata_files(&view, arena, &files);
	assert_non_null(mkdtemp(folder));
	path = arena_printf(arena, "%s/drive", folder);
	work = arena_printf(arena, "%s.files", path);
	assert_int_equal(mkdir(work, 0700), 0); /* of a writer that died */
	for (int i = 0; i < 2; i++)
		if (metadata_drive_write(path, files, count, &f))
			fail_msg("%s", f.text);
	image = fopen(path, "re");
	assert_non_null(image);
	assert_int_equal(fseek(image, 16 * 2048 + 40, SEEK_SET), 0); /* the volume's name */
	assert_int_equal(fread(label, 1, 8, image), 8);
	assert_string_equal(label, "config-2");
	(void)fclose(image); /* it was only read */
	assert_true(image_holds(arena, path, "look for this"));
	assert_false(image_holds(arena, path, "look for that"));
	assert_int_equal(stat(work, &st), -1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(metadata_drive_write(path, files, count, &f), -ENOENT);
}
