/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See machine.h.
 */
#include "tests/scenario/machine.h"

#include <fcntl.h>
#include <pthread.h>

#include "base/mem.h"
#include "base/str.h"

enum { EVENTS_MAX = 512 };

const HypervisorDriver *driver;
char folder[] = "/tmp/cleat-hypervisor-XXXXXX";
const char *kernel, *initrd;
Hypervisor *hypervisor;
bool with_guest;

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

void forget_events(void)
{
	pthread_mutex_lock(&seen_lock);
	seen_count = 0;
	pthread_mutex_unlock(&seen_lock);
}

bool saw_state(const char *id, DomainState state)
{
	bool found = false;

	pthread_mutex_lock(&seen_lock);
	for (size_t i = 0; i < seen_count; i++)
		found |= seen[i].kind == HYPERVISOR_DOMAIN_STATE && seen[i].state == state &&
			 str_eq(seen[i].domain_id, id);
	pthread_mutex_unlock(&seen_lock);
	return found;
}

bool saw_disk(const char *id, HypervisorEventKind kind, const char *alias)
{
	bool found = false;

	pthread_mutex_lock(&seen_lock);
	for (size_t i = 0; i < seen_count; i++)
		found |= seen[i].kind == kind && str_eq(seen[i].domain_id, id) &&
			 str_eq(seen[i].alias, alias);
	pthread_mutex_unlock(&seen_lock);
	return found;
}

/* --- vocabulary --- */

void must(int r, const Fault *f)
{
	if (r)
		fail_msg("result %d: %s", r, f->text);
}

void make_file(const char *path, off_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
}

void machine_init(Machine *m)
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

void define(const Machine *m)
{
	Fault f = {0};

	must(hypervisor_define(hypervisor, &m->spec, &f), &f);
}

void start(const Machine *m)
{
	Fault f = {0};

	must(hypervisor_start(hypervisor, m->id, &f), &f);
}

DomainState state_of(const Machine *m)
{
	DomainState state = _DOMAIN_STATE_MAX;
	Fault f = {0};

	must(hypervisor_state(hypervisor, m->id, &state, &f), &f);
	return state;
}

void assert_disk(const Machine *m, bool live, bool config)
{
	DiskPresence presence = {0};
	Fault f = {0};

	must(hypervisor_find_disk(hypervisor, m->id, m->alias, &presence, &f), &f);
	assert_int_equal(presence.live, live);
	assert_int_equal(presence.config, config);
}

bool says(const Machine *m, const char *words)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = NULL;
	Fault f = {0};

	must(hypervisor_console(hypervisor, m->id, 64 * 1024, arena, &text, &f), &f);
	return strstr(text, words) != NULL;
}

void wait_boot(const Machine *m)
{
	if (with_guest)
		wait_until(says(m, "GUEST-READY"), BOOT_MS);
}

void detach(const Machine *m)
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

void machine_gone(const Machine *m)
{
	Fault f = {0};

	must(hypervisor_destroy(hypervisor, m->id, &f), &f);
	must(hypervisor_undefine(hypervisor, m->id, &f), &f);
	assert_int_equal(state_of(m), DOMAIN_ABSENT);
}

bool is_listed(const char *id)
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

void open_host(void)
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

void assert_byte(const char *path, char wanted)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte = 0;

	assert_int_equal(pread(fd, &byte, 1, 8 << 20), 1);
	assert_int_equal(byte, wanted);
}
