/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The fake through the checked wrappers: what contract/hypervisor.h promises, what outlives a
 * daemon, and each kind of mischief.
 */
#include "hypervisor/fake/fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "base/log.h"
#include "base/str.h"
#include "tests/lib/test.h"

#define DOMAIN_ID "2f1a3c5e-7b9d-4f1a-8c3e-5d7f9b1a3c5e"
#define DISK_FILE "/dev/zero" /* any file that is there */

enum { WAIT_S = 120 };

static char path[64];
static const DiskSpec root = {
	.alias = "ua-root", .target = "vda", .bus = "virtio", .path = DISK_FILE};
static const DiskSpec data = {
	.alias = "ua-data", .target = "vdb", .bus = "virtio", .path = DISK_FILE, .serial = "s"};

/* What the driver's thread told. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t told;
	char lines[16][96];
	size_t count;
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};

static void hear(void *ctx, const HypervisorEvent *event)
{
	(void)ctx;
	pthread_mutex_lock(&heard.lock);
	assert_true(heard.count < ARRAY_SIZE(heard.lines));
	(void)snprintf(heard.lines[heard.count++], sizeof(heard.lines[0]), "%d %s %s",
		       (int)event->kind, event->alias ? event->alias : "-",
		       enum_name(&domain_state_names, (int)event->state)); /* fits */
	pthread_cond_signal(&heard.told);
	pthread_mutex_unlock(&heard.lock);
}

/* Wait until the index-th event was told and compare it. */
static void expect_event(size_t index, HypervisorEventKind kind, const char *rest)
{
	struct timespec end;
	char line[96];

	(void)snprintf(line, sizeof(line), "%d %s", (int)kind, rest); /* fits */
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_S;
	pthread_mutex_lock(&heard.lock);
	while (heard.count <= index)
		assert_int_equal(pthread_cond_timedwait(&heard.told, &heard.lock, &end), 0);
	assert_string_equal(heard.lines[index], line);
	pthread_mutex_unlock(&heard.lock);
}

static Hypervisor *fake_open_again(void)
{
	HypervisorConfig config = {.state_dir = path, .accelerator = "auto", .on_event = hear};
	Hypervisor *fake = NULL;
	Fault f = {0};

	log_set_level(LOG_ERROR);
	assert_int_equal(hypervisor_open(&hypervisor_fake, &config, &fake, &f), 0);
	return fake;
}

static Hypervisor *fake_make(void)
{
	(void)snprintf(path, sizeof(path), "/tmp/test-fake-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(path));
	heard.count = 0;
	return fake_open_again();
}

/* Asserts that nothing but the domain's own files is left. */
static void fake_drop(Hypervisor *fake)
{
	Fault f = {0};

	assert_int_equal(hypervisor_destroy(fake, DOMAIN_ID, &f), 0);
	assert_int_equal(hypervisor_undefine(fake, DOMAIN_ID, &f), 0);
	assert_int_equal(hypervisor_undefine(fake, DOMAIN_ID, &f), 0);
	(void)hypervisor_close(fake);
	assert_int_equal(rmdir(path), 0);
}

static void define(Hypervisor *fake, const DiskSpec *disks, size_t count)
{
	DomainSpec spec = {.id = DOMAIN_ID,
			   .name = "cleat-2f1a3c5e",
			   .ram_mib = 64,
			   .vcpus = 1,
			   .disks = disks,
			   .disk_count = count};
	Fault f = {0};

	assert_int_equal(hypervisor_define(fake, &spec, &f), 0);
}

static Hypervisor *fake_running(void)
{
	Hypervisor *fake = fake_make();
	Fault f = {0};

	define(fake, &root, 1);
	assert_int_equal(hypervisor_start(fake, DOMAIN_ID, &f), 0);
	return fake;
}

static void expect_state(Hypervisor *fake, DomainState expected)
{
	DomainState state = _DOMAIN_STATE_MAX;
	Fault f = {0};

	assert_int_equal(hypervisor_state(fake, DOMAIN_ID, &state, &f), 0);
	assert_int_equal(state, expected);
}

static void expect_disk(Hypervisor *fake, bool live, bool config)
{
	DiskPresence presence = {0};
	Fault f = {0};

	assert_int_equal(hypervisor_find_disk(fake, DOMAIN_ID, data.alias, &presence, &f), 0);
	assert_int_equal(presence.live, live);
	assert_int_equal(presence.config, config);
}

static int attach(Hypervisor *fake)
{
	Fault f = {0};

	return hypervisor_attach_disk(fake, DOMAIN_ID, &data, &f);
}

static int detach(Hypervisor *fake, bool resend, int64_t wait_ms)
{
	Fault f = {0};

	return hypervisor_detach_disk(fake, DOMAIN_ID, data.alias, resend, wait_ms, &f);
}

TEST(a_domain_goes_on_and_off)
{
	Hypervisor *fake = fake_make();
	Fault f = {0};

	expect_state(fake, DOMAIN_ABSENT);
	assert_int_equal(hypervisor_start(fake, DOMAIN_ID, &f), HYPERVISOR_NO_DOMAIN);
	define(fake, &root, 1);
	expect_state(fake, DOMAIN_OFF);
	assert_int_equal(hypervisor_reboot(fake, DOMAIN_ID, &f), HYPERVISOR_UNSUPPORTED);
	assert_int_equal(hypervisor_start(fake, DOMAIN_ID, &f), 0);
	assert_int_equal(hypervisor_start(fake, DOMAIN_ID, &f), 0);
	expect_state(fake, DOMAIN_RUNNING);
	assert_int_equal(hypervisor_reboot(fake, DOMAIN_ID, &f), 0);
	assert_true(hypervisor_undefine(fake, DOMAIN_ID, &f) < 0); /* not while it runs */
	assert_int_equal(hypervisor_shutdown(fake, DOMAIN_ID, &f), 0);
	assert_int_equal(hypervisor_shutdown(fake, DOMAIN_ID, &f), 0);
	expect_state(fake, DOMAIN_OFF);
	expect_event(0, HYPERVISOR_DOMAIN_STATE, "- running");
	expect_event(1, HYPERVISOR_DOMAIN_STATE, "- off");
	fake_drop(fake);
}

TEST(disks_are_plugged_into_guest_and_definition)
{
	Hypervisor *fake = fake_running();

	assert_int_equal(detach(fake, false, 0), HYPERVISOR_NO_DISK);
	assert_int_equal(attach(fake), 0);
	assert_int_equal(attach(fake), 0);
	expect_disk(fake, true, true);
	assert_int_equal(detach(fake, false, 0), 0);
	expect_disk(fake, false, false);
	assert_int_equal(detach(fake, false, 0), HYPERVISOR_NO_DISK);
	expect_event(1, HYPERVISOR_DISK_GONE, "ua-data running");
	fake_drop(fake);
}

TEST(a_domain_that_is_off_has_disks_in_its_definition)
{
	Hypervisor *fake = fake_make();
	Fault f = {0};

	assert_int_equal(attach(fake), HYPERVISOR_NO_DOMAIN);
	define(fake, &root, 1);
	assert_int_equal(attach(fake), 0);
	expect_disk(fake, false, true);
	assert_int_equal(hypervisor_start(fake, DOMAIN_ID, &f), 0);
	expect_disk(fake, true, true);
	assert_int_equal(hypervisor_destroy(fake, DOMAIN_ID, &f), 0);
	assert_int_equal(detach(fake, false, 0), 0);
	expect_disk(fake, false, false);
	fake_drop(fake);
}

TEST(a_disk_without_file_or_place_is_refused)
{
	DiskSpec missing = data, taken = data;
	Hypervisor *fake = fake_running();
	Fault f = {0};

	missing.path = "/no/such/file";
	assert_int_equal(hypervisor_attach_disk(fake, DOMAIN_ID, &missing, &f), HYPERVISOR_REFUSED);
	taken.target = root.target;
	assert_int_equal(hypervisor_attach_disk(fake, DOMAIN_ID, &taken, &f), HYPERVISOR_REFUSED);
	expect_disk(fake, false, false);
	fake_drop(fake);
}

TEST(redefining_takes_disks_from_the_definition_alone)
{
	Hypervisor *fake = fake_running();

	assert_int_equal(attach(fake), 0);
	define(fake, &root, 1);
	expect_disk(fake, true, false);
	expect_state(fake, DOMAIN_RUNNING);
	fake_drop(fake);
}

TEST(guests_outlive_the_daemon)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Hypervisor *fake = fake_running();
	const char *const *ids = NULL;
	const char *console = NULL;
	size_t count = 0;
	Fault f = {0};

	assert_int_equal(attach(fake), 0);
	(void)hypervisor_close(fake);
	fake = fake_open_again();
	expect_state(fake, DOMAIN_RUNNING);
	expect_disk(fake, true, true);
	assert_int_equal(hypervisor_list(fake, arena, &ids, &count, &f), 0);
	assert_int_equal(count, 1);
	assert_string_equal(ids[0], DOMAIN_ID);
	assert_int_equal(hypervisor_console(fake, DOMAIN_ID, 4096, arena, &console, &f), 0);
	assert_non_null(strstr(console, "cleat fake console: booting cleat-2f1a3c5e"));
	assert_non_null(strstr(console, "disk vdb is " DISK_FILE));
	assert_int_equal(hypervisor_console(fake, DOMAIN_ID, 100, arena, &console, &f), 0);
	assert_true(strlen(console) <= 100 && str_after(console, "["));
	fake_drop(fake);
}

static void file_put(const char *suffix)
{
	char name[160];

	(void)snprintf(name, sizeof(name), "%s/" DOMAIN_ID "%s", path, suffix); /* fits */
	close(open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

TEST(a_guest_acts_by_itself)
{
	Hypervisor *fake = fake_running();
	Fault f = {0};

	file_put(".poweroff");
	expect_event(1, HYPERVISOR_DOMAIN_STATE, "- off");
	expect_state(fake, DOMAIN_OFF);
	assert_int_equal(hypervisor_start(fake, DOMAIN_ID, &f), 0);
	file_put(".crash");
	expect_event(3, HYPERVISOR_DOMAIN_STATE, "- crashed");
	expect_state(fake, DOMAIN_CRASHED);
	fake_drop(fake); /* and the files are gone */
}

TEST(a_guest_acts_while_no_daemon_runs)
{
	Hypervisor *fake = fake_running();

	(void)hypervisor_close(fake);
	file_put(".crash");
	fake = fake_open_again();
	expect_state(fake, DOMAIN_CRASHED);
	fake_drop(fake);
}

TEST(a_guest_lets_go_later)
{
	Hypervisor *fake;

	setenv("CLEAT_FAKE_DETACH", "pending:1500", 1);
	fake = fake_running();
	unsetenv("CLEAT_FAKE_DETACH");
	assert_int_equal(attach(fake), 0);
	assert_int_equal(detach(fake, false, 0), HYPERVISOR_PENDING);
	expect_disk(fake, true, false);
	assert_int_equal(detach(fake, false, WAIT_S * 1000), 0);
	expect_disk(fake, false, false);
	expect_event(1, HYPERVISOR_DISK_GONE, "ua-data running");
	fake_drop(fake);
}

TEST(a_pending_release_outlives_the_daemon)
{
	Hypervisor *fake;

	setenv("CLEAT_FAKE_DETACH", "pending:600", 1);
	fake = fake_running();
	unsetenv("CLEAT_FAKE_DETACH");
	assert_int_equal(attach(fake), 0);
	assert_int_equal(detach(fake, false, 0), HYPERVISOR_PENDING);
	expect_event(0, HYPERVISOR_DOMAIN_STATE, "- running"); /* untold events end with it */
	(void)hypervisor_close(fake);
	fake = fake_open_again();
	expect_event(1, HYPERVISOR_DISK_GONE, "ua-data running");
	expect_disk(fake, false, false);
	fake_drop(fake);
}

TEST(a_guest_refuses_and_the_disk_is_restored)
{
	Hypervisor *fake;
	Fault f = {0};

	setenv("CLEAT_FAKE_DETACH", "refuse", 1);
	fake = fake_running();
	unsetenv("CLEAT_FAKE_DETACH");
	assert_int_equal(attach(fake), 0);
	assert_int_equal(detach(fake, false, 0), HYPERVISOR_REFUSED);
	expect_event(1, HYPERVISOR_DISK_REFUSED, "ua-data running");
	expect_disk(fake, true, false);
	assert_int_equal(detach(fake, false, 0), HYPERVISOR_PENDING); /* it only looks */
	assert_int_equal(detach(fake, true, 0), HYPERVISOR_REFUSED);
	assert_int_equal(hypervisor_restore_disk(fake, DOMAIN_ID, &data, &f), 0);
	expect_disk(fake, true, true);
	/* Going down ends the argument. */
	assert_int_equal(detach(fake, false, 0), HYPERVISOR_REFUSED);
	assert_int_equal(hypervisor_destroy(fake, DOMAIN_ID, &f), 0);
	expect_disk(fake, false, false);
	fake_drop(fake);
}

TEST(the_chosen_call_is_spoilt)
{
	static const struct {
		const char *fail;
		int expected;
		bool done;
	} rows[] = {
		{.fail = "3", .expected = -EIO, .done = false},
		{.fail = "3:busy", .expected = -EBUSY, .done = false},
		{.fail = "3:lost-reply", .expected = -EIO, .done = true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		Hypervisor *fake;

		setenv("CLEAT_FAKE_FAIL", rows[i].fail, 1);
		fake = fake_running(); /* calls 1 and 2 */
		unsetenv("CLEAT_FAKE_FAIL");
		assert_int_equal(attach(fake), rows[i].expected);
		expect_disk(fake, rows[i].done, rows[i].done);
		assert_int_equal(attach(fake), 0);
		fake_drop(fake);
	}
}

/* What a domain that others have made looks like on disk. */
static void write_foreign(void)
{
	static const char text[] =
		"{\"name\":\"old\",\"state\":\"running\",\"owner\":\"foreign\",\"ram_mib\":512,"
		"\"vcpus\":2,\"disks\":[{\"alias\":\"virtio-disk0\",\"target\":\"vda\","
		"\"path\":\"/dev/zero\",\"live\":true,\"config\":true}]}";
	char name[128];
	int fd;

	(void)snprintf(name, sizeof(name), "%s/" DOMAIN_ID ".json", path); /* fits */
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static bool is_listed(Hypervisor *fake, Arena *arena)
{
	const char *const *ids;
	size_t count;
	Fault f = {0};

	assert_int_equal(hypervisor_list(fake, arena, &ids, &count, &f), 0);
	return count == 1;
}

TEST(a_foreign_domain_is_adopted_and_given_back)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Hypervisor *fake = fake_make();
	DomainSpec spec = {.id = DOMAIN_ID, .name = "ours", .ram_mib = 1, .vcpus = 1};
	DomainFacts facts;
	Fault f = {0};

	(void)hypervisor_close(fake);
	write_foreign();
	fake = fake_open_again();
	assert_int_equal(hypervisor_inspect(fake, "none", arena, &facts, &f), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_inspect(fake, "old", arena, &facts, &f), 0);
	assert_string_equal(facts.id, DOMAIN_ID);
	assert_int_equal(facts.owner, DOMAIN_FOREIGN);
	assert_int_equal(facts.state, DOMAIN_RUNNING);
	assert_int_equal(facts.ram_mib, 512);
	assert_int_equal(facts.disk_count, 1);
	assert_string_equal(facts.disks[0].source, "/dev/zero");
	assert_false(is_listed(fake, arena));
	assert_int_equal(hypervisor_adopt(fake, DOMAIN_ID, &f), 0);
	assert_int_equal(hypervisor_adopt(fake, DOMAIN_ID, &f), 0);
	(void)hypervisor_close(fake);
	fake = fake_open_again();
	assert_true(is_listed(fake, arena));
	assert_true(hypervisor_define(fake, &spec, &f) < 0);
	assert_int_equal(attach(fake), 0);
	expect_disk(fake, true, true);
	assert_int_equal(detach(fake, false, 1000), 0);
	assert_int_equal(hypervisor_destroy(fake, DOMAIN_ID, &f), 0);
	assert_true(hypervisor_undefine(fake, DOMAIN_ID, &f) < 0);
	assert_int_equal(hypervisor_release(fake, DOMAIN_ID, &f), 0);
	assert_int_equal(hypervisor_release(fake, DOMAIN_ID, &f), 0);
	assert_false(is_listed(fake, arena));
	fake_drop(fake);
}

TEST(our_own_domains_are_not_adopted)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Hypervisor *fake = fake_make();
	DomainFacts facts;
	Fault f = {0};

	assert_int_equal(hypervisor_adopt(fake, DOMAIN_ID, &f), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_release(fake, DOMAIN_ID, &f), HYPERVISOR_NO_DOMAIN);
	define(fake, &root, 1);
	assert_int_equal(hypervisor_inspect(fake, DOMAIN_ID, arena, &facts, &f), 0);
	assert_int_equal(facts.owner, DOMAIN_OWN);
	assert_int_equal(facts.ram_mib, 64);
	assert_int_equal(hypervisor_adopt(fake, DOMAIN_ID, &f), HYPERVISOR_REFUSED);
	assert_int_equal(hypervisor_release(fake, DOMAIN_ID, &f), HYPERVISOR_REFUSED);
	fake_drop(fake);
}
