/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The lock in front of logins, by the name that is tried and by the address it comes from.
 */
#pragma once

#include "service/identity.h"

_must_use_ bool identity_gate_is_shut(const LoginDesk *desk, const Login *login);
/* Count how a try ended: 0 clears, IDENTITY_WRONG counts, anything else says nothing. */
void identity_gate_count(const LoginDesk *desk, const Login *login, int result);
