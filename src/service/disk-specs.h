/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a volume type's extra specs say about its volumes' disks in guests, and how an attachment's
 * connection_info tells it on:
 *
 *     disk:cache                none, writethrough, writeback, directsync, unsafe   cache_mode
 *     disk:io                   native, threads, io_uring                           io_mode
 *     disk:discard              <is> True, <is> False                               discard
 *     disk:logical_block_size   a power of two from 512 to 2097152                  the same
 *     disk:physical_block_size  likewise, and no less than the logical one          the same
 */
#pragma once

#include "service/service.h"
#include "json/json.h"
#include "json/out.h"

/* REFUSAL_BAD_INPUT: a value that means nothing. */
_must_use_ int disk_specs_check(Work *work, const char *extra_specs);

/*
 * Members into the open object: as the type says, or else as the driver's own connection_info does,
 * or else none.
 */
void disk_specs_print(Arena *arena, JsonOut *out, const char *extra_specs, const JsonDoc *driver);
