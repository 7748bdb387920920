/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What people may do to operations themselves.
 */
#pragma once

#include "service/service.h"

/* An operation of the caller's project, or any for admins. REFUSAL_NO_OPERATION. */
_must_use_ int service_find_operation(Work *work, const char *id, Operation **ret, Fault *f);

/*
 * Let it turn back: what it is about is then as it was before. REFUSAL_NO_OPERATION;
 * REFUSAL_BAD_INPUT with a sentence when it is over, or cannot.
 */
_must_use_ int service_cancel_operation(Work *work, const char *id, Fault *f);
