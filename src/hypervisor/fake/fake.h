/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver of this room. See fake.md for how tests make it misbehave.
 */
#pragma once

#include "contract/hypervisor.h"

extern const HypervisorDriver hypervisor_fake;
