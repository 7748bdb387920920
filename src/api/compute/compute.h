/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The compute dialect: all of it hangs on this one table.
 */
#pragma once

#include "api/common/api.h"

extern const ApiDialect compute_dialect;
