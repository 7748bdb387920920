/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a host is told to reach a volume with: the connection_info of an attachment. Computed from
 * rows and from what the backend says without I/O, so that it is part of the transaction that
 * decides; whether the host is let in is another matter (see attachment.h).
 */
#pragma once

#include "model/volume.h"
#include "service/connector.h"

/*
 * Read-only when the volume's flag, the request or the connector says so; else what the request or
 * the connector says; else read-write.
 */
AttachMode attachment_mode(const Volume *volume, AttachMode wish, const Connector *connector);

/*
 * Fill in the connection_info of an attachment that has its id, its mode and its connector: the
 * flat form, as JSON in the arena, of what the driver says and what Cleat adds for every protocol.
 * And its connection_key, by which others that share the connection find it.
 */
_must_use_ int connection_info_make(Work *work, const Volume *volume, const Connector *connector,
				    Attachment *attachment, Fault *f);

/* The older form, of os-initialize_connection: {"driver_volume_type", "data": {...}}. */
const char *connection_info_nested(Arena *arena, const char *flat);

/* Without what only those may see who may attach: passwords and keys. */
const char *connection_info_redacted(Arena *arena, const char *flat);
