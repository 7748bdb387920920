/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * tgtd's control socket: one request and one reply a connection, in the layout that tgtadm of tgt
 * 1.0.60 and later uses (a header of 120 bytes in the machine's byte order, then a text that ends
 * with a NUL).
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

/* The numbers are tgtd's. */
typedef enum TgtMode {
	TGT_TARGET = 1,
	TGT_UNIT = 2,
	TGT_CONNECTION = 6,
	TGT_ACCOUNT = 7,
} TgtMode;

typedef enum TgtOp {
	TGT_NEW = 0,
	TGT_DELETE = 1,
	TGT_SHOW = 2,
	TGT_BIND = 3,
	TGT_UNBIND = 4,
	TGT_UPDATE = 5,
} TgtOp;

/* Besides 0. */
enum {
	TGT_REFUSED = 1870, /* tgtd says no */
	TGT_DEAD,           /* its socket is there, and nobody listens: nothing is served */
};

typedef struct TgtRequest {
	TgtMode mode;
	TgtOp op;
	int64_t tid;  /* 0: none */
	uint64_t lun; /* 0: none */
	uint64_t session;
	uint32_t connection;
	bool force;
	const char *params; /* or NULL; may hold secrets */
} TgtRequest;

/*
 * Ask, and wait some seconds for the reply: its text is in the arena. `ret` may be NULL.
 * TGT_REFUSED, with the fault's text saying tgtd's number for why; TGT_DEAD, likewise with a text.
 */
_must_use_ int tgt_ask(const char *socket_path, const TgtRequest *request, Arena *arena,
		       const char **ret, Fault *f);
