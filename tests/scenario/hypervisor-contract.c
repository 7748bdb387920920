/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The same tests on every hypervisor: what src/contract/hypervisor.h promises.
 *
 *     hypervisor-contract DRIVER [KERNEL INITRD]
 *
 * With a kernel, domains are guests that boot, and the tests that need
 * one are run as well: events of a guest, a guest that is not ready, an emulator that is killed
 * in the middle of a call, a daemon that is.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "contract/hypervisor.h"
#include "hypervisor/fake/fake.h"
#include "hypervisor/libvirt/libvirt.h"
#include "tests/scenario/machine.h"

/* --- on every hypervisor --- */

static void describes_itself(void **state _unused_)
{
	assert_true(strlen(hypervisor_describe(hypervisor)) > 0);
	assert_string_equal(hypervisor_name(hypervisor), driver->name);
}

static void unknown_domain(void **state _unused_)
{
	Machine m;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = NULL;
	Fault f = {0};

	machine_init(&m);
	assert_int_equal(state_of(&m), DOMAIN_ABSENT);
	assert_false(is_listed(m.id));
	assert_int_equal(hypervisor_start(hypervisor, m.id, &f), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_reboot(hypervisor, m.id, &f), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_pause(hypervisor, m.id, &f), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_save(hypervisor, m.id, &f), HYPERVISOR_NO_DOMAIN);
	must(hypervisor_shutdown(hypervisor, m.id, &f), &f);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	must(hypervisor_undefine(hypervisor, m.id, &f), &f);
	assert_int_equal(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f),
			 HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_restore_disk(hypervisor, m.id, &m.volume, &f),
			 HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_detach_disk(hypervisor, m.id, m.alias, true, 10, &f),
			 HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_console(hypervisor, m.id, 100, arena, &text, &f),
			 HYPERVISOR_NO_DOMAIN);
	assert_disk(&m, false, false);
}

static void domains_of_ours_are_looked_at(void **state _unused_)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DomainFacts facts;
	Machine m;
	Fault f = {0};

	machine_init(&m);
	assert_int_equal(hypervisor_inspect(hypervisor, m.id, arena, &facts, &f),
			 HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_inspect(hypervisor, m.name, arena, &facts, &f),
			 HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_adopt(hypervisor, m.id, &f), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(hypervisor_release(hypervisor, m.id, &f), HYPERVISOR_NO_DOMAIN);
	m.spec.disks = &m.volume;
	m.spec.disk_count = 1;
	define(&m);
	for (int by_name = 0; by_name < 2; by_name++) {
		const char *wanted = by_name ? m.name : m.id;

		must(hypervisor_inspect(hypervisor, wanted, arena, &facts, &f), &f);
		assert_string_equal(facts.id, m.id);
		assert_string_equal(facts.name, m.name);
		assert_int_equal(facts.owner, DOMAIN_OWN);
		assert_int_equal(facts.state, DOMAIN_OFF);
		assert_true(facts.defined);
		assert_int_equal(facts.ram_mib, m.spec.ram_mib);
		assert_int_equal(facts.vcpus, m.spec.vcpus);
		assert_int_equal(facts.disk_count, 1);
		assert_string_equal(facts.disks[0].alias, m.alias);
		assert_string_equal(facts.disks[0].target, "vdb");
		assert_string_equal(facts.disks[0].source, m.disk);
	}
	assert_int_equal(hypervisor_adopt(hypervisor, m.id, &f), HYPERVISOR_REFUSED);
	assert_int_equal(hypervisor_release(hypervisor, m.id, &f), HYPERVISOR_REFUSED);
	machine_gone(&m);
}

static void life_of_a_domain(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	forget_events();
	define(&m);
	assert_int_equal(state_of(&m), DOMAIN_OFF);
	assert_true(is_listed(m.id));
	m.spec.ram_mib = 320;
	define(&m);
	must(hypervisor_shutdown(hypervisor, m.id, &f), &f);
	assert_int_equal(hypervisor_reboot(hypervisor, m.id, &f), HYPERVISOR_UNSUPPORTED);
	start(&m);
	start(&m);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	wait_until(saw_state(m.id, DOMAIN_RUNNING), WAIT_MS);
	define(&m); /* it goes on running */
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	assert_true(hypervisor_undefine(hypervisor, m.id, &f) < 0);
	assert_true(is_listed(m.id));
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	assert_int_equal(state_of(&m), DOMAIN_OFF);
	wait_until(saw_state(m.id, DOMAIN_OFF), WAIT_MS);
	machine_gone(&m);
	must(hypervisor_undefine(hypervisor, m.id, &f), &f);
	assert_false(is_listed(m.id));
}

static void disk_of_a_stopped_domain(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	assert_disk(&m, false, true);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	must(hypervisor_restore_disk(hypervisor, m.id, &m.volume, &f), &f);
	must(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, 0, &f), &f);
	assert_disk(&m, false, false);
	assert_int_equal(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, 0, &f),
			 HYPERVISOR_NO_DISK);
	assert_int_equal(hypervisor_restore_disk(hypervisor, m.id, &m.volume, &f),
			 HYPERVISOR_NO_DISK);
	machine_gone(&m);
}

static void disk_of_a_running_domain(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	start(&m);
	wait_boot(&m);
	for (int round = 0; round < 3; round++) {
		forget_events();
		must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
		assert_disk(&m, true, true);
		must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
		must(hypervisor_restore_disk(hypervisor, m.id, &m.volume, &f), &f);
		assert_disk(&m, true, true);
		detach(&m);
		assert_disk(&m, false, false);
		wait_until(saw_disk(m.id, HYPERVISOR_DISK_GONE, m.alias), WAIT_MS);
	}
	assert_int_equal(hypervisor_detach_disk(hypervisor, m.id, m.alias, true, 0, &f),
			 HYPERVISOR_NO_DISK);
	machine_gone(&m);
}

static void disk_stays_over_a_restart(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	start(&m);
	assert_disk(&m, true, true);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	assert_disk(&m, false, true);
	start(&m);
	assert_disk(&m, true, true);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	must(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, 0, &f), &f);
	machine_gone(&m);
}

static void guest_is_paused(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	assert_int_equal(hypervisor_pause(hypervisor, m.id, &f), HYPERVISOR_UNSUPPORTED);
	start(&m);
	forget_events();
	must(hypervisor_pause(hypervisor, m.id, &f), &f);
	must(hypervisor_pause(hypervisor, m.id, &f), &f);
	assert_int_equal(state_of(&m), DOMAIN_PAUSED);
	wait_until(saw_state(m.id, DOMAIN_PAUSED), WAIT_MS);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	assert_disk(&m, true, true);
	start(&m);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	wait_until(saw_state(m.id, DOMAIN_RUNNING), WAIT_MS);
	machine_gone(&m);
}

/* The disks of a saved guest are those that it had; nothing of it is left after a destroy. */
static void guest_is_saved(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	assert_int_equal(hypervisor_save(hypervisor, m.id, &f), HYPERVISOR_UNSUPPORTED);
	start(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	must(hypervisor_pause(hypervisor, m.id, &f), &f);
	forget_events();
	must(hypervisor_save(hypervisor, m.id, &f), &f);
	must(hypervisor_save(hypervisor, m.id, &f), &f);
	assert_int_equal(state_of(&m), DOMAIN_SAVED);
	wait_until(saw_state(m.id, DOMAIN_SAVED), WAIT_MS);
	assert_disk(&m, false, true);
	assert_int_equal(hypervisor_pause(hypervisor, m.id, &f), HYPERVISOR_UNSUPPORTED);
	must(hypervisor_shutdown(hypervisor, m.id, &f), &f);
	hypervisor = hypervisor_close(hypervisor);
	open_host();
	assert_int_equal(state_of(&m), DOMAIN_SAVED);
	start(&m);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	assert_disk(&m, true, true);
	must(hypervisor_save(hypervisor, m.id, &f), &f);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	assert_int_equal(state_of(&m), DOMAIN_OFF);
	start(&m);
	must(hypervisor_save(hypervisor, m.id, &f), &f);
	must(hypervisor_undefine(hypervisor, m.id, &f), &f);
	assert_int_equal(state_of(&m), DOMAIN_ABSENT);
	define(&m);
	assert_int_equal(state_of(&m), DOMAIN_OFF);
	machine_gone(&m);
}

static int resize(const Machine *m, int64_t size_bytes)
{
	Fault f = {0};

	return hypervisor_resize_disk(hypervisor, m->id, m->alias, size_bytes, &f);
}

/* Only a running guest has to be told. */
static void disk_grows(void **state _unused_)
{
	const int64_t larger = 64 << 20;
	Machine m;
	Fault f = {0};

	machine_init(&m);
	assert_int_equal(resize(&m, larger), HYPERVISOR_NO_DOMAIN);
	define(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	assert_int_equal(resize(&m, larger), HYPERVISOR_NO_DISK);
	start(&m);
	assert_int_equal(truncate(m.volume.path, larger), 0);
	assert_int_equal(resize(&m, larger), 0);
	assert_int_equal(resize(&m, larger), 0);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	assert_int_equal(resize(&m, larger), HYPERVISOR_NO_DISK);
	machine_gone(&m);
}

static int copy_begin(const Machine *m, const char *path)
{
	const DiskCopy copy = {.name = "one", .path = path, .format = DISK_FORMAT_RAW};
	Fault f = {0};

	return hypervisor_copy_begin(hypervisor, m->id, m->alias, &copy, &f);
}

static int copy_look(const Machine *m, const char *name)
{
	Fault f = {0};
	int r = hypervisor_copy_look(hypervisor, m->id, name, &f);

	if (r < 0)
		print_message("# %s\n", f.text);
	return r;
}

static void assert_copied(const Machine *m, const char *path)
{
	int r = HYPERVISOR_PENDING;

	assert_int_equal(copy_look(m, "another"), HYPERVISOR_NO_DISK);
	wait_until((r = copy_look(m, "one")) != HYPERVISOR_PENDING, WAIT_MS);
	assert_int_equal(r, 0);
	assert_int_equal(copy_look(m, "one"), HYPERVISOR_NO_DISK); /* it was told once */
	assert_byte(path, 'x');
}

/* Only what a running guest has is copied; everything may be repeated. */
static void disk_is_copied(void **state _unused_)
{
	_cleanup_(closep) int fd = -1;
	char path[300];
	Fault f = {0};
	Machine m;

	machine_init(&m);
	(void)snprintf(path, sizeof(path), "%s.copy", m.disk);
	make_file(path, 16 << 20);
	fd = open(m.disk, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 8 << 20), 1);
	assert_int_equal(copy_begin(&m, path), HYPERVISOR_NO_DOMAIN);
	must(hypervisor_copy_cancel(hypervisor, m.id, &f), &f);
	define(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	assert_int_equal(copy_begin(&m, path), HYPERVISOR_NO_DISK);
	assert_int_equal(copy_look(&m, "one"), HYPERVISOR_NO_DISK);
	start(&m);
	assert_int_equal(copy_begin(&m, path), 0);
	assert_copied(&m, path);
	make_file(path, 16 << 20);
	assert_int_equal(copy_begin(&m, path), 0);
	assert_int_equal(copy_begin(&m, path), 0); /* in the place of the first */
	assert_copied(&m, path);
	assert_int_equal(copy_begin(&m, path), 0);
	must(hypervisor_copy_cancel(hypervisor, m.id, &f), &f);
	must(hypervisor_copy_cancel(hypervisor, m.id, &f), &f);
	assert_int_equal(copy_look(&m, "one"), HYPERVISOR_NO_DISK);
	must(hypervisor_destroy(hypervisor, m.id, &f), &f);
	assert_int_equal(copy_begin(&m, path), HYPERVISOR_NO_DISK);
	machine_gone(&m);
}

static void target_is_taken(void **state _unused_)
{
	Machine m, other;
	Fault f = {0};

	machine_init(&m);
	machine_init(&other); /* for its volume */
	define(&m);
	start(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	assert_int_equal(hypervisor_attach_disk(hypervisor, m.id, &other.volume, &f),
			 HYPERVISOR_REFUSED);
	assert_disk(&m, true, true);
	memcpy(other.id, m.id, sizeof(m.id)); /* the other's alias in this domain */
	assert_disk(&other, false, false);
	machine_gone(&m);
}

/* --- with an emulator and a guest --- */

static void disk_without_a_file(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	start(&m);
	assert_int_equal(unlink(m.disk), 0);
	assert_int_equal(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f),
			 HYPERVISOR_REFUSED);
	assert_non_null(strstr(f.text, m.disk));
	assert_disk(&m, false, false);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	machine_gone(&m);
}

/* A guest that boots does not let go; a detach that gave up puts the disk back. */
static void guest_that_boots(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	start(&m);
	assert_int_equal(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, 200, &f),
			 HYPERVISOR_PENDING);
	assert_disk(&m, true, false);
	assert_int_equal(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, 200, &f),
			 HYPERVISOR_PENDING);
	must(hypervisor_restore_disk(hypervisor, m.id, &m.volume, &f), &f);
	assert_disk(&m, true, true);
	assert_int_equal(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, 0, &f),
			 HYPERVISOR_PENDING);
	assert_disk(&m, true, false);
	/* Attaching finds one half of it there, and does the other. */
	must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
	assert_disk(&m, true, true);
	wait_boot(&m);
	detach(&m);
	assert_disk(&m, false, false);
	machine_gone(&m);
}

static void guest_powers_off(void **state _unused_)
{
	Machine m;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	start(&m);
	wait_boot(&m);
	forget_events();
	must(hypervisor_reboot(hypervisor, m.id, &f), &f);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	assert_int_equal(truncate(m.console, 0), 0); /* so that the next boot is seen */
	wait_boot(&m);
	must(hypervisor_shutdown(hypervisor, m.id, &f), &f);
	wait_until(saw_state(m.id, DOMAIN_OFF), WAIT_MS);
	assert_int_equal(state_of(&m), DOMAIN_OFF);
	assert_false(saw_state(m.id, DOMAIN_CRASHED));
	machine_gone(&m);
}

static pid_t emulator(const Machine *m)
{
	_cleanup_(buf_done) Buf path = {0};
	_cleanup_(closep) int fd = -1;
	char text[32] = "";
	int64_t pid = 0;
	ssize_t n;

	buf_printf(&path, "%s/libvirt/run/qemu/%s.pid", folder, m->name);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	assert_true(n > 0);
	text[strcspn(text, "\n")] = '\0';
	assert_true(str_parse_i64(text, &pid) && pid > 1);
	return (pid_t)pid;
}

static void emulator_is_killed(void **state _unused_)
{
	Machine m;

	machine_init(&m);
	define(&m);
	start(&m);
	forget_events();
	assert_int_equal(kill(emulator(&m), SIGKILL), 0);
	wait_until(saw_state(m.id, DOMAIN_CRASHED), WAIT_MS);
	assert_int_equal(state_of(&m), DOMAIN_CRASHED);
	start(&m);
	assert_int_equal(state_of(&m), DOMAIN_RUNNING);
	machine_gone(&m);
}

typedef struct Killer {
	pid_t pid;
	int64_t after_ms;
} Killer;

static void *kill_later(void *arg)
{
	const Killer *killer = arg;

	clock_sleep_ms(killer->after_ms);
	(void)kill(killer->pid, SIGKILL); /* it is there until now */
	return NULL;
}

/* Whenever it dies, what the call says is what is so. */
static void emulator_is_killed_while_attaching(void **state _unused_)
{
	static const int64_t moments_ms[] = {0, 2, 5, 10, 20, 40};
	Machine m;
	Killer killer;
	pthread_t thread;
	Fault f = {0};
	int r;

	machine_init(&m);
	define(&m);
	for (size_t i = 0; i < ARRAY_SIZE(moments_ms); i++) {
		start(&m);
		killer = (Killer){emulator(&m), moments_ms[i]};
		assert_int_equal(pthread_create(&thread, NULL, kill_later, &killer), 0);
		r = hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f);
		pthread_join(thread, NULL);
		wait_until(state_of(&m) == DOMAIN_CRASHED, WAIT_MS);
		print_message("# killed after %d ms: attach says %d %s\n", (int)moments_ms[i], r,
			      r ? f.text : "");
		assert_disk(&m, false, r == 0);
		if (r == 0)
			must(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, 0, &f), &f);
	}
	machine_gone(&m);
}

static void emulator_is_killed_while_detaching(void **state _unused_)
{
	static const int64_t moments_ms[] = {0, 2, 10, 100};
	Machine m;
	Killer killer;
	pthread_t thread;
	Fault f = {0};

	machine_init(&m);
	define(&m);
	for (size_t i = 0; i < ARRAY_SIZE(moments_ms); i++) {
		must(hypervisor_attach_disk(hypervisor, m.id, &m.volume, &f), &f);
		start(&m);
		killer = (Killer){emulator(&m), moments_ms[i]};
		assert_int_equal(pthread_create(&thread, NULL, kill_later, &killer), 0);
		/* The guest boots and cannot let go: only its end does. */
		must(hypervisor_detach_disk(hypervisor, m.id, m.alias, false, WAIT_MS, &f), &f);
		pthread_join(thread, NULL);
		assert_disk(&m, false, false);
		wait_until(state_of(&m) == DOMAIN_CRASHED, WAIT_MS);
	}
	machine_gone(&m);
}

/* --- a daemon that dies --- */

static Machine orphan;

/* Another process: starts a guest with a disk and dies without a word. */
static void die_with_a_guest(void)
{
	Fault f = {0};

	open_host();
	define(&orphan);
	start(&orphan);
	must(hypervisor_attach_disk(hypervisor, orphan.id, &orphan.volume, &f), &f);
	(void)raise(SIGKILL); /* always works */
}

static void daemon_is_killed(void **state _unused_)
{
	assert_int_equal(state_of(&orphan), DOMAIN_RUNNING);
	assert_true(is_listed(orphan.id));
	wait_boot(&orphan);
	assert_disk(&orphan, true, true);
	forget_events();
	detach(&orphan);
	wait_until(saw_disk(orphan.id, HYPERVISOR_DISK_GONE, orphan.alias), WAIT_MS);
	assert_int_equal(kill(emulator(&orphan), SIGKILL), 0);
	wait_until(saw_state(orphan.id, DOMAIN_CRASHED), WAIT_MS);
	machine_gone(&orphan);
}

static int leave_an_orphan(void)
{
	pid_t child;
	int status = 0;

	machine_init(&orphan);
	child = fork();
	if (child == 0) {
		die_with_a_guest();
		_exit(1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) ? 0 : -1;
}

/* --- the program --- */

static int remove_one(const char *path, const struct stat *st _unused_, int type _unused_,
		      struct FTW *where _unused_)
{
	return remove(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(unknown_domain),
		cmocka_unit_test(domains_of_ours_are_looked_at),
		cmocka_unit_test(life_of_a_domain),
		cmocka_unit_test(disk_of_a_stopped_domain),
		cmocka_unit_test(disk_of_a_running_domain),
		cmocka_unit_test(guest_is_paused),
		cmocka_unit_test(guest_is_saved),
		cmocka_unit_test(disk_stays_over_a_restart),
		cmocka_unit_test(disks_have_addresses),
		cmocka_unit_test(medium_is_changed),
		cmocka_unit_test(disk_grows),
		cmocka_unit_test(disk_is_copied),
		cmocka_unit_test(disk_is_mirrored),
		cmocka_unit_test(disk_moves),
		cmocka_unit_test(target_is_taken),
		cmocka_unit_test(filesystem_of_a_stopped_domain),
		cmocka_unit_test(filesystems_are_defined),
		cmocka_unit_test(filesystem_without_a_directory),
		cmocka_unit_test(filesystem_of_a_running_domain),
		cmocka_unit_test(filesystem_server_is_killed),
	};
	const struct CMUnitTest guest_tests[] = {
		cmocka_unit_test(daemon_is_killed),
		cmocka_unit_test(disk_without_a_file),
		cmocka_unit_test(guest_that_boots),
		cmocka_unit_test(guest_powers_off),
		cmocka_unit_test(emulator_is_killed),
		cmocka_unit_test(emulator_is_killed_while_attaching),
		cmocka_unit_test(emulator_is_killed_while_detaching),
	};

	int failed;

	if (argc != 2 && argc != 4) {
		(void)fprintf(stderr, "usage: hypervisor-contract DRIVER [KERNEL INITRD]\n");
		return 2;
	}
	driver = str_eq(argv[1], "libvirt") ? &hypervisor_libvirt : &hypervisor_fake;
	with_guest = argc == 4;
	kernel = with_guest ? argv[2] : NULL;
	initrd = with_guest ? argv[3] : NULL;
	if (getenv("CLEAT_TEST_DEBUG"))
		log_set_level(LOG_DEBUG);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (!mkdtemp(folder) || (with_guest && leave_an_orphan() < 0))
		return 1;
	open_host();
	print_message("# %s\n", hypervisor_describe(hypervisor));
	failed = cmocka_run_group_tests_name("contract", tests, NULL, NULL);
	if (with_guest)
		failed += cmocka_run_group_tests_name("guest", guest_tests, NULL, NULL);
	hypervisor_close(hypervisor);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) || failed;
}
