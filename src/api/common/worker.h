/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A few threads for requests that take long, behind a queue with an end. Thread-safe.
 */
#pragma once

#include "base/fault.h"

typedef struct WorkerPool WorkerPool;
typedef struct WorkerItem WorkerItem;

/* One piece of work; owned by the caller until `run` is called. */
struct WorkerItem {
	void (*run)(WorkerItem *item);
	WorkerItem *next;
};

_must_use_ int worker_pool_start(unsigned threads, WorkerPool **ret, Fault *f);

/* Runs what is queued, then ends the threads. */
WorkerPool *worker_pool_stop(WorkerPool *pool);

/* False when LIMIT_WORKER_QUEUE items wait already. */
_must_use_ bool worker_pool_submit(WorkerPool *pool, WorkerItem *item);
