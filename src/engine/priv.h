/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Insides of the engine.
 *
 *   operation_begin()  ->  commit  ->  engine_begun()  ->  lane  ->  ready  ->  worker: one turn
 *                            |                               ^                       |
 *                         journal  ->  dispatcher  ----------+------ mark <----------+
 *                                                            |          |
 *                                                         parked  <-----+
 *
 * A task is an operation in memory: its id, its place in a lane, and nothing that the journal does
 * not know. A turn loads the rows, asks journal_next(), acts, and hands a mark to the store; when
 * the mark is durable the task is ready again, parked, or over. No worker waits for a commit or
 * for a guest. The first turn need not load what its commit has just told, unless somebody poked
 * the task since then.
 *
 * Locks: Engine.lock guards lanes, lists and counters, and nothing is called with it held;
 * uses.c has one of its own, likewise. A task that is running or being marked belongs to that
 * worker or to the writer.
 */
#pragma once

#include <errno.h>
#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "engine/engine.h"
#include "journal/next.h"
#include "records/tables.h"

typedef struct Lane Lane;
typedef struct Mark Mark;
typedef struct Overtaker Overtaker;
typedef struct ServerDisk ServerDisk;
typedef struct ServerShare ServerShare;
typedef struct StepRow StepRow;
typedef struct StepRun StepRun;
typedef struct Task Task;
typedef struct Use Use;
typedef struct Uses Uses;

/* run.c: one turn of an operation. ------------------------------------------------------------ */

/* A volume that belongs to a server, for steps that need all of them. */
struct ServerDisk {
	const Attachment *attachment;
	const Volume *volume;
};

/* A share that a server's guest has, or is to have. */
struct ServerShare {
	const ShareMapping *mapping;
	const Share *share;    /* NULL: it is gone */
	const ShareRule *rule; /* by which this host mounts it, or NULL */
};

/* Everything that one turn knows; all in the task's arena. */
struct StepRun {
	const EngineConfig *config;
	Uses *uses;       /* of volumes */
	Uses *share_uses; /* of shares */
	Arena *arena;
	const OperationKind *kind;
	Operation *operation;
	Step **steps;
	size_t step_count;
	const Step *step; /* the one to act on */
	const Server *server;
	const Volume *volume;
	const Attachment *attachment;
	const Image *image;
	const Snapshot *snapshot;
	const Share *share;
	const ShareSnapshot *share_snapshot; /* of an operation on a share */
	const Volume *source;                /* what is copied */
	const Attachment *replaced; /* whose place .attachment takes; .source is its volume */
	bool shared;                /* .volume has another attachment beside that one */
	Snapshot **snapshots;       /* all of the volume */
	size_t snapshot_count;
	ServerDisk *disks;
	size_t disk_count;
	LocalDisk **locals; /* the server's disks that are no volumes, beside its root disk */
	size_t local_count;
	ServerShare *shares; /* of the server: those that are connected, or shall be */
	size_t share_count;
	const FilesystemSpec *filesystems; /* what connecting these came to */
	size_t filesystem_count;
	const char *drive_path; /* of the config drive that was just made, or NULL */
	int64_t now_us;
	bool undoing;
	/* What the last step that was done or undone found out, as the operation's new args; or
	 * NULL. */
	const char *found;
	/* Answers that go with STEP_LATER. */
	int64_t progress; /* of the operation, in percent; 0: nothing to say */
	int64_t later_us; /* when to call again, if no event does */
	bool counted;     /* this was an attempt of its own */
};

/* The kind of that name; NULL: this release has none. */
const OperationKind *operation_kind(const EngineConfig *config, const char *name);

/* Run one turn; ends with engine_mark(), engine_park() or engine_over(). */
void operation_turn(Engine *engine, Task *task);

/* mark.c: what is written after acting. ---------------------------------------------------------
 */

typedef enum MarkKind {
	MARK_DONE,
	MARK_UNDONE,
	MARK_GIVE_UP, /* undo from here */
	MARK_RETRY,   /* it failed, and shall be tried again */
	MARK_LATER,   /* it is not finished */
	MARK_SETTLE,  /* nothing is left to do or undo */
	MARK_BROKEN,
} MarkKind;

typedef enum TaskNext { TASK_NEXT_READY, TASK_NEXT_PARKED, TASK_NEXT_OVER } TaskNext;

struct Mark {
	MarkKind kind;
	size_t step;
	const char *reason; /* in the task's arena, or NULL */
	int64_t not_before_us;
	bool counted;
	const Operation *ended; /* as the mark settled it, in the task's arena; or NULL */
	TaskNext next;          /* what the mark's transaction decided */
	bool look;              /* compare the server with the world when the operation is over */
};

/* A StoreWork over a Task. */
int mark_work(Tx *tx, void *ctx, Fault *f);

/* engine.c, lanes.c: tasks and their places. ------------------------------------------------------
 */

struct Task {
	char id[UUID_TEXT]; /* of the operation; "" is a look at the server that names the lane */
	Lane *lane;
	Task *lane_next;
	Task *ready_next;
	size_t parked; /* index + 1 among the parked, 0: not parked */
	int64_t wake_us;
	bool poked;  /* an event came for it */
	bool fresh;  /* begun, or already resumed, by this process */
	bool marked; /* a mark failed and is to be written again */
	Arena *arena;
	Operation *begun; /* for the first turn: as its commit told it, in the arena; or NULL */
	Engine *engine;
	StepRun *run;
	Mark mark;
	StoreJob job;
};

struct Lane {
	char *key;
	Task *head;
	Task *tail;
	bool look; /* a look waits at the end */
};

struct Engine {
	EngineConfig config;
	EngineEnds *ends; /* of each kind */
	char *guest_dir;
	pthread_mutex_t lock;
	pthread_cond_t ready_cond;
	pthread_cond_t wake_cond; /* for the dispatcher, and for engine_stop() */
	pthread_cond_t overtake_cond;
	pthread_t dispatcher;
	pthread_t overtaking;
	pthread_t *workers;
	unsigned worker_count;
	unsigned started;
	bool stopping;
	Uses *uses; /* of volumes, and of shares */
	Uses *share_uses;
	Map *lanes;
	Task *ready_head;
	Task *ready_tail;
	VEC(Task *) parked;
	int64_t parked_us; /* no parked task is due before */
	Overtaker *overtakers;
	size_t tasks;
	size_t running; /* on workers */
	size_t marks;   /* handed to the store */
	size_t slow;    /* slow steps that are running */
	bool woken;
	bool scanning; /* the journal is being read */
	bool away;     /* the hypervisor, which will say when it is back */
	bool look_at_all;
	bool looking;       /* the servers to look at are being found */
	bool full;          /* more operations wait in the journal than are kept here */
	bool resuming;      /* what is found was begun by an earlier process */
	int64_t scanned_us; /* created_us of the last operation taken from the journal */
	int64_t rescan_us;  /* after a fault: not before */
	int64_t next_prune_us;
	int64_t target_life;    /* of the target that was told last what the rows say */
	int64_t target_look_us; /* when it is looked at again */
	EngineWatch *watches;
	int64_t watch_us; /* no watch's deadline is before */
	bool unwatched;   /* nobody is to wait any more */
};

/* All with the lock held. */
Task *lanes_add(Engine *engine, const char *key, const char *id, bool fresh);
void lanes_look(Engine *engine, const char *key);
void lanes_poke(Engine *engine, const char *key);
void lanes_poke_all(Engine *engine);
void lanes_over(Engine *engine, Task *task);
void lanes_park(Engine *engine, Task *task, int64_t wake_us);
void lanes_ready(Engine *engine, Task *task);
Task *lanes_take(Engine *engine);
/* Wake what is due; returns when the next one is, or INT64_MAX. */
int64_t lanes_due(Engine *engine, int64_t now_us);
/* Whether an operation waits in its lane behind another task. */
bool lanes_waits(const Engine *engine, const char *key, const char *id);
void lanes_done(Engine *engine);

/* watch.c: who waits for the end of an operation. */
void watches_add(Engine *engine, EngineWatch *watch);
/* Take out those of an operation, or with NULL those whose deadline has come. */
EngineWatch *watches_take(Engine *engine, const char *operation_id, int64_t now_us);
/* Without the lock. */
void watches_call(EngineWatch *met, bool over);

/* Until a signal or that time of clock_steady_us(), with the lock held but for the wait. */
void engine_wait(Engine *engine, pthread_cond_t *cond, int64_t us);

/* The three ends of a turn; without the lock. */
void engine_mark(Task *task);
void engine_park(Task *task, int64_t wake_us);
void engine_over(Task *task);
/* Of a look that failed: it goes behind those that wait in its lane. False: nobody does. */
bool engine_step_back(Task *task);

/*
 * resume.c: before the first operation is begun or resumed. When the clock was set back since an
 * earlier process wrote, what it meant to wait for is not longer than if it wrote now.
 */
_must_use_ int resume_prepare(const EngineConfig *config, Fault *f);

/* A slow step begins, unless too many of them are running; and ends. */
_must_use_ bool engine_slow_begin(Engine *engine);
void engine_slow_end(Engine *engine);
/* Whether the hypervisor is away; without the lock. */
bool engine_is_away(Engine *engine);

/* overtake.c: operations that end what holds up their lane. With the lock held. */
void overtake_later(Engine *engine, const Operation *operation);
void overtake_done(Engine *engine);
/* A thread; without the lock. */
void *overtake_main(void *ctx);

/* begin.c: created_us rises strictly, also beyond what the journal holds already. */
void begin_after(int64_t us);
/* The steps of an operation as it begins, as many as the kind has; in the arena. */
Step **steps_begun(Arena *arena, const Operation *operation, const OperationKind *kind);
/* What is told of it with the commit goes to engine_begun(). */
void operation_tell(Tx *tx, Arena *arena, const Operation *operation);

/* steps.c: the table of steps.
 * --------------------------------------------------------------------- */

typedef enum StepOutcome {
	STEP_LATER = 1, /* not finished: see run->later_us */
	STEP_GIVE_UP,   /* trying again is of no use; the fault's text says why */
} StepOutcome;

/* Which rows a step needs. */
enum {
	STEP_NEEDS_SERVER = 1 << 0,
	STEP_NEEDS_VOLUME = 1 << 1,
	STEP_NEEDS_ATTACHMENT = 1 << 2,
	STEP_NEEDS_IMAGE = 1 << 3,
	STEP_NEEDS_DISKS = 1 << 4, /* every volume of the server, and every local disk */
	STEP_NEEDS_USERS = 1 << 5, /* every server of ours that has the volume; also in .disks */
	STEP_NEEDS_SNAPSHOT = 1 << 6,
	STEP_NEEDS_SOURCE = 1 << 7,    /* the snapshot's volume, or the one that is copied */
	STEP_NEEDS_SNAPSHOTS = 1 << 8, /* every snapshot of the volume */
	STEP_NEEDS_LOCALS = 1 << 9,    /* every local disk of the server */
	STEP_NEEDS_REPLACED = 1 << 10, /* the attachment, and what it takes the place of */
	STEP_NEEDS_SHARE = 1 << 11,    /* and the snapshot of one that the operation is about */
	STEP_NEEDS_SHARES = 1 << 12,   /* of the server, or the operation's mapping alone */
};

/*
 * One kind of step. act and undo may each run twice, and undo may run after act did nothing or a
 * part. A missing undo: there is nothing to undo. A missing probe: acting again is as cheap.
 */
struct StepRow {
	unsigned needs;
	int64_t attempts; /* of acting, while it faults */
	bool slow;        /* it may move gigabytes: some workers are kept for others */
	/*
	 * Once it is done, what follows is tried until it works. Whether it has happened and still
	 * can, only act knows, also once the operation was cancelled: faults are tried again
	 * without end, and it alone says STEP_GIVE_UP.
	 */
	bool no_return;
	int (*act)(StepRun *run, Fault *f);
	int (*undo)(StepRun *run, Fault *f);
	int (*probe)(StepRun *run, bool *ret, Fault *f);
};

const StepRow *step_row(StepKind kind);

/* The pause after the n-th failed attempt, n from 1. */
int64_t step_pause_ms(const EngineTimes *times, int64_t attempts);

/* Whether a step that has no return is done: nothing turns back any more. */
bool steps_are_past_return(const Step *const *steps, size_t count);

/* Load what a step needs into run->server and so on; what is gone stays NULL. */
_must_use_ int step_load(Tx *tx, StepRun *run, unsigned needs, Fault *f);

/* Record a fault of that text and return STEP_GIVE_UP. */
#define step_give_up(f, ...) ((void)fault((f), -ECANCELED, __VA_ARGS__), STEP_GIVE_UP)

int volume_create_act(StepRun *run, Fault *f);
int volume_create_undo(StepRun *run, Fault *f);
int volume_create_probe(StepRun *run, bool *ret, Fault *f);
int volume_delete_act(StepRun *run, Fault *f);
int volume_delete_probe(StepRun *run, bool *ret, Fault *f);
int volume_connect_act(StepRun *run, Fault *f);
int volume_disconnect_act(StepRun *run, Fault *f);
int volumes_wait_act(StepRun *run, Fault *f);
int volume_export_act(StepRun *run, Fault *f);
int volume_unexport_act(StepRun *run, Fault *f);
/*
 * At start, before anything runs: export again what the rows say, as a host that was switched off
 * remembers nothing. What cannot be exported is told and does not stop the others.
 */
_must_use_ int exports_restore(const EngineConfig *config, Fault *f);
/* The same for one volume, in its lane; and a look like that for all that are exported. */
_must_use_ int exports_look(const StepRun *run, const char *volume_id, Fault *f);
_must_use_ int exports_look_at_all(Engine *engine, Fault *f);

int volume_extend_act(StepRun *run, Fault *f);
int disk_resize_act(StepRun *run, Fault *f);

/* uses.c: what servers here have at once, by id; its turns, and who has let go of it. */
Uses *uses_new(void);
Uses *uses_free(Uses *uses);
/* Waits for the turn; no other one is had, and no other lock held. */
Use *use_begin(Uses *uses, const char *id);
void use_end(Uses *uses, const char *id, Use *use);
/* Within the turn. */
void use_goes(Use *use, const char *user_id);
void use_comes_back(Use *use, const char *user_id);
bool use_has_gone(const Use *use, const char *user_id);
/* Whoever is not among these needs no remembering any more. */
void use_forget(Use *use, const char *const *user_ids, size_t count);

/* volume-use.c: this host's connections to volumes, which servers here share. */
/* As backend_connect(): the disk's server needs it from now on. */
_must_use_ int volume_use(StepRun *run, const ServerDisk *disk, BackendPath *ret, Fault *f);
/* The disk's server does not need it any more; disconnected when no other one does. */
_must_use_ int volume_let_go(StepRun *run, const ServerDisk *disk, Fault *f);
/* Export run->volume for this attachment, and end that; likewise. */
_must_use_ int volume_use_exported(StepRun *run, const Attachment *attachment, Fault *f);
_must_use_ int volume_let_go_exported(StepRun *run, const Attachment *attachment, Fault *f);

/* share-use.c: likewise for shares; `rule` lets this host in, or is NULL. */
_must_use_ int share_use(StepRun *run, const Share *share, const ShareMapping *mapping,
			 const ShareRule *rule, const char **ret, Fault *f);
_must_use_ int share_let_go(StepRun *run, const Share *share, const ShareMapping *mapping,
			    Fault *f);

int share_rules_act(StepRun *run, Fault *f);

int disk_plug_act(StepRun *run, Fault *f);
int disk_plug_undo(StepRun *run, Fault *f);
int disk_plug_probe(StepRun *run, bool *ret, Fault *f);
int disk_unplug_act(StepRun *run, Fault *f);
int disk_unplug_undo(StepRun *run, Fault *f);

int server_disk_create_act(StepRun *run, Fault *f);
int server_disk_delete_act(StepRun *run, Fault *f);
int server_disk_create_probe(StepRun *run, bool *ret, Fault *f);
int image_delete_act(StepRun *run, Fault *f);

/* step-server-disk.c */
int disk_grow_act(StepRun *run, Fault *f);
int disk_grow_undo(StepRun *run, Fault *f);
int disk_revert_act(StepRun *run, Fault *f);
int disk_revert_undo(StepRun *run, Fault *f);
int disk_remake_act(StepRun *run, Fault *f);
int disk_remake_undo(StepRun *run, Fault *f);
int disk_replace_act(StepRun *run, Fault *f);
int disk_replace_undo(StepRun *run, Fault *f);
int disk_settle_act(StepRun *run, Fault *f);
int rescue_create_act(StepRun *run, Fault *f);
int rescue_delete_act(StepRun *run, Fault *f);

/* step-reimage.c */
int volume_reimage_act(StepRun *run, Fault *f);
int volume_reimage_undo(StepRun *run, Fault *f);

/* step-server-image.c */
int disk_freeze_act(StepRun *run, Fault *f);
int disk_save_act(StepRun *run, Fault *f);
int disk_thaw_act(StepRun *run, Fault *f);
/* What filling an image found out, for StepRun.found. */
const char *image_facts_print(Arena *arena, const DepotFacts *facts);

int snapshot_create_act(StepRun *run, Fault *f);
int snapshot_create_probe(StepRun *run, bool *ret, Fault *f);
int snapshot_delete_act(StepRun *run, Fault *f);
int snapshots_delete_act(StepRun *run, Fault *f);
int volume_revert_act(StepRun *run, Fault *f);
int volume_freeze_act(StepRun *run, Fault *f);
int volume_thaw_act(StepRun *run, Fault *f);
int volume_copy_act(StepRun *run, Fault *f);
int image_fill_act(StepRun *run, Fault *f);
/* The snapshot that volume_freeze_act() makes of run->source. */
Snapshot frozen_snapshot(const StepRun *run);

int volume_fit_act(StepRun *run, Fault *f);
int volume_fit_undo(StepRun *run, Fault *f);
int disk_mirror_act(StepRun *run, Fault *f);
int disk_mirror_undo(StepRun *run, Fault *f);
int disk_turn_act(StepRun *run, Fault *f);
int swap_end_act(StepRun *run, Fault *f);

/* step-share.c */
int share_create_act(StepRun *run, Fault *f);
int share_find_act(StepRun *run, Fault *f);
int share_create_undo(StepRun *run, Fault *f);
int share_delete_act(StepRun *run, Fault *f);
int share_resize_act(StepRun *run, Fault *f);
int share_snapshot_act(StepRun *run, Fault *f);
int share_snapshot_undo(StepRun *run, Fault *f);
int share_snapshot_delete_act(StepRun *run, Fault *f);
int share_revert_act(StepRun *run, Fault *f);

/* step-share-mapping.c */

/* The alias of its filesystem; in the arena. */
const char *share_alias(Arena *arena, const ShareMapping *mapping);

/* Connect run->shares for a guest that is to start: fills in run->filesystems. STEP_LATER. */
_must_use_ int shares_connect(StepRun *run, Fault *f);
int shares_disconnect_act(StepRun *run, Fault *f);
int let_go_act(StepRun *run, Fault *f);
int share_disconnect_act(StepRun *run, Fault *f);
int share_plug_act(StepRun *run, Fault *f);
int share_plug_undo(StepRun *run, Fault *f);
/* Likewise on the way back, where nothing else may depend on it. */
void shares_let_go(StepRun *run);

int domain_adopt_act(StepRun *run, Fault *f);
int domain_adopt_undo(StepRun *run, Fault *f);
int domain_release_act(StepRun *run, Fault *f);
int domain_release_undo(StepRun *run, Fault *f);

/* There is, or will be, a guest: what is beside its domain is made. */
_must_use_ int guest_begins(const StepRun *run, Fault *f);
int domain_define_act(StepRun *run, Fault *f);
int domain_undefine_act(StepRun *run, Fault *f);
int domain_start_act(StepRun *run, Fault *f);
int domain_start_undo(StepRun *run, Fault *f);
int domain_start_probe(StepRun *run, bool *ret, Fault *f);
int domain_shutdown_act(StepRun *run, Fault *f);
int domain_destroy_act(StepRun *run, Fault *f);
int domain_reboot_act(StepRun *run, Fault *f);
int domain_pause_act(StepRun *run, Fault *f);
int domain_save_act(StepRun *run, Fault *f);
int domain_resume_act(StepRun *run, Fault *f);
int domain_off_undo(StepRun *run, Fault *f);
int domain_on_act(StepRun *run, Fault *f);

/* domain-spec.c: what the hypervisor is to make of rows.
 * --------------------------------------------- */

/* The root disk where it is no volume. */
#define ROOT_ALIAS "ua-root"
/* "ua-<id>", of the attachment or of the one whose place it took; in the arena. */
const char *disk_alias(Arena *arena, const Attachment *attachment);
/* Connects the volume, to learn its path. */
_must_use_ int disk_spec_make(StepRun *run, const ServerDisk *disk, DiskSpec *ret, Fault *f);
_must_use_ int domain_spec_make(StepRun *run, DomainSpec *ret, Fault *f);
/* The name in the depot of a disk that is no volume, in the arena. */
const char *local_disk_name(StepRun *run, const LocalDisk *disk);
/*
 * rescue.c: a rescued server has its rescue disk as the first one; its others move down by one.
 */
bool is_rescued(const Server *server);
/* Another of its disks, moved. */
void rescue_move(StepRun *run, DiskSpec *disk);
/* The rescue disk itself. */
_must_use_ int rescue_spec_make(StepRun *run, DiskSpec *ret, Fault *f);

/* Files of a guest in config->guest_dir, in the arena. */
const char *guest_console_path(StepRun *run);
const char *guest_channel_path(StepRun *run);

/* drive.c: config drives. -------------------------------------------------------------------------
 */

bool drive_is_wanted(const Server *server);
/* The drive of a domain that is being made, with a new name for what is in it. */
void drive_spec_make(StepRun *run, DiskSpec *ret);
/* Write what drive_spec_make() has named; the domain is defined. */
_must_use_ int drive_write(StepRun *run, Fault *f);
/* Remove all images of the server but the one that was named last. */
void drive_sweep(StepRun *run);
/*
 * The disks are others than before: let a running guest read so. What goes wrong is logged, and
 * the drive is as it was until the next change or start.
 */
void drive_refresh(StepRun *run);

/* look.c: holding rows and world against each other.
 * ------------------------------------------------- */

/* Run one look at the task's server; ends like operation_turn(). */
void look_turn(Engine *engine, Task *task);
/* Queue a look at every server; report domains that no server owns. */
_must_use_ int look_at_all(Engine *engine, Fault *f);

/* prune.c: forget some operations that were over before a time; *ret_more: there may be others. */
_must_use_ int prune(Store *store, int64_t before_us, bool *ret_more, Fault *f);
