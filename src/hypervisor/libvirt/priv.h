/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share: the host, which is one connection to libvirt with its event
 * loop, and the way its domains and errors are looked at. Declarations stand under the file that
 * owns them.
 */
#pragma once

#include <libvirt/libvirt.h>
#include <pthread.h>

#include "base/map.h"
#include "base/str.h"
#include "contract/hypervisor.h"
#include "hypervisor/libvirt/domain-xml.h"

typedef struct Host Host;

enum { EVENT_CALLBACKS = 4 };

/* How far an unplug is that the guest was asked for. */
typedef enum UnplugState {
	UNPLUG_UNKNOWN, /* not asked, as far as this process knows */
	UNPLUG_WAITING,
	UNPLUG_RELEASED,
	UNPLUG_REFUSED,
} UnplugState;

struct Host {
	void (*on_event)(void *ctx, const HypervisorEvent *event);
	void *ctx;
	char *root; /* the embedded driver's folder */
	char *uri;
	bool embedded;
	bool kvm;
	char *virtiofsd; /* or NULL */
	char *virtiofs_cache;
	FilesystemService filesystems; /* the texts are those */
	Arena *arena;                  /* holds texts of the traits */
	HostTraits traits;
	char *description;
	pthread_t loop;                 /* runs libvirt's event loop */
	pthread_t keeper;               /* reconnects; remote connections only */
	int trim_timer;                 /* embedded only */
	int callbacks[EVENT_CALLBACKS]; /* registered with conn; changed with it */

	pthread_mutex_t lock; /* guards what follows; never held in a call to libvirt */
	pthread_cond_t changed;
	virConnect *conn; /* NULL while lost */
	bool lost;        /* conn is dead and waits to be replaced */
	bool closing;
	Map *unplugs; /* "<domain id>/<alias>" -> Unplug */
	Map *served;  /* the programs that serve filesystems, watched */
	Map *copies;  /* domain id -> name of the copy that this process has begun */
};

_unused_ static inline void conn_freep(virConnectPtr *conn)
{
	if (*conn)
		(void)virConnectClose(*conn); /* drops a reference; others left are no error */
}

_unused_ static inline void domain_freep(virDomainPtr *domain)
{
	if (*domain)
		(void)virDomainFree(*domain); /* drops a reference */
}

/* --- error.c: libvirt's last error of this thread --- */

/* As a fault, with what was being done in front. */
#define virt_fault(f, ...) fault_negative(virt_fault_raise((f), __VA_ARGS__))
int virt_fault_raise(Fault *f, const char *format, ...) _printf_(2, 3);
/* Whether the domain is unknown to libvirt. */
bool virt_error_no_domain(void);
/* Whether the domain does not run, so that the call had nothing to act on. */
bool virt_error_not_running(void);
/* Whether the device is not there (any more). */
bool virt_error_no_device(void);
/* Whether there is a device of that alias or target already; libvirt has done nothing then. */
bool virt_error_is_taken(void);
/* Whether the emulator holds something of that name from an attach that a crash cut short. */
bool virt_error_left_over(void);
/* Whether the emulator went away under the call; its domain is off in a moment. */
bool virt_error_no_slot(void);
bool virt_error_emulator_gone(void);
/* Whether an unplug is under way already, or the guest is busy with the slot. */
bool virt_error_unplug_pending(void);
/* Whether the emulator or the definition said no, as opposed to a broken connection. */
bool virt_error_is_refusal(void);

/* --- loop.c: the event loop --- */

/*
 * Once in a process: signals, log, event loop, XML. Before the first connection. log_path: where
 * warnings and errors of an embedded driver go, unless the environment says otherwise; or NULL.
 */
_must_use_ int loop_setup(const char *log_path, Fault *f);
/* Runs until loop_stop(). */
_must_use_ int loop_start(Host *host, Fault *f);
void loop_stop(Host *host);

/* --- conn.c: the connection --- */

_must_use_ int conn_open(Host *host, Fault *f);
void conn_close(Host *host);
/* A reference to the connection, to be closed; a fault while it is lost. */
_must_use_ int conn_get(Host *host, virConnectPtr *ret, Fault *f);
/* The domain of an id. Returns 0, HYPERVISOR_NO_DOMAIN or a fault. */
_must_use_ int conn_domain(Host *host, const char *id, virDomainPtr *ret, Fault *f);

/* --- embed.c: the embedded driver's folder --- */

/* Make what the driver needs to start, once, and the URI to open; free() it. */
_must_use_ int embed_prepare(const char *root, char **ret_uri, Fault *f);
/* After that: whether emulators may start programs. */
_must_use_ int embed_allow_programs(const char *root, bool allowed, Fault *f);
/* Keep what was learned about the emulator for other folders on this machine. */
void embed_keep_capabilities(const char *root);

/* --- shortcut.c --- */

/* A short path of a folder; free() it. The folder need not be there. */
_must_use_ int shortcut_make(const char *folder, char **ret, Fault *f);

/* --- events.c: what libvirt tells --- */

_must_use_ int events_register(Host *host, virConnectPtr conn, Fault *f);
void events_unregister(Host *host, virConnectPtr conn);
void events_send(Host *host, HypervisorEvent event);
/* An unplug was asked for just now (or is about to be). */
void unplug_begin(Host *host, const char *id, const char *alias);
UnplugState unplug_state(Host *host, const char *id, const char *alias);
/* Until it is not UNPLUG_WAITING any more, or the time is over. */
UnplugState unplug_wait(Host *host, const char *id, const char *alias, int64_t wait_ms);
void unplug_forget(Host *host, const char *id, const char *alias);

/* --- device.c: disks and filesystems alike --- */

/* What was seen at one look. */
typedef struct DeviceLook {
	bool running;
	DeviceSeen live; /* nothing found while it does not run */
	DeviceSeen config;
} DeviceLook;

/* Returns 0, HYPERVISOR_NO_DOMAIN or a fault. */
_must_use_ int domain_read_xml(virDomainPtr domain, unsigned flags, char **ret, Fault *f);
_must_use_ int device_look(virDomainPtr domain, const Device *device, Arena *arena, DeviceLook *ret,
			   Fault *f);
/* As the slots of disks say; xml is what libvirt is given. */
_must_use_ int device_attach(Host *host, const char *id, const Device *device, const char *xml,
			     Fault *f);
_must_use_ int device_detach(Host *host, const char *id, const Device *device, bool resend,
			     int64_t wait_ms, Fault *f);
_must_use_ int device_find(Host *host, const char *id, const Device *device, DiskPresence *ret,
			   Fault *f);
/*
 * The emulator may have died under a call; libvirt notices in a moment. What a later look sees
 * must not be the domain that is already dead.
 */
void device_let_death_settle(virDomainPtr domain);

/* --- power.c, disk.c, filesystem.c, console.c: the slots --- */

int libvirt_define(void *self, const DomainSpec *spec, Fault *f);
int libvirt_undefine(void *self, const char *id, Fault *f);
int libvirt_start(void *self, const char *id, Fault *f);
int libvirt_pause(void *self, const char *id, Fault *f);
int libvirt_save(void *self, const char *id, Fault *f);
int libvirt_shutdown(void *self, const char *id, Fault *f);
int libvirt_reboot(void *self, const char *id, Fault *f);
int libvirt_destroy(void *self, const char *id, Fault *f);
int libvirt_state(void *self, const char *id, DomainState *ret, Fault *f);
int libvirt_attach_disk(void *self, const char *id, const DiskSpec *disk, Fault *f);
int libvirt_detach_disk(void *self, const char *id, const char *alias, bool resend, int64_t wait_ms,
			Fault *f);
int libvirt_restore_disk(void *self, const char *id, const DiskSpec *disk, Fault *f);
int libvirt_find_disk(void *self, const char *id, const char *alias, DiskPresence *ret, Fault *f);
int libvirt_attach_filesystem(void *self, const char *id, const FilesystemSpec *filesystem,
			      Fault *f);
int libvirt_detach_filesystem(void *self, const char *id, const char *alias, bool resend,
			      int64_t wait_ms, Fault *f);
int libvirt_find_filesystem(void *self, const char *id, const char *alias, FilesystemPresence *ret,
			    Fault *f);
int libvirt_disk_addresses(void *self, const char *id, Arena *arena, DiskAddress **ret,
			   size_t *ret_count, Fault *f);
int libvirt_change_medium(void *self, const char *id, const DiskSpec *disk, Fault *f);
int libvirt_resize_disk(void *self, const char *id, const char *alias, int64_t size_bytes,
			Fault *f);
int libvirt_copy_begin(void *self, const char *id, const char *alias, const DiskCopy *copy,
		       Fault *f);
int libvirt_copy_look(void *self, const char *id, const char *name, Fault *f);
int libvirt_copy_cancel(void *self, const char *id, Fault *f);
int libvirt_mirror_begin(void *self, const char *id, const char *alias, const DiskSpec *target,
			 Fault *f);
int libvirt_mirror_look(void *self, const char *id, const char *alias, const DiskSpec *target,
			MirrorView *ret, Fault *f);
int libvirt_mirror_turn(void *self, const char *id, const char *alias, const DiskSpec *target,
			Fault *f);
int libvirt_mirror_cancel(void *self, const char *id, const char *alias, Fault *f);
int libvirt_console(void *self, const char *id, size_t bytes_max, Arena *arena, const char **ret,
		    Fault *f);

/* Wait until the emulator of a domain that just failed is gone; false if it seems alive. */
bool power_wait_off(virDomainPtr domain);
/* Whether a file can be opened past the page cache. */
bool disk_direct_io(const char *path);

/* What a running guest knows the disk as, in the arena: "vdb". HYPERVISOR_NO_DISK. */
_must_use_ int disk_live_target(virDomainPtr domain, const char *alias, Arena *arena,
				const char **ret, Fault *f);

/* Whether the guest ended under a call that failed; libvirt notices in a moment. */
bool disk_died(virDomainPtr domain, const char *alias);

/* --- filesystem.c --- */

/* A fault when it cannot be served. */
_must_use_ int filesystem_check(const FilesystemSpec *filesystem, Fault *f);

/* --- served.c --- */

/* The path of a file that libvirt keeps while something runs, or of their folder. */
void run_path(const Host *host, const char *file, Buf *ret);
/* Likewise of the process that serves a filesystem. */
void served_path(const Host *host, virDomainPtr domain, const char *alias, Buf *ret);
/* The emulator of a domain; false where none runs. */
bool run_pid(const Host *host, virDomainPtr domain, pid_t *ret);

/* Whether what serves a filesystem of a running domain lives; when it ends, that is told. */
bool served_look(Host *host, const char *id, const char *alias);
/* No more events, before the loop stops; and after that, what is left. */
void served_stop(Host *host);
void served_done(Host *host);

/* --- strays.c --- */

/* End what would serve a filesystem that the running guest has not. */
void stray_end(Host *host, const char *id, const char *alias);
/* Likewise of any filesystem of a domain that is off. */
void strays_end(const Host *host, virDomainPtr domain);

/* --- copy.c --- */

void copies_free(Host *host);

/* --- adopt.c --- */

DomainOwner domain_owner(virDomainPtr domain);
int libvirt_inspect(void *self, const char *id_or_name, Arena *arena, DomainFacts *ret, Fault *f);
int libvirt_adopt(void *self, const char *id, Fault *f);
int libvirt_release(void *self, const char *id, Fault *f);

/* --- orphans.c --- */

/*
 * Take out of a running emulator the devices, block nodes and sockets that libvirt does not know.
 * True when there was such a disk: then wait a moment before a disk of the same alias is plugged
 * in.
 */
bool orphans_remove(virDomainPtr domain);

/* --- traits.c --- */

/* Texts are static or in the host's arena. */
void traits_look(Host *host, HostTraits *ret);

/* --- kvm.c --- */

/*
 * Whether a virtual machine really runs here. Not whether /dev/kvm is there: machines exist where
 * it opens, machines and processors can be made, and no guest ever runs an instruction.
 */
bool kvm_runs(void);

/* --- console.c --- */

/* Keep the files of running guests small, from now on. The embedded driver only. */
_must_use_ int console_trim_start(Host *host, Fault *f);
void console_trim_stop(Host *host);
/* Give back what a file takes on disk but for its end. Returns 0 or a negative errno. */
int console_trim(const char *path, int64_t keep_bytes);

/* Bytes as UTF-8 in the arena: what is none becomes '?', a cut first character goes. */
char *console_text(Arena *arena, const char *bytes, size_t n);
