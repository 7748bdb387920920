/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See slot.h.
 */
#include "contract/slot.h"

#include "base/log.h"

int slot_call_done(const SlotCall *call, int r, bool is_allowed, Fault *f)
{
	if (log_enabled(LOG_DEBUG))
		log_write(LOG_DEBUG, "backend=%s call=%s %s=%s result=%d", call->backend,
			  call->name, call->noun->key, call->id, r);
	if (is_allowed)
		return r;
	r = fault_unexpected(f, r);
	(void)fault_context(f, "backend %s: %s of %s %s", call->backend, call->name,
			    call->noun->name, call->id);
	return r;
}

int slot_missing(const char *backend, const char *name, Fault *f)
{
	return fault(f, -EOPNOTSUPP, "backend %s has no %s", backend, name);
}
