/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The lock in front of logins, by the name that is tried and by the address it comes from.
 */
#pragma once

#include "service/identity.h"

/* Before the password is looked at: 0, IDENTITY_LOCKED or IDENTITY_CROWD. */
_must_use_ int identity_gate_ask(const LoginDesk *desk, const Login *login);
/* Count how a try ended: 0 clears, IDENTITY_WRONG counts, anything else says nothing. */
void identity_gate_count(const LoginDesk *desk, const Login *login, int result);
