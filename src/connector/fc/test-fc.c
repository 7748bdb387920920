/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What cannot be done is said, and nothing is run.
 */
#include "base/str.h"
#include "connector/fc/fc.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

static const char info_text[] = "{\"target_wwn\": \"500a098280feeba5\", \"target_lun\": 1}";

static const char *refusal_of_connect(Tree *tree)
{
	ConnectorCall call = {.host = &tree->host, .arena = tree->arena, .mount_dir = "/mnt"};
	const ConnectorLeave leave = {.made = true};
	const ConnectorWish wish = {0};
	ConnectorDisk disk;
	void *info = NULL;
	int64_t bytes;
	Fault f = {0};
	const char *why;

	assert_int_equal(run_script_play("", &f), 0);
	assert_int_equal(connector_parse(&connector_fc, &call, info_text, &info, &f), 0);
	assert_string_equal(connector_target(&connector_fc, &call, info), "fc:500a098280feeba5");
	assert_false(connector_multipath(&connector_fc, &tree->host));
	assert_int_equal(connector_connect(&connector_fc, &call, info, &wish, &disk, &f),
			 CONNECTOR_NO_TRANSPORT);
	why = call.why;
	assert_int_equal(connector_find(&connector_fc, &call, info, NULL, &disk, &f),
			 CONNECTOR_NO_DISK);
	assert_int_equal(connector_extend(&connector_fc, &call, info, "wwid:3600", 0, &bytes, &f),
			 CONNECTOR_NO_DISK);
	assert_int_equal(connector_disconnect(&connector_fc, &call, info, &leave, &f), 0);
	assert_int_equal(run_script_end(&f), 0);
	return why;
}

TEST(a_host_without_an_adapter_says_so)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	assert_string_equal(refusal_of_connect(tree), "this host has no Fibre Channel adapter");
}

TEST(a_host_with_one_does_not_pretend)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	tree_file(tree, "/sys/class/fc_host/host3/port_state", "Online");
	assert_string_equal(refusal_of_connect(tree),
			    "volumes over Fibre Channel are not supported");
}
