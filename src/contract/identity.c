/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round an identity provider. No token reaches the log.
 */
#include "contract/identity.h"

#include <errno.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

struct Identity {
	const IdentityDriver *driver;
	void *self;
};

int identity_open(const IdentityDriver *driver, Store *store, Identity **ret, Fault *f)
{
	void *self = NULL;
	int r;

	assert(driver->open && driver->close && driver->validate && driver->invalidate);
	if (driver->size != sizeof(IdentityDriver))
		return fault(f, -ELIBBAD, "identity driver %s was built for another contract",
			     driver->name);
	log_debug("identity: open driver=%s", driver->name);
	r = driver->open(store, &self, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = NEW(Identity);
	**ret = (Identity){.driver = driver, .self = self};
	return 0;
}

Identity *identity_close(Identity *identity)
{
	if (!identity)
		return NULL;
	log_debug("identity: close driver=%s", identity->driver->name);
	identity->driver->close(identity->self);
	free(identity);
	return NULL;
}

int identity_validate(Identity *identity, const char *token, Arena *arena, Caller *ret, Fault *f)
{
	Caller caller = {0};
	int r;

	if (str_empty(token))
		return IDENTITY_INVALID;
	r = identity->driver->validate(identity->self, token, arena, &caller, f);
	if (r == IDENTITY_INVALID)
		return r;
	if (r)
		return fault_unexpected(f, r);
	assert(caller.user_id && caller.token_id);
	assert(caller.roles == role_set_expand(caller.roles));
	*ret = caller;
	return 0;
}

void identity_invalidate(Identity *identity)
{
	log_debug("identity: invalidate driver=%s", identity->driver->name);
	identity->driver->invalidate(identity->self);
}
