/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attachments as the rule of shared connections sees them.
 */
#pragma once

#include "model/volume.h"
#include "rules/shared-connection.h"

/* connection_key() of what the attachment's connector and connection_info say, or NULL. */
const char *shared_connection_key(Arena *arena, const Attachment *attachment);
