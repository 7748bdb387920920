/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Small files that appear whole or not at all, readable by their owner alone.
 */
#pragma once

#include "base/fault.h"

_must_use_ int write_file(const char *path, const char *text, Fault *f);
