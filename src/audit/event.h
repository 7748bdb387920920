/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Events as JSON text, without a line's end. Pure.
 */
#pragma once

#include "audit/audit.h"
#include "json/out.h"

void event_of_request(JsonOut *out, const char *host, const AuditRequest *request);
void event_of_operation(JsonOut *out, const char *host, const Operation *operation, int64_t now_us);
