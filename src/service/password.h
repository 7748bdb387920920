/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Passwords that people choose: hashed slowly with yescrypt, about 30 ms each. Never on an HTTP
 * thread or the store's writer. Thread-safe.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

/* A new hash with its salt, in the arena. */
_must_use_ int password_hash(Arena *arena, const char *password, const char **ret, Fault *f);

/*
 * Whether a password belongs to a hash. NULL is the hash of nobody: it costs the same time and is
 * never right, so that an unknown name cannot be told from a wrong password.
 */
_must_use_ bool password_matches(const char *password, const char *hash);
