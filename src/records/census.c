/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See census.h. Both states that are under way, and that of broken operations, have the index on
 * operations' states; the many that are over are not looked at.
 */
#include "records/census.h"

#include "base/enum.h"

typedef struct Census {
	void (*each)(void *ctx, const OperationCount *count);
	void *ctx;
} Census;

static int tell_row(const StoreRow *row, void *ctx, Fault *f)
{
	const Census *census = ctx;
	const OperationCount count = {
		.kind = store_row_text(row, 0),
		.state = (OperationState)enum_value(&operation_state_names, store_row_text(row, 1)),
		.count = store_row_int(row, 2),
		.oldest_us = store_row_int(row, 3),
	};

	(void)f; /* nothing here can fail */
	census->each(census->ctx, &count);
	return 0;
}

static StoreValue state_value(OperationState state)
{
	return STORE_VALUE_TEXT(enum_name(&operation_state_names, (int)state));
}

int census_operations(Tx *tx, void (*each)(void *ctx, const OperationCount *count), void *ctx,
		      Fault *f)
{
	Census census = {.each = each, .ctx = ctx};

	return store_query(tx,
			   "SELECT kind, state, COUNT(*), MIN(created_us) FROM operations"
			   " WHERE state IN (?, ?, ?) GROUP BY kind, state ORDER BY kind, state",
			   STORE_VALUES(state_value(OPERATION_DOING),
					state_value(OPERATION_UNDOING),
					state_value(OPERATION_BROKEN)),
			   tell_row, &census, f);
}
