/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the checked wrappers round backends have in common: a call of a slot, as logs and faults
 * tell it.
 */
#pragma once

#include "base/fault.h"

/* What kind of thing calls are about. */
typedef struct SlotNoun {
	const char *key;  /* in logs: "vol" */
	const char *name; /* in faults: "volume" */
} SlotNoun;

typedef struct SlotCall {
	const char *backend;
	const char *name; /* of the slot */
	const SlotNoun *noun;
	const char *id;
} SlotCall;

/* Log the answer of a slot, and return it if it is allowed; if it is not, it becomes a fault. */
_must_use_ int slot_call_done(const SlotCall *call, int r, bool is_allowed, Fault *f);

/* For a slot that this driver does not have. */
_must_use_ int slot_missing(const char *backend, const char *name, Fault *f);
