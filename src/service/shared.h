/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attachments as the rule of shared connections sees them.
 */
#pragma once

#include "rules/shared-connection.h"
#include "service/connector.h"

/* connection_key() of what a connection_info and a connector say, or NULL. */
const char *shared_connection_key(Arena *arena, const JsonDoc *info, const Connector *connector);
