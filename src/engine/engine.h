/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The engine runs operations: it takes them from the journal, acts through the contracts, marks
 * each step, retries, undoes, and settles the rows at the end. Several workers; one operation of
 * a lane at a time, oldest first. On start it resumes or undoes whatever a crash left.
 *
 * The kinds of operations are the service room's: it hands over a table of them.
 *
 * Thread-safety: engine_wake(), engine_begun() and engine_event() from any thread.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "base/metric.h"
#include "contract/backend.h"
#include "contract/depot.h"
#include "contract/hypervisor.h"
#include "contract/share-backend.h"
#include "contract/store.h"
#include "model/network.h"
#include "model/operation.h"

typedef struct Engine Engine;
typedef struct EngineConfig EngineConfig;
typedef struct EngineWatch EngineWatch;
typedef struct OperationKind OperationKind;

enum { OPERATION_STEPS_MAX = 8 };

/* What kinds of operations there are, and what their ends mean for the rows. */
struct OperationKind {
	const char *name; /* "attach-volume" */
	StepKind steps[OPERATION_STEPS_MAX];
	size_t step_count;
	/*
	 * Events of the server's action that begin with a step, each by the step's index; NULL: the
	 * one before goes on. The first is begun with the action.
	 */
	const char *events[OPERATION_STEPS_MAX];
	/* After this long, or when a step's attempts are used up, it is undone. */
	int64_t deadline_ms;
	/*
	 * There is no way back (deletions): steps are retried until they work, with growing pauses;
	 * `failed` is called once when the deadline passes, to let the rows say so, and trying goes
	 * on.
	 */
	bool forward_only;
	/* It may be asked to turn back: undone, it leaves everything as it was before. */
	bool may_cancel;
	/*
	 * What it makes is of use without the server in whose lane it is: it does not turn back
	 * when that is deleted.
	 */
	bool outlives_server;
	/*
	 * It begins by pulling the server's plug. When it has waited in its lane for a while, that
	 * is done from outside of the lane, which may hang on the emulator.
	 */
	bool overtakes;
	/*
	 * It lets a paused guest go on, for which others in its lane may wait, as those that take a
	 * disk out do. That is done from outside as well when it has waited for a while.
	 */
	bool wakes;
	/*
	 * In the transaction of the mark that turns it back, or NULL: rows that were written for
	 * what is not going to be are as before when the first step is undone.
	 */
	int (*turned)(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
	/* In the transaction of the last mark. May run again after a rollback. */
	int (*done)(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
	/* Likewise when all is undone. `reason` is a sentence for people. */
	int (*failed)(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
		      Fault *f);
};

/* How patient the engine is; 0 means the value in brackets. */
typedef struct EngineTimes {
	int64_t retry_ms;        /* pause before the second attempt of a step; doubles (500) */
	int64_t retry_max_ms;    /* longest pause (60 s) */
	int64_t shutdown_ms;     /* how long a guest may take to power off (60 s) */
	int64_t unplug_wait_ms;  /* how long a worker waits for a guest to release a disk (1.5 s) */
	int64_t unplug_retry_ms; /* then it is asked again after this long (20 s) */
	int64_t unplug_tries;    /* this many times in all (8) */
	int64_t overtake_ms;     /* how long a lane may hold up who overtakes (5 s) */
	int64_t stop_ms;         /* how long engine_stop() waits for steps that run (5 s) */
	int64_t keep_ms;         /* how long operations that are over are kept (1 day) */
} EngineTimes;

struct EngineConfig {
	Store *store;
	Hypervisor *hypervisor;
	Backend *backend;
	Depot *depot;
	ShareBackend *share_backend;
	const OperationKind *kinds;
	size_t kind_count;
	unsigned workers;            /* 0: a sensible number */
	const char *guest_dir;       /* where consoles, guest channels and drives lie; absolute */
	const char *metadata_domain; /* of host names that guests are told; "": none */
	const GuestNetwork *network; /* of servers that have an address; NULL: there is none */
	EngineTimes times;
	/*
	 * A guest begins (or is found), and is gone for good: whoever has something beside its
	 * domain makes it and takes it away. Quick, may be repeated; NULL: nobody. A guest does not
	 * begin when that fails.
	 */
	int (*guest_begins)(void *ctx, const Server *server, Fault *f);
	void (*guest_gone)(void *ctx, const char *server_id);
	void *guest_ctx;
	/* What leads from a guest's network to its metadata, in the arena; NULL: nothing does. */
	const char *(*guest_relay)(void *ctx, Arena *arena, const char *server_id);
	/* A server's power changed without an operation of ours; makes the row true. */
	int (*power_changed)(Tx *tx, Arena *arena, const char *server_id, DomainState state,
			     Fault *f);
	/* How an adopted domain looks now, which its owner may change; NULL: it is gone. */
	int (*domain_seen)(Tx *tx, Arena *arena, const char *server_id, const DomainFacts *facts,
			   Fault *f);
	/* An operation is over, and that is durable. Must be quick; NULL: nobody asks. */
	void (*ended)(void *ctx, const Operation *operation);
	void *ended_ctx;
	/* Nobody serves a share to its server's guest any more, which waits for answers. */
	int (*share_silent)(Tx *tx, Arena *arena, const char *server_id, const char *share_id,
			    Fault *f);
};

_must_use_ int engine_start(const EngineConfig *config, Engine **ret, Fault *f);

/*
 * Finish the steps that are running, start no more, and free. What is left waits in the journal.
 * False: one of them hangs, nothing was freed, and its thread may still use what the engine was
 * given. Nothing is left then but to end the process, which the journal bears.
 */
bool engine_stop(Engine *engine);

/* There may be new work in the journal; cheap, never blocks. */
void engine_wake(Engine *engine);

/*
 * Operations that are durable now, as the store's on_commit tells of them; likewise. Whoever
 * calls this tells of all, or calls engine_wake() for those he left out.
 */
void engine_begun(Engine *engine, const StoreNews *news);

/* Hand over what the hypervisor says; cheap, never blocks. */
void engine_event(Engine *engine, const HypervisorEvent *event);

/* Somebody who waits for the end of an operation; theirs until `done` is called, once. */
struct EngineWatch {
	const char *operation_id;
	int64_t deadline_us; /* of clock_steady_us() */
	/* `over` is false when the deadline came first. On a thread of others: must be quick. */
	void (*done)(EngineWatch *watch, bool over);
	EngineWatch *next; /* the engine's */
};

/*
 * From the `done` of the StoreJob that wrote the operation, or found it unfinished: on the writer's
 * thread, that is, where its end cannot come in between.
 */
void engine_watch(Engine *engine, EngineWatch *watch);

/* The end is near: whoever waits is told that it is not over, and so is who comes later. */
void engine_end_watches(Engine *engine);

/* How much is going on; for /metrics and tests. */
typedef struct EngineStatus {
	size_t running;
	size_t waiting;
	bool reading; /* what there is to do is being found out */
} EngineStatus;

EngineStatus engine_status(Engine *engine);

/* How operations of one kind ended, since this process began. */
typedef struct EngineEnds {
	Histogram done; /* from the request to the end; histogram_times */
	atomic_uint_fast64_t failed;
	atomic_uint_fast64_t broken;
} EngineEnds;

/* One for each of EngineConfig.kinds, in their order; live as long as the engine. */
const EngineEnds *engine_ends(const Engine *engine);

/* Operation.args: the size that a volume is to have, in digits. */
#define OPERATION_SIZE_GIB "size_gib"
/* Likewise: where a share can be mounted from. A number follows, and what there is to say of it. */
#define OPERATION_EXPORT "export/"
#define OPERATION_EXPORT_PREFERRED "/preferred"
#define OPERATION_EXPORT_ADMIN "/admin"
/* What filling an image found out, for the end of the operation. */
#define OPERATION_SIZE "size"
#define OPERATION_VIRTUAL_SIZE "virtual_size"
#define OPERATION_MD5 "md5"
#define OPERATION_SHA512 "sha512"
/*
 * What telling a backend of a share's access rules found out: for each rule whose end was open
 * OPERATION_RULE and its id, and one of these; and OPERATION_RULE_KEY and its id where its user
 * has a key.
 */
#define OPERATION_RULE "rule/"
#define OPERATION_RULE_KEY "key/"
#define OPERATION_RULE_APPLIED "applied"
#define OPERATION_RULE_REFUSED "refused"
#define OPERATION_RULE_DENIED "denied"

/* What could not be undone, and why: a share that is still with its server. */
#define OPERATION_KEPT "kept"

/*
 * How the reason of an operation that failed begins when the failure leaves open what the world
 * looks like; else all is as it was before.
 */
#define OPERATION_UNSURE "it is not known whether "
/* Likewise when a backend has no room for a share. */
#define OPERATION_NO_ROOM "there is no room for "
/* Likewise when a share was not made smaller, as that would have lost something. */
#define OPERATION_HOLDS_MORE "the share holds more than "

/*
 * How the reason of an operation that failed begins when a share of its server was in the way; the
 * share's id follows.
 */
#define OPERATION_SHARE "its share "

/*
 * Write a new operation and its steps, the first one marked started, in the transaction that
 * writes the rows it is about. Its texts live as long as the arena does, which is until that
 * transaction is over. Fills id, format, state, created_us and deadline_us. `*operation`
 * needs kind, lane and the ids of its subjects.
 */
_must_use_ int operation_begin(Tx *tx, Arena *arena, const OperationKind *kind,
			       Operation *operation, Fault *f);

typedef enum CancelOutcome {
	OPERATION_IS_OVER = 1,
	OPERATION_HAS_NO_RETURN, /* none of that kind has, or it is too far on its way */
} CancelOutcome;

/*
 * Let an operation turn back as soon as it can; it may still come to its end first. `operation` is
 * as it was read in this transaction. 0 or a CancelOutcome.
 */
_must_use_ int operation_cancel(Tx *tx, Arena *arena, const OperationKind *kind,
				Operation *operation, Fault *f);
