/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The dialect of this room.
 */
#pragma once

#include "api/common/api.h"

extern const ApiDialect share_dialect;
