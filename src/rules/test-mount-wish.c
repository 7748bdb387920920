/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Mount points and options, and what somebody who means harm would like them to be.
 */
#include "rules/mount-wish.h"

#include "tests/lib/test.h"

TEST(mount_points)
{
	static const char *const good[] = {"/mnt",     "/net/mymount", "/a//b/",
					   "/srv/...", "/..a/b..",     "/mnt/zwei Wörter"};
	static const char *const bad[] = {"",
					  "mnt",
					  "/",
					  "//",
					  "/.",
					  "/.//.",
					  "/..",
					  "/a/../b",
					  "/a/..",
					  "/a\nb",
					  "/a\tb",
					  ("/a\x7f"
					   "b"),
					  "../../etc",
					  "/mnt/\x1b[0m"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(mount_point_fits(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(mount_point_fits(bad[i]));
}

TEST(mount_points_end_at_255_bytes)
{
	char path[MOUNT_POINT_MAX + 2];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_false(mount_point_fits(path + 0));
	path[MOUNT_POINT_MAX] = '\0';
	assert_true(mount_point_fits(path));
}

TEST(mount_options)
{
	static const struct {
		const char *options;
		bool fits;
		bool readonly;
	} rows[] = {
		{"ro", true, true},
		{"rw", true, false},
		{"noatime,nodev,nosuid,noexec", true, false},
		{"nodev,ro,vers=4.2", true, true},
		{"vers=3", true, false},
		{"ro,rw", false, true},
		{"", false, false},
		{"ro,", false, false},
		{",ro", false, false},
		{"ro,,nodev", false, false},
		{"suid", false, false},
		{"exec", false, false},
		{"RO", false, false},
		{"vers=", false, false},
		{"vers=4.", false, false},
		{"vers=4.2.1", false, false},
		{"vers=4;reboot", false, false},
		{"ro\n", false, false},
		{"ro -o dev", false, false},
		{"secret=abc", false, false},
		{"noatimenoatimenoatime", false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool readonly = false;

		assert_int_equal(mount_options_fit(rows[i].options, &readonly), rows[i].fits);
		if (rows[i].fits)
			assert_int_equal(readonly, rows[i].readonly);
	}
}

TEST(places)
{
	static const struct {
		const char *one;
		const char *other;
		bool same;
	} rows[] = {
		{"/net/data", "/net/data", true},
		{"/net/data", "/net/data/", true},
		{"/net/data", "//net///data", true},
		{"/net/data", "/net/./data/.", true},
		{"/net/data", "/net/data2", false},
		{"/net/data", "/net", false},
		{"/net", "/net/data", false},
		{"/net/data", "/net/.data", false},
		{"/net/data", "/netdata", false},
		{"/a/b", "/a/c", false},
		{"/net", NULL, false},
		{NULL, NULL, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(mount_points_are_same(rows[i].one, rows[i].other), rows[i].same);
		assert_int_equal(mount_points_are_same(rows[i].other, rows[i].one), rows[i].same);
	}
}
