/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the tests of hypervisors are told in: machines with a disk, what is done to them, and what
 * was heard of them.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "contract/hypervisor.h"

enum {
	WAIT_MS = 30 * 1000,
	BOOT_MS = 120 * 1000,
	RESEND_MS = 2000,
};

extern const HypervisorDriver *driver;
extern char folder[];
extern const char *kernel, *initrd;
extern Hypervisor *hypervisor;
extern bool with_guest; /* domains are guests that boot */

#define wait_until(condition, limit_ms)                                                            \
	do {                                                                                       \
		int64_t until_ = clock_mono_ms() + (limit_ms);                                     \
		while (!(condition)) {                                                             \
			if (clock_mono_ms() > until_)                                              \
				fail_msg("not in time: %s", #condition);                           \
			clock_sleep_ms(20);                                                        \
		}                                                                                  \
	} while (0)

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

/* What was heard of a machine since the last forget_events(). */
void forget_events(void);
bool saw_state(const char *id, DomainState state);
bool saw_disk(const char *id, HypervisorEventKind kind, const char *alias);

/* Fails with the fault's text. */
void must(int r, const Fault *f);
void make_file(const char *path, off_t size);
/* The byte at 8 MiB. */
void assert_byte(const char *path, char wanted);

/* A machine that is not defined yet, with a volume of its own that is not attached. */
void machine_init(Machine *m);
void define(const Machine *m);
void start(const Machine *m);
DomainState state_of(const Machine *m);
void assert_disk(const Machine *m, bool live, bool config);
bool says(const Machine *m, const char *words);
void wait_boot(const Machine *m);
/* Ask until the guest has let go, as the engine does. */
void detach(const Machine *m);
void machine_gone(const Machine *m);
bool is_listed(const char *id);
void open_host(void);

/* mirror.c: tests of their own. */
void disk_is_mirrored(void **state);
void disk_moves(void **state);

/* filesystem.c: likewise. */
void filesystem_of_a_stopped_domain(void **state);
void filesystems_are_defined(void **state);
void filesystem_without_a_directory(void **state);
void filesystem_of_a_running_domain(void **state);
void filesystem_server_is_killed(void **state);

/* drive.c: likewise. */
void disks_have_addresses(void **state);
void medium_is_changed(void **state);
