/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What an identity provider must be: a token goes in, a Caller comes out.
 *
 * Thread-safety: any thread. validate() runs on HTTP threads: a provider that has to ask somebody
 * else answers from its cache there.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/identity.h"

typedef struct Identity Identity;
typedef struct IdentityDriver IdentityDriver;
typedef struct Store Store;

typedef enum IdentityOutcome {
	IDENTITY_INVALID = 1400, /* unknown, expired or revoked token */
} IdentityOutcome;

struct IdentityDriver {
	const char *name;
	size_t size;
	int (*open)(Store *store, void **ret, Fault *f);
	void (*close)(void *self);
	/* Who holds the token; texts of *ret in the arena. IDENTITY_INVALID. */
	int (*validate)(void *self, const char *token, Arena *arena, Caller *ret, Fault *f);
	/* Something about users, roles or tokens was committed: forget what was cached. */
	void (*invalidate)(void *self);
};

_must_use_ int identity_open(const IdentityDriver *driver, Store *store, Identity **ret, Fault *f);
Identity *identity_close(Identity *identity);
DEFINE_CLEANUP(Identity, identity_close)
_must_use_ int identity_validate(Identity *identity, const char *token, Arena *arena, Caller *ret,
				 Fault *f);
void identity_invalidate(Identity *identity);
