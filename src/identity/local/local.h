/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The identity provider that keeps users and tokens in Cleat's own store.
 */
#pragma once

#include "contract/identity.h"

extern const IdentityDriver identity_local;
