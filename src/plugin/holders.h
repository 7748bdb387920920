/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who holds a volume on this machine: a durable record for each name, with these invariants.
 *
 *  1. Where a volume of ours may be attached, there is a record of it: it is written before the
 *     volume comes, and removed after it went.
 *  2. Holders are those whose mount was done, or is about to be answered: they are written after
 *     the volume is mounted.
 *  3. Whether the engine heard the answer is written after it went out. A holder of whom it did not
 *     hear is unheard: it asks again, with the same name or another one. So one that stays unheard
 *     for long holds nothing any more.
 *  4. A record without holders is of a volume that is to go. Containers do not outlive their
 *     machine: holders of an earlier boot do not count.
 *
 * Thread-safe; that nobody else works on a name is the caller's matter.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

typedef struct Holders Holders;

typedef struct Holder {
	const char *id;
	int64_t unheard_ms; /* when it was last mounted for it, by clock_mono_ms(); 0: heard of */
} Holder;

/* In the arena of whoever reads. */
typedef struct Record {
	const char *name;
	const char *volume_id;
	Holder *holders;
	size_t count;
} Record;

enum { HOLDERS_NONE = 1, HOLDERS_MAX = 1000 };

/* The directory is made if missing. A fault when another process has it. */
_must_use_ int holders_open(const char *directory, Holders **ret, Fault *f);
Holders *holders_close(Holders *holders);
DEFINE_CLEANUP(Holders, holders_close)

/* HOLDERS_NONE. */
_must_use_ int holders_load(const Holders *holders, Arena *arena, const char *name, Record *ret,
			    Fault *f);
_must_use_ int holders_save(const Holders *holders, const Record *record, Fault *f);
_must_use_ int holders_forget(const Holders *holders, const char *name, Fault *f);
/* The names that have records. */
_must_use_ int holders_names(const Holders *holders, Arena *arena, const char ***ret,
			     size_t *ret_count, Fault *f);

/* NULL: it is none. */
Holder *holders_find(const Record *record, const char *id);
/* Heard of. Nothing changes when it is there, or not there. */
void holders_add(Arena *arena, Record *record, const char *id);
void holders_drop(Record *record, const char *id);
