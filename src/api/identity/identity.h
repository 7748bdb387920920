/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The identity API, to be put into ApiConfig.dialects.
 */
#pragma once

#include "api/common/api.h"

extern const ApiDialect identity_dialect;
