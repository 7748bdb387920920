/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a hypervisor must be: domains that are defined, started and stopped, and disks and
 * filesystems that are plugged into them while they run.
 *
 * Every call may be repeated and then changes nothing more: defining a domain that is defined
 * replaces its definition, starting one that runs is fine, and so on. Calls may block for as long
 * as the slot says; they are made on engine workers, never on an HTTP thread.
 *
 * Thread-safety: every slot may be called from any thread; calls for one domain do not overlap
 * (the engine runs one operation of a server at a time), except state, console, find_disk,
 * resize_disk, start of a paused domain, and destroy: when another call hangs on an emulator,
 * destroy makes it fail.
 * The folders of the paths in a spec exist. Ids are uuids in canonical form.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "contract/call-times.h"
#include "model/domain.h"

typedef struct Hypervisor Hypervisor;
typedef struct HypervisorDriver HypervisorDriver;
typedef struct HypervisorConfig HypervisorConfig;
typedef struct HypervisorEvent HypervisorEvent;

typedef enum HypervisorOutcome {
	HYPERVISOR_NO_DOMAIN = 1100,
	HYPERVISOR_NO_DISK, /* already gone; filesystems likewise */
	HYPERVISOR_PENDING, /* asked; the guest has not let go yet */
	HYPERVISOR_REFUSED, /* the guest or the emulator said no; asking again is allowed */
	HYPERVISOR_UNSUPPORTED,
} HypervisorOutcome;

typedef enum HypervisorEventKind {
	HYPERVISOR_DOMAIN_STATE,    /* .state is the new one */
	HYPERVISOR_DISK_GONE,       /* the guest released .alias, a disk or a filesystem */
	HYPERVISOR_DISK_DROPPED,    /* likewise when nobody asks, or asks any more */
	HYPERVISOR_DISK_REFUSED,    /* the guest refused to release .alias */
	HYPERVISOR_FILESYSTEM_LOST, /* nobody answers the guest about .alias any more */
	HYPERVISOR_MIRROR_MOVED,    /* a mirror of one of its disks is ready, or has ended */
	HYPERVISOR_LOST,            /* the connection is gone; everything may have changed */
	HYPERVISOR_BACK,            /* it is there again: look at everything */
} HypervisorEventKind;

struct HypervisorEvent {
	HypervisorEventKind kind;
	const char *domain_id;
	const char *alias;
	DomainState state;
};

struct HypervisorConfig {
	const char *uri;         /* libvirt: where to connect; NULL: embedded under state_dir */
	const char *state_dir;   /* absolute; for the driver alone */
	const char *accelerator; /* "auto", "kvm" or "tcg" */
	bool relays;             /* emulators may start programs: see DomainSpec.relay */
	const char *virtiofsd;   /* libvirt: what serves filesystems; NULL: it is looked for */
	int64_t virtiofs_queue;  /* requests that a guest may have open; 0: libvirt's own number */
	const char *virtiofs_cache; /* "none" or "always"; NULL: virtiofsd decides */
	int64_t shutdown_ms; /* how long a guest may take to power off before it is destroyed */
	/* Events, on a thread of the driver's; must be quick and call nothing here. */
	void (*on_event)(void *ctx, const HypervisorEvent *event);
	void *ctx;
};

struct HypervisorDriver {
	const char *name;
	size_t size;
	/* Connect (or make ready); blocks up to a minute. */
	int (*open)(const HypervisorConfig *config, void **ret, Fault *f);
	/* Leaves every guest running. */
	void (*close)(void *self);
	/* Version and accelerator in one line for people: "libvirt 9.0.0, QEMU 7.2.0, tcg". */
	const char *(*describe)(void *self);
	/* What the host was able to do when it was opened; valid until it is closed. */
	const HostTraits *(*traits)(void *self);
	/* Make or replace the definition. A running domain keeps running; the next start uses it.
	 */
	int (*define)(void *self, const DomainSpec *spec, Fault *f);
	/* Forget the definition and saved memory; the domain must be off. 0 also when it was not
	 * there. */
	int (*undefine)(void *self, const char *id, Fault *f);
	/*
	 * 0, or HYPERVISOR_NO_DOMAIN. A paused domain goes on, and so does a saved one, with the
	 * disks that it had; when its memory cannot be brought back that is a fault, and the memory
	 * is kept. Blocks for some seconds, for a saved one as long as reading its memory takes.
	 */
	int (*start)(void *self, const char *id, Fault *f);
	/* Stop a running guest where it is; 0 also when it is paused. HYPERVISOR_NO_DOMAIN, or
	 * HYPERVISOR_UNSUPPORTED where nothing runs. */
	int (*pause)(void *self, const char *id, Fault *f);
	/*
	 * Keep the memory of a guest that runs or is paused, and end its emulator; 0 also when it
	 * is saved. The next start lets it run. HYPERVISOR_NO_DOMAIN, or HYPERVISOR_UNSUPPORTED
	 * where nothing runs. On a fault it goes on as before; so it does with a filesystem, whose
	 * state nobody can save. Blocks as long as writing its memory takes.
	 */
	int (*save)(void *self, const char *id, Fault *f);
	/* Ask the guest to power off, at once; 0 also when it is off, saved or absent. */
	int (*shutdown)(void *self, const char *id, Fault *f);
	/* Ask the guest to reboot; HYPERVISOR_NO_DOMAIN, or HYPERVISOR_UNSUPPORTED where it cannot
	 * be asked (it does not run). */
	int (*reboot)(void *self, const char *id, Fault *f);
	/* Pull the plug, wait until it is off, and forget saved memory; 0 also when it was off, or
	 * is absent. */
	int (*destroy)(void *self, const char *id, Fault *f);
	/* DOMAIN_ABSENT is a state here, not an outcome. */
	int (*state)(void *self, const char *id, DomainState *ret, Fault *f);
	/*
	 * Put a disk into the definition and, when it runs, the guest. A disk of that alias that is
	 * there already is left alone. All or nothing: on a fault neither has it.
	 * HYPERVISOR_NO_DOMAIN, HYPERVISOR_REFUSED (the emulator said no; see the fault's text).
	 */
	int (*attach_disk)(void *self, const char *id, const DiskSpec *disk, Fault *f);
	/*
	 * Take a disk out of the definition and ask the guest to let it go; wait at most wait_ms.
	 * 0: gone from both. HYPERVISOR_PENDING: still in the guest; call again (which only looks,
	 * unless resend is set) or wait for the event. HYPERVISOR_REFUSED: the guest said no.
	 * HYPERVISOR_NO_DISK: neither has it; HYPERVISOR_NO_DOMAIN likewise.
	 */
	int (*detach_disk)(void *self, const char *id, const char *alias, bool resend,
			   int64_t wait_ms, Fault *f);
	/*
	 * Put a disk that the guest kept back into the definition; for a detach that gave up.
	 * HYPERVISOR_NO_DISK: the guest let go after all, neither has it; HYPERVISOR_NO_DOMAIN.
	 */
	int (*restore_disk)(void *self, const char *id, const DiskSpec *disk, Fault *f);
	/* Where a disk is seen; both false when there is no such domain. */
	int (*find_disk)(void *self, const char *id, const char *alias, DiskPresence *ret,
			 Fault *f);
	/*
	 * Put a directory of this host into the definition and, when it runs, the guest, which
	 * mounts it by its tag. One of that alias that is there already is left alone; one that
	 * only the guest has, as after a detach that gave up, is put into the definition. All or
	 * nothing, as with disks. HYPERVISOR_NO_DOMAIN, HYPERVISOR_REFUSED: the tag is taken, or
	 * the emulator said no.
	 */
	int (*attach_filesystem)(void *self, const char *id, const FilesystemSpec *filesystem,
				 Fault *f);
	/*
	 * As detach_disk, with the same outcomes; HYPERVISOR_NO_DISK: neither has it. A guest that
	 * has it mounted loses it all the same.
	 */
	int (*detach_filesystem)(void *self, const char *id, const char *alias, bool resend,
				 int64_t wait_ms, Fault *f);
	/*
	 * Where a filesystem is seen; all false when there is no such domain. When one is served,
	 * HYPERVISOR_FILESYSTEM_LOST tells the end of that, also when the domain goes off.
	 */
	int (*find_filesystem)(void *self, const char *id, const char *alias,
			       FilesystemPresence *ret, Fault *f);
	/*
	 * Where every disk of the domain is: in the running guest, or else in the definition; in
	 * the arena. HYPERVISOR_NO_DOMAIN.
	 */
	int (*disk_addresses)(void *self, const char *id, Arena *arena, DiskAddress **ret,
			      size_t *ret_count, Fault *f);
	/*
	 * Put another medium, disk->path, into the CD-ROM drive of that alias: into the definition
	 * and, when it runs, the guest, also when that has the old one mounted; it is told. The
	 * path has to differ from the old one's. HYPERVISOR_NO_DOMAIN, HYPERVISOR_NO_DISK: there
	 * is no such drive; HYPERVISOR_REFUSED: the emulator said no, and either medium is in it.
	 */
	int (*change_medium)(void *self, const char *id, const DiskSpec *disk, Fault *f);
	/*
	 * Let a running guest see that its disk is that large, or larger than it was; the file or
	 * device has the room already unless the emulator alone may write to it (qcow2).
	 * HYPERVISOR_NO_DISK: no running guest has it, there is nothing to do;
	 * HYPERVISOR_NO_DOMAIN likewise. HYPERVISOR_REFUSED: the emulator said no.
	 */
	int (*resize_disk)(void *self, const char *id, const char *alias, int64_t size_bytes,
			   Fault *f);
	/*
	 * Begin to copy what a disk of a running guest holds at one moment, while the guest goes on
	 * writing; a copy of that domain that was begun before is given up.
	 * HYPERVISOR_NO_DISK, HYPERVISOR_NO_DOMAIN: no running guest has it, so nobody writes to
	 * it. HYPERVISOR_REFUSED: the emulator said no.
	 */
	int (*copy_begin)(void *self, const char *id, const char *alias, const DiskCopy *copy,
			  Fault *f);
	/*
	 * How far the copy of that name is. 0: it is whole, which is said once. HYPERVISOR_PENDING.
	 * HYPERVISOR_NO_DISK: this process has begun none, or has told its end already. A fault:
	 * it came to nothing.
	 */
	int (*copy_look)(void *self, const char *id, const char *name, Fault *f);
	/* Give up any copy of that domain; 0 also when there is none. */
	int (*copy_cancel)(void *self, const char *id, Fault *f);
	/*
	 * Begin to mirror a disk of a running guest into the place that `target` names: one of
	 * exactly the disk's size, which nobody uses and whose bytes do not matter. From when all
	 * is copied on, a write of the guest is done when both places have it. A mirror of that
	 * disk that is under way is given up first. It outlives this process.
	 * HYPERVISOR_NO_DISK, HYPERVISOR_NO_DOMAIN: no running guest has it. HYPERVISOR_REFUSED.
	 */
	int (*mirror_begin)(void *self, const char *id, const char *alias, const DiskSpec *target,
			    Fault *f);
	/* How far it is, with that target; a mirror into another place is none. MIRROR_NONE also
	 * for what is not there. */
	int (*mirror_look)(void *self, const char *id, const char *alias, const DiskSpec *target,
			   MirrorView *ret, Fault *f);
	/*
	 * Let the disk be the target, which has to be ready: at once in the guest, which goes on,
	 * and in the definition, there with all that `target` says. 0 also when it is so already.
	 * HYPERVISOR_PENDING: look again soon. HYPERVISOR_NO_DISK: there is nothing to turn to,
	 * all is as before the mirror; HYPERVISOR_NO_DOMAIN likewise.
	 */
	int (*mirror_turn)(void *self, const char *id, const char *alias, const DiskSpec *target,
			   Fault *f);
	/* Give up any mirror of that disk; 0 also when there is none. What turned stays so. */
	int (*mirror_cancel)(void *self, const char *id, const char *alias, Fault *f);
	/* The last bytes of the serial console, as valid UTF-8 in the arena; "" when there are
	 * none. HYPERVISOR_NO_DOMAIN. */
	int (*console)(void *self, const char *id, size_t bytes_max, Arena *arena, const char **ret,
		       Fault *f);
	/* Ids of all domains that this driver defined or adopted; in the arena. */
	int (*list)(void *self, Arena *arena, const char *const **ret_ids, size_t *ret_count,
		    Fault *f);
	/* A domain by id or name, whoever made it; texts in the arena. HYPERVISOR_NO_DOMAIN. */
	int (*inspect)(void *self, const char *id_or_name, Arena *arena, DomainFacts *ret,
		       Fault *f);
	/*
	 * Mark a domain that others made as managed; nothing else of it changes, then or later:
	 * define() and undefine() refuse it with a fault. 0 also when it is adopted.
	 * HYPERVISOR_NO_DOMAIN; HYPERVISOR_REFUSED: it is our own, or has no definition.
	 */
	int (*adopt)(void *self, const char *id, Fault *f);
	/* Take the mark away. 0 also when it has none. HYPERVISOR_NO_DOMAIN; HYPERVISOR_REFUSED: it
	 * is our own. */
	int (*release)(void *self, const char *id, Fault *f);
};

_must_use_ int hypervisor_open(const HypervisorDriver *driver, const HypervisorConfig *config,
			       Hypervisor **ret, Fault *f);
Hypervisor *hypervisor_close(Hypervisor *hypervisor);
DEFINE_CLEANUP(Hypervisor, hypervisor_close)
const char *hypervisor_name(const Hypervisor *hypervisor);
/* How long its calls took; lives as long as the hypervisor. */
const CallTimes *hypervisor_times(const Hypervisor *hypervisor);
const char *hypervisor_describe(Hypervisor *hypervisor);
const HostTraits *hypervisor_traits(Hypervisor *hypervisor);

/* The checked wrappers: each logs the call at debug, checks arguments and the driver's answer. */
_must_use_ int hypervisor_define(Hypervisor *hypervisor, const DomainSpec *spec, Fault *f);
_must_use_ int hypervisor_undefine(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_start(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_pause(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_save(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_shutdown(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_reboot(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_destroy(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_state(Hypervisor *hypervisor, const char *id, DomainState *ret, Fault *f);
_must_use_ int hypervisor_attach_disk(Hypervisor *hypervisor, const char *id, const DiskSpec *disk,
				      Fault *f);
_must_use_ int hypervisor_detach_disk(Hypervisor *hypervisor, const char *id, const char *alias,
				      bool resend, int64_t wait_ms, Fault *f);
_must_use_ int hypervisor_restore_disk(Hypervisor *hypervisor, const char *id, const DiskSpec *disk,
				       Fault *f);
_must_use_ int hypervisor_find_disk(Hypervisor *hypervisor, const char *id, const char *alias,
				    DiskPresence *ret, Fault *f);
_must_use_ int hypervisor_attach_filesystem(Hypervisor *hypervisor, const char *id,
					    const FilesystemSpec *filesystem, Fault *f);
_must_use_ int hypervisor_detach_filesystem(Hypervisor *hypervisor, const char *id,
					    const char *alias, bool resend, int64_t wait_ms,
					    Fault *f);
_must_use_ int hypervisor_find_filesystem(Hypervisor *hypervisor, const char *id, const char *alias,
					  FilesystemPresence *ret, Fault *f);
_must_use_ int hypervisor_disk_addresses(Hypervisor *hypervisor, const char *id, Arena *arena,
					 DiskAddress **ret, size_t *ret_count, Fault *f);
_must_use_ int hypervisor_change_medium(Hypervisor *hypervisor, const char *id,
					const DiskSpec *disk, Fault *f);
_must_use_ int hypervisor_resize_disk(Hypervisor *hypervisor, const char *id, const char *alias,
				      int64_t size_bytes, Fault *f);
_must_use_ int hypervisor_copy_begin(Hypervisor *hypervisor, const char *id, const char *alias,
				     const DiskCopy *copy, Fault *f);
_must_use_ int hypervisor_copy_look(Hypervisor *hypervisor, const char *id, const char *name,
				    Fault *f);
_must_use_ int hypervisor_copy_cancel(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_mirror_begin(Hypervisor *hypervisor, const char *id, const char *alias,
				       const DiskSpec *target, Fault *f);
_must_use_ int hypervisor_mirror_look(Hypervisor *hypervisor, const char *id, const char *alias,
				      const DiskSpec *target, MirrorView *ret, Fault *f);
_must_use_ int hypervisor_mirror_turn(Hypervisor *hypervisor, const char *id, const char *alias,
				      const DiskSpec *target, Fault *f);
_must_use_ int hypervisor_mirror_cancel(Hypervisor *hypervisor, const char *id, const char *alias,
					Fault *f);
_must_use_ int hypervisor_console(Hypervisor *hypervisor, const char *id, size_t bytes_max,
				  Arena *arena, const char **ret, Fault *f);
_must_use_ int hypervisor_list(Hypervisor *hypervisor, Arena *arena, const char *const **ret_ids,
			       size_t *ret_count, Fault *f);
_must_use_ int hypervisor_inspect(Hypervisor *hypervisor, const char *id_or_name, Arena *arena,
				  DomainFacts *ret, Fault *f);
_must_use_ int hypervisor_adopt(Hypervisor *hypervisor, const char *id, Fault *f);
_must_use_ int hypervisor_release(Hypervisor *hypervisor, const char *id, Fault *f);
