/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which names a login counts under.
 */
#include "service/identity-gate.h"

#include "base/clock.h"

/* Names that are locked are the same whether they exist or not. */
static const char *lock_name(Arena *arena, const Login *login)
{
	if (login->method == LOGIN_CREDENTIAL && login->credential_id)
		return arena_printf(arena, "credential %s", login->credential_id);
	if (login->user.id)
		return arena_printf(arena, "id %s", login->user.id);
	return arena_printf(arena, "name %s", login->user.name ? login->user.name : "");
}

bool identity_gate_is_shut(const LoginDesk *desk, const Login *login)
{
	int64_t now_us = clock_now_us();

	return lockout_is_locked(desk->lockout, LOCKOUT_USER, lock_name(desk->arena, login),
				 now_us) ||
	       lockout_is_locked(desk->lockout, LOCKOUT_ADDRESS, login->source, now_us);
}

void identity_gate_count(const LoginDesk *desk, const Login *login, int result)
{
	const char *name = lock_name(desk->arena, login);

	if (result == 0) {
		lockout_clear(desk->lockout, LOCKOUT_USER, name);
		lockout_clear(desk->lockout, LOCKOUT_ADDRESS, login->source);
	} else if (result == IDENTITY_WRONG) {
		lockout_failed(desk->lockout, LOCKOUT_USER, name, clock_now_us());
		lockout_failed(desk->lockout, LOCKOUT_ADDRESS, login->source, clock_now_us());
	}
}
