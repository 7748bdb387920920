/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as nvmet's subsystems on a configfs that is played: what identifies them, who gets in,
 * whose ports are used, and that nothing is left, whichever step fails.
 */
#include "target/configfs/test-kernel.h"
#include "target/nvmet/nvmet.h"
#include "json/json.h"

#define NQN "nqn.2026-11.net.example:volume-" KERNEL_VOLUME
#define SUBSYSTEM "nvmet/subsystems/" NQN
#define SPACE SUBSYSTEM "/namespaces/1"
#define OWN_PORT "nvmet/ports/49600"

static const KernelRow rows[] = {
	{"nvmet/subsystems/*",
	 {"attr_allow_any_host", "attr_serial", "namespaces/", "allowed_hosts/"}},
	{"nvmet/subsystems/*/namespaces/*",
	 {"device_path", "device_uuid", "device_nguid", "buffered_io", "revalidate_size",
	  "enable"}},
	{"nvmet/ports/*",
	 {"addr_trtype", "addr_adrfam", "addr_traddr", "addr_trsvcid", "subsystems/"}},
};
static const char *const modules[] = {"nvmet", "nvmet/subsystems", "nvmet/ports", "nvmet/hosts",
				      NULL};

static const Volume volume = {.id = KERNEL_VOLUME};
static const TargetGuest guest_a = {.identity = "nqn.host-a"};
static const TargetGuest guest_b = {.identity = "nqn.host-b"};

static TargetPortal portals[2];
static TargetConfig config;

static Target *begin(void)
{
	Target *target = NULL;

	kernel_begin(rows, ARRAY_SIZE(rows), modules);
	assert_true(target_portal_read("192.0.2.1:4420", kernel.arena, &portals[0]));
	assert_true(target_portal_read("[2001:db8::1]:4420", kernel.arena, &portals[1]));
	config = (TargetConfig){
		.name = "nvmet",
		.portals = portals,
		.portal_count = 2,
		.prefix = "nqn.2026-11.net.example:",
		.configfs = kernel.root,
		.secret = "of this installation",
	};
	assert_int_equal(target_open(&target_nvmet, &config, &target, NULL), 0);
	return target;
}

static void end(Target *target)
{
	target_close(target);
	kernel_end();
}

static int publish(Target *target, const TargetGuest *guest)
{
	return target_publish(target, &volume, "/dev/vg/a", true, guest, NULL);
}

TEST(a_volume_is_served_by_every_portal)
{
	Target *target = begin();

	for (int i = 0; i < 2; i++) /* twice is once */
		assert_int_equal(publish(target, &guest_a), 0);
	assert_string_equal(kernel_value(SPACE "/device_path"), "/dev/vg/a");
	assert_string_equal(kernel_value(SPACE "/buffered_io"), "");
	assert_string_equal(kernel_value(SPACE "/enable"), "1");
	assert_string_equal(kernel_value(SUBSYSTEM "/attr_allow_any_host"), "0");
	assert_string_equal(kernel_value(OWN_PORT "/addr_traddr"), "192.0.2.1");
	assert_string_equal(kernel_value(OWN_PORT "/addr_trtype"), "tcp");
	assert_string_equal(kernel_value("nvmet/ports/49601/addr_adrfam"), "ipv6");
	assert_true(configfs_there(kernel_path(OWN_PORT "/subsystems/" NQN)));
	assert_true(configfs_there(kernel_path("nvmet/ports/49601/subsystems/" NQN)));
	/* No host reaches it before it is known who may. */
	assert_true(kernel_logged("symlink " SUBSYSTEM "/allowed_hosts/nqn.host-a") <
		    kernel_logged("symlink " OWN_PORT));
	end(target);
}

TEST(h5_the_namespace_says_the_volumes_uuid_before_it_is_enabled)
{
	Target *target = begin();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *info;

	assert_int_equal(publish(target, &guest_a), 0);
	assert_string_equal(kernel_value(SPACE "/device_uuid"), KERNEL_VOLUME);
	assert_true(kernel_logged("set " SPACE "/device_uuid") <
		    kernel_logged("set " SPACE "/enable"));
	assert_int_equal(target_info(target, &volume, &guest_a, kernel.arena, &info, NULL), 0);
	assert_int_equal(json_parse(kernel.arena, info, strlen(info), &doc, NULL), 0);
	assert_string_equal(json_get_text(kernel.arena, doc, "cleat_identity"),
			    "uuid:" KERNEL_VOLUME);
	assert_string_equal(json_get_text(kernel.arena, doc, "vol_uuid"), KERNEL_VOLUME);
	assert_string_equal(json_get_text(kernel.arena, doc, "target_nqn"), NQN);
	assert_string_equal(json_get_text(kernel.arena, doc, "host_nqn"), "nqn.host-a");
	end(target);
}

TEST(a_file_is_buffered)
{
	Target *target = begin();

	assert_int_equal(target_publish(target, &volume, "/var/a", false, &guest_a, NULL), 0);
	assert_string_equal(kernel_value(SPACE "/buffered_io"), "1");
	end(target);
}

TEST(a_host_that_goes_is_thrown_out_and_others_come_back)
{
	Target *target = begin();

	assert_int_equal(publish(target, &guest_a), 0);
	assert_int_equal(publish(target, &guest_b), 0);
	buf_done(&kernel.log);
	kernel.log = (Buf){0};
	assert_int_equal(target_unpublish(target, &volume, &guest_a, NULL), 0);
	assert_false(configfs_there(kernel_path(SUBSYSTEM "/allowed_hosts/nqn.host-a")));
	assert_true(configfs_there(kernel_path(SUBSYSTEM "/allowed_hosts/nqn.host-b")));
	assert_true(kernel_logged("unlink " OWN_PORT "/subsystems/" NQN) <
		    kernel_logged("symlink " OWN_PORT "/subsystems/" NQN));
	assert_true(configfs_there(kernel_path(OWN_PORT "/subsystems/" NQN)));
	assert_string_equal(kernel_value(SPACE "/enable"), "1");
	end(target);
}

static void put_port(const char *name, const char *address)
{
	const char *path = arena_printf(kernel.arena, "nvmet/ports/%s", name);
	const char *const values[][2] = {{"addr_trtype", "tcp"},
					 {"addr_adrfam", "ipv4"},
					 {"addr_traddr", address},
					 {"addr_trsvcid", "4420"}};

	assert_int_equal(configfs_make(kernel_path(path), NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(configfs_set(kernel_path(arena_printf(kernel.arena, "%s/%s", path,
								       values[i][0])),
					      values[i][1], NULL),
				 0);
}

TEST(a_port_of_somebody_else_is_used_and_stays)
{
	Target *target = begin();

	put_port("1", "192.0.2.1");
	assert_int_equal(publish(target, &guest_a), 0);
	assert_true(configfs_there(kernel_path("nvmet/ports/1/subsystems/" NQN)));
	assert_int_equal(target_unpublish(target, &volume, &guest_a, NULL), 0);
	assert_true(configfs_there(kernel_path("nvmet/ports/1")));
	assert_false(configfs_there(kernel_path("nvmet/ports/1/subsystems/" NQN)));
	assert_false(configfs_there(kernel_path(OWN_PORT)));
	end(target);
}

TEST(a_size_is_looked_at_again)
{
	Target *target = begin();

	assert_int_equal(target_resize(target, &volume, 4096, NULL), 0); /* not served */
	assert_int_equal(publish(target, &guest_a), 0);
	assert_int_equal(target_resize(target, &volume, 4096, NULL), 0);
	assert_string_equal(kernel_value(SPACE "/revalidate_size"), "1");
	end(target);
}

/* What the kernel knows of a host grants nothing, and stays. */
static const char *tree_with_host(void)
{
	assert_int_equal(configfs_make(kernel_path("nvmet/hosts/nqn.host-a"), NULL), 0);
	return kernel_tree();
}

static bool sweep_publish(int n, bool again)
{
	Target *target = begin();
	const char *before = tree_with_host();
	bool reached;

	kernel.fail_at = kernel.changes + n;
	reached = publish(target, &guest_a) < 0;
	kernel.fail_at = 0;
	if (again)
		assert_int_equal(publish(target, &guest_a), 0);
	assert_int_equal(target_unpublish(target, &volume, &guest_a, NULL), 0);
	assert_string_equal(kernel_tree(), before);
	end(target);
	return reached;
}

TEST(whichever_step_fails_nothing_is_left)
{
	for (int again = 0; again < 2; again++)
		for (int n = 1; sweep_publish(n, again); n++)
			;
}

static bool sweep_unpublish(int n)
{
	Target *target = begin();
	const char *before = tree_with_host();
	bool reached;

	assert_int_equal(publish(target, &guest_a), 0);
	kernel.fail_at = kernel.changes + n;
	reached = target_unpublish(target, &volume, &guest_a, NULL) < 0;
	kernel.fail_at = 0;
	assert_int_equal(target_unpublish(target, &volume, &guest_a, NULL), 0);
	assert_string_equal(kernel_tree(), before);
	end(target);
	return reached;
}

TEST(a_withdrawal_that_failed_is_ended_by_the_next)
{
	for (int n = 1; sweep_unpublish(n); n++)
		;
}
