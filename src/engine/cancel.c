/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Asking an operation to turn back. The wish is a column of its row; whoever runs it reads that
 * before acting and when a step is done. What is parked in its lane is woken by the commit.
 */
#include "engine/priv.h"

int operation_cancel(Tx *tx, Arena *arena, const OperationKind *kind, Operation *operation,
		     Fault *f)
{
	Step **steps;
	size_t count;
	int r;

	if (!operation_is_active(operation))
		return OPERATION_IS_OVER;
	if (!kind || !kind->may_cancel)
		return OPERATION_HAS_NO_RETURN;
	r = steps_of_operation(tx, arena, operation->id, &steps, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (steps_are_past_return((const Step *const *)steps, count))
		return OPERATION_HAS_NO_RETURN;
	operation->cancelled = true;
	r = operation_update(tx, operation, f);
	if (r)
		return fault_unexpected(f, r);
	operation_tell(tx, arena, operation);
	return 0;
}
