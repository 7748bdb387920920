/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Tags as they are stored: a JSON list in alphabetical order without doubles.
 */
#pragma once

#include "base/arena.h"

const char *tags_print(Arena *arena, const char *const *tags, size_t count);
