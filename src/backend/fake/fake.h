/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume backend for tests, with exports: see README.md.
 */
#pragma once

#include "contract/backend.h"

extern const BackendDriver backend_fake;
