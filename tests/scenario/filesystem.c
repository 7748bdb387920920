/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Filesystems: defined, plugged in, let go, and left alone by what serves them.
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "tests/scenario/machine.h"

/* Two of a machine's. */
typedef struct Shared {
	char paths[2][300];
	char aliases[2][FILESYSTEM_ALIAS_TEXT];
	FilesystemSpec specs[2];
} Shared;

static void shared_init(Shared *s, const Machine *m)
{
	static const char *const tags[] = {"data", "8d0f3c3e-9a3b-4c38-8b0c-1f0f6d5b2a11"};
	char id[UUID_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		(void)snprintf(s->paths[i], sizeof(s->paths[i]), "%s.share %zu", m->disk, i);
		uuid_new(id);
		(void)filesystem_alias(id, s->aliases[i]);
		assert_int_equal(mkdir(s->paths[i], 0755), 0);
		s->specs[i] = (FilesystemSpec){
			.alias = s->aliases[i],
			.tag = tags[i],
			.path = s->paths[i],
		};
	}
}

static FilesystemPresence find(const Machine *m, const char *alias)
{
	FilesystemPresence seen = {0};
	Fault f = {0};

	must(hypervisor_find_filesystem(hypervisor, m->id, alias, &seen, &f), &f);
	return seen;
}

static void assert_filesystem(const Machine *m, const char *alias, bool live, bool config)
{
	FilesystemPresence seen = find(m, alias);

	assert_int_equal(seen.live, live);
	assert_int_equal(seen.config, config);
	assert_int_equal(seen.served, live);
}

static int attach(const Machine *m, const FilesystemSpec *spec)
{
	Fault f = {0};
	int r = hypervisor_attach_filesystem(hypervisor, m->id, spec, &f);

	if (r < 0)
		print_message("# %s\n", f.text);
	return r;
}

static int let_go(const Machine *m, const char *alias, int64_t wait_ms)
{
	Fault f = {0};

	return hypervisor_detach_filesystem(hypervisor, m->id, alias, true, wait_ms, &f);
}

static bool let_go_at_last(const Machine *m, const char *alias)
{
	int r = let_go(m, alias, RESEND_MS);

	return r == 0 || r == HYPERVISOR_NO_DISK;
}

void filesystem_of_a_stopped_domain(void **state _unused_)
{
	Shared s;
	Machine m;

	machine_init(&m);
	shared_init(&s, &m);
	assert_int_equal(attach(&m, &s.specs[0]), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(let_go(&m, s.aliases[0], 0), HYPERVISOR_NO_DOMAIN);
	assert_filesystem(&m, s.aliases[0], false, false);
	define(&m);
	assert_int_equal(attach(&m, &s.specs[0]), 0);
	assert_int_equal(attach(&m, &s.specs[0]), 0);
	assert_filesystem(&m, s.aliases[0], false, true);
	assert_disk(&m, false, false);
	s.specs[1].tag = s.specs[0].tag;
	assert_int_equal(attach(&m, &s.specs[1]), HYPERVISOR_REFUSED);
	assert_filesystem(&m, s.aliases[1], false, false);
	assert_int_equal(let_go(&m, s.aliases[0], 0), 0);
	assert_filesystem(&m, s.aliases[0], false, false);
	assert_int_equal(let_go(&m, s.aliases[0], 0), HYPERVISOR_NO_DISK);
	machine_gone(&m);
}

/* What a definition names is there from the start, and no longer than it is named. */
void filesystems_are_defined(void **state _unused_)
{
	Shared s;
	Machine m;
	Fault f = {0};

	machine_init(&m);
	shared_init(&s, &m);
	m.spec.filesystems = s.specs;
	m.spec.filesystem_count = 2;
	define(&m);
	assert_filesystem(&m, s.aliases[0], false, true);
	start(&m);
	assert_filesystem(&m, s.aliases[0], true, true);
	assert_filesystem(&m, s.aliases[1], true, true);
	assert_true(hypervisor_save(hypervisor, m.id, &f) < 0);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	hypervisor = hypervisor_close(hypervisor);
	open_host();
	assert_filesystem(&m, s.aliases[1], true, true);
	m.spec.filesystem_count = 1;
	define(&m);
	assert_filesystem(&m, s.aliases[0], true, true);
	assert_filesystem(&m, s.aliases[1], true, false);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	assert_filesystem(&m, s.aliases[0], false, true);
	assert_filesystem(&m, s.aliases[1], false, false);
	start(&m);
	assert_filesystem(&m, s.aliases[0], true, true);
	assert_filesystem(&m, s.aliases[1], false, false);
	machine_gone(&m);
}

void filesystem_without_a_directory(void **state _unused_)
{
	Shared s;
	Machine m;
	Fault f = {0};

	machine_init(&m);
	shared_init(&s, &m);
	m.spec.filesystems = s.specs;
	m.spec.filesystem_count = 1;
	define(&m);
	assert_int_equal(rmdir(s.paths[0]), 0);
	assert_true(hypervisor_start(hypervisor, m.id, &f) < 0);
	assert_int_equal(state_of(&m), DOMAIN_OFF);
	machine_gone(&m);
}

void filesystem_of_a_running_domain(void **state _unused_)
{
	Shared s;
	Machine m;

	machine_init(&m);
	shared_init(&s, &m);
	define(&m);
	start(&m);
	wait_boot(&m);
	for (size_t i = 0; i < 2; i++) {
		forget_events();
		assert_int_equal(attach(&m, &s.specs[i]), 0);
		assert_int_equal(attach(&m, &s.specs[i]), 0);
		assert_filesystem(&m, s.aliases[i], true, true);
		wait_until(let_go_at_last(&m, s.aliases[i]), BOOT_MS);
		assert_filesystem(&m, s.aliases[i], false, false);
		wait_until(saw_disk(m.id, HYPERVISOR_DISK_GONE, s.aliases[i]), WAIT_MS);
	}
	machine_gone(&m);
}

static pid_t read_pid(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	int64_t pid = 0;

	assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	text[strcspn(text, "\n")] = '\0';
	assert_true(str_parse_i64(text, &pid) && pid > 1);
	return (pid_t)pid;
}

/* What serves it dies: a real one by a signal, that of the fake by a file. */
static void kill_server(const Machine *m, const char *alias)
{
	_cleanup_(buf_done) Buf path = {0};
	glob_t found = {0};

	if (str_eq(driver->name, "fake")) {
		buf_printf(&path, "%s/%s.unserve", folder, m->id);
		make_file(path.data, 0);
		return;
	}
	buf_printf(&path, "%s/libvirt/run/qemu/*-%s-fs.pid", folder, alias);
	assert_int_equal(glob(path.data, 0, NULL, &found), 0);
	assert_int_equal(kill(read_pid(found.gl_pathv[0]), SIGKILL), 0);
	globfree(&found);
}

/* The guest goes on, and it shows that nobody answers it; with the next start all is well. */
void filesystem_server_is_killed(void **state _unused_)
{
	Shared s;
	Machine m;
	Fault f = {0};

	machine_init(&m);
	shared_init(&s, &m);
	m.spec.filesystems = s.specs;
	m.spec.filesystem_count = 1;
	define(&m);
	start(&m);
	assert_filesystem(&m, s.aliases[0], true, true);
	assert_filesystem(&m, s.aliases[0], true, true);
	forget_events();
	kill_server(&m, s.aliases[0]);
	wait_until(saw_disk(m.id, HYPERVISOR_FILESYSTEM_LOST, s.aliases[0]), WAIT_MS);
	assert_false(find(&m, s.aliases[0]).served);
	assert_true(find(&m, s.aliases[0]).live);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	start(&m);
	assert_filesystem(&m, s.aliases[0], true, true);
	machine_gone(&m);
}
