/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which names a login counts under: the user at its address, the user, the address.
 */
#include "service/identity-gate.h"

#include <arpa/inet.h>

#include "base/clock.h"

/* Who has one IPv6 address has all of its network's: they count as one. */
static const char *source_name(Arena *arena, const char *source)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET6, source, &address) != 1)
		return source;
	if (IN6_IS_ADDR_V4MAPPED(&address)) {
		(void)inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof(text)); /* fits */
	} else {
		memset(&address.s6_addr[8], 0, 8);
		(void)inet_ntop(AF_INET6, &address, text, sizeof(text)); /* fits */
	}
	return arena_strdup(arena, text);
}

/* Names that are locked are the same whether they exist or not. */
static const char *user_name(Arena *arena, const Login *login)
{
	if (login->method == LOGIN_CREDENTIAL && login->credential_id)
		return arena_printf(arena, "credential %s", login->credential_id);
	if (login->user.id)
		return arena_printf(arena, "id %s", login->user.id);
	return arena_printf(arena, "name %s", login->user.name ? login->user.name : "");
}

typedef struct GateNames {
	const char *visitor;
	const char *user;
	const char *address;
} GateNames;

static GateNames gate_names(const LoginDesk *desk, const Login *login)
{
	GateNames names = {
		.user = user_name(desk->arena, login),
		.address = source_name(desk->arena, login->source),
	};

	names.visitor = arena_printf(desk->arena, "%s %s", names.address, names.user);
	return names;
}

static int refuse_until(const LoginDesk *desk, int outcome, int64_t wait_us)
{
	desk->refused->limit = (wait_us + 999999) / 1000000;
	return outcome;
}

int identity_gate_ask(const LoginDesk *desk, const Login *login)
{
	const GateNames names = gate_names(desk, login);
	int64_t now_us = clock_mono_us();
	int64_t wait_us = lockout_wait_us(desk->lockout, LOCKOUT_VISITOR, names.visitor, now_us);

	if (!wait_us && !lockout_is_welcome(desk->lockout, names.visitor))
		wait_us = lockout_wait_us(desk->lockout, LOCKOUT_USER, names.user, now_us);
	if (wait_us)
		return refuse_until(desk, IDENTITY_LOCKED, wait_us);
	wait_us = lockout_wait_us(desk->lockout, LOCKOUT_ADDRESS, names.address, now_us);
	return wait_us ? refuse_until(desk, IDENTITY_CROWD, wait_us) : 0;
}

void identity_gate_count(const LoginDesk *desk, const Login *login, int result)
{
	const GateNames names = gate_names(desk, login);
	int64_t now_us = clock_mono_us();

	if (result == 0) {
		lockout_clear(desk->lockout, LOCKOUT_VISITOR, names.visitor);
		lockout_clear(desk->lockout, LOCKOUT_ADDRESS, names.address);
		lockout_welcome(desk->lockout, names.visitor, now_us);
	} else if (result == IDENTITY_WRONG) {
		lockout_failed(desk->lockout, LOCKOUT_VISITOR, names.visitor, now_us);
		lockout_failed(desk->lockout, LOCKOUT_USER, names.user, now_us);
		lockout_failed(desk->lockout, LOCKOUT_ADDRESS, names.address, now_us);
	}
}
