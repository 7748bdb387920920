/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A domain and its file.
 */
#include "hypervisor/fake/domain.h"

#include <fcntl.h>

#include "tests/lib/test.h"

#define DOMAIN_ID "2f1a3c5e-7b9d-4f1a-8c3e-5d7f9b1a3c5e"

static char path[64];

static int dir_make(void)
{
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/test-domain-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void dir_drop(int fd)
{
	(void)unlinkat(fd, DOMAIN_ID ".json", 0);
	assert_int_equal(rmdir(path), 0);
	close(fd);
}

TEST(what_was_saved_is_loaded)
{
	_cleanup_(fake_domain_freep) FakeDomain *domain = fake_domain_new(DOMAIN_ID);
	_cleanup_(fake_domain_freep) FakeDomain *again = NULL;
	DiskSpec root = {.alias = "ua-root", .target = "vda", .path = "/r"};
	DiskSpec data = {
		.alias = "ua-\"1\"",
		.target = "vdb",
		.path = "/d",
		.serial = "s",
		.readonly = true,
	};
	int dir = dir_make();
	FakeDisk *disk;
	Fault f = {0};

	domain->name = mem_strdup("cleat-2f1a3c5e");
	domain->state = DOMAIN_RUNNING;
	fake_domain_add_disk(domain, &root)->live = true;
	disk = fake_domain_add_disk(domain, &data);
	disk->config = true;
	disk->release_us = 77;
	assert_int_equal(fake_domain_save(domain, dir, &f), 0);
	assert_int_equal(fake_domain_save(domain, dir, &f), 0);

	assert_int_equal(fake_domain_load(dir, DOMAIN_ID, &again, &f), 0);
	assert_string_equal(again->name, "cleat-2f1a3c5e");
	assert_null(again->kernel_path);
	assert_true(fake_domain_runs(again));
	assert_int_equal(again->disks.count, 2);
	disk = fake_domain_disk(again, "ua-root");
	assert_true(disk->live && !disk->config && !disk->serial && !disk->readonly);
	disk = fake_domain_disk(again, "ua-\"1\"");
	assert_true(!disk->live && disk->config && disk->release_us == 77 && disk->readonly);
	assert_string_equal(disk->serial, "s");
	dir_drop(dir);
}

TEST(a_file_that_is_no_domain_is_a_fault)
{
	static const char *const texts[] = {
		"",
		"{",
		"{}",
		"{\"name\":\"x\",\"state\":\"flying\",\"disks\":[]}",
		"{\"name\":\"x\",\"state\":\"off\",\"disks\":[{}]}",
	};
	int dir = dir_make();

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FakeDomain *domain = NULL;
		Fault f = {0};
		int fd = openat(dir, DOMAIN_ID ".json", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC,
				0600);

		assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
		close(fd);
		assert_true(fake_domain_load(dir, DOMAIN_ID, &domain, &f) < 0);
		assert_null(domain);
	}
	dir_drop(dir);
}

TEST(pruning_keeps_what_anybody_has)
{
	_cleanup_(fake_domain_freep) FakeDomain *domain = fake_domain_new(DOMAIN_ID);
	DiskSpec spec = {.alias = "ua-1", .target = "vdb", .path = "/d"};

	fake_domain_add_disk(domain, &spec)->live = true;
	spec.alias = "ua-2";
	(void)fake_domain_add_disk(domain, &spec);
	spec.alias = "ua-3";
	fake_domain_add_disk(domain, &spec)->config = true;
	fake_domain_prune(domain);
	assert_non_null(fake_domain_disk(domain, "ua-1"));
	assert_null(fake_domain_disk(domain, "ua-2"));
	assert_non_null(fake_domain_disk(domain, "ua-3"));
}
