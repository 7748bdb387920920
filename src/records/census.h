/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Counting rows for those who watch: what is under way, and what needs somebody.
 */
#pragma once

#include "contract/store.h"
#include "model/operation.h"

/* Operations of one kind and state. */
typedef struct OperationCount {
	const char *kind; /* until the call returns */
	OperationState state;
	int64_t count;
	int64_t oldest_us; /* created_us: of the steady clock */
} OperationCount;

/* Those that are under way or broken, kind by kind; `each` is called in the order of kinds. */
_must_use_ int census_operations(Tx *tx, void (*each)(void *ctx, const OperationCount *count),
				 void *ctx, Fault *f);
