/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The image dialect.
 */
#pragma once

#include "api/common/api.h"

extern const ApiDialect image_dialect;
