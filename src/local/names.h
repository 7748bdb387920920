/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The names that storage knows this host by; NULL for those that it has not and that cannot be
 * made. In the arena.
 */
#pragma once

#include "base/arena.h"
#include "host/host.h"

const char *names_system_uuid(const Host *host, Arena *arena);
const char *names_initiator(const Host *host, Arena *arena);
const char *names_nqn(const Host *host, Arena *arena);
const char *names_hostid(const Host *host, Arena *arena);
/* The UUID of the root file system. */
const char *names_root_uuid(const Host *host, Arena *arena);
