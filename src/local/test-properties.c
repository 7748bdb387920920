/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What hosts of different make-up say of themselves.
 */
#include "local/properties.h"

#include <net/if.h>

#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"
#include "json/json.h"

#define SYSTEM_UUID "4c4c4544-0035-4b10-8057-b7c04f4d3532"

static JsonDoc *collect(Tree *tree, const LocalPropertiesWish *wish)
{
	const char *json = NULL, *why = NULL;
	JsonDoc *doc = NULL;

	assert_int_equal(local_properties(&tree->host, tree->arena, wish, &json, &why, NULL), 0);
	assert_int_equal(json_parse(tree->arena, json, strlen(json), &doc, NULL), 0);
	return doc;
}

static void assert_text(Tree *tree, const JsonDoc *doc, const char *key, const char *text)
{
	const char *is = json_get_text(tree->arena, doc, key);

	assert_non_null(is);
	assert_string_equal(is, text);
}

static void assert_absent(Tree *tree, const JsonDoc *doc, const char *key)
{
	assert_null(json_get_raw(tree->arena, doc, key));
}

static void add_program(Tree *tree, const char *path)
{
	tree_file(tree, path, "");
	assert_int_equal(chmod(tree_place(tree, path), 0755), 0);
}

TEST(a_bare_host_says_what_is_always_there_and_nothing_more)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = collect(tree, &(LocalPropertiesWish){0});

	assert_text(tree, doc, "os_type", "linux");
	assert_string_equal(json_get_raw(tree->arena, doc, "ip"), "null");
	assert_non_null(json_get_text(tree->arena, doc, "host"));
	assert_non_null(json_get_text(tree->arena, doc, "platform"));
	assert_string_equal(json_get_raw(tree->arena, doc, "multipath"), "false");
	assert_string_equal(json_get_raw(tree->arena, doc, "enforce_multipath"), "false");
	assert_string_equal(json_get_raw(tree->arena, doc, "do_local_attach"), "false");
	assert_string_equal(json_get_raw(tree->arena, doc, "nvme_native_multipath"), "false");
	assert_int_equal(json_member_count(doc), 8);
}

TEST(a_host_with_everything_says_so)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	tree_file(tree, "/etc/iscsi/initiatorname.iscsi",
		  "# comment\n InitiatorName=iqn.1993-08.org.debian:01:abc \n");
	tree_file(tree, "/etc/nvme/hostnqn", "nqn.2014-08.org.nvmexpress:uuid:x\n");
	tree_file(tree, "/etc/nvme/hostid", "7\n");
	add_program(tree, "/usr/sbin/nvme");
	tree_file(tree, "/sys/module/nvme_core/parameters/multipath", "Y\n");
	tree_file(tree, "/sys/class/dmi/id/product_uuid", SYSTEM_UUID "\n");
	tree_file(tree, "/sys/class/fc_host/host0/port_state", "Linkdown\n");
	tree_file(tree, "/sys/class/fc_host/host0/port_name", "0x10000000c9000001\n");
	tree_file(tree, "/sys/class/fc_host/host1/port_state", "Online\n");
	tree_file(tree, "/sys/class/fc_host/host1/port_name", "0x10000000c9000002\n");
	tree_file(tree, "/sys/class/fc_host/host1/node_name", "0x20000000c9000002\n");
	tree_file(tree, "/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	add_program(tree, "/usr/sbin/blkid");
	assert_int_equal(run_script_play("$ blkid /dev/sda1 -s UUID -o value\n< root-uuid\n", NULL),
			 0);
	doc = collect(tree, &(LocalPropertiesWish){
				    .host = "h1",
				    .ip = "192.0.2.7",
				    .multipath = true,
				    .enforce = true,
				    .do_local_attach = true,
			    });
	assert_int_equal(run_script_end(NULL), 0);
	assert_text(tree, doc, "host", "h1");
	assert_text(tree, doc, "ip", "192.0.2.7");
	assert_text(tree, doc, "initiator", "iqn.1993-08.org.debian:01:abc");
	assert_text(tree, doc, "nqn", "nqn.2014-08.org.nvmexpress:uuid:x");
	assert_text(tree, doc, "nvme_hostid", "7");
	assert_text(tree, doc, "system uuid", SYSTEM_UUID);
	assert_text(tree, doc, "uuid", "root-uuid");
	assert_string_equal(json_get_raw(tree->arena, doc, "wwpns"), "[\"10000000c9000002\"]");
	assert_string_equal(json_get_raw(tree->arena, doc, "wwnns"), "[\"20000000c9000002\"]");
	assert_true(json_get_bool(doc, "multipath", false));
	assert_true(json_get_bool(doc, "enforce_multipath", false));
	assert_true(json_get_bool(doc, "do_local_attach", false));
	assert_true(json_get_bool(doc, "nvme_native_multipath", false));
}

TEST(an_initiator_name_is_made_as_open_iscsi_would_at_its_first_start)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	_cleanup_(json_doc_freep) JsonDoc *again = NULL;
	const char *path = "/etc/iscsi/initiatorname.iscsi";
	struct stat st;

	tree_file(tree, path, "GenerateName=yes\n");
	add_program(tree, "/sbin/iscsi-iname");
	assert_int_equal(run_script_play("$ iscsi-iname -p iqn.1993-08.org.debian:01\n"
					 "< iqn.1993-08.org.debian:01:7f3c\n",
					 NULL),
			 0);
	doc = collect(tree, &(LocalPropertiesWish){0});
	again = collect(tree, &(LocalPropertiesWish){0});
	assert_int_equal(run_script_end(NULL), 0);
	assert_text(tree, doc, "initiator", "iqn.1993-08.org.debian:01:7f3c");
	assert_text(tree, again, "initiator", "iqn.1993-08.org.debian:01:7f3c");
	assert_int_equal(stat(tree_place(tree, path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

TEST(a_name_that_cannot_be_made_has_no_key)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	tree_file(tree, "/etc/iscsi/initiatorname.iscsi", "GenerateName=yes\n");
	add_program(tree, "/sbin/iscsi-iname");
	assert_int_equal(run_script_play("$ iscsi-iname -p *\nexit 1\n", NULL), 0);
	doc = collect(tree, &(LocalPropertiesWish){0});
	assert_int_equal(run_script_end(NULL), 0);
	assert_absent(tree, doc, "initiator");
}

TEST(host_nqn_and_host_id_are_made_of_the_systems_uuid)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	struct stat st;

	tree_place(tree, "/etc/x");
	add_program(tree, "/usr/sbin/nvme");
	tree_file(tree, "/sys/class/dmi/id/product_uuid", SYSTEM_UUID "\n");
	doc = collect(tree, &(LocalPropertiesWish){0});
	assert_text(tree, doc, "nqn", "nqn.2014-08.org.nvmexpress:uuid:" SYSTEM_UUID);
	assert_text(tree, doc, "nvme_hostid", SYSTEM_UUID);
	assert_string_equal(host_peek(&tree->host, tree->arena, "/etc/nvme/hostid"), SYSTEM_UUID);
	assert_int_equal(stat(tree_place(tree, "/etc/nvme/hostnqn"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
}

TEST(without_a_systems_uuid_nvme_is_asked)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	tree_place(tree, "/etc/x");
	add_program(tree, "/usr/sbin/nvme");
	assert_int_equal(
		run_script_play("$ nvme show-hostnqn\n! refused\nexit 1\n"
				"$ nvme gen-hostnqn\n< nqn.2014-08.org.nvmexpress:uuid:g\n",
				NULL),
		0);
	doc = collect(tree, &(LocalPropertiesWish){0});
	assert_int_equal(run_script_end(NULL), 0);
	assert_text(tree, doc, "nqn", "nqn.2014-08.org.nvmexpress:uuid:g");
	assert_non_null(json_get_text(tree->arena, doc, "nvme_hostid"));
	assert_absent(tree, doc, "system uuid");
}

TEST(an_overlay_as_root_has_no_uuid)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	tree_file(tree, "/proc/self/mountinfo", "22 1 0:30 / / rw - overlay overlay rw\n");
	add_program(tree, "/usr/sbin/blkid");
	doc = collect(tree, &(LocalPropertiesWish){0});
	assert_absent(tree, doc, "uuid");
}

TEST(the_address_is_the_one_towards_the_server)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	_cleanup_(json_doc_freep) JsonDoc *doc =
		collect(tree, &(LocalPropertiesWish){.server = "127.0.0.1", .server_port = "8774"});

	assert_text(tree, doc, "ip", "127.0.0.1");
}

TEST(an_interface_that_is_not_there_is_named)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	const char *json, *why = NULL;

	assert_int_equal(local_properties(&tree->host, tree->arena,
					  &(LocalPropertiesWish){.nic = "no-such-if"}, &json, &why,
					  NULL),
			 LOCAL_PROPERTIES_NO_ADDRESS);
	assert_string_equal(why, "Could not find network interface no-such-if.");
	if (if_nametoindex("lo")) {
		_cleanup_(json_doc_freep) JsonDoc *doc =
			collect(tree, &(LocalPropertiesWish){.nic = "lo"});

		assert_text(tree, doc, "ip", "127.0.0.1");
	}
}
