/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The admin API, to be put into ApiConfig.dialects.
 */
#pragma once

#include "api/common/api.h"

extern const ApiDialect admin_dialect;
