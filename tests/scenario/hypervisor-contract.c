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

enum {
	EVENTS_MAX = 512,
	WAIT_MS = 30 * 1000,
	BOOT_MS = 120 * 1000,
	RESEND_MS = 2000,
};

static const HypervisorDriver *driver;
static char folder[] = "/tmp/cleat-hypervisor-XXXXXX";
static const char *kernel, *initrd;
static Hypervisor *hypervisor;
static bool with_guest;

/* --- events --- */

typedef struct Seen {
	HypervisorEventKind kind;
	char domain_id[UUID_TEXT];
	char alias[64];
	DomainState state;
} Seen;

static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static Seen seen[EVENTS_MAX];
static size_t seen_count;

static void on_event(void *ctx _unused_, const HypervisorEvent *event)
{
	pthread_mutex_lock(&seen_lock);
	if (seen_count < EVENTS_MAX) {
		Seen *s = &seen[seen_count++];

		*s = (Seen){.kind = event->kind, .state = event->state};
		(void)snprintf(s->domain_id, sizeof(s->domain_id), "%s",
			       event->domain_id ? event->domain_id : "");
		(void)snprintf(s->alias, sizeof(s->alias), "%s", event->alias ? event->alias : "");
	}
	pthread_mutex_unlock(&seen_lock);
}

static void forget_events(void)
{
	pthread_mutex_lock(&seen_lock);
	seen_count = 0;
	pthread_mutex_unlock(&seen_lock);
}

static bool saw_state(const char *id, DomainState state)
{
	bool found = false;

	pthread_mutex_lock(&seen_lock);
	for (size_t i = 0; i < seen_count; i++)
		found |= seen[i].kind == HYPERVISOR_DOMAIN_STATE && seen[i].state == state &&
			 str_eq(seen[i].domain_id, id);
	pthread_mutex_unlock(&seen_lock);
	return found;
}

static bool saw_disk(const char *id, HypervisorEventKind kind, const char *alias)
{
	bool found = false;

	pthread_mutex_lock(&seen_lock);
	for (size_t i = 0; i < seen_count; i++)
		found |= seen[i].kind == kind && str_eq(seen[i].domain_id, id) &&
			 str_eq(seen[i].alias, alias);
	pthread_mutex_unlock(&seen_lock);
	return found;
}

#define wait_until(condition, limit_ms)                                                            \
	do {                                                                                       \
		int64_t until_ = clock_mono_ms() + (limit_ms);                                     \
		while (!(condition)) {                                                             \
			if (clock_mono_ms() > until_)                                              \
				fail_msg("not in time: %s", #condition);                           \
			clock_sleep_ms(20);                                                        \
		}                                                                                  \
	} while (0)

/* --- vocabulary --- */

typedef struct Machine {
	char id[UUID_TEXT];
	char name[24];
	char console[256];
	char channel[256];
	char disk[256]; /* a volume's file */
	char alias[64];
	DiskSpec volume;
	DomainSpec spec;
} Machine;

static void must(int r, const Fault *f)
{
	if (r)
		fail_msg("result %d: %s", r, f->text);
}

static void make_file(const char *path, off_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
}

/* A machine that is not defined yet, with a volume of its own that is not attached. */
static void machine_init(Machine *m)
{
	*m = (Machine){0};
	uuid_new(m->id);
	(void)snprintf(m->name, sizeof(m->name), "cleat-%.8s", m->id);
	(void)snprintf(m->console, sizeof(m->console), "%s/%s.console", folder, m->name);
	(void)snprintf(m->channel, sizeof(m->channel), "%s/%s.sock", folder, m->name);
	(void)snprintf(m->disk, sizeof(m->disk), "%s/%s.raw", folder, m->name);
	(void)snprintf(m->alias, sizeof(m->alias), "ua-%s", m->id);
	make_file(m->disk, 16 << 20);
	m->volume = (DiskSpec){
		.alias = m->alias,
		.target = "vdb",
		.bus = "virtio",
		.serial = m->id,
		.path = m->disk,
		.format = DISK_FORMAT_RAW,
	};
	m->spec = (DomainSpec){
		.id = m->id,
		.name = m->name,
		.title = "contract <&> \"suite\"",
		.ram_mib = 256,
		.vcpus = 1,
		.kernel_path = kernel,
		.ramdisk_path = initrd,
		.kernel_args = kernel ? "console=ttyS0 quiet panic=-1 nokaslr mitigations=off "
					"8250.nr_uarts=1 audit=0"
				      : NULL,
		.console_path = m->console,
		.channel_path = m->channel,
	};
}

static void define(const Machine *m)
{
	Fault f = {0};

	must(hypervisor_define(hypervisor, &m->spec, &f), &f);
}

static void start(const Machine *m)
{
	Fault f = {0};

	must(hypervisor_start(hypervisor, m->id, &f), &f);
}

static DomainState state_of(const Machine *m)
{
	DomainState state = _DOMAIN_STATE_MAX;
	Fault f = {0};

	must(hypervisor_state(hypervisor, m->id, &state, &f), &f);
	return state;
}

static void assert_disk(const Machine *m, bool live, bool config)
{
	DiskPresence presence = {0};
	Fault f = {0};

	must(hypervisor_find_disk(hypervisor, m->id, m->alias, &presence, &f), &f);
	assert_int_equal(presence.live, live);
	assert_int_equal(presence.config, config);
}

static bool says(const Machine *m, const char *words)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = NULL;
	Fault f = {0};

	must(hypervisor_console(hypervisor, m->id, 64 * 1024, arena, &text, &f), &f);
	return strstr(text, words) != NULL;
}

static void wait_boot(const Machine *m)
{
	if (with_guest)
		wait_until(says(m, "GUEST-READY"), BOOT_MS);
}

/* Ask until the guest has let go, as the engine does. */
static void detach(const Machine *m)
{
	Fault f = {0};
	int r = HYPERVISOR_PENDING;

	for (int64_t until = clock_mono_ms() + BOOT_MS;
	     r == HYPERVISOR_PENDING || r == HYPERVISOR_REFUSED;) {
		assert_true(clock_mono_ms() < until);
		r = hypervisor_detach_disk(hypervisor, m->id, m->alias, true, RESEND_MS, &f);
	}
	if (r != HYPERVISOR_NO_DISK)
		must(r, &f);
}

static void machine_gone(const Machine *m)
{
	Fault f = {0};

	must(hypervisor_destroy(hypervisor, m->id, &f), &f);
	must(hypervisor_undefine(hypervisor, m->id, &f), &f);
	assert_int_equal(state_of(m), DOMAIN_ABSENT);
}

static bool is_listed(const char *id)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *const *ids = NULL;
	size_t count = 0;
	bool found = false;
	Fault f = {0};

	must(hypervisor_list(hypervisor, arena, &ids, &count, &f), &f);
	for (size_t i = 0; i < count; i++)
		found |= str_eq(ids[i], id);
	return found;
}

static void open_host(void)
{
	const HypervisorConfig config = {
		.state_dir = folder,
		.accelerator = "tcg",
		.shutdown_ms = WAIT_MS,
		.on_event = on_event,
	};
	Fault f = {0};

	must(hypervisor_open(driver, &config, &hypervisor, &f), &f);
}

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

static void assert_byte(const char *path, char wanted)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte = 0;

	assert_int_equal(pread(fd, &byte, 1, 8 << 20), 1);
	assert_int_equal(byte, wanted);
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

/* A machine whose disk moves, and the place that it moves to. */
typedef struct Move {
	Machine m;
	char path[300];
	char serial[UUID_TEXT];
	DiskSpec target;
} Move;

static void move_init(Move *move)
{
	machine_init(&move->m);
	(void)snprintf(move->path, sizeof(move->path), "%s.mirror", move->m.disk);
	make_file(move->path, 16 << 20);
	uuid_new(move->serial);
	move->target = move->m.volume;
	move->target.path = move->path;
	move->target.serial = move->serial;
}

static int mirror_begin(const Move *move)
{
	Fault f = {0};
	int r = hypervisor_mirror_begin(hypervisor, move->m.id, move->m.alias, &move->target, &f);

	if (r < 0)
		print_message("# %s\n", f.text);
	return r;
}

static MirrorState mirror_state(const Move *move)
{
	MirrorView view = {0};
	Fault f = {0};

	must(hypervisor_mirror_look(hypervisor, move->m.id, move->m.alias, &move->target, &view,
				    &f),
	     &f);
	return view.state;
}

static int mirror_turn(const Move *move)
{
	Fault f = {0};
	int r = hypervisor_mirror_turn(hypervisor, move->m.id, move->m.alias, &move->target, &f);

	if (r < 0)
		print_message("# %s\n", f.text);
	return r;
}

static void mirror_cancel(const Move *move)
{
	Fault f = {0};

	must(hypervisor_mirror_cancel(hypervisor, move->m.id, move->m.alias, &f), &f);
}

static void mirror_ready(const Move *move)
{
	assert_int_equal(mirror_begin(move), 0);
	wait_until(mirror_state(move) == MIRROR_READY, WAIT_MS);
}

/* Only what a running guest has is mirrored; what was given up leaves the disk where it was. */
static void disk_is_mirrored(void **state _unused_)
{
	Fault f = {0};
	Move move;

	move_init(&move);
	assert_int_equal(mirror_begin(&move), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	mirror_cancel(&move);
	define(&move.m);
	must(hypervisor_attach_disk(hypervisor, move.m.id, &move.m.volume, &f), &f);
	assert_int_equal(mirror_begin(&move), HYPERVISOR_NO_DISK);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK);
	start(&move.m);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK); /* not ready */
	mirror_ready(&move);
	mirror_cancel(&move);
	mirror_cancel(&move);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK);
	mirror_ready(&move);
	mirror_ready(&move); /* anew */
	must(hypervisor_destroy(hypervisor, move.m.id, &f), &f);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK);
	assert_disk(&move.m, false, true);
	machine_gone(&move.m);
}

/* The disk moves, keeps its name, and stays where it is; then it moves back. */
static void disk_moves(void **state _unused_)
{
	_cleanup_(closep) int fd = -1;
	Fault f = {0};
	Move move, back;

	move_init(&move);
	fd = open(move.m.disk, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 8 << 20), 1);
	define(&move.m);
	must(hypervisor_attach_disk(hypervisor, move.m.id, &move.m.volume, &f), &f);
	start(&move.m);
	mirror_ready(&move);
	assert_int_equal(mirror_turn(&move), 0);
	assert_int_equal(mirror_turn(&move), 0);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	mirror_cancel(&move);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	assert_byte(move.path, 'x');
	assert_disk(&move.m, true, true);
	back = move;
	back.target = move.m.volume;
	mirror_ready(&back);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED); /* it is still there */
	assert_int_equal(mirror_turn(&back), 0);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	mirror_ready(&move);
	assert_int_equal(mirror_turn(&move), 0);
	must(hypervisor_destroy(hypervisor, move.m.id, &f), &f);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	assert_int_equal(mirror_turn(&move), 0);
	start(&move.m);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	assert_disk(&move.m, true, true);
	must(hypervisor_destroy(hypervisor, move.m.id, &f), &f);
	must(hypervisor_detach_disk(hypervisor, move.m.id, move.m.alias, false, 0, &f), &f);
	machine_gone(&move.m);
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
		cmocka_unit_test(life_of_a_domain),
		cmocka_unit_test(disk_of_a_stopped_domain),
		cmocka_unit_test(disk_of_a_running_domain),
		cmocka_unit_test(guest_is_paused),
		cmocka_unit_test(guest_is_saved),
		cmocka_unit_test(disk_stays_over_a_restart),
		cmocka_unit_test(disk_grows),
		cmocka_unit_test(disk_is_copied),
		cmocka_unit_test(disk_is_mirrored),
		cmocka_unit_test(disk_moves),
		cmocka_unit_test(target_is_taken),
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
