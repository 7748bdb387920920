/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What tests ask the fake to do wrong, read from the environment; see fake.md.
 */
#pragma once

#include "base/fault.h"

typedef enum MischiefKind {
	MISCHIEF_FAULT,      /* do nothing and fail */
	MISCHIEF_BUSY,       /* likewise, as something that passes */
	MISCHIEF_LOST_REPLY, /* do it and fail */
	_MISCHIEF_KIND_MAX,
} MischiefKind;

typedef enum MischiefRelease {
	MISCHIEF_RELEASE_AT_ONCE,
	MISCHIEF_RELEASE_LATER,
	MISCHIEF_RELEASE_NEVER, /* the guest refuses */
} MischiefRelease;

typedef struct Mischief {
	int64_t fail_call; /* which call, from 1; 0: none */
	MischiefKind kind;
	MischiefRelease release;
	int64_t release_ms;
	int64_t delay_ms;
	int64_t mirror_ms; /* how long a mirror takes to be ready */
	bool mirror_ends;  /* it ends by itself, at once */
	int lacks;         /* HostTrait that the host has not; -1: it has them all */
} Mischief;

/* A fault when a variable makes no sense. */
_must_use_ int mischief_read(Mischief *ret, Fault *f);
