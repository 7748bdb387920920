/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * W3C Trace Context: the text by which one who calls names the work that a call is part of.
 */
#pragma once

#include "base/macros.h"

/* "00-", ids of 32 and 16 lower hex digits that are not all zero, and flags; NULL is none. */
bool trace_is_parent(const char *text);
