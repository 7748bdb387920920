/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Operations that read a volume and need it to be one moment of itself.
 */
#pragma once

#include "records/tables.h"
#include "service/service.h"

/*
 * Put an operation that reads `source` into the lane that keeps others from writing to it, and
 * count it in source->copies until volume_copy_end(); the row is written. *ret_used: somebody may
 * have the volume open, so that it has to be frozen. REFUSAL_BAD_INPUT: it cannot be.
 */
_must_use_ int volume_copy_begin(Work *work, Volume *source, Operation *operation, bool *ret_used,
				 Fault *f);
/* In either end of the operation. A volume that is gone is fine. */
_must_use_ int volume_copy_end(Tx *tx, Arena *arena, const char *source_id, Fault *f);
