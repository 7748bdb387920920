/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as LIO's targets on a configfs that is played: the order of the steps, who gets in, and
 * that nothing is left, whichever step fails. That the kernel makes the same WWID of the serial
 * number is looked at in the guest.
 */
#include <ctype.h>

#include "target/configfs/test-kernel.h"
#include "target/lio/lio.h"
#include "json/json.h"

#define IQN "iqn.2026-11.net.example:volume-" KERNEL_VOLUME
#define DEVICE "target/core/fileio_21930/cleat-" KERNEL_VOLUME
#define GROUP "target/iscsi/" IQN "/tpgt_1"
#define ACL(name) GROUP "/acls/iqn.host-" name

static const KernelRow rows[] = {
	{"target/core/*/*", {"enable", "control", "wwn/", "wwn/vpd_unit_serial"}},
	{"target/iscsi/*/tpgt_1",
	 {"enable", "lun/", "np/", "acls/", "attrib/", "attrib/authentication",
	  "attrib/generate_node_acls"}},
	{"target/iscsi/*/tpgt_1/acls/*", {"auth/", "auth/userid", "auth/password"}},
	{"target/iscsi/*/tpgt_1/acls/*/lun_0", {"write_protect"}},
};
static const char *const modules[] = {"target", "target/core", NULL};

static const Volume volume = {.id = KERNEL_VOLUME};
static const TargetGuest guest_a = {.identity = "iqn.host-a"};
static const TargetGuest guest_b = {.identity = "iqn.host-b", .readonly = true};

static TargetPortal portals[2];
static TargetConfig config;

static Target *begin(void)
{
	Target *target = NULL;

	kernel_begin(rows, ARRAY_SIZE(rows), modules);
	assert_true(target_portal_read("192.0.2.1:3260", kernel.arena, &portals[0]));
	assert_true(target_portal_read("[2001:db8::1]:3260", kernel.arena, &portals[1]));
	config = (TargetConfig){
		.name = "lio",
		.portals = portals,
		.portal_count = 2,
		.prefix = "iqn.2026-11.net.example:",
		.configfs = kernel.root,
		.secret = "of this installation",
		.chap = true,
	};
	assert_int_equal(target_open(&target_lio, &config, &target, NULL), 0);
	return target;
}

static void end(Target *target)
{
	target_close(target);
	kernel_end();
}

/* A file that has a size. */
static const char *image(void)
{
	static const char path[] = "/proc/self/exe";

	return path;
}

static int publish(Target *target, const TargetGuest *guest)
{
	return target_publish(target, &volume, image(), false, guest, NULL);
}

TEST(a_volume_is_served_and_the_group_enabled_last)
{
	Target *target = begin();
	int enabled;

	assert_int_equal(publish(target, &guest_a), 0);
	assert_string_equal(kernel_value(DEVICE "/wwn/vpd_unit_serial"), KERNEL_VOLUME);
	assert_non_null(strstr(kernel_value(DEVICE "/control"), "fd_dev_name=/proc/self/exe,"));
	assert_string_equal(kernel_value(DEVICE "/enable"), "1");
	assert_true(configfs_there(kernel_path(GROUP "/np/192.0.2.1:3260")));
	assert_true(configfs_there(kernel_path(GROUP "/np/[2001:db8::1]:3260")));
	assert_true(configfs_there(kernel_path(GROUP "/lun/lun_0/unit")));
	assert_string_equal(kernel_value(GROUP "/enable"), "1");
	enabled = kernel_logged("set " GROUP "/enable");
	assert_true(enabled > kernel_logged("set " DEVICE "/enable"));
	assert_true(enabled > kernel_logged("mkdir " ACL("a")));
	assert_true(enabled == kernel.changes - 1);
	assert_int_equal(publish(target, &guest_a), 0); /* twice is once */
	end(target);
}

TEST(the_serial_is_known_before_the_device_is_enabled)
{
	Target *target = begin();

	assert_int_equal(publish(target, &guest_a), 0);
	assert_true(kernel_logged("set " DEVICE "/wwn/vpd_unit_serial") <
		    kernel_logged("set " DEVICE "/enable"));
	end(target);
}

/* As the kernel does: NAA 6, its company, and 25 digits of the serial number, blanks and hyphens
 * apart. */
static void wwid_of_serial(const char *serial, char out[static 40])
{
	size_t n = (size_t)snprintf(out, 40, "36001405");

	for (; *serial && n < 33; serial++)
		if (isxdigit((unsigned char)*serial))
			out[n++] = *serial;
	out[n] = '\0';
}

TEST(h2_the_identity_that_is_told_is_the_one_that_the_kernel_makes)
{
	Target *target = begin();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *info;
	char wwid[40];

	assert_int_equal(publish(target, &guest_a), 0);
	assert_int_equal(target_info(target, &volume, &guest_a, kernel.arena, &info, NULL), 0);
	assert_int_equal(json_parse(kernel.arena, info, strlen(info), &doc, NULL), 0);
	wwid_of_serial(kernel_value(DEVICE "/wwn/vpd_unit_serial"), wwid);
	assert_string_equal(json_get_text(kernel.arena, doc, "cleat_identity"),
			    arena_printf(kernel.arena, "wwid:%s", wwid));
	assert_string_equal(json_get_text(kernel.arena, doc, "target_iqn"), IQN);
	assert_string_equal(json_get_text(kernel.arena, doc, "auth_username"),
			    kernel_value(ACL("a") "/auth/userid"));
	assert_string_equal(json_get_text(kernel.arena, doc, "auth_password"),
			    kernel_value(ACL("a") "/auth/password"));
	end(target);
}

TEST(each_host_has_a_secret_and_a_mode_of_its_own)
{
	Target *target = begin();

	assert_int_equal(publish(target, &guest_a), 0);
	assert_int_equal(publish(target, &guest_b), 0);
	assert_string_equal(kernel_value(GROUP "/attrib/authentication"), "1");
	assert_string_equal(kernel_value(GROUP "/attrib/generate_node_acls"), "0");
	assert_string_not_equal(kernel_value(ACL("a") "/auth/password"),
				kernel_value(ACL("b") "/auth/password"));
	assert_string_equal(kernel_value(ACL("a") "/lun_0/write_protect"), "0");
	assert_string_equal(kernel_value(ACL("b") "/lun_0/write_protect"), "1");
	end(target);
}

TEST(without_chap_nobody_is_asked)
{
	Target *target = begin();

	config.chap = false;
	assert_int_equal(publish(target, &guest_a), 0);
	assert_string_equal(kernel_value(GROUP "/attrib/authentication"), "0");
	assert_string_equal(kernel_value(ACL("a") "/auth/password"), "");
	end(target);
}

TEST(the_target_goes_with_its_last_host)
{
	Target *target = begin();
	const char *before = kernel_tree();
	int disabled;

	assert_int_equal(target_unpublish(target, &volume, &guest_a, NULL), 0); /* not there */
	assert_int_equal(publish(target, &guest_a), 0);
	assert_int_equal(publish(target, &guest_b), 0);
	assert_int_equal(target_unpublish(target, &volume, &guest_a, NULL), 0);
	assert_false(configfs_there(kernel_path(ACL("a"))));
	assert_true(configfs_there(kernel_path(ACL("b"))));
	assert_string_equal(kernel_value(GROUP "/enable"), "1");
	buf_done(&kernel.log);
	kernel.log = (Buf){0};
	assert_int_equal(target_unpublish(target, &volume, &guest_b, NULL), 0);
	disabled = kernel_logged("set " GROUP "/enable");
	assert_true(disabled >= 0 && disabled < kernel_logged("rmdir " GROUP "/lun/lun_0"));
	assert_int_equal(configfs_remove(kernel_path("target/iscsi"), NULL), 0);
	assert_string_equal(kernel_tree(), before);
	end(target);
}

TEST(a_file_that_grew_is_told_to_the_kernel)
{
	Target *target = begin();

	assert_int_equal(target_resize(target, &volume, 4096, NULL), 0); /* not served */
	assert_int_equal(publish(target, &guest_a), 0);
	assert_int_equal(target_resize(target, &volume, 4096, NULL), 0);
	assert_string_equal(kernel_value(DEVICE "/control"), "fd_dev_size=4096");
	end(target);
}

/* The n-th change of a publication fails: it can be made again, and taken back without a trace. */
static bool sweep_publish(int n, bool again)
{
	Target *target = begin();
	const char *before;
	bool reached;
	Fault f = {0};

	assert_int_equal(configfs_make(kernel_path("target/iscsi"), NULL), 0);
	before = kernel_tree();
	kernel.fail_at = kernel.changes + n;
	reached = target_publish(target, &volume, image(), false, &guest_a, &f) < 0;
	assert_null(reached ? strstr(f.text, "password ") : NULL);
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

/* The n-th change of a withdrawal fails: the next one ends it. */
static bool sweep_unpublish(int n)
{
	Target *target = begin();
	const char *before;
	bool reached;

	assert_int_equal(configfs_make(kernel_path("target/iscsi"), NULL), 0);
	before = kernel_tree();
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
