/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What an attachment's connection_info says about the disk that a guest gets. It was written when
 * the volume was attached and is kept: what was promised then stays true, whatever becomes of the
 * volume's type. Pure.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/domain.h"

/* Where an emulator finds the volume: a path, or a network. */
typedef struct ConnectionSource {
	const char *path;
	const DiskNetwork *network;
	int format; /* DiskFormat */
	bool is_block;
	bool readonly;
} ConnectionSource;

/*
 * Limits, cache and I/O modes, discard, block sizes; what is not said, or makes no sense, stays as
 * Cleat thinks best. `info` may be NULL.
 */
void connection_tune(Arena *arena, const char *info, DiskTune *ret);

/*
 * For a volume that the backend does not put on this host. Returns 0 or a fault, whose text says
 * what is missing; it never says a secret.
 */
_must_use_ int connection_source(Arena *arena, const char *info, ConnectionSource *ret, Fault *f);
