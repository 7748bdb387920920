/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What tgtd says of its targets and accounts: texts for people, of which the indented lines with a
 * colon are read and all others passed over.
 */
#pragma once

#include "base/arena.h"

/* A host that is logged in. */
typedef struct TgtSession {
	uint64_t id;
	const char *initiator;
	uint32_t connection;
} TgtSession;

/* The unit that is served: LUN 1. */
typedef struct TgtUnit {
	bool there;
	bool online;
	bool readonly;
	const char *scsi_id;
	const char *path;
} TgtUnit;

typedef struct TgtShown {
	int64_t tid; /* 0: there is no target of that name */
	TgtUnit unit;
	TgtSession *sessions;
	size_t session_count;
	const char **users;
	size_t user_count;
	const char **initiators; /* of its access list */
	size_t initiator_count;
} TgtShown;

/* The target of that name, out of the text of all of them. */
void tgt_show_read(Arena *arena, const char *text, const char *name, TgtShown *ret);

/* The names that begin so. */
void tgt_show_names(Arena *arena, const char *text, const char *beginning, const char ***ret,
		    size_t *ret_count);

/* Whether a target of any name has that number. */
bool tgt_show_has_tid(const char *text, int64_t tid);

/* Whether a text of accounts has that one. */
bool tgt_show_has_account(const char *text, const char *user);
