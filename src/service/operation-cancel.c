/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An operation is cancelled: whoever may change what it is about may do that.
 */
#include "service/operation.h"

#include "service/priv.h"

int service_find_operation(Work *work, const char *id, Operation **ret, Fault *f)
{
	int r = operation_get(work->tx, work->arena, id, ret, f);

	if (r == 0 && work_sees(work, (*ret)->project_id))
		return 0;
	if (r != RECORD_NOT_FOUND && r != 0)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_OPERATION;
}

int service_cancel_operation(Work *work, const char *id, Fault *f)
{
	Operation *operation;
	int r = service_find_operation(work, id, &operation, f);

	if (r)
		return r;
	r = operation_cancel(work->tx, work->arena, service_operation_find(operation->kind),
			     operation, f);
	switch (r) {
	case OPERATION_IS_OVER:
		return work_refuse(work, REFUSAL_BAD_INPUT, "Operation %s is over: %s.", id,
				   enum_name(&operation_state_names, operation->state));
	case OPERATION_HAS_NO_RETURN:
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Operation %s (%s) cannot be undone any more.", id,
				   operation->kind);
	default:
		return fault_unexpected(f, r);
	}
}
