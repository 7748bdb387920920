/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * NVMe subsystems of the kernel (nvmet), over TCP.
 */
#pragma once

#include "contract/target.h"

extern const TargetDriver target_nvmet;
