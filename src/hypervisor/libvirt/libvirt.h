/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The hypervisor that really runs guests: QEMU by way of libvirt.
 */
#pragma once

#include "contract/hypervisor.h"

extern const HypervisorDriver hypervisor_libvirt;
